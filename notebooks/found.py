"""What the course found, in lines for README: from the rows and verdicts that it ships, never from your own."""

from helpers.lesson.main_rows import MAIN, QUESTIONS
from helpers.model.catalogue import DEFAULT  # the model that most rows are of, whatever is in use
from helpers.results import lookup, rules, store, verdicts
from helpers.results.claims import Verdict, current
from helpers.results.rows import LedgerRow

OPEN, CLOSE = "<!-- what the course found, written by notebooks/found.py -->", "<!-- end of what the course found -->"
NAMES = {"intents": "Sorting messages", "changes": "The risk of a change", QUESTIONS: "Questions about policies"}
LISTED = ("held", "did not hold")


def measured() -> list[str]:
    """Return a line for each main task: all its methods with their share of right answers, best first."""
    newest = {}
    for row in sorted(store.read(lookup.REFERENCE, LedgerRow, "a ledger row"), key=lambda row: row.made):
        if row.language_model in ("", DEFAULT):
            newest[row.task, row.split, row.method] = row
    lines = []
    for task, wanted in MAIN.items():
        here = [row for name in wanted.methods if (row := newest.get((task, wanted.split, name)))]
        best = sorted(here, key=lambda row: -row.interval.estimate)
        told = [
            f"{row.method}{'' if row.language_model else ' (no language model)'} {row.interval.estimate:.2f}"
            f" [{row.interval.low:.2f}, {row.interval.high:.2f}]"
            for row in best
        ]
        lines.append(f"- **{NAMES[task]}**, {max((row.n for row in here), default=0)} of test: {'; '.join(told)}.")
    return lines


def judged() -> list[str]:
    """Return which claims held and which did not, in the articles' words, and how many are open."""
    kept = current(store.read(verdicts.REFERENCE, Verdict, "a verdict"))
    told = [verdicts.Told(claim, kept.get(claim.id), True) for claim in rules.everything()]
    lines = []
    for outcome in LISTED:
        ours = [row.claim for row in told if row.claim.kind == "measured" and row.outcome == outcome]
        said = " ".join(f"{claim.id}: {claim.claim}" for claim in ours)
        lines.append(f"- **{outcome.capitalize()}**, {len(ours)} claims: {said}")
    open_ = {name: count for name, count in verdicts.tally(told).items() if name not in LISTED}
    rest = ", ".join(f"{name} {count}" for name, count in open_.items())
    apart = ", ".join(f"{kind} {count}" for kind, count in verdicts.apart(told).items())
    return [*lines, f"- The other measured claims: {rest or 'none'}. Claims that cannot fail are not counted: {apart}."]


def text() -> str:
    """Return all of it in Markdown."""
    head = (
        f"All at one size, {DEFAULT}: right answers with 95 % intervals, on test sets that nothing was chosen on. "
        "Claims are the articles', judged by rules written down beforehand; lesson 08 lists all with their numbers."
    )
    return "\n".join([head, "", *measured(), *judged()])
