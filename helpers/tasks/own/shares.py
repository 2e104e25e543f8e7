"""Numbers in place of one label, in columns or in one cell: shares that add up to 1 or 100, or votes.

The highest says the label.
"""

import ast
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from helpers.tasks.own.columns import LOOKED_AT, NAMES, Columns, listed, plain
from helpers.tasks.own.findings import Finding, quoted
from helpers.tasks.own.tables import Table

NUMBER = re.compile(r"(\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?)\s*%?")
VECTOR = re.compile(r"\[\s*-?\d[\d.]*(?:[eE][-+]?\d+)?(?:\s*,\s*-?\d[\d.eE+-]*)+\s*\]")
BEFORE = re.compile(r"(?:p|prob|proba|probability|score|pred|share|pct|votes?|n)[ ._-]+", re.IGNORECASE)
NEARLY = 0.95  # of all rows


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


def of_objects(table: Table) -> Table:
    """Return a table in which the name of the highest stands for each cell such as {"refund": 0.9, "fault": 0.1}.

    Done to a column where each cell that is filled holds such an object, of two names or more, and the numbers are
    shares or votes. It is blank where two are as high.
    """
    for place, name in enumerate(table.header):
        cells = [record.cells[place].strip() for record in table.records]
        found = (
            [_object(cell) for cell in cells if cell] if any(cell.startswith("{") for cell in cells[:LOOKED_AT]) else []
        )
        tops = highest([[str(one) for one in some.values()] for some in found]) if found and all(found) else None
        if tops is None:
            continue
        labels = iter([list(some)[top[0]] if top else "" for some, top in zip(found, tops, strict=True)])
        said = [next(labels) if cell else "" for cell in cells]
        records = tuple(
            replace(record, cells=(*record.cells[:place], one, *record.cells[place + 1 :]))
            for record, one in zip(table.records, said, strict=True)
        )
        equal = tuple(r.number for r, cell, one in zip(records, cells, said, strict=True) if cell and not one)
        what = f"{quoted(name)} holds labels with their shares or votes, such as {quoted(next(filter(None, cells)))}"
        done = "the label of the highest is read" + ("; where two are as high, none" if equal else "")
        findings = (*table.findings, Finding("shares in a cell", what, equal, done, unit=table.unit))
        table = replace(table, records=records, findings=findings)
    return table


def _object(cell: str) -> dict[str, float | int] | None:
    """What a cell names, with its numbers; None where it is anything else. As JSON, or as Python prints it."""
    if not (cell.startswith("{") and cell.endswith("}")):
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(cell)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        good = isinstance(found, dict) and len(found) > 1 and all(isinstance(name, str) for name in found)
        if good and all(isinstance(one, bool | int | float) for one in found.values()):
            return {name: one if isinstance(one, float) else int(one) for name, one in found.items()}
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
