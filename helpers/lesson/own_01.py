"""The course's own answers to exercises of lesson 01 that no other helper gives, for learners who left one out."""

import math
from collections.abc import Sequence

from helpers import statistics
from helpers.tasks.curation import duplicates


def leaked(train_texts: Sequence[str], test_texts: Sequence[str]) -> list[int]:
    """Return the positions of test texts that equal a training text but for case, punctuation and spacing.

    >>> leaked(["Where is my order?"], ["hello", "where is my ORDER"])
    [1]
    """
    known = {duplicates.plain(text) for text in train_texts}
    return [place for place, text in enumerate(test_texts) if duplicates.plain(text) in known]


def bootstrap(hits: Sequence[int]) -> tuple[float, float]:
    """Return between which accuracies 95 % of test sets lie that are drawn from n hits, with replacement."""
    found = statistics.mean_interval(hits)
    return found.low, found.high


def messages_needed(accuracy: float, margin: float) -> int:
    """Return how many messages make the 95 % interval of an accuracy reach `margin` to each side.

    >>> messages_needed(0.8, 0.05)
    246
    """
    return math.ceil(accuracy * (1 - accuracy) * (1.96 / margin) ** 2)


def paired_p(gold: Sequence[str], first: Sequence[str], second: Sequence[str]) -> float:
    """Return how often a fair coin would part the messages on which one method alone is right as unevenly as this."""
    return statistics.mcnemar(gold, first, second).p_value
