"""Choices are judged by what they earn: never by more than there is to earn, and the same for the same choice."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.results import regret

TESTS = st.integers(1, 6).flatmap(
    lambda k: st.tuples(*(st.lists(st.floats(0, 1), min_size=k, max_size=k) for _ in range(3)))
)


@given(TESTS)
def test_what_is_chosen_is_the_leader_or_ties_with_it_and_no_tie_is_cheaper(columns):
    shares, p_values, costs = columns
    chosen, lead = regret.cheapest_tie(shares, p_values, costs), max(shares)
    tied = [i for i in range(len(shares)) if p_values[i] >= 0.05 or lead - shares[i] < 0.03]
    assert chosen in tied
    assert all(costs[chosen] <= costs[i] for i in tied)


def test_a_choice_earns_nothing_above_itself_and_costs_decide_where_answers_are_worth_nothing():
    same = regret.difference(regret.highest, regret.highest, worth=1.0, count=5)
    assert (same.low, same.high) == (0, 0)
    saved = regret.difference(regret.highest, regret.cheapest_tie, worth=0.0, count=30)
    assert saved.low > 0


def test_the_worlds_are_as_described():
    for truth, dollars, hits in regret.worlds(20, methods=3, n=2000):
        assert hits.shape == (3, 2000)
        assert hits.mean(axis=1) == pytest.approx(truth, abs=0.06)
        assert (truth.min() >= 0.7, truth.max() <= 0.8, dollars.min() >= 0.01, dollars.max() <= 1) == (True,) * 4
        assert np.corrcoef(hits[0], hits[1])[0, 1] > 0.2


def test_a_choice_may_come_alone_in_an_array():
    def in_an_array(*columns):
        return np.array([regret.cheapest_tie(*columns)])

    found = regret.difference(regret.highest, in_an_array, worth=0.01, count=5)
    assert found == regret.difference(regret.highest, regret.cheapest_tie, worth=0.01, count=5)
