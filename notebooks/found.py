"""What the course found, for README and docs/found.md: from the rows and verdicts that it ships, never from your own.

`write()` writes docs/found.md and the picture in it, docs/four_scales.png; README's part is `text()`.
"""

from collections.abc import Iterable, Mapping
from functools import cache

import scale_jobs
import scale_verdicts

from helpers.lesson import four_scales, main_rows, page
from helpers.lesson.main_rows import MAIN, QUESTIONS
from helpers.lesson.plots import frame, scales
from helpers.machine import runtime
from helpers.methods import recorded
from helpers.model import catalogue
from helpers.results import lookup, markdown, rules, store, verdicts
from helpers.results.claims import Verdict, current
from helpers.results.rows import LedgerRow

OPEN, CLOSE = "<!-- what the course found, written by notebooks/found.py -->", "<!-- end of what the course found -->"
PAGE, PICTURE = runtime.ROOT / "docs" / "found.md", runtime.ROOT / "docs" / "four_scales.png"
NAMES = {"intents": "Sorting messages", "changes": "The risk of a change", QUESTIONS: "Questions about policies"}
LISTED = ("held", "did not hold")
PLAIN, LARGE = page.ORDER[0], page.ORDER[-1]
NONE = "–"


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


def measured() -> list[str]:
    """Return a line for each main task: its best method at each size, with its share of right answers."""
    lines = []
    for task, wanted in MAIN.items():
        found = by_size(task, wanted.split, {**wanted.methods, "free answer": ""})
        n = max(row.n for rows in found.values() for row in rows.values())
        best = [
            f"{size if size != PLAIN else 'without a language model'} {_best(rows).method} {_told(_best(rows))}"
            for size, rows in found.items()
            if rows
        ]
        lines.append(f"- **{NAMES[task]}**, {n} of test, the best at each size: {'; '.join(best)}.")
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


def _size(model: str) -> str:
    return next(name for name, size in page.SIZES.items() if 0.75 < scale_jobs.parameters(model) / size < 1.3)


def _judged() -> list[verdicts.Told]:
    kept = current(store.read(verdicts.REFERENCE, Verdict, "a verdict"))
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
    return [*lines, f"- The other measured claims: {rest or 'none'}. Claims that cannot fail are not counted: {apart}."]


def text() -> str:
    """Return README's part in Markdown: the picture, and what it says in ten lines at most."""
    changed = turned()
    flips = f"- **What turns with size:** {'; '.join(changed)}." if changed else "- No verdict turns with the size yet."
    head = "Right answers with 95 % intervals, on test sets that nothing was chosen on:"
    more = (
        "- [All of it](docs/found.md): every method at every size, every claim with its verdict, what is not measured."
    )
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


def missing() -> str:
    """Return a table of what the larger models were measured on: for each job, rows there of those of the default."""
    models = [model for model in catalogue.SCALES if model != catalogue.DEFAULT]
    lines = []
    for job in scale_jobs.JOBS:
        count = {
            model: sum(job.has(row) for row in shipped() if row.language_model == model) for model in catalogue.SCALES
        }
        lines.append([job.name, job.shows, *(f"{count[model]} of {count[catalogue.DEFAULT]}" for model in models)])
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


def whole() -> str:
    """Return docs/found.md."""
    _, words = picture()
    told = _judged()
    parts = [
        "# What the course found",
        "Written by the build from the rows and verdicts that the course ships. Sizes are the numbers in a model: 135M "
        "is SmolLM2-135M-Instruct, which the lessons run; 0.5B and 1.5B are Qwen2.5-Coder-Instruct, another family, "
        "measured once with the same code; *large* is a hosted model's recorded answers, which cannot be repeated.",
        f"![{words}](four_scales.png)",
        "## Every method at every size",
        "Share right on test with its 95 % interval. A dash was not measured. Where a method chose among wordings on "
        "dev, a larger model may have tried fewer, those that the smallest one did best with, so its figures are if "
        f"anything too low. {tries()}",
        *methods(),
        "## Verdicts by size",
        "Claims that the larger models were measured for. A dash was not measured.",
        scale_verdicts.table(source=scale_verdicts.shipped),
        "## How much of it the larger models have",
        "`make scales` measures the rest, row by row; on two cores that takes days, on a GPU hours.",
        missing(),
        f"## All {len(told)} claims at {_size(catalogue.DEFAULT)}",
        verdicts.brief(told),
    ]
    return "\n\n".join(parts) + "\n"


def write() -> None:
    """Write docs/found.md, and the picture where what it says has changed."""
    figure, words = picture()
    if not PICTURE.is_file() or not PAGE.is_file() or words not in PAGE.read_text(encoding="utf-8"):
        PICTURE.write_bytes(frame.png(figure))
    PAGE.write_text(whole(), encoding="utf-8")
