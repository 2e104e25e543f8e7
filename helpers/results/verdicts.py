"""All verdicts of the course in one table: yours where a lesson has run here, else those that the course ships, marked.

The shipped ones are read from the built notebooks, which ran with everything on: `python -m helpers.results.verdicts`
does so after a build; with a FILE it takes the verdicts that a run has left instead.
"""

import json
import pathlib
import re
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from helpers import statistics
from helpers.machine import runtime
from helpers.results import claims, ledger
from helpers.results.claims import Claim, Verdict

REFERENCE = runtime.ROOT / "data" / "reference_verdicts.jsonl"
_SAID = re.compile(r"^([A-Z]\d+)  .*\n    ([A-Z ]+): (.*)$", re.M)


def _known() -> dict[str, Claim]:
    lessons = sorted({row["lesson"] for row in json.loads(claims.SOURCE.read_text(encoding="utf-8"))["claims"]})
    return {claim.id: claim for lesson in lessons for claim in claims.of_lesson(lesson)}


@dataclass(frozen=True)
class Told:
    """A claim with its verdict, or None where no lesson has reached one; whether it is the course's own (reference)."""

    claim: Claim
    verdict: Verdict | None
    reference: bool = False

    @property
    def outcome(self) -> str:
        """The outcome in words; `not tested yet` where there is none."""
        return self.verdict.outcome if self.verdict else "not tested yet"


def read_output(text: str) -> list[Verdict]:
    r"""Return the verdicts in what a lesson has printed (see `claims.conclude`).

    >>> read_output("P1  A claim.\n    IT DEPENDS: 0.1 [0.0, 0.2]\n")[0].outcome
    'it depends'
    """
    found = [(name, outcome.lower(), numbers) for name, outcome, numbers in _SAID.findall(text)]
    return [Verdict(name, outcome, said) for name, outcome, said in found if outcome in statistics.OUTCOMES]


def from_notebooks(folder: pathlib.Path = runtime.ROOT / "notebooks") -> list[Verdict]:
    """Return the verdicts that the built notebooks of a folder show, in order; a claim's last one counts."""
    found: dict[str, Verdict] = {}
    for path in sorted(folder.glob("[0-9][0-9]_*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", []):
                found |= {verdict.id: verdict for verdict in read_output("".join(output.get("text", "")))}
    return list(found.values())


def keep(verdicts: Iterable[Verdict]) -> int:
    """Take full-profile verdicts into those that the course ships, one for each claim; return how many these are."""
    order = list(_known())
    kept = {verdict.id: verdict for verdict in shipped() if verdict.id in order}
    kept |= {verdict.id: verdict for verdict in verdicts if verdict.profile == "full" and verdict.id in order}
    lines = [json.dumps(asdict(kept[name]), ensure_ascii=False) for name in sorted(kept, key=order.index)]
    REFERENCE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(lines)


def shipped() -> list[Verdict]:
    """Return the verdicts that the course ships."""
    return ledger.read(REFERENCE, Verdict, "a verdict")


def gather() -> list[Told]:
    """Return every claim of the course with your verdict, or the course's own, marked, or none."""
    own, theirs = claims.verdicts(), {verdict.id: verdict for verdict in shipped()}
    return [
        Told(claim, own.get(name) or theirs.get(name), name not in own and name in theirs)
        for name, claim in _known().items()
    ]


def table(told: Iterable[Told] | None = None) -> str:
    """Return Markdown: each claim with its articles, lesson, outcome and numbers."""
    lines = ["| claim | from | lesson | verdict | numbers | what is claimed |", "|---|---|---|---|---|---|"]
    for row in gather() if told is None else told:
        mark = " (reference)" if row.reference else ""
        numbers = row.verdict.numbers if row.verdict else ""
        cells = (
            row.claim.id,
            " ".join(row.claim.sources) or "–",
            row.claim.lesson,
            row.outcome + mark,
            numbers,
            row.claim.claim,
        )
        lines.append("| " + " | ".join(" ".join(cell.replace("|", "/").split()) for cell in cells) + " |")
    return "\n".join(lines)


def tally(told: Iterable[Told]) -> dict[str, int]:
    """Return how many claims have each outcome, in the order of statistics.OUTCOMES."""
    counted = Counter(row.outcome for row in told)
    return {outcome: counted[outcome] for outcome in (*statistics.OUTCOMES, "not tested yet") if counted[outcome]}


def main(arguments: list[str]) -> int:
    """Keep the verdicts of a file, or of the built notebooks, as those that the course ships."""
    if arguments:
        source = pathlib.Path(arguments[0])
        if not source.is_file():
            print(f"error: there is no file {source}", file=sys.stderr)
            return 1
        found = ledger.read(source, Verdict, "a verdict")
    else:
        found = from_notebooks()
    print(f"{REFERENCE.name} now holds {keep(found)} verdicts; {len(found)} were read")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
