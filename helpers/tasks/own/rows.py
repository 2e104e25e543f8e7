"""The rows of a table as texts with labels: ragged ones mended where that is safe, comments told apart from both."""

import re
from collections.abc import Sequence

from helpers.tasks.own import columns
from helpers.tasks.own.cleaning import Row, one_spelling
from helpers.tasks.own.findings import Finding, count
from helpers.tasks.own.tables import Record, Table, in_order

COMMENT = re.compile(r"#(?:[\s#]|$)")


def rows_of(table: Table, at: columns.Columns, split: str) -> tuple[list[Row], int, list[Finding]]:
    """Return rows of a table, how many had to be left out, and what was found.

    split: the one of all rows; where it is empty, the column of splits says it, if there is one.
    """
    labels = {one_spelling(r.cells[at.label]) for r in table.records if not COMMENT.match(r.cells[0])} - {""}
    whole, mended, bad, comments = [], [], [], []
    for record in table.records:
        aside = COMMENT.match(record.cells[0]) and one_spelling(record.cells[at.label]) not in labels
        (comments if aside else whole).append(record)
    if any(COMMENT.match(record.cells[0]) for record in whole):  # texts may begin so
        whole, comments = list(table.records), []
    for record in table.ragged:
        right = _mended(record, table, at, labels)
        aside = COMMENT.match(record.cells[0])
        (mended if right else comments if aside else bad).append(right or record)
    quote = "put quotation marks around texts that hold the sign between cells"
    do_long = "keep each line to the columns" if table.joined_by == " " else quote
    others = f"with another number of cells than the {table.width} of the others"
    findings = list(table.findings)
    for kind, found, what, done, do in (
        (
            "ragged, mended",
            mended,
            others,
            "put right: the text takes the cells that are too many, since what then stands as label is one",
            "look at one of them; quotation marks around texts prevent this",
        ),
        ("ragged", bad, others, "left out", do_long),
        (
            "comments",
            comments,
            f"that begin{'s' * (len(comments) == 1)} with #, as comments do",
            "left out",
            "if one is a text, label it as others are",
        ),
    ):
        if found:
            numbers, lost = tuple(record.number for record in in_order(found)), 0 if found is mended else len(found)
            findings.append(Finding(kind, f"{count(len(found), 'row')} {what}", numbers, done, do, lost))
    rows, unknown = _with_splits(in_order((*whole, *mended)) if mended else whole, at, split)
    if unknown:
        what = f"{count(len(unknown), 'row')} with a split that is not train, dev or test"
        findings.append(Finding("split", what, tuple(unknown), "taken for training", "use these three words"))
    return rows, sum(finding.lost for finding in findings), findings


def _with_splits(records: Sequence[Record], at: columns.Columns, split: str) -> tuple[list[Row], list[int | str]]:
    rows, unknown = [], []
    for record in records:
        given = record.cells[at.split].strip().lower() if at.split is not None else ""
        if given and given not in columns.SPLITS:
            unknown.append(record.number)
        number = f"{split} {record.number}" if split in ("test", "dev") else record.number
        text, label = at.text_of(record.cells), record.cells[at.label]
        rows.append(Row(number, text, label, split or columns.SPLITS.get(given, "")))
    return rows, unknown


def _mended(record: Record, table: Table, at: columns.Columns, labels: set[str]) -> Record | None:
    """A ragged row with as many cells as the others; None where that would be a guess."""
    width, end = table.width - table.added, len(record.cells) - table.added
    cells, added = list(record.cells[:end]), record.cells[end:]
    extra = len(cells) - width
    if extra < 0:
        lacking = any(len(cells) <= place < width for place in (*at.texts, at.label))
        return None if lacking else Record(record.number, (*cells, *[""] * -extra, *added))
    if not any(cell.strip() for cell in cells[width:]):
        return Record(record.number, (*cells[:width], *added))
    if at.more or (at.label >= width and width > 1):
        return None
    end = at.text + extra + 1
    whole = (*cells[: at.text], table.joined_by.join(cells[at.text : end]), *cells[end:], *added)
    return Record(record.number, whole) if one_spelling(whole[at.label]) in labels else None
