"""Answers that should be a form in JSON, asked for and kept with their texts; what is right of them is the risk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from helpers.methods import recorded, structured
from helpers.model.language_model import LanguageModel
from helpers.results.rows import LedgerRow
from helpers.tasks import change_requests

MOST_TOKENS = 160


@dataclass(frozen=True)
class Judged:
    """One answer: its text, the risk it names (UNREADABLE if it is no form), and whether that is the right one."""

    text: str
    verdict: str
    right: bool
    new_tokens: int


def answered(
    lm: LanguageModel, chats: Sequence, requests: Sequence[change_requests.ChangeRequest], tokens: int = MOST_TOKENS
) -> list[Judged]:
    """Let a model answer, greedily and unconstrained, and judge each answer; nothing is cut out of a text."""
    answers = structured.ask(
        lm, chats, change_requests.schema(), extracting=False, max_new_tokens=tokens, progress=False
    )
    named = [answer.value["risk"] if answer.valid else recorded.UNREADABLE for answer in answers]
    return [
        Judged(answer.text, risk, risk == request.risk, answer.new_tokens)
        for answer, risk, request in zip(answers, named, requests, strict=True)
    ]


def whole(row: LedgerRow, read: Callable[[str], object]) -> list[bool]:
    """Return for each answer of a row whether `read` makes something of its text."""
    return [read(text) is not None for text in row.answers]


def form(text: str) -> dict | None:
    """Return the object that a text is from end to end, if it has exactly the three keys of a form; else None.

    >>> form('{"title": "a", "risk": "low", "rationale": "b"} Done!') is None
    True
    """
    value, extracted = structured.extract(text)
    keys = {"title", "risk", "rationale"}
    return value if isinstance(value, dict) and not extracted and value.keys() == keys else None


def strict_chat(text: str) -> list[dict]:
    """Return the strict prompt with the schema, as the large model was asked (data/recorded/prompts.json)."""
    return recorded.filled(recorded.prompts()["json_schema"]["messages"], text)
