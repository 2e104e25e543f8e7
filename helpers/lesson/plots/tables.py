"""Tables of counts, shaded by rows: confusion matrices above all."""

from collections.abc import Sequence

import numpy as np

from helpers.lesson.plots import frame
from helpers.lesson.plots.frame import ORANGE

MOST_LABELS = 20  # of a confusion matrix that is drawn as one; above, its worst mix-ups are listed
LISTED = 15


def confusion(matrix: np.ndarray, labels: Sequence[str], title: str, noun: str = "messages") -> None:
    """Draw a confusion matrix (rows gold, columns predicted) with its counts, shaded by the share of each row.

    `noun`: what was counted. Above MOST_LABELS labels nobody could read it: then the worst mix-ups are drawn as bars.
    """
    off = matrix - np.diag(np.diag(matrix))
    places = np.unravel_index(np.argsort(-off, axis=None, kind="stable")[:LISTED], off.shape)
    worst = [(i, j) for i, j in zip(*places, strict=True) if off[i, j]]
    told = [f"{labels[i]} taken for {labels[j]}, {int(off[i, j])} times" for i, j in worst]
    words = f"{int(np.trace(matrix))} of {int(matrix.sum())} {noun} lie on the diagonal; "
    if len(labels) <= MOST_LABELS:
        words += f"the most frequent mix-up is {told[0]}." if told else "there is no mix-up."
        counts(matrix, labels, labels, title, (f"predicted ({noun})", f"gold ({noun})"), words)
        return
    figure, axes = frame.new_figure(7.0, 0.3 * max(len(worst), 1) + 1.2)
    values = [off[place] for place in worst][::-1]
    axes.barh(range(len(worst)), values, color=ORANGE)
    pairs = [f"{frame.shortened(labels[i], 19)} → {frame.shortened(labels[j], 18)}" for i, j in worst]
    axes.set_yticks(range(len(worst)), pairs[::-1])
    axes.set(title=title, xlabel=noun, ylabel="gold → predicted")
    frame.show(figure, words + f"of {len(labels)} labels, the most frequent mix-ups: {'; '.join(told) or 'none'}.")


def counts(
    matrix: np.ndarray, rows: Sequence[str], columns: Sequence[str], title: str, axis_names: tuple[str, str], words: str
) -> None:
    """Draw a table of counts, shape (rows, columns), shaded by the share of each row; `words`: the picture in words."""
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    figure, axes = frame.new_figure(0.65 * len(columns) + 1.7, 0.5 * len(rows) + 1.4)
    shaded(axes, shares, matrix.astype(str), rows, columns)
    axes.set(xlabel=axis_names[0], ylabel=axis_names[1], title=title)
    frame.show(figure, words)


def shaded(axes, shares: np.ndarray, texts, rows: Sequence[str], columns: Sequence[str]) -> None:
    """Fill axes with a table of texts, shape (rows, columns), each cell shaded by its share."""
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        color = "white" if share > 0.55 else "black"
        axes.text(column, row, texts[row][column], ha="center", va="center", color=color)
    axes.set_xticks(range(len(columns)), columns, rotation=35, ha="right")
    axes.set_yticks(range(len(rows)), rows)
