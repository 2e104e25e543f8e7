"""Pictures that any lesson may draw: bars, curves, methods with intervals; and the frame of every picture.

Colors are those of Okabe and Ito, which survive color-blindness; what matters is also told by position, marker or text.
Numbers come in; nothing is measured here.
"""

import io
import warnings
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib.legend import Legend
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator

from helpers.results import lookup

BLUE, ORANGE, GREEN, PINK, GREY = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#666666"
LONGEST = 40  # letters of a name at a tick
STYLE = {
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
}


def shortened(name: object, most: int = LONGEST) -> str:
    """Return a name as one line of at most so many letters.

    >>> shortened("billing and more", 9)
    'billing …'
    """
    line = " ".join(str(name).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _take_names_as_written(figure) -> None:
    """Cut the names at ticks and in legends, and let no text be read as a formula: names come from data."""
    ticks = set()
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        if isinstance(axis.get_major_locator(), FixedLocator):
            lines = [label.get_text().split("\n") for label in axis.get_ticklabels()]
            names = ["\n".join(map(shortened, some)).replace("$", r"\$") for some in lines]
            axis.set_ticklabels(names)
        ticks.update(axis.get_ticklabels(which="both"))
    for legend in figure.findobj(Legend):
        for text in legend.get_texts():
            text.set_text(shortened(text.get_text(), 2 * LONGEST))
    for text in figure.findobj(Text):
        if text not in ticks:  # matplotlib itself writes powers of ten as formulas
            text.set_parse_math(False)


def png(figure) -> bytes:
    """Return a figure as the bytes of a PNG file, and close it; a letter that the font lacks is an empty box."""
    _take_names_as_written(figure)
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        figure.savefig(buffer, format="png", bbox_inches="tight", metadata={"Software": None})
    plt.close(figure)
    return buffer.getvalue()


def show(figure, words: str) -> None:
    """Show a figure, attach `words` as its alternative text, and print them for readers who cannot see it."""
    metadata = {"image/png": {"alt": words}}
    display({"image/png": png(figure), "text/plain": f"[picture: {words}]"}, metadata=metadata, raw=True)
    print(f"In words: {words}")


def new_figure(width: float = 7.0, height: float = 3.2):
    """Return a figure and its axes in the course's style; sizes in inches."""
    plt.rcParams.update(STYLE)
    return plt.subplots(figsize=(width, height), layout="constrained")


def visible(token: str) -> str:
    """Return a token as text in which spaces and line breaks can be seen."""
    return token.replace(" ", "␣").replace("\n", "↵") or "∅"


def next_tokens(pairs: Sequence[tuple[str, float]], title: str) -> None:
    """Draw the likeliest next tokens as bars. `pairs`: (token, probability), likeliest first."""
    figure, axes = new_figure(6.0, 0.3 * len(pairs) + 0.9)
    names = [visible(token) for token, _ in pairs][::-1]
    values = [value for _, value in pairs][::-1]
    axes.barh(range(len(values)), values, color=BLUE)
    axes.set_yticks(range(len(values)), names, fontfamily="monospace")
    axes.set(title=title, xlabel="probability of being the next token", ylabel="token", xlim=(0, 1))
    for y, value in enumerate(values):
        axes.text(value + 0.01, y, f"{value:.3f}", va="center", fontsize=9)
    first, second = pairs[0], pairs[1]
    show(
        figure,
        f"the likeliest next token is {visible(first[0])!r} with probability {first[1]:.2f}, "
        f"then {visible(second[0])!r} with {second[1]:.2f}.",
    )


def temperatures(pairs: Sequence[tuple[str, float]], values: Sequence[float]) -> None:
    """Draw the same next-token probabilities at several temperatures, side by side."""
    plt.rcParams.update(STYLE)
    figure, panels = plt.subplots(1, len(values), figsize=(2.4 * len(values), 2.8), sharey=True, layout="constrained")
    names = [visible(token) for token, _ in pairs][::-1]
    tops = []
    for axes, temperature in zip(panels, values, strict=True):
        shares = at_temperature([value for _, value in pairs], temperature)
        tops.append(shares[0])
        axes.barh(range(len(names)), shares[::-1], color=BLUE)
        axes.set_yticks(range(len(names)), names)
        axes.set(title=f"temperature {temperature:g}", xlim=(0, 1), xticks=[0, 0.5, 1])
    figure.suptitle("The same next tokens at three temperatures" if len(values) == 3 else "The same next tokens")
    figure.supxlabel(f"share among these {len(pairs)} tokens", fontsize=10)
    panels[0].tick_params(axis="y", labelfontfamily="monospace")
    shown = ", ".join(f"{top:.2f} at {temperature:g}" for top, temperature in zip(tops, values, strict=True))
    show(figure, f"among the {len(pairs)} tokens shown, the likeliest one holds a share of {shown}.")


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
    """Draw each value of several series as a point over its x, with a line through the means.

    Args:
        series: name -> x -> values, numbers or statistics.Intervals, which get a bar. The x of all series, in order of
            first appearance, stand at equal distances.
        title: the finding's subject.
        axis_names: what stands along x and along y.
        levels: name -> height of a dashed line, such as a plain baseline.
        reference: (name, x) of values that come from the course's reference results; their points are hollow.
    """
    places = list(dict.fromkeys(x for points in series.values() for x in points))
    figure, axes = new_figure(7.0, 3.6)
    looks = list(
        zip((BLUE, ORANGE, GREEN, PINK, GREY), ("o", "D", "s", "^", "v"), ("-", "--", "-.", ":", "-"), strict=True)
    )
    means: dict = {}
    for number, (name, points) in enumerate(series.items()):
        color, marker, line = looks[number % len(looks)]
        means[name] = {x: np.mean([getattr(v, "estimate", v) for v in values]) for x, values in points.items()}
        aside = 0.04 * number  # so that bars of two series do not hide each other
        heights = list(means[name].values())
        axes.plot([places.index(x) + aside for x in points], heights, line, color=color, label=name)
        for x, values in points.items():
            face = "white" if (name, x) in reference else color
            for place, value in enumerate(values):
                at = places.index(x) + 0.06 * (place - (len(values) - 1) / 2) + aside
                if hasattr(value, "low"):
                    axes.plot([at, at], [value.low, value.high], color=color, linewidth=1, alpha=0.4)
                height = getattr(value, "estimate", value)
                axes.plot(at, height, marker, color=color, markerfacecolor=face, markersize=5)
    for name, height in (levels or {}).items():
        axes.axhline(height, color="black", linestyle=(0, (1, 2)), linewidth=1.2)
        axes.text(0.99, height, name, fontsize=9, va="bottom", ha="right", transform=axes.get_yaxis_transform())
    if reference:
        axes.plot([], [], "o", color=GREY, markerfacecolor="white", label="hollow: reference results")
    axes.set_xticks(range(len(places)), [str(x) for x in places])
    axes.set(title=title, xlabel=axis_names[0], ylabel=axis_names[1])
    axes.legend(frameon=False, fontsize=9)
    said = [
        f"{name}: " + ", ".join(f"{mean:.2f} at {x}" for x, mean in points.items()) for name, points in means.items()
    ]
    said += [f"{name}: {height:.2f}" for name, height in (levels or {}).items()]
    show(figure, f"means of {axis_names[1]}: " + "; ".join(said) + ".")


def interval_against_n(sizes: Sequence[int], lows: Sequence[float], highs: Sequence[float], truth: float) -> None:
    """Draw the middle 95 % of measured accuracies against the size of the test set, for a known true accuracy."""
    figure, axes = new_figure(6.4, 3.2)
    axes.fill_between(sizes, lows, highs, color=BLUE, alpha=0.25, label="middle 95 % of simulated test sets")
    axes.plot(sizes, lows, color=BLUE, marker="o", markersize=3)
    axes.plot(sizes, highs, color=BLUE, marker="o", markersize=3)
    axes.axhline(truth, color=GREY, linestyle="--", label=f"true accuracy {truth:.2f}")
    axes.set_xscale("log")
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    axes.set(title="What a test set of n messages may report", xlabel="n, messages (log scale)", ylabel="accuracy")
    axes.legend(frameon=False, loc="upper right")
    show(
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
    plains = [row.approach == "plain" for row in ordered]
    figure, axes = new_figure(7.2, 0.42 * len(ordered) + 1.2)
    for y, row in enumerate(ordered):
        interval, plain = row.interval, plains[y]
        color = GREY if plain else ORANGE
        axes.plot([interval.low, interval.high], [y, y], color=color, linewidth=2)
        face = "white" if row.reference else color
        axes.plot(interval.estimate, y, "o" if plain else "D", color=color, markerfacecolor=face, markersize=7)
        axes.text(1.01, y, f"{interval.estimate:.2f}", va="center", fontsize=9, transform=axes.get_yaxis_transform())
    axes.set_yticks(range(len(ordered)), [_named(row) for row in ordered])
    axes.set(title=title, xlabel=f"accuracy on {ordered[0].n} {noun}, with 95 % interval", xlim=(0, 1))
    axes.set_ylim(-0.6, len(ordered) - 0.4)
    for kind, marker, color in ((True, "o", GREY), (False, "D", ORANGE)):
        if kind in plains:
            axes.plot([], [], marker, color=color, label="plain baseline" if kind else "language model")
    axes.legend(frameon=False, loc="lower right", fontsize=9)
    top = max(row.interval.estimate for row in ordered)
    best = [row.method for row in ordered[::-1] if row.interval.estimate == top]
    said = "has the highest estimate" if len(best) == 1 else "share the highest estimate"
    listed = "; ".join(f"{row.method} {row.interval}" for row in ordered[::-1])
    show(figure, f"{listed}. {' and '.join(best)} {said}.")


def spread(
    groups: dict[str, Sequence[float]], title: str, xlabel: str, noise: tuple[float, float] | None = None
) -> None:
    """Draw every value of each group as a point in its own row, with the group's mean as a bar.

    `noise`: (low, high) of the interval around one such value, shaded, to tell spread from sampling error.
    """
    figure, axes = new_figure(7.0, 0.6 * len(groups) + 1.2)
    if noise:
        axes.axvspan(*noise, color=GREY, alpha=0.15, label="95 % interval of the first value")
    for y, values in enumerate(reversed(list(groups.values()))):
        offsets = np.linspace(-0.18, 0.18, len(values)) if len(values) > 1 else [0]
        axes.plot(values, y + np.asarray(offsets), "o", color=BLUE, markersize=5, alpha=0.8)
        axes.plot([np.mean(values)] * 2, [y - 0.3, y + 0.3], color=ORANGE, linewidth=2)
    axes.set_yticks(range(len(groups)), list(groups)[::-1])
    axes.set(title=title, xlabel=xlabel, xlim=(0, 1), ylim=(-0.6, len(groups) - 0.4))
    axes.plot([], [], color=ORANGE, linewidth=2, label="mean")
    axes.legend(frameon=False, fontsize=9, loc="best")
    show(
        figure,
        "; ".join(f"{name}: {min(v):.2f} to {max(v):.2f}, mean {np.mean(v):.2f}" for name, v in groups.items()) + ".",
    )


def outcomes(rows: dict[str, Sequence[int]], parts: Sequence[str], title: str, xlabel: str) -> None:
    """Draw one bar per row, divided into parts by counts; hatching tells the parts apart without color."""
    figure, axes = new_figure(7.2, 0.42 * len(rows) + 1.5)
    names = list(rows)[::-1]
    left = np.zeros(len(names))
    looks = zip((GREEN, ORANGE, GREY, PINK), ("", "//", "..", "xx"), strict=True)
    for column, (part, (color, hatch)) in enumerate(zip(parts, looks, strict=False)):
        values = np.array([rows[name][column] for name in names], dtype=float)
        axes.barh(range(len(names)), values, left=left, color=color, hatch=hatch, edgecolor="white", label=part)
        for y, (start, value) in enumerate(zip(left, values, strict=True)):
            if value:
                box = {"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.8}
                axes.text(start + value / 2, y, f"{value:.0f}", ha="center", va="center", fontsize=9, bbox=box)
        left += values
    axes.set_yticks(range(len(names)), names)
    axes.set(title=title, xlabel=xlabel)
    axes.legend(frameon=False, fontsize=9, ncols=len(parts), loc="upper center", bbox_to_anchor=(0.4, -0.25))
    show(
        figure,
        "; ".join(
            f"{name}: " + ", ".join(f"{count} {part}" for part, count in zip(parts, counts, strict=True))
            for name, counts in rows.items()
        )
        + ".",
    )
