"""Right answers to the exercises of lesson 08 in other shapes than the course's: every check must take them."""

import functools
import math
from collections import Counter
from decimal import Decimal
from fractions import Fraction

import numpy as np

from helpers.results import comparisons, costs, regret


def _holm_by_loop(p_values):
    m, adjusted, worst = len(p_values), {}, 0.0
    for rank, place in enumerate(sorted(range(m), key=lambda i: p_values[i])):
        worst = max(worst, (m - rank) * p_values[place])
        adjusted[place] = min(1.0, worst)
    return [adjusted[i] for i in range(m)]


def _mix_by_counting(hits, labels, mix):
    right, all_ = Counter(), Counter()
    for hit, label in zip(hits, labels, strict=True):
        right[label] += hit
        all_[label] += 1
    return sum(share * right[label] / all_[label] for label, share in mix.items()) / sum(mix.values())


def _mix_by_weights(hits, labels, mix):
    weights = [mix.get(label, 0) / list(labels).count(label) for label in labels]
    return np.average(hits, weights=weights)


def _mix_by_table(hits, labels, mix):
    table = {label: [hit for hit, own in zip(hits, labels, strict=True) if own == label] for label in mix}
    return np.array([np.mean(table[label]) for label in mix]) @ np.array(list(mix.values())) / sum(mix.values())


def _decimal(fixed, old, new):
    fixed, old, new = (Decimal(str(value)) for value in (fixed, old, new))
    if new >= old:
        return 0 if fixed == 0 and new == old else None
    return math.ceil(Fraction(fixed) / Fraction(old - new))


def _mills(fixed, old, new):
    fixed, old, new = (round(value * 10**9) for value in (fixed, old, new))
    if fixed == 0 and new <= old:
        return 0
    return None if new >= old else -(-fixed // (old - new))


def _choose_by_loop(shares, p_values, dollars):
    lead, best = max(shares), None
    for i, (share, p, cost) in enumerate(zip(shares, p_values, dollars, strict=True)):
        if p < 0.05 and lead - share >= 0.03:
            continue
        if best is None or cost < dollars[best] or (cost == dollars[best] and share > shares[best]):
            best = i
    return best


def _choose_by_arrays(shares, p_values, dollars):
    shares, p_values, dollars = map(np.asarray, (shares, p_values, dollars))
    tied = (p_values >= 0.05) | (shares.max() - shares < 0.03)
    order = np.lexsort((-shares, np.where(tied, dollars, np.inf), ~tied))
    return order[0]


def _choose_by_sorting(shares, p_values, dollars):
    lead = max(shares)
    rows = sorted((c, -s, i) for i, (s, p, c) in enumerate(zip(shares, p_values, dollars, strict=True))
                  if p >= 0.05 or lead - s < 0.03)  # fmt: skip
    return np.int64(rows[0][-1])


def _wins_by_loop(ratings, method):
    won = decided = 0
    for rating in ratings:
        if rating["choice"] in ("left", "right"):
            decided += 1
            won += rating[rating["choice"]] == method
    return None if decided == 0 else won / decided


def _wins_by_sides(ratings, method):
    some = [r for r in ratings if r["choice"] != "neither"]
    wins = [any(r[side] == method and r["choice"] == side for side in ("left", "right")) for r in some]
    return np.mean(wins) if wins else None


def _wins_by_counter(ratings, method):
    counts = Counter(r[r["choice"]] for r in ratings if r["choice"] != "neither")
    return Fraction(counts[method], counts.total()) if counts else None


def _wins_by_table(ratings, method):
    names = np.array([r[r["choice"]] for r in ratings if r["choice"] != "neither"], dtype=object)
    return float((names == method).mean()) if len(names) else None


def _cut(t):
    return 0.0 if t < 0 else 1.0 if t > 1 else t


WON = {"loop": _wins_by_loop, "sides": _wins_by_sides, "counter": _wins_by_counter, "table": _wins_by_table}
RIGHT = {
    "08.1": {
        "loop": _holm_by_loop,
        "array": comparisons.holm,
        "tuple": lambda p_values: tuple(_holm_by_loop(p_values)),
        "generator": lambda p_values: (value for value in _holm_by_loop(p_values)),
        "numpy numbers": lambda p_values: [np.float64(value) for value in _holm_by_loop(p_values)],
    },
    "08.2": {
        "counting": _mix_by_counting,
        "weights": _mix_by_weights,
        "table": _mix_by_table,
        "float": comparisons.accuracy_under,
        "numpy number": lambda hits, labels, mix: np.float32(_mix_by_counting(hits, labels, mix)),
    },
    "08.3": {
        "decimal": _decimal,
        "whole numbers": _mills,
        "the course's": costs.requests_needed,
        "numpy integer": lambda *case: None if (n := _decimal(*case)) is None else np.int64(n),
        "float": lambda *case: None if (n := _decimal(*case)) is None else float(n),
    },
    "08.4": {
        "loop": _choose_by_loop,
        "arrays": _choose_by_arrays,
        "sorting": _choose_by_sorting,
        "the course's": regret.cheapest_tie,
        "a float": lambda *columns: float(_choose_by_loop(*columns)),
        "an array without axes": lambda *columns: np.array(_choose_by_loop(*columns)),
        "named arguments": lambda shares, p_values, costs: _choose_by_loop(shares, p_values, costs),
    },
    "08.5": {
        **WON,
        "zero-dimensional array": lambda ratings, method: (
            None if (share := _wins_by_loop(ratings, method)) is None else np.array(share)
        ),
    },
    "08.6": {
        "clip": lambda share, right, wrong: np.clip((share - 1 + wrong) / (right - 1 + wrong), 0, 1),
        "by hand": lambda share, right, wrong: _cut((share - (1 - wrong)) / (right - (1 - wrong))),
        "sorted": lambda share, right, wrong: sorted((0, (share + wrong - 1) / (right + wrong - 1), 1))[1],
        "fractions": lambda *rates: _cut(
            (Fraction(rates[0]) + Fraction(rates[2]) - 1) / (Fraction(rates[1]) + Fraction(rates[2]) - 1)
        ),
        "linear equations": lambda share, right, wrong: float(
            np.clip(np.linalg.solve([[right, 1 - wrong], [1, 1]], [share, 1])[0], 0, 1)
        ),
    },
    "08.7": {
        "powers": lambda old, new, stake: (
            (1 + stake) ** sum(a > b for a, b in zip(old, new, strict=True))
            * (1 - stake) ** sum(a < b for a, b in zip(old, new, strict=True))
        ),
        "product": lambda old, new, stake: math.prod(1 + stake * (a - b) for a, b in zip(old, new, strict=True)),
        "array": lambda old, new, stake: np.prod(1 + stake * (np.array(old, float) - np.array(new, float))),
        "reduce": lambda old, new, stake: functools.reduce(
            lambda wealth, pair: wealth * (1 + stake * (pair[0] - pair[1])), zip(old, new, strict=True), 1.0
        ),
        "running product": lambda old, new, stake: [
            1.0,
            *np.cumprod(1 + stake * (np.array(old, float) - np.array(new, float))),
        ][-1],
    },
}
