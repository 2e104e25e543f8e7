"""JSON answers as rows: three questions, each with its own answer."""

import json
from types import SimpleNamespace

import jsonschema
import pytest

from helpers.methods import forms, structured
from helpers.results import ledger
from helpers.tasks import change_requests

SCHEMA = change_requests.schema()
RIGHT = '{"title": "Move it", "risk": "%s", "rationale": "Nobody outside the team would notice."}'


@pytest.mark.parametrize(
    ("text", "whole", "fits"),
    [
        (RIGHT % "low", True, True),
        (RIGHT % "none", True, False),
        ("Sure: " + RIGHT % "low", False, False),
        ("no object", False, False),
        ('{"risk": "low"}', True, False),
    ],
)
def test_each_question_has_its_own_answer(text, whole, fits):
    request = change_requests.load("fresh")[0]
    lab = ledger.Lab("changes", labels=change_requests.RISKS, split="fresh", show=False)
    answers = [structured.read(text, SCHEMA, extracting=False, new_tokens=7)]
    row = forms.measure(lab, "a form", [request], lambda texts: answers, 96, rerun=True)
    assert (forms.is_json(row), forms.fits(row)) == ([whole], [fits])
    assert sum(forms.outcomes(row)) == 1
    assert forms.outcomes(row)[2] == (not fits)
    assert row.new_tokens == [7] and row.token_limit == 96


def test_the_rules_that_answers_break_are_counted():
    requests = change_requests.load("fresh")[:4]
    lab = ledger.Lab("changes", labels=change_requests.RISKS, split="fresh", show=False)
    texts = [RIGHT % "low", RIGHT % "none", "no object", '{"risk": "none"}']
    answers = [structured.read(text, SCHEMA, extracting=False) for text in texts]
    row = forms.measure(lab, "a form", requests, lambda texts: answers, 96, rerun=True)
    assert forms.complaints(row, SCHEMA, 1) == ["2 of 4: $.risk breaks enum"]
    assert "1 of 4: no JSON" in forms.complaints(row, SCHEMA, 9)


def test_rules_broken_equally_often_stand_in_the_order_of_the_schema():
    """Not in that of a set, which is another one in each process."""
    wrong = '{"risk": "none", "change": 7, "more": 1, "still": 2}'
    errors = jsonschema.Draft202012Validator(SCHEMA).iter_errors(json.loads(wrong))
    order = list(dict.fromkeys(f"{error.json_path} breaks {error.validator}" for error in errors))
    assert len(order) > 2
    assert forms.complaints(SimpleNamespace(answers=[wrong], n=1), SCHEMA, 9) == [f"1 of 1: {one}" for one in order]


def test_a_model_is_asked_once_for_each_request_and_its_texts_are_kept_as_they_are():
    requests = change_requests.load("fresh")[:2]
    texts = [RIGHT % requests[0].risk, f"Sure: {RIGHT % requests[1].risk}"]
    made = SimpleNamespace(texts=texts, new_tokens=[30, 33])
    lm = SimpleNamespace(generate=lambda chats, **_: made, count_tokens=lambda chat: len(chat[-1]["content"]))
    found = forms.judged(lm, change_requests.prompt, requests)
    assert [answer.right for answer in found] == [True, False]
    assert [answer.prompt_tokens for answer in found] == [len(request.text) for request in requests]
    row = ledger.Lab("changes", split="fresh", show=False).measure(
        "asked", requests, lambda _: found, approach="prompt", rerun=True
    )
    assert forms.whole(row, forms.form) == [True, False]


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
