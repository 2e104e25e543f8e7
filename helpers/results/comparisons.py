"""Many methods on the same items: who leads, who is measurably behind, and what another mix of messages would change.

Paired tests corrected for their number; "too close to call" is an answer. Two methods alone: see statistics.compare.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from helpers import statistics
from helpers.results import lookup
from helpers.results.given import alone
from helpers.results.rows import LedgerRow
from helpers.statistics import RESAMPLES, Comparison, Interval

COVERED = 0.8  # a row that has measured less than this share of the items is left out, and said so


@dataclass(frozen=True)
class Together:
    """Rows cut to the items that all of them measured, and the methods that had to be left out for that."""

    rows: tuple[LedgerRow, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Standing:
    """Who leads among several methods: the highest estimate, and every rival minus the leader, by Holm's p-values.

    tied: the leader's name and those of all that the items cannot tell from it by a difference worth having.
    """

    leader: str
    rivals: tuple[Comparison, ...]
    tied: tuple[str, ...]
    call: str


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Return p-values adjusted for their number (Holm, 1979): none below 0.05 means no false alarm, 19 times in 20.

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p_values, dtype=float)
    if values.ndim != 1 or ((values < 0) | (values > 1) | np.isnan(values)).any():
        raise ValueError(f"p-values are numbers from 0 to 1, in one list; got {list(p_values)}")
    order = np.argsort(values, kind="stable")
    steps = values[order] * np.arange(len(values), 0, -1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def on_same_items(rows: Sequence[LedgerRow], covered: float = COVERED) -> Together:
    """Cut rows of one task and split to the items that they share, so that they can be compared message by message.

    The learner's own row with the most items, or else the largest reference row, sets the items; a row that measured
    less than `covered` of these, or other texts or gold labels, is left out and named. With `covered` 0 every row
    stays, and the items are those that all of them measured: the smallest row decides.
    """
    if not rows or len({(row.task, row.split) for row in rows}) != 1:
        raise ValueError(f"give rows of one task and one split; got {sorted({(r.task, r.split) for r in rows})}")
    anchor = max(rows, key=lambda row: (not row.reference, row.n))
    lookup.check_models(rows)
    truth = anchor.items
    kept, left_out = [], []
    for row in rows:
        agrees = [item for item, value in row.items.items() if truth.get(item) == value]
        enough = len(agrees) >= max(1, covered * anchor.n) and len(agrees) == len(set(row.ids) & set(truth))
        (kept if enough else left_out).append(row)
    shared = set.intersection(*(set(row.ids) for row in kept))
    ids = [item for item in anchor.ids if item in shared]
    return Together(tuple(row.cut(ids) for row in kept), tuple(row.method for row in left_out))


def all_p_values(hits: np.ndarray, adjust: Callable = holm) -> dict[tuple[int, int], tuple[float, float]]:
    """Return McNemar's p-value and the adjusted one for each pair (i, j), i < j, of methods.

    hits: booleans of shape (methods, items). adjust: takes a list of p-values, and returns as many, in any collection.
    """
    pairs = list(itertools.combinations(range(len(hits)), 2))
    only = [(int((hits[i] & ~hits[j]).sum()), int((hits[j] & ~hits[i]).sum())) for i, j in pairs]
    values = [statistics.paired_p_value(*counts, hits.shape[1]) for counts in only]
    return dict(zip(pairs, zip(values, _floats(adjust(values)), strict=True), strict=True))


def _floats(found: Iterable) -> list[float]:
    """Return numbers as floats, also out of a generator, as fractions, or each alone in an array."""
    return [float(alone(value)) for value in found]


def against_leader(hits: np.ndarray, adjust: Callable = holm) -> tuple[list[float], list[float]]:
    """Return each method's share right, and its adjusted p-value against the highest share (1 for that one itself).

    hits: booleans of shape (methods, items). adjust: as for `all_p_values`.
    """
    shares = np.asarray(hits, dtype=float).mean(axis=1).tolist()
    best = int(np.argmax(shares))
    pairs = all_p_values(np.asarray(hits, dtype=bool), adjust) if len(shares) > 1 else {}
    return shares, [1.0 if i == best else pairs[min(i, best), max(i, best)][1] for i in range(len(shares))]


def standing(rows: Sequence[LedgerRow], adjust: Callable = holm) -> Standing:
    """Return who leads among rows that measured the same items (see `on_same_items`), and who is measurably behind.

    The leader is chosen on the items it is then tested on, so the correction counts all pairs of methods, not only
    those with the leader. Intervals are those of the single difference. adjust: as for `all_p_values`.
    """
    if len({row.data_sha256 for row in rows}) != 1 or len({row.method for row in rows}) != len(rows):
        raise ValueError("give one row for each method, all of the same items; on_same_items makes them so")
    hits = np.array([row.correct for row in rows], dtype=bool)
    best = int(hits.sum(axis=1).argmax())
    p_values = all_p_values(hits, adjust)
    rivals = []
    for i, row in enumerate(rows):
        if i != best:
            adjusted = p_values[min(i, best), max(i, best)][1]
            rivals.append(replace(statistics.compare_hits(hits[best], hits[i]), p_value=adjusted, second=row.method))
    rivals.sort(key=lambda pair: -pair.difference.estimate)
    leader = rows[best].method
    tied = (leader, *(pair.second for pair in rivals if pair.verdict != "worse"))
    call = f"{leader} leads" if len(tied) == 1 else "too close to call"
    return Standing(leader, tuple(rivals), tied, call)


def accuracy_under(hits: Sequence[bool], groups: Sequence[str], mix: Mapping[str, float]) -> float:
    """Return the share right if the groups came in other shares, which need not sum to one.

    >>> accuracy_under([1, 0, 1], ["a", "a", "b"], {"a": 1, "b": 3})
    0.875
    """
    values, names = np.asarray(hits, dtype=float), np.asarray(groups)
    return float(sum(share * values[names == group].mean() for group, share in _shares(mix).items() if share))


def under_mix(row: LedgerRow, group_of: Mapping[str, str], mix: Mapping[str, float]) -> Interval:
    """Return accuracy as it would be if the groups came in other shares, from the predictions that are there.

    Args:
        row: what was measured.
        group_of: item id -> group, such as its label.
        mix: group -> share of the future messages; shares are scaled to sum to one.

    Within a group the items must be like those to come: a new kind of message has no share here, and is refused. The
    interval is a bootstrap that draws items within their groups.
    """
    return _weighted(row, [group_of[item] for item in row.ids], _shares(mix))


def change_under_mix(row: LedgerRow, group_of: Mapping[str, str], mix: Mapping[str, float]) -> Interval:
    """Return accuracy under another mix of groups minus that under the measured one; see `under_mix`."""
    groups = [group_of[item] for item in row.ids]
    shares = {group: -count / row.n for group, count in sorted(Counter(groups).items())}
    for group, share in _shares(mix).items():
        shares[group] = shares.get(group, 0.0) + share
    return _weighted(row, groups, shares)


def most_changed(
    rows: Sequence[LedgerRow], group_of: Mapping[str, str], mix: Mapping[str, float], adjust: Callable = holm
) -> tuple[LedgerRow, Interval, float]:
    """Return the row that another mix of groups changes most surely, the change, and its p-value among all rows.

    p-values are those of the bootstrap behind `change_under_mix`, read as if it were normal, adjusted for the number of
    rows.
    """
    changes = [change_under_mix(row, group_of, mix) for row in rows]
    wide = 2 * float(stats.norm.ppf((1 + statistics.LEVEL) / 2))
    scores = [abs(one.estimate) / max((one.high - one.low) / wide, 1e-12) for one in changes]
    p_values = _floats(adjust([float(2 * stats.norm.sf(score)) for score in scores]))
    first = min(range(len(rows)), key=lambda i: (p_values[i], -scores[i]))
    return rows[first], changes[first], p_values[first]


def _shares(mix: Mapping[str, float]) -> dict[str, float]:
    total = sum(mix.values())
    if total <= 0 or min(mix.values()) < 0:
        raise ValueError(f"shares must not be negative, nor all zero; got {dict(mix)}")
    return {group: share / total for group, share in mix.items()}


def _weighted(row: LedgerRow, groups: Sequence[str], weights: Mapping[str, float]) -> Interval:
    """Sum of the groups' accuracies, each times its weight, with a bootstrap interval that draws within the groups."""
    values, groups = np.array(row.correct, dtype=float), np.array(groups)
    estimate, draws = 0.0, np.zeros(RESAMPLES)
    for seed, (group, weight) in enumerate(weights.items()):
        if weight:
            own = values[groups == group]
            if not len(own):
                raise ValueError(f"the mix gives {group!r} a share of {weight:g}, but no item of it was measured")
            estimate += weight * own.mean()
            draws += weight * statistics.resampled_means(own, seed=seed)
    return statistics.percentiles(estimate, draws)


def per_group(rows: Sequence[LedgerRow], group_of: Mapping[str, str]) -> dict[str, dict[str, tuple[int, int]]]:
    """Return, for each group of items and each method, how many are right and how many there are."""
    hits: dict = {}
    for row in rows:
        for item, hit in zip(row.ids, row.correct, strict=True):
            hits.setdefault(group_of[item], {}).setdefault(row.method, []).append(hit)
    return {group: {method: (sum(all_), len(all_)) for method, all_ in hits[group].items()} for group in sorted(hits)}
