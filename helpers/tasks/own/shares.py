"""Numbers in place of one label, in columns or in one cell: shares that add up to 1 or 100, or votes.

The highest says the label.
"""

import ast
import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from helpers.tasks.files import DataError
from helpers.tasks.own.columns import LOOKED_AT, NAMES, Columns, listed, plain
from helpers.tasks.own.findings import Finding, quoted
from helpers.tasks.own.shapes import SCORED
from helpers.tasks.own.tables import Table

NUMBER = re.compile(r"(\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?)\s*%?")
VECTOR = re.compile(r"\[\s*-?\d[\d.]*(?:[eE][-+]?\d+)?(?:\s*,\s*-?\d[\d.eE+-]*)+\s*\]")
BEFORE = re.compile(r"(?:p|prob|proba|probability|score|pred|share|pct|votes?|n)[ ._-]+", re.IGNORECASE)
NEARLY = 0.95  # of all rows
NOTHING = ("", "nan", "none", "null", "{}", "[]")  # a cell without a label


def highest(rows: Sequence[Sequence[str]]) -> list[list[int]] | None:
    """Return the place of each row's highest number, or none where two are as high; None where they are no shares.

    Whole numbers may add up to anything, as votes do.

    >>> highest([["0.7", "0.3"], ["0.5", "0.5"]]), highest([["2", "1"]]), highest([["0.7", "0.9"]])
    ([[0], []], [[0]], None)
    """
    cells = [[_number(cell) for cell in row] for row in rows]
    if not cells or any(one is None for row in cells for one in row):
        return None
    if not (_add_up(cells) or all(one.is_integer() for row in cells for one in row)):
        return None
    tops = [[i for i, one in enumerate(row) if one == max(row)] for row in cells]
    return [top if len(top) == 1 else [] for top in tops]


def of_objects(table: Table, place: int, must: bool = False) -> Table:
    """Return a table in which labels stand for the cells of a column such as {"refund": 0.9, "fault": 0.1}.

    Of shares or votes the highest is the label, and none where two are as high; of marks, 1 and 0, all that are
    marked. The table comes back as it is where the column holds anything else.

    must: it was so in the file before this one. Raises DataError then where the column holds anything else.
    """
    name, cells = table.header[place], [record.cells[place].strip() for record in table.records]
    filled = [i for i, cell in enumerate(cells) if cell.lower() not in NOTHING]
    if not (must or any(cells[i][0] in "{[" for i in filled[:LOOKED_AT])):
        return table
    found = {i: _object(cells[i]) for i in filled}
    odd = next((i for i in filled if not found[i]), None)
    labels = _labels([found[i] for i in filled]) if filled and odd is None else None
    if labels is None:
        if not must:
            return table
        where = f"; {table.unit} {table.records[odd].number} has {quoted(cells[odd], 30)}" if odd is not None else ""
        raise DataError(f"{table.name}: {quoted(name)} should hold labels with shares, as in the file before{where}")
    said = dict(zip(filled, labels, strict=True))
    records = tuple(
        replace(record, cells=(*record.cells[:place], said.get(i, ""), *record.cells[place + 1 :]))
        for i, record in enumerate(table.records)
    )
    without = tuple(records[i].number for i, label in said.items() if not label)
    what = f"{quoted(name)} holds labels with numbers, such as {quoted(cells[filled[0]])}"
    done = "the label of the highest is read, or all that are marked"
    done += "; where two are as high, or none is marked, there is none" if without else ""
    findings = (*table.findings, Finding("shares in a cell", what, without, done, unit=table.unit))
    return replace(table, records=records, findings=findings)


def _labels(cells: Sequence[dict[str, float]]) -> list[str] | None:
    """The label of each cell of named numbers; None where these are neither marks nor shares."""
    if all(one in (0, 1) for some in cells for one in some.values()) and any(len(some) > 1 for some in cells):
        return ["; ".join(name for name, one in some.items() if one) for some in cells]
    several = [some for some in cells if len(some) > 1]
    if several and highest([[str(one) for one in some.values()] for some in several]) is None:
        return None
    tops = [[name for name, one in some.items() if one == max(some.values())] for some in cells]
    return [top[0] if len(top) == 1 else "" for top in tops]


def _object(cell: str) -> dict[str, float] | None:
    """What a cell names, with its numbers; None where it is anything else. As JSON, or as Python prints it.

    >>> _object('{"a": 1, "b": 0}'), _object("[{'label': 'a', 'score': 0.9}]")
    ({'a': 1.0, 'b': 0.0}, {'a': 0.9})
    """
    for read in (json.loads, ast.literal_eval) if cell[:1] in "{[" else ():
        try:
            found = read(cell)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        some = found if isinstance(found, list) else [found]
        if some and all(isinstance(one, dict) and set(one) == SCORED for one in some):
            found = {one["label"]: one["score"] for one in some}
        good = isinstance(found, dict) and found and all(isinstance(name, str) for name in found)
        if good and all(isinstance(one, bool | int | float) and 0 <= one < math.inf for one in found.values()):
            return {name: float(one) for name, one in found.items()}
    return None


def _number(cell: str) -> float | None:
    found = NUMBER.fullmatch(cell.strip() or "0")
    return float(found[1].replace(",", ".")) if found else None


def _add_up(rows: Sequence[Sequence[float]]) -> bool:
    return any(sum(abs(sum(row) - whole) < 0.03 * whole for row in rows) >= NEARLY * len(rows) for whole in (1, 100))


def named(names: Sequence[str]) -> list[str]:
    """Return the labels that columns are called by: without what says that they hold shares, where all have it.

    >>> named(["p_refund", "p_fault"]), named(["p_refund", "fault"])
    (['refund', 'fault'], ['p_refund', 'fault'])
    """
    found = [BEFORE.match(name) for name in names]
    return [name[one.end() :] or name for name, one in zip(names, found, strict=True)] if all(found) else list(names)


def hint(table: Table, at: Columns, said: Callable[[Sequence[str]], str]) -> Finding | None:
    """Return what stops where the label that was guessed is a share of several, or a list of numbers.

    said: writes how columns are named as the label.
    """
    rows = [record.cells for record in table.records[:LOOKED_AT]]
    lists = sum(bool(VECTOR.fullmatch(row[at.label].strip())) for row in rows)
    if lists > 0.5 * len(rows):
        what = f"{quoted(table.header[at.label])} holds lists of numbers, such as scores or a vector, and no labels"
        return Finding(
            "numbers in lists", what, (), "", "name the column with the labels: label=… (--label)", stops=True
        )
    if sum(bool(_object(row[at.label].strip())) for row in rows) > 0.5 * len(rows):
        what = f"{quoted(table.header[at.label])} holds objects with numbers that are no shares of labels"
        do = "put the label of each text into a column of its own, and name that: label=… (--label)"
        return Finding("objects", what, (), "", do, stops=True)
    numbers = [[_number(row[place]) for row in rows] for place in range(table.width)]
    if not rows or at.label in at.texts or None in numbers[at.label]:
        return None
    most = 1 if max(numbers[at.label]) <= 1 else 100
    ids = {i for i, name in enumerate(table.header) if plain(name) in NAMES["id"]}
    places = [i for i, one in enumerate(numbers) if i not in (*at.texts, *ids) and None not in one and max(one) <= most]
    if len(places) < 2 or not _add_up(list(zip(*(numbers[i] for i in places), strict=True))):
        return None
    names = [table.header[i] for i in places]
    what = f"{listed(names)} hold shares that add up in each row, so one of them alone is no label"
    return Finding("shares", what, (), "", f"to take the highest, say {said(names)}", stops=True)
