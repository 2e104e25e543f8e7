"""Rows of which the people who labeled them said that they do not count, as programs for labeling write it."""

import re
from dataclasses import replace

from helpers.tasks.own.columns import plain
from helpers.tasks.own.findings import Finding, count, quoted
from helpers.tasks.own.tables import Table

ANSWERS = {"accept", "reject", "ignore"}  # Prodigy
REFUSED = re.compile(r"(?:^|[._])(?:was_cancelled|responses(?:[._]\w+)*[._]status)$")


def judged(table: Table, told: object = None) -> Table:
    """Return a table without rows of which the people who labeled them said that they do not count.

    Such are rows rejected, ignored (Prodigy), skipped (Label Studio), discarded or drafts (Argilla). Where one label
    alone was asked for, a rejected row has the label `not …`. Nothing is left out where `told`, the label, is the
    column of the answers.
    """
    for place, name in enumerate(table.header):
        kinds = {record.cells[place].strip().lower() for record in table.records} - {""}
        if plain(name) == "answer" and len(kinds) > 1 and kinds <= ANSWERS and told not in (name, place + 1):
            table = _answered(table, place)
        elif REFUSED.search(name.strip().lower()):
            bad = {"true"} if name.lower().endswith("cancelled") else {"discarded", "draft"}
            table = _without(table, place, kinds & bad)
    return table


def _answered(table: Table, place: int) -> Table:
    labels = [i for i, name in enumerate(table.header) if plain(name) == "label"]
    values = {record.cells[labels[0]] for record in table.records} if labels else set()
    if len(values) != 1:
        return _without(table, place, {"reject", "ignore"})
    at, label = labels[0], values.pop()
    records = tuple(
        replace(r, cells=(*r.cells[:at], f"not {label}", *r.cells[at + 1 :])) if r.cells[place] == "reject" else r
        for r in table.records
    )
    what = f"one label alone was asked for, {quoted(label)}: rejected rows are called {quoted(f'not {label}')}"
    table = replace(table, records=records, findings=(*table.findings, Finding("one question", what)))
    return _without(table, place, {"ignore"})


def _without(table: Table, place: int, bad: set[str]) -> Table:
    out = tuple(record.number for record in table.records if record.cells[place].strip().lower() in bad)
    if not out:
        return table
    what = f"{count(len(out), table.unit)} with {' or '.join(sorted(bad))} in {quoted(table.header[place])}"
    do = f"if they count, take the column {quoted(table.header[place])} out of the file"
    found = Finding("refused", what, out, "left out, for who labeled them refused them", do, len(out), unit=table.unit)
    kept = tuple(record for record in table.records if record.number not in set(out))
    return replace(table, records=kept, findings=(*table.findings, found))
