"""Spreadsheets (xlsx, xls, xlsb, ods) to rows and cells, by python-calamine; macros and formulas are never run.

A cell with a formula gives the value that was saved with it.
"""

import datetime
import io
import zipfile

from helpers.tasks.files import DataError
from helpers.tasks.own import tables
from helpers.tasks.own.findings import Finding, quoted
from helpers.tasks.own.tables import Record, Table

ZIP, OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MOST_UNPACKED = 400_000_000  # bytes: a small archive can unpack to any size
MOST_CELLS = 5_000_000


def looks_like(content: bytes) -> bool:
    """Return whether bytes are a spreadsheet's, or another program's that looks alike."""
    return content.startswith((ZIP, OLD))


def parse(name: str, content: bytes, sheet: str | None = None) -> Table:
    """Return a sheet as a table: the one named, else the one with the most rows, which is said if there are others.

    Raises DataError for another kind of archive, a locked or broken workbook, and a sheet that is not there.
    """
    if content.startswith(ZIP):
        _check_archive(name, content)
    try:
        from python_calamine import CalamineError, CalamineWorkbook, PasswordError
    except ImportError:
        raise DataError(
            f"{name} is a spreadsheet, and the package that reads these is missing: run `pip install "
            "python-calamine`, or save the sheet as CSV (UTF-8)"
        ) from None
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            sheets = {one: book.get_sheet_by_name(one) for one in book.sheet_names}
            ends = {one: found.end or (-1, -1) for one, found in sheets.items()}
            sizes = {one: (row + 1) * (column + 1) for one, (row, column) in ends.items()}
            chosen = _choose(name, {one: row + 1 for one, (row, _) in ends.items()}, sheet)
            if sizes[chosen] > MOST_CELLS:
                raise DataError(
                    f"{name}, sheet {quoted(chosen)}: {sizes[chosen]:,} cells, more than {MOST_CELLS:,}; copy the "
                    "columns with text and label to a sheet of their own"
                )
            rows = sheets[chosen].to_python(skip_empty_area=False)
    except PasswordError:
        raise DataError(f"{name} is locked by a password; save it without one, or the sheet as CSV (UTF-8)") from None
    except (CalamineError, OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{name} cannot be read as a spreadsheet ({error}); save the sheet as CSV (UTF-8)") from None
    records = [Record(number, tuple(map(_cell, row))) for number, row in enumerate(rows, start=1)]
    others = [one for one, size in sizes.items() if one != chosen and size > 1]
    findings = []
    if others and not sheet:
        told = ", ".join(map(quoted, others[:5]))
        what, do = f"the workbook has other sheets: {told}", "name the sheet if another one is meant"
        findings.append(Finding("sheets", what, done=f"sheet {quoted(chosen)} is read", do=do))
    return tables.table(name, records, f"spreadsheet, sheet {quoted(chosen)}", findings)


def _check_archive(name: str, content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inside, size = archive.namelist(), sum(one.file_size for one in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError):
        raise DataError(f"{name} is a broken archive or spreadsheet; copy it again, or save it as CSV") from None
    if "word/document.xml" in inside:
        raise DataError(f"{name} is a Word document; copy its table into a spreadsheet, or save its text")
    if not any(one.startswith("xl/") or one == "content.xml" for one in inside):
        raise DataError(f"{name} is a zip archive; unpack it, and name a file in it")
    if size > MOST_UNPACKED:
        raise DataError(f"{name} unpacks to {size / 1e6:,.0f} MB, too much; save its sheet as CSV, and sample rows")


def _choose(name: str, heights: dict[str, int], sheet: str | None) -> str:
    if sheet is not None and sheet not in heights:
        raise DataError(f"{name} has no sheet {quoted(sheet)}; it has {', '.join(map(quoted, heights))}")
    if not any(heights.values()):
        raise DataError(f"{name} holds no filled cell; it should hold a row for each text")
    return sheet or max(heights, key=heights.get)


def _cell(value) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat(*([" "] if isinstance(value, datetime.datetime) else []))
    return str(value)
