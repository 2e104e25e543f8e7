"""A quick judge that errs: how often, on answers that were graded by hand, and what it says when that is taken off.

What such a judge goes by is left to whoever calls it; here stands only what it said, and what is true.
"""

from collections.abc import Callable, Sequence

import numpy as np

from helpers import statistics
from helpers.results.given import alone
from helpers.results.ratings import rounded
from helpers.statistics import Interval
from helpers.tasks import grading


def judge_rates(said: Sequence[bool], truth: Sequence[bool]) -> tuple[float, float]:
    """Return how often a judge calls right what is right, and wrong what is wrong, on answers that people graded.

    >>> judge_rates([True, True, False, False], [True, True, True, False])
    (0.6666666666666666, 1.0)
    """
    pairs = list(zip(map(bool, said), map(bool, truth), strict=True))
    right, wrong = ([call for call, real in pairs if real is kind] for kind in (True, False))
    if not right or not wrong:
        raise ValueError("give answers of both kinds, right and wrong ones")
    return sum(right) / len(right), 1 - sum(wrong) / len(wrong)


def corrected(share: float, right_as_right: float, wrong_as_wrong: float) -> float:
    """Return the share that is truly right, from the share that a judge calls right and its two rates.

    Rogan and Gladen (1978), cut to 0 and 1. Raises ValueError if the judge is no better than a coin.

    >>> round(corrected(0.5, 0.9, 0.8), 3)
    0.429
    """
    skill = right_as_right + wrong_as_wrong - 1
    if skill <= 0:
        raise ValueError(f"a judge with rates {right_as_right} and {wrong_as_wrong} tells nothing")
    return min(1.0, max(0.0, (share + wrong_as_wrong - 1) / skill))


def corrected_interval(
    called: Sequence[bool], said: Sequence[bool], truth: Sequence[bool], correct: Callable = corrected
) -> Interval:
    """Return the corrected share right with an interval that covers all three: answers, and both rates of the judge.

    Each of the three shares is drawn from what its sample allows, Beta(hits + 1, misses + 1), and corrected; the
    interval holds the middle 95 in 100. Drawing the answers themselves again would not do: a sample without a single
    hit stays without one, and the interval gets no width. It has none only where `told` says why.

    Args:
        called: whether the judge calls each of n answers right.
        said, truth: of the m answers that were graded too, what the judge says and what is true.
        correct: as `corrected`.
    """

    called, said, truth = (np.asarray(column, dtype=bool) for column in (called, said, truth))
    estimate = correct(float(called.mean()), *judge_rates(said, truth))
    rng = np.random.default_rng(0)
    drawn = [
        rng.beta(hits.sum() + 1, (~hits).sum() + 1, statistics.RESAMPLES)
        for hits in (called, said[truth], ~said[~truth])
    ]
    values = [
        float(alone(correct(*map(float, shares)))) for shares in zip(*drawn, strict=True) if shares[1] + shares[2] > 1
    ]
    return statistics.percentiles(float(alone(estimate)), np.array(values))


def told(called: Sequence[bool], said: Sequence[bool], truth: Sequence[bool], correct: Callable = corrected) -> str:
    """Return the corrected share in words, rounded to what it bears, and why where it is cut at 0 or cannot be had."""
    rates = judge_rates(said, truth)
    if sum(rates) <= 1:
        return "nothing: its two rates sum to no more than 1, so a coin would tell as much"
    found = corrected_interval(called, said, truth, correct)
    right, by_mistake = int(np.sum(called)), (1 - rates[1]) * len(called)
    calls_it = f"it calls {right} of {len(called)} right, and by mistake alone it would call about {by_mistake:.1f}"
    if found.high == 0:
        return f"nothing: {calls_it}, beyond chance; so here it errs in another way"
    edge = f"; cut at 0: {calls_it}" if right < by_mistake else ""
    return f"{rounded(found)}{edge}"


def calls(said: Sequence[bool], grades: Sequence[str]) -> str:
    """Return in lines how many answers of each grade a judge calls right, and how often it errs, with intervals.

    grades: right, abstained or wrong for each answer, by hand. To call right what is not is an error, and the reverse.

    >>> print(calls([True, False, False], ["right", "right", "wrong"]))
       graded right: it calls 1 of 2 right, 0.5 [0.1, 0.9]
       graded wrong: it calls 0 of 1 right, 0.0 [0.0, 0.8]
       in all it errs on 1 of 3, 0.3 [0.1, 0.8]
    """
    judged = list(zip(map(bool, said), grades, strict=True))
    lines = []
    for grade in [one for one in grading.GRADES if one in grades]:
        some = [call for call, given in judged if given == grade]
        share = rounded(statistics.wilson_interval(sum(some), len(some)))
        lines.append(f"   graded {grade}: it calls {sum(some)} of {len(some)} right, {share}")
    errors = sum(call != (grade == "right") for call, grade in judged)
    share = rounded(statistics.wilson_interval(errors, len(judged)))
    return "\n".join([*lines, f"   in all it errs on {errors} of {len(judged)}, {share}"])
