"""Rows are asked for by one table: newest names first, older ones where these are missing, a word if none is."""

import pytest

from helpers.lesson import main_rows
from helpers.machine import runtime
from helpers.methods import wording
from helpers.results import lookup
from tests.ledger_rows import of_hits

MODEL = lookup.current_model()


@pytest.fixture(autouse=True)
def nothing_shipped(monkeypatch, tmp_path):
    monkeypatch.setattr(lookup, "REFERENCE", tmp_path / "none.jsonl")


def test_what_runs_and_what_is_proposed_are_the_first_rows_that_are_there():
    with pytest.raises(KeyError, match="lessons 02 and 03"):
        main_rows.running()
    of_hits("few-shot, 8 nearest", [1, 1, 0], task="intents", model=MODEL)
    of_hits("zero-shot prompt", [1, 0, 0, 1], task="intents", model=MODEL)
    assert [row.method for row in main_rows.running()] == ["few-shot, 8 nearest", "zero-shot prompt"]
    assert {tuple(row.ids) for row in main_rows.running()} == {("i0", "i1", "i2")}, "the items that both have"
    of_hits(main_rows.PROMPT, [1, 0, 1], task="intents", model=MODEL)
    of_hits(main_rows.SHOTS, [1, 0, 1], task="intents", model=MODEL)
    assert [row.method for row in main_rows.running()] == [main_rows.SHOTS, main_rows.PROMPT]


def test_the_name_of_the_shipped_adapters_row_stands_in_one_place():
    files = [file for place in ("helpers", "notebooks/source") for file in (runtime.ROOT / place).rglob("*.py")]
    typed = [file.name for file in files if f'"{wording.SHIPPED}"' in file.read_text(encoding="utf-8")]
    assert typed == ["wording.py"]


def test_only_rows_that_keep_their_answers_can_be_rated():
    kept = {"answers": {"i0": "one"}}
    with pytest.raises(KeyError, match="measure.py questions"):
        main_rows.to_rate()
    for name in main_rows.TO_RATE["policy_qa"]:
        of_hits(name, [1], task="policy_qa", details=kept)
    of_hits(main_rows.SHORT, [1], task=main_rows.QUESTIONS, details=kept)
    of_hits(main_rows.LONG, [1], task=main_rows.QUESTIONS)
    assert main_rows.to_rate()[0].task == "policy_qa"
    of_hits(main_rows.LONG, [0], task=main_rows.QUESTIONS, details=kept)
    assert [row.method for row in main_rows.to_rate()] == [main_rows.SHORT, main_rows.LONG]


def test_the_table_names_every_row_once_and_what_prompting_and_tuning_stand_for():
    assert {main_rows.PROMPT, main_rows.SHOTS, main_rows.TUNED} <= set(main_rows.MAIN["intents"].methods)
    assert {main_rows.SHORT, main_rows.LONG} <= set(main_rows.MAIN[main_rows.QUESTIONS].methods)
    for pairing in main_rows.BEFORE_AFTER:
        assert not set(pairing.prompts) & set(pairing.tuned)
        if pairing.task in main_rows.MAIN:
            assert pairing.split == main_rows.MAIN[pairing.task].split
            assert pairing.tuned[0] in main_rows.MAIN[pairing.task].methods


def test_the_same_training_under_another_name_stands_in_only_where_the_row_itself_is_missing():
    other = main_rows.STAND_IN[main_rows.TUNED]
    both = [of_hits(name, [1, 0], task="intents", model=MODEL) for name in (main_rows.TUNED, other)]
    alone = of_hits(other, [1, 1], task="intents", model="Qwen2.5-Coder-0.5B-Instruct")
    rows = main_rows.with_stand_ins([*both, alone])
    found = {row.language_model: row.correct for row in rows if row.method == main_rows.TUNED}
    assert found == {MODEL: both[0].correct, "Qwen2.5-Coder-0.5B-Instruct": alone.correct}
    assert len(rows) == 4
