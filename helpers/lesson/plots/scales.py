"""The picture of several scales: for each task, right answers against the size of the model, one line a method."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import matplotlib.pyplot as plt

from helpers.lesson.plots import frame
from helpers.lesson.plots.frame import GREY, LOOKS
from helpers.model import catalogue
from helpers.results.rows import LedgerRow

BEYOND = 0.75  # how far, in powers of ten, the large model stands right of the largest one whose size is known
ASIDE = 0.025  # the same between points of two methods at one size
GAP = 0.075  # the least distance of two names, in shares
NAME = 30  # letters of a method's name
LARGE = "*"  # the marker of a large model


@dataclass(frozen=True)
class Panel:
    """One task. `lines`: method -> its rows, of models whose size is known; `flat`: plain baselines, one row each.

    ends: method -> the row of a large model, whose size is not known; one of a line's name is joined to it.
    """

    title: str
    lines: Mapping[str, Sequence[LedgerRow]]
    flat: Mapping[str, LedgerRow] = field(default_factory=dict)
    ends: Mapping[str, LedgerRow] = field(default_factory=dict)


def by_size(panels: Sequence[Panel], title: str) -> None:
    """Draw the share of right answers against the model's size, a panel a task, names beside the lines.

    Hollow points are the course's own measurements, filled ones yours, stars a large model's recorded answers. A
    method that is measured at one size is a point. Raises ValueError where no panel holds a row.
    """
    figure, words = draw(panels, title)
    frame.show(figure, words)


def draw(panels: Sequence[Panel], title: str) -> tuple[plt.Figure, str]:
    """Return the figure that `by_size` shows, and what it says in words."""
    shown = [panel for panel in panels if any([*panel.lines.values(), *panel.flat.values(), *panel.ends.values()])]
    if not shown:
        raise ValueError("no task has a row yet; `python notebooks/measure.py scales` measures some")
    plt.rcParams.update(frame.STYLE)
    columns = min(2, len(shown))
    lines = math.ceil(len(shown) / columns)
    size = (6.4 * columns, 3.9 * lines)
    figure, grid = plt.subplots(lines, columns, figsize=size, squeeze=False, sharey=True, layout="constrained")
    places = _places(shown)
    said = [_draw_panel(axes, panel, places) for axes, panel in zip(grid.flat, shown, strict=False)]
    for axes in list(grid.flat)[len(shown) :]:
        axes.axis("off")
    for row in grid:
        row[0].set_ylabel("share right, with its 95 % interval")
    figure.suptitle(title, x=0.01, ha="left", fontsize=13)
    figure.supxlabel(_whose(shown), x=0.01, ha="left", fontsize=9)
    return figure, " ".join(said)


def _places(panels: Sequence[Panel]) -> dict[str, tuple[float, str]]:
    """Model -> where it stands along x, and what is written there; "" for the large model's place."""
    rows = [row for panel in panels for some in panel.lines.values() for row in some if row.parameters]
    found = {row.language_model: row.parameters for row in sorted(rows, key=lambda row: row.parameters)}
    places = {
        name: (math.log10(size), f"{catalogue.size_in_words(size)}\n{name.split('-')[0]}")
        for name, size in found.items()
    }
    last = max((at for at, _ in places.values()), default=8.0)
    return places | {"": (last + BEYOND, "large,\nhosted")}


def _draw_panel(axes, panel: Panel, places: Mapping[str, tuple[float, str]]) -> str:
    """Draw one task; return it in words."""
    far, names, said = places[""][0], [], []
    for number, (method, rows) in enumerate(panel.lines.items()):
        color, marker, _ = LOOKS[number % len(LOOKS)]
        aside = ASIDE * (number - (len(panel.lines) - 1) / 2)
        ordered = sorted((row for row in rows if row.language_model in places), key=lambda row: row.parameters)
        points = [(places[row.language_model][0] + aside, row) for row in ordered]
        axes.plot([x for x, _ in points], [row.interval.estimate for _, row in points], "-", color=color)
        for x, row in points:
            frame.point(axes, row.interval, x, color, marker, hollow=row.reference, upright=True, size=6)
        end = panel.ends.get(method)
        if end and points:
            before, height = points[-1][1].interval.estimate, end.interval.estimate
            axes.plot([points[-1][0], far], [before, height], linestyle=(0, (4, 3)), color=color, linewidth=1.2)
        if points:
            names.append((end or points[-1][1], method, color))
        told = [f"{row.interval.estimate:.2f} at {catalogue.size_in_words(row.parameters)}" for row in ordered]
        said.append(f"{method}: {', '.join(told) or 'not measured'}")
    for method, end in panel.ends.items():
        shade = next((shade for _, name, shade in names if name == method), "black")
        frame.point(axes, end.interval, far, shade, LARGE, hollow=True, upright=True, size=11)
        said.append(f"{method}, large model: {end.interval.estimate:.2f}")
        if method not in panel.lines:
            names.append((end, method, shade))
    for method, row in panel.flat.items():
        axes.axhline(row.interval.estimate, **{**frame.DOTTED, "color": GREY})
        names.append((row, method, GREY))
        said.append(f"{method}, without a language model: {row.interval.estimate:.2f}")
    _write_names(axes, [(row.interval.estimate, name, color) for row, name, color in names])
    ticks = sorted(places.values())
    axes.set_xticks([at for at, _ in ticks], [words for _, words in ticks])
    axes.set(title=panel.title, ylim=(-0.03, 1.03), xlim=(ticks[0][0] - 0.2, far + 0.12))
    return f"{panel.title}: {'; '.join(said)}."


def _write_names(axes, names: Sequence[tuple[float, str, str]]) -> None:
    """Write names at the right edge, each beside its height, pushed apart where two would touch."""
    heights = frame.apart([height for height, _, _ in sorted(names)], GAP)
    for place, height in enumerate(heights):  # none below the axis
        heights[place] = max(height, heights[place - 1] + GAP if place else 0.0)
    over = max(0.0, (heights[-1] if heights else 0.0) - 1.0)
    for place in range(len(heights) - 1, -1, -1):  # what the last one is moved down, those below may have to follow
        above = heights[place + 1] - GAP if place + 1 < len(heights) else heights[place] - over
        heights[place] = min(heights[place], above)
    for y, (_, name, color) in zip(heights, sorted(names), strict=True):
        words = frame.shortened(name, NAME)
        at = {"xycoords": axes.get_yaxis_transform(), "va": "center", "fontsize": 8.5, "annotation_clip": False}
        axes.annotate(words, (1.01, y), color=color, **at)


def _whose(panels: Sequence[Panel]) -> str:
    """Say which points are whose, and which models stand on the axis."""
    rows = [row for panel in panels for some in panel.lines.values() for row in some]
    families = sorted({row.language_model.split("-")[0] for row in rows if row.language_model})
    said = ["Hollow: the course's measurements; filled: yours." if rows else ""]
    if any(panel.ends for panel in panels):
        said.append("Stars: a large hosted model's recorded answers, its size not known.")
    if any(panel.flat for panel in panels):
        said.append("Dotted: without a language model.")
    if len(families) > 1:
        said.append(
            f"\nModels are of {len(families)} families, {' and '.join(families)}: size is not all that differs."
        )
    return " ".join(filter(None, said)).replace(" \n", "\n")
