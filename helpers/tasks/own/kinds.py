"""Tells what kind a file is, by its content, and has it read: a workbook, a page, JSON, or rows of cells."""

import pathlib
from collections.abc import Sequence
from dataclasses import replace

from helpers.tasks.files import DataError
from helpers.tasks.own import headers, opened, pages, records, tables, workbooks
from helpers.tasks.own.findings import quoted
from helpers.tasks.own.tables import Table


def table_of(
    path: str | pathlib.Path,
    header: bool | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    names: Sequence[str | int] = (),
) -> Table:
    """Return a file as a table with named columns, whatever kind it is.

    Args:
        path: a regular file. header: whether its first row names the columns. encoding, delimiter, sheet: how to read
            it; guessed where left out, as the header is.
        names: columns that a person named, of any role.

    Raises DataError if it is none of the kinds, with the remedy.
    """
    path = pathlib.Path(path)
    content = opened.raw(path)
    if workbooks.looks_like(content):
        return headers.named(workbooks.parse(path.name, content, sheet), header, names)
    text, how, findings = opened.decode(path.name, content, encoding)
    text = text.removeprefix("\ufeff")
    rows, kind = pages.table_rows(text)
    if rows:
        parts = [tables.Record(number, tuple(row)) for number, row in enumerate(rows, start=1)]
        return headers.named(tables.table(path.name, parts, f"{how}, {kind}", findings), header, names)
    opened.check_form(path.name, text)
    is_json = path.suffix.lower() in (".json", ".jsonl", ".ndjson")
    if not delimiter and records.looks_like(text) and (is_json or records.looks_like_objects(text)):
        found = headers.named(records.parse(path.name, text), header, names)
    elif is_json:
        raise DataError(
            f"{path.name} holds no JSON object, though its name says so: it begins with {quoted(text, 30)}, not with a "
            "brace or a bracket; rename it if it is a table"
        )
    else:
        found = headers.named(tables.parse(path.name, text, delimiter), header, names)
    return replace(found, how=f"{how}, {found.how}", findings=(*findings, *found.findings))
