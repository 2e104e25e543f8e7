"""Two methods of a task as a case of money: what a right answer costs, and nothing stops where a row is missing."""

import numpy as np
import pytest

from helpers.results import costs, judged, money
from helpers.results.evidence import Evidence
from tests.ledger_rows import of_hits

PRICES = costs.Prices(1.0, 0.1, 2.0, "a test")
PEOPLE = costs.People(wage=60, minutes_a_label=1, hours=2)


def rows(**tuned):
    how = {"new_tokens": [0] * 10, "model": "m"}
    return [
        of_hits("shown", [1] * 5 + [0] * 5, prompt_tokens=[400] * 10, labels_used=200, **how),
        of_hits("LoRA", [1] * 10, approach="tune", labels_used=500, **how, **tuned),
        of_hits("searcher", [1] * 10, approach="plain", seconds=[0.36] * 10),
    ]


def test_a_right_answer_pays_for_the_wrong_ones_and_for_the_search():
    found = money.rivals(rows(prompt_tokens=[100] * 10), "shown", "LoRA", "searcher")
    assert found.more_labels == 300
    assert found.of_one_right(found.new, PRICES) == pytest.approx(100e-6)
    search = costs.by_machine(0.36) / 1000
    assert found.of_one_right(found.old, PRICES) == pytest.approx((400e-6 + search) / 0.5)
    cases = found.cases(PRICES, PEOPLE, a_month=1000)
    assert list(cases) == list(costs.variations(PRICES))
    one = cases["as given"]
    assert one.fixed == pytest.approx(PEOPLE.outlay(300))
    assert "request" not in costs.break_even(one).statement
    for parts in (judged.per_right(found, cases), judged.left_out(found, cases, PEOPLE, costs.requests_needed)):
        ((_, given),) = parts.items()
        assert len(given) == len(cases) and all(isinstance(each, Evidence) for each in given)


@pytest.mark.parametrize("old", ["shown", "not measured"])
def test_without_a_row_or_its_tokens_the_articles_figures_stand_in_and_nothing_is_judged(old, capsys):
    found = money.rivals(rows(), old, "LoRA", "searcher")
    cases = found.cases(PRICES, PEOPLE)
    assert (cases["as given"].old, cases["as given"].new) == (0.02, 0.005)
    assert "not measured here" in capsys.readouterr().out
    assert (found.more_labels, judged.per_right(found, cases)) == (0, {})
    assert judged.left_out(found, cases, PEOPLE, costs.requests_needed) == {}


def test_how_many_pay_it_back_may_come_as_a_float_or_alone_in_an_array():
    found = money.rivals(rows(prompt_tokens=[100] * 10), "shown", "LoRA", "searcher")
    cases = found.cases(PRICES, PEOPLE, a_month=1000)
    for kind in (float, np.array, lambda count: np.array([count])):

        def needed(*given, kind=kind):
            return None if (count := costs.requests_needed(*given)) is None else kind(count)

        for name, case in cases.items():
            alone = {name: case}
            assert money.table(alone, needed) == money.table(alone, costs.requests_needed)
        wanted = judged.left_out(found, cases, PEOPLE, costs.requests_needed)
        assert judged.left_out(found, cases, PEOPLE, needed) == wanted


CASES = {
    "as given": costs.Case(400, 5e-5, 1e-5, 1_000_000, 10, 320, 6, unit=money.UNIT),
    "dear": costs.Case(400, 1e-3, 2e-4, 1_000_000, 10, 320, 6, unit=money.UNIT),
    "never": costs.Case(400, 1e-5, 1e-5, 1_000_000, 10, 320, 6, unit=money.UNIT),
}


def test_a_line_of_the_table_says_what_a_month_costs_and_what_is_left_when_all_is_counted():
    lines = [line.strip("| ").split(" | ") for line in money.table(CASES, costs.requests_needed).splitlines()]
    assert lines[2] == ["as given", r"\$50.00", r"\$10.00", "10,000,000", "no", r"-\$640.00"]
    assert lines[3] == ["dear", r"\$1,000.00", r"\$200.00", "500,000", "month 1", r"+\$17,600.00"]
    assert lines[4] == ["never", r"\$10.00", r"\$10.00", "never", "no", r"-\$1,600.00"]


def test_whether_tuning_pays_is_said_by_price_list_with_the_reason():
    assert money.pays(CASES) == (
        "All counted, tuning has paid for itself at 1 of 3 price lists: dear.\n"
        "As given it is not paid back: what 6 months save is no more than the next retraining costs; "
        "-$640.00 after 24 months."
    )
    assert "at none of 1 price list.\n" in money.pays({"as given": CASES["never"]})
    assert "at 1 of 1 price list.\nAs given it is paid back in month 1" in money.pays({"as given": CASES["dear"]})


def test_equal_prices_are_told_by_what_is_counted():
    assert "a right answer costs the same as now" in costs.break_even(CASES["never"]).statement
