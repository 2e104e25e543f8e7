"""Rows of other lessons are timed on prompts that are built again: whichever form a row chose, its hashes tell."""

import dataclasses

import numpy as np
import pytest

from helpers.lesson import main_rows, own_prompts
from helpers.methods.few_shot import FewShotPrompt
from helpers.model import embedding
from helpers.results import latency, measuring
from helpers.results.comparisons import Together
from helpers.results.latency import Timed
from helpers.tasks import intents
from tests.ledger_rows import of_hits, row


class Words:
    """A model that counts words, and keeps what it is asked."""

    def count_tokens(self, text):
        return len(text.split())


def vectors(_, texts):
    made = np.array([[len(text), text.count("e"), text.count("a"), 1.0] for text in texts])
    return made / np.linalg.norm(made, axis=1, keepdims=True)


SPACED = {label: f" {word}" for label, word in intents.WORDS.items()}


@pytest.mark.parametrize("order", list(own_prompts.ORDERS))
@pytest.mark.parametrize(
    "form",
    [
        FewShotPrompt(SPACED, template=own_prompts.ASKED, start=own_prompts.START),
        FewShotPrompt(dict(intents.NAMES), intents.SYSTEM),
    ],
)
def test_the_form_and_order_that_a_row_chose_are_found_again(monkeypatch, form, order):
    monkeypatch.setattr(embedding, "embed", vectors)
    items, lm = intents.read("test")[:3], Words()
    pool = [one for one in intents.read("train") if lm.count_tokens(one.text) <= own_prompts.SHOWN_TOKENS]
    found = own_prompts.few_shot.nearest_examples(
        vectors(None, [one.text for one in pool]), vectors(None, [item.text for item in items]), 4
    )
    shown = [own_prompts.ORDERS[order]([pool[i] for i in one]) for one in found]
    chats = [form.messages(some, item.text) for some, item in zip(shown, items, strict=True)]
    known = row(main_rows.SHOTS, task="intents", items=items, settings={"k": 4, "order": order, "words": "any"})
    known = dataclasses.replace(known, prompts=measuring.hash_prompts(chats))
    _, prompts = own_prompts._nearest(known, lm, None, items)
    assert prompts == chats
    assert latency.same_prompts(known, items, prompts)


def test_latency_is_judged_on_what_was_timed_and_left_out_where_nothing_was():
    rows = [of_hits(name, [1, 0] * 20, task=main_rows.QUESTIONS) for name in (main_rows.SHORT, main_rows.LONG)]
    together = {main_rows.QUESTIONS: Together(tuple(rows), ())}
    timed = {
        (main_rows.QUESTIONS, main_rows.SHORT): Timed([1.0] * 12),
        (main_rows.QUESTIONS, main_rows.LONG): Timed([4.0] * 12),
    }
    found = own_prompts.latency_parts(together, timed)
    assert set(found) == {"short", "as right"}
    assert found["short"].interval.estimate == 0.25
    assert own_prompts.latency_parts({}, {}) == {}
