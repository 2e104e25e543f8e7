"""The frame of every picture and the strokes that many share: points with intervals, named rows, legends, words.

Colors are those of Okabe and Ito, which survive color-blindness; what matters is also told by position, marker or text.
"""

import io
import re
import textwrap
import warnings
from collections.abc import Iterable, Mapping, Sequence

import matplotlib.pyplot as plt
from IPython.display import display
from matplotlib.legend import Legend
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator

BLUE, ORANGE, GREEN, PINK, GREY = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#666666"
LOOKS = tuple(zip((BLUE, ORANGE, GREEN, PINK, GREY), "oDs^v", ("-", "--", "-.", ":", "-"), strict=True))
DOTTED = {"color": "black", "linestyle": (0, (1, 2)), "linewidth": 1.2}
LONGEST = 40  # letters of a name at a tick
NARROWEST = 0.55  # of the width of a picture, what names of LONGEST letters leave to its axes
STYLE = {
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "legend.frameon": False,
    "legend.fontsize": 9,
}


def shortened(name: object, most: int = LONGEST) -> str:
    """Return a name as one line of at most so many letters; what stands in brackets at its end is kept.

    >>> shortened("billing and more", 9), shortened("eight nearest examples (reference)", 25)
    ('billing…', 'eight neares… (reference)')
    """
    line = " ".join(str(name).split())
    if len(line) <= most:
        return line
    mark = re.search(r"( \([^()]*\))?$", line)[0]
    if len(mark) > most // 2:
        mark = f"{mark[: most // 2 - 2]}…)"
    return f"{line[: most - 1 - len(mark)].rstrip()}…{mark}"


def two_lines(name: object) -> str:
    """Return a name that is too long for a tick in two lines; the second is cut as any name is.

    >>> print(two_lines("MiniLM + logistic regression, 600 messages"))
    MiniLM + logistic regression, 600
    messages
    """
    first, *rest = textwrap.wrap(" ".join(str(name).split()), LONGEST) or [""]
    return "\n".join([first, *([" ".join(rest)] if rest else [])])


def _take_names_as_written(figure) -> None:
    """Cut the names at ticks and in legends, and let no text be read as a formula: names come from data."""
    ticks = set()
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        if isinstance(axis.get_major_locator(), FixedLocator):
            lines = [label.get_text().split("\n") for label in axis.get_ticklabels()]
            names = ["\n".join(map(shortened, some)).replace("$", r"\$") for some in lines]
            if any(names):  # panels side by side share one set of names, and the inner ones do not show it
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


def bundle(figure, words: str) -> tuple[dict, dict]:
    """Return what `display` takes, and its options, to show a figure with `words` as its alternative text."""
    data = {"image/png": png(figure), "text/plain": f"[picture: {words}]"}
    return data, {"metadata": {"image/png": {"alt": words}}, "raw": True}


def show(figure, words: str) -> None:
    """Show a figure with its alternative text, and print that for readers who cannot see it."""
    data, options = bundle(figure, words)
    display(data, **options)
    print(f"In words: {words}")


def new_figure(width: float = 7.0, height: float = 3.2, panels: int = 1):
    """Return a figure and its axes in the course's style, several side by side if asked for; sizes in inches."""
    plt.rcParams.update(STYLE)
    return plt.subplots(1, panels, figsize=(width, height), sharey=True, layout="constrained")


def point(axes, value, at: float, color: str, marker: str = "o", *, hollow=False, upright=False, size=7) -> None:
    """Draw a number, or a statistics.Interval with its bar, along x; or along y if `upright`.

    `at` is its place on the other axis.
    """
    if hasattr(value, "low"):
        bar = [value.low, value.high], [at, at]
        axes.plot(*(bar[::-1] if upright else bar), color=color, linewidth=1.8, alpha=0.6)
    place = getattr(value, "estimate", value), at
    face = "white" if hollow else color
    axes.plot(*(place[::-1] if upright else place), marker, color=color, markerfacecolor=face, markersize=size)


def name_rows(axes, names: Sequence[str], **about) -> None:
    """Name the rows of a picture from below, and set titles and limits."""
    axes.set_yticks(range(len(names)), names)
    axes.set(ylim=(-0.6, len(names) - 0.4), **about)


def beside(axes, y: float, words: str) -> None:
    """Write at the right end of a row."""
    axes.text(1.01, y, words, va="center", fontsize=9, transform=axes.get_yaxis_transform())


def name_parts(axes, y: float, counts: Sequence[float]) -> None:
    """Write each part's count into the middle of its bar; where bars are narrow, to the right of the count before it.

    Call it when all else is drawn: it asks for the limits of the axes, of which names may leave NARROWEST.
    """
    low, high = axes.get_xlim()
    point = (high - low) / (72 * NARROWEST * axes.figure.get_figwidth())
    look = {"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.8}
    start, free = 0.0, -float("inf")
    for count in counts:
        if count:
            half = point * (6 * len(f"{count:.0f}") + 3) / 2  # digits of 9 points are 6 wide; 3 for the margins
            across = max(start + count / 2, free + half)
            axes.text(across, y, f"{count:.0f}", ha="center", va="center", fontsize=9, bbox=look)
            free = across + half
        start += count


def apart(heights: Sequence[float], gap: float) -> list[float]:
    """Return heights for labels: those wanted, moved up and down as little as keeps each `gap` from its neighbors.

    >>> apart([0.5, 0.2, 0.5, 0.5], gap=0.1)
    [0.4, 0.2, 0.5, 0.6]
    """
    order = sorted(range(len(heights)), key=heights.__getitem__)
    groups: list[list[float]] = []  # labels that touch, each as if it stood at the lowest one's height
    for rank, i in enumerate(order):
        groups.append([heights[i] - rank * gap])
        while len(groups) > 1 and sum(groups[-2]) / len(groups[-2]) >= sum(groups[-1]) / len(groups[-1]):
            groups[-2:] = [groups[-2] + groups[-1]]
    lowest = [sum(group) / len(group) for group in groups for _ in group]
    placed = {i: round(at + rank * gap, 9) for rank, (i, at) in enumerate(zip(order, lowest, strict=True))}
    return [placed[i] for i in range(len(heights))]


def line_of_text(axes, points: float = 11) -> float:
    """Return how much of the axes' y a line of text takes, for letters of `points` points with their leading."""
    low, high = axes.get_ylim()
    return (high - low) * points / 72 / (axes.figure.get_figheight() * axes.get_position().height)


def name_ends(
    axes,
    ends: Sequence[tuple],
    heights: Sequence[float] = (),
    scale: float = 1.0,
    levels: Mapping[str, float] | None = None,
) -> None:
    """Write each line's name beside its end, no name over another. Call it when all else is drawn.

    ends: (name, x, y, color). heights: each y as a log axis counts it; scale: that for one unit of y. levels: name ->
    height of a dotted line through the whole picture, which is drawn here and named beyond its right edge.
    """
    for height in (levels or {}).values():
        axes.axhline(height, **DOTTED)
    right = axes.get_xlim()[1]
    ends = [*ends, *((name, right, height, "black") for name, height in (levels or {}).items())]
    heights, line = heights or [y for _, _, y, _ in ends], line_of_text(axes) * scale
    for (name, x, y, color), height, at in zip(ends, heights, apart(heights, line), strict=True):
        aside = 7, (at - height) / line * 11
        words = shortened(name)
        axes.annotate(words, (x, y), aside, textcoords="offset points", va="center", color=color, fontsize=9)


def explain(axes, label: str, color: str = GREY, marker: str = "o", hollow: bool = False) -> None:
    """Add a line to the legend that says what a marker means."""
    axes.plot([], [], marker, color=color, markerfacecolor="white" if hollow else color, label=label)


def explain_hollow(axes) -> None:
    """Say in the legend that hollow points are the course's own measurements."""
    explain(axes, "hollow: reference results", hollow=True)


def legend_below(axes, drop: float = 0.25, columns: int = 1) -> None:
    """Put the legend so far below the axes, as a share of their height."""
    axes.legend(loc="upper center", bbox_to_anchor=(0.4, -drop), ncols=columns)


def told(rows: Mapping[str, Iterable[str]]) -> str:
    """Return rows in words.

    >>> told({"whole": ["fact 0.50", "form 0.90"], "without index": ["fact 0.10"]})
    'whole: fact 0.50, form 0.90; without index: fact 0.10.'
    """
    return "; ".join(f"{name}: {', '.join(said)}" for name, said in rows.items()) + "."
