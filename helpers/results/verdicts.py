"""All verdicts of the course in one table: yours where a lesson has run here, else those that the course ships, marked.

The shipped ones come from the file of a full run: `python -m helpers.results.verdicts results/verdicts.jsonl`.
"""

import hashlib
import json
import pathlib
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from helpers.machine import runtime
from helpers.results import claims, markdown, rules, store
from helpers.results.claims import OUTCOMES, Verdict
from helpers.results.evidence import MISSING
from helpers.results.rules import Claim

REFERENCE = runtime.ROOT / "data" / "reference_verdicts.jsonl"
OTHERS = runtime.ROOT / "data" / "scale_verdicts"  # a file for each larger model


@dataclass(frozen=True)
class Told:
    """A claim with its verdict, or None where no lesson has reached one; whether it is the course's own (reference)."""

    claim: Claim
    verdict: Verdict | None
    reference: bool = False

    @property
    def outcome(self) -> str:
        """The outcome in words; `not tested` where there is none."""
        return self.verdict.outcome if self.verdict else MISSING

    @property
    def whose(self) -> str:
        """Whose run reached the verdict, and whether it rests on reference rows; empty where there is none."""
        if not self.verdict:
            return ""
        if self.reference:
            return "reference"
        return "yours, from reference rows" if self.verdict.reference else "yours"


def keep(found: Iterable[Verdict]) -> int:
    """Take a run's full-profile verdicts into those that the course ships; return how many these now are.

    One for each claim, those of the newest run first; verdicts by an older rule are left out.
    """
    newest = claims.current([*store.read(REFERENCE, Verdict, "a verdict"), *found])
    kept = [newest[claim.id] for claim in rules.everything() if claim.id in newest]
    store.write(kept, REFERENCE)
    return len(kept)


def shipped() -> list[Verdict]:
    """Return the verdicts that the course ships, of the rules as they stand."""
    found = list(claims.current(store.read(REFERENCE, Verdict, "a verdict")).values())
    sys.audit("course.read", "verdicts/*", "")
    for verdict in found:
        text = json.dumps(asdict(verdict), sort_keys=True, ensure_ascii=False)
        sys.audit("course.read", f"verdicts/{verdict.id}", hashlib.sha256(text.encode()).hexdigest())
    return found


def of_model(model: str) -> dict[str, Verdict]:
    """Return claim -> the verdict that the course ships for a larger model, of the rules as they stand."""
    return claims.current(store.read(OTHERS / f"{model}.jsonl", Verdict, "a verdict"))


def elsewhere(*ids: str) -> str:
    """Return Markdown: those of these claims that were judged with larger models too, and how each came out there."""
    found = {path.stem: of_model(path.stem) for path in sorted(OTHERS.glob("*.jsonl"))}
    lines = [
        [f"{claim.id}: {claim.claim}", model, kept[claim.id].outcome, kept[claim.id].numbers]
        for claim in rules.everything()
        for model, kept in found.items()
        if claim.id in ids and claim.id in kept
    ]
    head = ["what is claimed", "model", "verdict (reference)", "numbers"]
    return markdown.table(head, lines) if lines else f"{', '.join(ids)}: not judged with a larger model yet."


def gather() -> list[Told]:
    """Return every claim of the course with your verdict, or the course's own, marked, or none."""
    own, theirs = claims.verdicts(), {verdict.id: verdict for verdict in shipped()}
    return [
        Told(claim, own.get(claim.id) or theirs.get(claim.id), claim.id not in own and claim.id in theirs)
        for claim in rules.everything()
    ]


def table(told: Iterable[Told] | None = None) -> str:
    """Return Markdown: each claim with articles, lesson, kind, outcome, numbers, whose they are, scale and rule."""
    head = ("claim", "from", "lesson", "kind", "verdict", "numbers", "whose", "scale", "what is claimed", "rule")
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in gather() if told is None else told:
        claim, verdict = row.claim, row.verdict
        models = ", ".join(verdict.models) if verdict and claim.scale == "model" else ""
        cells = (
            claim.id,
            " ".join(claim.sources) or "–",
            claim.lesson,
            claim.kind,
            row.outcome,
            verdict.numbers if verdict else "",
            row.whose,
            models or ("any model" if claim.scale == "free" else "–"),
            claim.claim,
            claim.rule,
        )
        lines.append("| " + " | ".join(" ".join(cell.replace("|", "/").split()) for cell in cells) + " |")
    return "\n".join(lines)


def brief(told: Iterable[Told]) -> str:
    """Return Markdown that fits a screen: what is claimed, the verdict, its numbers, for which models, and whose."""
    lines = []
    for row in told:
        models = ", ".join(row.verdict.models) if row.verdict and row.claim.scale == "model" else ""
        numbers = row.verdict.numbers if row.verdict else ""
        lines.append([f"{row.claim.id}: {row.claim.claim}", row.outcome, numbers, models, row.whose])
    return markdown.table(["what is claimed", "verdict", "numbers", "model", "whose"], lines)


def tally(told: Iterable[Told]) -> dict[str, int]:
    """Return how many measured claims have each outcome; demonstrations and arithmetic are not counted."""
    counted = Counter(row.outcome for row in told if row.claim.kind == "measured")
    return {outcome: counted[outcome] for outcome in OUTCOMES if counted[outcome]}


def apart(told: Iterable[Told]) -> dict[str, int]:
    """Return how many claims are no measurements, by kind: they cannot fail, so no tally counts them."""
    counted = Counter(row.claim.kind for row in told)
    return {kind: counted[kind] for kind in rules.KINDS if kind != "measured" and counted[kind]}


def main(arguments: list[str]) -> int:
    """Keep the verdicts of a file as those that the course ships."""
    source = pathlib.Path(arguments[0]) if arguments else claims.path()
    if not source.is_file():
        print(f"error: there is no file {source}; run the lessons first", file=sys.stderr)
        return 1
    print(f"{REFERENCE.name} now holds {keep(store.read(source, Verdict, 'a verdict'))} verdicts")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
