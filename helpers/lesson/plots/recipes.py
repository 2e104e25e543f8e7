"""Pictures of recipes: the loss on dev at several rates, and what more labels are worth; each with a log axis."""

import math
from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from helpers.lesson.plots import frame
from helpers.lesson.plots.frame import LOOKS
from helpers.statistics import Interval


def losses(runs: Mapping[str, Sequence[tuple[int, float]]], title: str) -> None:
    """Draw the loss on dev of several runs, in nats per token, on a log axis: low ones can be told apart there.

    runs: name -> pairs of step and loss; what is not a number, where a run broke, is left out.
    """
    figure, axes = frame.new_figure(7.4, 3.6)
    said, ends = {}, []
    for (name, every), (color, marker, line) in zip(runs.items(), cycle(LOOKS), strict=False):
        points = [(step, loss) for step, loss in every if not math.isnan(loss)]
        if points:
            axes.plot(*zip(*points, strict=True), marker + line, color=color, markersize=5)
            ends.append((name, *points[-1], color))
        said[name] = [f"{loss:.2f} at {step}" for step, loss in points] or ["no loss is a number"]
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set(title=title, xlabel="step", ylabel="loss on dev, nats per token (log scale)")
    low, high = np.log10(axes.get_ylim())
    _name_ends(axes, ends, [math.log10(loss) for _, _, loss, _ in ends], (high - low) / np.ptp(axes.get_ylim()))
    frame.show(figure, f"loss on dev, nats per token, at each step: {frame.told(said)}")


def by_labels(series: Mapping[str, Sequence[tuple[int, Interval]]], what: str) -> None:
    """Draw shares with their intervals over the number of labels, on a log axis; the title names what is drawn.

    series: name -> pairs of number of labels and share; a name without any is not drawn. `what`: the shares are of.
    """
    drawn = {name: points for name, points in series.items() if points}
    figure, axes = frame.new_figure(7.4, 3.6)
    axes.set_xscale("log")
    said, ends = {}, []
    for (name, points), (color, marker, line) in zip(drawn.items(), cycle(LOOKS), strict=False):
        axes.plot([n for n, _ in points], [share.estimate for _, share in points], line, color=color)
        for n, share in points:
            frame.point(axes, share, n, color, marker, upright=True, size=5)
        said[name] = [f"{share.estimate:.3g} at {n}" for n, share in points]
        ends.append((name, points[-1][0], points[-1][1].estimate, color))
    sizes = sorted({n for points in drawn.values() for n, _ in points})
    axes.set_xticks(sizes, [str(n) for n in sizes])
    axes.minorticks_off()
    title = f"What more labels bring: {', '.join(drawn)}"
    axes.set(title=title, xlabel="labeled messages (log scale)", ylabel=f"share right, {what}", ylim=(0, None))
    _name_ends(axes, ends, [height for _, _, height, _ in ends], 1.0)
    frame.show(figure, f"share right, {what}: {frame.told(said)}")


def _name_ends(axes, ends: Sequence[tuple], heights: Sequence[float], scale: float) -> None:
    """Write each line's name beside its end, no name over another.

    ends: (name, x, y, color). heights: each y as the axis counts it; `scale`: that for one unit of y.
    """
    line = frame.line_of_text(axes) * scale
    for (name, x, y, color), height, at in zip(ends, heights, frame.apart(heights, line), strict=True):
        aside = 7, (at - height) / line * 11
        axes.annotate(name, (x, y), aside, textcoords="offset points", va="center", color=color, fontsize=9)
