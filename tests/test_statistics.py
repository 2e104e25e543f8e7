"""Metrics and tests agree with libraries and with brute force; verdicts say no more than the numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from helpers import statistics

labels = st.sampled_from(["a", "b", "c", "d"])
pairs = st.lists(st.tuples(labels, labels, labels), min_size=1, max_size=60)


@given(pairs)
def test_metrics_agree_with_scikit_learn(rows):
    gold, predicted, _ = (list(column) for column in zip(*rows, strict=True))
    assert statistics.accuracy(gold, predicted) == pytest.approx(metrics.accuracy_score(gold, predicted))
    wanted = metrics.f1_score(gold, predicted, labels=sorted(set(gold)), average="macro", zero_division=0)
    assert statistics.macro_f1(gold, predicted) == pytest.approx(wanted)
    assert statistics.confusion(gold, predicted, "abcd").sum() == len(rows)


@given(pairs)
def test_mcnemar_agrees_with_counting_by_hand(rows):
    gold, first, second = zip(*rows, strict=True)
    found = statistics.mcnemar(gold, first, second)
    only_first = sum(g == a != b for g, a, b in rows)
    only_second = sum(g == b != a for g, a, b in rows)
    assert (found.only_first, found.only_second) == (only_first, only_second)
    if only_first + only_second:
        assert found.p_value == pytest.approx(stats.binomtest(only_first, only_first + only_second).pvalue)
    else:
        assert found.p_value == 1


def test_wilson_interval_equals_its_formula_and_covers():
    n, k, z = 300, 240, 1.959964
    p = k / n
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    found = statistics.wilson_interval(k, n)
    assert (found.low, found.high) == pytest.approx((middle - half, middle + half), abs=1e-6)
    draws = np.random.default_rng(0).binomial(100, 0.9, size=2000)
    covered = [
        interval.low <= 0.9 <= interval.high for interval in map(lambda k: statistics.wilson_interval(k, 100), draws)
    ]
    assert 0.92 < np.mean(covered) < 0.98


def test_bootstrap_interval_is_near_wilson_for_accuracy():
    gold = ["a"] * 300
    predicted = ["a"] * 231 + ["b"] * 69
    one = statistics.accuracy_interval(gold, predicted)
    two = statistics.bootstrap_interval(gold, predicted, statistics.accuracy)
    assert (two.low, two.high) == pytest.approx((one.low, one.high), abs=0.012)


def test_two_equal_methods_are_rarely_told_apart():
    """The rate of false alarms stays near 5 %: here two methods, each right on 70 % of 200 items by chance alone."""
    rng = np.random.default_rng(1)
    gold = ["1"] * 200
    alarms = 0
    for _ in range(300):
        first, second = (np.where(rng.random(200) < 0.7, "1", "0").tolist() for _ in range(2))
        alarms += statistics.compare(gold, first, second).verdict.split(",")[0] in ("better", "worse")
    assert alarms / 300 <= 0.07


def test_a_large_difference_is_found_and_its_sign_is_right():
    gold = ["1"] * 200
    good, bad = ["1"] * 160 + ["0"] * 40, ["1"] * 110 + ["0"] * 90
    assert statistics.compare(gold, bad, good).verdict == "better"
    assert statistics.compare(gold, good, bad).verdict == "worse"
    assert statistics.compare(gold, good, good).verdict == "no difference that matters"
    assert statistics.compare(gold[:20], ["1"] * 10 + ["0"] * 10, ["1"] * 12 + ["0"] * 8).verdict == "too close to call"


def test_detectable_difference_finds_eight_in_ten():
    """Simulated: at the promised difference, McNemar's test on 300 items finds it in about 80 % of runs."""
    gap = statistics.detectable_difference(300, disagreement=0.2)
    rng = np.random.default_rng(0)
    split = rng.multinomial(300, [(0.2 + gap) / 2, (0.2 - gap) / 2, 0.8], size=500)
    found = [stats.binomtest(int(a), int(a + b)).pvalue < 0.05 for a, b, _ in split]
    assert 0.7 < np.mean(found) < 0.88
    assert np.isnan(statistics.detectable_difference(5, disagreement=0.1))


def test_unequal_lengths_and_unlisted_labels_are_refused():
    with pytest.raises(ValueError, match=r"\[1, 2\]"):
        statistics.accuracy(["a"], ["a", "b"])
    with pytest.raises(ValueError, match="not empty"):
        statistics.accuracy([], [])
    with pytest.raises(ValueError, match="'z'"):
        statistics.confusion(["a"], ["z"], ["a", "b"])
    with pytest.raises(ValueError, match="successes"):
        statistics.wilson_interval(3, 2)


def test_verdicts_on_claims():
    interval = statistics.Interval
    assert statistics.judge(interval(0.2, 0.1, 0.3)) == "held"
    assert statistics.judge(interval(-0.2, -0.3, -0.1)) == "did not hold"
    assert statistics.judge(interval(0.2, 0.1, 0.3), threshold=0.25) == "too close to call"
    assert statistics.judge_all(["held", "held"]) == "held"
    assert statistics.judge_all(["held", "did not hold"]) == "it depends"
    assert statistics.judge_all(["too close to call"]) == "too close to call"
    with pytest.raises(ValueError, match="outcomes"):
        statistics.judge_all(["great"])
