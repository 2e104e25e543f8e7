"""Pictures of recipes: the loss on dev at several rates, and what more labels are worth; each with a log axis."""

import math
from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from helpers.lesson.plots import basics, frame
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
    frame.name_ends(axes, ends, [math.log10(loss) for _, _, loss, _ in ends], (high - low) / np.ptp(axes.get_ylim()))
    frame.show(figure, f"loss on dev, nats per token, at each step: {frame.told(said)}")


def by_labels(series: Mapping[str, Sequence[tuple[int, Interval]]], what: str) -> None:
    """Draw shares with their intervals over the number of labels, on a log axis; the title names what is drawn.

    series: name -> pairs of number of labels and share; a name without any is not drawn. `what`: the shares are of.
    """
    drawn = {name: points for name, points in series.items() if points}
    title = f"What more labels bring: {', '.join(drawn)}"
    basics.against(drawn, title, ("labeled messages (log scale)", f"share right, {what}"), log=True)
