"""The articles' claims as data, and the verdicts on them: computed by a lesson, printed with their numbers, kept.

Verdicts are appended to results/verdicts.jsonl beside the ledger; the newest one of a claim and profile counts. The
claims, who makes them and the rule of each verdict stand in data/claims.json.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from helpers import statistics
from helpers.machine import runtime
from helpers.results import ledger

SOURCE = runtime.ROOT / "data" / "claims.json"


@dataclass(frozen=True)
class Claim:
    """One piece of the articles' advice. sources: letters of the articles. rule: how its verdict is computed."""

    id: str
    sources: tuple[str, ...]
    lesson: str
    claim: str
    rule: str


@dataclass(frozen=True)
class Verdict:
    """What a lesson found on a claim: one of statistics.OUTCOMES, a sentence with the numbers, and the figures."""

    id: str
    outcome: str
    numbers: str
    figures: dict = field(default_factory=dict)
    profile: str = "full"
    made: str = ""


@cache
def _read_claims() -> dict[str, Claim]:
    listed = json.loads(SOURCE.read_text(encoding="utf-8"))["claims"]
    return {row["id"]: Claim(**{**row, "sources": tuple(row["sources"])}) for row in listed}


def find(claim: str) -> Claim:
    """Return a claim by id; raises KeyError naming the ids there are.

    >>> find("P2").lesson
    '02'
    """
    known = _read_claims()
    if claim not in known:
        raise KeyError(f"there is no claim {claim!r}; there are {', '.join(known)}")
    return known[claim]


def of_lesson(lesson: str) -> list[Claim]:
    """Return the claims that a lesson (`"02"`) tests, in their order."""
    return [claim for claim in _read_claims().values() if claim.lesson == lesson]


def show(lesson: str) -> None:
    """Print the claims of a lesson, each with the articles that make it."""
    for claim in of_lesson(lesson):
        print(f"{claim.id} ({', '.join(claim.sources) or 'common advice'}): {claim.claim}")


def path():
    """Return the learner's file of verdicts, beside the ledger."""
    return ledger.path().with_name("verdicts.jsonl")


def conclude(claim: str, outcome: str, numbers: str, figures: Mapping | None = None) -> None:
    """Print the verdict on a claim with the numbers behind it, and keep it.

    Args:
        claim: its id, e.g. `P1`.
        outcome: one of statistics.OUTCOMES, computed from intervals (see `statistics.judge`), never typed.
        numbers: a sentence that gives the figures.
        figures: the same as JSON values, for lesson 08.

    Raises:
        ValueError: the outcome is none of the four.
    """
    said = find(claim)
    if outcome not in statistics.OUTCOMES:
        raise ValueError(f"a verdict is one of {', '.join(statistics.OUTCOMES)}; got {outcome!r}")
    made = time.strftime("%Y-%m-%dT%H:%M:%S")
    verdict = Verdict(claim, outcome, numbers, dict(figures or {}), runtime.profile().value, made)
    ledger.append(verdict, path())
    print(f"{claim}  {said.claim}\n    {outcome.upper()}: {numbers}")


def verdicts() -> dict[str, Verdict]:
    """Return the newest verdict per claim in the current profile; a line that cannot be read is warned of and kept."""
    kept = ledger.read(path(), Verdict, "a verdict")
    return {verdict.id: verdict for verdict in kept if verdict.profile == runtime.profile().value}
