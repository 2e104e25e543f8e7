"""Rewritten replies and the rules they break; forms before and after tuning; answers that reached their limit."""

from types import SimpleNamespace

import pytest

from helpers.methods import json_prompts, rewriting, tuned_forms
from helpers.methods.search import BUDGET
from helpers.results import ledger, limits, lookup
from helpers.tasks import change_requests, voice
from tests.ledger_rows import row

GOOD = "Hi there,\nWe've sent 2 Sensors on May 2.\nNext step: none.\nLarkfield, at home with you."
ITEMS = rewriting.replies()[:4]


def writes(*texts):
    return SimpleNamespace(
        name="stand-in",
        about={"model": "stand-in", "parameters": 0, "dtype": "", "device": "cpu"},
        generate=lambda chats, **_: SimpleNamespace(
            texts=list(texts), prompt_tokens=[9] * len(texts), new_tokens=[len(text) for text in texts]
        ),
    )


def test_a_reply_is_judged_by_the_rules_and_its_text_and_tokens_are_kept():
    calls = ledger.Lab("voice", writes(GOOD, GOOD.replace("2 Sensors", "two sensors"), GOOD + "!", "Ok."), show=False)
    made = rewriting.told(calls, ITEMS)
    assert made.predictions[:2] == [rewriting.ALL, "numbers, names"]
    assert made.correct == [1, 0, 0, 0]
    assert made.answers[0] == GOOD and made.token_limit == rewriting.MOST_TOKENS
    assert rewriting.broken_in(made) == [voice.broken(text) for text in made.answers]
    assert made.new_tokens[-1] == 3 and made.prompt_tokens == [9] * 4


def test_broken_rules_are_counted_over_all_runs_and_the_worst_stands_first():
    one = row("one", [rewriting.ALL, "short", "short, active", rewriting.ALL], items=ITEMS)
    two = row("two", ["names", "short", rewriting.ALL, rewriting.ALL], items=ITEMS)
    found = rewriting.broken_by_rule([one, two])
    assert (found["short"], found["active"], found["names"], found["opening"]) == (3 / 8, 1 / 8, 1 / 8, 0)
    assert list(found) == list(voice.RULES)
    lines = rewriting.by_rule({"told": [two], "learned": [one]}).splitlines()
    assert lines[0] == "| rule | told | learned |"
    assert lines[2] == "| short | 0.25 | 0.50 |"
    assert len(lines) == 2 + len(voice.RULES)
    shares = rewriting.shares([one, two])
    assert shares["rules kept, of ten"].estimate == pytest.approx(1 - 5 / 80)
    assert shares["replies with all ten kept"].estimate == pytest.approx(4 / 8)


def test_the_kept_rows_are_found_again_without_a_model_that_writes():
    """The names, prompts and recipes asked for here are those of the rows that the course ships."""
    kept = lookup.find("voice", "prompt with the ten rules")
    items = rewriting.replies()
    silent = ledger.Lab("voice", SimpleNamespace(about={"model": kept.model}), show=False)
    assert rewriting.told(silent, items).predictions == kept.predictions
    found = rewriting.learned(silent, items, {75: (0,), 300: (0, 1, 2)})
    assert [one.method for rows in found.values() for one in rows][-1] == "LoRA, 300 replies, seed 2"
    assert all(one.reference for rows in found.values() for one in rows)
    requests = change_requests.load("fresh")
    asked = ledger.Lab("changes", silent.model, labels=change_requests.RISKS, split="fresh", show=False)
    before = json_prompts.untuned(asked, requests)
    assert before.reference and before.tries == len(json_prompts.every()) == BUDGET
    after = tuned_forms.tuned(asked, requests)
    assert [one.seed for one in after] == [0, 1, 2] and all(one.reference for one in after)


def test_answers_at_their_limit_are_counted_and_what_was_not_kept_is_said():
    some = row("one", items=ITEMS, new_tokens=[96, 12, 96, 95], token_limit=96)
    more = row("two", items=ITEMS, new_tokens=[1, 2, 3, 96], token_limit=96)
    assert limits.told([some]) == "2 of 4 answers reached the limit of 96 tokens"
    assert limits.told([some, more]) == "3 of 8 answers reached the limit of 96 tokens"
    old = row("old", items=ITEMS, token_limit=110)
    assert limits.told([some, old]) == "how many reached the limit of 96 or 110 tokens was not kept"
    assert limits.told([row("older", items=ITEMS)]) == "how many reached the limit was not kept"
