"""Evidence for a part of a rule: a measured figure with its interval, test, size and origin; and what it decides.

Constructors take ledger rows, which know whose they are and of which model; where figures come from elsewhere, `of=row`
or `model=…, dtype=…, reference=…` says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import stats

from helpers import statistics
from helpers.results import ledger
from helpers.results.ledger import LedgerRow
from helpers.results.rules import Part
from helpers.statistics import ABOVE, BELOW, OPEN, Interval

HELD, FAILED, DEPENDS = "held", "did not hold", "it depends"
CLOSE, WEAK, MISSING = "too close to call", "underpowered", "not tested"


@dataclass(frozen=True)
class Evidence:
    """What was measured for one part.

    measure: one of rules.MEASURES. n: items behind the figure. counts: right and n of a share; items that only the
    first and only the second method got right of a paired difference. p_value: of ranks and draws, at their limit.
    models, dtypes: of the language models behind it. reference: whether any row is the course's own.
    """

    measure: str
    interval: Interval
    n: int
    counts: tuple[int, ...] = ()
    p_value: float | None = None
    models: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()
    reference: bool = False
    note: str = ""

    def p_at(self, limit: float) -> float | None:
        """Return the p-value that the figure is just `limit`, where there is a test of that."""
        if self.measure == "share" and self.counts and 0 < limit < 1:
            return float(stats.binomtest(self.counts[0], self.counts[1], limit).pvalue)
        if self.measure == "paired" and self.counts:
            return statistics.paired_p_value(*self.counts, self.n, limit)
        return self.p_value

    def __str__(self) -> str:
        figure = self.interval
        if self.measure == "yes":
            return {1.0: "yes", 0.0: "no"}.get(figure.estimate, "undecided")
        return f"{figure.estimate:.4g}" if figure.low == figure.high else str(figure)


def _origin(
    of: LedgerRow | Sequence[LedgerRow] = (), model: str = "", dtype: str = "", reference: bool = False, note: str = ""
) -> dict:
    """Return whose figures are and of which model: those of rows, or as named by hand."""
    rows = [of] if hasattr(of, "correct") else list(of)
    spoken = [row for row in rows if row.language_model]
    models, dtypes = [*(row.model for row in spoken), model], [*(row.dtype for row in spoken), dtype]
    return {
        "models": tuple(dict.fromkeys(filter(None, models))),
        "dtypes": tuple(dict.fromkeys(filter(None, dtypes))),
        "reference": reference or any(row.reference for row in rows),
        "note": note,
    }


def share_of(hits: Sequence[bool], **origin) -> Evidence:
    """Return the share of hits among n items. Further arguments: of=row(s), or model, dtype, reference; note."""
    right, n = int(sum(map(bool, hits))), len(hits)
    figure = statistics.wilson_interval(right, n)
    return Evidence("share", figure, n, (right, n), **_origin(**origin))


def share_of_draws(hits: Sequence[Sequence[bool]], **origin) -> Evidence:
    """Return the share of hits over k measurements of the same n items, its interval by items; hits: (k, n)."""
    by_item = np.asarray(hits, dtype=float).mean(axis=0)
    if by_item.mean() in (0, 1):  # the bootstrap would be sure beyond its data
        return share_of(by_item, **origin)
    return Evidence("share", statistics.mean_interval(by_item), len(by_item), **_origin(**origin))


def share(row: LedgerRow, note: str = "") -> Evidence:
    """Return the share right of a row."""
    return share_of(row.correct, of=row, note=note)


def difference_of(first: Sequence[bool], second: Sequence[bool], **origin) -> Evidence:
    """Return the share of hits in `second` minus that in `first`, for the same n items. For the rest see `share_of`."""
    one, two = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    if one.shape != two.shape or not len(one):
        raise ValueError(f"give hits on the same items; there are {len(one)} and {len(two)}")
    counts = int((one & ~two).sum()), int((two & ~one).sum())
    figure = statistics.gap_interval(two.astype(int) - one.astype(int))
    return Evidence("paired", figure, len(one), counts, **_origin(**origin))


def difference(first: LedgerRow, second: LedgerRow, across_models: bool = False, note: str = "") -> Evidence:
    """Return the share right of `second` minus that of `first`, paired; refuses what `ledger.compare` refuses.

    `across_models` allows two language models, where the claim is about that.
    """
    ledger.compare(first, second, across_models=across_models)
    return difference_of(first.correct, second.correct, of=[first, second], note=note)


def independent_of(first: Sequence[bool], second: Sequence[bool], **origin) -> Evidence:
    """Return the share of hits in `second` minus that in `first`, for two different sets; n is the smaller one's."""
    figure = statistics.difference_of_shares(first, second)
    return Evidence("shares", figure, min(len(first), len(second)), **_origin(**origin))


def independent(first: LedgerRow, second: LedgerRow, note: str = "") -> Evidence:
    """Return the share right of `second` minus that of `first`, measured on different items."""
    return independent_of(first.correct, second.correct, of=[first, second], note=note)


def mean(values: Sequence[float], **origin) -> Evidence:
    """Return the mean of per-item numbers."""
    return Evidence("mean", statistics.mean_interval(values), len(values), **_origin(**origin))


def number(value: float | Interval, n: int = 1, **origin) -> Evidence:
    """Return a figure that is known, or one with an interval made elsewhere, over n items."""
    figure = value if isinstance(value, Interval) else Interval(float(value), float(value), float(value))
    return Evidence("number", figure, n, **_origin(**origin))


def rank(first: Sequence[float], second: Sequence[float], **origin) -> Evidence:
    """Return how often a number of `second` exceeds one of `first`, two different sets; n is the smaller one's."""
    figure, p_value = statistics.rank_test(first, second)
    n = min(len(first), len(second))
    return Evidence("rank", figure, n, p_value=p_value, **_origin(**origin))


def draws_of(hits: Sequence[Sequence[bool]], **origin) -> Evidence:
    """Return how far k measurements of the same n items lie apart beyond chance; hits: shape (k, n)."""
    found = statistics.spread(hits)
    return Evidence("draws", found.deviation, len(hits[0]), p_value=found.p_value, **_origin(**origin))


def draws(rows: Sequence[LedgerRow], note: str = "") -> Evidence:
    """Return how far rows of the same items lie apart beyond chance; raises ValueError if the items differ."""
    for row in rows[1:]:
        ledger.compare(rows[0], row)
    return draws_of([row.correct for row in rows], of=rows, note=note)


def yes(flag: bool | None, **origin) -> Evidence:
    """Return a plain yes or no; None where it is undecided, such as a tie."""
    figure = Interval(0.5, 0.0, 1.0) if flag is None else Interval(*[float(bool(flag))] * 3)
    return Evidence("yes", figure, 1, **_origin(**origin))


def lies(part: Part, evidence: Evidence) -> str:
    """Return what the figure alone says of a part: held, did not hold, or too close to call."""
    limits = part.limits(evidence.dtypes[0] if evidence.dtypes else "")
    found = [statistics.decide(evidence.interval, _test(part, evidence, x), x, part.worthwhile) for x in limits]
    if part.direction == "within":
        if found == [ABOVE, BELOW]:
            return HELD
        return FAILED if found[0] == BELOW or found[1] == ABOVE else CLOSE
    if found[0] == OPEN:
        return CLOSE
    wanted = {"above": (ABOVE,), "below": (BELOW,), "apart": (ABOVE, BELOW)}[part.direction]
    return HELD if found[0] in wanted else FAILED


def _test(part: Part, evidence: Evidence, limit: float) -> float | None:
    usual = {"rank": 0.5, "draws": 0.0}.get(part.measure, limit)
    return evidence.p_at(limit) if limit == usual else None


@lru_cache(maxsize=1024)
def both_ways(part: Part, n: int) -> bool:
    """Return whether a part can come out "held" and "did not hold" at all with n items."""
    if part.measure in ("mean", "number", "yes", "draws"):
        return True
    limits = part.limits(part.limit[0][0] if part.direction != "within" and isinstance(part.limit, tuple) else "")
    middle = round(n * abs(sum(limits) / len(limits)))
    none, every, some = [0] * n, [1] * n, [1] * middle + [0] * (n - middle)
    if part.measure == "share":
        possible = [share_of(hits) for hits in (none, every, some)]
    elif part.measure == "rank":
        possible = [rank(*pair) for pair in ((range(n), range(n, 2 * n)), (range(n, 2 * n), range(n)))]
    else:
        build = difference_of if part.measure == "paired" else independent_of
        possible = [build(none, every), build(every, none), build(none, some)]
    return {HELD, FAILED} <= {lies(part, evidence) for evidence in possible}


def settle(part: Part, evidence: Evidence) -> str:
    """Return the outcome of a part: as `lies` says, or underpowered where n is too small.

    Too small: the rule cannot come out both ways at this n, or it is undecided and n is below the part's smallest.
    """
    if evidence.measure != part.measure:
        raise ValueError(f"part {part.name!r} is measured as {part.measure!r}; the evidence is {evidence.measure!r}")
    outcome = lies(part, evidence)
    if not both_ways(part, evidence.n) or (outcome == CLOSE and evidence.n < part.n):
        return WEAK
    return outcome
