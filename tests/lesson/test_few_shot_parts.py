"""The parts of lesson 03's verdicts come out of its rows, and what was not measured is missing from them."""

import pytest
from ledger_rows import of_hits, row

from helpers.lesson import few_shot_parts
from helpers.methods import same_labels
from helpers.methods.few_labels import BARE, BEST
from helpers.results import ledger
from helpers.tasks import change_requests

WORSE, BETTER = [1, 0, 0, 0, 1, 0, 0, 0], [1, 1, 1, 0, 1, 1, 0, 1]


@pytest.fixture(autouse=True)
def own_ledger(monkeypatch, tmp_path):
    monkeypatch.setattr(ledger, "path", lambda: tmp_path / "ledger.jsonl")


def compared(n, **ways):
    return same_labels.Compared(n, {way: [of_hits(f"{way}, {n}", hits)] for way, hits in ways.items()})


@pytest.mark.parametrize(("method", "judged"), [(BEST, True), (BARE, False)])
def test_a_gain_counts_against_the_best_prompt_alone(method, judged):
    best, draws = of_hits(method, WORSE), [of_hits(f"draw {n}", BETTER) for n in (1, 2)]
    for found in (
        few_shot_parts.of_examples(best, draws, None)["gain"],
        *few_shot_parts.of_points(best, *draws).values(),
    ):
        assert len(found) == judged
        assert all(one.interval.estimate == pytest.approx(0.5) for one in found)


def test_a_form_is_judged_by_what_fits_and_not_by_what_is_right():
    said = [change_requests.RISKS[0]] * 5 + ["no JSON"]
    draws = [of_hits(f"draw {n}", BETTER) for n in (1, 2)]
    best, form = of_hits(BEST, WORSE), row("form", said)
    found = few_shot_parts.of_examples(best, draws, form)["format"]
    assert found.counts == (5, 6) and sum(form.correct) == 0
    assert few_shot_parts.of_examples(best, draws, None)["format"] == ()


def test_many_shown_are_held_against_what_was_measured_at_their_number():
    nearest, shown, lora = of_hits("nearest", BETTER), same_labels.SHOWN, same_labels.LORA
    few, many = (compared(n, **{shown: WORSE, lora: BETTER}) for n in (6, few_shot_parts.MANY))
    assert set(few_shot_parts.of_many_shown([few, many], nearest)) == {"tuning", "retrieval"}
    without = compared(few_shot_parts.MANY, **{shown: WORSE})
    assert set(few_shot_parts.of_many_shown([without], nearest)) == {"retrieval"}
    assert few_shot_parts.of_few_labels([without]) == {f"{few_shot_parts.MANY} labels": []}
    with pytest.raises(ValueError, match="compared were 6"):
        few_shot_parts.of_many_shown([few], nearest)
