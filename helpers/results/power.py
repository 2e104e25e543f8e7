"""How many items a rule needs: the smallest n at which its parts come out right, either way, with a power of 80 %.

`python -m helpers.results.power` lists the parts of measured claims whose rows are fewer than that.
"""

from bisect import bisect_left

import numpy as np
from scipy import stats

from helpers.results import rules
from helpers.results.evidence import FAILED, HELD, lies, share
from helpers.results.rules import Part
from helpers.statistics import LEVEL

POWER = 0.8
MOST = 20_000  # no search for n goes further
WITHIN = 0.1  # assumed for "draws": variance of one item between measurements of it
_ALARM = float(stats.norm.ppf((1 + LEVEL) / 2))


def too_small() -> list[tuple[str, Part]]:
    """Return claim and part where the course measures fewer items than the rule needs, of measured claims."""
    every = [(claim.id, part) for claim in rules.everything() if claim.kind == "measured" for part in claim.parts]
    return [(claim, part) for claim, part in every if part.rows < part.n]


def smallest_n(part: Part) -> int:
    """Return the smallest n at which a part holds if `if_true`, and does not if `if_false`, with a power of 80 %.

    Shares by their exact law, the others by the normal approximation with a correction for counts, ranks by Noether's
    (1987) formula. 1 for what has no interval.
    """
    if part.measure == "yes" or (part.measure == "number" and not part.spread):
        return 1
    if part.measure == "share":
        return _share(part)
    need = _draws if part.measure == "draws" else _normal
    return max(need(part, truth, holds) for truth, holds in ((part.if_true, True), (part.if_false, False)))


def _bounds(part: Part, truth: float, holds: bool) -> list[float]:
    """Return what the interval must stay clear of for the right outcome at this truth."""
    if part.direction == "within":
        return list(part.limit) if holds else [min(part.limit, key=lambda limit: abs(truth - limit))]
    limit = part.limits[0]
    level = truth == limit or (part.direction == "apart" and not holds)
    return [limit - part.worthwhile, limit + part.worthwhile] if level else [limit]


def _deviation(part: Part, value: float) -> float:
    """Return the standard deviation of one item's contribution where the quantity is `value`."""
    if part.measure == "paired":
        return float(np.sqrt(max(part.differing, abs(value)) - value**2))
    if part.measure == "shares":
        one, two = 0.5 - value / 2, 0.5 + value / 2
        return float(np.sqrt(one * (1 - one) + two * (1 - two)))
    if part.measure == "rank":
        return 1 / np.sqrt(6)
    return part.spread


def _normal(part: Part, truth: float, holds: bool) -> int:
    bounds = _bounds(part, truth, holds)
    sure = stats.norm.ppf(POWER if len(bounds) == 1 else (1 + POWER) / 2)
    gap = min(abs(truth - bound) for bound in bounds)
    deviations = max(_deviation(part, bound) for bound in bounds), _deviation(part, truth)
    n = ((_ALARM * deviations[0] + sure * deviations[1]) / gap) ** 2
    return int(np.ceil(n + (part.measure in ("paired", "shares")) * 1.5 / gap))


def _share(part: Part) -> int:
    few, many, at_few, at_many = FAILED, HELD, part.if_false, part.if_true
    if part.direction == "below":
        few, many, at_few, at_many = HELD, FAILED, part.if_true, part.if_false

    def outcome(right: int, n: int) -> str:
        return lies(part, share([1] * right + [0] * (n - right)))

    def enough(n: int) -> bool:
        up_to = bisect_left(range(n + 1), True, key=lambda k: outcome(k, n) != few) - 1
        beyond = bisect_left(range(n + 1), True, key=lambda k: outcome(k, n) == many) - 1
        return bool(min(stats.binom.cdf(up_to, n, at_few), stats.binom.sf(beyond, n, at_many)) >= POWER)

    return bisect_left(range(MOST), True, lo=4, key=enough)


def _draws(part: Part, truth: float, holds: bool) -> int:
    """Cochran's Q follows a noncentral chi-squared law; its interval must end on the right side of the limit."""
    limit, freedom, tail = part.limits[0], part.draws - 1, (1 - LEVEL) / 2
    bound = limit + part.worthwhile if truth <= limit else limit

    def enough(n: int) -> bool:
        at_truth, at_bound = (max(n * freedom / WITHIN * x**2, 1e-9) for x in (truth, bound))
        if truth < bound:
            usual = max(stats.ncx2.ppf(POWER, freedom, at_truth), freedom)
            return bool(stats.ncx2.cdf(usual, freedom, at_bound) < tail)
        return bool(stats.ncx2.sf(stats.ncx2.ppf(1 - POWER, freedom, at_truth), freedom, at_bound) < tail)

    return bisect_left(range(MOST), True, lo=10, key=enough)


if __name__ == "__main__":
    print("\n".join(f"{claim} {part.name}: {part.rows} rows, {part.n} would do" for claim, part in too_small()))
