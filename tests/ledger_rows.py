"""Ledger rows and items for tests. No test; tests import it."""

from dataclasses import dataclass

from helpers.results import ledger
from helpers.results.rows import LedgerRow, digest


@dataclass(frozen=True)
class Item:
    id: str
    text: str
    label: str


ITEMS = [Item(str(i), f"text {i}", "ab"[i % 2]) for i in range(6)]


def row(method="m", predictions=None, *, task="toy", items=ITEMS, approach="prompt", **more) -> LedgerRow:
    """Return a row that nobody measured, kept in the ledger as if it had been; by default every prediction is "a"."""
    predictions = list(predictions or ["a"] * len(items))
    gold = [item.label for item in items]
    made = LedgerRow(
        task=task,
        method=method,
        approach=approach,
        ids=[item.id for item in items],
        gold=gold,
        predictions=predictions,
        texts=[digest(item.text) for item in items],
        **{"split": "test", "correct": [int(g == p) for g, p in zip(gold, predictions, strict=True)], **more},
    )
    ledger.append(made, ledger.path())
    return made


def of_hits(method, hits, *, ids=None, **more) -> LedgerRow:
    """Return such a row of items whose label is "a", by which of them were right."""
    ids = ids or [f"i{i}" for i in range(len(hits))]
    items = [Item(one, f"text {one}", "a") for one in ids]
    return row(method, ["a" if hit else "b" for hit in hits], items=items, **more)
