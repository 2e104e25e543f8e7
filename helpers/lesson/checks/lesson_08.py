"""Checks of lesson 08, Decide."""

import copy
import itertools
import math

import numpy as np

from helpers.lesson.exercises import NotYet, compare, exercise, tried
from helpers.results import comparisons, costs, decisions

TOLERANCE = 1e-9


@exercise(
    "08.1",
    "np.argsort gives the order; multiply the sorted values by m, m − 1, …, 1: np.arange(m, 0, -1).",
    "np.maximum.accumulate keeps the largest so far, np.minimum(…, 1) caps. Then put the values back: "
    "adjusted[order] = ….",
)
def check_holm(answer) -> str:
    """Random lists of p-values, ties and single ones among them, in no order."""
    rng = np.random.default_rng(88)
    cases = [[0.04], [0.01, 0.04, 0.03], [0.5, 0.5, 0.001], [1.0, 0.9], [0.02, 0.02, 0.02]]
    cases += [list(rng.random(int(n)) ** 3) for n in rng.integers(2, 12, size=30)]
    for p_values in cases:
        found = np.asarray(tried(answer, p_values), dtype=float)
        wanted = comparisons.holm(p_values)
        if found.shape != wanted.shape:
            raise NotYet(f"for {len(p_values)} p-values you return {found.size} values; one each, in the order given")
        if not np.allclose(found, wanted, atol=TOLERANCE):
            raise NotYet(_holm_fault(np.array(p_values), found, wanted))
    return "smallest times m, next times m − 1, never falling, never above 1."


def _holm_fault(p_values: np.ndarray, found: np.ndarray, wanted: np.ndarray) -> str:
    shown = ", ".join(f"{value:.3g}" for value in p_values)
    if np.allclose(np.sort(found), np.sort(wanted)):
        return f"for {shown} the values are right, but not in the order in which the p-values came"
    if (found > 1 + TOLERANCE).any():
        return f"for {shown} you return {found.max():.3g}; no p-value is above 1"
    if np.allclose(found, np.minimum(1, p_values * len(p_values))):
        return "every p-value is multiplied by m; that is Bonferroni's, and only the smallest needs all of it"
    order = np.argsort(p_values)
    if (np.diff(found[order]) < -TOLERANCE).any():
        return f"for {shown} a larger p-value ends up below a smaller one; carry the maximum along"
    right = ", ".join(f"{value:.3g}" for value in wanted)
    return f"for {shown} you return {', '.join(f'{v:.3g}' for v in found)}; {right} is right"


@exercise(
    "08.2",
    "Turn both columns into arrays; hits[labels == label].mean() is the accuracy on one label.",
    "Add up share / total × accuracy over the labels of the mix, with total = sum(mix.values()).",
)
def check_mix(answer) -> str:
    """Random hits in unequal groups, under random mixes that need not sum to one."""
    rng = np.random.default_rng(88)
    for _ in range(30):
        labels = rng.choice(["a", "b", "c"], size=90, p=[0.6, 0.3, 0.1])
        labels[:3] = ["a", "b", "c"]
        hits = (rng.random(90) < np.where(labels == "a", 0.9, 0.3)).astype(int)
        mix = dict(zip("abc", rng.uniform(0.1, 5, size=3).tolist(), strict=True))
        if rng.random() < 0.5:
            mix.pop(str(rng.choice(list(mix))))
        found = float(tried(answer, hits.tolist(), labels.tolist(), mix))
        total = sum(mix.values())
        wanted = sum(share / total * hits[labels == label].mean() for label, share in mix.items())
        if not math.isclose(found, wanted, abs_tol=1e-6):
            raise NotYet(_mix_fault(found, hits, labels, mix, wanted))
    return "each label keeps its accuracy and gets its new weight."


def _mix_fault(found: float, hits: np.ndarray, labels: np.ndarray, mix: dict, wanted: float) -> str:
    shown = ", ".join(f"{label} {share:.2f}" for label, share in mix.items())
    if math.isclose(found, hits.mean()):
        return "that is the accuracy under the measured mix; the new shares play no part"
    if math.isclose(found, np.mean([hits[labels == label].mean() for label in mix])):
        return "each label counts the same in your answer; weigh it by its share"
    if math.isclose(found, wanted * sum(mix.values())):
        return "the shares need not sum to one; divide by their sum"
    return f"for the mix {shown} you say {found:.4f}; {wanted:.4f} is right"


@exercise(
    "08.3",
    "Special answers: nothing to pay back and nothing lost gives 0; no saving, or a loss, gives None.",
    "Else round up: math.ceil(fixed / (old − new)), with each figure turned into Fraction(str(figure)) first.",
)
def check_break_even(answer) -> str:
    """The article's figures, equal, dearer, free, figures that binary fractions spoil, and random ones."""
    rng = np.random.default_rng(88)
    cases = [(500, 0.02, 0.005), (500, 0.02, 0.02), (500, 0.005, 0.02), (0, 0.02, 0.02), (0, 0.02, 0.01)]
    cases += [(0, 0.01, 0.02), (1, 0.3, 0.1), (1, 0.3, 0.2), (1, 0.6, 0.4), (7, 0.8, 0.1), (300, 1e-05, 9.9e-06)]
    cases += [(int(f), o / 1000, n / 1000) for f, o, n in rng.integers(1, 900, size=(60, 3)).tolist()]
    for fixed, old, new in cases:
        wanted = costs.requests_needed(fixed, old, new)
        advice = "It is never paid back" if wanted is None else ""
        compare(f"fixed {fixed}, old {old}, new {new}", answer(fixed, old, new), wanted, advice)
    return "rounded up, exact, and None where nothing is saved."


@exercise(
    "08.4",
    "Four ifs in the order of the text; each returns at once.",
    "Mind the edges: 50 labels are enough, exactly 0.20 is too much, exactly 0.10 is still close.",
)
def check_three_questions(answer) -> str:
    """All thresholds, from both sides, against C's rule in decisions."""
    gaps = (-0.1, 0.0, 0.01, 0.10, 0.11, 0.19, 0.20, 0.5)
    for labels, short, special in itertools.product((0, 49, 50, 51, 600), gaps, (False, True)):
        told = (False, False, False, special, True, labels, 0, 0)
        facts = decisions.Facts(*told, prompt_quality=0.0, target=max(short, 0.0))
        case = f"{labels} labels, {short:.2f} short, special={special}"
        compare(case, tried(answer, labels, short, special), decisions.three_questions(facts).approach)
    return "C's three questions, in their order."


@exercise(
    "08.5",
    "rating[rating['choice']] is the name of the method that was preferred, whichever side it stood on.",
    "Collect these names for the ratings whose choice is not 'neither'; then count. An empty list gives None.",
)
def check_win_share(answer) -> str:
    """Random blind ratings of two methods on changing sides, and some without any preference."""
    rng = np.random.default_rng(88)
    polls: list[list[dict]] = []
    for size in (1, 2, 7, 40, 40, 40):
        polls.append([])
        for _ in range(size):
            left, right = rng.permutation(["plain", "tuned"]).tolist()
            choice = str(rng.choice(["left", "right", "neither"], p=[0.5, 0.2, 0.3]))
            polls[-1].append({"left": left, "right": right, "choice": choice})
    polls.append([{"left": "plain", "right": "tuned", "choice": "neither"}] * 3)
    for ratings, method in itertools.product(polls, ("plain", "tuned")):
        preferred = [rating[rating["choice"]] for rating in ratings if rating["choice"] != "neither"]
        wins, count = preferred.count(method), len(preferred)
        case = f"of {len(ratings)} ratings {count} have a preference, {wins} of these for {method!r}"
        advice = "Leave out ratings without a preference" if count else "Where none has a preference there is no share"
        compare(case, answer(copy.deepcopy(ratings), method), wins / count if count else None, advice)
    return "wins are counted by method, not by side."
