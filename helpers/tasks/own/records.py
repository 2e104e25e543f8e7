"""JSON to rows and cells: objects in a list, a line each, or inside one object. What is broken is left out and said."""

import json
import re
from collections.abc import Iterable, Sequence

from helpers.tasks.files import DataError
from helpers.tasks.own import shapes
from helpers.tasks.own.columns import listed
from helpers.tasks.own.findings import Finding, count, quoted
from helpers.tasks.own.tables import Record, Table, table

STRING = r'"(?:\\.|[^"\\\n])*"'
COMMENTS = re.compile(rf"{STRING}|(?://|#)[^\n]*|/\*.*?\*/", re.DOTALL)
COMMAS = re.compile(rf"{STRING}|,(?=\s*[}}\]])")
MOST_COLUMNS = 300  # of more, what lies inside an object is not made columns


def looks_like(text: str) -> bool:
    """Return whether a text begins as JSON does."""
    return text.lstrip()[:1] in ("{", "[")


def looks_like_objects(text: str) -> bool:
    """Return whether a text, whatever its name, is JSON: as a whole, or in most of its first lines."""
    lines = [line for line in text[:100_000].split("\n")[:20] if line.strip()]
    return (
        isinstance(_load(text), (list, dict)) or sum(isinstance(_load(line), dict) for line in lines) > len(lines) / 2
    )


def lenient(text: str) -> tuple[str, list[Finding]]:
    r"""Return JSON without what people add to it, comments and commas before a bracket, and a word about it.

    Where that makes no JSON of it, or it is JSON already, it comes back as it was.

    >>> lenient('// ours\n[{"text": "a // b", "n": 1,}, # two\n]')[0]
    '\n[{"text": "a // b", "n": 1} \n]'
    """
    if isinstance(_load(text), (list, dict)):
        return text, []
    plain = text
    for pattern in (COMMENTS, COMMAS):
        plain = pattern.sub(lambda found: found[0] if found[0].startswith('"') else "\n" * found[0].count("\n"), plain)
    if isinstance(_load(plain), (list, dict)) or (not looks_like(text) and looks_like_objects(plain)):
        what = "comments, or commas before a bracket, which JSON does not have"
        return plain, [Finding("comments", what, (), "taken out, and the rest is read")]
    return text, []


def parse(name: str, text: str) -> Table:
    """Return the objects of a JSON or JSON Lines file as a table; its columns are all names that occur.

    The list of objects may lie anywhere in one object; it may be given by splits, by columns, or by labels. Lists in
    place of objects are a table without names. What lies inside an object becomes a column such as `row.text`.

    Raises DataError if it is neither, with place and remedy.
    """
    whole = _load(text)
    if isinstance(whole, (list, dict)):
        return of_whole(name, whole)
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    rows = [(number, _load(line)) for number, line in lines]
    if not any(isinstance(row, _Pairs) for _, row in rows):
        rows = list(enumerate(_one_after_another(text), start=1))
        if not rows:
            raise DataError(
                f"{name} looks like JSON, but no line of it is an object, and it is broken as a whole: {_why(text)}. "
                'Mend it there; it should be [{"text": …, "label": …}, …]'
            )
        return _table(name, rows, "JSON, objects one after another", "item")
    return _table(name, rows, "JSON Lines", "line")


def of_whole(name: str, whole, kind: str = "JSON") -> Table:
    """Return the longest table that one value of JSON, or of YAML, holds; raises DataError where there is none."""
    found = sorted(shapes.tables_in(whole), key=lambda one: -len(one.rows))
    if not found:
        raise DataError(
            f"{name} is one {kind} object, and no list in it holds the texts; save a list of objects: "
            '[{"text": …, "label": …}, …]'
        )
    findings = []
    if len(found) > 1:
        told = ", ".join(f"{quoted(one.path)} ({count(len(one.rows), 'item')})" for one in found[1:6])
        do = "if another one is meant, save that alone"
        findings.append(Finding("lists", f"the file holds other lists: {told}", (), "the longest is read", do))
    if found[0].left:
        what = f"{count(len(found[0].left), 'object')} without texts or a name: {listed(found[0].left)}"
        findings.append(Finding("without texts", what, (), "left out"))
    how = f"{kind}, {found[0].how}" + (f" {quoted(found[0].path)}" if found[0].path else "")
    if all(isinstance(row, list) for row in found[0].rows):
        rows = [Record(i, tuple(map(shapes.cell, row))) for i, row in enumerate(found[0].rows, start=1)]
        return table(name, rows, how, findings)
    return _table(name, enumerate(found[0].rows, start=1), how, "item", findings)


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


def _constant(name: str) -> str | None:
    """NaN, which programs write for a cell that is not there, is none; infinities are words."""
    return None if name == "NaN" else name


def _load(text: str):
    """What a text says in JSON; None where it is none."""
    try:
        return json.loads(text, object_pairs_hook=_pairs, parse_constant=_constant)
    except (ValueError, RecursionError):
        return None


def _one_after_another(text: str) -> list[_Pairs]:
    """Objects that stand one after another, with commas or blanks between; empty where anything else stands there."""
    decoder, found, at = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant), [], 0
    text = text.strip().removeprefix("[").removesuffix("]").rstrip()
    while at < len(text):
        try:
            row, at = decoder.raw_decode(text, re.compile(r"[\s,]*").match(text, at).end())
        except (ValueError, RecursionError):
            return found if not text[at:].strip(" ,\n\r\t") else []
        if not isinstance(row, _Pairs):
            return []
        found.append(row)
    return found


def _why(text: str) -> str:
    """Where a text stops to be JSON."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"line {error.lineno}, character {error.colno}: {error.msg}"
    except (ValueError, RecursionError) as error:
        return str(error)
    return "it is nested too deep"


def _table(name: str, rows: Iterable, how: str, unit: str, findings: Sequence[Finding] = ()) -> Table:
    found = list(rows)
    good = [(number, row) for number, row in found if isinstance(row, dict) and row]
    bad = tuple(number for number, row in found if not (isinstance(row, dict) and row))
    findings = list(findings)
    if bad:
        what = f"{count(len(bad), unit)} not an object in braces (broken off, or something else)"
        findings.append(Finding("broken", what, bad, "left out", "mend them", lost=len(bad), unit=unit))
    if not good:
        raise DataError(
            f"{name} looks like {how.partition(',')[0]}, but no {unit} of it is an object; each should be "
            '{"text": …, "label": …}'
        )
    flat = [_pairs(list(shapes.flat(row))) for _, row in good]
    names = list(dict.fromkeys(key for row in flat for key in row))
    if len(names) > MOST_COLUMNS:
        flat = [row for _, row in good]
        names = list(dict.fromkeys(key for row in flat for key in row))
    talks = tuple(number for number, row in good if any(map(shapes.is_talk, row.values())))
    if talks:
        what = f"{count(len(talks), unit)} with a conversation"
        done = "what is said last is the label, and what is said before it the text; system messages are left aside"
        findings.append(Finding("conversations", what, talks, done, unit=unit))
    several = zip((number for number, _ in good), flat, strict=True)
    nested = tuple(number for number, row in several if any(v and isinstance(v, (dict, list)) for v in row.values()))
    if nested:
        what = f"{count(len(nested), unit)} with a list or an object in a field"
        findings.append(Finding("nested", what, nested, "kept as it is written", unit=unit))
    records = [
        Record(number, tuple(shapes.cell(row.get(key)) for key in names))
        for (number, _), row in zip(good, flat, strict=True)
    ]
    return Table(name, tuple(records), len(names), how, tuple(names), findings=tuple(findings), unit=unit)
