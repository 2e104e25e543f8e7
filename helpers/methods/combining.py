"""What is written by hand to learn how methods combine: the course's own versions, which its checks compare with.

Where another helper does the same work, that is taken.
"""

import re
from collections.abc import Sequence

from helpers.methods.retrieval import passages
from helpers.tasks import voice

NOTE, REPLY, NEITHER = "note", "reply", "neither"
MOST_WORDS = 20  # of a note
CALL = "calc("


def adding_up(neither: float, retrieved: float, tuned: float, both: float) -> tuple[float, float, float]:
    """Return the gain of retrieval, that of tuning, and what both give beyond their sum."""
    return retrieved - neither, tuned - neither, both - retrieved - tuned + neither


def find_sum(text: str) -> str | None:
    """Return the text inside the first calc(…), brackets kept whole; None without one, or where it is not closed."""
    start, depth = text.find(CALL) + len(CALL), 1
    for at in range(start, len(text) if CALL in text else 0):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return text[start:at]
    return None


def needless_and_missed(called: Sequence[bool], needed: Sequence[bool]) -> tuple[float, float]:
    """Return the share of calls among questions that need none, and of missing calls among those that need one."""
    idle = [bool(c) for c, n in zip(called, needed, strict=True) if not n]
    busy = [not c for c, n in zip(called, needed, strict=True) if n]
    return sum(idle) / len(idle), sum(busy) / len(busy)


def with_distractors(gold, others: Sequence, place: int) -> list:
    """Return a new list with `gold` at `place`, from 1, among the others."""
    return [*others[: place - 1], gold, *others[place - 1 :]]


def supported(cited: Sequence[Sequence[int]], holding: Sequence[Sequence[int]]) -> float | None:
    """Return, of the answers that cite, the share whose every citation is among those that hold."""
    citing = [set(c) <= set(h) for c, h in zip(cited, holding, strict=True) if len(c)]
    return sum(citing) / len(citing) if citing else None


def form_of(text: str) -> str:
    """Return the form that a text has.

    A reply opens as the voice does. A note is one line of at most MOST_WORDS words that ends with a citation, or the
    sentence that says there is no answer. White space around a text does not count.
    """
    plain = text.strip()
    if plain.startswith(voice.OPENING):
        return REPLY
    ends = plain == passages.ABSTENTION or re.search(passages.CITED + r"\.?$", plain)
    return NOTE if ends and "\n" not in plain and len(plain.split()) <= MOST_WORDS else NEITHER
