"""Tables of counts, shaded by rows: confusion matrices above all."""

from collections.abc import Sequence

import numpy as np

from helpers.lesson.plots.basics import ORANGE, new_figure, shortened, show

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
    figure, axes = new_figure(7.0, 0.3 * max(len(worst), 1) + 1.2)
    values = [off[place] for place in worst][::-1]
    axes.barh(range(len(worst)), values, color=ORANGE)
    axes.set_yticks(
        range(len(worst)), [f"{shortened(labels[i], 19)} → {shortened(labels[j], 18)}" for i, j in worst][::-1]
    )
    axes.set(title=title, xlabel=noun, ylabel="gold → predicted")
    show(figure, words + f"of {len(labels)} labels, the most frequent mix-ups: {'; '.join(told) or 'none'}.")


def counts(
    matrix: np.ndarray, rows: Sequence[str], columns: Sequence[str], title: str, axis_names: tuple[str, str], words: str
) -> None:
    """Draw a table of counts, each cell with its number, shaded by its share of the row.

    Args:
        matrix: (rows, columns) counts.
        rows, columns: their names.
        title: the finding's subject.
        axis_names: what stands along x and along y.
        words: the picture in words.
    """
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    figure, axes = new_figure(0.65 * len(columns) + 1.7, 0.5 * len(rows) + 1.4)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row in range(len(rows)):
        for column in range(len(columns)):
            color = "white" if shares[row, column] > 0.55 else "black"
            axes.text(column, row, str(matrix[row, column]), ha="center", va="center", color=color)
    axes.set_xticks(range(len(columns)), columns, rotation=35, ha="right")
    axes.set_yticks(range(len(rows)), rows)
    axes.set(xlabel=axis_names[0], ylabel=axis_names[1], title=title)
    show(figure, words)
