"""Seconds stand beside a row only if they were taken on its own prompts."""

import dataclasses

from helpers.results import latency, measuring
from tests.ledger_rows import ITEMS, row

CHATS = [[{"role": "user", "content": item.text}] for item in ITEMS]


def test_another_prompt_than_the_rows_own_is_not_timed(capsys):
    known = dataclasses.replace(row(), prompts=measuring.hash_prompts(CHATS))
    other = [[{"role": "user", "content": f"Sort: {item.text}"}] for item in ITEMS]
    asked = []
    assert latency.alone(known, ITEMS, asked.append, other) is None
    assert asked == []
    assert "not the one of its row" in capsys.readouterr().err
    assert latency.alone(row("without prompts"), ITEMS, asked.append, CHATS) is None


def test_each_item_is_timed_once_after_a_first_call_that_does_not_count():
    known, asked = dataclasses.replace(row(), prompts=measuring.hash_prompts(CHATS)), []
    timed = latency.alone(known, ITEMS[:3], asked.append, CHATS[:3], lambda chat: [1, 2, len(chat[0]["content"])])
    assert asked == [ITEMS[0], *ITEMS[:3]]
    assert len(timed.seconds) == 3
    assert timed.quantile(0.5) <= timed.quantile(0.95)
    assert timed.shared_tokens == 3
    assert latency.alone(row("plain"), ITEMS, asked.append).shared_tokens == 0
