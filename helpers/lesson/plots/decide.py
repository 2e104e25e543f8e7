"""Pictures of a decision: quality against cost, who is behind the leader, who wins where, money and evidence over time.

Each `draw_…` returns (figure, words) so that a report can keep it; the name without `draw_` shows it in a lesson.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogLocator

from helpers.lesson.plots.basics import BLUE, GREEN, GREY, ORANGE, PINK, new_figure, show
from helpers.lesson.plots.basics import png as png
from helpers.results.comparisons import Standing
from helpers.results.costs import BreakEven, Case
from helpers.results.overview import APPROACHES, Summary
from helpers.results.registry import CanaryRun

LOOKS = dict(zip(APPROACHES, zip((GREY, BLUE, GREEN, ORANGE, PINK), "oDs^v", strict=True), strict=True))


def _dollars(value: float) -> str:
    return f"{'-' if value < 0 else ''}${abs(value):,.0f}"


def draw_quality_and_cost(summaries: Sequence[Summary], title: str, by: str = "by_machine"):
    """Draw share right over dollars per 1,000 requests (logarithmic), each method a numbered point with its interval.

    by: "by_machine" or "by_tokens"; methods without that figure are left out, free ones stand at the left edge.
    """
    shown = sorted((s for s in summaries if getattr(s, by) is not None), key=lambda s: -s.quality.estimate)
    prices = [getattr(s, by) for s in shown]
    least = min([price for price in prices if price > 0], default=0.001) / 3
    figure, axes = new_figure(7.4, 3.4 + 0.2 * len(shown))
    for number, (s, price) in enumerate(zip(shown, prices, strict=True), start=1):
        color, marker = LOOKS[s.approach]
        x = max(price, least)
        axes.plot([x, x], [s.quality.low, s.quality.high], color=color, alpha=0.5, linewidth=1.5)
        face = "white" if s.reference else color
        look = {"color": color, "markerfacecolor": face, "linestyle": "", "markersize": 8}
        axes.plot(x, s.quality.estimate, marker, label=f"{number} {s.method} ({s.approach})", **look)
        beside = (6, 4 if number % 2 else -10)  # so that the numbers of two points in one place can be read
        axes.annotate(str(number), (x, s.quality.estimate), xytext=beside, textcoords="offset points", fontsize=8)
    axes.set_xscale("log")
    _dollar_ticks(axes, prices, least)
    unit = "of machine time" if by == "by_machine" else "of tokens"
    axes.set(title=title, xlabel=f"dollars {unit} per 1,000 requests (log scale)", ylabel="share right", ylim=(0, 1))
    axes.legend(frameon=False, fontsize=9, loc="upper center", bbox_to_anchor=(0.45, -0.18))
    listed = "; ".join(
        f"{n} {s.method} ({s.approach}) {s.quality.estimate:.2f} at ${price:.4f}"
        for n, (s, price) in enumerate(zip(shown, prices, strict=True), start=1)
    )
    hollow = " Hollow points are reference results." if any(s.reference for s in shown) else ""
    return figure, f"share right and dollars per 1,000 requests: {listed}.{hollow}"


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
    figure, axes = new_figure(7.4, 0.36 * max(len(rivals), 1) + 1.4)
    axes.axvspan(-worthwhile, worthwhile, color=GREY, alpha=0.15, label=f"less than {worthwhile:g}: not worth having")
    axes.axvline(0, color="black", linewidth=1)
    for y, pair in enumerate(rivals):
        behind = pair.verdict.startswith("worse")
        color = ORANGE if behind else BLUE
        axes.plot([pair.difference.low, pair.difference.high], [y, y], color=color, linewidth=2)
        axes.plot(pair.difference.estimate, y, "o" if behind else "D", color=color, markersize=6)
        axes.text(1.01, y, pair.verdict, va="center", fontsize=8, transform=axes.get_yaxis_transform())
    axes.set_yticks(range(len(rivals)), [pair.second for pair in rivals])
    axes.set(title=title, xlabel=f"share right, minus that of {standing.leader}", ylim=(-0.6, len(rivals) - 0.4))
    axes.legend(frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.3 - 0.3 / max(len(rivals), 1)))
    listed = "; ".join(f"{pair.second} {pair}" for pair in standing.rivals)
    return figure, f"differences from {standing.leader}: {listed or 'no rival'}. So: {standing.call}."


def draw_groups(found: Mapping[str, Mapping[str, tuple[int, int]]], methods: Sequence[str], title: str):
    """Draw the share right of each method (rows) on each kind of message (columns); a frame marks the column's highest.

    found: kind -> method -> (right, measured), as comparisons.per_group returns.
    """
    kinds = list(found)
    shares = np.array([[found[kind][m][0] / found[kind][m][1] for kind in kinds] for m in methods])
    figure, axes = new_figure(1.0 * len(kinds) + 2.6, 0.42 * len(methods) + 1.6)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    said = []
    for column, kind in enumerate(kinds):
        top = shares[:, column].max()
        best = [m for m, share in zip(methods, shares[:, column], strict=True) if share == top]
        said.append(f"{kind} ({found[kind][methods[0]][1]}): {' and '.join(best)} {top:.2f}")
        for row in range(len(methods)):
            share = shares[row, column]
            color = "white" if share > 0.55 else "black"
            axes.text(column, row, f"{share:.2f}", ha="center", va="center", color=color, fontsize=9)
            if share == top:
                box = plt.Rectangle((column - 0.47, row - 0.45), 0.94, 0.9, fill=False, color=ORANGE, linewidth=2.5)
                axes.add_patch(box)
    names = [f"{kind}\n({found[kind][methods[0]][1]})" for kind in kinds]
    axes.set_xticks(range(len(kinds)), names, rotation=30, ha="right")
    axes.set_yticks(range(len(methods)), methods)
    axes.set(title=title, xlabel="kind (how many were measured)", ylabel="method")
    return figure, f"highest share right on each kind, with the number measured: {'; '.join(said)}."


def draw_balance(cases: Mapping[str, Case], title: str):
    """Draw dollars gained or still owed at the end of each month, one line for each case."""
    figure, axes = new_figure(7.0, 3.4)
    looks = zip((BLUE, ORANGE, GREEN, PINK, GREY), ("-", "--", "-.", ":", "-"), strict=True)
    said = []
    for (name, case), (color, line) in zip(cases.items(), looks, strict=False):
        months = range(case.horizon + 1)
        values = [case.balance(month) for month in months]
        axes.plot(months, values, line, color=color, linewidth=2, label=name)
        said.append(f"{name}: from {_dollars(values[0])} to {_dollars(values[-1])} in month {case.horizon}")
    axes.axhline(0, color="black", linewidth=1)
    axes.set(title=title, xlabel="months", ylabel="dollars gained (below 0: owed)")
    axes.legend(frameon=False, fontsize=9)
    return figure, f"{'; '.join(said)}."


def draw_sensitivity(found: Mapping[str, tuple[BreakEven, BreakEven]], title: str, factor: float):
    """Draw the gain at the horizon with each figure divided and multiplied by `factor`, widest span on top."""
    ordered = sorted(found, key=lambda name: abs(found[name][0].gain - found[name][1].gain))
    figure, axes = new_figure(7.0, 0.42 * len(ordered) + 1.3)
    for y, name in enumerate(ordered):
        low, high = (one.gain for one in found[name])
        axes.plot([low, high], [y, y], color=GREY, linewidth=4, alpha=0.5)
        axes.plot(low, y, "o", color=BLUE, label=f"divided by {factor:g}" if y == 0 else None)
        axes.plot(high, y, "D", color=ORANGE, label=f"times {factor:g}" if y == 0 else None)
    axes.axvline(0, color="black", linewidth=1)
    axes.set_yticks(range(len(ordered)), ordered)
    axes.set(title=title, xlabel="dollars gained at the horizon (below 0: lost)")
    axes.legend(frameon=False, fontsize=9)
    listed = [f"{name} {' to '.join(_dollars(one.gain) for one in found[name])}" for name in ordered[::-1]]
    return figure, f"gain with each figure divided and multiplied by {factor:g}: {'; '.join(listed)}."


def draw_canary(runs: Mapping[str, CanaryRun], title: str, alarm: float):
    """Draw the evidence after each message that the new version is worse, and the line at which it is rolled back."""
    figure, axes = new_figure(7.0, 3.4)
    looks = zip((BLUE, ORANGE, GREEN, PINK), ("-", "--", "-.", ":"), strict=True)
    said = []
    for (name, run), (color, line) in zip(runs.items(), looks, strict=False):
        axes.plot(range(1, run.messages + 1), np.maximum(run.against, 1e-3), line, color=color, label=name)
        axes.plot(run.messages, max(run.against[-1], 1e-3), "o", color=color)
        said.append(f"{name}: {run.outcome} after {run.messages} messages, evidence against it {run.against[-1]:.2g}")
    axes.axhline(1 / alarm, color="black", linestyle=(0, (1, 2)), label=f"roll back at {1 / alarm:g}")
    axes.set_yscale("log")
    axes.set(title=title, xlabel="messages answered by both versions", ylabel="evidence that it is worse (log scale)")
    axes.legend(frameon=False, fontsize=9)
    return figure, f"{'; '.join(said)}."


def quality_and_cost(summaries: Sequence[Summary], title: str, by: str = "by_machine") -> None:
    """Show share right over dollars per 1,000 requests; see draw_quality_and_cost."""
    show(*draw_quality_and_cost(summaries, title, by))


def forest(standing: Standing, title: str, worthwhile: float) -> None:
    """Show each rival against the leader; see draw_forest."""
    show(*draw_forest(standing, title, worthwhile))


def groups(found: Mapping[str, Mapping[str, tuple[int, int]]], methods: Sequence[str], title: str) -> None:
    """Show which method is right on which kind of message; see draw_groups."""
    show(*draw_groups(found, methods, title))


def balance(cases: Mapping[str, Case], title: str) -> None:
    """Show money over the months; see draw_balance."""
    show(*draw_balance(cases, title))


def sensitivity(found: Mapping[str, tuple[BreakEven, BreakEven]], title: str, factor: float) -> None:
    """Show what each figure does to the gain; see draw_sensitivity."""
    show(*draw_sensitivity(found, title, factor))


def canary(runs: Mapping[str, CanaryRun], title: str, alarm: float) -> None:
    """Show the evidence against new versions as it gathers; see draw_canary."""
    show(*draw_canary(runs, title, alarm))
