"""What a quick judge says is corrected by its errors; the interval has a width, digits that it bears, or a reason."""

import re
from fractions import Fraction

import numpy as np
import pytest

from helpers.results import quick_judge

GRADED = np.array([True] * 13 + [False] * 159)
STRICT = np.array([True] * 3 + [False] * 10 + [True] * 2 + [False] * 157)


def test_a_judges_share_is_corrected_by_its_rates_and_the_interval_holds_the_truth():
    rng = np.random.default_rng(0)
    truth, graded = rng.random(400) < 0.6, rng.random(300) < 0.5

    def judged(real):
        return np.where(real, rng.random(len(real)) < 0.85, rng.random(len(real)) < 0.25)

    found = quick_judge.corrected_interval(judged(truth), judged(graded), graded)
    assert found.low < truth.mean() < found.high
    assert quick_judge.corrected(0.05, 0.9, 0.8) == 0.0
    assert re.fullmatch(r"0\.\d+ \[0\.\d+, 0\.\d+\]", quick_judge.told(judged(truth), judged(graded), graded))
    assert "a coin would tell as much" in quick_judge.told([True, False], [False, False], [True, False])
    with pytest.raises(ValueError, match="tells nothing"):
        quick_judge.corrected(0.5, 0.5, 0.5)
    with pytest.raises(ValueError, match="both kinds"):
        quick_judge.judge_rates([True], [True])


@pytest.mark.parametrize("right", [0, 1, 3])
def test_an_interval_at_the_edge_has_a_width_and_says_why_it_is_there(right):
    called = np.arange(120) < right
    found = quick_judge.corrected_interval(called, STRICT, GRADED)
    assert found.low == 0 and found.high > 0.02
    told = quick_judge.told(called, STRICT, GRADED)
    assert ("cut at 0" in told) == (right / 120 < 2 / 159)


def test_a_judge_that_errs_otherwise_than_it_did_is_told():
    loud = np.array([True] * 9 + [False] * 4 + [True] * 60 + [False] * 99)
    assert "errs in another way" in quick_judge.told([False] * 120, loud, GRADED)


@pytest.mark.parametrize(("true", "right_as_right", "wrong_as_wrong"), [(0.0, 0.7, 0.9), (0.03, 0.25, 0.985)])
def test_19_of_20_intervals_hold_the_truth_near_the_edge_too(true, right_as_right, wrong_as_wrong):
    rng = np.random.default_rng(0)
    held = []
    for _ in range(150):
        real = rng.random(120) < true
        called, said = (
            np.where(kind, rng.random(len(kind)) < right_as_right, rng.random(len(kind)) > wrong_as_wrong)
            for kind in (real, GRADED)
        )
        if sum(quick_judge.judge_rates(said, GRADED)) > 1:
            found = quick_judge.corrected_interval(called, said, GRADED)
            held.append(found.low <= true <= found.high)
    assert len(held) > 100
    assert np.mean(held) > 0.9


def test_calls_are_counted_for_each_grade_apart():
    grades = ["right"] * 13 + ["wrong"] * 141 + ["abstained"] * 18
    lines = quick_judge.calls(STRICT, grades).splitlines()
    assert [line.split(",")[0].strip() for line in lines] == [
        "graded right: it calls 3 of 13 right",
        "graded abstained: it calls 0 of 18 right",
        "graded wrong: it calls 2 of 141 right",
        "in all it errs on 12 of 172",
    ]


def test_a_correction_may_be_a_fraction_or_stand_alone_in_an_array():
    called, said, truth = [True] * 30 + [False] * 20, [True, True, False, False] * 5, [True, False, False, False] * 5
    wanted = quick_judge.told(called, said, truth)
    for kind in (Fraction, lambda share: np.array([share]), np.array):
        assert quick_judge.told(called, said, truth, lambda *given, k=kind: k(quick_judge.corrected(*given))) == wanted
