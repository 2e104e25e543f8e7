"""Pictures of pipelines: what each variant gets right, and where wrong answers come from."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np

from helpers.lesson.plots import frame
from helpers.lesson.plots.basics import outcomes
from helpers.lesson.plots.frame import BLUE, GREY, LOOKS, ORANGE
from helpers.statistics import Interval

PARTS = {  # name -> (was the evidence found, was the answer right)
    "found, right": (True, True),
    "found, answered wrong": (True, False),
    "not found, wrong": (False, False),
    "not found, right anyway": (False, True),
}


def stages(rows: Mapping[str, Mapping[str, Interval]], title: str, xlabel: str) -> None:
    """Draw several shares of each variant of a pipeline as points with intervals, one row a variant, first on top.

    `rows`: variant -> what was measured -> its interval. `xlabel`: what the shares are of.
    """
    figure, axes = frame.new_figure(7.2, 0.55 * len(rows) + 1.5)
    measures = list(dict.fromkeys(name for row in rows.values() for name in row))
    for number, (measure, (color, marker, _)) in enumerate(zip(measures, cycle(LOOKS), strict=False)):
        for y, row in enumerate(reversed(rows.values())):
            if measure in row:
                at = y + 0.16 * ((len(measures) - 1) / 2 - number)
                frame.point(axes, row[measure], at, color, marker, size=6)
        frame.explain(axes, measure, color, marker)
    for y in range(1, len(rows)):
        axes.axhline(y - 0.5, color=GREY, linewidth=0.5, alpha=0.4)
    frame.name_rows(axes, list(rows)[::-1], title=title, xlabel=xlabel, xlim=(-0.02, 1.02))
    frame.legend_below(axes, columns=len(measures))
    said = {name: [f"{what} {share.estimate:.2f}" for what, share in row.items()] for name, row in rows.items()}
    frame.show(figure, frame.told(said))


def two_groups(groups: Mapping[str, Sequence[float]], cut: float, title: str, xlabel: str) -> None:
    """Draw how the numbers of two groups spread, one histogram over the other, and a cut between them."""
    (low, high), bins = np.quantile(np.concatenate([*groups.values()]), [0, 1]), 24
    figure, axes = frame.new_figure(7.2, 3.2)
    for (name, values), (color, hatch) in zip(groups.items(), ((BLUE, ""), (ORANGE, "//")), strict=True):
        look = {"color": color, "hatch": hatch, "edgecolor": "white", "alpha": 0.6}
        axes.hist(values, bins=bins, range=(low, high), label=f"{name} ({len(values)})", **look)
    axes.axvline(cut, **frame.DOTTED)
    axes.text(cut, axes.get_ylim()[1], f" cut {cut:.2f}", va="top", fontsize=9)
    axes.set(title=title, xlabel=xlabel, ylabel="questions")
    frame.legend_below(axes, 0.22, columns=2)
    said = {
        n: [f"middle {np.median(v):.2f}", f"{np.mean(np.array(v) >= cut):.2f} at or above the cut"]
        for n, v in groups.items()
    }
    frame.show(figure, frame.told(said))


def error_sources(groups: Mapping[str, tuple[Sequence[bool], Sequence[bool]]], title: str) -> None:
    """Draw where answers go wrong: in finding the passage, or in reading it.

    `groups`: name -> (was the evidence in the prompt, was the answer right), one pair for each answerable question.
    """
    counted = {}
    for name, (found, right) in groups.items():
        pairs = list(zip(map(bool, found), map(bool, right), strict=True))
        counted[name] = [pairs.count(part) for part in PARTS.values()]
    total = max(sum(row) for row in counted.values())
    outcomes(counted, list(PARTS), title, f"answerable questions, of {total}")
