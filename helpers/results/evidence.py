"""Evidence for a part of a rule: a measured figure with its interval, test, size and origin; and what it decides.

Constructors take ledger rows, which know whose they are and of which model; or hits, one for each item, and then `of=`
the row or rows behind them, or `model=`, `dtype=` and `reference=`. All take a `note=`.
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
from helpers.statistics import ABOVE, BELOW, LEVEL, OPEN, Interval

HELD, FAILED, DEPENDS = "held", "did not hold", "it depends"
CLOSE, WEAK, MISSING = "too close to call", "underpowered", "not tested"
Given = LedgerRow | Sequence[bool]


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


def _hits(given: Given) -> list[bool]:
    return [bool(hit) for hit in getattr(given, "correct", given)]


def _origin(*given, of=(), model: str = "", dtype: str = "", reference: bool = False, note: str = "") -> dict:
    """Return whose figures are and of which model: those of rows, or as named by hand."""
    rows = [row for row in (*given, *([of] if isinstance(of, LedgerRow) else of)) if isinstance(row, LedgerRow)]
    spoken = [row for row in rows if row.language_model]
    models, dtypes = [*(row.model for row in spoken), model], [*(row.dtype for row in spoken), dtype]
    return {
        "models": tuple(dict.fromkeys(filter(None, models))),
        "dtypes": tuple(dict.fromkeys(filter(None, dtypes))),
        "reference": reference or any(row.reference for row in rows),
        "note": note,
    }


def share(hits: Given, **origin) -> Evidence:
    """Return the share of hits among n items."""
    right, n = sum(_hits(hits)), len(_hits(hits))
    return Evidence("share", statistics.wilson_interval(right, n), n, (right, n), **_origin(hits, **origin))


def share_of_draws(hits: Sequence[Sequence[bool]], **origin) -> Evidence:
    """Return the share of hits over k measurements of the same n items, its interval by items; hits: (k, n)."""
    by_item = np.asarray(hits, dtype=float).mean(axis=0)
    if by_item.mean() in (0, 1):  # the bootstrap would be sure beyond its data
        return share(by_item, **origin)
    return Evidence("share", statistics.mean_interval(by_item), len(by_item), **_origin(**origin))


def difference(first: Given, second: Given, across_models: bool = False, **origin) -> Evidence:
    """Return the share of hits in `second` minus that in `first`, for the same n items.

    Two rows are refused where `ledger.compare` refuses them; `across_models` allows two language models, where the
    claim is about that.
    """
    if isinstance(first, LedgerRow) and isinstance(second, LedgerRow):
        ledger.compare(first, second, across_models=across_models)
    one, two = np.array(_hits(first)), np.array(_hits(second))
    if len(one) != len(two) or not len(one):
        raise ValueError(f"give hits on the same items; there are {len(one)} and {len(two)}")
    counts = int((one & ~two).sum()), int((two & ~one).sum())
    figure = statistics.gap_interval(two.astype(int) - one.astype(int))
    return Evidence("paired", figure, len(one), counts, **_origin(first, second, **origin))


def independent(first: Given, second: Given, **origin) -> Evidence:
    """Return the share of hits in `second` minus that in `first`, for two different sets; n is the smaller one's."""
    one, two = _hits(first), _hits(second)
    figure = statistics.difference_of_shares(one, two)
    return Evidence("shares", figure, min(len(one), len(two)), **_origin(first, second, **origin))


def number(value: float | Interval, n: int = 1, p_value: float | None = None, **origin) -> Evidence:
    """Return a figure that is known, or one with an interval made elsewhere, over n items, and its test if any."""
    figure = value if isinstance(value, Interval) else Interval(float(value), float(value), float(value))
    return Evidence("number", figure, n, p_value=p_value, **_origin(**origin))


def over_runs(first: Sequence[LedgerRow], second: Sequence[LedgerRow] = (), **origin) -> Evidence:
    """Return the share right of runs, or that of `second` minus `first`, its interval over items and runs.

    Runs are rows of the same items: other seeds or draws of a training set, or one row of what has neither. A share
    and a difference alike are measured as `number`.
    """
    for row in (*first[1:], *second):
        ledger.compare(first[0], row)
    hits = [[row.correct for row in side] for side in (first, second) if side]
    return number(statistics.runs_interval(*hits), n=first[0].n, of=[*first, *second], **origin)


def rank(first: Sequence[float], second: Sequence[float], **origin) -> Evidence:
    """Return how often a number of `second` exceeds one of `first`, two different sets; n is the smaller one's."""
    figure, p_value = statistics.rank_test(first, second)
    n = min(len(first), len(second))
    return Evidence("rank", figure, n, p_value=p_value, **_origin(**origin))


def draws(measured: Sequence[Given], **origin) -> Evidence:
    """Return how far k measurements of the same n items lie apart beyond chance; of rows, the items must agree."""
    for row in measured[1:]:
        if isinstance(row, LedgerRow):
            ledger.compare(measured[0], row)
    hits = [_hits(given) for given in measured]
    found = statistics.spread(hits)
    return Evidence("draws", found.deviation, len(hits[0]), p_value=found.p_value, **_origin(*measured, **origin))


def yes(flag: bool | None, **origin) -> Evidence:
    """Return a plain yes or no; None where it is undecided, such as a tie."""
    figure = Interval(0.5, 0.0, 1.0) if flag is None else Interval(*[float(bool(flag))] * 3)
    return Evidence("yes", figure, 1, **_origin(**origin))


def lies(part: Part, evidence: Evidence) -> str:
    """Return what the figure alone says of a part: held, did not hold, or too close to call."""
    limits = part.limits
    found = [statistics.decide(evidence.interval, _test(part, evidence, x), x, part.worthwhile) for x in limits]
    if part.direction == "within":
        if found == [ABOVE, BELOW]:
            return HELD
        return FAILED if found[0] == BELOW or found[1] == ABOVE else CLOSE
    if found[0] == OPEN:
        return CLOSE
    wanted = {"above": (ABOVE,), "below": (BELOW,), "apart": (ABOVE, BELOW)}[part.direction]
    return HELD if found[0] in wanted else FAILED


def reason(part: Part, evidence: Evidence) -> str:
    """Return in words why a part came out as it did where its figure does not show it; else an empty text."""
    alone, weak = lies(part, evidence), settle(part, evidence) == WEAK
    limits = part.limits
    limit, side = limits[0], ""
    if evidence.interval.high < limit:
        side = f"the interval is wholly below {limit:g}"
    elif evidence.interval.low > limits[-1]:
        limit, side = limits[-1], f"the interval is wholly above {limits[-1]:g}"
    if weak and alone != CLOSE:
        side = side or f"the interval alone says {alone!r}"
        return f"{side}, but with n of {evidence.n} fixed beforehand as too few to come out either way"
    p_value = _test(part, evidence, limit)
    if side and alone == CLOSE and p_value is not None and p_value >= 1 - LEVEL:
        few = f": only {sum(evidence.counts)} items set the two apart" if part.measure == "paired" else ""
        return f"{side}, the exact test is not sure{few}"
    return "the interval cannot decide" if weak else ""


def _test(part: Part, evidence: Evidence, limit: float) -> float | None:
    usual = {"rank": 0.5, "draws": 0.0}.get(part.measure, limit)
    return evidence.p_at(limit) if limit == usual else None


@lru_cache(maxsize=1024)
def both_ways(part: Part, n: int) -> bool:
    """Return whether a part can come out "held" and "did not hold" at all with n items."""
    if part.measure in ("number", "yes", "draws"):
        return True
    middle = round(n * abs(sum(part.limits) / len(part.limits)))
    none, every, some = [0] * n, [1] * n, [1] * middle + [0] * (n - middle)
    if part.measure == "share":
        possible = [share(hits) for hits in (none, every, some)]
    elif part.measure == "rank":
        possible = [rank(*pair) for pair in ((range(n), range(n, 2 * n)), (range(n, 2 * n), range(n)))]
    else:
        build = difference if part.measure == "paired" else independent
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
