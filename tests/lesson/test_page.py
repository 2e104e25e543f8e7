"""The page says for each size what to try first, from rows alone, and that a size without rows has none."""

import re
from dataclasses import replace

import numpy as np
import pytest

from helpers.lesson import page
from helpers.methods import recorded
from helpers.results import costs, lookup, overview, regret
from tests.ledger_rows import of_hits

WANTED = overview.Wanted("test", "a toy", dict.fromkeys(("TF-IDF", "zero-shot prompt", "LoRA"), "what it does"))
SMALL, MIDDLE = "SmolLM2-135M-Instruct", "Qwen2.5-0.5B-Instruct"


@pytest.fixture(autouse=True)
def measured(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path))
    chance = np.random.default_rng(0).random(200)
    of_hits("TF-IDF", chance < 0.8, approach="plain", labels_used=600)
    for model, parameters, shares in ((SMALL, 134_515_008, (0.3, 0.7)), (MIDDLE, 494_032_768, (0.5, 0.85))):
        known = {"model": model, "parameters": parameters, "new_tokens": [3] * 200}
        of_hits("zero-shot prompt", chance < shares[0], prompt_tokens=[80] * 200, **known)
        of_hits("LoRA", chance < shares[1], approach="tune", labels_used=600, prompt_tokens=[50] * 200, **known)


def lines(labels):
    found = page.lines("toy", WANTED, labels, regret.cheapest_tie)
    head, *rest = page.cells(found)
    assert head == page.HEAD
    assert all(len(line) == len(head) for line in rest)
    return {line[0]: line for line in rest}


def test_each_size_gets_its_own_first_try_and_one_without_rows_says_so():
    found = lines(600)
    assert list(found) == list(page.ORDER)
    assert found["no language model"][1] == "TF-IDF"
    assert found["135M"][1] == found["0.5B"][1] == "LoRA"
    assert "TF-IDF, without a language model, is right more often" in found["135M"][4]
    assert "TF-IDF, without a language model, is right less often" in found["0.5B"][4]
    assert found["1.5B"][1] == found["large"][1] == "not measured for this task"


def test_what_needs_more_labels_than_there_are_is_left_out_and_named():
    found = lines(10)
    assert found["135M"][1] == page.FEW.format("zero-shot prompt")
    assert "with 600 labels LoRA had 0." in found["135M"][4]
    assert "needs 600 labels, and you have 10" in found["no language model"][1]


def test_with_few_labels_rows_of_fewer_take_part_and_with_enough_they_do_not(monkeypatch):
    small = {"model": SMALL, "parameters": 134_515_008}
    of_hits("LoRA, 48 labels", np.arange(200) < 120, approach="tune", labels_used=48, **small)
    assert lines(200)["135M"][1] == page.FEW.format("zero-shot prompt")
    monkeypatch.setitem(page.main_rows.FEWER, "toy", {"LoRA, 48 labels": "LoRA of 48"})
    assert lines(200)["135M"][1] == "LoRA of 48"
    assert lines(40)["135M"][1] == page.FEW.format("zero-shot prompt")
    assert lines(600)["135M"][1] == "LoRA"
    assert "48" not in lines(600)["135M"][4]


def test_three_hundred_labels_have_a_page_of_rows_that_learned_from_some_two_hundred():
    table = page.lines("intents", page.main_rows.MAIN["intents"], 300, regret.cheapest_tie)
    tried = {line.size: line.told for line in table}
    assert tried["no language model"] == "MiniLM + logistic regression, 221 short messages"
    assert tried["135M"] == "LoRA, 240 labels"
    learned = {row.method: row.labels_used for row in lookup.rows("intents", "test", reference=True)}
    for method, shown in page.main_rows.FEWER["intents"].items():
        count = re.search(r"\b(48|50|221|240)\b", shown)
        assert not count or learned[method] == int(count[0])


def test_ones_own_prices_reach_the_page():
    dear = costs.Prices(1500, 1500, 6000, "ten thousand times as dear")
    cheap, paid = (
        page.lines("toy", WANTED, 600, regret.cheapest_tie, prices)[1] for prices in (costs.EXAMPLE_PRICES, dear)
    )
    assert float(paid.dollars) == pytest.approx(10_000 * float(cheap.dollars), rel=0.2)


def test_whether_the_size_matters_is_said_by_the_lines_themselves():
    found = page.lines("toy", WANTED, 600, regret.cheapest_tie)
    assert page.differs(found) == "With a language model the first thing to try is the same at 135M and 0.5B: LoRA."
    other = [replace(line, method="another") if line.size == "0.5B" else line for line in found]
    assert "changes with the size: LoRA at 135M; another at 0.5B" in page.differs(other)
    alone = [line for line in found if line.size != "0.5B"]
    assert "Several methods were measured at 1 of the 3 small sizes" in page.differs(alone)


def test_a_size_at_which_one_method_alone_was_measured_is_no_choice_and_says_so():
    found = [line for line in page.lines("toy", WANTED, 600, regret.cheapest_tie) if line.size != "1.5B"]
    of_hits(
        "LoRA", np.arange(200) < 120, model="Qwen2.5-1.5B-Instruct", parameters=1_543_714_304, prompt_tokens=[9] * 200
    )
    lone = next(line for line in page.lines("toy", WANTED, 600, regret.cheapest_tie) if line.size == "1.5B")
    assert lone.cells[1:3] == ("no choice: only “LoRA” was measured", lone.right)
    assert page.differs([*found, lone]) == (
        "With a language model the first thing to try is the same at 135M and 0.5B: LoRA. "
        "At 1.5B there was one method alone: nothing was chosen."
    )


def test_the_page_begins_with_whether_a_plain_method_will_do_and_names_the_hosted_model():
    found = page.lines("toy", WANTED, 600, regret.cheapest_tie)
    behind = "TF-IDF needs no language model, and is measurably behind at 0.5B."
    assert page.first(found) == behind
    few = [line for line in found if line.size != "0.5B"]
    assert page.first(few) == (
        "Begin with TF-IDF: it needs no language model, and at 135M nothing that was measured is measurably better."
    )
    large = page.Line("large", "asked", "asked", "0.9 [0.8, 1.0]", plain=page.LESS)
    beside = " Where a hosted model may be asked, measure one beside it: large had 0.9 [0.8, 1.0]."
    assert page.first([*few, large]) == page.first(few) + beside
    assert page.first([*found, large]) == behind + beside
    none = [replace(line, method="") if line.size == page.ORDER[0] else line for line in found]
    assert page.first(none).startswith("No method without a language model")


def test_of_a_large_model_only_answers_to_questions_count_and_no_annotator_of_the_test_set():
    for task, split in (("intents", "test"), ("changes", "fresh"), ("policy_qa_plain", "test")):
        found = page.rows_of(task, overview.Wanted(split, "", {}))["large"]
        assert {row.method for row in found} <= set(page.LARGE.values())
        assert all(row.model == recorded.MODEL for row in found)
