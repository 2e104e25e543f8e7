"""Larkfield's customer messages under six labels of what the writer wants next, as one task."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from helpers.tasks import files
from helpers.tasks.files import Message
from helpers.tasks.task import Task

SPLITS = ("train", "dev", "test", "shifted")
WORDS = {  # what a person would say for each
    "billing": "a billing question",
    "technical_support": "a technical problem",
    "refund_request": "a refund request",
    "product_inquiry": "a question before buying",
    "complaint": "a complaint",
    "other": "something else",
}
LABELS = tuple(WORDS)
NAMES = {label: label for label in LABELS}
SYSTEM = "You sort customer messages."
TUNED_SYSTEM = "Sort the customer's message."  # a tuned model has learned the rest


def read(split: str) -> list[Message]:
    """Return one split of the customer messages: `train` (600), `dev` (120), `test` (300) or `shifted` (120).

    >>> len(read("test"))
    300
    """
    rows = files.read_split("intents", split, SPLITS)
    return [Message(**{**row, "tags": tuple(row.get("tags", ()))}) for row in rows]


def read_rewritten() -> tuple[list[Message], list[Message]]:
    """Return 120 messages of `test`, and each of them in four other channels, 480 in all.

    `shift` of a rewritten message names its channel, and its id is that of the original and the channel:
    `test-002-sms` was `test-002`.

    >>> [len(messages) for messages in read_rewritten()]
    [120, 480]
    """
    rows = files.read_jsonl(files.DATA / "intents" / "paired.jsonl")
    rewritten = [Message(row["id"], row["text"], row["label"], (), row["shift"]) for row in rows]
    chosen = {row["of"] for row in rows}
    return [message for message in read("test") if message.id in chosen], rewritten


def id_before(rewritten: str) -> str:
    """Return the id of the message that was rewritten, from an id of `read_rewritten`.

    >>> id_before("test-002-non_native")
    'test-002'
    """
    return rewritten.rsplit("-", 1)[0]


def rewritten_of(originals: Sequence[Message], rewritten: Sequence[Message]) -> list[Message]:
    """Return those of the rewritten messages whose original is among `originals`."""
    wanted = {message.id for message in originals}
    return [message for message in rewritten if id_before(message.id) in wanted]


@cache
def load() -> Task:
    """Return the task, its labels under the words that a person would say.

    >>> load().labels
    ('billing', 'technical_support', 'refund_request', 'product_inquiry', 'complaint', 'other')
    """
    parts = {split: read(split) for split in ("train", "dev", "test")}
    return Task("intents", WORDS, SYSTEM, **parts, outside="other")


DELIVERY = {  # by split, the messages about orders on their way: picked by reading, all of them `other` in the guide
    "train": "009 112 181 189 203 209 235 246 274 281 346 349 376 438 518 595",
    "dev": "011 062 067 100",
    "test": "031 044 103 106 133 138 190 193 252",
}


def with_delivery(*parts: Sequence[Message]) -> tuple:
    """Return a task of seven labels, as it is learned, and the messages of each part under them.

    What is about an order on its way has the label `delivery` instead of `other`.

    >>> with_delivery(read("dev"))[0].labels[-1]
    'delivery'
    """
    moved = {f"{split}-{number}" for split, numbers in DELIVERY.items() for number in numbers.split()}
    new = [[replace(one, label="delivery") if one.id in moved else one for one in part] for part in parts]
    return Task("intents with delivery", {**NAMES, "delivery": "delivery"}, TUNED_SYSTEM), *new


def for_tuning() -> Task:
    """Return the task as the shipped adapter learned it: labels under their own names, a shorter system text."""
    return load().with_words(NAMES, TUNED_SYSTEM)
