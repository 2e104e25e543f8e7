"""Figures of a reader's own task beside accuracy: the table of methods, what is taken for what, label by label."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from helpers import statistics
from helpers.results.rows import LedgerRow
from helpers.statistics import Interval

WORST, MIXED = 10, 15  # labels and kinds of mistake that a page lists


@dataclass(frozen=True)
class Scope:
    """How a method does inside and outside: right among what has a label, found among what belongs to none."""

    inside: Interval
    outside: Interval


def scope(row: LedgerRow, outside: str) -> Scope | None:
    """Return how a row does inside and outside of the labels; None where its items lack one of the two."""
    hits = {True: [0, 0], False: [0, 0]}
    for gold, right in zip(row.gold, row.correct, strict=True):
        hits[gold == outside][0] += right
        hits[gold == outside][1] += 1
    if not (hits[True][1] and hits[False][1]):
        return None
    return Scope(statistics.wilson_interval(*hits[False]), statistics.wilson_interval(*hits[True]))


def table(
    rows: Sequence[LedgerRow], outside: str | None = None, shared: Sequence[LedgerRow] = ()
) -> list[tuple[str, ...]]:
    """Return a table of methods as texts, its head first, best first: accuracy, macro-F1, scope, tokens and seconds.

    shared: the same methods on the items that all of them measured; they have a column where these are fewer.
    """
    graded = bool(rows) and "answers" in rows[0].details
    alike = {row.method: row for row in shared if any(other.n > row.n for other in rows)}
    head = ["method", *(f"right on the same {row.n}" for row in [*alike.values()][:1])]
    head += ["right, 95 % interval", "items"]
    head += ["abstained"] if graded else ["macro-F1"]
    head += ["right inside", f"found: {outside}"] if outside else []
    head += ["labeled rows", "tokens each", "seconds each"]
    lines = [tuple(head)]
    for row in sorted(rows, key=lambda row: -alike.get(row.method, row).interval.estimate):
        line = [row.method, *([f"{alike[row.method].interval.estimate:.3f}"] if alike else [])]
        line += [str(row.interval), str(row.n)]
        if graded:
            line.append(f"{row.predictions.count('abstained') / row.n:.2f}")
        else:
            line.append(f"{statistics.macro_f1(row.gold, row.predictions):.2f}")
        if outside:
            found = scope(row, outside)
            line += [f"{found.inside.estimate:.2f}", f"{found.outside.estimate:.2f}"] if found else ["–", "–"]
        tokens = f"{row.tokens_per_item:.0f}" if row.tokens_per_item else "–"
        lines.append((*line, f"{row.labels_used:,}", tokens, _seconds(row.seconds_per_item)))
    return lines


def _seconds(each: float) -> str:
    """Return seconds as people write them: no powers of ten.

    >>> [_seconds(each) for each in (1.2e-05, 0.0493, 0.57, 12.3)]
    ['under 0.001', '0.049', '0.57', '12']
    """
    return "under 0.001" if each < 0.001 else f"{each:.2g}" if each < 1 else f"{each:.0f}"


def mix_ups(row: LedgerRow, most: int = MIXED) -> list[tuple[str, str, int]]:
    """Return (right label, what was said, how often) of a row's commonest mistakes."""
    wrong = Counter((gold, said) for gold, said in zip(row.gold, row.predictions, strict=True) if gold != said)
    return [(gold, said, times) for (gold, said), times in sorted(wrong.items(), key=lambda one: (-one[1], one[0]))][
        :most
    ]


def by_label(row: LedgerRow) -> list[tuple[str, str, str]]:
    """Return (label, recall, precision) in words that count: of its items those found, of its uses those right.

    >>> row = LedgerRow("t", "m", "test", "plain", ["1", "2", "3"], ["a", "a", "b"], ["a", "b", "b"], [1, 0, 1], [])
    >>> by_label(row)
    [('a', '0.50 (1 of 2)', '1.00 (1 of 1)'), ('b', '1.00 (1 of 1)', '0.50 (1 of 2)')]
    """
    items, said = Counter(row.gold), Counter(row.predictions)
    right = Counter(gold for gold, hit in zip(row.gold, row.correct, strict=True) if hit)
    return [(label, _share(right[label], items[label]), _share(right[label], said[label])) for label in sorted(items)]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2f} ({part} of {whole})" if whole else "– (0 of 0)"


def worst_labels(row: LedgerRow, most: int = WORST, least: int = 3) -> list[tuple[str, int, int]]:
    """Return (label, right, items) of the labels with the smallest share right, of those with `least` items or more."""
    items, right = Counter(row.gold), Counter()
    for gold, hit in zip(row.gold, row.correct, strict=True):
        right[gold] += hit
    told = [(label, right[label], count) for label, count in items.items() if count >= least]
    return sorted(told, key=lambda one: (one[1] / one[2], one[0]))[:most]
