"""Pictures of retrieval: a map of the chunks, what each stage finds, and where wrong answers come from."""

from collections.abc import Mapping, Sequence

import numpy as np

from helpers.lesson.plots.basics import BLUE, GREY, ORANGE, new_figure, outcomes, show
from helpers.statistics import Interval

PARTS = ("found, right", "found, answered wrong", "not found, wrong", "not found, right anyway")


def on_a_plane(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (n, 2) coordinates along the two directions of most spread, and the share of the spread that each holds.

    Principal components (Pearson 1901): rotating and cutting keeps more of the distances than any other plane.

    >>> on_a_plane(np.array([[0.0, 0, 0], [2, 0, 0], [4, 0, 0]]))[1].round(2).tolist()
    [1.0, 0.0]
    """
    centered = vectors - vectors.mean(axis=0)
    left, spread, _ = np.linalg.svd(centered, full_matrices=False)
    shares = spread**2 / (spread**2).sum()
    return left[:, :2] * spread[:2], shares[:2]


def chunk_map(
    vectors: np.ndarray, names: Sequence[str], question: np.ndarray, nearest: Sequence[int], right: Sequence[int]
) -> None:
    """Draw chunks as points on a plane, with a question, its nearest chunks and those that hold its answer.

    Args:
        vectors: (n, d) of the chunks.
        names: n names of documents.
        question: (d,).
        nearest: positions of the chunks that search found, best first.
        right: positions of the chunks that hold the answer.
    """
    points, shares = on_a_plane(np.vstack([vectors, question]))
    figure, axes = new_figure(7.2, 4.4)
    axes.scatter(*points[:-1].T, s=14, color=GREY, alpha=0.5, label="chunk")
    axes.scatter(*points[list(nearest)].T, s=60, marker="D", color=ORANGE, label="found")
    axes.scatter(
        *points[list(right)].T, s=170, marker="o", facecolors="none", edgecolors="black", label="holds the answer"
    )
    axes.scatter(*points[-1], s=140, marker="*", color=BLUE, label="question")
    for place in dict.fromkeys([*nearest, *right]):
        axes.annotate(names[place], points[place], xytext=(6, 4), textcoords="offset points", fontsize=8)
    title = "Chunks by meaning, seen from their two widest sides"
    axes.set(title=title, xlabel=f"1st direction ({shares[0]:.0%} of the spread)")
    axes.set_ylabel(f"2nd direction ({shares[1]:.0%} of the spread)")
    axes.legend(frameon=False, fontsize=9)
    among = [i + 1 for i, place in enumerate(nearest) if place in set(right)]
    said = f"at place {among[0]}" if among else "nowhere"
    show(
        figure,
        f"{len(vectors)} chunks as points; the plane keeps {shares.sum():.0%} of their spread. The nearest to the "
        f"question is {names[nearest[0]]}; among the {len(nearest)} found, the answer stands {said}.",
    )


def stages(rows: Mapping[str, Mapping[str, Interval]], title: str, xlabel: str) -> None:
    """Draw several shares of each variant of a pipeline as points with intervals, one line a variant.

    Args:
        rows: variant -> what was measured -> its interval.
        title: the finding's subject.
        xlabel: what the shares are of.
    """
    figure, axes = new_figure(7.2, 0.5 * len(rows) + 1.5)
    measures = list(dict.fromkeys(name for row in rows.values() for name in row))
    looks = list(zip((BLUE, ORANGE, GREY), ("o", "D", "s"), strict=True))
    for number, measure in enumerate(measures):
        color, marker = looks[number % 3]
        for y, row in enumerate(reversed(rows.values())):
            if measure in row:
                at = y + 0.18 * (number - (len(measures) - 1) / 2)
                axes.plot([row[measure].low, row[measure].high], [at, at], color=color, linewidth=1.5)
                axes.plot(row[measure].estimate, at, marker, color=color, markersize=6)
        axes.plot([], [], marker, color=color, label=measure)
    axes.set_yticks(range(len(rows)), list(rows)[::-1])
    axes.set(title=title, xlabel=xlabel, xlim=(0, 1.02), ylim=(-0.6, len(rows) - 0.4))
    axes.legend(frameon=False, fontsize=9, loc="upper center", bbox_to_anchor=(0.4, -0.22), ncols=len(measures))
    said = "; ".join(
        f"{name}: " + ", ".join(f"{measure} {interval.estimate:.2f}" for measure, interval in row.items())
        for name, row in rows.items()
    )
    show(figure, f"{said}.")


def error_sources(groups: Mapping[str, tuple[Sequence[bool], Sequence[bool]]], title: str) -> None:
    """Draw where answers go wrong: in finding the passage, or in reading it.

    `groups`: name -> (was the evidence in the prompt, was the answer right), one pair for each answerable question.
    """
    counted = {}
    for name, (found, right) in groups.items():
        pairs = list(zip(map(bool, found), map(bool, right), strict=True))
        order = ((True, True), (True, False), (False, False), (False, True))
        counted[name] = [pairs.count(pair) for pair in order]
    total = max(sum(row) for row in counted.values())
    outcomes(counted, PARTS, title, f"answerable questions, of {total}")
