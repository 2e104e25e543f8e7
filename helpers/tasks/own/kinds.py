"""Tells what kind a file is, by its content, and has it read: a workbook, a page, JSON, YAML, or rows of cells."""

import pathlib
from collections.abc import Sequence
from dataclasses import replace

from helpers.tasks.files import DataError
from helpers.tasks.own import by_line, headers, mails, opened, pages, records, tables, workbooks, yamls
from helpers.tasks.own.columns import SPLITS, plain
from helpers.tasks.own.findings import Finding, count, quoted
from helpers.tasks.own.tables import Record, Table

EVERY = "every"  # in place of a sheet's name: all sheets that have the same columns


def is_workbook(path: pathlib.Path) -> bool:
    """Return whether a file is a spreadsheet, by its content."""
    return workbooks.looks_like(opened.raw(path))


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
            it; guessed where left out, as the header is. The sheet `every` is all of a workbook's that have the same
            columns, and their names are a column more.
        names: columns that a person named, of any role.

    Raises DataError if it is none of the kinds, with the remedy.
    """
    path = pathlib.Path(path)
    content = opened.raw(path)
    if workbooks.looks_like(content):
        return _of_workbook(path.name, content, header, sheet, names)
    if sheet:
        raise DataError(f"{path.name} is no spreadsheet, and sheet={sheet!r} (--sheet) says something of these alone")
    if mails.is_mailbox(content):
        return mails.table(path.name, content)
    if mails.looks_like(content):
        raise DataError(
            f"{path.name} is one mail, and a task needs many: {mails.APART}, and name the folder above these"
        )
    text, how, findings = opened.decode(path.name, content, encoding)
    text = text.removeprefix("\ufeff")
    rows, kind = pages.table_rows(text)
    if rows:
        parts = [Record(number, tuple(row)) for number, row in enumerate(rows, start=1)]
        return headers.named(tables.table(path.name, parts, f"{how}, {kind}", findings), header, names)
    opened.check_form(path.name, text)
    suffix = path.suffix.lower()
    is_json, found = suffix in (".json", ".jsonl", ".ndjson"), None
    if is_json and not delimiter:
        text, mended = records.lenient(text)
        findings += mended
    if not delimiter and records.looks_like(text) and (is_json or records.looks_like_objects(text)):
        found = records.parse(path.name, text)
    elif is_json:
        raise DataError(
            f"{path.name} holds no JSON object, though its name says so: it begins with {quoted(text, 30)}, not with a "
            "brace or a bracket; rename it if it is a table"
        )
    elif suffix in (".yaml", ".yml") and not delimiter and not by_line.RASA.search(text[:100_000]):
        found = yamls.parse(path.name, text)
    found = headers.named(found or tables.parse(path.name, text, delimiter), header, names)
    return replace(found, how=f"{how}, {found.how}", findings=(*findings, *found.findings))


def _of_workbook(name: str, content: bytes, header: bool | None, sheet: str | None, names: Sequence) -> Table:
    """One sheet, or all that have the same columns; where these are left out, that is said."""
    if sheet == EVERY:
        first, others = workbooks.first_rows(name, content, 1 if header is False else 2)
        parts = {one: headers.named(workbooks.parse(name, content, one), header, names) for one in first}
        table = stacked(name, parts, "sheet")
        if others:
            verb = "is" if len(others) == 1 else "are"
            what = f"{count(len(others), 'sheet')} {verb} not among those read: {', '.join(others[:5])}"
            found = Finding("sheets left out", what, (), "left out", "name one alone if it is meant")
            table = replace(table, findings=(found, *table.findings))
        return table
    table = headers.named(workbooks.parse(name, content, sheet), header, names)
    if sheet:
        return table
    first, _ = workbooks.first_rows(name, content)
    alike = [one for one, row in first.items() if tuple(map(plain, row)) == tuple(map(plain, table.header))]
    if len(alike) < 2:
        return table
    what = f"{len(alike)} sheets have the same columns: {', '.join(map(quoted, alike[:5]))}"
    do = "to read all, with a column more that names the sheet, say sheet='every' (--sheet every)"
    return replace(table, findings=(*table.findings, Finding("sheets alike", what, (), "one is read", do)))


def stacked(name: str, parts: dict[str, Table], unit: str) -> Table:
    """Return tables of the same columns as one, with a column more that says which of them a row is from.

    unit: what the parts are, sheets or files; the column is called so, or split where all are called like splits.
    Raises DataError where their columns differ.
    """
    names = {key: tuple(map(plain, table.header)) for key, table in parts.items()}
    odd = [key for key in names if names[key] != next(iter(names.values()))]
    if odd or not names:
        told = f"{quoted(odd[0])} has others than {quoted(next(iter(names)))}" if odd else "there is none"
        raise DataError(f"{name}: sheet='every' takes {unit}s with the same names of columns; {told}. Name one {unit}")
    called = "split" if all(key.lower() in SPLITS for key in parts) else unit
    first = next(iter(parts.values()))
    records, ragged, findings = [], [], []
    for key, table in parts.items():
        for together, own in ((records, table.records), (ragged, table.ragged)):
            together += [Record(f"{key} {row.number}", (*row.cells, key)) for row in own]
        for one in table.findings:
            what = one.what if one.rows else f"{quoted(key)}: {one.what}"
            findings.append(replace(one, rows=tuple(f"{key} {row}" for row in one.rows), what=what))
    how = f"{count(len(parts), unit)} ({', '.join(map(quoted, parts))}), the name of each in a column more"
    header, width = (*first.header, called), first.width + 1
    return replace(
        first,
        name=name,
        records=tuple(records),
        ragged=tuple(ragged),
        width=width,
        added=1,
        header=header,
        how=how,
        findings=tuple(findings),
    )
