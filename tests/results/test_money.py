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
    assert "1,000 right answers cost $0.8" in money.told("as given", one, costs.requests_needed)
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
            assert money.told(name, case, needed) == money.told(name, case, costs.requests_needed)
        wanted = judged.left_out(found, cases, PEOPLE, costs.requests_needed)
        assert judged.left_out(found, cases, PEOPLE, needed) == wanted
