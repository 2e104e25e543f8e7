"""Reference results: rows of heavy measurements that the course ships, so that a lesson stays short.

They are made by the lessons themselves, with everything measured: `make reference` runs the course with COURSE_RERUN=1
and keeps its rows in data/reference_results.jsonl. What reads them marks them.
"""

import json
import os
import pathlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

from helpers.results import ledger
from helpers.results.ledger import LedgerRow


def recall(
    task: str,
    method: str,
    items: Sequence,
    predict: Callable[[list[str]], object],
    *,
    split: str = "test",
    rerun: bool = False,
    show: bool = True,
    **more,
) -> LedgerRow:
    """Return the course's reference row of a heavy measurement; measure it here if `rerun` says so or there is none.

    Reference rows come from this same code (`make reference`) and are marked: `row.reference` is True. COURSE_RERUN=1
    measures everything, whatever `rerun` says. Arguments are those of `measure`; a reference row is cut to `items`.
    """
    if not rerun and not os.environ.get("COURSE_RERUN"):
        wanted = task, method, split
        for row in reversed(ledger.read(ledger.REFERENCE, LedgerRow, "a ledger row")):
            if (row.task, row.method, row.split) == wanted and _agrees(row, items):
                row = row.cut([item.id for item in items])
                if show:
                    print(f"{method}: accuracy {row.interval} on {row.n} items (reference)")
                return row
    return ledger.measure(task, method, items, predict, split=split, show=show, **more)


def _agrees(row: LedgerRow, items: Sequence) -> bool:
    """Return whether a row has measured all these items, with the labels they carry now."""
    known = dict(zip(row.ids, row.gold, strict=True))
    return all(known.get(item.id) == item.label for item in items)


def keep(source: pathlib.Path) -> int:
    """Take the newest full-profile rows of a ledger file into the reference results; return how many rows those hold.

    Rows of the same task, method and split are replaced, the others stay.
    """
    kept = {(row.task, row.method, row.split): row for row in ledger.read(ledger.REFERENCE, LedgerRow, "a ledger row")}
    for row in ledger.read(source, LedgerRow, "a ledger row"):
        if row.profile == "full":
            kept[row.task, row.method, row.split] = replace(row, reference=True)
    lines = [json.dumps(asdict(row), ensure_ascii=False) for _, row in sorted(kept.items())]
    ledger.REFERENCE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(kept)


if __name__ == "__main__":
    print(f"{ledger.REFERENCE.name} now holds {keep(pathlib.Path(sys.argv[1]))} rows")
