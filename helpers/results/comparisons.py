"""Many methods on the same items: who leads, who is measurably behind, and what another mix of messages would change.

Paired tests corrected for their number; "too close to call" is an answer. Two methods alone: see statistics.compare.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from helpers import statistics
from helpers.results import lookup
from helpers.results.rows import LedgerRow
from helpers.statistics import RESAMPLES, WORTHWHILE, Interval

COVERED = 0.8  # a row that has measured less than this share of the items is left out, and said so


@dataclass(frozen=True)
class Together:
    """Rows cut to the items that all of them measured, and the methods that had to be left out for that."""

    rows: tuple[LedgerRow, ...]
    left_out: tuple[str, ...]

    @property
    def hits(self) -> np.ndarray:
        """Booleans of shape (methods, items)."""
        return np.array([row.correct for row in self.rows], dtype=bool)


@dataclass(frozen=True)
class Pair:
    """`second` minus `first` on the same items.

    p_value: McNemar's exact test. adjusted: the same after Holm's correction for all pairs of the family.
    verdict: in words, by `statistics.decide`; a difference is named only where `adjusted` is below 0.05 too.
    """

    first: str
    second: str
    difference: Interval
    p_value: float
    adjusted: float
    verdict: str

    def __str__(self) -> str:
        gap = self.difference
        return f"{gap.estimate:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]: {self.verdict}"


@dataclass(frozen=True)
class Standing:
    """Who leads among several methods: the highest estimate, every rival against it, and who is not measurably behind.

    `tied` holds the leader's name and those of all that the items cannot tell from it by a difference worth having.
    """

    leader: str
    rivals: tuple[Pair, ...]
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


def on_same_items(rows: Sequence[LedgerRow], covered: float = COVERED, *, across_models: bool = False) -> Together:
    """Cut rows of one task and split to the items that they share, so that they can be compared message by message.

    The learner's own row with the most items, or else the largest reference row, sets the items; a row that measured
    less than `covered` of these, or other texts or gold labels, is left out and named. With `covered` 0 every row
    stays, and the items are those that all of them measured: the smallest row decides.

    Raises:
        ValueError: there is no row, or they are of several tasks or splits; or of several language models and
            `across_models` does not allow it.
    """
    if not rows or len({(row.task, row.split) for row in rows}) != 1:
        raise ValueError(f"give rows of one task and one split; got {sorted({(r.task, r.split) for r in rows})}")
    anchor = max(rows, key=lambda row: (not row.reference, row.n))
    lookup.check_models(rows, across_models)
    truth = anchor.items
    kept, left_out = [], []
    for row in rows:
        agrees = [item for item, value in row.items.items() if truth.get(item) == value]
        enough = len(agrees) >= max(1, covered * anchor.n) and len(agrees) == len(set(row.ids) & set(truth))
        (kept if enough else left_out).append(row)
    shared = set.intersection(*(set(row.ids) for row in kept))
    ids = [item for item in anchor.ids if item in shared]
    return Together(tuple(row.cut(ids) for row in kept), tuple(row.method for row in left_out))


def all_p_values(hits: np.ndarray) -> dict[tuple[int, int], tuple[float, float]]:
    """Return McNemar's p-value and Holm's adjusted one for each pair (i, j), i < j, of methods.

    hits: booleans of shape (methods, items).
    """
    pairs = list(itertools.combinations(range(len(hits)), 2))
    only = [(int((hits[i] & ~hits[j]).sum()), int((hits[j] & ~hits[i]).sum())) for i, j in pairs]
    values = [statistics.paired_p_value(*counts, hits.shape[1]) for counts in only]
    return dict(zip(pairs, zip(values, holm(values).tolist(), strict=True), strict=True))


def standing(rows: Sequence[LedgerRow], worthwhile: float = WORTHWHILE) -> Standing:
    """Return who leads among rows that measured the same items (see `on_same_items`), and who is measurably behind.

    The leader is chosen on the items it is then tested on, so the correction counts all pairs of methods, not only
    those with the leader. Intervals are those of the single difference.
    """
    if len({row.data_sha256 for row in rows}) != 1 or len({row.method for row in rows}) != len(rows):
        raise ValueError("give one row for each method, all of the same items; on_same_items makes them so")
    hits = np.array([row.correct for row in rows], dtype=bool)
    best = int(hits.sum(axis=1).argmax())
    p_values = all_p_values(hits)
    rivals = []
    for i, row in enumerate(rows):
        if i != best:
            p_value, adjusted = p_values[min(i, best), max(i, best)]
            gap = statistics.compare_hits(hits[best], hits[i], worthwhile).difference
            verdict = statistics.in_words(statistics.decide(gap, adjusted, worthwhile=worthwhile))
            rivals.append(Pair(rows[best].method, row.method, gap, p_value, adjusted, verdict))
    rivals.sort(key=lambda pair: -pair.difference.estimate)
    leader = rows[best].method
    tied = (leader, *(pair.second for pair in rivals if pair.verdict != "worse"))
    call = f"{leader} leads" if len(tied) == 1 else "too close to call"
    return Standing(leader, tuple(rivals), tied, call)


def under_mix(
    row: LedgerRow,
    group_of: Mapping[str, str],
    mix: Mapping[str, float],
    other: LedgerRow | None = None,
) -> Interval:
    """Return accuracy as it would be if the groups came in other shares, from the predictions that are there.

    Args:
        row: what was measured.
        group_of: item id -> group, such as its label.
        mix: group -> share of the future messages; shares are scaled to sum to one.
        other: take the accuracy of `other` minus that of `row`, paired, instead.

    Within a group the items must be like those to come: a new kind of message has no share here. The interval is a
    bootstrap that draws items within their groups.

    Raises:
        ValueError: a share is negative, all are zero, or a group with a share has no item.
    """
    if other is not None and other.data_sha256 != row.data_sha256:
        raise ValueError(f"{row.method!r} and {other.method!r} were measured on different items")
    values = np.array(row.correct, dtype=float) if other is None else np.subtract(other.correct, row.correct)
    return _weighted(values, _groups(row, group_of), _shares(mix))


def change_under_mix(row: LedgerRow, group_of: Mapping[str, str], mix: Mapping[str, float]) -> Interval:
    """Return accuracy under another mix of groups minus that under the measured one; see `under_mix`."""
    groups = _groups(row, group_of)
    names, counts = np.unique(groups, return_counts=True)
    shares = dict(zip(names.tolist(), (-counts / len(groups)).tolist(), strict=True))
    for group, share in _shares(mix).items():
        shares[group] = shares.get(group, 0.0) + share
    return _weighted(np.array(row.correct, dtype=float), groups, shares)


def _groups(row: LedgerRow, group_of: Mapping[str, str]) -> np.ndarray:
    return np.array([group_of[item] for item in row.ids])


def _shares(mix: Mapping[str, float]) -> dict[str, float]:
    total = sum(mix.values())
    if total <= 0 or min(mix.values()) < 0:
        raise ValueError(f"shares must not be negative, nor all zero; got {dict(mix)}")
    return {group: share / total for group, share in mix.items()}


def _weighted(values: np.ndarray, groups: np.ndarray, weights: Mapping[str, float]) -> Interval:
    """Sum of the groups' means, each times its weight, with a bootstrap interval that draws within the groups."""
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
    found: dict = {}
    for row in rows:
        for item, hit in zip(row.ids, row.correct, strict=True):
            right, count = found.setdefault(group_of[item], {}).get(row.method, (0, 0))
            found[group_of[item]][row.method] = right + hit, count + 1
    return {group: found[group] for group in sorted(found)}
