"""One table for every method: approach, quality, validity, tokens, seconds, money, time to change. Reads ledger rows.

Nothing is measured here. What a row does not hold stays empty; it is not guessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from helpers.results import costs, markdown
from helpers.results.rows import APPROACHES, LedgerRow
from helpers.statistics import Interval
from helpers.tasks import grading


@dataclass(frozen=True)
class Summary:
    """What a method gives and costs.

    valid: share of answers that are in the form asked for; None where the row holds grades and not answers.
    tokens: read and written per request, or None where a language model was not counted.
    p50, p95: seconds of one request alone, where the row holds them; else None.
    by_tokens, by_machine: dollars per 1,000 requests; by_tokens is None where tokens are, 0 without a language model.
    change: seconds of computing until a changed version is trained and measured again.
    """

    method: str
    approach: str
    quality: Interval
    valid: float | None
    tokens: float | None
    p50: float | None
    p95: float | None
    by_tokens: float | None
    by_machine: float
    training: float
    change: float
    reference: bool


def summary(
    row: LedgerRow,
    prices: costs.Prices = costs.EXAMPLE_PRICES,
    hour: float = costs.EXAMPLE_HOUR,
    alone: Mapping[tuple[str, str], Sequence[float]] | None = None,
) -> Summary:
    """Return what a row says of its method, with its price per 1,000 requests by tokens and by machine hours.

    `alone`: (task, method) -> seconds of requests sent one at a time, for p50 and p95; else the row's own, if it
    was timed one by one.
    """
    tokens = price = 0.0 if row.approach == "plain" else None
    if row.tokens_per_item > 0:
        tokens = row.tokens_per_item
        price = costs.by_tokens(row.prompt_tokens_per_item, row.new_tokens_per_item, prices)
    graded = set(row.predictions) <= set(grading.GRADES)
    in_form = [guess not in ("", "invalid", "None") for guess in row.predictions]
    times = (alone or {}).get((row.task, row.method), [] if row.details.get("timed") == "together" else row.seconds)
    p50, p95 = (float(x) for x in np.quantile(times, [0.5, 0.95])) if len(times) else (None, None)
    return Summary(
        method=row.method,
        approach=row.approach,
        quality=row.interval,
        valid=None if graded else float(np.mean(in_form)),
        tokens=tokens,
        p50=p50,
        p95=p95,
        by_tokens=price,
        by_machine=costs.by_machine(row.seconds_per_item, hour),
        training=row.training_seconds,
        change=row.training_seconds + row.seconds_per_item * row.n,
        reference=row.reference,
    )


def _cell(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def table(
    rows: Sequence[LedgerRow],
    prices: costs.Prices = costs.EXAMPLE_PRICES,
    hour: float = costs.EXAMPLE_HOUR,
    alone: Mapping[tuple[str, str], Sequence[float]] | None = None,
) -> str:
    """Return Markdown: one line for each row, best first within its task. Seconds and dollars as the columns say."""
    head = "task|method|approach|right, 95 % interval|valid|tokens|p50 / p95, s|training, s|$ per 1,000: tokens"
    head += "|$ per 1,000: machine, in batches|change, s"
    lines = []
    for row in sorted(rows, key=lambda row: (row.task, -row.interval.estimate)):
        s = summary(row, prices, hour, alone)
        times = f"{_cell(s.p50, '.2f')} / {_cell(s.p95, '.2f')}", f"{s.training:.1f}"
        counts = _cell(s.valid, ".2f"), _cell(s.tokens, ".0f"), *times, _cell(s.by_tokens, ".4f"), f"{s.by_machine:.4f}"
        lines.append([row.task, row.method + row.mark, s.approach, str(s.quality), *counts, f"{s.change:.0f}"])
    return markdown.table(head.split("|"), lines)


def best_of(rows: Sequence[LedgerRow]) -> dict[str, LedgerRow]:
    """Return the row with the highest estimate for each approach that is there, in the order of APPROACHES."""
    found = {row.approach: row for row in sorted(rows, key=lambda row: row.interval.estimate)}
    return {way: found[way] for way in APPROACHES if way in found}


def cheapest(summaries: Sequence[Summary]) -> dict[str, str]:
    """Return, for cost by tokens, cost by machine time and time to change, the method that has the lowest figure.

    A measure that fewer than two methods have is left out.
    """
    found = {}
    for measure in ("by_tokens", "by_machine", "change"):
        known = [s for s in summaries if getattr(s, measure) is not None]
        if len(known) > 1:
            found[measure] = min(known, key=lambda s: getattr(s, measure)).method
    return found
