"""Held-back rows are stored sealed, and only rows that are whole and new."""

import json

import pytest

from helpers.lesson.checks import held_back
from helpers.tasks import intents
from helpers.tasks.files import DataError


@pytest.fixture
def sealed(tmp_path, monkeypatch):
    """A copy of the folder of sealed rows."""
    for path in held_back.FOLDER.glob("held_back_*.b85"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(held_back, "FOLDER", tmp_path)
    return tmp_path


def rows_of(name, capsys):
    assert held_back.main(["read", name]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.split("\n") if line]


@pytest.mark.parametrize(("name", "load"), [("intents", held_back.load_intents), ("changes", held_back.load_changes)])
def test_what_is_read_can_be_written_and_is_the_same(name, load, sealed, capsys):
    before, rows = load(), rows_of(name, capsys)
    (sealed / "rows.jsonl").write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
    assert held_back.main(["write", name, str(sealed / "rows.jsonl")]) == 0
    assert capsys.readouterr().out == f"{len(rows)} held-back rows of {name} are stored\n"
    assert load() == before
    assert rows_of(name, capsys) == rows


def test_a_changed_row_is_stored_whatever_signs_it_holds(sealed, capsys):
    rows = rows_of("intents", capsys)
    rows[0]["text"] = "Zähler steht\u2028auf \u00ab0\u00bb 😀"
    (sealed / "rows.jsonl").write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    held_back.write("intents", sealed / "rows.jsonl")
    assert held_back.load_intents()[0].text == rows[0]["text"]
    assert rows[0]["text"] not in (sealed / "held_back_intents.b85").read_text()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"label": "weather"}, "row 2: the label 'weather' is none of billing"),
        ({"text": " "}, "row 2: its text is empty"),
        ({"colour": "blue"}, "row 2: not a row of intents"),
        ({"text": intents.read("train")[0].text}, "row 2: .* is there already"),
        ({"id": intents.read("test")[0].id}, "row 2: .* is there already"),
    ],
)
def test_a_row_that_is_not_whole_or_not_new_is_refused_and_nothing_is_stored(change, said, sealed, capsys):
    before, rows = (sealed / "held_back_intents.b85").read_bytes(), rows_of("intents", capsys)
    rows[1] |= change
    (sealed / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    with pytest.raises(DataError, match=said):
        held_back.write("intents", sealed / "rows.jsonl")
    assert held_back.main(["write", "intents", str(sealed / "rows.jsonl")]) == 1
    assert (sealed / "held_back_intents.b85").read_bytes() == before


def test_a_missing_field_and_a_repeated_row_are_refused(sealed, capsys):
    rows = rows_of("changes", capsys)
    for held, said in (([rows[0], rows[0]], "is there already"), ([{"id": "x"}], "a row has id"), ([], "no row")):
        (sealed / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in held))
        with pytest.raises(DataError, match=said):
            held_back.write("changes", sealed / "rows.jsonl")


def test_a_wrong_command_is_told_the_right_one(capsys):
    for arguments in ([], ["read"], ["read", "replies"], ["write", "intents"]):
        assert held_back.main(arguments) == 2
        assert "intents or changes" in capsys.readouterr().err
