"""Many comparisons at once: agreement with scipy, few false alarms, honest ties; and reweighting against resampling."""

import dataclasses
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from helpers import statistics
from helpers.results import comparisons
from tests.ledger_rows import of_hits


def row_of(method, hits, reference=False, ids=None, task="toy"):
    return dataclasses.replace(of_hits(method, hits, ids=ids, task=task), reference=reference)


def rows_of(hits):
    return [row_of(f"method {i}", line) for i, line in enumerate(hits)]


def holm_by_definition(p_values):
    """Smallest level at which Holm's step-down procedure rejects each hypothesis, searched on a grid."""
    levels = np.linspace(0, 1, 20_001)
    found = np.ones(len(p_values))
    order = np.argsort(p_values)
    for level in levels[::-1]:
        for step, which in enumerate(order):
            if p_values[which] > level / (len(p_values) - step) + 1e-12:
                break
            found[which] = min(found[which], level)
    return found


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=7))
def test_holm_rejects_at_the_level_it_says(p_values):
    assert comparisons.holm(p_values) == pytest.approx(holm_by_definition(p_values), abs=1e-4)


def test_holm_lies_between_no_correction_and_bonferroni():
    rng = np.random.default_rng(0)
    for _ in range(50):
        p_values = rng.random(9) ** 3
        adjusted = comparisons.holm(p_values)
        assert (adjusted >= p_values).all()
        assert (adjusted <= np.minimum(1, 9 * p_values) + 1e-15).all()
        assert (np.diff(adjusted[np.argsort(p_values)]) >= 0).all()
    with pytest.raises(ValueError, match="from 0 to 1"):
        comparisons.holm([0.5, 1.5])


def test_p_values_agree_with_scipy_on_random_cases():
    rng = np.random.default_rng(1)
    for _ in range(200):
        n = int(rng.integers(1, 400))
        hits = rng.random((2, n)) < rng.random((2, 1))
        found = comparisons.all_p_values(hits)[0, 1][0]
        only_first = int((hits[0] & ~hits[1]).sum())
        differing = int((hits[0] != hits[1]).sum())
        wanted = stats.binomtest(only_first, differing).pvalue if differing else 1.0
        assert found == pytest.approx(wanted, rel=1e-9)
        labels = [["a" if hit else "b" for hit in line] for line in hits]
        assert found == pytest.approx(statistics.mcnemar(["a"] * n, *labels).p_value, rel=1e-9)


def test_false_alarms_are_at_most_six_in_a_hundred():
    """Eight equally good methods, correlated as real ones are: how often is any of the 28 pairs said to differ?"""
    rng = np.random.default_rng(2)
    alarms = single = 0
    rounds = 500
    for _ in range(rounds):
        hard = rng.random(200) * 0.6 + 0.2  # each message has its own difficulty, the same for all methods
        hits = rng.random((8, 200)) < hard
        values = comparisons.all_p_values(hits)
        alarms += min(adjusted for _, adjusted in values.values()) < 0.05
        single += values[0, 1][0] < 0.05
    assert alarms / rounds <= 0.06
    assert single / rounds <= 0.06
    assert single > 0, "a test that never rings has found nothing"


def test_without_correction_there_would_be_many_false_alarms():
    rng = np.random.default_rng(3)
    hits = [rng.random((8, 200)) < 0.5 for _ in range(60)]
    loud = sum(min(p for p, _ in comparisons.all_p_values(h).values()) < 0.05 for h in hits)
    assert loud > 10


def test_a_clear_winner_is_named_and_a_tie_is_called_one():
    rng = np.random.default_rng(4)
    base = rng.random(300)
    clear = comparisons.standing(rows_of([base < 0.5, base < 0.9, base < 0.4]))
    assert (clear.leader, clear.tied, clear.call) == ("method 1", ("method 1",), "method 1 leads")
    assert [pair.verdict for pair in clear.rivals] == ["worse", "worse"]
    close = comparisons.standing(rows_of([base < 0.5, rng.random(300) < 0.5, base < 0.1]))
    assert close.call == "too close to call"
    assert set(close.tied) == {"method 0", "method 1"}


def test_a_real_but_small_difference_leaves_a_tie():
    hits = np.ones((2, 1000), dtype=bool)
    hits[1, :20] = False
    found = comparisons.standing(rows_of(hits))
    assert found.rivals[0].verdict == "worse, by less than matters"
    assert len(found.tied) == 2
    hits[1, :50] = False
    assert comparisons.standing(rows_of(hits)).call == "method 0 leads"


def test_a_rival_whose_interval_leaves_out_zero_says_that_the_correction_makes_it_a_tie():
    hits = np.ones((5, 100), dtype=bool)
    for i in range(1, 5):
        hits[i, : 5 + i] = False
    second = comparisons.standing(rows_of(hits)).rivals[0]
    assert second.mcnemar.p_value < 0.05 < second.p_value and second.difference.high < 0
    assert str(second).endswith("too close to call (p = 0.22 when corrected for all pairs)")


def test_rows_are_cut_to_shared_items_and_what_does_not_fit_is_named():
    ids = [f"i{n}" for n in range(100)]
    own = row_of("own, fast profile", [1] * 20, ids=ids[:20])
    stored = row_of("stored", [1] * 100, reference=True, ids=ids[::-1])
    small = row_of("few", [1] * 5, reference=True, ids=ids[:5])
    other = dataclasses.replace(row_of("other gold", [1] * 100, True, ids), gold=["z"] * 100)
    found = comparisons.on_same_items([stored, own, small, other])
    assert [row.method for row in found.rows] == ["stored", "own, fast profile"]
    assert found.left_out == ("few", "other gold")
    assert all(row.ids == ids[:20] for row in found.rows)
    assert len({row.data_sha256 for row in found.rows}) == 1
    every = comparisons.on_same_items([stored, own, small, other], covered=0)
    assert ([row.n for row in every.rows], every.left_out) == ([5, 5, 5], ("other gold",))
    alone = comparisons.on_same_items([stored, small])
    assert alone.rows[0].n == 100
    with pytest.raises(ValueError, match="one task"):
        comparisons.on_same_items([stored, row_of("m", [1], task="another")])
    with pytest.raises(ValueError, match="one row for each method"):
        comparisons.standing([stored, own])


GROUPS = {f"i{n}": "ab"[n >= 200] for n in range(300)}


def test_another_mix_agrees_with_messages_drawn_in_that_mix():
    """The slow way: draw a large set of messages in the new shares and measure on it."""
    rng = np.random.default_rng(5)
    first, second = (row_of(f"m{i}", rng.random(300) < shares) for i, shares in enumerate((0.3, 0.6)))
    mix = {"a": 0.2, "b": 0.8}
    places = np.concatenate([rng.integers(0, 200, 40_000), rng.integers(200, 300, 160_000)])
    drawn = [np.array(row.correct)[places].mean() for row in (first, second)]
    assert comparisons.under_mix(first, GROUPS, mix).estimate == pytest.approx(drawn[0], abs=0.005)
    found = comparisons.under_mix(second, GROUPS, mix)
    assert found.estimate == pytest.approx(drawn[1], abs=0.005)
    assert found.low < found.estimate < found.high


def test_the_measured_mix_gives_the_measured_accuracy():
    row = row_of("m", np.arange(300) % 3 == 0)
    found = comparisons.under_mix(row, GROUPS, {"a": 200, "b": 100})
    assert found.estimate == pytest.approx(row.interval.estimate)
    assert found.low == pytest.approx(row.interval.low, abs=0.01)


def test_the_change_is_the_difference_of_the_two_mixes():
    row = row_of("m", np.random.default_rng(7).random(300) < np.r_[np.full(200, 0.3), np.full(100, 0.9)])
    new = comparisons.under_mix(row, GROUPS, {"a": 1, "b": 3})
    found = comparisons.change_under_mix(row, GROUPS, {"a": 1, "b": 3})
    assert found.estimate == pytest.approx(new.estimate - row.interval.estimate)
    assert 0 < found.low < found.estimate < found.high
    same = comparisons.change_under_mix(row, GROUPS, {"a": 2, "b": 1})
    assert (same.estimate, same.low, same.high) == pytest.approx((0, 0, 0))


def test_intervals_under_a_mix_cover_the_truth():
    rng = np.random.default_rng(6)
    covered = 0
    for _ in range(200):
        hits = np.concatenate([rng.random(200) < 0.4, rng.random(100) < 0.8])
        found = comparisons.under_mix(row_of("m", hits), GROUPS, {"a": 1, "b": 3})
        covered += found.low <= 0.25 * 0.4 + 0.75 * 0.8 <= found.high
    assert 0.90 <= covered / 200 <= 0.99


def test_a_mix_that_cannot_be_had_is_refused():
    row = row_of("m", [1] * 300)
    with pytest.raises(ValueError, match="no item of it"):
        comparisons.under_mix(row, GROUPS, {"a": 1, "new": 1})
    with pytest.raises(ValueError, match="negative"):
        comparisons.under_mix(row, GROUPS, {"a": -1, "b": 2})


def test_groups_are_counted():
    found = comparisons.per_group([row_of("m", [1, 0, 1], ids=["i0", "i1", "i250"])], GROUPS)
    assert found == {"a": {"m": (1, 2)}, "b": {"m": (1, 1)}}


def test_the_plain_function_of_another_mix_agrees_with_the_interval():
    rng = np.random.default_rng(0)
    row = of_hits("m", rng.random(90) < 0.6)
    group_of = {item: "abc"[i % 3] for i, item in enumerate(row.ids)}
    mix = {"a": 3, "b": 1}
    found = comparisons.accuracy_under(row.correct, [group_of[item] for item in row.ids], mix)
    assert found == pytest.approx(comparisons.under_mix(row, group_of, mix).estimate)


def test_the_surest_change_is_found_among_all_and_corrected_for_their_number():
    rng = np.random.default_rng(0)
    steady = of_hits("steady", rng.random(400) < 0.6)
    group_of = {item: "ab"[i % 2] for i, item in enumerate(steady.ids)}
    moves = of_hits("moves", [group_of[item] == "a" for item in steady.ids])
    row, change, p_value = comparisons.most_changed([steady, moves], group_of, {"a": 3, "b": 1})
    assert row.method == "moves"
    assert change.estimate == pytest.approx(0.25)
    assert p_value < 0.001


def test_the_highest_share_has_no_rival_in_itself():
    hits = np.array([[1, 1, 1, 0], [1, 0, 0, 0]], dtype=bool)
    shares, p_values = comparisons.against_leader(hits)
    assert shares == [0.75, 0.25]
    assert p_values[0] == 1.0
    assert comparisons.against_leader(hits[:1]) == ([0.75], [1.0])


def test_a_standing_and_the_choice_among_ties_agree_on_who_is_surely_behind():
    rng = np.random.default_rng(5)
    for _ in range(20):
        chance = rng.random(200)
        hits = [np.where(rng.random(200) < 0.7, chance, rng.random(200)) < share for share in (0.8, 0.77, 0.7, 0.5)]
        found = comparisons.standing([row_of(f"m{i}", list(map(int, of))) for i, of in enumerate(hits)])
        shares, p_values = comparisons.against_leader(hits)
        behind = {f"m{i}" for i in range(4) if p_values[i] < 0.05 and max(shares) - shares[i] >= 0.03}
        assert {pair.second for pair in found.rivals} - set(found.tied) <= behind


OTHER_KINDS = {
    "a generator": lambda p_values: (p for p in comparisons.holm(p_values)),
    "arrays of one": lambda p_values: [np.array([p]) for p in comparisons.holm(p_values)],
    "a column": lambda p_values: comparisons.holm(p_values)[:, None],
    "fractions": lambda p_values: map(Fraction, comparisons.holm(p_values).tolist()),
}


@pytest.mark.parametrize("adjust", OTHER_KINDS.values(), ids=OTHER_KINDS)
def test_a_correction_may_come_in_any_kind_of_collection(adjust):
    hits = np.random.default_rng(4).random((4, 40)) < [[0.9], [0.5], [0.7], [0.6]]
    assert comparisons.all_p_values(hits, adjust) == comparisons.all_p_values(hits)
    assert comparisons.against_leader(hits, adjust) == comparisons.against_leader(hits)
    rows = rows_of(hits)
    assert comparisons.standing(rows, adjust) == comparisons.standing(rows)
    group_of, mix = {item: "ab"[i % 2] for i, item in enumerate(rows[0].ids)}, {"a": 3.0, "b": 1.0}
    found = comparisons.most_changed(rows, group_of, mix, adjust)
    assert found == comparisons.most_changed(rows, group_of, mix)
    assert f"{found[2]:.2g}"
