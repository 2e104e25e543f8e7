"""Diagrams of a lesson's idea: boxes in rows, and arrows between them, with words for those who cannot see.

A lesson says what stands in the boxes; nothing here knows a lesson.
"""

from collections.abc import Mapping, Sequence

from helpers.lesson.plots import frame

WIDE, HIGH = 1.9, 0.95  # inches of a box with the room around it
LEAST_WIDE = 6.0


def flow(
    rows: Sequence[Sequence[str]],
    arrows: Sequence[tuple[str, str]],
    words: str,
    colors: Mapping[str, str] | None = None,
) -> None:
    """Draw boxes in rows, from above, and arrows between them; show the picture with `words` as its text.

    Args:
        rows: names of boxes, from left to right; an empty name leaves a place free. A name may hold line ends.
        arrows: pairs of names, from and to.
        words: what the diagram shows, in one or two sentences.
        colors: name -> color of a box that should stand out, such as those of plots.frame.

    Raises ValueError if a name stands twice, or an arrow begins or ends at none.
    """
    names = [name for row in rows for name in row if name]
    unknown = sorted({name for pair in arrows for name in pair} - set(names))
    if unknown or len(set(names)) < len(names):
        raise ValueError(f"each box needs a name of its own, and each arrow two of them; no box {unknown}")
    longest = max(map(len, rows))
    figure, axes = frame.new_figure(max(LEAST_WIDE, WIDE * longest), HIGH * len(rows) + 0.2)
    boxes = {}
    for y, row in enumerate(rows):
        for x, name in enumerate(row):
            if name:
                color = (colors or {}).get(name, frame.GREY)
                look = {"boxstyle": "round,pad=0.45", "facecolor": "white", "edgecolor": color, "linewidth": 1.6}
                at = x + (longest - len(row)) / 2, -y
                boxes[name] = axes.text(*at, name, ha="center", va="center", fontsize=9.5, bbox=look, zorder=3)
    axes.set(xlim=(-0.5, longest - 0.5), ylim=(-len(rows) + 0.5, 0.5))
    axes.axis("off")
    figure.canvas.draw()  # boxes know their size only now; drawn after them (zorder), arrows end where they stand
    for start, end in arrows:
        ends = {"patchA": boxes[start].get_bbox_patch(), "patchB": boxes[end].get_bbox_patch()}
        line = {"arrowstyle": "-|>", "color": "black", "linewidth": 1.2, "shrinkA": 2, "shrinkB": 2, **ends}
        axes.annotate("", boxes[end].get_position(), boxes[start].get_position(), arrowprops=line, zorder=4)
    frame.show(figure, words)
