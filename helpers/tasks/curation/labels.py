"""Labels of a training set: how far two annotators agree, wrong labels on purpose, review, and the manifest."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import cohen_kappa_score

from helpers import statistics
from helpers.tasks.curation.duplicates import copies
from helpers.tasks.files import Message


@dataclass(frozen=True)
class Agreement:
    """Two annotators on the same items: share of equal labels, Cohen's kappa, both with intervals, and the mix-ups.

    mix_ups: ((first label, second label), items), most frequent first, the order within a pair not counted.
    """

    items: int
    share: statistics.Interval
    kappa: statistics.Interval
    mix_ups: tuple[tuple[tuple[str, str], int], ...]

    def __str__(self) -> str:
        return f"κ {self.kappa}, {self.share.estimate:.1%} of {self.items} labels equal"


def kappa(first: Sequence[str], second: Sequence[str]) -> float:
    """Return Cohen's kappa: agreement beyond what the two would reach by chance (Cohen 1960). 1 is perfect, 0 chance.

    Two annotators who both use one and the same label throughout leave kappa undefined; then this is 1.

    >>> round(kappa(["a", "a", "b", "b"], ["a", "b", "b", "b"]), 2)
    0.5
    """
    if len(first) != len(second) or not len(first):
        raise ValueError(f"need two equally long, non-empty lists of labels; got {len(first)} and {len(second)}")
    if len({*first, *second}) == 1:
        return 1.0
    return float(cohen_kappa_score(list(first), list(second)))


def agreement(first: Sequence[str], second: Sequence[str]) -> Agreement:
    """Return how far two annotators agree on the same items, kappa with its bootstrap interval over the items."""
    kappa(first, second)  # refuses what cannot be compared
    mixed = Counter(tuple(sorted(pair)) for pair in zip(first, second, strict=True) if pair[0] != pair[1])
    return Agreement(
        len(first),
        statistics.accuracy_interval(first, second),
        statistics.bootstrap_interval(first, second, metric=kappa, resamples=500),
        tuple(mixed.most_common()),
    )


def manifest(texts: Sequence[str], labels: Sequence[str], vectors: np.ndarray | None = None) -> dict:
    """Return what a training set's manifest should say, as JSON values.

    Args:
        texts: n prompts or messages. labels: n labels or answers.
        vectors: (n, d) embeddings of the texts, to count near copies in meaning too.

    Returns:
        rows, sha256 (12 hex digits over texts and labels, in their order), labels (counts, where at most 50 differ),
        empty (rows without text or label), copies by kind, conflicting (equal texts with different labels), and the
        length of the texts in words: shortest, median, longest.

    >>> manifest(["Hi", "hi!", "Bye"], ["a", "b", "a"])["conflicting"]
    1
    """
    if len(texts) != len(labels) or not texts:
        raise ValueError(f"need equally many texts and labels, and at least one; got {len(texts)} and {len(labels)}")
    found = copies(texts, vectors)
    lengths = [len(text.split()) for text in texts]
    counts = Counter(labels)
    same = [pair for pair in found if pair.kind == "exact"]
    return {
        "rows": len(texts),
        "sha256": hashlib.sha256(json.dumps([list(texts), list(labels)]).encode()).hexdigest()[:12],
        "labels": dict(sorted(counts.items())) if len(counts) <= 50 else f"{len(counts)} different",
        "empty": sum(not text.strip() or not label.strip() for text, label in zip(texts, labels, strict=True)),
        "copies": dict(sorted(Counter(pair.kind for pair in found).items())),
        "conflicting": sum(labels[pair.first] != labels[pair.second] for pair in same),
        "words": [min(lengths), float(np.median(lengths)), max(lengths)],
    }


def with_wrong_labels(examples: Sequence[Message], share: float, labels: Sequence[str], seed: int = 0) -> list[Message]:
    """Return the examples with a share of them (rounded) given another label at random; texts and order stay."""
    if not 0 <= share <= 1:
        raise ValueError(f"share must lie between 0 and 1; got {share}")
    rng = np.random.default_rng(seed)
    spoiled = list(examples)
    for i in sorted(rng.permutation(len(examples))[: round(share * len(examples))]):
        one = examples[i]
        wrong = rng.choice([label for label in labels if label != one.label])
        spoiled[i] = Message(one.id, one.text, str(wrong), one.tags)
    return spoiled


def with_review(labels: Sequence[str], gold: Sequence[str], reviewed: Sequence[int]) -> list[str]:
    """Return labels in which those at the `reviewed` positions were set right by a person.

    >>> with_review(["a", "a"], ["b", "b"], [1])
    ['a', 'b']
    """
    return [right if i in reviewed else label for i, (label, right) in enumerate(zip(labels, gold, strict=True))]


def least_certain(probabilities: np.ndarray, budget: int) -> list[int]:
    """Return the `budget` rows of (n, m) probabilities whose two likeliest labels lie closest."""
    top = np.sort(probabilities, axis=1)
    return np.argsort(top[:, -1] - top[:, -2], kind="stable")[:budget].tolist()
