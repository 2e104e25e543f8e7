"""Metrics and tests agree with libraries and with brute force; verdicts say no more than the numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats
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


def test_interaction_is_the_difference_of_differences():
    rng = np.random.default_rng(5)
    rows = rng.integers(0, 2, size=(4, 200)).astype(bool)
    found = statistics.interaction(*rows)
    neither, one, other, both = rows.mean(axis=1)
    assert found.estimate == pytest.approx((both - other) - (one - neither))
    assert found.low < found.estimate < found.high
    nothing = np.zeros(200, dtype=bool)
    assert statistics.interaction(nothing, nothing, nothing, rows[3]).estimate == pytest.approx(both)
    assert statistics.interaction(rows[0], rows[0], rows[3], rows[3]).estimate == 0


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60), st.sampled_from([-0.1, 0.05, 0.2]))
def test_paired_test_at_a_limit_is_the_score_test_of_the_likelihood(rows, limit):
    """Tango's closed form against a search for the likeliest shares under the limit."""
    only_first = sum(one and not two for one, two in rows)
    only_second = sum(two and not one for one, two in rows)
    n, same = len(rows), len(rows) - only_first - only_second

    def loss(share):  # only_first has `share`, only_second has share + limit
        cells = ((only_first, share), (only_second, share + limit), (same, 1 - 2 * share - limit))
        return -sum(count * np.log(max(p, 1e-300)) for count, p in cells if count)

    bounds = max(0, -limit) + 1e-9, (1 - limit) / 2 - 1e-9
    share = optimize.minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-10}).x
    variance = n * (2 * share + limit - limit**2)
    wanted = 2 * stats.norm.sf(abs(only_second - only_first - n * limit) / np.sqrt(variance))
    assert statistics.paired_p_value(only_first, only_second, n, limit) == pytest.approx(wanted, abs=2e-3)


def test_spread_is_cochrans_q_and_mcnemar_squared_for_two():
    rng = np.random.default_rng(3)
    table = rng.random((4, 80)) < 0.6
    columns, rows = table.sum(axis=1), table.sum(axis=0)
    k, total = 4, table.sum()
    wanted = (k - 1) * (k * (columns**2).sum() - total**2) / (k * total - (rows**2).sum())
    found = statistics.spread(table)
    assert found.q == pytest.approx(wanted)
    assert found.p_value == pytest.approx(stats.chi2.sf(wanted, 3))
    one, two = table[:2]
    b, c = (one & ~two).sum(), (two & ~one).sum()
    assert statistics.spread(table[:2]).q == pytest.approx((b - c) ** 2 / (b + c))


def test_spread_covers_the_true_one_and_chance_alone_rarely_counts():
    """Shares 0.5, 0.6 and 0.7 have a standard deviation of 0.1; equal shares have none."""
    rng = np.random.default_rng(4)
    apart = [statistics.spread(rng.random((3, 100)) < [[0.5], [0.6], [0.7]]).deviation for _ in range(300)]
    assert np.mean([i.low <= 0.1 <= i.high for i in apart]) > 0.92
    equal = [statistics.spread(rng.random((3, 100)) < 0.6) for _ in range(300)]
    assert np.mean([s.p_value < 0.05 for s in equal]) < 0.09
    assert np.mean([s.deviation.low > 0 for s in equal]) < 0.06
    assert min(s.deviation.high for s in equal) > 0.02


def test_no_item_that_differs_is_no_proof_that_none_would():
    found = statistics.compare_hits([0] * 24, [0] * 24)
    assert found.difference.high > 0.1 > -0.1 > found.difference.low
    assert found.verdict == "too close to call" and str(found).endswith("close to call")
    assert statistics.compare_hits([0] * 24, [1] * 24).difference.low == pytest.approx(1 - found.difference.high)


def test_rank_test_agrees_with_counting_pairs():
    one, two = [1.3, 0.2, 2.0, 0.7], [4.4, 1.5, 2.0, 3.1, 0.9]
    share, p_value = statistics.rank_test(one, two)
    pairs = [(b > a) + 0.5 * (b == a) for a in one for b in two]
    assert share.estimate == pytest.approx(np.mean(pairs))
    assert share.low < share.estimate < share.high <= 1
    assert p_value == pytest.approx(stats.mannwhitneyu(two, one).pvalue)


def test_bootstrap_of_means_and_ratios_covers():
    rng = np.random.default_rng(6)
    means = [statistics.mean_interval(rng.exponential(2.0, 80)) for _ in range(200)]
    assert 0.88 < np.mean([i.low <= 2 <= i.high for i in means]) < 0.99
    seconds = rng.exponential(1.0, (200, 80)) + 0.5
    ratios = [statistics.ratio_interval(row, 3 * row + rng.normal(0, 0.1, 80)) for row in seconds]
    assert 0.88 < np.mean([i.low <= 3 <= i.high for i in ratios]) < 0.99


@given(st.floats(-0.9, 0.9), st.floats(0, 0.3), st.floats(0, 0.3), st.floats(0, 1), st.sampled_from([0, 0.03, 0.1]))
def test_one_number_has_one_word_and_its_mirror_image_the_opposite(estimate, below, above, p_value, worthwhile):
    interval = statistics.Interval(estimate, estimate - below, estimate + above)
    mirror = statistics.Interval(-estimate, -estimate - above, -estimate + below)
    turned = {
        statistics.ABOVE: statistics.BELOW,
        statistics.BELOW: statistics.ABOVE,
        statistics.LITTLE_ABOVE: statistics.LITTLE_BELOW,
        statistics.LITTLE_BELOW: statistics.LITTLE_ABOVE,
    }
    said = statistics.decide(interval, p_value, worthwhile=worthwhile)
    assert statistics.decide(mirror, p_value, worthwhile=worthwhile) == turned.get(said, said)
    if said in (statistics.ABOVE, statistics.BELOW):
        assert (
            p_value < 1 - statistics.LEVEL and abs(estimate) >= worthwhile and (interval.low > 0 or interval.high < 0)
        )


def test_a_difference_the_test_does_not_see_is_not_named():
    """Four items against none: the interval excludes zero, the exact test has p = 0.125."""
    found = statistics.compare_hits([0] * 4 + [1] * 36, [1] * 40)
    assert found.difference.low > 0
    assert str(found).endswith(": too close to call (only 4 items set the two apart: p = 0.12)")


def test_an_interval_over_runs_is_wider_than_one_over_items_where_runs_differ():
    rng = np.random.default_rng(0)
    same = rng.random((3, 200)) < 0.7
    apart = rng.random((3, 200)) < np.array([[0.5], [0.7], [0.9]])
    widths = {}
    for name, hits in (("same", same), ("apart", apart)):
        found = statistics.runs_interval(hits)
        assert found.estimate == pytest.approx(hits.mean())
        assert found.low < found.estimate < found.high
        widths[name] = found.high - found.low
    assert widths["apart"] > 2 * widths["same"]
    gain = statistics.runs_interval(same[:1], same)
    assert gain.estimate == pytest.approx(same.mean() - same[0].mean())
    with pytest.raises(ValueError, match="runs of the same items"):
        statistics.runs_interval(same, same[:, :50])
