"""Pictures of a decision: quality against cost, who is behind the leader, who wins where, money and evidence over time.

`draw_forest` returns (figure, words) for a report to keep; all others show theirs.
"""

from collections.abc import Mapping, Sequence
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogLocator

from helpers.lesson.plots import frame
from helpers.lesson.plots.basics import shaded
from helpers.lesson.plots.frame import BLUE, DOTTED, GREEN, GREY, LOOKS, ORANGE, PINK
from helpers.lesson.plots.frame import png as png
from helpers.results.comparisons import Standing
from helpers.results.costs import Case
from helpers.results.costs import sensitivity as varied
from helpers.results.overview import APPROACHES, Summary
from helpers.results.registry import CanaryRun, until

BY_APPROACH = dict(zip(APPROACHES, zip((GREY, BLUE, GREEN, ORANGE, PINK), "oDs^v", strict=True), strict=True))


def _dollars(value: float) -> str:
    return f"{'-' if value < 0 else ''}${abs(value):,.0f}"


def quality_and_cost(summaries: Sequence[Summary], title: str, by: str = "by_machine") -> None:
    """Draw share right over dollars (logarithmic), each method a point with its name beside it, and its interval.

    by: "by_machine" or "by_tokens", dollars per 1,000 requests, or "per_right", per 1,000 right answers; methods
    without that figure are left out, free ones stand at the left edge.
    """
    shown = sorted((s for s in summaries if getattr(s, by) is not None), key=lambda s: -s.quality.estimate)
    prices = [getattr(s, by) for s in shown]
    least = min([price for price in prices if price > 0], default=0.001) / 3
    figure, axes = frame.new_figure(8.4, 4.2)
    said = []
    for s, price in zip(shown, prices, strict=True):
        color, marker = BY_APPROACH[s.approach]
        x = max(price, least)
        frame.point(axes, s.quality, x, color, marker, hollow=s.reference, upright=True, size=8)
        said.append(f"{s.method} ({s.approach}) {s.quality.estimate:.2f} at ${price:.4f}")
    for approach in dict.fromkeys(s.approach for s in shown):
        frame.explain(axes, approach, *BY_APPROACH[approach])
    axes.set_xscale("log")
    _dollar_ticks(axes, prices, least)
    axes.set_xlim(right=4 * max([*prices, least]))  # room for the names
    what = {"by_machine": "of machine time per 1,000 requests", "by_tokens": "of tokens per 1,000 requests"}
    unit = what.get(by, "of tokens per 1,000 right answers")
    axes.set(title=title, xlabel=f"dollars {unit} (log scale; 0: reads no tokens)", ylabel="share right", ylim=(0, 1))
    heights = frame.apart([s.quality.estimate for s in shown], frame.line_of_text(axes))
    for s, price, height in zip(shown, prices, heights, strict=True):
        beside = {"xytext": (7, 0), "textcoords": "offset points", "va": "center", "fontsize": 8}
        axes.annotate(frame.shortened(s.method, 34), (max(price, least), height), **beside)
    frame.legend_below(axes, 0.18, columns=len({s.approach for s in shown}) or 1)
    hollow = " Hollow points are reference results." if any(s.reference for s in shown) else ""
    frame.show(figure, f"share right and dollars {unit}: {'; '.join(said)}.{hollow}")


def _dollar_ticks(axes, prices: Sequence[float], free: float) -> None:
    """Mark 1, 2 and 5 of each power of ten, and with 0 the place of what costs nothing: a logarithmic axis has none."""
    paid = [price for price in prices if price > 0] or [free]
    marks = LogLocator(subs=(1, 2, 5)).tick_values(min(paid), max(paid))
    marks = [mark for mark in marks if 1.4 * free < mark < 2 * max(paid)]
    zero = [free] if min(prices, default=1) == 0 else []
    axes.set_xticks([*zero, *marks], [*("0" for _ in zero), *(f"{mark:g}" for mark in marks)])
    axes.minorticks_off()


def draw_forest(standing: Standing, title: str, worthwhile: float):
    """Draw each rival minus the leader with its interval, on a band of differences too small to be worth having."""
    rivals = standing.rivals[::-1]
    figure, axes = frame.new_figure(7.4, 0.36 * max(len(rivals), 1) + 1.4)
    axes.axvspan(-worthwhile, worthwhile, color=GREY, alpha=0.15, label=f"less than {worthwhile:g}: not worth having")
    axes.axvline(0, color="black", linewidth=1)
    for y, pair in enumerate(rivals):
        behind = pair.verdict.startswith("worse")
        frame.point(axes, pair.difference, y, *(ORANGE, "o") if behind else (BLUE, "D"))
        frame.beside(axes, y, pair.verdict)
    xlabel = f"share right, minus that of {standing.leader}"
    frame.name_rows(axes, [pair.second for pair in rivals], title=title, xlabel=xlabel)
    frame.legend_below(axes, 0.3 + 0.3 / max(len(rivals), 1))
    listed = "; ".join(f"{pair.second} {pair}" for pair in standing.rivals)
    return figure, f"differences from {standing.leader}: {listed or 'no rival'}. So: {standing.call}."


def groups(found: Mapping[str, Mapping[str, tuple[int, int]]], methods: Sequence[str], title: str) -> None:
    """Draw the share right of each method (rows) on each kind of message (columns); a frame marks the column's highest.

    found: kind -> method -> (right, measured), as comparisons.per_group returns.
    """
    kinds = list(found)
    shares = np.array([[found[kind][m][0] / found[kind][m][1] for kind in kinds] for m in methods])
    figure, axes = frame.new_figure(1.0 * len(kinds) + 2.6, 0.42 * len(methods) + 1.6)
    texts = [[f"{share:.2f}" for share in row] for row in shares]
    names = [f"{kind}\n({found[kind][methods[0]][1]})" for kind in kinds]
    shaded(axes, shares, texts, methods, names)
    said = []
    for column, kind in enumerate(kinds):
        top = shares[:, column].max()
        best = [m for m, share in zip(methods, shares[:, column], strict=True) if share == top]
        said.append(f"{kind} ({found[kind][methods[0]][1]}): {' and '.join(best)} {top:.2f}")
        for row in np.flatnonzero(shares[:, column] == top):
            corner = column - 0.47, row - 0.45
            axes.add_patch(plt.Rectangle(corner, 0.94, 0.9, fill=False, color=ORANGE, linewidth=2.5))
    axes.set(title=title, xlabel="kind (how many were measured)", ylabel="method")
    frame.show(figure, f"highest share right on each kind, with the number measured: {'; '.join(said)}.")


def balance(cases: Mapping[str, Case], title: str) -> None:
    """Draw dollars gained or still owed at the end of each month, one line for each case."""
    figure, axes = frame.new_figure(7.0, 3.4)
    said = []
    for (name, case), (color, _, line) in zip(cases.items(), cycle(LOOKS), strict=False):
        values = [case.balance(month) for month in range(case.horizon + 1)]
        axes.plot(values, line, color=color, linewidth=2, label=name)
        said.append(f"{name}: from {_dollars(values[0])} to {_dollars(values[-1])} in month {case.horizon}")
    axes.axhline(0, color="black", linewidth=1)
    axes.set(title=title, xlabel="months", ylabel="dollars gained (below 0: owed)")
    axes.legend()
    frame.show(figure, f"{'; '.join(said)}.")


def sensitivity(case: Case, title: str, factor: float = 2) -> None:
    """Draw the gain at the horizon with each figure of a case divided and multiplied by `factor`, widest on top."""
    found, called = varied(case, factor), case.called()
    ordered = sorted(found, key=lambda name: abs(found[name][0].gain - found[name][1].gain))
    figure, axes = frame.new_figure(7.0, 0.42 * len(ordered) + 1.3)
    for y, name in enumerate(ordered):
        low, high = (one.gain for one in found[name])
        axes.plot([low, high], [y, y], color=GREY, linewidth=4, alpha=0.5)
        frame.point(axes, low, y, BLUE, size=6)
        frame.point(axes, high, y, ORANGE, "D", size=6)
    axes.axvline(0, color="black", linewidth=1)
    frame.explain(axes, f"divided by {factor:g}", BLUE)
    frame.explain(axes, f"times {factor:g}", ORANGE, "D")
    xlabel = f"dollars gained after {case.horizon} months (below 0: lost)"
    frame.name_rows(axes, [called[name] for name in ordered], title=title, xlabel=xlabel)
    frame.legend_below(axes, 0.9 / (len(ordered) + 0.6), columns=2)
    listed = [f"{called[name]} {' to '.join(_dollars(one.gain) for one in found[name])}" for name in ordered[::-1]]
    frame.show(figure, f"gain with each figure divided and multiplied by {factor:g}: {'; '.join(listed)}.")


def canary(runs: Mapping[str, CanaryRun], title: str, alarm: float) -> None:
    """Draw the evidence after each message that the new version is worse, and the line at which it is rolled back."""
    figure, axes = frame.new_figure(7.0, 3.4)
    said = []
    for (name, run), (color, _, line) in zip(runs.items(), cycle(LOOKS), strict=False):
        axes.plot(range(1, run.messages + 1), np.maximum(run.against, 1e-3), line, color=color, label=name)
        axes.plot(run.messages, max(run.against[-1], 1e-3), "o", color=color)
        said.append(f"{name}: {run.outcome} after {run.messages} messages, evidence against it {run.against[-1]:.2g}")
    axes.axhline(1 / alarm, **DOTTED, label=f"roll back at {1 / alarm:g}")
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set(title=title, xlabel="messages answered by both versions", ylabel="evidence that it is worse (log scale)")
    axes.legend()
    frame.show(figure, f"{'; '.join(said)}.")


def detection(found: Mapping[float, Sequence[float]], title: str) -> None:
    """Draw how many messages it takes until a version that is worse by so much is stopped: the median and nine in ten.

    Both axes are logarithmic: where half the loss takes four times the messages, points stand along the dotted line.

    found: size of the loss, in shares right -> messages until each simulated run stopped it; inf where it did not.
    """
    figure, axes = frame.new_figure(7.0, 3.8)
    said, points = [], [100 * loss for loss in found]
    for shape, quantile, color, line in (("o", 0.5, BLUE, "-"), ("D", 0.9, ORANGE, "--")):
        values = [until(runs, quantile) for runs in found.values()]
        label = "half of the runs have stopped it" if quantile == 0.5 else "nine in ten have"
        known = [(loss, value) for loss, value in zip(points, values, strict=True) if np.isfinite(value)]
        never = " and ".join(f"{loss:g}" for loss in points if loss not in dict(known))
        shown = f"{label} (not at {never} points, within the run)" if never else label
        axes.plot(*zip(*known, strict=True) if known else ((), ()), shape + line, color=color, label=shown)
        for at in known:
            place = {"xytext": (6, 6), "textcoords": "offset points", "fontsize": 9, "color": "black"}
            axes.annotate(f"{at[1]:,.0f}", at, **place)
        if quantile == 0.5 and known:
            largest, fewest = max(known)
            steps = [fewest * (largest / loss) ** 2 for loss in sorted(points)]
            axes.plot(sorted(points), steps, **DOTTED, label="half the loss, four times the messages")
        for loss, value in zip(points, values, strict=True):
            after = f"after {value:,.0f} messages" if np.isfinite(value) else "not within the run"
            said.append(f"{loss:g} points worse: {label} {after}")
    axes.set(title=title, xlabel="points by which the new version is worse (log scale)", ylabel="messages (log scale)")
    axes.set_xscale("log")
    axes.set_xticks(points, [f"{loss:g}" for loss in points])
    axes.set_xlim(0.85 * min(points), 1.2 * max(points))
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.minorticks_off()
    axes.margins(y=0.12)
    frame.legend_below(axes, 0.18)
    frame.show(figure, f"{'; '.join(said)}.")


def forest(standing: Standing, title: str, worthwhile: float) -> None:
    """Show each rival against the leader; see draw_forest."""
    frame.show(*draw_forest(standing, title, worthwhile))
