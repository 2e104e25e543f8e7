"""Which column holds the text, the label, the split: guessed, and shown for a yes.

A name decides where it is a usual one; else what stands in the column: texts are long and differ, labels repeat.
"""

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from helpers.tasks.files import DataError
from helpers.tasks.own import wordings
from helpers.tasks.own.findings import quoted
from helpers.tasks.own.tables import Table

NAMES = {
    "text": """text texts message messages sentence utterance description comment comments review reviews query content
    body tweet document article request complaint feedback email mail post snippet input question narrative
    short_description ticket_text ticket_description issue_description sms headline statement prompt""",
    "label": """label labels category categories class intent target topic sentiment tag group type department queue
    assignment_group labels_text output issue_type polarity gold annotation kind subject_area rating score stars
    team reason completion component_s choices accept label_text label_name intent_name category_name""",
    "split": "split set subset fold partition dataset_split",
    "question": "question questions query q prompt ask faq input text",
    "answer": "answer answers a response reply expected gold reference solution output",
    "document": "document documents doc source file page article title",
    "nothing": "v1 v2 v3 v4",
    "id": "id ids number no nr index row key uid guid ticket_id message_id",
}
NAMES = {role: names.split() for role, names in NAMES.items()}
SPLITS = {
    "train": "train", "training": "train", "trn": "train", "dev": "dev", "val": "dev", "valid": "dev",
    "validation": "dev", "development": "dev", "test": "test", "testing": "test", "tst": "test", "eval": "test",
}  # fmt: skip
LOOKED_AT = 2000
LISTED = re.compile(r"[\[{].*[\]}]", re.DOTALL)
NO_WORDS = (wordings.CODE, wordings.LINK, LISTED)  # what no text is: an id, a link, a list


@dataclass(frozen=True)
class Columns:
    """Places of columns in a table, counted from 0. `guessed`: roles that nobody told.

    more: further columns that are joined to the text. unread: columns that hold texts too, as far as one can guess.
    """

    text: int
    label: int
    split: int | None = None
    guessed: tuple[str, ...] = ()
    more: tuple[int, ...] = ()
    unread: tuple[int, ...] = ()

    @property
    def texts(self) -> tuple[int, ...]:
        """All columns of the text, in the order in which they are joined."""
        return (self.text, *self.more)

    def text_of(self, cells: Sequence[str]) -> str:
        """Return a row's text: the cell itself, or what stands in several, one below the other."""
        return "\n".join(filter(None, (cells[i].strip() for i in self.texts))) if self.more else cells[self.text]


def plain(name: str) -> str:
    """Return a column's name as names are compared.

    >>> plain(" Assignment Group ")
    'assignment_group'
    """
    return re.sub(r"[^\w]+", "_", name.strip().lower().replace("\ufeff", "")).strip("_")


def find(table: Table, wanted: str | int, role: str) -> int:
    """Return the place of a column by its name, or by its number from 1; letter case and spaces do not matter.

    Raises DataError naming the columns there are.
    """
    if isinstance(wanted, int) and not isinstance(wanted, bool):
        if 1 <= wanted <= table.width:
            return wanted - 1
        raise DataError(f"{table.name}: there is no column number {wanted} for the {role}; there are {table.width}")
    for same in (str, plain):
        places = [place for place, name in enumerate(table.header) if same(name) == same(wanted)]
        if places:
            return places[0]
    raise DataError(
        f"{table.name}: no column {quoted(wanted)} for the {role}; there are {listed(table.header)}. Give one of these "
        "names, or a number from 1"
    )


def flat(*told) -> list[str | int]:
    """Return all columns that were told, of which each role may have one, several or none."""
    return [one for some in told for one in (some if isinstance(some, list | tuple) else [some]) if one is not None]


def listed(names: Sequence[str]) -> str:
    """Return names in a line of bearable length."""
    shown = ", ".join(quoted(name, 30) for name in names[:12])
    return shown + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def guess(
    table: Table,
    text: str | int | Sequence[str | int] | None = None,
    label: str | int | None = None,
    split: str | int | None = None,
) -> Columns:
    """Return which column holds what; what is told is taken, the rest is guessed. Of text there may be several.

    Raises DataError if a column told is not there, both are the same, or there is only one.
    """
    if table.width < 2:
        raise DataError(
            f"{table.name} has one column alone ({table.how}{_first(table)}); it needs two, a text and its label. If "
            "cells are parted by another sign, say delimiter=…"
        )
    if not table.records and not table.ragged:
        raise DataError(f"{table.name} holds the names of columns and no row below them: {listed(table.header)}")
    if not table.header:
        raise DataError(
            f"{table.name} holds {len(table.ragged)} rows, and none of them has the {table.width} cells of a table "
            f"({table.how}). Give each row as many cells, or say delimiter=…"
        )
    rows = [record.cells for record in table.records[:LOOKED_AT]] or [("",) * table.width]
    facts = [_Facts.of(name, column) for name, column in zip(table.header, zip(*rows, strict=True), strict=True)]
    places = range(table.width)
    split_at = find(table, split, "split") if split is not None else None
    if split is None:
        splits = [i for i in places if facts[i].named("split") and facts[i].all_splits]
        split_at = splits[0] if splits else None
    told = [] if text is None else [text] if isinstance(text, str | int) else list(text)
    text_at, *more = [find(table, one, "text") for one in told] or [None]
    label_at = find(table, label, "label") if label is not None else None
    if label_at is not None and label_at in (text_at, *more):
        raise DataError(f"{table.name}: text and label are the same column, {quoted(table.header[label_at])}; name two")
    if len({text_at, *more}) <= len(more):
        raise DataError(f"{table.name}: text={told} names a column twice; name each once")
    free = [i for i in places if i not in (split_at, text_at, label_at, *more)]
    if text_at is None:
        text_at = max(free, key=lambda i: (facts[i].as_text, -i))
        free.remove(text_at)
    if label_at is None:
        if not free:
            raise DataError(f"{table.name}: no column is left for the label; name text=… and label=…")
        label_at = max(free, key=lambda i: (facts[i].as_label, i))
    guessed = tuple(role for role, told in (("text", text), ("label", label)) if told is None)
    unread = tuple(i for i in free if i != label_at and facts[i].is_text) if text is None else ()
    return Columns(text_at, label_at, split_at, guessed, tuple(more), unread)


def _first(table: Table) -> str:
    return f"; it begins with {quoted(table.records[0].cells[0], 50)}" if table.records and table.width else ""


@dataclass(frozen=True)
class _Facts:
    """What tells a column of texts from one of labels; shares lie between 0 and 1."""

    name: str
    distinct: float
    length: float
    blank: float
    numeric: float
    all_splits: bool
    same: bool
    words: float
    coded: float

    @classmethod
    def of(cls, name: str, column: Sequence[str]) -> "_Facts":
        filled = [cell.strip() for cell in column if cell.strip()] or [""]
        numeric = sum(bool(re.fullmatch(r"[-+\d.,:/ T]+%?", cell)) for cell in filled) / len(filled)
        distinct, length = len(set(filled)) / len(filled), statistics.mean(map(len, filled))
        splits = {cell.lower() for cell in filled} <= set(SPLITS)
        words = statistics.median(len(cell.split()) for cell in filled)
        coded = sum(any(kind.fullmatch(cell) for kind in NO_WORDS) for cell in filled) / len(filled)
        blank = 1 - len(filled) / len(column)
        return cls(name, distinct, length, blank, numeric, splits, len(set(filled)) < 2, words, coded)

    def named(self, role: str) -> bool:
        last = plain(self.name.rpartition(".")[2])
        forms = {plain(self.name), last, re.sub(r"_\d+$", "", last)}
        if role == "id" and re.search(r"(?:[_ .-]|[a-z](?=I))(?:id|ID|Id)$", self.name):
            return True
        return bool(forms & set(NAMES[role]))

    @property
    def as_text(self) -> float:
        score = self.distinct + min(self.length, 120) / 60 - 2 * max(self.numeric, self.coded) - self.blank
        return score + 1.5 * self.named("text") - 2 * self.named("id") - self.named("label")

    @property
    def is_text(self) -> bool:
        """Whether a column that is not the text reads like one: of several words, of many kinds, no number or name."""
        return self.distinct > 0.5 and self.words >= 2 and max(self.numeric, self.coded) < 0.2 and not self.named("id")

    @property
    def as_label(self) -> float:
        score = (1 - self.distinct) - min(self.length, 120) / 60 - self.blank - 0.3 * self.numeric
        score += 1.5 * self.named("label") - 2 * self.named("id") - 0.5 * self.named("text")
        return score - 4 * self.same - (self.distinct == 1)  # the same in each row, or never, sorts nothing
