"""Recorded rows of a large model: whole, asked with the lessons' prompts, without gold in view."""

import pytest

from helpers.methods import recorded
from helpers.methods.retrieval import passages
from helpers.results import lookup
from helpers.tasks import change_requests, intents, policies


@pytest.fixture(scope="module")
def rows():
    return recorded.rows()


def test_every_row_is_of_the_large_model_and_none_of_ours(rows):
    assert {row.model for row in rows} == {recorded.MODEL} and all(row.reference and row.made for row in rows)
    assert len({(row.task, row.split, row.method) for row in rows}) == len(rows) == 10


def test_sets_hold_each_item_of_their_split_once():
    questions = {q.id for tier in policies.TIERS for q in policies.load_policy_questions("test", tier=tier)}
    wanted = {
        "closed_book": questions,
        "documents": questions,
        "category": {message.id for message in intents.read("test")},
        "json_strict": {item.id for item in change_requests.load("fresh")},
        "json_schema": {item.id for item in change_requests.load("fresh")},
    }
    assert set(recorded.prompts()) == set(wanted)
    for name, ids in wanted.items():
        assert set(recorded.answers(name)) == ids, name


def test_the_prompts_are_those_of_the_lessons():
    asked = {name: entry["messages"] for name, entry in recorded.prompts().items()}
    assert asked["closed_book"] == policies.CLOSED_BOOK.messages("{text}")
    made = passages.write_prompt("{text}", [], lambda messages: 0, examples=()).messages
    made[-1]["content"] = made[-1]["content"].replace("(no passages)", "{passages}")
    assert asked["documents"] == made


def test_a_document_in_the_prompt_is_the_right_one_where_there_is_one():
    asked = {q.id: q for tier in policies.TIERS for q in policies.load_policy_questions("test", tier=tier)}
    for item, row in recorded.answers("documents").items():
        if asked[item].answerable:
            assert row["documents"] == list(asked[item].documents), item
        else:
            assert len(row["documents"]) == 1, item


def test_a_recorded_row_is_not_tested_against_another_model(rows):
    from ledger_rows import of_hits

    ours = of_hits("m", [1, 0], model="SmolLM2-135M-Instruct")
    with pytest.raises(ValueError, match="different language models"):
        lookup.check_models([rows[0], ours])


def test_the_datasheet_tells_the_figures_as_they_are(rows):
    sheet = (recorded.FOLDER / "DATASHEET.md").read_text(encoding="utf-8")
    assert recorded.table() in sheet
