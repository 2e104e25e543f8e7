"""Is a difference more than chance? McNemar's test and its form at any limit, Cochran's Q, Mann and Whitney's ranks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from helpers.statistics.intervals import LEVEL, Interval, percentiles, resample, wilson_interval
from helpers.statistics.metrics import correct


@dataclass(frozen=True)
class McNemar:
    """Items that only one of two methods got right, and the exact two-sided p-value that this is chance."""

    only_first: int
    only_second: int
    p_value: float


@dataclass(frozen=True)
class Spread:
    """How far several measurements of the same items lie apart beyond chance.

    deviation: standard deviation of their true shares right. q, p_value: Cochran's Q and its p-value.
    """

    deviation: Interval
    q: float
    p_value: float


def paired_p_value(only_first: int, only_second: int, n: int, limit: float = 0.0) -> float:
    """Return the two-sided p-value that the share right of the second method minus the first's is just `limit`.

    With limit 0 it is McNemar's (1947) exact test on the items that only one of the methods gets right; else Tango's
    (1998) score test for `n` paired items.

    >>> paired_p_value(0, 6, 24), round(paired_p_value(0, 6, 24, limit=0.1), 3)
    (0.03125, 0.07)
    """
    differing = only_first + only_second
    if not 0 <= differing <= n or not -1 < limit < 1:
        raise ValueError(
            f"need at most n items that differ and a limit between -1 and 1; got {differing}, {n}, {limit}"
        )
    if limit == 0:
        worse = min(only_first, only_second)
        return min(1.0, 2 * float(stats.binom.cdf(worse, differing, 0.5))) if differing else 1.0
    linear = (2 * n - only_second + only_first) * limit - differing
    root = np.sqrt(linear**2 + 8 * n * only_first * limit * (1 - limit))
    first = (root - linear) / (4 * n)  # the likeliest share of items that only the first gets right
    variance = n * (2 * first + limit * (1 - limit))
    if variance <= 0:
        return 1.0
    return float(2 * stats.norm.sf(abs(only_second - only_first - n * limit) / np.sqrt(variance)))


def mcnemar(gold: Sequence[str], first: Sequence[str], second: Sequence[str]) -> McNemar:
    """Return McNemar's exact test on the items that just one of two methods gets right (McNemar, 1947).

    >>> mcnemar(["a"] * 6, ["b"] * 6, ["a"] * 6)
    McNemar(only_first=0, only_second=6, p_value=0.03125)
    """
    one, two = correct(gold, first), correct(gold, second)
    only_first, only_second = int((one & ~two).sum()), int((two & ~one).sum())
    return McNemar(only_first, only_second, paired_p_value(only_first, only_second, len(one)))


def spread(hits: Sequence[Sequence[bool]]) -> Spread:
    """Return how far k measurements of the same n items lie apart, by Cochran's (1950) Q.

    hits: shape (k, n). Some spread comes by chance alone; the interval is of what lies beyond: Q follows a noncentral
    chi-squared law whose noncentrality grows with the spread of the true shares, and is inverted for 95 %.

    >>> round(spread([[1, 1, 0, 0], [1, 0, 0, 1], [0, 0, 0, 1]]).q, 2)
    0.67
    """
    table = np.asarray(hits, dtype=float)
    if table.ndim != 2 or len(table) < 2 or not table.shape[1]:
        raise ValueError(f"give at least two measurements of the same items, shape (k, n); got {table.shape}")
    k, n = table.shape
    right = table.sum(axis=0)
    within = float((right * (k - right)).sum()) / (k * (k - 1) * n)  # variance of one item between measurements
    if within == 0:
        return Spread(Interval(0.0, 0.0, wilson_interval(0, n).high), 0.0, 1.0)
    q = float(n * ((table.mean(axis=1) - table.mean()) ** 2).sum() / within)
    low = _noncentrality(q, k - 1, (1 + LEVEL) / 2)
    high = _noncentrality(max(q, k - 1), k - 1, (1 - LEVEL) / 2)  # less spread than chance gives proves nothing
    ends = [float(np.sqrt(x * within / (n * (k - 1)))) for x in (max(0.0, q - (k - 1)), low, high)]
    return Spread(Interval(*ends), q, float(stats.chi2.sf(q, k - 1)))


def _noncentrality(q: float, freedom: int, tail: float) -> float:
    """Noncentrality at which the chi-squared law has this share of its mass up to q; 0 where none has."""
    if stats.chi2.cdf(q, freedom) <= tail:
        return 0.0
    top = q + 10 * np.sqrt(q + freedom) + 50
    return float(optimize.brentq(lambda x: stats.ncx2.cdf(q, freedom, x) - tail, 1e-9, top))


def rank_test(first: Sequence[float], second: Sequence[float]) -> tuple[Interval, float]:
    """Return how often a number of `second` exceeds one of `first`, with interval, and the p-value that it is one half.

    Mann and Whitney's (1947) test for two different sets, exact where they are small and hold no ties; ties count half.
    The interval is a bootstrap of both sets.

    >>> rank_test([1, 2, 3], [4, 5, 6])[0].estimate
    1.0
    """
    one, two = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if not len(one) or not len(two):
        raise ValueError(f"give two sets of numbers, none empty; got {len(one)} and {len(two)}")
    wins = (two[:, None] > one) + 0.5 * (two[:, None] == one)
    seconds = resample(len(two), lambda draws: draws)
    values = resample(len(one), lambda draws: wins[seconds[:, :, None], draws[:, None, :]].mean(axis=(1, 2)), seed=1)
    return percentiles(wins.mean(), values), float(stats.mannwhitneyu(two, one, alternative="two-sided").pvalue)
