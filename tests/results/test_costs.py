"""Break-even agrees with stepping through the months, whatever the figures, and says in words where there is none."""

from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpers.results import costs
from helpers.results.costs import Case

CENTS = st.integers(0, 10_000).map(lambda n: n / 1000)
CASES = st.builds(
    Case,
    fixed=st.one_of(st.just(0.0), st.integers(0, 1_000_000).map(lambda n: n / 100)),
    old=CENTS,
    new=CENTS,
    requests=st.one_of(st.just(0), st.integers(0, 5000), st.just(10**12)),
    upkeep=st.one_of(st.just(0.0), CENTS.map(lambda x: 100 * x)),
    retrain=st.one_of(st.just(0.0), CENTS.map(lambda x: 100 * x)),
    retrain_every=st.integers(0, 13),
    horizon=st.integers(1, 60),
)


def simulate(case):
    """Step through the months in decimal arithmetic, paying and saving as it comes: the slow, obvious way."""

    def money(value):
        return Decimal(repr(float(value)))

    purse = -money(case.fixed)
    purses = []
    for month in range(1, case.horizon + 1):
        if case.retrain_every and month > 1 and (month - 1) % case.retrain_every == 0:
            purse -= money(case.retrain)
        purse += money(case.requests) * money(case.old)
        purse -= money(case.requests) * money(case.new)
        purse -= money(case.upkeep)
        purses.append(purse)
    month = next((m for m, purse in enumerate(purses, start=1) if purse >= 0), None)
    lasts = month is not None and all(purse >= 0 for purse in purses[month - 1 :])
    return month, lasts, float(purses[-1])


@settings(max_examples=600, deadline=None)
@given(CASES)
@example(Case(500, 0.02, 0.005, 10_000))
@example(Case(500, 0.02, 0.02, 10_000))  # equal cost
@example(Case(500, 0.005, 0.02, 10_000))  # dearer
@example(Case(0, 0.005, 0.02, 10_000))
@example(Case(0, 0.02, 0.02, 0))
@example(Case(500, 0.02, 0.005, 0))  # zero volume
@example(Case(500, 0.02, 0.005, 10**15))  # huge volume
@example(Case(100, 0.02, 0.01, 10_000, retrain=150, retrain_every=1))
@example(Case(100, 0.02, 0.01, 10_000, retrain=350, retrain_every=3, horizon=12))
def test_break_even_agrees_with_a_simulation(case):
    found = costs.break_even(case)
    month, lasts, gain = simulate(case)
    assert found.month == month
    assert ("though a retraining" in found.statement) == (month is not None and not lasts)
    assert found.gain == pytest.approx(gain, abs=1e-6, rel=1e-12)
    if month is None:
        assert "paid back" in found.statement
        assert found.requests is None
    else:
        assert f"month {month}" in found.statement
        assert found.requests == month * case.requests


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**6).map(lambda n: n / 100), CENTS, CENTS)
def test_requests_needed_is_the_smallest_number_that_pays(fixed, old, new):
    needed = costs.requests_needed(fixed, old, new)
    saving = Decimal(repr(old)) - Decimal(repr(new))
    if needed is None:
        assert saving < 0 or (saving == 0 and fixed > 0)
    else:
        assert needed * saving >= Decimal(repr(fixed))
        assert needed == 0 or (needed - 1) * saving < Decimal(repr(fixed))


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (Case(500, 0.02, 0.02, 10), "costs the same as now, so nothing is saved"),
        (Case(500, 0.005, 0.02, 10), "each request costs $0.015 more"),
        (Case(500, 0.02, 0.005, 0), "without requests nothing is saved"),
        (Case(500, 0.02, 0.005, 1000, upkeep=20), "upkeep of $20.00 a month eats the saving of $15.00"),
        (Case(500, 0.02, 0.005, 1000, horizon=6), "not paid back within 6 months"),
        (Case(90, 0.02, 0.01, 10_000, retrain=400, retrain_every=3), "month 1, after 10,000 requests, though"),
        (Case(500, 0.02, 0.01, 10_000, retrain=301, retrain_every=3), "no more than the next retraining costs"),
    ],
)
def test_every_reason_is_said(case, words):
    assert words in costs.break_even(case).statement


def test_the_articles_formula_has_the_faults_that_the_lesson_shows():
    assert costs.article_formula(500, 0.02, 0.005) == 33_333
    assert costs.requests_needed(500, 0.02, 0.005) == 33_334
    with pytest.raises(ZeroDivisionError):
        costs.article_formula(500, 0.02, 0.02)
    assert costs.article_formula(500, 0.005, 0.02) < 0


def test_costs_follow_tokens_prices_and_seconds():
    prices = costs.Prices(1.0, 0.1, 4.0, "round figures")
    assert costs.by_tokens(1000, 0, prices) == pytest.approx(1.0)  # 1,000 requests of 1,000 tokens are a million
    assert costs.by_tokens(1000, 0, prices, cached_tokens=1000) == pytest.approx(0.1)
    assert costs.by_tokens(0, 1000, prices) == pytest.approx(4.0)
    assert costs.by_tokens(600, 50, prices, cached_tokens=400) == pytest.approx(0.2 + 0.04 + 0.2)
    assert costs.by_machine(3.6, 2.0) == pytest.approx(2.0)  # 1,000 requests are an hour


def test_wrong_figures_are_named():
    with pytest.raises(ValueError, match="at most all of it"):
        costs.by_tokens(10, 0, cached_tokens=11)
    with pytest.raises(ValueError, match="fixed must be"):
        Case(-1, 0.1, 0.1, 1)
    with pytest.raises(ValueError, match="requests must be"):
        Case(1, 0.1, 0.1, float("nan"))
    with pytest.raises(ValueError, match="whole months"):
        Case(1, 0.1, 0.1, 1, horizon=0)
    with pytest.raises(ValueError, match="above 1"):
        costs.sensitivity(Case(1, 0.2, 0.1, 1), 1.0)
    with pytest.raises(ValueError, match="read must be"):
        costs.Prices(-1, 0, 0, "")


def test_sensitivity_changes_one_figure_at_a_time():
    case = Case(500, 0.02, 0.005, 10_000, upkeep=50)
    found = costs.sensitivity(case, 2)
    assert set(found) == {"fixed", "old", "new", "requests", "upkeep"}
    assert found["fixed"][1] == costs.break_even(Case(1000, 0.02, 0.005, 10_000, upkeep=50))
    assert found["requests"][0] == costs.break_even(Case(500, 0.02, 0.005, 5_000, upkeep=50))
    assert found["old"][0].month is None or found["old"][0].month > costs.break_even(case).month
