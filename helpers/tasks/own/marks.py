"""Columns that mark one label each, texts below the names of their labels, and labels of parts of a text.

Columns themselves are found by columns; what is odd about texts and labels is said by cleaning.
"""

import re
import shlex
from collections.abc import Collection, Sequence
from dataclasses import replace

from helpers.tasks.files import DataError
from helpers.tasks.own import shares
from helpers.tasks.own.columns import LOOKED_AT, NAMES, Columns, find, listed, plain
from helpers.tasks.own.findings import Finding, count, quoted
from helpers.tasks.own.tables import Record, Table, in_order, letters

WORDS = {  # what marks, and what does not, as people and programs write it
    True: """1 1.0 true yes y x t ✓ ✔ ☑ ja wahr oui vrai si sí verdadero vero sim verdadeiro да истина tak prawda evet
    doğru 是 はい 예 نعم כן""",
    False: """0 0.0 false no n - f ☐ ✗ nan nein falsch non faux falso não нет ложь nie fałsz hayır yanlış 否 いいえ
    아니요 لا לא""",
}
MARKS = {"": False} | {word: mark for mark, words in WORDS.items() for word in words.split()}
PARTS = ("spans", "entities", "relations", "tokens")  # what these name is said of a part of the text
RIVALS = 5  # named
SPAN = re.compile(r"\[?\[\d+, \d+, \"")


def with_marked(
    table: Table, names: Sequence[str | int], outside: str | None = None, called: str = "label", guessed: bool = False
) -> Table:
    """Return a table with one column more: the names of the columns that are marked in a row, parted by semicolons.

    outside: the label of rows without a mark; they have none where it is left out. Of names in JSON such as
    `cats.refund` the last part is the label. guessed: nobody told these columns, which is said.

    Raises DataError if a column is not there, or holds anything but marks such as 1 and 0, true and false.
    """
    places = [find(table, name, "label") for name in names]
    tops = shares.highest([[r.cells[place] for place in places] for r in table.records])
    for place in places:
        odd = next((r for r in table.records if _mark(table, r, place) not in MARKS), None)
        if odd and tops is None:
            raise DataError(
                f"{table.name}: label={list(names)} says that each of these columns marks one label, by 1 or nothing, "
                "or holds shares that add up to 1; "
                f"{quoted(table.header[place])} holds {quoted(odd.cells[place], 30)} in {table.unit} {odd.number}"
            )
    above = {table.header[place].rpartition(".")[0] for place in places}
    begin = f"{above.pop()}." if len(above) == 1 and table.unit != "row" else ""
    labels = {place: table.header[place].removeprefix(begin) for place in places}
    findings = list(table.findings)
    if guessed:
        what = f"{listed([table.header[place] for place in places])} mark one label in each {table.unit}"
        do = f"if one of them alone is the label, say {option('label', names[:1])}, or another"
        findings.append(Finding("one mark", what, (), "the name of the marked one is the label", do))
    if any(_mark(table, record, place) not in MARKS for record in table.records for place in places):
        called_by = dict(zip(places, shares.named(list(labels.values())), strict=True))
        marked = [[called_by[places[i]] for i in top] for top in tops]
        what = "these columns hold shares or votes, and the name of the highest is the label"
        findings.append(Finding("shares", what, (), "rows where two are as high have none"))
    else:
        marked = [[labels[p] for p in places if MARKS[_mark(table, record, p)]] for record in table.records]
    for what, numbers, done, do in (
        (
            "without a mark in any of these columns",
            [r.number for r, some in zip(table.records, marked, strict=True) if not some],
            f"called {quoted(outside)}" if outside else "they have no label",
            "" if outside else "to keep them under a label of their own, say outside='none of them'",
        ),
        (
            "with several marks",
            [r.number for r, some in zip(table.records, marked, strict=True) if len(some) > 1],
            "each combination is a label of its own, for here a text has one label",
            "keep the main mark in the file, or give label=… fewer columns",
        ),
    ):
        if numbers:
            told = f"{count(len(numbers), table.unit)} {what}"
            findings.append(Finding("marks", told, tuple(numbers), done, do, unit=table.unit))
    if table.ragged:
        what = (
            f"{count(len(table.ragged), table.unit)} with another number of cells than the {table.width} of the others"
        )
        numbers, do = tuple(r.number for r in table.ragged), "put quotation marks around texts"
        findings.append(Finding("ragged", what, numbers, "left out", do, len(numbers), unit=table.unit))
    records = tuple(
        replace(r, cells=(*r.cells, ";".join(some) or outside or ""))
        for r, some in zip(table.records, marked, strict=True)
    )
    while called in table.header:
        called += " of a mark"
    header, width = (*table.header, called), table.width + 1
    return replace(table, records=records, ragged=(), header=header, width=width, findings=tuple(findings))


def _mark(table: Table, record: Record, place: int) -> str:
    """What a cell holds, as marks are written; a column's own name in it is one."""
    cell = record.cells[place].strip().lower()
    return "x" if cell and cell == table.header[place].strip().lower() else cell


def option(role: str, names: Sequence[str]) -> str:
    """Return how columns are named, in Python and in a command.

    >>> print(option("label", ["a b", "c"]))
    label=['a b', 'c'] (--label 'a b' --label c)
    """
    told = repr(names[0] if len(names) == 1 else list(names))
    return f"{role}={told} ({' '.join(f'--{role} {shlex.quote(name)}' for name in names)})"


def below_names(table: Table, names: Sequence[str | int]) -> Table:
    """Return texts that stand below the names of their labels as a table of text and label, a row for each cell.

    names: the columns that hold texts; all of the file where there are none. What was added, as the name of a sheet,
    is a column beside text and label.
    """
    end = table.width - table.added
    places = [find(table, name, "text") for name in names] or range(end)
    rows = in_order((*table.records, *table.ragged))
    filled = [(p, r) for p in places for r in rows if len(r.cells) - table.added > p and r.cells[p].strip()]
    records = [
        Record(_place(r, p), (r.cells[p], table.header[p], *r.cells[len(r.cells) - table.added :])) for p, r in filled
    ]
    findings = list(table.findings)
    long = [record for record in rows if len(record.cells) > table.width]
    if long:
        what = f"{count(len(long), table.unit)} with more cells than the {table.width} of the others"
        do = "put quotation marks around texts that hold the sign between cells"
        findings.append(Finding("ragged", what, tuple(r.number for r in long), "the first of them are read", do))
    how = f"{table.how}, each column's name is the label of the texts below it"
    header = ("text", "label", *table.header[end:])
    return Table(table.name, tuple(records), len(header), how, header, findings=tuple(findings), unit="cell")


def _place(record: Record, place: int) -> str:
    """What a spreadsheet calls a cell, behind the name of its sheet where there are several: B2, May B2."""
    sheet, space, number = str(record.number).rpartition(" ")
    return f"{sheet}{space}{letters(place + 1)}{number}"


def hints(table: Table, at: Columns) -> list[Finding]:
    """Return what is said of columns that were guessed: which others may belong to them, and how to read those too.

    A label of spans stops, for it says nothing of the whole text.
    """
    found = []
    if at.no_text:
        name = table.header[at.text]
        what = f"no column reads like texts: {quoted(name)}, the likeliest, holds few words, and these come again"
        do = f"if that is the text, say {option('text', [name])}, or another; if no column holds texts, there is "
        found.append(Finding("no column of texts", what, (), "", f"{do}nothing here to read", stops=True))
    if at.unread:
        names = [table.header[i] for i in sorted((*at.unread, at.text))]
        what = f"{listed([table.header[i] for i in at.unread])} may hold a part of the text"
        do = f"if it does, say {option('text', names)}: columns are joined, in order"
        found.append(Finding("more text", what, (), "not read", do))
    if "label" not in at.guessed:
        return found
    marks = _several(table, at) or shares.hint(table, at, lambda names: option("label", names))
    if marks:
        found.append(marks)
    elif at.rivals:
        names = [table.header[i] for i in at.rivals]
        what = f"{listed(names, RIVALS)} could be the label as well as {quoted(table.header[at.label])}"
        found.append(
            Finding("other labels", what, (), "not read", f"if one of them is meant, say {option('label', names[:1])}")
        )
    if at.reads_as_text:
        names = [table.header[i] for i in sorted((at.text, at.label, *at.unread))]
        what = f"{listed(names)} all read like texts, and no column like labels"
        do = f"if a column's name is the label of the texts below it, say {option('text', names)} and "
        do += "label='header' (--label header)"
        found.append(Finding("texts by columns", what, (), "", do, stops=True))
    name, cells = table.header[at.label], [record.cells[at.label] for record in table.records[:LOOKED_AT]]
    spans = sum(bool(SPAN.match(cell)) for cell in cells if cell)
    if spans > 0.5 * sum(map(bool, cells)) or set(plain(name.replace(".", " ")).split("_")[:-1]) & set(PARTS):
        what = f"{quoted(name)} labels parts of a text, as for finding names, and no text as a whole"
        do = f"export labels of whole texts; if these are meant nonetheless, say label={name!r}"
        found.append(Finding("spans", what, (), "", do, stops=True))
    return found


def _marked(table: Table, records: Sequence[Record]) -> dict[int, int]:
    """Column -> which of these rows it marks, as bits; of columns of marks, of both kinds, but for a few cells."""
    found = {}
    for place in range(table.width):
        marks = [MARKS.get(_mark(table, record, place)) for record in records]
        if marks.count(None) <= 0.05 * len(marks) and {True, False} <= set(marks):
            found[place] = int("".join("01"[bool(mark)] for mark in marks), 2)
    return found


def _once(marked: dict[int, int], rows: int) -> list[int] | None:
    """The columns of which each row is marked in one alone; None where no choice of them is so, or more than one."""
    found: list[list[int]] = []

    def choose(left: int, chosen: list[int]) -> None:
        if not left:
            found.append(sorted(chosen))
        first = left & -left
        for place, bits in marked.items():
            if len(found) < 2 and bits & first and not bits & ~left:
                choose(left & ~bits, [*chosen, place])

    choose((1 << rows) - 1, [])
    return found[0] if len(found) == 1 else None


def _sorting(table: Table, at: Columns, marked: Collection[int]) -> list[str]:
    """Other columns that could hold the label: what stands in them comes again, and is no mark."""
    rows, found = table.records[:LOOKED_AT], []
    for place in set(range(table.width)) - {*at.texts, at.split, *marked}:
        cells = [record.cells[place].strip() for record in rows]
        kinds = len(set(filter(None, cells)))
        if 1 < kinds <= 0.5 * sum(map(bool, cells)) and plain(table.header[place]) not in NAMES["id"]:
            found.append(place)
    return [table.header[place] for place in sorted(found)]


def one_each(table: Table, at: Columns) -> list[str] | None:
    """Return the columns that mark one label each, where a guessed label is one of them and each row has one mark.

    Columns that write out in each row that they mark nothing are among them: another file may have their label. None
    where any row has no mark or two, where the guessed label has a usual name, and where another column sorts the
    texts; the label then stands as it was guessed.
    """
    some = _marked(table, table.records[:LOOKED_AT])
    if at.label not in some or "label" not in at.guessed or plain(table.header[at.label]) in NAMES["label"]:
        return None
    if _sorting(table, at, some) or _once(some, min(LOOKED_AT, len(table.records))) is None:
        return None
    every = _marked(table, table.records)
    once = _once(every, len(table.records)) or []
    if len(once) < 2 or any(_mark(table, record, place) not in MARKS for record in table.records for place in once):
        return None
    for place in set(range(table.width)) - {*every, *at.texts, at.split}:
        kinds = {_mark(table, record, place) for record in table.records}
        if kinds <= set(WORDS[False].split()):
            once.append(place)
    return [table.header[place] for place in sorted(once)]


def _several(table: Table, at: Columns) -> Finding | None:
    """What is said of columns that together seem to mark labels: one a row, or any number where no other label is.

    It stops where one of them was taken for the label with no usual name that speaks for it.
    """
    rows = table.records[:LOOKED_AT]
    marked = _marked(table, rows)
    places, times = list(marked), [sum(bits >> i & 1 for bits in marked.values()) for i in range(len(rows))]
    one = times.count(1)
    if len(places) < 2 or not (one >= 0.8 * len(rows) or at.label in places):
        return None
    names = [table.header[i] for i in places]
    what = f"{listed(names)} seem to mark one label each"
    if one < len(rows):
        what += f" ({one:,} of {count(len(rows), table.unit)} have one mark, {times.count(0):,} none, the rest several)"
    do = f"if so, say {option('label', names)}: its name is the label"
    if at.label not in places or plain(table.header[at.label]) in NAMES["label"]:
        return Finding("marks", what, (), "read as they stand", do)
    others = _sorting(table, at, places) or [table.header[at.label]]
    do += f"; if one column alone is the label, name it, such as {option('label', others[:1])}"
    return Finding("marks", what, (), "", do, stops=True)
