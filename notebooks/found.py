"""What the course found, for README and docs/found.md: from the rows and verdicts that it ships, never from your own.

`write()` writes docs/found.md and the picture in it, docs/four_scales.png; README's part is `text()`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache

import scale_jobs
import scale_verdicts

from helpers.lesson import four_scales, main_rows, page
from helpers.lesson.main_rows import MAIN, QUESTIONS
from helpers.lesson.plots import frame, scales
from helpers.machine import runtime
from helpers.methods import forms, recorded
from helpers.model import catalogue
from helpers.results import claims, lookup, markdown, rules, store, verdicts
from helpers.results.rows import LedgerRow
from helpers.tasks.change_requests import RISKS

OPEN, CLOSE = "<!-- what the course found, written by notebooks/found.py -->", "<!-- end of what the course found -->"
PAGE, PICTURE = runtime.ROOT / "docs" / "found.md", runtime.ROOT / "docs" / "four_scales.png"
NAMES = {"intents": "Sorting messages", "changes": "The risk of a change", QUESTIONS: "Questions about policies"}
LISTED = ("held", "did not hold")
PLAIN, LARGE = page.ORDER[0], page.ORDER[-1]
NONE = "–"
KINDS = ("right", "another risk", forms.OTHER, forms.INSIDE, forms.NO_JSON)  # of answers to change requests


@cache
def shipped() -> tuple[LedgerRow, ...]:
    """Return the rows that the course ships, of all models, the newest of each name."""
    newest = {}
    for row in sorted(store.read(lookup.REFERENCE, LedgerRow, "a ledger row"), key=lambda row: row.made):
        newest[row.task, row.split, row.method, row.language_model] = row
    return tuple(newest.values())


def by_size(task: str, split: str, methods: Iterable[str]) -> dict[str, dict[str, LedgerRow]]:
    """Return size -> method -> row, in the order of sizes; large: the recorded answers, whatever they were asked."""
    wanted = set(methods)
    rows = main_rows.with_stand_ins([row for row in shipped() if (row.task, row.split) == (task, split)])
    rows = [row for row in rows if row.method in wanted]
    asked = [row for row in recorded.rows() if (row.task, row.split) == (task, split) and row.method in page.LARGE]
    found: dict[str, dict[str, LedgerRow]] = {size: {} for size in page.ORDER}
    for row in [*rows, *asked]:
        found.setdefault(page.size_of(row), {})[row.method] = row
    return found


def _told(row: LedgerRow) -> str:
    return f"{row.interval.estimate:.2f} [{row.interval.low:.2f}, {row.interval.high:.2f}]"


def _best(rows: Mapping[str, LedgerRow]) -> LedgerRow:
    return max(rows.values(), key=lambda row: row.interval.estimate)


def _of_kinds(row: LedgerRow) -> dict[str, int]:
    """Return how a JSON method's answers came out: of the right risk, of another, and what was no answer, by kind."""
    counted = Counter(
        "right" if hit else "another risk" if said in RISKS else str(said)
        for hit, said in zip(row.correct, row.predictions, strict=True)
    )
    return {kind: counted[kind] for kind in KINDS}


def _aside(row: LedgerRow) -> str:
    """Return in brackets what most answers were where not one is right and the row says it; else nothing."""
    if any(row.correct) or row.task != "changes":
        return ""
    kind, count = max(_of_kinds(row).items(), key=lambda pair: pair[1])
    return f" ({count} of {row.n} answers: {kind})"


def measured() -> list[str]:
    """Return a line for each main task: at each size its highest share right, and by which method."""
    lines = []
    for task, wanted in MAIN.items():
        found = by_size(task, wanted.split, {**wanted.methods, "free answer": ""})
        rows = [row for some in found.values() for row in some.values()]
        best = []
        for size, some in found.items():
            row = _best(some) if some else None
            name = row and (page.LARGE.get(row.method, row.method) if size == LARGE else row.method)
            said = f"{name} {_told(row)}{_aside(row)}" if row else "not measured"
            best.append(f"{size}: {said}")
        none = sum(gold == "abstained" for gold in max(rows, key=lambda row: row.n).gold)
        unanswered = f" ({none} have no answer, and saying so is right)" if none else ""
        lines.append(f"- **{NAMES[task]}**, {max(row.n for row in rows)} of test{unanswered}. {'; '.join(best)}.")
    return lines


def turned() -> list[str]:
    """Return the claims whose verdict is another at another size, each with its verdicts; [] where none is."""
    found = {model: scale_verdicts.shipped(model) for model in catalogue.SCALES}
    lines = []
    for claim in rules.everything():
        outcomes = {
            _size(model): kept[claim.id].outcome
            for model, kept in found.items()
            if claim.id in kept and kept[claim.id].outcome in LISTED
        }
        if len(set(outcomes.values())) > 1:
            said = ", ".join(f"{outcome} at {size}" for size, outcome in outcomes.items())
            lines.append(f"{claim.id} ({claim.claim.rstrip('.')}): {said}")
    return lines


def larger() -> dict[str, dict[str, claims.Verdict]]:
    """Return the larger models that have verdicts -> claim -> verdict."""
    found = {model: scale_verdicts.shipped(model) for model in catalogue.SCALES if model != catalogue.DEFAULT}
    return {model: kept for model, kept in found.items() if kept}


def _size(model: str) -> str:
    return next(name for name, size in page.SIZES.items() if 0.75 < scale_jobs.parameters(model) / size < 1.3)


def _judged() -> list[verdicts.Told]:
    kept = scale_verdicts.shipped(catalogue.DEFAULT)
    return [verdicts.Told(claim, kept.get(claim.id), True) for claim in rules.everything()]


def judged() -> list[str]:
    """Return which claims held and which did not at the default size, by number, and how many are open."""
    told = _judged()
    lines = []
    for outcome in LISTED:
        ours = [row.claim.id for row in told if row.claim.kind == "measured" and row.outcome == outcome]
        lines.append(
            f"- **{outcome.capitalize()}** at {_size(catalogue.DEFAULT)}, {len(ours)} claims: {', '.join(ours)}."
        )
    open_ = {name: count for name, count in verdicts.tally(told).items() if name not in LISTED}
    rest = ", ".join(f"{name} {count}" for name, count in open_.items())
    apart = ", ".join(f"{kind} {count}" for kind, count in verdicts.apart(told).items())
    return [*lines, f"- The other measured claims: {rest or 'none'}. No measurements, so not counted: {apart}."]


def text() -> str:
    """Return README's part in Markdown: the picture, and what it says in ten lines at most."""
    changed = turned()
    both = len({claim for kept in larger().values() for claim in kept})
    flips = (
        f"- **Verdicts at a larger model**, {both} so far; held at one and not at the other: "
        f"{'; '.join(changed) or 'none'}. Size is not all that differs: the larger models are of another family."
    )
    head = (
        "The main method with the highest share right on test at each size, with its 95 % interval. Prompts and "
        "recipes were chosen on dev; being the highest of several flatters a figure a little. *Large* is a hosted "
        "model whose answers were recorded once; a model of its kind wrote the data, so read it as a ceiling."
    )
    more = "- [All of it](docs/found.md): methods by size, claims with their verdicts, and what is not measured."
    return "\n".join(
        [
            f"![{four_scales.TITLE}; docs/found.md says it in words](docs/four_scales.png)",
            "",
            head,
            "",
            *measured(),
            flips,
            *judged(),
            more,
        ]
    )


@cache
def picture():
    """Return the picture of scales from shipped rows alone, and what it says in words."""
    return scales.draw(four_scales.panels(shipped()), four_scales.TITLE)


def methods() -> list[str]:
    """Return for each panel of the picture a table: a line for each method, a column for each size."""
    parts = []
    for wanted in four_scales.PANELS:
        main = MAIN[wanted.task].methods if wanted.task in MAIN else {}
        found = by_size(wanted.task, wanted.split, [*wanted.methods, *wanted.plain, *main])
        every = dict.fromkeys(method for rows in found.values() for method in rows)
        lines = [
            [method, *(_told(rows[method]) if method in rows else NONE for rows in found.values())] for method in every
        ]
        parts.append(f"### {wanted.title}\n\n{markdown.table(['method', *found], lines)}")
    return parts


def apart() -> str:
    """Return a table for questions: right where there is an answer, and where there is none, a column for each size."""
    kinds = {"right": "with an answer", "abstained": "without one"}
    found = by_size(QUESTIONS, "test", MAIN[QUESTIONS].methods)
    lines = []
    for method in dict.fromkeys(name for rows in found.values() for name in rows):
        for gold, what in kinds.items():
            cells = []
            for rows in found.values():
                row = rows.get(method)
                hits = [hit for hit, one in zip(row.correct, row.gold, strict=True) if one == gold] if row else []
                cells.append(f"{sum(hits)} of {len(hits)}" if hits else NONE)
            lines.append([method, what, *cells])
    return markdown.table(["method", "questions", *found], lines)


def kinds() -> str:
    """Return a table for change requests: how the answers of each JSON method came out, a column for each size."""
    wanted = MAIN["changes"]
    found = by_size("changes", wanted.split, [*wanted.methods, *forms.WORDINGS])
    lines = []
    for method in dict.fromkeys(name for rows in found.values() for name in rows):
        asked = {size: rows[method] for size, rows in found.items() if method in rows}
        if any(row.approach == "plain" for row in asked.values()):
            continue  # they name the risk and write no JSON
        told = {
            size: "; ".join(f"{count} {kind}" for kind, count in _of_kinds(row).items() if count)
            for size, row in asked.items()
        }
        lines.append([method, *(told.get(size, NONE) for size in found)])
    return markdown.table(["method", *found], lines)


def missing() -> str:
    """Return a table of what the larger models were measured on: for each job, rows there of those of the default."""
    models = [model for model in catalogue.SCALES if model != catalogue.DEFAULT]
    lines = []
    for job in scale_jobs.JOBS:
        rows = [row for row in shipped() if job.has(row)]
        names = {
            model: {(row.task, row.split, row.method) for row in rows if row.language_model == model}
            for model in catalogue.SCALES
        }
        wanted = names[catalogue.DEFAULT]
        lines.append([job.name, job.shows, *(f"{len(names[model] & wanted)} of {len(wanted)}" for model in models)])
    return markdown.table(["job", "what", *(f"rows at {_size(model)}" for model in models)], lines)


def tries() -> str:
    """Return in a sentence for each larger model how many forms it chose from on dev, and its number formats."""
    said = []
    for model in catalogue.SCALES:
        rows = [row for row in shipped() if row.language_model == model and row.tries]
        if rows:
            counts = sorted({row.tries for row in rows})
            formats = sorted({row.dtype for row in rows})
            said.append(f"{_size(model)}: {' or '.join(map(str, counts))} tries on dev, {' and '.join(formats)}.")
    return " ".join(said)


def seeds() -> str:
    """Return a sentence on how often the messages were tuned for, by size; the tables hold the first seed alone."""
    task, split, told = "intents", MAIN["intents"].split, []
    for size, rows in by_size(task, split, [main_rows.TUNED]).items():
        for first in rows.values() if size != LARGE else ():
            same = (task, split, first.language_model)
            others = [
                row
                for row in shipped()
                if (row.task, row.split, row.language_model) == same
                and row.method.startswith(f"{main_rows.TUNED}, seed ")
            ]
            shares = ", ".join(f"{row.interval.estimate:.2f}" for row in (first, *others))
            seeds = f"the first of {1 + len(others)} seeds ({shares})" if others else "one seed"
            told.append(f"{seeds} at {size}")
    return f"*{main_rows.TUNED}* is {'; '.join(told)}, with the recipe that {_size(catalogue.DEFAULT)} chose on dev."


def ruled(told: Iterable[verdicts.Told]) -> str:
    """Return a table of claims: what is claimed, the verdict, its numbers, and the rule that says what they measure."""
    lines = []
    for row in told:
        numbers = row.verdict.numbers if row.verdict else ""
        lines.append([f"{row.claim.id}: {row.claim.claim}", row.outcome, numbers, row.claim.rule])
    return markdown.table(["what is claimed", "verdict", "numbers", "rule, fixed beforehand"], lines)


def whole() -> str:
    """Return docs/found.md."""
    _, words = picture()
    told, judged_larger = _judged(), {claim for kept in larger().values() for claim in kept}
    parts = [
        "# What the course found",
        "Written by the build from the rows and verdicts that the course ships. A size is how many numbers a model "
        "holds: 135M is SmolLM2-135M-Instruct, which the lessons run; 0.5B and 1.5B are Qwen2.5-Coder-Instruct, of "
        "another family, measured once with the same code; *large* is a hosted model's recorded answers, which cannot "
        "be repeated. A model of its kind wrote the data, so read it as a ceiling. Words such as *held* and "
        "*underpowered* are explained in the [glossary](glossary.md), claims in the lessons that test them.",
        f"![{words}](four_scales.png)",
        "## Methods by size",
        "Share right on test with its 95 % interval. A dash was not measured. Where a method chose among wordings on "
        "dev, a larger model may have tried fewer, those that the smallest one did best with, which may understate "
        f"it. {tries()} *Whole document*: the large model was given the right one, and had nothing to search.",
        seeds(),
        *methods(),
        "### Questions as customers ask them, with an answer and without",
        "Some questions have no answer in the policies, and saying so is right. Most of what closed book gains with "
        "size, and of what tuning gains, may be such answers: compare the lines.",
        apart(),
        "### Change requests: what came back",
        f"Answers of {forms.MOST_TOKENS} tokens at most. A strict prompt asks for JSON and no other text: JSON in a "
        "code fence is no answer to it, and a fence cut off by the limit holds no JSON.",
        kinds(),
        "## Verdicts by size",
        "Claims that were judged with a larger model, too. A verdict there may rest on fewer items than the tables "
        "above: its n says so.",
        scale_verdicts.table((catalogue.DEFAULT, *larger()), scale_verdicts.shipped, judged_larger),
        "## How much of it the larger models have",
        "`make scales` measures the rest, row by row; on two cores that takes days, on a GPU hours.",
        missing(),
        *(
            f"## {kind.capitalize()} claims at {_size(catalogue.DEFAULT)}\n\n"
            + ruled(row for row in told if row.claim.kind == kind)
            for kind in rules.KINDS
        ),
    ]
    return "\n\n".join(parts) + "\n"


def write() -> None:
    """Write docs/found.md, and the picture where what it says has changed."""
    figure, words = picture()
    if not PICTURE.is_file() or not PAGE.is_file() or words not in PAGE.read_text(encoding="utf-8"):
        PICTURE.write_bytes(frame.png(figure))
    PAGE.write_text(whole(), encoding="utf-8")
