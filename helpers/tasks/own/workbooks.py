"""Spreadsheets (xlsx, xls, xlsb, ods) to rows and cells, by python-calamine; macros and formulas are never run.

A cell with a formula gives the value that was saved with it.
"""

import contextlib
import datetime
import io
import zipfile
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree

from helpers.tasks.files import DataError
from helpers.tasks.own import tables
from helpers.tasks.own.findings import Finding, count, quoted
from helpers.tasks.own.tables import Record, Table, letters

ZIP, OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OTHERS = {"word/": "a Word document", "ppt/": "a PowerPoint file", "Index/": "an Apple Numbers, Pages or Keynote file"}
OLD_OTHERS = {
    "EncryptedPackage": "locked by a password; save it without one, or the sheet as CSV (UTF-8)",
    "WordDocument": "an old Word document; copy its table into a spreadsheet",
    "__properties_version1.0": "an Outlook mail; copy its text into a table",
}
MOST_UNPACKED = 400_000_000  # bytes: a small archive can unpack to any size
MOST_CELLS = 5_000_000


def looks_like(content: bytes) -> bool:
    """Return whether bytes are a spreadsheet's, or another program's that looks alike."""
    return content.startswith((ZIP, OLD))


@contextlib.contextmanager
def _opened(name: str, content: bytes) -> Iterator:
    """A workbook of python-calamine, which has no name for the type.

    Raises DataError for another kind of archive, a locked or broken workbook, also where it breaks while it is read.
    """
    if content.startswith(ZIP):
        _check_archive(name, content)
    else:
        _check_old(name, content)
    try:
        from python_calamine import CalamineError, CalamineWorkbook, PasswordError
    except ImportError:
        raise DataError(
            f"{name} is a spreadsheet, and the package that reads these is missing: run `pip install "
            "python-calamine`, or save the sheet as CSV (UTF-8)"
        ) from None
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            yield book
    except PasswordError:
        raise DataError(f"{name} is locked by a password; save it without one, or the sheet as CSV (UTF-8)") from None
    except (CalamineError, OSError, ValueError, ElementTree.ParseError, zipfile.BadZipFile) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{name} cannot be read as a spreadsheet ({error}); save the sheet as CSV (UTF-8)") from None


def _shown(book) -> list[str]:
    from python_calamine import SheetVisibleEnum

    return [one.name for one in book.sheets_metadata if one.visible == SheetVisibleEnum.Visible]


def first_rows(name: str, content: bytes, least: int = 2) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Return the first filled row of each sheet that is shown and has `least` of them, and which others hold any.

    Raises DataError as parse does.
    """
    with _opened(name, content) as book:
        shown = _shown(book)
        rows = {one: book.get_sheet_by_name(one).to_python(skip_empty_area=False, nrows=50) for one in book.sheet_names}
    filled = {one: [tuple(map(_cell, row)) for row in some if any(map(_cell, row))] for one, some in rows.items()}
    first = {one: some[0] for one, some in filled.items() if one in shown and len(some) >= least}
    others = [one for one, some in filled.items() if some and one not in first]
    return first, [f"{quoted(one)} ({'one row' if one in shown else 'hidden'})" for one in others]


def parse(name: str, content: bytes, sheet: str | None = None) -> Table:
    """Return a sheet as a table: the one named, else the one with the most rows, which is said if there are others.

    Raises DataError for another kind of archive, a locked or broken workbook, and a sheet that is not there.
    """
    with _opened(name, content) as book:
        sheets = {one: book.get_sheet_by_name(one) for one in book.sheet_names}
        ends = {one: found.end or (-1, -1) for one, found in sheets.items()}
        sizes = {one: (row + 1) * (column + 1) for one, (row, column) in ends.items()}
        shown = _shown(book)
        wide = [one for one in shown if ends[one][1] > 0] or shown
        chosen = _choose(name, {one: row + 1 for one, (row, _) in ends.items()}, sheet, wide)
        if sizes[chosen] > MOST_CELLS:
            raise DataError(
                f"{name}, sheet {quoted(chosen)}: {sizes[chosen]:,} cells, more than {MOST_CELLS:,}; copy the "
                "columns with text and label to a sheet of their own"
            )
        rows = sheets[chosen].to_python(skip_empty_area=False)
        filled = _fill(rows, sheets[chosen].merged_cell_ranges or [])
        unseen = _unseen(content, chosen, len(rows[0])) if content.startswith(ZIP) else []
    records = [Record(number, tuple(map(_cell, row))) for number, row in enumerate(rows, start=1)]
    others = [one for one, size in sizes.items() if one != chosen and size > 1]
    findings = []
    if others and not sheet:
        told = ", ".join(quoted(one) + " (hidden)" * (one not in shown) for one in others[:5])
        what, do = f"the workbook has other sheets: {told}", "name the sheet if another one is meant"
        findings.append(Finding("sheets", what, done=f"sheet {quoted(chosen)} is read", do=do))
    if filled:
        what = f"{count(len(filled), 'row')} below a cell that is merged over several rows"
        findings.append(Finding("merged", what, filled, "they have what it holds"))
    findings += unseen
    return tables.table(name, records, f"spreadsheet, sheet {quoted(chosen)}", findings)


def _check_archive(name: str, content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inside, size = archive.namelist(), sum(one.file_size for one in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError):
        raise DataError(f"{name} is a broken archive or spreadsheet; copy it again, or save it as CSV") from None
    for part, kind in OTHERS.items():
        if any(one.startswith(part) for one in inside):
            raise DataError(f"{name} is {kind}; save its table as CSV (UTF-8) or .xlsx, and name that")
    if not any(one.startswith("xl/") or one == "content.xml" for one in inside):
        if "agent.json" in inside and any(one.startswith("intents/") for one in inside):
            raise DataError(f"{name} is a zip archive of an agent of Dialogflow; unpack it, and name the folder")
        raise DataError(f"{name} is a zip archive; unpack it, and name a file in it{_listed(inside)}")
    if size > MOST_UNPACKED:
        raise DataError(f"{name} unpacks to {size / 1e6:,.0f} MB, too much; save its sheet as CSV, and sample rows")


def _listed(inside: Sequence[str]) -> str:
    files = [one for one in inside if not one.endswith("/") and not one.startswith("__MACOSX")]
    return f": {', '.join(quoted(one) for one in files[:5])}" if files else ""


def _check_old(name: str, content: bytes) -> None:
    """Refuse what older programs, or a password, put into the same envelope as an old workbook."""
    for part, kind in OLD_OTHERS.items():
        if part.encode("utf-16-le") in content:
            raise DataError(f"{name} is {kind}")


def _unseen(content: bytes, sheet: str, width: int) -> list[Finding]:
    """What a person does not see in an xlsx workbook's sheet: rows and columns hidden, formulas without a value."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        part = _part(archive, sheet)
        if not part:
            return []
        rows, columns, unsaved = [], [], 0
        with archive.open(part) as file:
            for _, one in ElementTree.iterparse(file):
                kind, hidden = one.tag.rpartition("}")[2], one.get("hidden") in ("1", "true")
                if kind == "col" and hidden:
                    columns += range(int(one.get("min", 1)), min(int(one.get("max", width)), width) + 1)
                elif kind == "row":
                    rows += [int(one.get("r"))] if hidden and one.get("r") else []
                    unsaved += sum(_lacks_value(cell) for cell in one)
                    one.clear()
    findings = []
    for unit, numbers, what in (
        ("row", rows, "hidden or filtered out"),
        ("column", [letters(number) for number in columns], "hidden"),
    ):
        if numbers:
            do = "delete them in the sheet if they are not meant"
            told = f"{count(len(numbers), unit)} {what}"
            findings.append(Finding("hidden", told, tuple(numbers), "read like the others", do, unit=unit))
    if unsaved:
        what = f"{count(unsaved, 'cell')} with a formula whose value was not saved are empty"
        do = "open it in a spreadsheet program, save it, and read it again"
        findings.append(Finding("formulas without values", what, do=do))
    return findings


def _part(archive: zipfile.ZipFile, sheet: str) -> str:
    """The part of an xlsx archive that holds a sheet; empty where it is another kind of workbook, or called otherwise.

    Names of parts may differ in their case from what points to them.
    """
    inside = {one.lower(): one for one in archive.namelist()}
    book, links = inside.get("xl/workbook.xml"), inside.get("xl/_rels/workbook.xml.rels")
    if not book or not links:
        return ""
    targets = {link.get("Id"): link.get("Target", "") for link in ElementTree.fromstring(archive.read(links))}
    for one in ElementTree.fromstring(archive.read(book)).iter():
        if one.tag.endswith("}sheet") and one.get("name") == sheet:
            target = targets.get(next((value for key, value in one.attrib.items() if key.endswith("}id")), None), "")
            return inside.get((target[1:] if target.startswith("/") else f"xl/{target}").lower(), "")
    return ""


def _lacks_value(cell: ElementTree.Element) -> bool:
    parts = {part.tag.rpartition("}")[2]: part.text for part in cell}
    return "f" in parts and not parts.get("v")


def _fill(rows: list[list], merged: Sequence) -> tuple[int, ...]:
    """Give every row below a cell that is merged downwards what it holds; return these rows by number."""
    filled = set()
    for (top, left), (bottom, right) in merged:
        if left == right and bottom < len(rows) and left < len(rows[top]):
            for row in range(top + 1, bottom + 1):
                rows[row][left] = rows[top][left]
                filled.add(row + 1)
    return tuple(sorted(filled))


def _choose(name: str, heights: dict[str, int], sheet: str | None, shown: Sequence[str]) -> str:
    if sheet is not None and sheet not in heights:
        raise DataError(f"{name} has no sheet {quoted(sheet)}; it has {', '.join(map(quoted, heights))}")
    if not any(heights.values()):
        raise DataError(f"{name} holds no filled cell; it should hold a row for each text")
    if sheet is not None and not heights[sheet]:
        others = ", ".join(quoted(one) for one, height in heights.items() if height)
        raise DataError(f"{name}, sheet {quoted(sheet)} holds no filled cell; those that do: {others}")
    return sheet or max(heights, key=lambda one: (one in shown and heights[one] > 1, heights[one]))


def _cell(value) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat(*([" "] if isinstance(value, datetime.datetime) else []))
    return str(value)
