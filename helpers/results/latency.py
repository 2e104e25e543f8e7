"""Seconds of single requests, and what their prompts share: of a ledger row's own prompt, or of none.

A figure timed on another prompt belongs to no row; so the prompts are compared with the row's by their hashes.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from helpers.results import measuring, store
from helpers.results.rows import LedgerRow


@dataclass(frozen=True)
class Timed:
    """Seconds of single requests, and the tokens that all their prompts share at the start (0 without prompts)."""

    seconds: list[float]
    shared_tokens: int = 0

    def quantile(self, share: float) -> float:
        """Return the seconds within which this share of the requests is answered."""
        return float(np.quantile(self.seconds, share))


def alone(
    row: LedgerRow,
    items: Sequence,
    answer: Callable[[object], object],
    prompts: Sequence | None = None,
    encode: Callable[[Sequence], list[int]] | None = None,
) -> Timed | None:
    """Time a method on items sent one at a time; return None, and say why once, if its prompts are not the row's own.

    Args:
        row: the row that the figures are to stand beside.
        items: n items of the row's test set.
        answer: answers one of them; called once before the clock starts.
        prompts: what the model reads for each, n lists of chat messages; None for a method without prompts.
        encode: takes one of `prompts`; returns its tokens.
    """
    if prompts is not None and not same_prompts(row, items, prompts):
        store.say(f"{row.method}: the prompt here is not the one of its row, so its seconds are not told")
        return None
    answer(items[0])
    seconds = []
    for item in items:
        started = time.perf_counter()
        answer(item)
        seconds.append(time.perf_counter() - started)
    return Timed(seconds, shared_start([encode(one) for one in prompts]) if prompts and encode else 0)


def same_prompts(row: LedgerRow, items: Sequence, prompts: Sequence) -> bool:
    """Return whether these are the prompts that the row was measured on, for these items."""
    at = {item: place for place, item in enumerate(row.ids)}
    if not row.prompts or any(item.id not in at for item in items):
        return False
    return measuring.hash_prompts(prompts) == [row.prompts[at[item.id]] for item in items]


def shared_start(sequences: Sequence[Sequence[int]]) -> int:
    """Return how many tokens all sequences have in common at their start.

    >>> shared_start([[1, 2, 3], [1, 2, 4], [1, 2]])
    2
    """
    shared = 0
    for column in zip(*sequences, strict=False):
        if len(set(column)) > 1:
            break
        shared += 1
    return shared
