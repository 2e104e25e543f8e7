"""Metrics, intervals, paired tests and verdicts: how good, how sure, and is the difference real?

Plain functions on sequences of labels. Intervals are 95 % unless said otherwise. Nothing here knows a model or a task.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats
from sklearn import metrics

LEVEL = 0.95
RESAMPLES = 2000
WORTHWHILE = 0.03
OUTCOMES = ("held", "did not hold", "it depends", "too close to call")


@dataclass(frozen=True)
class Interval:
    """An estimate with the interval around it."""

    estimate: float
    low: float
    high: float
    level: float = LEVEL

    def __str__(self) -> str:
        return f"{self.estimate:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class ClassScore:
    """Precision, recall and F1 of one label, and how many gold items carry it."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class McNemar:
    """Items that only one of two methods got right, and the exact two-sided p-value that this is chance."""

    only_first: int
    only_second: int
    p_value: float


@dataclass(frozen=True)
class Comparison:
    """Second method minus first, on the same items: difference with interval, McNemar's test, and the verdict."""

    difference: Interval
    mcnemar: McNemar
    worthwhile: float
    verdict: str

    def __str__(self) -> str:
        return (
            f"{self.difference.estimate:+.3f} [{self.difference.low:+.3f}, {self.difference.high:+.3f}]: {self.verdict}"
        )


def _as_arrays(*columns: Sequence[str]) -> list[np.ndarray]:
    arrays = [np.asarray(column, dtype=object) for column in columns]
    sizes = {len(array) for array in arrays}
    if len(sizes) != 1 or 0 in sizes:
        raise ValueError(f"the columns must be equally long and not empty; their lengths are {sorted(sizes)}")
    return arrays


def correct(gold: Sequence[str], predicted: Sequence[str]) -> np.ndarray:
    """Return a boolean array: which predictions equal the gold label."""
    gold, predicted = _as_arrays(gold, predicted)
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
    gold, predicted = _as_arrays(gold, predicted)
    names, truth = np.unique(gold.astype(str), return_inverse=True)
    codes = {name: i for i, name in enumerate(names)}
    guess = np.array([codes.get(str(label), len(names)) for label in predicted])
    return _macro_f1_codes(truth, guess, len(names))


def _macro_f1_codes(truth: np.ndarray, guess: np.ndarray, count: int) -> float:
    """Macro-F1 on codes 0 … count-1; a guess of `count` stands for any label outside the gold ones."""
    hits = np.bincount(truth[truth == guess], minlength=count)
    said = np.bincount(guess, minlength=count + 1)[:count]
    there = np.bincount(truth, minlength=count)
    present = there > 0
    return float((2 * hits[present] / (said + there)[present]).mean())


def per_class(gold: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> list[ClassScore]:
    """Return precision, recall, F1 and support for each label, in the order of `labels`."""
    gold, predicted = _as_arrays(gold, predicted)
    columns = metrics.precision_recall_fscore_support(
        gold.astype(str), predicted.astype(str), labels=list(labels), zero_division=0.0
    )
    return [ClassScore(label, *map(float, row[:3]), int(row[3])) for label, *row in zip(labels, *columns, strict=True)]


def confusion(gold: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> np.ndarray:
    """Return counts of shape (m, m): row = gold label, column = prediction. Raises ValueError on an unlisted label."""
    gold, predicted = _as_arrays(gold, predicted)
    strange = sorted({str(label) for label in [*gold, *predicted]} - set(labels))
    if strange:
        raise ValueError(f"labels {strange} are not in {list(labels)}; add them, or map them to one that is")
    return metrics.confusion_matrix(gold.astype(str), predicted.astype(str), labels=list(labels))


def wilson_interval(successes: int, n: int, level: float = LEVEL) -> Interval:
    """Return the Wilson score interval for a share of `successes` among `n` (Wilson, 1927).

    >>> print(wilson_interval(240, 300))
    0.800 [0.751, 0.841]
    """
    if not 0 <= successes <= n or n == 0:
        raise ValueError(f"need 0 <= successes <= n and n > 0; got {successes} of {n}")
    interval = stats.binomtest(int(successes), int(n)).proportion_ci(level, method="wilson")
    return Interval(successes / n, float(interval.low), float(interval.high), level)


def accuracy_interval(gold: Sequence[str], predicted: Sequence[str], level: float = LEVEL) -> Interval:
    """Return accuracy with its Wilson interval."""
    hits = correct(gold, predicted)
    return wilson_interval(int(hits.sum()), len(hits), level)


def bootstrap_interval(
    gold: Sequence[str],
    predicted: Sequence[str],
    metric: Callable[[Sequence[str], Sequence[str]], float] = macro_f1,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = LEVEL,
) -> Interval:
    """Return any metric with its percentile bootstrap interval over the items (Efron and Tibshirani, 1993)."""
    gold, predicted = _as_arrays(gold, predicted)
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, len(gold), size=(resamples, len(gold)))
    values = [metric(gold[draw], predicted[draw]) for draw in draws]
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(metric(gold, predicted), float(low), float(high), level)


def mcnemar(gold: Sequence[str], first: Sequence[str], second: Sequence[str]) -> McNemar:
    """Return McNemar's exact test on the items that just one of two methods gets right (McNemar, 1947).

    >>> mcnemar(["a"] * 6, ["b"] * 6, ["a"] * 6)
    McNemar(only_first=0, only_second=6, p_value=0.03125)
    """
    one, two = correct(gold, first), correct(gold, second)
    only_first, only_second = int((one & ~two).sum()), int((two & ~one).sum())
    differing = only_first + only_second
    p_value = float(stats.binomtest(only_first, differing).pvalue) if differing else 1.0
    return McNemar(only_first, only_second, p_value)


def paired_difference(
    gold: Sequence[str],
    first: Sequence[str],
    second: Sequence[str],
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = LEVEL,
) -> Interval:
    """Return the accuracy of `second` minus that of `first`, with a paired bootstrap interval.

    Whole items are drawn, so that an item which is hard for both stays hard for both.
    """
    gaps = correct(gold, second).astype(int) - correct(gold, first).astype(int)
    rng = np.random.default_rng(seed)
    values = gaps[rng.integers(0, len(gaps), size=(resamples, len(gaps)))].mean(axis=1)
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(gaps.mean()), float(low), float(high), level)


def compare(
    gold: Sequence[str], first: Sequence[str], second: Sequence[str], worthwhile: float = WORTHWHILE
) -> Comparison:
    """Compare two methods on the same items and say in words what the numbers allow.

    A winner is named only where the interval excludes zero **and** McNemar's p-value is below 0.05; the two can
    disagree on small sets, and then the call is too close. `worthwhile` is the smallest difference worth having,
    chosen before looking.
    """
    difference, test = paired_difference(gold, first, second), mcnemar(gold, first, second)
    if difference.low > 0 and test.p_value < 1 - LEVEL:
        verdict = "better" if difference.estimate >= worthwhile else "better, by less than is worth having"
    elif difference.high < 0 and test.p_value < 1 - LEVEL:
        verdict = "worse" if difference.estimate <= -worthwhile else "worse, by less than matters"
    elif -worthwhile < difference.low and difference.high < worthwhile:
        verdict = "no difference that matters"
    else:
        verdict = "too close to call"
    return Comparison(difference, test, worthwhile, verdict)


def compare_hits(first: Sequence[bool], second: Sequence[bool], worthwhile: float = WORTHWHILE) -> Comparison:
    """Compare two methods by what each got right on the same items, where right is judged elsewhere."""
    first, second = ([str(bool(hit)) for hit in column] for column in (first, second))
    return compare(["True"] * len(first), first, second, worthwhile)


def difference_of_shares(first: Sequence[bool], second: Sequence[bool], level: float = LEVEL) -> Interval:
    """Return the share of hits in `second` minus that in `first`, for two different sets of items.

    Newcombe's (1998) method 10, which joins the Wilson intervals of the two shares; for the same items use
    `paired_difference`.

    >>> print(difference_of_shares([1] * 48 + [0] * 32, [1] * 56 + [0] * 14))
    0.200 [0.052, 0.334]
    """
    one, two = (wilson_interval(int(sum(map(bool, column))), len(column), level) for column in (first, second))
    gap = two.estimate - one.estimate
    below = np.hypot(two.estimate - two.low, one.high - one.estimate)
    above = np.hypot(two.high - two.estimate, one.estimate - one.low)
    return Interval(gap, float(gap - below), float(gap + above), level)


def detectable_difference(n: int, disagreement: float = 0.2, power: float = 0.8, level: float = LEVEL) -> float:
    """Return the smallest true difference in accuracy that a paired test on `n` items finds with this power.

    Args:
        n: items in the test set.
        disagreement: share of items on which just one of the methods is right.
        power: how often the difference should be found.
        level: one minus the rate of false alarms.

    The normal approximation of Connor (1987) for paired proportions.

    >>> round(detectable_difference(300), 3)
    0.072
    """
    if n < 1 or not 0 < disagreement <= 1:
        raise ValueError(f"need n >= 1 and 0 < disagreement <= 1; got {n} and {disagreement}")
    alarm, miss = stats.norm.ppf((1 + level) / 2), stats.norm.ppf(power)

    def shortfall(difference: float) -> float:
        return alarm * disagreement**0.5 + miss * (disagreement - difference**2) ** 0.5 - difference * n**0.5

    if shortfall(disagreement) > 0:  # not even the largest possible difference would be found
        return float("nan")
    return float(optimize.brentq(shortfall, 0, disagreement))


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
