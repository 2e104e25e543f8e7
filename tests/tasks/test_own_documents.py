"""The page on documents of one's own shows what the code does with its example."""

import re

import pytest

from helpers.machine import runtime
from helpers.methods.own import document_rungs
from helpers.tasks import grading
from helpers.tasks.own import documents

PAGE = (runtime.ROOT / "docs" / "own_documents.md").read_text(encoding="utf-8")


@pytest.fixture
def example(tmp_path, monkeypatch):
    fees, hours, questions, _ = re.findall(r"```\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "fees.md").write_text(fees)
    (tmp_path / "tools" / "hours.html").write_text(hours)
    (tmp_path / "questions.csv").write_text(questions)
    monkeypatch.chdir(tmp_path)
    return documents.read("tools", "questions.csv")


def rows(heading):
    part = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    table = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in re.findall(r"^\|.*$", part, re.M)]
    return table[2:]


def test_the_example_is_read_as_the_page_shows(example):
    assert re.findall(r"```\n(.*?)```", PAGE, re.DOTALL)[-1] == f"{example}\n"


def test_its_rungs_are_those_of_the_ladder():
    assert rows("The rungs") == [(rung.name, rung.says) for rung in document_rungs.rungs()]


def test_its_verdicts_are_the_graders(example):
    told = rows("What *right* means")
    assert len(told) == 4
    assert told == [(text, grading.grade(example.test[0], text).verdict) for text, _ in told]
    assert all(f"`{kind}`" in PAGE for kind in documents.KINDS)


def test_the_lesson_leads_to_it():
    assert "(../docs/own_documents.md)" in (runtime.ROOT / "notebooks" / "source" / "09_your_task.py").read_text()


GERMAN = "Die Rückgabe der Ware ist möglich, solange die Rechnung dabei ist und niemand sie geöffnet hat. " * 5


@pytest.mark.parametrize(
    ("text", "said"),
    [("A late tool costs $2 a day, and you pay it when you bring the tool back to the desk. " * 5, False)]
    + [(text, True) for text in (GERMAN, "Возврат возможен в течение 30 дней. " * 6, "商品の返品は可能です。" * 8)],
    ids=["English", "German", "Russian", "Japanese"],
)
def test_documents_that_are_not_english_are_said_to_be_searched_badly(tmp_path, text, said):
    """Words are cut and compared as English has them: of other scripts that search may find nothing at all."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "one.md").write_text(text, encoding="utf-8")
    (tmp_path / "questions.csv").write_text("question,answer\nWhat?,not stated\nWho?,not stated\n")
    found = [str(one) for one in documents.read(tmp_path / "docs", tmp_path / "questions.csv").findings]
    assert [one for one in found if one.startswith("The documents do not look English")] == found
    assert bool(found) == said


def test_the_page_says_which_language_is_searched_well():
    assert "**In English.**" in PAGE
