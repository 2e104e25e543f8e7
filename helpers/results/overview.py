"""One table that fits a screen: quality, dollars per right answer, seconds of one request, time to change.

Reads ledger rows; nothing is measured here. What a row does not hold stays empty; it is not guessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from helpers.machine import runtime
from helpers.results import comparisons, costs, lookup, markdown
from helpers.results.comparisons import Standing, Together
from helpers.results.rows import APPROACHES, LedgerRow
from helpers.statistics import Interval
from helpers.tasks import grading


@dataclass(frozen=True)
class Wanted:
    """Rows that a table asks for: of one split, what the task is in words, and method -> what it does, in words."""

    split: str
    about: str
    methods: Mapping[str, str]


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

    @property
    def per_right(self) -> float | None:
        """Dollars by tokens for 1,000 *right* answers; None where tokens were not counted or nothing is right."""
        if self.by_tokens is None or not self.quality.estimate:
            return None
        return self.by_tokens / self.quality.estimate


def gather(wanted: Mapping[str, Wanted]) -> dict[str, Together]:
    """Return task -> the newest rows of the methods wanted, cut to the items that they share; print what is there.

    A task with fewer than two such rows is left out, and said so. A quick run has measured few items of each method, so
    there every row stays, and the items are those that all of them measured.
    """
    covered = comparisons.COVERED if runtime.profile().value == "full" else 0.0
    found = {}
    for task, asked in wanted.items():
        rows = [row for row in lookup.rows(task, asked.split, reference=True) if row.method in asked.methods]
        if len(rows) < 2:
            print(f"{task}: {len(rows)} of {len(asked.methods)} methods measured so far; left out")
            continue
        found[task] = comparisons.on_same_items(rows, covered)
        kept = {row.method: row for row in found[task].rows}
        print(f"{task}, {asked.about}: {len(kept)} methods on the same {found[task].rows[0].n} items")
        for name in asked.methods:
            said = asked.methods[name] if name in kept else "not there"
            print(f"   {name}{' *' if name in kept and kept[name].reference else ''}: {said}")
    return found


def summary(
    row: LedgerRow,
    prices: costs.Prices = costs.EXAMPLE_PRICES,
    hour: float = costs.EXAMPLE_HOUR,
    alone: Mapping[tuple[str, str], Sequence[float]] | None = None,
    cached: Mapping[tuple[str, str], float] | None = None,
) -> Summary:
    """Return what a row says of its method, with its price per 1,000 requests by tokens and by machine hours.

    `alone`: (task, method) -> seconds of requests sent one at a time, for p50 and p95; else the row's own, if it
    was timed one by one. `cached`: (task, method) -> tokens of a prompt that all its prompts share at their start, and
    that a provider's cache holds.
    """
    tokens = price = 0.0 if row.approach == "plain" else None
    if row.tokens_per_item > 0:
        tokens = row.tokens_per_item
        kept = min((cached or {}).get((row.task, row.method), 0), row.prompt_tokens_per_item)
        price = costs.by_tokens(row.prompt_tokens_per_item, row.new_tokens_per_item, prices, kept)
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


def table(summaries: Sequence[Summary]) -> str:
    """Return Markdown: one line for each method, best first; a star marks the course's own rows."""
    head = "method|right, 95 % interval|$ per 1,000 right answers|p50 / p95 of one request|machine time to change"
    lines = []
    for s in sorted(summaries, key=lambda s: -s.quality.estimate):
        times = "–" if s.p50 is None else f"{s.p50:.2f} / {s.p95:.2f} s"
        change = f"{s.change / 60:.0f} min" if s.change >= 90 else f"{s.change:.0f} s"
        lines.append([s.method + " *" * s.reference, str(s.quality), _cell(s.per_right, ".3f"), times, change])
    return markdown.table(head.split("|"), lines)


def dollars(summaries: Sequence[Summary]) -> list[float]:
    """Return dollars per 1,000 right answers, infinite where tokens were not counted: unknown is no bargain."""
    return [np.inf if one.per_right is None else one.per_right for one in summaries]


def best_of(rows: Sequence[LedgerRow]) -> dict[str, LedgerRow]:
    """Return the row with the highest estimate for each approach that is there, in the order of APPROACHES."""
    found = {row.approach: row for row in sorted(rows, key=lambda row: row.interval.estimate)}
    return {way: found[way] for way in APPROACHES if way in found}


MEASURES = {  # what a method may be chosen by, beside its share right: name -> (field of Summary, lowest is best)
    "dollars per right answer": ("per_right", True),
    "p95 of one request": ("p95", True),
    "valid answers": ("valid", False),
    "time to change": ("change", True),
}


def changes_choice(summaries: Sequence[Summary], standing: Standing) -> dict[str, str]:
    """Return, for each of MEASURES, which method it would choose among those tied with the leader.

    A measure that fewer than two of the tied methods have says nothing, and is left out.
    """
    found = {}
    for name, (measure, lowest) in MEASURES.items():
        known = [s for s in summaries if s.method in standing.tied and getattr(s, measure) is not None]
        if len(known) > 1:
            values = {s.method: getattr(s, measure) * (1 if lowest else -1) for s in known}
            best = min(values.values())
            leads = values.get(standing.leader) == best
            found[name] = standing.leader if leads else min(values, key=lambda method: values[method])
    return found
