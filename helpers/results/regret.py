"""What a way of choosing costs in the long run: simulated methods of known quality, a test set, a choice, its price.

A choice sees what a team sees: shares right on n items, p-values against the leader, and costs. It is judged by what
it then earns, which only a simulation knows.
"""

from collections.abc import Callable

import numpy as np

from helpers import statistics
from helpers.results import comparisons
from helpers.results.given import alone
from helpers.statistics import Interval

ALIKE = 0.7  # how often two methods find the same item hard, as methods on real messages do
WORTH = {"a tenth of a cent": 0.001, "one cent": 0.01, "ten cents": 0.1}  # what claim D5 is judged at, in dollars
Choice = Callable[[list[float], list[float], list[float]], int]


def highest(shares: list[float], p_values: list[float], costs: list[float]) -> int:
    """Choose the highest share right, the first among equals, whatever the rest says.

    >>> highest([0.7, 0.8], [1.0, 1.0], [0.0, 9.0])
    1
    """
    return int(np.argmax(shares))


def cheapest_tie(shares: list[float], p_values: list[float], costs: list[float]) -> int:
    """Choose the cheapest of the highest share and those that tie with it; at equal cost the higher share.

    A method ties if its p-value is 0.05 or more, or if it is behind by less than is worth having.

    >>> cheapest_tie([0.70, 0.80, 0.79], [0.001, 1.0, 0.6], [0.1, 5.0, 2.0])
    2
    """
    lead = max(shares)
    tied = [i for i in range(len(shares)) if p_values[i] >= 0.05 or lead - shares[i] < statistics.WORTHWHILE]
    return min(tied, key=lambda i: (costs[i], -shares[i]))


def worlds(count: int, methods: int = 5, n: int = 300, seed: int = 0):
    """Yield simulated tests: true shares, dollars per 1,000 requests, and hits of shape (methods, n).

    True shares lie between 0.70 and 0.80, costs between $0.01 and $1, neither knowing of the other.
    """
    rng = np.random.default_rng(seed)
    for _ in range(count):
        truth = rng.uniform(0.70, 0.80, methods)
        dollars = 10 ** rng.uniform(-2, 0, methods)
        shared, own = rng.random(n), rng.random((methods, n))
        chance = np.where(rng.random((methods, n)) < ALIKE, shared, own)
        yield truth, dollars, chance < truth[:, None]


def difference(
    one: Choice, other: Choice, worth: float, count: int = 400, adjust: Callable = comparisons.holm
) -> Interval:
    """Return dollars per 1,000 requests that `other` earns above `one`, with its interval over simulated tests.

    worth: dollars that a right answer is worth above a wrong one. adjust: as for comparisons.all_p_values.
    """
    gaps = []
    for truth, dollars, hits in worlds(count):
        shares, p_values = comparisons.against_leader(hits, adjust)
        first, second = (int(alone(choose(shares, p_values, dollars.tolist()))) for choose in (one, other))
        earned = 1000 * worth * truth - dollars
        gaps.append(float(earned[second] - earned[first]))
    return statistics.mean_interval(gaps)
