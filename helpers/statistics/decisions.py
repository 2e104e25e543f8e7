"""What numbers allow one to say: the one decision rule of the course, comparisons in its words, and a test's power.

Comparisons, standings and verdicts on claims all ask `decide`, so that one number never gets two words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from scipy import optimize, stats

from helpers.statistics.intervals import LEVEL, Interval, paired_difference
from helpers.statistics.paired import McNemar, mcnemar

WORTHWHILE = 0.03
ABOVE, BELOW = "above", "below"
LITTLE_ABOVE, LITTLE_BELOW = "above, by less than is worth having", "below, by less than matters"
EQUAL, OPEN = "no difference that matters", "too close to call"
_SAID = {
    ABOVE: "better",
    BELOW: "worse",
    LITTLE_ABOVE: "better, by less than is worth having",
    LITTLE_BELOW: "worse, by less than matters",
}


@dataclass(frozen=True)
class Comparison:
    """Second method minus first, on the same items.

    p_value: of McNemar's test; corrected, where this is one of several comparisons. second: that method's name, if any.
    """

    difference: Interval
    mcnemar: McNemar
    p_value: float
    second: str = ""

    @property
    def verdict(self) -> str:
        """What the numbers allow to say, by `decide`: better or worse only where interval and test agree."""
        decision = decide(self.difference, self.p_value)
        return _SAID.get(decision, decision)

    def __str__(self) -> str:
        gap = self.difference
        said = f"{gap.estimate:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]: {self.verdict}"
        if gap.low <= 0 <= gap.high or self.p_value < 1 - LEVEL:
            return said
        if self.mcnemar.p_value < 1 - LEVEL:
            return f"{said} (p = {self.p_value:.2g} when corrected for all pairs)"
        differ = self.mcnemar.only_first + self.mcnemar.only_second
        return f"{said} (only {differ} items set the two apart: p = {self.mcnemar.p_value:.2g})"


def decide(interval: Interval, p_value: float | None = None, limit: float = 0.0, worthwhile: float = WORTHWHILE) -> str:
    """Return where a figure lies: ABOVE or BELOW a limit, so by LITTLE only, EQUAL to it for what matters, or OPEN.

    Args:
        interval: of the figure.
        p_value: of the test that the figure is `limit`, where there is one; it must agree with the interval.
        limit: what the figure is held against.
        worthwhile: the smallest distance from the limit worth having, chosen before looking; 0 where any counts.

    A figure is ABOVE if its interval is, the test agrees, and the estimate is worth having. It is so by LITTLE only if
    the whole interval is less than worth having, and EQUAL if that is so on both sides of the limit.

    >>> decide(Interval(0.10, 0.04, 0.16)), decide(Interval(0.10, 0.04, 0.16), p_value=0.06)
    ('above', 'too close to call')
    """
    surely = p_value is None or p_value < 1 - LEVEL
    gap, low, high = (value - limit for value in (interval.estimate, interval.low, interval.high))
    if surely and low > 0 and gap >= worthwhile:
        return ABOVE
    if surely and high < 0 and gap <= -worthwhile:
        return BELOW
    if -worthwhile < low and high < worthwhile:
        if surely and low > 0:
            return LITTLE_ABOVE
        return LITTLE_BELOW if surely and high < 0 else EQUAL
    return OPEN


def compare(gold: Sequence[str], first: Sequence[str], second: Sequence[str]) -> Comparison:
    """Compare the labels that two methods gave to the same items."""
    test = mcnemar(gold, first, second)
    return Comparison(paired_difference(gold, first, second), test, test.p_value)


def compare_hits(first: Sequence[bool], second: Sequence[bool]) -> Comparison:
    """Compare two methods by what each got right on the same items, where right is judged elsewhere."""
    first, second = ([str(bool(hit)) for hit in column] for column in (first, second))
    return compare(["True"] * len(first), first, second)


def detectable_difference(n: int, disagreement: float = 0.2, power: float = 0.8) -> float:
    """Return the smallest true difference in accuracy that a paired test on `n` items finds with this power.

    disagreement: share of items on which just one of the methods is right. The normal approximation of Connor (1987)
    for paired proportions.

    >>> round(detectable_difference(300), 3)
    0.072
    """
    if n < 1 or not 0 < disagreement <= 1:
        raise ValueError(f"need n >= 1 and 0 < disagreement <= 1; got {n} and {disagreement}")
    alarm, miss = stats.norm.ppf((1 + LEVEL) / 2), stats.norm.ppf(power)

    def shortfall(difference: float) -> float:
        return alarm * disagreement**0.5 + miss * (disagreement - difference**2) ** 0.5 - difference * n**0.5

    if shortfall(disagreement) > 0:  # not even the largest possible difference would be found
        return float("nan")
    return float(optimize.brentq(shortfall, 0, disagreement))
