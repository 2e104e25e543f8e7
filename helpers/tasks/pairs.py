"""Larkfield's three trained tasks as prompts and pairs: sort a message, fill in a change form, write in the voice.

A tuned model has learned what to do, so its prompt names the task in a few words and shows nothing.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from helpers.tasks.files import ChangeRequest, Message
from helpers.tasks.voice import Reply

SYSTEMS = {
    "intents": "Sort the customer's message.",
    "changes": "Assess the change request. Answer in JSON.",
    "voice": "Rewrite the reply in Larkfield's voice.",
}


@dataclass(frozen=True)
class Pair:
    """One training example: a prompt (a string, or chat messages) and the answer that the assistant should give."""

    prompt: str | Sequence[dict]
    answer: str
    id: str = ""


def prompt(task: str, text: str) -> list[dict]:
    """Return the chat messages that a tuned model reads for one item of a task.

    >>> prompt("intents", "Hi")[1]
    {'role': 'user', 'content': 'Hi'}
    """
    return [{"role": "system", "content": SYSTEMS[task]}, {"role": "user", "content": text}]


def change_answer(request: ChangeRequest) -> str:
    """Return the JSON that answers a change request."""
    return json.dumps({key: getattr(request, key) for key in ("title", "risk", "rationale")}, ensure_ascii=False)


def intent_pairs(messages: Sequence[Message]) -> list[Pair]:
    """Return pairs of message and label."""
    return [Pair(prompt("intents", message.text), message.label, message.id) for message in messages]


def change_pairs(requests: Sequence[ChangeRequest]) -> list[Pair]:
    """Return pairs of change request and JSON answer."""
    return [Pair(prompt("changes", item.request), change_answer(item), item.id) for item in requests]


def voice_pairs(replies: Sequence[Reply]) -> list[Pair]:
    """Return pairs of a plain reply and the same in Larkfield's voice."""
    return [Pair(prompt("voice", reply.plain), reply.voice, reply.id) for reply in replies]
