"""The first edition's words for an interval; lessons that still ask them are being rewritten for `decide`."""

from collections.abc import Sequence

from helpers.statistics.intervals import Interval

OUTCOMES = ("held", "did not hold", "it depends", "too close to call")


def judge(interval: Interval, threshold: float = 0.0) -> str:
    """Return whether a claim "larger than threshold" held, from the interval of the measured figure.

    >>> judge(Interval(0.10, 0.04, 0.16)), judge(Interval(0.02, -0.03, 0.07))
    ('held', 'too close to call')
    """
    if interval.low > threshold:
        return "held"
    return "did not hold" if interval.high < threshold else "too close to call"


def judge_within(interval: Interval, low: float, high: float) -> str:
    """Return whether a claim "from low to high" held: the whole interval lies there, or the whole lies outside.

    >>> judge_within(Interval(0.1, 0.06, 0.14), 0.05, 0.15), judge_within(Interval(0.4, 0.3, 0.5), 0.05, 0.15)
    ('held', 'did not hold')
    """
    if low < interval.low and interval.high < high:
        return "held"
    return "did not hold" if interval.high < low or interval.low > high else "too close to call"


def judge_all(outcomes: Sequence[str]) -> str:
    """Return one verdict from several: the common one, or `it depends` where some held and some did not.

    >>> judge_all(["held", "did not hold"])
    'it depends'
    """
    strange = set(outcomes) - set(OUTCOMES)
    if strange or not outcomes:
        raise ValueError(f"outcomes must be some of {OUTCOMES}; got {list(outcomes)}")
    decided = {outcome for outcome in outcomes if outcome != "too close to call"}
    if not decided:
        return "too close to call"
    return decided.pop() if len(decided) == 1 and len(set(outcomes)) == 1 else "it depends"
