"""JSON answers to change requests as ledger rows: is it JSON, does it fit the schema, is the risk right?

Repairing and constraining are the business of structured; here answers are asked for, judged and kept.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import jsonschema

from helpers.methods import structured
from helpers.methods.structured import JsonAnswer
from helpers.model.language_model import LanguageModel
from helpers.results.ledger import Lab
from helpers.results.rows import LedgerRow
from helpers.tasks import change_requests
from helpers.tasks.change_requests import RISKS, ChangeRequest

MOST_TOKENS = 96  # that an answer may have, however the model is asked
WORDINGS = (  # what the rows of an untuned model that is asked in one go are called
    "plain words",
    "strict, as system text",
    "strict JSON prompt",
    "strict JSON prompt, keys and schema",
    "strict JSON prompt, schema",
)
NO_JSON, INSIDE, OTHER = "no JSON", "JSON inside other text", "JSON, another form"


@dataclass(frozen=True)
class Judged:
    """One judged answer. `verdict`: of a form the risk it gives, or NO_JSON, INSIDE or OTHER where none counts.

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


def complaints(row: LedgerRow, schema: dict, most: int) -> list[str]:
    """Return which rules of the schema most answers of a row break, a line each; what is no JSON breaks them all."""
    found: Counter = Counter()
    for text in row.answers:
        value, extracted = structured.extract(text)
        if value is None or extracted:
            found[INSIDE if extracted else NO_JSON] += 1
        else:
            errors = jsonschema.Draft202012Validator(schema).iter_errors(value)
            found.update(list(dict.fromkeys(f"{error.json_path} breaks {error.validator}" for error in errors)))
    return [f"{count} of {row.n}: {what}" for what, count in found.most_common(most)]


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


def ask(lm: LanguageModel, chats: Sequence) -> list[JsonAnswer]:
    """Let a model answer, greedily and unconstrained; nothing is cut out of a text."""
    return structured.ask(
        lm, chats, change_requests.schema(), extracting=False, max_new_tokens=MOST_TOKENS, progress=False
    )


def judged(lm: LanguageModel, ask_for: Callable[[str], list[dict]], requests: Sequence[ChangeRequest]) -> list[Judged]:
    """Return the answers of a model to change requests, each asked by the chat that `ask_for` makes, and judged."""
    chats = [ask_for(request.text) for request in requests]
    return [
        replace(judge(answer, request), prompt_tokens=lm.count_tokens(chat))
        for answer, request, chat in zip(ask(lm, chats), requests, chats, strict=True)
    ]


def form(text: str) -> dict | None:
    """Return the object that a text is from end to end, if it has exactly the three keys of a form; else None.

    >>> form('{"title": "a", "risk": "low", "rationale": "b"} Done!') is None
    True
    """
    value, extracted = structured.extract(text)
    keys = {"title", "risk", "rationale"}
    return value if isinstance(value, dict) and not extracted and value.keys() == keys else None


def whole(row: LedgerRow, read: Callable[[str], object]) -> list[bool]:
    """Return for each answer of a row whether `read` makes something of its text."""
    return [read(text) is not None for text in row.answers]
