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
    """One judged answer. `verdict`: the risk it gives, or NO_JSON, INSIDE or OTHER where it gives none that counts."""

    text: str
    verdict: str
    right: bool
    new_tokens: int


def judge(answer: JsonAnswer, request: ChangeRequest) -> Judged:
    """Return an answer judged: the whole text must be one JSON object, the object must fit, its risk may be right."""
    value, extracted = structured.extract(answer.text)
    if value is None:
        verdict = NO_JSON
    elif extracted:
        verdict = INSIDE
    else:
        verdict = value["risk"] if answer.valid else OTHER
    return Judged(answer.text, verdict, verdict == request.label, answer.new_tokens)


def measure(
    lab: Lab,
    method: str,
    requests: Sequence[ChangeRequest],
    make: Callable[[list[str]], Sequence[JsonAnswer]],
    most: int,
    **more,
) -> LedgerRow:
    """Measure answers to change requests, stored rows first.

    make: takes the n requests as texts; returns n answers of at most `most` tokens each.
    """

    def predict(texts: list[str]) -> list[Judged]:
        return [judge(answer, request) for answer, request in zip(make(texts), requests, strict=True)]

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
