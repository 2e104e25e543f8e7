"""How good predictions are: accuracy, macro-F1, precision and recall by label, confusion. Sequences of labels in."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn import metrics


@dataclass(frozen=True)
class ClassScore:
    """Precision, recall and F1 of one label, and how many gold items carry it."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int


def as_arrays(*columns: Sequence[str]) -> list[np.ndarray]:
    """Return the columns as arrays of objects; raises ValueError unless they are equally long and not empty."""
    arrays = [np.asarray(column, dtype=object) for column in columns]
    sizes = {len(array) for array in arrays}
    if len(sizes) != 1 or 0 in sizes:
        raise ValueError(f"the columns must be equally long and not empty; their lengths are {sorted(sizes)}")
    return arrays


def correct(gold: Sequence[str], predicted: Sequence[str]) -> np.ndarray:
    """Return a boolean array: which predictions equal the gold label."""
    gold, predicted = as_arrays(gold, predicted)
    return np.array([a == b for a, b in zip(gold, predicted, strict=True)])


def accuracy(gold: Sequence[str], predicted: Sequence[str]) -> float:
    """Return the share of predictions that equal the gold label.

    >>> accuracy(["a", "b"], ["a", "a"])
    0.5
    """
    return float(correct(gold, predicted).mean())


def macro_f1(gold: Sequence[str], predicted: Sequence[str]) -> float:
    """Return F1 averaged over the gold labels, each counting the same; a label never predicted scores 0.

    >>> round(macro_f1(["a", "a", "b"], ["a", "a", "a"]), 2)
    0.4
    """
    gold, predicted = as_arrays(gold, predicted)
    names, truth = np.unique(gold.astype(str), return_inverse=True)
    codes = {name: i for i, name in enumerate(names)}
    guess = np.array([codes.get(str(label), len(names)) for label in predicted])
    hits = np.bincount(truth[truth == guess], minlength=len(names))
    said = np.bincount(guess, minlength=len(names) + 1)[:-1]  # the last place counts labels outside the gold ones
    return float((2 * hits / (said + np.bincount(truth))).mean())


def per_class(gold: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> list[ClassScore]:
    """Return precision, recall, F1 and support for each label, in the order of `labels`."""
    gold, predicted = as_arrays(gold, predicted)
    columns = metrics.precision_recall_fscore_support(
        gold.astype(str), predicted.astype(str), labels=list(labels), zero_division=0.0
    )
    return [ClassScore(label, *map(float, row[:3]), int(row[3])) for label, *row in zip(labels, *columns, strict=True)]


def confusion(gold: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> np.ndarray:
    """Return counts of shape (m, m): row = gold label, column = prediction. Raises ValueError on an unlisted label."""
    gold, predicted = as_arrays(gold, predicted)
    strange = sorted({str(label) for label in [*gold, *predicted]} - set(labels))
    if strange:
        raise ValueError(f"labels {strange} are not in {list(labels)}; add them, or map them to one that is")
    return metrics.confusion_matrix(gold.astype(str), predicted.astype(str), labels=list(labels))


def recall_and_alarms(gold: Sequence[str], predicted: Sequence[str], label: str) -> tuple[float, float]:
    """Return which share of the items with this label is found, and which share of all others is taken for it.

    A share of nothing is 0.

    >>> recall_and_alarms(["a", "a", "b"], ["a", "b", "a"], "a")
    (0.5, 1.0)
    """
    said = [(item == label, guess == label) for item, guess in zip(gold, predicted, strict=True)]
    groups = [[guess for bears, guess in said if bears == wanted] for wanted in (True, False)]
    found, alarms = (sum(group) / len(group) if group else 0.0 for group in groups)
    return found, alarms
