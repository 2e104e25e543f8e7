"""What the checks of lesson 08 must refuse: plausible wrong answers, and cheats."""

import math
from fractions import Fraction

import numpy as np

from helpers.results import comparisons, costs


def _ceil(fixed, old, new):
    return None if new >= old else math.ceil(fixed / (old - new))


def _always_exact_but_floor(fixed, old, new):
    fixed, old, new = (Fraction(str(value)) for value in (fixed, old, new))
    return None if new >= old and fixed else 0 if not fixed and new <= old else int(fixed / (old - new))


WRONG = {
    "08.1": {
        "Bonferroni": lambda p_values: np.minimum(1, np.asarray(p_values) * len(p_values)),
        "returns them sorted": lambda p_values: np.sort(comparisons.holm(p_values)),
        "no running maximum": lambda p_values: np.minimum(
            1, np.asarray(p_values) * (len(p_values) - np.argsort(np.argsort(p_values)))
        ),
    },
    "08.2": {
        "every label the same": lambda hits, labels, mix: float(
            np.mean([np.mean([h for h, x in zip(hits, labels, strict=True) if x == label]) for label in mix])
        ),
        "shares not scaled": lambda hits, labels, mix: sum(
            share * np.mean([h for h, x in zip(hits, labels, strict=True) if x == label])
            for label, share in mix.items()
        ),
    },
    "08.3": {
        "binary fractions": lambda fixed, old, new: 0 if not fixed and new <= old else _ceil(fixed, old, new),
        "rounds down": _always_exact_but_floor,
        "False for nothing": lambda fixed, old, new: costs.requests_needed(fixed, old, new) or False,
        "the article's formula": costs.article_formula,
    },
    "08.4": {
        "asks for the gap first": lambda labels, short, special: (
            "none of these"
            if short >= 0.20
            else "prompt"
            if labels < 50 or short <= 0 or (short > 0.10 and not special)
            else "tune"
        ),
        "edges the other way": lambda labels, short, special: (
            "prompt"
            if labels <= 50 or short <= 0
            else "none of these"
            if short > 0.20
            else "tune"
            if short < 0.10 or special
            else "prompt"
        ),
    },
    "08.5": {
        "counts the left": lambda ratings, method: (
            sum(r["choice"] == "left" for r in ratings) / max(1, sum(r["choice"] != "neither" for r in ratings))
        ),
        "undecided in the denominator": lambda ratings, method: (
            sum(r["choice"] != "neither" and r[r["choice"]] == method for r in ratings) / len(ratings)
        ),
    },
}
CHEATS = {
    "08.1": {"as they came": lambda p_values: p_values, "never significant": lambda p_values: [1.0] * len(p_values)},
    "08.2": {"as measured": lambda hits, labels, mix: float(np.mean(hits))},
    "08.3": {"the printed figure": lambda fixed, old, new: 33_334},
    "08.4": {"always tune": lambda labels, short, special: "tune"},
    "08.5": {"one half": lambda ratings, method: 0.5},
}
