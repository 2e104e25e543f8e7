"""Questions that a policy answers, and two kinds that none does: can a cut tell them apart?

How near a question lies to its nearest chunk is left to the pipeline, and the choice of a cut to whoever asks.
"""

from collections.abc import Sequence

import numpy as np

from helpers import statistics
from helpers.statistics import Comparison
from helpers.tasks import files, general, policies

ANSWERED = "answered by a document"
KINDS = ("near to a document, in none", "on anything else")  # of questions that no policy answers


def questions(split: str) -> dict[str, list[str]]:
    """Return ANSWERED and each of KINDS -> questions to choose a cut on (`dev`) or to try it on (`test`).

    Of both tiers. Those on anything else are the probe of general ability, one half for each split.
    """
    every = [one for tier in policies.TIERS for one in policies.load_policy_questions(split, tier=tier)]
    every = every if split == "dev" else files.for_profile(every, fast=20)
    probe = [item.question for item in general.load()]
    half = len(probe) // 2
    elsewhere = probe[:half] if split == "dev" else probe[half:]
    answered, none = ([one.question for one in every if one.answerable is can] for can in (True, False))
    return dict(zip((ANSWERED, *KINDS), (answered, none, elsewhere), strict=True))


def worth(cut: float, answered: Sequence[float], others: Sequence[float]) -> Comparison:
    """Return how many more questions are decided right by a cut than by always answering, paired.

    Args:
        cut: a question is answered where its highest cosine is at least this.
        answered, others: highest cosines of questions that have an answer, and of those that have none.

    >>> worth(0.5, [0.8, 0.7, 0.4], [0.2]).difference.estimate
    0.0
    """
    can = np.array([True] * len(answered) + [False] * len(others))
    decided = np.array([*answered, *others]) >= cut
    return statistics.compare_hits(can, decided == can)
