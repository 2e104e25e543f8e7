"""Reads a file or a folder of a reader's own into a task: opens, guesses columns, cleans, splits, and says it all.

What cannot be used stops with every reason at once; what can is counted: rows used and rows left out add up.
"""

import hashlib
import html
import pathlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from helpers.model.prompts import without_marks
from helpers.tasks.files import DataError, Message
from helpers.tasks.own import cleaning, columns, folders, marks, shares, splits
from helpers.tasks.own.asked import HOW as QUESTIONS_BELOW
from helpers.tasks.own.cleaning import NUMBER, Row, one_spelling, outside_of
from helpers.tasks.own.findings import Finding, count, quoted
from helpers.tasks.own.judged import judged
from helpers.tasks.own.kinds import EVERY, is_workbook, table_of
from helpers.tasks.own.rows import rows_of
from helpers.tasks.own.splits import Divided
from helpers.tasks.own.tables import Table
from helpers.tasks.task import Task

SYSTEM = "You sort texts."
SHOWN_LABELS = 8
BELOW = "header"  # in place of a column of labels
Name = str | int | None
Names = Name | Sequence[str | int]


@dataclass(frozen=True, repr=False)
class OwnTask:
    """A task that a reader brought, with the story of how it was read, which it shows when printed or displayed.

    task: what is measured. how: how it was read, in lines. guessed: columns that nobody named. findings: what was odd.
    read, used: rows that stood there, and rows that take part in a split. kind: sorts texts under labels.
    """

    task: Task
    how: tuple[str, ...]
    guessed: tuple[str, ...]
    findings: tuple[Finding, ...]
    story: tuple[str, ...]
    read: int
    used: int
    examples: tuple[Row, ...]
    unit: str = "row"
    kind = "labels"

    @property
    def name(self) -> str:
        """The name under which results are kept: that of the file, and digits that stand for its content."""
        return self.task.name

    def with_words(self, words: dict[str, str] | None = None, system: str | None = None) -> "OwnTask":
        """Return the same with other words for some labels, or another first sentence of the prompt."""
        return replace(self, task=self.task.with_words(words or {}, system))

    def __str__(self) -> str:
        lines = [self.name, *self.how]
        if self.guessed:
            names = " and ".join(f"{role}=…" for role in self.guessed)
            lines.append(f"WHICH COLUMNS ARE MEANT IS A GUESS. If it is wrong, name them: {names}")
        lines.append("")
        lines += [f"  {self.unit} {row.number}: {quoted(row.text, 80)} → {quoted(row.label)}" for row in self.examples]
        if self.findings:
            lines += ["", "Found in it:", *(f"- {finding}" for finding in self.findings)]
        told = [f"{label} → {words}" for label, words in self.task.words.items() if label != words]
        more = f" and {len(told) - SHOWN_LABELS} more" if len(told) > SHOWN_LABELS else ""
        called = f" A model is told: {', '.join(told[:SHOWN_LABELS])}{more}." if told else ""
        outside = f" Outside of all others: {self.task.outside}." if self.task.outside else ""
        return "\n".join([*lines, "", *self.story, f"{count(len(self.task.labels), 'label')}.{called}{outside}"])

    def __repr__(self) -> str:
        return f"<{self.name}: {len(self.task.labels)} labels, {self.used} of {self.read} {self.unit}s used>"

    def _repr_html_(self) -> str:
        """The same for notebooks: preformatted, so that no cell of a file is read as HTML, Markdown or a formula."""
        return f'<pre style="white-space: pre-wrap">{html.escape(str(self))}</pre>'


def read(
    path: str | pathlib.Path,
    text: Names = None,
    label: Names = None,
    split: Name = None,
    *,
    test: str | pathlib.Path | None = None,
    dev: str | pathlib.Path | None = None,
    header: bool | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    outside: str | None = None,
    most_test: int = splits.MOST_TEST,
) -> OwnTask:
    """Read a table, or a folder of texts by label, into a task.

    Args:
        path: CSV and the like, JSON, JSON Lines, YAML, a spreadsheet; or a folder that holds one folder for each
            label, or tables called train and test.
        text, label, split: the columns, by name or number from 1; guessed where left out. A list of columns for text
            joins them, such as ["subject", "body"]; one for label says that each marks the label of its name, by 1.
            label="header" says that the name of a column is the label of the texts below it.
        test, dev: further files with the same columns, to test on and to choose by; `path` is then to learn from.
        header, encoding, delimiter, sheet: how to read the file; guessed where left out. sheet="every" reads all
            sheets, or all files of a folder, that have the same columns.
        outside: the label of what belongs to none of the others.
        most_test: the most rows that are tested.

    Raises:
        DataError: it cannot be used; the message holds every reason, where it is, and what to do.
    """
    path = pathlib.Path(path).expanduser()
    options = {"header": header, "encoding": encoding, "delimiter": delimiter, "sheet": sheet}
    files, beside = {"": path, "test": test, "dev": dev}, []
    if path.is_dir() and (test or dev):
        raise DataError(f"{path.name} is a folder: name the table in it to learn from, beside test=… and dev=…")
    if path.is_dir() and sheet != EVERY:
        files = folders.by_split(path)
    if files:
        roles = {"text": text, "label": label, "split": split}
        files = {name: pathlib.Path(file).expanduser() for name, file in files.items() if file}
        found = _of_files(files, roles, options, outside)
        if path.is_dir() and sheet != EVERY:
            beside = folders.not_read(path, files.values())
        digest = hashlib.sha256(b"".join(one.read_bytes() for file in files.values() for one in _files(file, encoding)))
    else:
        inside = folders.read(path)
        how = f"{path.name}: a folder, {count(inside.files, 'file')}; {inside.told}"
        found = _Read(inside.rows, inside.total, inside.findings, (how,), (), inside.unit)
        told = "\0".join(f"{r.number}\1{r.text}\1{r.label}" for r in found.rows)
        digest = hashlib.sha256(told.encode("utf-8", "replace"))
    findings, unit = [*found.findings, *beside], found.unit
    cleaned = cleaning.clean(found.rows, unit, outside)
    findings += cleaned.findings
    stop(path.name, findings, found.how)
    divided = splits.divide(cleaned.rows, unit, most_test)
    if not divided.test or not divided.train:
        raise DataError(
            f"{path.name}: {count(len(cleaned.rows), unit)} are too few to learn from and to test: each label needs "
            f"{splits.LEAST} at least that do not repeat one another, and some 30 before a figure says much"
        )
    task = _task(f"own:{slug(path)}:{digest.hexdigest()[:8]}", divided, unit, outside)
    examples = cleaned.rows[:3]
    used = len(divided.train) + len(divided.dev) + len(divided.test)
    spare = len(cleaned.rows) - used
    if spare:
        what = f"{count(spare, unit)} more than are measured"
        findings.append(Finding("sampled", what, (), "left out by drawing, label by label; see the splits", "", spare))
    return OwnTask(task, found.how, found.guessed, tuple(findings), divided.story, found.total, used, examples, unit)


def _files(path: pathlib.Path, encoding: str | None) -> list[pathlib.Path]:
    return folders.chosen(path, encoding) if path.is_dir() else [path]


@dataclass(frozen=True)
class _Read:
    """Rows by their splits, how many stood there, what was found, how they were read, what was guessed, the unit."""

    rows: tuple[Row, ...]
    total: int
    findings: tuple[Finding, ...]
    how: tuple[str, ...]
    guessed: tuple[str, ...]
    unit: str


def _of_files(files: dict[str, pathlib.Path], roles: dict[str, Names], options: dict, outside: str | None) -> _Read:
    """Read tables; columns are guessed in the first one, and the others are read by their names."""
    text, label, split = roles.values()
    below, told_text = label == BELOW, columns.flat(text)  # the name of a column is the label of the texts below it
    options = {**options, "names": columns.flat(text, None if below else label, split)}
    options["header"] = True if below else options["header"]
    rows, total, findings, how, named, each, objects = [], 0, [], [], None, None, False
    for name, file in files.items():
        further = name in ("test", "dev") and not file.is_dir()
        sheet = None if further and not is_workbook(file) else options["sheet"]  # said of workbooks alone
        asked = {**options, "sheet": sheet}
        table = folders.every(file, **asked) if file.is_dir() else table_of(file, **asked)
        if below and BELOW not in map(columns.plain, table.header):
            table = marks.below_names(table, told_text)
            text, label = "text", "label"
        if QUESTIONS_BELOW in table.how and label is None:
            raise DataError(
                f"{table.name} holds questions on texts and their answers, and no labels: name it twice, as documents "
                f"and as questions, with read_documents(…, …) or {file.name} --questions {file.name}"
            )
        table = judged(table, label)
        told, marking = label, ()
        if each and not (label := [one for one in each if one in table.header]):
            raise DataError(
                f"{table.name} has none of the columns that mark labels in {next(iter(files.values())).name}, "
                f"{columns.listed(each)}: mark them here too, or name columns that both files have, text=… and label=…"
            )
        if isinstance(label, list | tuple):
            table = marks.with_marked(table, label, outside)
            told, marking = table.header[-1], label
        pair = folders.beside(file) if table.width == 1 else ""
        if pair:
            raise DataError(f"{table.name} has one column alone. {pair}")
        try:
            at = columns.guess(table, *(named or (text, told)), split)
        except DataError as error:
            alone = (
                f". To test on a part of {next(iter(files.values())).name} instead, name that alone" if named else ""
            )
            raise DataError(f"{str(error).rstrip('.')}{alone}") from None
        if named is None:
            guessed, unit = at.guessed, table.unit
            if each := marks.one_each(table, at):
                table, marking = marks.with_marked(table, each, guessed=True), each
                at = columns.guess(table, text, table.header[-1], split)
            alike = shares.of_objects(table, at.label)
            objects, table = alike is not table, alike
            named = [table.header[i] for i in at.texts], table.header[at.label]
            findings += marks.hints(table, at)
        elif objects:
            table = shares.of_objects(table, at.label, must=True)
        some, lost, odd = rows_of(table, at, "train" if name == "" and len(files) > 1 else name)
        if name in ("test", "dev"):
            odd = [replace(one, rows=tuple(f"{name} {row}" for row in one.rows)) for one in odd]
        rows, total, findings = [*rows, *some], total + len(some) + lost, [*findings, *odd]
        how.append(_how(table, at, len(some) + lost, marking))
    return _Read(tuple(rows), total, tuple(findings), tuple(how), guessed, unit)


def slug(path: pathlib.Path) -> str:
    """Return the name of a file or folder as it may stand in the name of a task."""
    return re.sub(r"[^\w-]+", "-", path.stem).strip("-")[:40] or "task"


def _how(table: Table, at: columns.Columns, total: int, marking: Sequence[str | int] = ()) -> str:
    texts = " and ".join(quoted(table.header[i]) for i in at.texts)
    split = f", split from {quoted(table.header[at.split])}" if at.split is not None else ""
    marks_at = [columns.find(table, name, "label") for name in marking]
    told = {*at.texts, at.label, at.split, *marks_at}
    others = [name for i, name in enumerate(table.header) if i not in told]
    unread = f"; not read: {columns.listed(others)}" if others else ""
    named = (
        f"{columns.listed([table.header[i] for i in marks_at])}, whichever is marked"
        if marking
        else quoted(table.header[at.label])
    )
    said = f"text from {texts}, label from {named}{split}{unread}"
    return f"{table.name}: {table.how}; {count(total, table.unit)}; {said}"


def stop(name: str, findings: Sequence[Finding], how: Sequence[str] = ()) -> None:
    """Raise DataError with every finding, and with how the file was read, if one of them stops."""
    stopping = [finding for finding in findings if finding.stops]
    if stopping:
        others = [finding for finding in findings if not finding.stops]
        lines = [f"- {finding}" for finding in (*stopping, *others)]
        raise DataError("\n".join([f"{name} cannot be used yet:", *lines, *how]))


def words_for(labels: Sequence[str]) -> dict[str, str]:
    """Return what a model may call labels: the same with spaces for marks; a label as it is where two would be alike.

    >>> words_for(["lost_card", "GRP-0", "-1.5"])
    {'lost_card': 'lost card', 'GRP-0': 'GRP 0', '-1.5': '-1.5'}
    """
    said = {
        label: label if NUMBER.fullmatch(label) else " ".join(re.sub(r"[_\-/.]+", " ", without_marks(label)).split())
        for label in labels
    }
    said = {label: one or label for label, one in said.items()}
    times = Counter(said.values())
    words = {label: one if times[one] == 1 else without_marks(label) for label, one in said.items()}
    times = Counter(words.values())
    return {label: one if times[one] == 1 else f"{one} ({i})" for i, (label, one) in enumerate(words.items(), 1)}


def _task(name: str, divided: Divided, unit: str, outside: str | None) -> Task:
    def messages(rows: Sequence[Row]) -> list[Message]:
        return [Message(f"{unit} {row.number}", row.text, row.label) for row in rows]

    labels = sorted({row.label for row in (*divided.train, *divided.dev, *divided.test)})
    if outside is not None:
        same = [label for label in labels if one_spelling(label) == one_spelling(outside)]
        if not same:
            raise DataError(f"outside={outside!r} is no label; there are {columns.listed(labels)}")
        outside = same[0]
    return Task(
        name,
        words_for(labels),
        SYSTEM,
        messages(divided.train),
        messages(divided.dev),
        messages(divided.test),
        outside or outside_of(labels),
        "texts",
    )
