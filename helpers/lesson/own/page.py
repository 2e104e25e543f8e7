"""Shows what a climb found, and writes it as one page for a colleague; whatever a file holds is escaped on both."""

import pathlib
import time
from collections.abc import Sequence

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import Markdown, display

from helpers import statistics
from helpers.lesson import plots
from helpers.lesson.plots import decide as pictures
from helpers.lesson.plots import frame
from helpers.results import markdown as md
from helpers.results import own_figures, report
from helpers.results.own_decision import Decision
from helpers.results.report import Picture, Section
from helpers.results.rows import LedgerRow
from helpers.statistics import WORTHWHILE
from helpers.tasks.own import cleaning

MUTE = 0.2  # share of labels without meaning from which a decision is doubted
FEW = 20  # labels up to which mistakes are shown as a matrix


def noun_of(own) -> str:
    """Return what is counted: texts, or questions."""
    return "texts" if own.kind == "labels" else "questions"


def about_figures(rows: Sequence[LedgerRow]) -> str:
    """Return what names and columns of the table hold, in a line; an empty one where no tokens were read."""
    if not any(row.tokens_per_item for row in rows):
        return ""
    listed = [row for row in rows if "listed" in row.details]
    near = ""
    if listed:
        share, pool = listed[0].details["listed"], max(row.labels_used for row in listed)
        near = (
            f"Likeliest labels are those of a text's nearest labeled texts, of {pool:,} that were embedded (hence the "
            f"labeled rows); the model weighs these alone, and of {listed[0].n} texts {share:.0%} have the right one "
            "among them: more it cannot reach. "
        )
    tuned = any(row.approach == "tune" for row in rows)
    return near + (
        "Tokens are all that one text is asked with, also what many texts share"
        + ("; a tuned model is asked without the list of labels" if tuned else "")
        + ". Seconds are a text's part of some asked together, where what they share is read once; training and "
        "texts that the plan already embedded are not in them."
    )


def in_notebook() -> bool:
    """Return whether a notebook's kernel shows what is printed, and not a terminal."""
    return InteractiveShell.initialized()


def doubts(own) -> list[str]:
    """Return what a decision on labels must not be read without: that a model was told codes instead of words."""
    mute = [one for one, words in own.task.words.items() if cleaning.says_nothing(words)]
    if len(mute) < MUTE * len(own.task.labels):
        return []
    some = mute[:2]
    more = " and so on" if len(mute) > len(some) else ""
    return [
        f"But {len(mute)} of {len(own.task.labels)} labels, such as {some[0]!r}, tell a language model nothing, so "
        f"what it does here is no measure of it. Unless they are ratings, give them words{more}, with "
        f"{cleaning.worded(some)}, and climb again."
    ]


def kept(own) -> str:
    """Return what finished pieces and pages hold of a file, in a line."""
    if own.kind == "labels":
        held = "Pieces and rows hold row numbers, labels and hashes, not your texts"
    else:
        held = "Pieces and rows hold what was answered, which may quote your documents, and hashes of the questions"
    return f"{held}; the page quotes the start of a text where a finding does."


def _in_columns(lines: Sequence[Sequence[str]]) -> str:
    """A table as a terminal shows it."""
    cells = [[" ".join(cell.split()) for cell in line] for line in lines]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in cells)


def show(own, rows: Sequence[LedgerRow], found: Decision) -> None:
    """Show table, methods with intervals, mistakes and decision; outside a notebook no pictures, which the page has."""
    outside = own.task.outside if own.kind == "labels" else None
    lines = own_figures.table(rows, outside, found.rows)
    if not in_notebook():
        parts = [_in_columns(lines), about_figures(rows), *map(_in_columns, _labels(own, found)), str(found)]
        print(*filter(None, parts), sep="\n\n")
        return
    display(Markdown(md.table(lines[0], lines[1:])))
    if about_figures(rows):
        print(about_figures(rows))
    plots.methods(found.rows, "All methods, on the same items", noun=noun_of(own))
    if own.kind == "labels":
        labels = sorted({*found.shown.gold, *found.shown.predictions})
        matrix = statistics.confusion(found.shown.gold, found.shown.predictions, labels)
        plots.confusion(matrix, labels, f"{found.shown.method}: what it takes for what", noun=noun_of(own))
        for few in _labels(own, found):
            display(Markdown(md.table(few[0], few[1:])))
    print(found)


def _labels(own, found: Decision) -> list[tuple[tuple[str, ...], ...]]:
    """The table of few labels, one by one, in a list; none where there are many, or no labels."""
    if own.kind != "labels" or len(own.task.labels) > FEW:
        return []
    head = (f"label, with {found.shown.method}", "found (recall)", "right where said (precision)")
    return [(head, *own_figures.by_label(found.shown))]


def _seen(own, found: Decision) -> str:
    return f"{found.shown.method}, on {found.shown.n} {noun_of(own)}; a share of a few of them says little."


def unmeasured(plan) -> list[str]:
    """Return what a decision must not be read without where rungs were left out: that nothing is known of them."""
    skipped = [f"{step.rung.name} ({step.skipped})" for step in plan.steps if step.skipped]
    return [f"Of what was not measured this says nothing: {', '.join(skipped)}."] if skipped else []


def sections(own, rows: Sequence[LedgerRow], found: Decision, plan=None) -> list[Section]:
    """Return the page: decision, figures, mistakes, and how the data were read, split and sampled."""
    outside = own.task.outside if own.kind == "labels" else None
    figure, words = pictures.draw_forest(found.standing, "Behind the leader", WORTHWHILE)
    lead = found.standing.leader
    taken = f"The picture measures from {lead}, which is right most often on the same {noun_of(own)}; taken is the "
    taken += "cheapest of those that cannot be told from it."
    why = () if found.chosen.method == lead else (taken,)
    lines = tuple(own_figures.table(rows, outside, found.rows))
    parts = [
        Section("Decision", (*found.sentences, *why), picture=Picture(frame.png(figure), words)),
        Section("Figures", tuple(filter(None, [about_figures(rows)])), lines),
        *(Section("Label by label", (_seen(own, found),), table) for table in _labels(own, found)),
    ]
    if own.kind == "labels":
        every = own_figures.mix_ups(found.shown, most=found.shown.n)
        mistakes = [(gold, said, str(times)) for gold, said, times in every[: own_figures.MIXED]]
        if mistakes:
            head, cut = ("right label", "what was said", "times"), len(every) > len(mistakes)
            wrong = sum(times for *_, times in every)
            told = f"{wrong} of {found.shown.n} are wrong, in {len(every)} ways; the {len(mistakes)} commonest:"
            parts.append(Section(f"Mistakes of {found.shown.method}", (told,) if cut else (), table=(head, *mistakes)))
        if len(own.task.labels) > FEW:
            worst = [(one, f"{right} of {count}") for one, right, count in own_figures.worst_labels(found.shown)]
            told = f"Of {len(own.task.labels)} labels those with three {noun_of(own)} or more that are found least:"
            parts.append(Section("Hardest labels", (told,), table=(("label", "right"), *worst)))
    told = (*own.how, *own.story, *(plan.story if plan else ()))
    methods = [f"{step.rung.name}: {step.rung.says}." for step in (plan.steps if plan else ()) if not step.skipped]
    parts.append(Section("How it was measured", (*told, *methods)))
    if own.findings:
        parts.append(Section("What was found in the data", tuple(map(str, own.findings))))
    return parts


def write(own, rows: Sequence[LedgerRow], found: Decision, folder: pathlib.Path, plan=None) -> pathlib.Path:
    """Write report.html, report.md and its picture into a folder; return the path of the first."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = sections(own, rows, found, plan)
    title = f"What to use for {own.name.split(':')[1]}"
    made = f"Made on {time.strftime('%Y-%m-%d')}; intervals are 95 %. {report.scale(rows)}"
    images = [part.picture for part in parts if part.picture]
    names = [f"report-{number}.png" for number in range(1, len(images) + 1)]
    for name, picture in zip(names, images, strict=True):
        (folder / name).write_bytes(picture.png)
    page = folder / "report.html"
    page.write_text(report.html(title, parts, made), encoding="utf-8", errors="replace")
    text = report.markdown(title, parts, names, made)
    (folder / "report.md").write_text(text, encoding="utf-8", errors="replace")
    return page
