"""JSON answers as rows: three questions, each with its own answer."""

import pytest

from helpers.methods import forms, structured
from helpers.results import ledger
from helpers.tasks import change_requests

SCHEMA = change_requests.schema()
RIGHT = '{"title": "Move it", "risk": "%s", "rationale": "Nobody outside the team would notice."}'


@pytest.mark.parametrize(
    ("text", "json", "fits"),
    [
        (RIGHT % "low", True, True),
        (RIGHT % "none", True, False),
        ("Sure: " + RIGHT % "low", False, False),
        ("no object", False, False),
        ('{"risk": "low"}', True, False),
    ],
)
def test_each_question_has_its_own_answer(text, json, fits):
    request = change_requests.load("fresh")[0]
    lab = ledger.Lab("changes", labels=change_requests.RISKS, split="fresh", show=False)
    answers = [structured.read(text, SCHEMA, extracting=False, new_tokens=7)]
    row = forms.measure(lab, "a form", [request], lambda texts: answers, 96, rerun=True)
    assert (forms.is_json(row), forms.fits(row)) == ([json], [fits])
    assert sum(forms.outcomes(row)) == 1
    assert forms.outcomes(row)[2] == (not fits)
    assert row.new_tokens == [7] and row.token_limit == 96


class _Counts:
    """A model that can only count: a token a letter."""

    name, model = "counts", None

    def count_tokens(self, chat):
        return len(chat)


def test_a_row_knows_what_was_read_for_each_answer_once_a_call(monkeypatch):
    request = change_requests.load("fresh")[0]
    monkeypatch.setattr(ledger.measuring, "about", lambda model: {"model": "counts", "parameters": 1})
    lab = ledger.Lab("changes", _Counts(), labels=change_requests.RISKS, split="fresh", show=False)
    twice = structured.read("no object", SCHEMA, calls=2, new_tokens=3)
    told = {"prompts": lambda texts: ["abcd"], "rerun": True}
    row = forms.measure(lab, "retried", [request], lambda texts: [twice], 96, **told)
    assert (row.prompt_tokens, row.new_tokens) == ([8], [3])
