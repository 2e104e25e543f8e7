"""Text to rows and cells: finds the delimiter and the quote sign of a file that two programs would write differently.

What counts is how many rows come out alike. What the columns mean is left to columns.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from helpers.tasks.own import by_line, fixed
from helpers.tasks.own.findings import Finding, count

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "pipes"}
RARE = ("\x1f", "\x01", ":::", "::", "@@", "###", "+++$+++", "->", "=>", "\\t", "^", "~")  # tried where no other fits
TYPED = {"\\t": "\t", "tab": "\t", "TAB": "\t"}  # what a person types for a sign that no key gives
QUOTES = ('"', "", "'")  # the first that fits best is taken; the second is none
SAMPLE = 1_000_000  # characters by which the delimiter is chosen
CELL = 2**31 - 1
RULE = re.compile(r":?[-=]{2,}[-=+]*:?")
ESCAPED = re.compile(r'(?m)(?:^|[,;\t|])"[^"\n]*\\"[^",;\t|\r\n]')  # a quote that could not stand there otherwise
WHOLE = re.compile(r'(?:"(?:[^"]|"")*+"[ \t\r]*+(?:\n\s*+|$))++')
CURLY = re.compile(r"(?m)(^|[,;\t|])[“„«]|[”“»](?=[,;\t|\r]|$)")  # quotes that a word processor made of straight ones
LONE_CR = re.compile(r"\r(?!\n)")


@dataclass(frozen=True)
class Record:
    """One row: its number as the spreadsheet counts (1 is the first row, or the first line of JSON), and its cells.

    Of several sheets or files the number begins with the name of one, as in "May 10"; of a cell it is a place, "B2".
    """

    number: int | str
    cells: tuple[str, ...]

    @property
    def blank(self) -> bool:
        """Whether no cell holds anything, or all of them are a line drawn below a header."""
        filled = [cell.strip() for cell in self.cells if cell.strip()]
        return all(RULE.fullmatch(cell) for cell in filled)


@dataclass(frozen=True)
class Table:
    """What stood in a file. `how`: how it was read; `header`: the names of the columns, empty where there are none.

    ragged: rows with another number of cells than the table has columns. unit: what is counted, such as row or line.
    added: columns at the end that stood in no file, as the name of each row's sheet; ragged rows have these too.
    """

    name: str
    records: tuple[Record, ...]
    width: int
    how: str
    header: tuple[str, ...] = ()
    ragged: tuple[Record, ...] = ()
    findings: tuple[Finding, ...] = ()
    unit: str = "row"
    joined_by: str = ","
    added: int = 0


def in_order(records: Sequence[Record]) -> list[Record]:
    """Return rows as they stood: by their numbers, sheet by sheet where these name one, as they are where none counts.

    >>> [row.number for row in in_order([Record("B 10", ()), Record("A 2", ()), Record("B 9", ())])]
    ['B 9', 'B 10', 'A 2']
    """
    parts = [str(record.number).rpartition(" ") for record in records]
    if not all(number.isdecimal() for _, _, number in parts):
        return list(records)
    sheets = {sheet: place for place, sheet in enumerate(dict.fromkeys(sheet for sheet, _, _ in parts))}
    places = {id(r): (sheets[sheet], int(n)) for r, (sheet, _, n) in zip(records, parts, strict=True)}
    return sorted(records, key=lambda record: places[id(record)])


def letters(number: int) -> str:
    """What a spreadsheet calls a column.

    >>> letters(2), letters(28)
    ('B', 'AB')
    """
    before, last = divmod(number - 1, 26)
    return (letters(before) if before else "") + chr(ord("A") + last)


def _split(text: str, delimiter: str, quote: str) -> Iterator[list[str]]:
    rules = {"quotechar": quote, "quoting": csv.QUOTE_MINIMAL} if quote else {"quoting": csv.QUOTE_NONE}
    if len(delimiter) > 1:
        text, delimiter = text.replace(delimiter, "\x1f"), "\x1f"
    before = csv.field_size_limit(CELL)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, **rules)
    finally:
        csv.field_size_limit(before)


def _width(rows: Sequence[list[str]]) -> int:
    """The number of cells that most rows have, blank rows aside; 1 where most have one."""
    widths = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
    return max(widths, key=lambda width: (widths[width], width), default=1)


def _fit(rows: Sequence[list[str]]) -> tuple[float, float]:
    """How well rows form a table: rows alike minus rows that are not, and how often a column repeats itself."""
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    first = len(rows[0]) if rows else 1
    width = max({_width(rows), first}, key=lambda w: (w > 1, sum(len(row) == w for row in rows)))
    if width < 2:
        return (-1e9, 0.0)
    alike = [row for row in rows if len(row) == width]
    distinct = min(len(set(column)) / len(alike) for column in zip(*alike, strict=True))
    return (2 * len(alike) - len(rows), 1 - distinct)


def parse(name: str, text: str, delimiter: str | None = None) -> Table:
    """Return a file's rows, with the delimiter that fits best, or the one told.

    A first line `sep=;` decides. Rows before the table that hold one cell alone (titles, comments) are skipped, and
    said so. Raises DataError where lines are no rows of texts, as in CoNLL files.
    """
    delimiter = TYPED.get(delimiter, delimiter) or None
    told = re.match(r"[\"\']?sep=(.)[\"\']?\r?\n", text)
    if told:
        text, delimiter = text[told.end() :], delimiter or told[1]
    lines = by_line.read(name, text) if delimiter is None else None
    if lines:
        return _of_lines(name, lines)
    whole = _whole_rows(text)
    if whole and not any(all(sign in row for row in whole) for sign in ([delimiter] if delimiter else DELIMITERS)):
        return Table(name, tuple(Record(i, (row,)) for i, row in enumerate(whole, start=1)), 1, "a cell in each row")
    ways = [(_best(one, delimiter), sure) for one, sure in ((text, False), *_mended(text, whole))]
    (fit, best, quote, rows), _ = max(ways, key=lambda way: (way[0][0], way[1]))  # the first where several fit alike
    if delimiter is None and (fit < 0 or _in_doubt(rows, best)):
        cells, lines = fixed.cut(text), by_line.first_is_label(text)
        if cells and (not lines or max(len(row) for _, row in cells) > 2):
            records = [Record(number, tuple(row)) for number, row in cells]
            return table(name, records, "columns of fixed width, padded with spaces", joined_by=" ")
        if lines:
            return _of_lines(name, lines)
    findings = []
    if len(ways) > 1 and rows is not ways[0][0][3]:
        what = (
            "rows fit together once quotes around whole rows, after a backslash or in curls, or line breaks inside, "
            "are undone"
        )
        findings.append(Finding("mended", what, (), "so they are read", "look at a row that holds one"))
    if quote == "" and '"' in text:
        rows = [[_unquoted(cell) for cell in row] for row in rows]
        findings += _bare_quotes(rows)
    how = f"cells parted by {DELIMITERS.get(best, repr(best))}" + (", quotes are '" if quote == "'" else "")
    records = [Record(number, tuple(row)) for number, row in enumerate(rows, start=1)]
    return table(name, records, how, findings, joined_by=best)


def _in_doubt(rows: Sequence[list[str]], delimiter: str) -> bool:
    """Whether what parts cells may be a sign in texts: no column of whole rows holds few values that come again."""
    width = _width(rows)
    alike = [row for row in rows if len(row) == width]
    few = (1 < len(set(column)) <= len(alike) / 3 for column in zip(*alike, strict=True))
    return delimiter in ",;" and not any(few)


def _best(text: str, delimiter: str | None) -> tuple[float, str, str, list[list[str]]]:
    """How well a text forms a table at best, the delimiter and the quote sign for that, and its rows."""
    best = delimiter or _delimiter(text)
    read = {quote: list(_split(text, best, quote)) for quote in QUOTES}
    fits = {quote: _fit(rows)[0] for quote, rows in read.items()}
    quote = max(QUOTES, key=lambda quote: (fits[quote], -QUOTES.index(quote)))
    return fits[quote], best, quote, read[quote]


def _whole_rows(text: str) -> list[str]:
    """The rows of a text each of which is one cell in quotation marks; none where that is not so."""
    if not WHOLE.fullmatch(text):
        return []
    return [row.replace('""', '"') for row in re.findall(r'"((?:[^"]|"")*)"', text)]


def _mended(text: str, whole: Sequence[str]) -> list[tuple[str, bool]]:
    """Other ways to read a text, and whether each is sure.

    Rows that a program put into quotes as a whole; quotes escaped by a backslash; carriage returns inside rows.
    """
    ways = []
    if whole:
        ways.append(("\n".join(whole), True))
    if '\\"' in text:
        doubled = re.sub(r'\\(["\\])', lambda found: '""' if found[1] == '"' else "\\", text)
        ways.append((doubled, bool(ESCAPED.search(text))))
    if CURLY.search(text):
        ways.append((CURLY.sub(lambda found: (found[1] or "") + '"', text), False))
    if "\n" in text and LONE_CR.search(text):
        ways.append((LONE_CR.sub(" ", text), False))
    return ways


def _of_lines(name: str, lines: by_line.Lines) -> Table:
    records = tuple(Record(number, (text, label)) for number, text, label in lines.rows)
    return Table(name, records, 2, lines.how, ("text", "label"), unit="line")


def _delimiter(text: str) -> str:
    sample = text if len(text) <= SAMPLE else text[: text.rfind("\n", 0, SAMPLE) + 1] or text[:SAMPLE]
    fits = {}
    for delimiter in (*DELIMITERS, *RARE):
        if delimiter in sample and not (delimiter in RARE and max(fits.values(), default=(-1,))[0] > 0):
            fits[delimiter] = max(_fit(list(_split(sample, delimiter, quote))) for quote in QUOTES)
    return max(fits, key=fits.get, default=",")


def _unquoted(cell: str) -> str:
    stripped = cell.strip()
    return stripped[1:-1].replace('""', '"') if re.fullmatch(r'"(?:[^"]|"")*"', stripped) else cell


def _bare_quotes(rows: Sequence[list[str]]) -> list[Finding]:
    odd = tuple(number for number, row in enumerate(rows, start=1) if any(cell.count('"') % 2 for cell in row))
    if not odd:
        return []
    what = f"a quotation mark is opened and not closed in {count(len(odd), 'row')}"
    do = "if cells with line breaks were meant, close the quotation marks"
    return [Finding("open quotes", what, odd, "it is taken as a letter, and no row swallows the next", do)]


def table(
    name: str, records: Sequence[Record], how: str, findings: Sequence[Finding] = (), joined_by: str = ","
) -> Table:
    """Return rows as a table: blank ones aside, those before it skipped, those of another width apart."""
    kept = [record for record in records if not record.blank]
    findings = list(findings)
    last = kept[-1].number if kept else 0
    blanks = tuple(record.number for record in records if record.blank and record.number < last)
    if blanks:
        findings.append(Finding("blank rows", f"{count(len(blanks), 'row')} without anything", blanks, "skipped"))
    width = _width([list(record.cells) for record in kept])
    titles = 0
    while titles < min(20, len(kept) - 1) and width > 1 and _is_title(kept[titles], width):
        titles += 1
    if titles:
        numbers = tuple(record.number for record in kept[:titles])
        what = f"{count(titles, 'row')} before the table, such as a title"
        do = "if there are texts among them, give them as many cells as the others have"
        findings.append(Finding("before the table", what, numbers, "skipped", do))
    rest = kept[titles:]
    alike = tuple(record for record in rest if len(record.cells) == width)
    ragged = tuple(record for record in rest if len(record.cells) != width)
    return Table(name, alike, width, how, ragged=ragged, findings=tuple(findings), joined_by=joined_by)


def _is_title(record: Record, width: int) -> bool:
    filled = [cell.strip() for cell in record.cells if cell.strip()]
    comment = record.cells[0].startswith("#")
    if comment and len(filled) == width and all(len(cell.split()) <= 2 and len(cell) < 30 for cell in filled):
        return False  # names of columns behind a sign for comments
    return len(record.cells) == 1 or comment or len(filled) == 1
