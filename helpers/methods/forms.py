"""JSON answers to change requests as ledger rows: is it JSON, does it fit the schema, is the risk right?

Asking, repairing and constraining are the business of structured; here the answers are judged and kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from helpers.methods import structured
from helpers.methods.structured import JsonAnswer
from helpers.results.ledger import Lab
from helpers.results.rows import LedgerRow
from helpers.tasks.change_requests import RISKS, ChangeRequest

NO_JSON, INSIDE, OTHER = "no JSON", "JSON inside other text", "JSON, another form"


@dataclass(frozen=True)
class Judged:
    """One judged answer. `verdict`: the risk it gives, or NO_JSON, INSIDE or OTHER where it gives none that counts.

    prompt_tokens: read for it, once a call; None where nobody counted.
    """

    text: str
    verdict: str
    right: bool
    new_tokens: int
    prompt_tokens: int | None = None


def judge(answer: JsonAnswer, request: ChangeRequest, prompt_tokens: int | None = None) -> Judged:
    """Return an answer judged: the whole text must be one JSON object, the object must fit, its risk may be right.

    prompt_tokens: of the prompt, if they were counted.
    """
    value, extracted = structured.extract(answer.text)
    if value is None:
        verdict = NO_JSON
    elif extracted:
        verdict = INSIDE
    else:
        verdict = value["risk"] if answer.valid else OTHER
    read = None if prompt_tokens is None else prompt_tokens * answer.calls
    return Judged(answer.text, verdict, verdict == request.label, answer.new_tokens, read)


def measure(
    lab: Lab,
    method: str,
    requests: Sequence[ChangeRequest],
    make: Callable[[list[str]], Sequence[JsonAnswer]],
    most: int,
    **more,
) -> LedgerRow:
    """Measure answers to change requests, stored rows first.

    make: takes the n requests as texts; returns n answers of at most `most` tokens each. Where `more` has the prompts,
    as `ledger.measure` takes them, their tokens are counted, so that a row knows what its answers cost.
    """

    def predict(texts: list[str]) -> list[Judged]:
        asked = more.get("prompts")
        chats = asked(texts) if callable(asked) else asked
        read = [lab.model.count_tokens(chat) for chat in chats] if chats else [None] * len(requests)
        return [judge(*each) for each in zip(make(texts), requests, read, strict=True)]

    told = {"approach": "prompt", "heavy": True, "token_limit": most, **more}
    return lab.measure(method, requests, predict, **told)


def is_json(row: LedgerRow) -> list[bool]:
    """Return for each answer of a row whether the whole of it is one JSON object."""
    return [said not in (NO_JSON, INSIDE) for said in row.predictions]


def fits(row: LedgerRow) -> list[bool]:
    """Return for each answer of a row whether it fits the schema."""
    return [said in RISKS for said in row.predictions]


def outcomes(row: LedgerRow) -> tuple[int, int, int]:
    """Return how many answers of a row fit with the right risk, fit with a wrong one, and do not fit."""
    right, fit = sum(row.correct), sum(fits(row))
    return right, fit - right, row.n - fit
