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
from helpers.results.costs import BreakEven, Case
from helpers.results.overview import APPROACHES, Summary
from helpers.results.registry import CanaryRun

BY_APPROACH = dict(zip(APPROACHES, zip((GREY, BLUE, GREEN, ORANGE, PINK), "oDs^v", strict=True), strict=True))


def _dollars(value: float) -> str:
    return f"{'-' if value < 0 else ''}${abs(value):,.0f}"


def quality_and_cost(summaries: Sequence[Summary], title: str, by: str = "by_machine") -> None:
    """Draw share right over dollars per 1,000 requests (logarithmic), each method a numbered point with its interval.

    by: "by_machine" or "by_tokens"; methods without that figure are left out, free ones stand at the left edge.
    """
    shown = sorted((s for s in summaries if getattr(s, by) is not None), key=lambda s: -s.quality.estimate)
    prices = [getattr(s, by) for s in shown]
    least = min([price for price in prices if price > 0], default=0.001) / 3
    figure, axes = frame.new_figure(7.4, 3.4 + 0.2 * len(shown))
    said = []
    for number, (s, price) in enumerate(zip(shown, prices, strict=True), start=1):
        color, marker = BY_APPROACH[s.approach]
        x = max(price, least)
        frame.point(axes, s.quality, x, color, marker, hollow=s.reference, upright=True, size=8)
        named = f"{number} {s.method} ({s.approach})"
        frame.explain(axes, named, color, marker, hollow=s.reference)
        said.append(f"{named} {s.quality.estimate:.2f} at ${price:.4f}")
        place = (6, 4 if number % 2 else -10)  # so that the numbers of two points in one place can be read
        axes.annotate(str(number), (x, s.quality.estimate), xytext=place, textcoords="offset points", fontsize=8)
    axes.set_xscale("log")
    _dollar_ticks(axes, prices, least)
    unit = "of machine time" if by == "by_machine" else "of tokens"
    axes.set(title=title, xlabel=f"dollars {unit} per 1,000 requests (log scale)", ylabel="share right", ylim=(0, 1))
    frame.legend_below(axes, 0.18)
    hollow = " Hollow points are reference results." if any(s.reference for s in shown) else ""
    frame.show(figure, f"share right and dollars per 1,000 requests: {'; '.join(said)}.{hollow}")


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


def sensitivity(found: Mapping[str, tuple[BreakEven, BreakEven]], title: str, factor: float) -> None:
    """Draw the gain at the horizon with each figure divided and multiplied by `factor`, widest span on top."""
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
    frame.name_rows(axes, ordered, title=title, xlabel="dollars gained at the horizon (below 0: lost)")
    axes.legend()
    listed = [f"{name} {' to '.join(_dollars(one.gain) for one in found[name])}" for name in ordered[::-1]]
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
    axes.set(title=title, xlabel="messages answered by both versions", ylabel="evidence that it is worse (log scale)")
    axes.legend()
    frame.show(figure, f"{'; '.join(said)}.")


def forest(standing: Standing, title: str, worthwhile: float) -> None:
    """Show each rival against the leader; see draw_forest."""
    frame.show(*draw_forest(standing, title, worthwhile))
