"""What a reader is given for a question, and how it is asked: equal choices for every context."""

import pytest

from helpers.methods import search
from helpers.methods.retrieval import contexts, passages
from helpers.methods.retrieval.chunking import Chunk
from helpers.model.cache import Cache

CHUNK = Chunk("fees/0", "fees", "Fees", "public", "2026-01-01", "Late", 0, 27, "A late parcel costs $3.")


def test_every_context_may_try_as_many_forms_as_the_budget_of_a_search():
    made = contexts.forms()
    assert len({(f.wording, f.start, f.shown) for f in made}) == len(made) == search.BUDGET
    assert made[0] == contexts.Form("numbered", "", False)


@pytest.mark.parametrize("form", contexts.forms(), ids=str)
def test_a_form_asks_the_question_over_its_passages_and_begins_the_answer(form, small):
    chat = form.prompt(small, "What does a late parcel cost?", [CHUNK])
    asked = chat[-2] if form.start else chat[-1]
    assert "What does a late parcel cost?" in asked["content"] and CHUNK.text in asked["content"]
    assert (chat[-1] == {"role": "assistant", "content": form.start}) == bool(form.start)
    assert ("Tool library" in str(chat)) == form.shown


def test_without_a_passage_nothing_but_the_question_is_given(small):
    chat = contexts.Form("above", "", False).prompt(small, "What does it cost?", [])
    assert "(no passages)" in chat[-1]["content"] and passages.ABSTENTION not in str(chat)


def test_an_answer_keeps_its_start_and_counts_its_tokens(small):
    questions = [type("Q", (), {"question": "What does a late parcel cost?"})()]
    (said,) = contexts.Form("twice", "The answer is", False).answer(small, questions, [[CHUNK]])
    assert said.text.startswith("The answer is") and 0 < said.new_tokens <= contexts.TOKEN_LIMIT
    assert said.prompt[-1]["content"] == "The answer is" and said.prompt_tokens == small.count_tokens(said.prompt)


def test_forms_asked_side_by_side_answer_as_each_does_alone(small):
    text = "A parcel that is late by a day or more costs three dollars, whoever sent it. " * 4
    long = Chunk("fees/0", "fees", "Fees", "public", "2026-01-01", "Late", 0, len(text), text)
    asked = [
        type("Q", (), {"question": question})() for question in ("What does a late parcel cost?", "Who pays for it?")
    ]
    some = [form for form in contexts.forms() if (form.wording, form.shown) == ("twice", True)]
    together = contexts.beside(small, some, asked, [[long], [long, CHUNK]])
    assert list(together) == some
    assert together == {form: form.answer(small, asked, [[long], [long, CHUNK]]) for form in some}


def test_side_by_side_the_start_of_a_question_s_prompts_is_read_once(small, monkeypatch):
    read = []
    ever = Cache.read_tails
    monkeypatch.setattr(Cache, "read_tails", lambda self: read.append(sum(map(len, self.tails))) or ever(self))
    form, *others = [one for one in contexts.forms() if (one.wording, one.shown) == ("above", True)]
    questions = [type("Q", (), {"question": "What does a late parcel cost?"})()]
    made = contexts.beside(small, [form, *others], questions, [[CHUNK]])
    assert sum(read) < 1.3 * made[form][0].prompt_tokens
