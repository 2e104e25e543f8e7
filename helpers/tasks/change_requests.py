"""Larkfield's change requests: each is answered by a JSON form with title, risk and rationale."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from helpers.tasks import files, pairs
from helpers.tasks.pairs import Pair

SPLITS = ("train", "dev", "test", "fresh")
RISKS = ("low", "medium", "high")
SYSTEM = "Assess the change request. Answer in JSON."


@dataclass(frozen=True)
class ChangeRequest:
    """One change request with its answer. `ambiguous`: the fact that decides is missing, so that `risk` is medium."""

    id: str
    request: str
    title: str
    risk: str
    rationale: str
    ambiguous: bool

    text = property(attrgetter("request"))  # under the names that all tasks share
    label = property(attrgetter("risk"))


def load(split: str) -> list[ChangeRequest]:
    """Return one split of the change requests: `train` (400), `dev` (60), `test` (120) or `fresh` (120)."""
    rows = files.read_split("changes", split, SPLITS)
    return [ChangeRequest(row["id"], row["request"], **row["answer"], ambiguous=row["ambiguous"]) for row in rows]


def schema() -> dict:
    """Return the JSON Schema of an answer to a change request."""
    return json.loads((files.DATA / "changes" / "schema.json").read_text(encoding="utf-8"))


def prompt(text: str) -> list[dict]:
    """Return the chat messages that a tuned model reads for one request."""
    return pairs.prompt(SYSTEM, text)


def answer(request: ChangeRequest) -> str:
    """Return the JSON that answers a change request."""
    return json.dumps({key: getattr(request, key) for key in ("title", "risk", "rationale")}, ensure_ascii=False)


def training_pairs(requests: Sequence[ChangeRequest]) -> list[Pair]:
    """Return pairs of change request and JSON answer."""
    return [Pair(prompt(item.request), answer(item), item.id) for item in requests]
