"""How sure a figure is: Wilson's interval for shares, one bootstrap over items, differences, interaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from helpers.statistics.metrics import as_arrays, correct, macro_f1

LEVEL = 0.95
RESAMPLES = 2000


@dataclass(frozen=True)
class Interval:
    """An estimate with the interval around it."""

    estimate: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.estimate:.3f} [{self.low:.3f}, {self.high:.3f}]"

    def __neg__(self) -> "Interval":
        """The same interval seen from the other side: a gain as a loss.

        >>> print(-Interval(0.07, 0.02, 0.12))
        -0.070 [-0.120, -0.020]
        """
        return Interval(-self.estimate, -self.high, -self.low)


def wilson_interval(successes: int, n: int) -> Interval:
    """Return the Wilson score interval for a share of `successes` among `n` (Wilson, 1927).

    >>> print(wilson_interval(240, 300))
    0.800 [0.751, 0.841]
    """
    if not 0 <= successes <= n or n == 0:
        raise ValueError(f"need 0 <= successes <= n and n > 0; got {successes} of {n}")
    interval = stats.binomtest(int(successes), int(n)).proportion_ci(LEVEL, method="wilson")
    return Interval(successes / n, float(interval.low), float(interval.high))


def accuracy_interval(gold: Sequence[str], predicted: Sequence[str]) -> Interval:
    """Return accuracy with its Wilson interval."""
    hits = correct(gold, predicted)
    return wilson_interval(int(hits.sum()), len(hits))


def resample(
    n: int, statistic: Callable[[np.ndarray], Sequence], resamples: int = RESAMPLES, seed: int = 0
) -> np.ndarray:
    """Return a figure computed again on items drawn with replacement: the bootstrap (Efron and Tibshirani, 1993).

    statistic: takes places of drawn items, shape (resamples, n); returns one figure per resample.
    """
    return np.asarray(statistic(np.random.default_rng(seed).integers(0, n, size=(resamples, n))))


def resampled_means(values: Sequence[float], resamples: int = RESAMPLES, seed: int = 0) -> np.ndarray:
    """Return means as `resample` would give them, drawn by how often each distinct value comes up: fast for 0 and 1."""
    numbers = np.asarray(values, dtype=float)
    if numbers.ndim != 1 or not len(numbers):
        raise ValueError(f"give a list of numbers, one per item; got an array of shape {numbers.shape}")
    distinct, counts = np.unique(numbers, return_counts=True)
    drawn = np.random.default_rng(seed).multinomial(len(numbers), counts / len(numbers), size=resamples)
    return drawn @ distinct / len(numbers)


def percentiles(estimate: float, values: np.ndarray) -> Interval:
    """Return an estimate with the percentile interval of its resampled values."""
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(estimate), float(low), float(high))


def bootstrap_interval(
    gold: Sequence[str],
    predicted: Sequence[str],
    metric: Callable[[Sequence[str], Sequence[str]], float] = macro_f1,
    resamples: int = RESAMPLES,
) -> Interval:
    """Return any metric of labels with its percentile bootstrap interval over the items."""
    gold, predicted = as_arrays(gold, predicted)
    values = resample(len(gold), lambda draws: [metric(gold[d], predicted[d]) for d in draws], resamples)
    return percentiles(metric(gold, predicted), values)


def mean_interval(values: Sequence[float]) -> Interval:
    """Return the mean of per-item numbers (tokens, seconds, gaps) with its bootstrap interval over the items.

    >>> print(mean_interval([2.0, 2.0, 2.0]))
    2.000 [2.000, 2.000]
    """
    return percentiles(np.mean(values), resampled_means(values))


def ratio_interval(first: Sequence[float], second: Sequence[float], figure: Callable = np.mean) -> Interval:
    """Return a figure of `second` over that of `first`, for numbers of the same items, with a bootstrap interval.

    figure: takes an array and an axis, such as `np.mean` or `np.median`.

    >>> print(ratio_interval([1, 2, 3], [2, 4, 6]))
    2.000 [2.000, 2.000]
    """
    one, two = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if one.shape != two.shape or one.ndim != 1 or not len(one):
        raise ValueError(f"give two equally long lists of numbers of the same items; got {one.shape} and {two.shape}")
    values = resample(len(one), lambda d: figure(two[d], axis=1) / figure(one[d], axis=1))
    return percentiles(figure(two, axis=0) / figure(one, axis=0), values)


def gap_interval(gaps: Sequence[int]) -> Interval:
    """Return the mean of gaps of -1, 0 or 1 with its bootstrap interval.

    Where all gaps are the same nothing can be drawn apart, and the bootstrap would be sure beyond its data; then the
    interval is as wide as Wilson's for n of n.

    >>> print(gap_interval([0] * 24))
    0.000 [-0.138, 0.138]
    """
    numbers = np.asarray(gaps, dtype=np.int8)
    if len(numbers) and numbers.min() == numbers.max():
        mean, left = float(numbers[0]), 1 - wilson_interval(len(numbers), len(numbers)).low
        return Interval(mean, max(-1.0, mean - left), min(1.0, mean + left))
    return mean_interval(numbers)


def paired_difference(gold: Sequence[str], first: Sequence[str], second: Sequence[str]) -> Interval:
    """Return the accuracy of `second` minus that of `first`, with a paired bootstrap interval.

    Whole items are drawn, so that an item which is hard for both stays hard for both.
    """
    return gap_interval(correct(gold, second).astype(int) - correct(gold, first).astype(int))


def interaction(neither: Sequence[bool], one: Sequence[bool], other: Sequence[bool], both: Sequence[bool]) -> Interval:
    """Return what two changes give together beyond the sum of their gains, with a paired bootstrap interval.

    Each argument says for the same n items whether they were right. Zero means that the gains add up.

    >>> print(interaction([0, 0], [0, 0], [0, 0], [1, 1]))
    1.000 [1.000, 1.000]
    """
    table = np.array([both, one, other, neither], dtype=float)
    return mean_interval(table[0] - table[1] - table[2] + table[3])


def difference_of_intervals(first: Interval, second: Interval) -> Interval:
    """Return `second` minus `first` for two figures of different items, from their two intervals.

    Zou and Donner's (2008) way, of which Newcombe's method 10 for shares is a case.

    >>> print(difference_of_intervals(Interval(0.2, 0.1, 0.3), Interval(0.5, 0.4, 0.6)))
    0.300 [0.159, 0.441]
    """
    gap = second.estimate - first.estimate
    below = np.hypot(second.estimate - second.low, first.high - first.estimate)
    above = np.hypot(second.high - second.estimate, first.estimate - first.low)
    return Interval(gap, float(gap - below), float(gap + above))


def difference_of_shares(first: Sequence[bool], second: Sequence[bool]) -> Interval:
    """Return the share of hits in `second` minus that in `first`, for two different sets of items.

    Newcombe's (1998) method 10, which joins the Wilson intervals of the two shares; for the same items use
    `paired_difference`.

    >>> print(difference_of_shares([1] * 48 + [0] * 32, [1] * 56 + [0] * 14))
    0.200 [0.052, 0.334]
    """
    return difference_of_intervals(*(wilson_interval(sum(map(bool, hits)), len(hits)) for hits in (first, second)))


def _drawn(rng: np.random.Generator, size: int) -> np.ndarray:
    """Return weights of bootstrap draws, (RESAMPLES, size): how often each of `size` things is drawn, as a share."""
    return rng.multinomial(size, np.full(size, 1 / size), RESAMPLES) / size


def runs_interval(first: Sequence[Sequence[float]], second: Sequence[Sequence[float]] | None = None) -> Interval:
    """Return the mean of runs on the same n items, or that of `second` minus `first`, drawing items *and* runs.

    Each is (runs, n): what every seed, or every draw of a training set, made of every item. Items are the same on both
    sides and are drawn together; runs are drawn for each side. Three runs show little of how far runs lie apart, so
    read such an interval as the least that is uncertain.

    Where nothing can be drawn apart the bootstrap would be sure beyond its data; then the interval reaches as far as
    Wilson's for n of n.

    >>> print(runs_interval([[0, 0, 0, 0]], [[1, 1, 1, 1], [1, 1, 1, 1]]))
    1.000 [0.510, 1.000]
    """
    sides = [np.asarray(side, dtype=float) for side in ((first,) if second is None else (first, second))]
    if any(side.ndim != 2 or not side.size for side in sides) or len({side.shape[1] for side in sides}) != 1:
        raise ValueError(f"give runs of the same items, (runs, n); got {[side.shape for side in sides]}")
    rng, signs = np.random.default_rng(0), ([1] if second is None else [-1, 1])
    items = _drawn(rng, sides[0].shape[1])
    values = sum(
        sign * ((_drawn(rng, len(side)) @ side) * items).sum(axis=1) for side, sign in zip(sides, signs, strict=True)
    )
    estimate = sum(sign * side.mean() for side, sign in zip(sides, signs, strict=True))
    if np.ptp(values) < 1e-12:
        n, lowest = sides[0].shape[1], 0.0 if second is None else -1.0
        reach = 1 - wilson_interval(n, n).low
        return Interval(float(estimate), max(lowest, float(estimate - reach)), min(1.0, float(estimate + reach)))
    return percentiles(estimate, values)
