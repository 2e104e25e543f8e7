"""What the checks of lesson 08 must refuse: plausible wrong answers, and cheats."""

import math
from fractions import Fraction

import numpy as np

from helpers.results import comparisons, costs, quick_judge, ratings, registry, regret


def _ceil(fixed, old, new):
    return None if new >= old else math.ceil(fixed / (old - new))


def _always_exact_but_floor(fixed, old, new):
    fixed, old, new = (Fraction(str(value)) for value in (fixed, old, new))
    return None if new >= old and fixed else 0 if not fixed and new <= old else int(fixed / (old - new))


def _exact_saving(fixed, old, new, kind):
    saved = Fraction(str(old)) - Fraction(str(new))
    return (
        0
        if not fixed and saved >= 0
        else math.ceil(kind(fixed) / (float(saved) if kind is float else saved))
        if saved > 0
        else None
    )


def _mixed(hits, labels, mix, same):
    total = sum(mix.values())
    return sum(
        share / total * np.mean([h for h, x in zip(hits, labels, strict=True) if same(x, label)])
        for label, share in mix.items()
    )


def _preferred(ratings):
    return [rating[rating["choice"]] for rating in ratings if rating["choice"] != "neither"]


def _share(count, ratings):
    decided = len(_preferred(ratings))
    return count / decided if decided else None


def _tied(shares, p_values, least=0.05, worth=0.03):
    return [i for i in range(len(shares)) if p_values[i] >= least or max(shares) - shares[i] < worth]


WRONG = {
    "08.1": {
        "Bonferroni": lambda p_values: np.minimum(1, np.asarray(p_values) * len(p_values)),
        "returns them sorted": lambda p_values: np.sort(comparisons.holm(p_values)),
        "no running maximum": lambda p_values: np.minimum(
            1, np.asarray(p_values) * (len(p_values) - np.argsort(np.argsort(p_values)))
        ),
        "not capped": lambda p_values: [
            value if value < 1 else len(p_values) for value in comparisons.holm(p_values).tolist()
        ],
    },
    "08.2": {
        "every label the same": lambda hits, labels, mix: float(
            np.mean([np.mean([h for h, x in zip(hits, labels, strict=True) if x == label]) for label in mix])
        ),
        "shares not scaled": lambda hits, labels, mix: sum(
            share * np.mean([h for h, x in zip(hits, labels, strict=True) if x == label])
            for label, share in mix.items()
        ),
        "a label within a label": lambda hits, labels, mix: _mixed(hits, labels, mix, lambda x, label: label in x),
        "labels that begin alike": lambda hits, labels, mix: _mixed(
            hits, labels, mix, lambda x, label: x.startswith(label)
        ),
    },
    "08.3": {
        "binary fractions": lambda fixed, old, new: 0 if not fixed and new <= old else _ceil(fixed, old, new),
        "only what is saved is exact": lambda fixed, old, new: _exact_saving(fixed, old, new, float),
        "what is paid is a binary fraction": lambda fixed, old, new: _exact_saving(fixed, old, new, Fraction),
        "rounds down": _always_exact_but_floor,
        "False for nothing": lambda fixed, old, new: costs.requests_needed(fixed, old, new) or False,
        "the article's formula": costs.article_formula,
    },
    "08.4": {
        "the highest estimate": regret.highest,
        "the cheapest of all": lambda shares, p_values, dollars: min(
            range(len(shares)), key=lambda i: (dollars[i], -shares[i])
        ),
        "ties by p-value alone": lambda shares, p_values, dollars: min(
            _tied(shares, p_values, worth=0.0), key=lambda i: (dollars[i], -shares[i])
        ),
        "ties by size alone": lambda shares, p_values, dollars: min(
            _tied(shares, p_values, least=1.0), key=lambda i: (dollars[i], -shares[i])
        ),
        "behind by 0.03 or less": lambda shares, p_values, dollars: min(
            _tied(shares, p_values, worth=0.03 + 1e-12), key=lambda i: (dollars[i], -shares[i])
        ),
        "behind by less than 0.02": lambda shares, p_values, dollars: min(
            _tied(shares, p_values, worth=0.02), key=lambda i: (dollars[i], -shares[i])
        ),
        "behind by less than 3 % of the leader": lambda shares, p_values, dollars: min(
            _tied(shares, p_values, worth=0.03 * max(shares)), key=lambda i: (dollars[i], -shares[i])
        ),
        "the first at equal cost": lambda shares, p_values, dollars: min(
            _tied(shares, p_values), key=lambda i: dollars[i]
        ),
        "a share and not a position": lambda shares, p_values, dollars: shares[
            regret.cheapest_tie(shares, p_values, dollars)
        ],
    },
    "08.5": {
        "counts the left": lambda ratings, method: (
            sum(r["choice"] == "left" for r in ratings) / max(1, sum(r["choice"] != "neither" for r in ratings))
        ),
        "undecided in the denominator": lambda ratings, method: (
            sum(r["choice"] != "neither" and r[r["choice"]] == method for r in ratings) / max(1, len(ratings))
        ),
        "a name within a name": lambda ratings, method: _share(
            sum(method in name for name in _preferred(ratings)), ratings
        ),
        "0 where nobody prefers": lambda answers, method: ratings.win_share(answers, method) or 0.0,
        "nan where nobody prefers": lambda answers, method: (
            math.nan if not _preferred(answers) else ratings.win_share(answers, method)
        ),
        "None for no win": lambda answers, method: ratings.win_share(answers, method) or None,
    },
    "08.6": {
        "not cut": lambda share, right, wrong: (share + wrong - 1) / (right + wrong - 1),
        "the rates exchanged": lambda share, right, wrong: quick_judge.corrected(share, wrong, right),
        "false alarms alone": lambda share, right, wrong: min(1.0, max(0.0, share - (1 - wrong))),
        "divides by what it finds": lambda share, right, wrong: min(1.0, share / right),
    },
    "08.7": {
        "the other way round": lambda old, new, stake: registry.bet(new, old, stake),
        "adds": lambda old, new, stake: 1 + stake * sum(a - b for a, b in zip(old, new, strict=True)),
        "counts where both are wrong": lambda old, new, stake: float(
            np.prod([1 + stake if a >= b else 1 - stake for a, b in zip(old, new, strict=True)])
        ),
        "forgets its losses": lambda old, new, stake: (1 + stake) ** sum(a > b for a, b in zip(old, new, strict=True)),
    },
}
CHEATS = {
    "08.1": {"as they came": lambda p_values: p_values, "never significant": lambda p_values: [1.0] * len(p_values)},
    "08.2": {
        "as measured": lambda hits, labels, mix: float(np.mean(hits)),
        "always right": lambda hits, labels, mix: 1.0,
    },
    "08.3": {"the printed figure": lambda fixed, old, new: 33_334, "never": lambda fixed, old, new: "never"},
    "08.4": {"the first": lambda *_: 0, "the last": lambda shares, *_: len(shares) - 1},
    "08.5": {"one half": lambda ratings, method: 0.5, "all": lambda ratings, method: 1.0},
    "08.6": {"as the judge says": lambda share, right, wrong: share, "one half": lambda *_: 0.5},
    "08.7": {"nothing happens": lambda *_: 1.0, "rich": lambda *_: 20.0},
}
