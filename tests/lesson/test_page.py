"""The page says for each size what to try first, from rows alone, and that a size without rows has none."""

import numpy as np
import pytest

from helpers.lesson import page
from helpers.results import regret
from tests.ledger_rows import of_hits

METHODS = ("TF-IDF", "zero-shot prompt", "LoRA")
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
    head, *rest = page.lines("toy", METHODS, labels, regret.cheapest_tie)
    assert head == page.HEAD
    assert all(len(line) == len(head) for line in rest)
    return {line[0]: line for line in rest}


def test_each_size_gets_its_own_first_try_and_one_without_rows_says_so():
    found = lines(600)
    assert list(found) == list(page.ORDER)
    assert found["no language model"][1] == "TF-IDF"
    assert found["135M"][1] == found["0.5B"][1] == "LoRA"
    assert "TF-IDF reads no tokens and is better" in found["135M"][4]
    assert "TF-IDF reads no tokens and is worse" in found["0.5B"][4]
    assert found["1.5B"][1] == found["large"][1] == "not measured for this task"


def test_what_needs_more_labels_than_there_are_is_left_out_and_named():
    found = lines(10)
    assert found["135M"][1] == "zero-shot prompt"
    assert "with 600 labels LoRA had 0." in found["135M"][4]
    assert "needs 600 labels, and you have 10" in found["no language model"][1]
