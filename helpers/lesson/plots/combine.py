"""Pictures of what parts give together: a system with one part removed at a time, each count with its interval."""

from collections.abc import Mapping

from helpers.lesson.plots.basics import BLUE, GREEN, GREY, ORANGE, PINK, new_figure, show

LOOKS = ((BLUE, "o"), (ORANGE, "D"), (GREEN, "s"), (PINK, "^"), (GREY, "v"))


def parts(rows: Mapping[str, Mapping[str, object]], title: str, xlabel: str) -> None:
    """Draw one row per system and in it one marker per count, with its interval.

    Args:
        rows: system -> count -> statistics.Interval, first on top.
        title: the finding's subject.
        xlabel: what the shares are of.
    """
    figure, axes = new_figure(7.2, 0.62 * len(rows) + 1.4)
    counts = list(dict.fromkeys(count for values in rows.values() for count in values))
    for y, values in enumerate(reversed(list(rows.values()))):
        for place, count in enumerate(counts):
            if count not in values:
                continue
            color, marker = LOOKS[place % len(LOOKS)]
            height = y + 0.24 - 0.48 * place / max(1, len(counts) - 1)
            interval = values[count]
            axes.plot([interval.low, interval.high], [height, height], color=color, linewidth=1.5, alpha=0.6)
            axes.plot(interval.estimate, height, marker, color=color, markersize=6)
        if y:
            axes.axhline(y - 0.5, color=GREY, linewidth=0.5, alpha=0.4)
    for place, count in enumerate(counts):
        axes.plot([], [], LOOKS[place % len(LOOKS)][1], color=LOOKS[place % len(LOOKS)][0], label=count)
    axes.set_yticks(range(len(rows)), list(rows)[::-1])
    axes.set(title=title, xlabel=xlabel, xlim=(-0.02, 1.02), ylim=(-0.5, len(rows) - 0.5))
    axes.legend(frameon=False, fontsize=9, ncols=len(counts), loc="upper center", bbox_to_anchor=(0.4, -0.2))
    show(figure, told(rows) + ".")


def told(rows: Mapping[str, Mapping[str, object]]) -> str:
    """Return the picture in words: each system with its shares.

    >>> from helpers.statistics import Interval
    >>> told({"whole": {"fact": Interval(0.5, 0.4, 0.6)}})
    'whole: fact 0.50'
    """
    return "; ".join(
        f"{name}: " + ", ".join(f"{count} {interval.estimate:.2f}" for count, interval in values.items())
        for name, values in rows.items()
    )
