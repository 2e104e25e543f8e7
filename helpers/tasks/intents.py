"""Larkfield's customer messages under six labels of what the writer wants next, as one task."""

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
FOUND_WORDS = {  # after "This is": what lesson 02 found best on dev among 4,096 tables
    "billing": " a question about a bill",
    "technical_support": " a bug report",
    "refund_request": " a request for a refund",
    "product_inquiry": " a product inquiry",
    "complaint": " a review",
    "other": " another kind of message",
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


@cache
def load() -> Task:
    """Return the task, its labels under the words that a person would say.

    >>> load().labels
    ('billing', 'technical_support', 'refund_request', 'product_inquiry', 'complaint', 'other')
    """
    parts = {split: read(split) for split in ("train", "dev", "test")}
    return Task("intents", WORDS, SYSTEM, **parts, outside="other")


def for_tuning() -> Task:
    """Return the task as the shipped adapter learned it: labels under their own names, a shorter system text."""
    return load().with_words(NAMES, TUNED_SYSTEM)
