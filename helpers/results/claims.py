"""Verdicts on the articles' claims: computed from evidence by each claim's rule, printed, kept.

Verdicts are appended to results/verdicts.jsonl beside the ledger; the newest one of a claim and profile counts, unless
the rule has changed since. A lesson gives evidence and never types an outcome.
"""

import pathlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from helpers.machine import runtime
from helpers.results import rules, store
from helpers.results.evidence import CLOSE, DEPENDS, FAILED, HELD, MISSING, WEAK, Evidence, reason, settle
from helpers.results.rules import Claim, Part

OUTCOMES = (HELD, FAILED, DEPENDS, CLOSE, WEAK, MISSING)
Given = Evidence | Sequence[Evidence]


@dataclass(frozen=True)
class Verdict:
    """What a lesson found on a claim.

    outcome: one of OUTCOMES. parts: for each part of the rule its name, outcome, words, n, whether it rests on
    reference rows, models, dtypes, condition. rule: hash of the rule it was reached by (`Claim.rule_sha256`).
    """

    id: str
    outcome: str
    parts: list[dict]
    rule: str
    profile: str = "full"
    made: str = ""

    def _ipython_display_(self) -> None:
        """Show nothing below a cell that ends with `conclude`, which has printed the verdict."""

    @property
    def numbers(self) -> str:
        """The figures of all parts in one line."""
        return "; ".join(part["words"] for part in self.parts)

    @property
    def reference(self) -> bool:
        """Whether any figure comes from the course's own rows."""
        return any(part["reference"] for part in self.parts)

    @property
    def models(self) -> tuple[str, ...]:
        """The language models behind the figures, each with its number formats."""
        formats: dict[str, dict[str, None]] = {}
        for part in self.parts:
            for model in part["models"]:
                formats.setdefault(model, {}).update(dict.fromkeys(part["dtypes"]))
        return tuple(f"{model} ({', '.join(found)})" if found else model for model, found in formats.items())


def joined(outcomes: Sequence[str], conditions: bool = False) -> str:
    """Return one outcome from those of several parts.

    All must hold: one that is measurably false decides, else one not tested, underpowered or too close, in this order.
    With conditions it depends where some held and others did not.

    >>> joined(["held", "too close to call"]), joined(["held", "did not hold"], conditions=True)
    ('too close to call', 'it depends')
    """
    strange = set(outcomes) - set(OUTCOMES)
    if strange or not outcomes:
        raise ValueError(f"outcomes are some of {', '.join(OUTCOMES)}; got {list(outcomes)}")
    if conditions and {HELD, FAILED} <= set(outcomes):
        return DEPENDS
    return next(outcome for outcome in (FAILED, MISSING, WEAK, CLOSE, DEPENDS, HELD) if outcome in outcomes)


def conclude(claim: str, parts: Mapping[str, Given]) -> Verdict:
    """Return the verdict on a claim, print it with its numbers and its rule, and keep it.

    parts: name of a part -> evidence, or a list of which each must satisfy it. What is left out was not tested. Raises
    KeyError if there is no such claim or part, ValueError if evidence is of another kind than the part measures.
    """
    known = rules.find(claim)
    verdict = reached(known, parts)
    store.append(verdict, path())
    print(told(known, verdict))
    return verdict


def reached(claim: Claim, parts: Mapping[str, Given]) -> Verdict:
    """Return the verdict on a claim without printing or keeping it; see `conclude`."""
    strange = set(parts) - {part.name for part in claim.parts}
    if strange:
        names = ", ".join(part.name for part in claim.parts)
        raise KeyError(f"the rule of {claim.id} has no part {', '.join(sorted(strange))}; its parts are {names}")
    found = [_part(part, parts.get(part.name, ())) for part in claim.parts]
    outcome = joined([part["outcome"] for part in found], claim.join == "conditions")
    made = time.strftime("%Y-%m-%dT%H:%M:%S")
    return Verdict(claim.id, outcome, found, claim.rule_sha256, runtime.profile().value, made)


def _part(part: Part, given: Given) -> dict:
    each = [given] if isinstance(given, Evidence) else list(given)
    outcomes = [settle(part, evidence) for evidence in each]
    outcome = joined(outcomes) if outcomes else MISSING
    return {
        "name": part.name,
        "outcome": outcome,
        "words": _words(part, each, outcome),
        "n": min((evidence.n for evidence in each), default=0),
        "reference": any(evidence.reference for evidence in each),
        "models": list(dict.fromkeys(model for evidence in each for model in evidence.models)),
        "dtypes": list(dict.fromkeys(dtype for evidence in each for dtype in evidence.dtypes)),
        "condition": part.condition,
    }


def _words(part: Part, each: Sequence[Evidence], outcome: str) -> str:
    said = []
    for evidence in each:
        p_value = evidence.p_at(part.limits[0]) if isinstance(part.limit, float | int) else evidence.p_value
        test = "" if p_value is None else f", p = {p_value:.2g}" if p_value >= 0.001 else ", p < 0.001"
        note = f" ({evidence.note})" if evidence.note else ""
        said.append(f"{evidence}{test}{note}")
    n = f", n = {min(evidence.n for evidence in each)}" if each and part.measure not in ("yes", "number") else ""
    more = f", {part.n} would do" if outcome == WEAK else ""
    reasons = dict.fromkeys(filter(None, (reason(part, evidence) for evidence in each)))
    why = f" ({' | '.join(reasons)})" if reasons else ""
    return f"{part.condition or part.name}: {' | '.join(said) or '–'}{n}{more} → {outcome}{why}"


def told(claim: Claim, verdict: Verdict) -> str:
    """Return a verdict in lines: the claim and who makes it, outcome and numbers, whose these are, the rule."""
    whose = "rests on reference rows" if verdict.reference else "your own numbers"
    whose = whose if any(part["n"] for part in verdict.parts) else "nothing was measured for it"
    scale = f"; for {', '.join(verdict.models)}" if verdict.models and claim.scale == "model" else ""
    return (
        f"{claim.id}  {claim.claim}\n    {rules.titles(claim.sources)}\n"
        f"    {verdict.outcome.upper()}: {verdict.numbers}\n    {whose}{scale}\n"
        f"    rule ({claim.kind}, {claim.frozen}): {claim.rule}"
    )


def show(lesson: str, *only: str) -> None:
    """Print the claims of a lesson, or of its part or lab those of these ids, each with the articles that make it."""
    for claim in rules.of_lesson(lesson):
        if only and claim.id not in only:
            continue
        print(f"{claim.id}  {claim.claim} ({rules.titles(claim.sources)})")


def path() -> pathlib.Path:
    """Return the learner's file of verdicts, beside the ledger."""
    return store.folder() / "verdicts.jsonl"


def current(kept: Sequence[Verdict], profile: str = "full") -> dict[str, Verdict]:
    """Return the newest verdict per claim of a profile, of those reached by the rule as it stands."""
    known = {claim.id: claim.rule_sha256 for claim in rules.everything()}
    return {v.id: v for v in kept if v.profile == profile and known.get(v.id) == v.rule}


def verdicts() -> dict[str, Verdict]:
    """Return your newest verdict per claim in the current profile; a line that cannot be read is warned of and kept."""
    return current(store.read(path(), Verdict, "a verdict"), runtime.profile().value)
