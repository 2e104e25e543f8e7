"""Pictures of what tuning changes besides its task: differences with intervals, groups of shares, ranks of secrets."""

from collections.abc import Mapping, Sequence

import numpy as np

from helpers.lesson.plots.basics import BLUE, GREEN, GREY, ORANGE, PINK, new_figure, show
from helpers.statistics import Interval

LOOKS = ((BLUE, "o"), (ORANGE, "D"), (GREEN, "s"), (PINK, "^"), (GREY, "v"))


def differences(rows: Mapping[str, Interval], title: str, xlabel: str, zero: str) -> None:
    """Draw paired differences as points with their intervals around a line at zero, which is called `zero`."""
    figure, axes = new_figure(7.0, 0.42 * len(rows) + 1.3)
    names = list(rows)[::-1]
    for y, name in enumerate(names):
        interval = rows[name]
        sure = interval.low > 0 or interval.high < 0
        axes.plot([interval.low, interval.high], [y, y], color=BLUE if sure else GREY, linewidth=2)
        face = BLUE if sure else "white"
        axes.plot(interval.estimate, y, "o", color=BLUE if sure else GREY, markerfacecolor=face, markersize=7)
        axes.text(1.01, y, f"{interval.estimate:+.2f}", va="center", fontsize=9, transform=axes.get_yaxis_transform())
    axes.axvline(0, color="black", linestyle=(0, (1, 2)), linewidth=1.2)
    axes.set_yticks(range(len(names)), names)
    axes.set(title=title, xlabel=xlabel, ylim=(-0.6, len(names) - 0.4))
    axes.plot([], [], "o", color=BLUE, label="interval excludes zero")
    axes.plot([], [], "o", color=GREY, markerfacecolor="white", label=f"may be {zero}")
    axes.legend(frameon=False, fontsize=9, loc="upper center", bbox_to_anchor=(0.4, -0.3), ncols=2)
    show(figure, "; ".join(f"{name} {interval}" for name, interval in rows.items()) + ".")


def grouped(
    rows: Mapping[str, Mapping[str, Interval]],
    title: str,
    ylabel: str,
    reference: Sequence[tuple[str, str]] = (),
    chance: float | None = None,
) -> None:
    """Draw shares with intervals, one cluster a group, one marker a method.

    Args:
        rows: method -> group -> Interval; a method may lack a group.
        title, ylabel: the picture's words.
        reference: (method, group) of shares from the course's reference results; hollow.
        chance: height of a dotted line.
    """
    groups = list(dict.fromkeys(group for cells in rows.values() for group in cells))
    figure, axes = new_figure(7.2, 3.4)
    for number, (method, cells) in enumerate(rows.items()):
        color, marker = LOOKS[number % len(LOOKS)]
        for group, interval in cells.items():
            x = groups.index(group) + 0.14 * (number - (len(rows) - 1) / 2)
            axes.plot([x, x], [interval.low, interval.high], color=color, linewidth=2, alpha=0.6)
            face = "white" if (method, group) in reference else color
            axes.plot(x, interval.estimate, marker, color=color, markerfacecolor=face, markersize=7)
        axes.plot([], [], marker, color=color, label=method)
    if reference:
        axes.plot([], [], "o", color=GREY, markerfacecolor="white", label="hollow: reference results")
    if chance is not None:
        axes.axhline(chance, color="black", linestyle=(0, (1, 2)), linewidth=1.2)
        axes.text(0.99, chance, "chance", fontsize=9, va="bottom", ha="right", transform=axes.get_yaxis_transform())
    axes.set_xticks(range(len(groups)), groups)
    axes.set(title=title, ylabel=ylabel, ylim=(-0.03, 1.03), xlim=(-0.5, len(groups) - 0.5))
    axes.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    told = (
        f"{method}: " + ", ".join(f"{group} {interval}" for group, interval in cells.items())
        for method, cells in rows.items()
    )
    show(figure, "; ".join(told) + ".")


def exposures(before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray], most: float) -> None:
    """Draw the exposure of each secret in bits, by group, before (hollow) and after tuning, with the medians after.

    `most`: the highest exposure there can be, that of the likeliest among all look-alikes.
    """
    figure, axes = new_figure(7.0, 0.5 * len(after) + 1.5)
    names = list(after)[::-1]
    for y, name in enumerate(names):
        for values, shift, color, face in ((before[name], -0.14, GREY, "white"), (after[name], 0.14, ORANGE, ORANGE)):
            places = y + shift + np.linspace(-0.07, 0.07, len(values))
            axes.plot(values, places, "o", color=color, markerfacecolor=face, markersize=5, alpha=0.9)
        axes.plot([np.median(after[name])] * 2, [y - 0.02, y + 0.32], color=BLUE, linewidth=2)
    axes.axvline(most, color="black", linestyle=(0, (1, 2)), linewidth=1.2)
    axes.set_yticks(range(len(names)), names)
    axes.set(title="How far each secret stands out from its look-alikes", xlim=(-0.2, most + 0.3))
    axes.set(xlabel="exposure in bits; dotted: the likeliest of all look-alikes", ylim=(-0.6, len(names) - 0.4))
    axes.plot([], [], "o", color=GREY, markerfacecolor="white", label="base model")
    axes.plot([], [], "o", color=ORANGE, label="after tuning")
    axes.plot([], [], color=BLUE, linewidth=2, label="median after tuning")
    axes.legend(frameon=False, fontsize=9, loc="upper center", bbox_to_anchor=(0.4, -0.2), ncols=3)
    told = (
        f"{name}: median {np.median(before[name]):.1f} bits before, {np.median(after[name]):.1f} after"
        for name in after
    )
    show(figure, "; ".join(told) + ".")
