"""Files as ticket systems, survey tools, spreadsheets and programs for labeling export them: read right, and told."""

import json

import pytest
from own_files import PAIRS, lines
from test_own_reading import adds_up, finding, rows_of, save

from helpers.tasks.files import DataError
from helpers.tasks.own import reading

TEXTS, LABELS = [text for text, _ in PAIRS], [label for _, label in PAIRS]
NAMED = [{"message": text, "topic": label} for text, label in PAIRS]


def exactly_pairs(own):
    adds_up(own)
    assert sorted(rows_of(own).values()) == sorted(PAIRS)


SHAPES = {
    "below a name, in one line": {"meta": {"v": 1}, "data": NAMED},
    "deep below names": {"status": "ok", "response": {"data": {"items": NAMED}}},
    "attributes in an object": {"data": [{"id": str(i), "type": "t", "attributes": r} for i, r in enumerate(NAMED)]},
    "rows of a hub": {"features": [{"name": "x"}], "rows": [{"row_idx": i, "row": r} for i, r in enumerate(NAMED)]},
    "a list for each column, in one line": {"text": TEXTS, "label": LABELS},
    "an object for each column": {"message": dict(enumerate(TEXTS)), "topic": dict(enumerate(LABELS))},
    "an object for each row": dict(enumerate(NAMED)),
    "columns and data": {"columns": ["message", "topic"], "index": [*range(20)], "data": PAIRS},
    "a list of lists": PAIRS,
    "a list for each label": {label: [t for t, k in PAIRS if k == label] for label in ("billing", "fault")},
    "a list beside another": {"nlu": {"synonyms": [{"value": "x"}], "common_examples": NAMED}},
    "labels in a list of one": [{"text": t, "label": [k]} for t, k in PAIRS],
    "annotations": [
        {"data": {"text": t}, "annotations": [{"result": [{"value": {"choices": [k]}}]}]} for t, k in PAIRS
    ],
    "a choice that was accepted": [{"text": t, "options": [1, 2], "accept": [k], "answer": "accept"} for t, k in PAIRS],
}


@pytest.mark.parametrize("value", SHAPES.values(), ids=SHAPES)
def test_json_is_read_in_whatever_shape_a_program_gave_it(tmp_path, value):
    exactly_pairs(reading.read(save(tmp_path, json.dumps(value), "a.json")))
    exactly_pairs(reading.read(save(tmp_path, json.dumps(value, indent=1), "a.json")))


@pytest.mark.parametrize(
    "cells", [lambda t, k: [t, k], lambda t, k: {"text": t, "intent": k}], ids=["lists", "objects"]
)
def test_json_by_splits_keeps_the_splits(tmp_path, cells):
    rows = [cells(*pair) for pair in PAIRS]
    value = {"about": "x", "train": rows[::2], "val": rows[1::4], "test": rows[3::4], "oos_test": []}
    own = reading.read(save(tmp_path, json.dumps(value), "a.json"))
    exactly_pairs(own)
    assert {message.text for message in own.task.test} == set(TEXTS[3::4])


@pytest.mark.parametrize(
    "turns",
    [
        lambda t, k: {
            "messages": [{"role": "system", "content": "Sort."}, *_two(t, k, "role", "content", "assistant")]
        },
        lambda t, k: {"id": "7", "conversations": _two(t, k, "from", "value", "gpt")},
    ],
    ids=["messages", "conversations"],
)
def test_conversations_for_tuning_give_text_and_label(tmp_path, turns):
    own = reading.read(save(tmp_path, "".join(json.dumps(turns(*pair)) + "\n" for pair in PAIRS), "a.jsonl"))
    exactly_pairs(own)
    assert "what is said last is the label" in finding(own, "conversations").done


def _two(text, label, who, what, answers):
    return [{who: "user", what: text}, {who: answers, what: label}]


@pytest.mark.parametrize("between", ["\n", ",\n", " "])
def test_objects_one_after_another_over_several_lines_are_read(tmp_path, between):
    text = between.join(json.dumps(row, indent=2) for row in NAMED)
    exactly_pairs(reading.read(save(tmp_path, text, "a.json")))
    exactly_pairs(reading.read(save(tmp_path, f"[{text},]", "a.json")))


def test_broken_json_is_told_with_its_place(tmp_path):
    with pytest.raises(DataError, match="broken as a whole: line 3, character 7: .*Mend it there"):
        reading.read(save(tmp_path, '[\n {"text": "a"\n}, "b": 1\n', "a.json"))
    with pytest.raises(DataError, match="begins with '// made by us', not with a brace"):
        reading.read(save(tmp_path, "// made by us", "a.json"))


def test_the_longest_of_several_lists_is_read_and_the_others_are_named(tmp_path):
    own = reading.read(save(tmp_path, json.dumps({"rows": NAMED, "notes": [{"a": 1}, {"a": 2}]}), "a.json"))
    assert "'notes' (2 items)" in finding(own, "lists").what


def test_a_column_with_the_same_in_each_row_is_no_label(tmp_path):
    rows = [("Ticket", "web", f"T-{i}", text, "", label) for i, (text, label) in enumerate(PAIRS)]
    header = ("Type", "Label", "TicketId", "Description", "Tags", "Owner")
    own = reading.read(save(tmp_path, lines(rows, header=header)))
    exactly_pairs(own)
    assert "not read: 'Type', 'Label', 'TicketId', 'Tags'" in str(own)


def test_an_id_that_comes_again_is_no_label(tmp_path):
    rows = [(f"B{i % 3}", text, str(1 + (label == "fault"))) for i, (text, label) in enumerate(PAIRS)]
    assert reading.read(save(tmp_path, lines(rows, header=("ProductId", "Text", "Score")))).task.labels == ("1", "2")


def test_a_refusal_says_which_columns_were_read_and_which_there_are(tmp_path):
    rows = [(text, "x", label) for text, label in PAIRS]
    path = save(tmp_path, lines(rows, header=("message", "label", "queue")))
    with pytest.raises(
        DataError, match="the same label, 'x'(?s:.*)text from 'message', label from 'label'; not read: 'queue'"
    ):
        reading.read(path, label="label")
