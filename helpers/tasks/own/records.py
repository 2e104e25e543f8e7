"""JSON to rows and cells: a list of objects, or one object a line. A line that is broken is left out, and said so."""

import json
from collections.abc import Iterable

from helpers.tasks.files import DataError
from helpers.tasks.own.findings import Finding, count, quoted
from helpers.tasks.own.tables import Record, Table


def looks_like(text: str) -> bool:
    """Return whether a text begins as JSON does."""
    return text.lstrip()[:1] in ("{", "[")


def looks_like_objects(text: str) -> bool:
    """Return whether a text, whatever its name, is JSON: as a whole, or in most of its first lines."""
    lines = [line for line in text[:100_000].split("\n")[:20] if line.strip()]
    return (
        isinstance(_load(text), (list, dict)) or sum(isinstance(_load(line), dict) for line in lines) > len(lines) / 2
    )


def parse(name: str, text: str) -> Table:
    """Return the objects of a JSON or JSON Lines file as a table; its columns are all names that occur.

    Raises DataError if it is neither, with place and remedy.
    """
    whole = _load(text)
    if isinstance(whole, list):
        return _table(name, enumerate(whole, start=1), "JSON, a list of objects", "item")
    if isinstance(whole, dict) and "\n" in text.strip():
        lists = {key: value for key, value in whole.items() if isinstance(value, list) and value}
        objects = {key: value for key, value in lists.items() if any(isinstance(one, _Pairs) for one in value)}
        if len(objects) == 1:
            ((key, found),) = objects.items()
            return _table(name, enumerate(found, start=1), f"JSON, the list {quoted(key)}", "item")
        if lists and len({len(value) for value in lists.values()}) == 1 and len(lists) == len(whole):
            rows = [_Pairs(zip(lists, values, strict=True)) for values in zip(*lists.values(), strict=True)]
            return _table(name, enumerate(rows, start=1), "JSON, a list for each column", "item")
        raise DataError(
            f"{name} is one JSON object, and which list in it holds the texts is not clear; save that list alone: "
            '[{"text": …, "label": …}, …]'
        )
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    return _table(name, ((number, _load(line)) for number, line in lines), "JSON Lines", "line")


class _Pairs(dict):
    """An object; of a name that stands in it twice, the second one is kept beside the first."""


def _pairs(found: list[tuple[str, object]]) -> _Pairs:
    row = _Pairs()
    for key, value in found:
        at, name = 2, key
        while name in row:
            name, at = f"{key} ({at})", at + 1
        row[name] = value
    return row


def _load(text: str):
    """What a text says in JSON; None where it is none."""
    try:
        return json.loads(text, object_pairs_hook=_pairs, parse_constant=str)
    except (ValueError, RecursionError):
        return None


def _cell(value) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _table(name: str, rows: Iterable, how: str, unit: str) -> Table:
    found = list(rows)
    good = [(number, row) for number, row in found if isinstance(row, _Pairs) and row]
    bad = tuple(number for number, row in found if not (isinstance(row, _Pairs) and row))
    findings = []
    if bad:
        what = f"{count(len(bad), unit)} not an object in braces (broken off, or something else)"
        findings.append(Finding("broken", what, bad, "left out", "mend them", lost=len(bad), unit=unit))
    if not good:
        raise DataError(
            f'{name} looks like JSON, but no {unit} of it is an object; each should be {{"text": …, "label": …}}'
        )
    nested = tuple(number for number, row in good if any(isinstance(v, (dict, list)) for v in row.values()))
    if nested:
        what = f"{count(len(nested), unit)} with a list or an object in a field"
        findings.append(Finding("nested", what, nested, "kept as it is written, as text", unit=unit))
    names = list(dict.fromkeys(key for _, row in good for key in row))
    records = [Record(number, tuple(_cell(row.get(key)) for key in names)) for number, row in good]
    return Table(name, tuple(records), len(names), how, tuple(names), findings=tuple(findings), unit=unit)
