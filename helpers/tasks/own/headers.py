"""Which row names the columns: guessed by usual names and by what stands below, and put right where it is too short."""

import re
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from helpers.tasks.own.columns import LOOKED_AT, NAMES, plain
from helpers.tasks.own.findings import Finding, count, quoted
from helpers.tasks.own.tables import Record, Table

LETTERS = re.compile(r"[^\W\d_]{2}")
NUMBERS = re.compile(r"[-+\d.,:/ T]+%?")  # or dates
KNOWN = frozenset(name for names in NAMES.values() for name in names)
TITLES = 20  # rows that may stand above the names of the columns
TOTALS = {
    "total",
    "totals",
    "grand_total",
    "sum",
    "summe",
    "gesamt",
    "suma",
    "totale",
    "somme",
    "итого",
    "合计",
    "合計",
}
TYPES = {"string", "s", "text", "discrete", "d", "categorical", "continuous", "c", "numeric", "n", "time", "t"}
PARTS = {"class", "c", "meta", "m", "ignore", "i", "weight", "w"}
FEW = 10  # rows below which a value that stands once proves nothing


def named(table: Table, header: bool | None = None, names: Sequence = ()) -> Table:
    """Return a table whose columns have names: those of its first row if that is a header, else their numbers.

    header: whether the first row is one; None guesses. names: columns that a person named; a row that holds them is a
    header. A row above it that groups columns is skipped, rows that repeat it are left out, and a name that stands
    twice gets a number; this is said.
    """
    if table.header or not table.records:
        return table
    wanted = {plain(name) for name in names if isinstance(name, str)}
    if header is None and wanted and wanted <= set(map(plain, table.records[0].cells)):
        header = True
    table = _fitted(_without_totals(_longest(table)), header)
    table = _below_titles(table) if header is None else table
    is_header = _is_header(table.records) if header is None else header
    records, names = table.records, [f"column {place}" for place in range(1, table.width + 1)]
    findings = list(table.findings)
    how = f"{table.how}, without a header"
    if is_header:
        how = f"{table.how}, with a header"
        if _groups(records):
            what = "a row above the names of the columns groups them"
            findings.append(Finding("groups", what, (records[0].number,), "skipped"))
            records = records[1:]
        if _questions(records):
            what, rows = "two rows below the names, with a survey's questions and their numbers", records[1:3]
            numbers = tuple(record.number for record in rows)
            findings.append(Finding("survey", what, numbers, "left out", lost=len(rows)))
            records = (records[0], *records[3:])
        if kinds := _kinds(records):
            what = f"what kind of column each is stands below the names, in {count(len(kinds), 'row')}"
            numbers = tuple(record.number for record in kinds)
            findings.append(Finding("kinds", what, numbers, "left out", lost=len(kinds)))
            records = (records[0], *records[1 + len(kinds) :])
        given = [" ".join(cell.removeprefix("#").split()) for cell in records[0].cells]
        again = tuple(record.number for record in records[1:] if _same(record, records[0]))
        if again:
            what = f"{count(len(again), 'row')} with the names of the columns again"
            findings.append(Finding("header again", what, again, "left out", lost=len(again)))
        names = [name or number for name, number in zip(given, names, strict=True)]
        twice = sorted({name for name in names if names.count(name) > 1})
        seen: Counter = Counter()
        for place, name in enumerate(names):
            seen[name] += 1
            names[place] = name if seen[name] == 1 else f"{name} ({seen[name]})"
        if twice:
            several = "two" if len(given) == len(set(given)) + 1 else "several"
            what = f"the header names {several} columns {' and '.join(map(quoted, twice[:5]))}"
            done = "the second one is called " + quoted(f"{twice[0]} (2)") + (" and so on" if len(twice) > 1 else "")
            findings.append(Finding("header", what, (records[0].number,), done, "name each column once"))
        records = tuple(record for record in records[1:] if record.number not in set(again))
    elif header is None:
        what = f"the first row looks like data: {quoted(' | '.join(records[0].cells), 60)}"
        do = "if it names the columns, say header=True"
        findings.append(Finding("no header", what, (records[0].number,), "columns are called by their numbers", do))
    return replace(table, header=tuple(names), records=tuple(records), findings=tuple(findings), how=how)


def _longest(table: Table) -> Table:
    """The longest of several tables that stand one below the other, each with its names below an empty row."""
    rows = sorted((*table.records, *table.ragged), key=lambda record: record.number)
    begins, before = [0], rows[0].number
    for at, row in enumerate(rows):
        if row.number > before + 1 and _names_others(rows, begins[-1], at, table.width):
            begins.append(at)
        if sum(bool(cell.strip()) for cell in row.cells) > 1:  # a title between two tables is a gap
            before = row.number
    if len(begins) == 1:
        return table
    whole = {record.number for record in table.records}
    parts = [rows[start:end] for start, end in zip(begins, (*begins[1:], len(rows)), strict=True)]
    longest = max(parts, key=lambda part: sum(row.number in whole for row in part))
    inner = {row.number for row in longest}
    out = tuple(row.number for row in rows if row.number not in inner)
    what = f"another table, with its own names of columns, below an empty row: {count(len(out), table.unit)}"
    do = "if that one is meant, save it alone; if these are texts with labels, take out the empty row"
    found = Finding("another table", what, out, "left out, for the longest table is read", do, len(out))
    records, ragged = (tuple(r for r in some if r.number in inner) for some in (table.records, table.ragged))
    return replace(table, records=records, ragged=ragged, findings=(*table.findings, found))


def _names_others(rows: Sequence[Record], start: int, at: int, width: int) -> bool:
    """Whether a row names columns of another table than the one above it: short names, of which none came before.

    Two of them are usual ones, or one is, and another stands above numbers. A row of another width than the table's
    names columns only if the next one is as wide. Usual names are asked for first, since few rows have any.
    """
    cells, first = rows[at].cells, [plain(cell) for cell in rows[start].cells]
    filled = [(i, cell) for i, cell in enumerate(cells) if cell.strip()]
    if len(filled) < 2 or any(len(cell) > 30 for _, cell in filled):
        return False
    names = [(i, plain(cell)) for i, cell in filled]
    usual = sum(name in KNOWN or name in first for _, name in names)
    if not usual or names == [(i, name) for i, name in enumerate(first) if name]:
        return False
    after = rows[at + 1] if at + 1 < len(rows) else Record(-1, ())
    if len(cells) != width and (len(after.cells) != len(cells) or after.number > rows[at].number + 1):
        return False
    above = (rows[i].cells for i in range(start + 1, at))  # not copied: mostly one of the first few has the name
    if any(i < len(row) and plain(row[i]) == name for row in above for i, name in names):
        return False
    below = [record.cells for record in rows[at + 1 :]] if usual < 2 else []
    return usual > 1 or any(LETTERS.search(cell) and _numbers(below, i) for i, cell in filled)


def _numbers(rows: Sequence[Sequence[str]], place: int) -> bool:
    """Whether all that stands in a column is a number."""
    column = [row[place].strip() for row in rows if place < len(row) and row[place].strip()]
    return bool(column) and all(map(NUMBERS.fullmatch, column))


def _without_totals(table: Table) -> Table:
    """The same without the row that adds up the others: the last one, a word for sum beside numbers."""
    last = max((*table.records, *table.ragged), key=lambda record: record.number)
    word, *rest = [cell.strip() for cell in last.cells if cell.strip()]
    numbers = all(map(NUMBERS.fullmatch, rest))
    if plain(word) not in TOTALS or not rest or not numbers or last.number == table.records[0].number:
        return table
    above = {(i, cell) for record in table.records if record is not last for i, cell in enumerate(record.cells)}
    if {(i, cell) for i, cell in enumerate(last.cells) if cell.strip() in rest} <= above:
        return table  # as in a review, Total, of 5 stars
    what = f"the last {table.unit} adds up the others: {quoted(' | '.join([word, *rest]))}"
    found = Finding("total", what, (last.number,), "left out", lost=1, unit=table.unit)
    kept, ragged = (tuple(r for r in some if r is not last) for some in (table.records, table.ragged))
    return replace(table, records=kept, ragged=ragged, findings=(*table.findings, found))


def _below_titles(table: Table) -> Table:
    """The same from the row on that holds usual names, where all rows above it hold fewer cells, as a report's head."""
    filled = [sum(bool(cell.strip()) for cell in record.cells) for record in table.records[:TITLES]]
    for at, record in enumerate(table.records[1:TITLES], start=1):
        known = sum(plain(cell) in KNOWN for cell in record.cells)
        if known >= 2 and filled[at] > max(filled[:at]) and len(table.records) - at > 2:
            numbers = tuple(one.number for one in table.records[:at])
            what = f"{count(at, table.unit)} above the names of the columns, such as a title"
            do = "if the names stand elsewhere, take out what stands above them"
            found = Finding("before the table", what, numbers, "skipped", do, unit=table.unit)
            return replace(table, records=table.records[at:], findings=(*table.findings, found))
    return table


def _fitted(table: Table, header: bool | None) -> Table:
    """The same with its first row put right, where that is a header with a name too few or blanks too many."""
    first = table.ragged[0] if table.ragged else None
    if header is False or first is None or first.number > table.records[0].number:
        return table
    missing, cells = table.width - len(first.cells), None
    columns = list(zip(*(record.cells for record in table.records[:LOOKED_AT]), strict=True))
    if missing < 0 and not any(cell.strip() for cell in first.cells[table.width :]):
        cells = first.cells[: table.width]
    elif missing > 0 and not any(cell.strip() for column in columns[-missing:] for cell in column):
        cells = (*first.cells, *[""] * missing)
    elif missing == 1 and len(set(columns[0])) == len(columns[0]) and all(len(cell.split()) < 4 for cell in columns[0]):
        cells = ("", *first.cells)  # numbers of rows, which R writes without a name
    if cells is None:
        return table
    whole = (Record(first.number, tuple(cells)), *table.records)
    return replace(table, records=whole, ragged=table.ragged[1:]) if header or _is_header(whole) else table


def _same(record: Record, header: Record) -> bool:
    return [plain(cell) for cell in record.cells] == [plain(cell) for cell in header.cells]


def _groups(records: Sequence[Record]) -> bool:
    """Whether the first row holds what spans several columns, and the second one their names."""
    if len(records) < 3:
        return False
    first, second = ([bool(cell.strip()) for cell in record.cells] for record in records[:2])
    return sum(second) > sum(first) and _surely(records[1:])


def _questions(records: Sequence[Record]) -> bool:
    """Whether the third row holds what Qualtrics writes there, below names and questions."""
    cells = [cell.strip() for cell in records[2].cells if cell.strip()] if len(records) > 3 else []
    return bool(cells) and all(cell.startswith('{"ImportId"') for cell in cells)


def _kinds(records: Sequence[Record]) -> tuple[Record, ...]:
    """The rows in which Orange says of each column its type and, below that, its part; none where there are none."""
    if len(records) < 3 or not all(cell.strip().lower() in TYPES for cell in records[1].cells):
        return ()
    told = [cell.strip().lower() for cell in records[2].cells if cell.strip()]
    parts = bool(told) and all(word in PARTS or "=" in word for cell in told for word in cell.split())
    return tuple(records[1 : 2 + parts])


def _surely(records: Sequence[Record]) -> bool:
    """Whether the first row names columns, by usual names or since its cells are of another kind than those below."""
    first, rest = records[0].cells, [record.cells for record in records[1:LOOKED_AT]]
    cells = [plain(cell) for cell in first]
    if sum(cell in KNOWN for cell in cells) >= min(2, len(cells)):
        return True
    if len(rest) < FEW:
        return False
    for cell, column in zip(first, zip(*rest, strict=True), strict=True):
        filled = [one.strip() for one in column if one.strip()]
        if not LETTERS.search(cell) or len(filled) < 0.9 * len(rest):
            continue
        if all(map(NUMBERS.fullmatch, filled)):
            return True  # a word above numbers or dates
        times = Counter(filled)
        if cell.strip() not in times and min(times.values()) > 1 and len(times) <= 0.2 * len(filled):
            return True  # what stands once above labels that come again
    return False


def _is_header(records: Sequence[Record]) -> bool:
    first, rest = records[0].cells, [record.cells for record in records[1:LOOKED_AT]]
    cells = [plain(cell) for cell in first]
    if sum(cell in KNOWN for cell in cells) >= min(2, len(cells)):
        return True
    if not rest or len(set(filter(None, cells))) < sum(map(bool, cells)):
        return not rest
    for cell, column in zip(first, zip(*rest, strict=True), strict=True):
        marks = {cell, ""} == set(column)  # a column's own name, where it holds
        if cell.strip() and column.count(cell) and len(set(column)) < 0.5 * len(column) and not marks:
            return False  # a label that comes again
    if any(cell in KNOWN for cell in cells) or _surely(records):
        return True
    lengths = [statistics.median(len(cell) for cell in column) for column in zip(*rest, strict=True)]
    longest = max(range(len(first)), key=lambda i: lengths[i])
    return all(len(cell) <= 40 for cell in first) and len(first[longest]) < max(4, 0.5 * lengths[longest])
