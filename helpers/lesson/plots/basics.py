"""Pictures that any lesson may draw: bars, curves, methods with intervals, tables of counts."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np

from helpers.lesson.plots import frame
from helpers.lesson.plots.frame import BLUE, GREEN, GREY, LOOKS, ORANGE, PINK
from helpers.results import lookup

MOST_LABELS = 20  # of a confusion matrix that is drawn as one; above, its worst mix-ups are listed
LISTED = 15


def visible(token: str) -> str:
    """Return a token as text in which spaces and line breaks can be seen."""
    return token.replace(" ", "␣").replace("\n", "↵") or "∅"


def next_tokens(pairs: Sequence[tuple[str, float]], title: str) -> None:
    """Draw the likeliest next tokens as bars. `pairs`: (token, probability), likeliest first."""
    figure, axes = frame.new_figure(6.0, 0.3 * len(pairs) + 0.9)
    names = [visible(token) for token, _ in pairs][::-1]
    values = [value for _, value in pairs][::-1]
    bars = axes.barh(range(len(values)), values, color=BLUE)
    axes.bar_label(bars, fmt="{:.3f}", padding=3, fontsize=9)
    axes.set_yticks(range(len(values)), names, fontfamily="monospace")
    axes.set(title=title, xlabel="probability of being the next token", ylabel="token", xlim=(0, 1))
    (first, p), (second, q) = ((visible(token), value) for token, value in pairs[:2])
    frame.show(figure, f"the likeliest next token is {first!r} with probability {p:.2f}, then {second!r} with {q:.2f}.")


def temperatures(pairs: Sequence[tuple[str, float]], values: Sequence[float]) -> None:
    """Draw the same next-token probabilities at several temperatures, side by side."""
    figure, panels = frame.new_figure(2.4 * len(values), 2.8, len(values))
    names = [visible(token) for token, _ in pairs][::-1]
    tops = []
    for axes, temperature in zip(panels, values, strict=True):
        shares = at_temperature([value for _, value in pairs], temperature)
        tops.append(f"{shares[0]:.2f} at {temperature:g}")
        axes.barh(range(len(names)), shares[::-1], color=BLUE)
        axes.set_yticks(range(len(names)), names)
        axes.set(title=f"temperature {temperature:g}", xlim=(0, 1), xticks=[0, 0.5, 1])
    figure.suptitle("The same next tokens at several temperatures")
    figure.supxlabel(f"share among these {len(pairs)} tokens", fontsize=10)
    panels[0].tick_params(axis="y", labelfontfamily="monospace")
    panels[0].set_ylabel("token")
    frame.show(figure, f"among the {len(pairs)} tokens shown, the likeliest one holds a share of {', '.join(tops)}.")


def at_temperature(probabilities: Sequence[float], temperature: float) -> np.ndarray:
    """Return probabilities sharpened (below 1) or evened out (above 1) by a temperature, summing to one.

    >>> at_temperature([0.8, 0.2], 0.5).round(2).tolist()
    [0.94, 0.06]
    """
    if temperature <= 0:
        raise ValueError("temperature must be above 0; at 0 a model takes the likeliest token every time")
    with np.errstate(divide="ignore"):  # the logarithm of 0 is minus infinity, and its share is 0 again
        logits = np.log(np.asarray(probabilities, dtype=float)) / temperature
    shares = np.exp(logits - logits.max())
    return shares / shares.sum()


def curves(
    series: Mapping[str, Mapping[object, Sequence[float]]],
    title: str,
    axis_names: tuple[str, str],
    levels: Mapping[str, float] | None = None,
    reference: Sequence = (),
) -> None:
    """Draw each value of several series as a point over its x, with a line through the means, its name at its end.

    Args:
        series: name -> x -> values, numbers or statistics.Intervals, which get a bar. The x of all series, in order of
            first appearance, stand at equal distances.
        title, axis_names: what is shown, and what stands along x and along y.
        levels: name -> height of a dotted line, such as a plain baseline.
        reference: (name, x) of values that come from the course's reference results; their points are hollow.
    """
    places = list(dict.fromkeys(x for points in series.values() for x in points))
    figure, axes = frame.new_figure(7.0, 3.6)
    said: dict = {}
    ends = []
    for number, ((name, points), (color, marker, line)) in enumerate(zip(series.items(), cycle(LOOKS), strict=False)):
        aside = 0.04 * number  # so that bars of two series do not hide each other
        means = [np.mean([getattr(value, "estimate", value) for value in values]) for values in points.values()]
        said[name] = [f"{mean:.2f} at {x}" for x, mean in zip(points, means, strict=True)]
        axes.plot([places.index(x) + aside for x in points], means, line, color=color)
        ends.append((name, means[-1], color))
        for x, values in points.items():
            for place, value in enumerate(values):
                at = places.index(x) + 0.06 * (place - (len(values) - 1) / 2) + aside
                frame.point(axes, value, at, color, marker, hollow=(name, x) in reference, upright=True, size=5)
    said |= {name: [f"{height:.2f}"] for name, height in (levels or {}).items()}
    axes.set_xticks(range(len(places)), [str(x) for x in places])
    axes.set(title=title, xlabel=axis_names[0], ylabel=axis_names[1])
    if reference:
        frame.explain_hollow(axes)
        axes.legend()
    axes.margins(x=0.03)
    right = axes.get_xlim()[1]  # beyond the dotted lines
    frame.name_ends(axes, [(name, right, height, color) for name, height, color in ends], levels=levels)
    frame.show(figure, f"means of {axis_names[1]}: {frame.told(said)}")


def against(
    series: Mapping[str, Sequence[tuple[float, object]]],
    title: str,
    axis_names: tuple[str, str],
    levels: Mapping[str, float] | None = None,
    log: bool = False,
    reference: Sequence = (),
) -> None:
    """Draw points over a true axis, joined by lines, each line with its name at its end.

    Args:
        series: name -> pairs of x and value, a number or a statistics.Interval, which gets a bar.
        title, axis_names: what is shown, and what stands along x and along y.
        levels: name -> height of a dotted line, such as a plain baseline.
        log: the x axis is logarithmic, and marked at the x that are drawn.
        reference: (name, x) of values that come from the course's reference results; their points are hollow.
    """
    figure, axes = frame.new_figure(7.4, 3.6)
    said: dict = {}
    ends = []
    if log:
        marks = sorted({x for points in series.values() for x, _ in points})
        axes.set_xscale("log")
        axes.set_xticks(marks, [f"{x:g}" for x in marks])
        axes.minorticks_off()
    for (name, points), (color, marker, line) in zip(series.items(), cycle(LOOKS), strict=False):
        heights = [getattr(value, "estimate", value) for _, value in points]
        axes.plot([x for x, _ in points], heights, line, color=color)
        for x, value in points:
            frame.point(axes, value, x, color, marker, hollow=(name, x) in reference, upright=True, size=5)
        ends.append((name, points[-1][0], heights[-1], color))
        said[name] = [f"{height:.3g} at {x:.0f}" for (x, _), height in zip(points, heights, strict=True)]
    axes.set(title=title, xlabel=axis_names[0], ylabel=axis_names[1], ylim=(0, None))
    if not log:
        axes.set_xlim(0, None)
    said |= {name: [f"{height:.2f}"] for name, height in (levels or {}).items()}
    if reference:
        frame.explain_hollow(axes)
        axes.legend()
    frame.name_ends(axes, ends, levels=levels)
    frame.show(figure, f"{axis_names[1]}: {frame.told(said)}")


def interval_against_n(sizes: Sequence[int], lows: Sequence[float], highs: Sequence[float], truth: float) -> None:
    """Draw the middle 95 % of measured accuracies against the size of the test set, for a known true accuracy."""
    figure, axes = frame.new_figure(6.4, 3.2)
    axes.fill_between(sizes, lows, highs, color=BLUE, alpha=0.25, label="middle 95 % of simulated test sets")
    for ends in (lows, highs):
        axes.plot(sizes, ends, color=BLUE, marker="o", markersize=3)
    axes.axhline(truth, color=GREY, linestyle="--", label=f"true accuracy {truth:.2f}")
    axes.set_xscale("log")
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    axes.set(title="What a test set of n messages may report", xlabel="n, messages (log scale)", ylabel="accuracy")
    axes.legend(loc="upper right")
    frame.show(
        figure,
        f"with {sizes[0]} messages the measured accuracy falls between {lows[0]:.2f} and {highs[0]:.2f} in 95 % of "
        f"test sets, with {sizes[-1]} between {lows[-1]:.2f} and {highs[-1]:.2f}; the truth is {truth:.2f}.",
    )


def _named(row) -> str:
    own_model = row.language_model in ("", lookup.current_model())
    return row.method + (" (reference)" if row.reference and own_model else row.mark)


def methods(rows: Sequence, title: str, as_given: bool = False, noun: str = "messages") -> None:
    """Draw methods as points with 95 % intervals, best on top; or as given, first on top.

    `rows` are ledger rows of one task and split. Plain baselines (`approach` is "plain") have round
    markers, language models diamonds; rows from the course's reference results are hollow. `noun`: what was counted.
    """
    ordered = list(rows)[::-1] if as_given else sorted(rows, key=lambda row: row.interval.estimate)
    looks = {True: (GREY, "o", "plain baseline"), False: (ORANGE, "D", "language model")}
    figure, axes = frame.new_figure(7.2, 0.42 * len(ordered) + 1.6)
    for y, row in enumerate(ordered):
        frame.point(axes, row.interval, y, *looks[row.approach == "plain"][:2], hollow=row.reference)
        frame.beside(axes, y, f"{row.interval.estimate:.2f}")
    xlabel = f"accuracy on {ordered[0].n} {noun}, with 95 % interval"
    names = [frame.two_lines(_named(row)) for row in ordered]
    frame.name_rows(axes, names, title=title, xlabel=xlabel, xlim=(-0.02, 1.02))
    for plain, (color, marker, label) in looks.items():
        if plain in {row.approach == "plain" for row in ordered}:
            frame.explain(axes, label, color, marker)
    if any(row.reference for row in ordered):
        frame.explain_hollow(axes)
    frame.legend_below(axes, 1.1 / (len(ordered) + 0.6), columns=3)
    top = max(row.interval.estimate for row in ordered)
    best = [row.method for row in ordered[::-1] if row.interval.estimate == top]
    said = "has the highest estimate" if len(best) == 1 else "share the highest estimate"
    listed = "; ".join(f"{row.method} {row.interval}" for row in ordered[::-1])
    frame.show(figure, f"{listed}. {' and '.join(best)} {said}.")


def best_of_tries(tried: Sequence, expected: float, tested, title: str) -> None:
    """Draw the accuracy of all tries on dev, and what the best of them is worth elsewhere: expected, and on test.

    `tried`: their ledger rows, on the same items; `tested`: that of the best. The winner's interval on dev is a line.
    Rows from the course's reference results are hollow.
    """
    ordered = sorted(tried, key=lambda row: row.interval.estimate, reverse=True)
    shares = [row.interval for row in ordered]
    names = (f"{len(shares)} tries on dev", "elsewhere, as reckoned", "the winner on test")
    figure, axes = frame.new_figure(7.0, 2.6)
    beside = np.random.default_rng(0).uniform(-0.2, 0.2, len(shares) - 1)  # apart, so that equals can be told
    axes.plot([share.estimate for share in shares[1:]], 2 + beside, "o", color=GREY, markersize=4, alpha=0.7)
    frame.point(axes, shares[0], 2, ORANGE, hollow=ordered[0].reference)
    axes.annotate("the winner", (shares[0].estimate, 2), (0, 11), textcoords="offset points", ha="center", color=ORANGE)
    axes.plot([expected], [1], "d", color=BLUE, markersize=8)
    frame.point(axes, tested.interval, 0, BLUE, hollow=tested.reference)
    top = max(shares[0].high, tested.interval.high)
    about = "accuracy; lines are 95 % intervals"
    frame.name_rows(axes, names[::-1], title=title, xlabel=about, xlim=(0, top + 0.05))
    axes.set_ylim(-0.5, 2.6)
    on_dev = f"{shares[-1].estimate:.2f} to {shares[0].estimate:.2f}"
    frame.show(
        figure, frame.told(dict(zip(names, ([on_dev], [f"{expected:.2f}"], [f"{tested.interval}"]), strict=True)))
    )


def outcomes(rows: dict[str, Sequence[int]], parts: Sequence[str], title: str, xlabel: str) -> None:
    """Draw one bar per row, divided into parts by counts; hatching tells the parts apart without color."""
    figure, axes = frame.new_figure(7.2, 0.42 * len(rows) + 1.5)
    names = list(rows)[::-1]
    left = np.zeros(len(names))
    looks = zip((GREEN, ORANGE, GREY, PINK), ("", "//", "..", "xx"), strict=True)
    for column, (part, (color, hatch)) in enumerate(zip(parts, looks, strict=False)):
        values = np.array([rows[name][column] for name in names], dtype=float)
        look = {"color": color, "hatch": hatch, "edgecolor": "white", "label": part}
        axes.barh(range(len(names)), values, left=left, **look)
        left += values
    frame.name_rows(axes, names, title=title, xlabel=xlabel)
    frame.legend_below(axes, columns=len(parts))
    for y, name in enumerate(names):
        frame.name_parts(axes, y, rows[name])
    said = {name: [f"{n} {part}" for n, part in zip(counts, parts, strict=True)] for name, counts in rows.items()}
    frame.show(figure, frame.told(said))


def confusion(matrix: np.ndarray, labels: Sequence[str], title: str, noun: str = "messages") -> None:
    """Draw a confusion matrix (rows gold, columns predicted) with its counts, shaded by the share of each row.

    `noun`: what was counted. Above MOST_LABELS labels nobody could read it: then the worst mix-ups are drawn as bars.
    """
    off = matrix - np.diag(np.diag(matrix))
    places = np.unravel_index(np.argsort(-off, axis=None, kind="stable")[:LISTED], off.shape)
    worst = [(i, j) for i, j in zip(*places, strict=True) if off[i, j]]
    told = [f"{labels[i]} taken for {labels[j]}, {int(off[i, j])} times" for i, j in worst]
    words = f"{int(np.trace(matrix))} of {int(matrix.sum())} {noun} lie on the diagonal; "
    if len(labels) <= MOST_LABELS:
        words += f"the most frequent mix-up is {told[0]}." if told else "there is no mix-up."
        counts(matrix, labels, labels, title, (f"predicted ({noun})", f"gold ({noun})"), words)
        return
    figure, axes = frame.new_figure(7.0, 0.3 * max(len(worst), 1) + 1.2)
    values = [off[place] for place in worst][::-1]
    axes.barh(range(len(worst)), values, color=ORANGE)
    pairs = [f"{frame.shortened(labels[i], 19)} → {frame.shortened(labels[j], 18)}" for i, j in worst]
    axes.set_yticks(range(len(worst)), pairs[::-1])
    axes.set(title=title, xlabel=noun, ylabel="gold → predicted")
    frame.show(figure, words + f"of {len(labels)} labels, the most frequent mix-ups: {'; '.join(told) or 'none'}.")


def counts(
    matrix: np.ndarray, rows: Sequence[str], columns: Sequence[str], title: str, axis_names: tuple[str, str], words: str
) -> None:
    """Draw a table of counts, shape (rows, columns), shaded by the share of each row; `words`: the picture in words."""
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    figure, axes = frame.new_figure(0.65 * len(columns) + 1.7, 0.5 * len(rows) + 1.4)
    shaded(axes, shares, matrix.astype(str), rows, columns)
    axes.set(xlabel=axis_names[0], ylabel=axis_names[1], title=title)
    frame.show(figure, words)


def shaded(axes, shares: np.ndarray, texts, rows: Sequence[str], columns: Sequence[str]) -> None:
    """Fill axes with a table of texts, shape (rows, columns), each cell shaded by its share."""
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        color = "white" if share > 0.55 else "black"
        axes.text(column, row, texts[row][column], ha="center", va="center", color=color)
    axes.set_xticks(range(len(columns)), columns, rotation=35, ha="right")
    axes.set_yticks(range(len(rows)), rows)
