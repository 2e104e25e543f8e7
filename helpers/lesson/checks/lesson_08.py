"""Checks of lesson 08, Decide."""

import itertools
import math

import numpy as np

from helpers.lesson.exercises import NotYet, compare, exercise, number, plain, shown, tried
from helpers.results import comparisons, costs, quick_judge, ratings, registry, regret

TOLERANCE = 1e-9
NAMES = (("plain", "tuned"), ("LoRA", "LoRA, 600 messages"), ("prompt, best words", "prompt"))  # some hold others


def _numbers(found) -> np.ndarray:
    """Return what was handed back as an array, whatever kind of list or generator it is."""
    try:
        items = list(None if isinstance(found, str | dict) else found)
    except TypeError:
        raise NotYet(f"you return {shown(found)}; a list of numbers is asked for, one for each p-value") from None
    return np.array([number("in your list", item) for item in items])


@exercise(
    "08.1",
    "np.argsort gives the order; multiply the sorted values by m, m - 1, …, 1: np.arange(m, 0, -1).",
    "np.maximum.accumulate keeps the largest so far, np.minimum(…, 1) caps. Then put the values back: "
    "adjusted[order] = ….",
)
def check_holm(answer) -> str:
    """Random lists of p-values, ties and single ones among them, in no order."""
    rng = np.random.default_rng(88)
    cases = [[0.04], [0.01, 0.04, 0.03], [0.5, 0.5, 0.001], [1.0, 0.9], [0.02, 0.02, 0.02]]
    cases += [list(rng.random(int(n)) ** 3) for n in rng.integers(2, 12, size=30)]
    for p_values in cases:
        found = _numbers(tried(answer, p_values))
        wanted = comparisons.holm(p_values)
        if found.shape != wanted.shape:
            raise NotYet(f"for {len(p_values)} p-values you return {found.size} values; one each, in the order given")
        if not np.allclose(found, wanted, atol=TOLERANCE):
            raise NotYet(_holm_fault(np.array(p_values), found, wanted))
    return "smallest times m, next times m − 1, never falling, never above 1."


def _holm_fault(p_values: np.ndarray, found: np.ndarray, wanted: np.ndarray) -> str:
    case = f"for {', '.join(f'{value:.3g}' for value in p_values)}"
    if np.allclose(np.sort(found), np.sort(wanted)):
        return f"{case} the values are right, but not in the order in which the p-values came"
    if (found > 1 + TOLERANCE).any():
        return f"{case} you return {found.max():.3g}; no p-value is above 1"
    if np.allclose(found, np.minimum(1, p_values * len(p_values))):
        all_of_it = f"every p-value is multiplied by {len(p_values)}; that is Bonferroni's"
        return f"{case} {all_of_it}, and only the smallest needs it"
    order = np.argsort(p_values)
    if (np.diff(found[order]) < -TOLERANCE).any():
        return f"{case} a larger p-value ends up below a smaller one; carry the maximum along"
    right = ", ".join(f"{value:.6g}" for value in wanted)
    return f"{case} you return {', '.join(f'{v:.6g}' for v in found)}; {right} is right"


@exercise(
    "08.2",
    "Turn both columns into arrays; hits[labels == label].mean() is the accuracy on one label.",
    "Add up share / total × accuracy over the labels of the mix, with total = sum(mix.values()).",
)
def check_mix(answer) -> str:
    """Random hits in unequal groups, under random mixes that need not sum to one."""
    rng = np.random.default_rng(88)
    for _ in range(30):
        names = rng.permutation(["bill", "billing", "a bill"]).tolist()  # labels that hold one another
        labels = rng.choice(names, size=90, p=[0.6, 0.3, 0.1])
        labels[:3] = names
        hits = (rng.random(90) < np.where(labels == names[0], 0.9, 0.3)).astype(int)
        mix = dict(zip(names, rng.uniform(0.1, 5, size=3).tolist(), strict=True))
        if rng.random() < 0.5:
            mix.pop(str(rng.choice(list(mix))))
        case = f"for the mix {', '.join(f'{label} {share:.2f}' for label, share in mix.items())}"
        found = number(case, tried(answer, hits.tolist(), labels.tolist(), mix))
        total = sum(mix.values())
        wanted = sum(share / total * hits[labels == label].mean() for label, share in mix.items())
        if not math.isclose(found, wanted, abs_tol=1e-6):
            why = _mix_fault(found, hits, labels, mix, wanted)
            raise NotYet(f"{case} you return {found:.4f}; {wanted:.4f} is right. {why}")
    return "each label keeps its accuracy and gets its new weight."


def _mix_fault(found: float, hits: np.ndarray, labels: np.ndarray, mix: dict, wanted: float) -> str:
    if math.isclose(found, hits.mean()):
        return "That is the accuracy under the measured mix; the new shares play no part"
    if math.isclose(found, np.mean([hits[labels == label].mean() for label in mix])):
        return "Each label counts the same in your answer; weigh it by its share"
    if math.isclose(found, wanted * sum(mix.values())):
        return "The shares need not sum to one; divide by their sum"
    return "Each label's accuracy counts by its share"


@exercise(
    "08.3",
    "Special answers: nothing to pay back and nothing lost gives 0; no saving, or a loss, gives None.",
    "Else round up: math.ceil(fixed / (old - new)), with each figure turned into Fraction(str(figure)) first.",
)
def check_break_even(answer) -> str:
    """The article's figures, equal, dearer, free, figures that binary fractions spoil, and random ones."""
    rng = np.random.default_rng(88)
    cases = [(500, 0.02, 0.005), (500, 0.02, 0.02), (500, 0.005, 0.02), (0, 0.02, 0.02), (0, 0.02, 0.01)]
    cases += [(0, 0.01, 0.02), (1, 0.3, 0.1), (1, 0.3, 0.2), (1, 0.6, 0.4), (7, 0.8, 0.1), (300, 1e-05, 9.9e-06)]
    cases += [(0.07, 0.01, 0.0), (1.11, 0.01, 0.0)]
    cases += [(int(f), o / 1000, n / 1000) for f, o, n in rng.integers(1, 900, size=(60, 3)).tolist()]
    for fixed, old, new in cases:
        wanted = costs.requests_needed(fixed, old, new)
        advice = "It is never paid back" if wanted is None else ""
        compare(
            f"fixed {fixed}, old {old}, new {new}",
            tried(answer, fixed, old, new, none_is_an_answer=True),
            wanted,
            advice,
        )
    return "rounded up, exact, and None where nothing is saved."


@exercise(
    "08.4",
    "lead = max(shares); then collect the positions i with p_values[i] >= 0.05 or lead - shares[i] < 0.03.",
    "min(tied, key=lambda i: (costs[i], -shares[i])) takes the cheapest, and at equal cost the higher share.",
)
def check_choose(answer) -> str:
    """A leader alone, ties by p-value and by size, free methods, unknown costs, equal costs, equal shares."""
    rng = np.random.default_rng(88)
    inf = math.inf
    cases = [
        ([0.8], [1.0], [3.0]),
        ([0.70, 0.80], [0.001, 1.0], [0.0, 9.0]),
        ([0.79, 0.80], [0.001, 1.0], [0.0, 9.0]),
        ([0.60, 0.80], [0.05, 1.0], [1.0, 9.0]),
        ([0.80, 0.80], [1.0, 1.0], [2.0, 1.0]),
        ([0.03, 0.06], [0.001, 1.0], [1.0, 2.0]),  # behind by 0.03, and not by less
        ([0.80, 0.775], [1.0, 0.001], [2.0, 1.0]),
        ([0.472, 0.50], [0.001, 1.0], [1.0, 2.0]),
        ([0.75, 0.80, 0.78], [0.4, 1.0, 0.6], [1.0, 1.0, 1.0]),
        ([0.75, 0.80, 0.78], [0.4, 1.0, 0.6], [inf, inf, 5.0]),
    ]
    for _ in range(60):
        k = int(rng.integers(2, 7))
        shares = (0.5 + rng.permutation(40)[:k] * 0.0073).tolist()
        p_values = np.where(rng.random(k) < 0.5, rng.random(k) * 0.049, 0.05 + rng.random(k) * 0.9)
        p_values[int(np.argmax(shares))] = 1.0
        dollars = rng.choice([0.0, 0.01, 0.2, 3.0], size=k).tolist()
        cases.append((shares, p_values.tolist(), dollars))
    for shares, p_values, dollars in cases:
        wanted = regret.cheapest_tie(shares, p_values, dollars)
        found = plain(tried(answer, shares, p_values, dollars))
        compare(_case(shares, p_values, dollars), found, wanted, _advice(found, wanted, shares, p_values, dollars))
    return "the cheapest of the leader and its ties."


def _case(shares: list, p_values: list, dollars: list) -> str:
    columns = (("shares", shares), ("p-values", p_values), ("costs", dollars))
    return "; ".join(f"{name} {', '.join(f'{value:.3g}' for value in values)}" for name, values in columns)


def _advice(found, wanted: int, shares: list, p_values: list, dollars: list) -> str:
    if not isinstance(found, int) or found not in range(len(shares)):
        return "A position is asked for: 0 is the first method"
    if p_values[found] < 0.05 and max(shares) - shares[found] >= 0.03:
        return "That method is measurably behind, and by enough to matter"
    if dollars[found] > dollars[wanted]:
        return "A method that ties with the leader is cheaper"
    return "At equal cost the higher share counts" if dollars[found] == dollars[wanted] else ""


@exercise(
    "08.5",
    "rating[rating['choice']] is the name of the method that was preferred, whichever side it stood on.",
    "Collect these names for the ratings whose choice is not 'neither', and count those that equal method; "
    "with no such rating return None.",
)
def check_win_share(answer) -> str:
    """Blind ratings on changing sides, names that hold one another, and ratings without any preference."""
    rng = np.random.default_rng(88)
    polls: list[tuple[tuple[str, str], list[dict]]] = []
    for names, size in itertools.product(NAMES, (1, 2, 7, 40, 40)):
        poll = []
        for _ in range(size):
            left, right = rng.permutation(names).tolist()
            choice = str(rng.choice(["left", "right", "neither"], p=[0.5, 0.2, 0.3]))
            poll.append({"left": left, "right": right, "choice": choice})
        polls.append((names, poll))
    nobody = [{"left": "plain", "right": "tuned", "choice": "neither"}] * 3
    polls += [(NAMES[0], nobody), (NAMES[0], [])]
    for names, poll in polls:
        for method in names:
            wanted = ratings.win_share(poll, method)
            found = tried(answer, poll, method, none_is_an_answer=True)
            decided = sum(rating["choice"] != "neither" for rating in poll)
            if wanted is None:
                if found is not None:
                    raise NotYet(f"of {len(poll)} ratings none has a preference; then return None, and not {found!r}")
                continue
            if found is None:
                raise NotYet(f"of {len(poll)} ratings {decided} have a preference, and you return None")
            case = f"of {len(poll)} ratings {decided} have a preference, {wanted * decided:.0f} of these for {method!r}"
            compare(case, found, wanted, "Leave out ratings without a preference, and count whole names")
    return "wins are counted by method, not by side."


@exercise(
    "08.6",
    "Bring the terms with t to one side: share + wrong_as_wrong - 1 = t · (right_as_right + wrong_as_wrong - 1).",
    "Divide, then cut: min(1, max(0, t)).",
)
def check_corrected(answer) -> str:
    """Judges of every skill, shares inside what they can say, and shares outside it."""
    rng = np.random.default_rng(88)
    cases = [(0.5, 0.9, 0.8), (0.05, 0.9, 0.8), (0.95, 0.8, 0.9), (0.3, 1.0, 1.0), (0.4, 0.4, 0.8), (0.2, 0.7, 0.8)]
    cases += [tuple(rng.uniform((0.0, 0.55, 0.5), 1.0).tolist()) for _ in range(60)]
    for share, right, wrong in cases:
        wanted = quick_judge.corrected(share, right, wrong)
        found = tried(answer, share, right, wrong)
        case = f"calls {share:.2f} right, right as right {right:.2f}, wrong as wrong {wrong:.2f}"
        outside = wanted in (0.0, 1.0) and not 0 <= number(case, found) <= 1
        compare(case, found, wanted, "A share lies between 0 and 1; cut it" if outside else "")
    return "minus the false alarms, over the skill."


@exercise(
    "08.7",
    "Walk along both lists with zip; go on only where the two differ.",
    "wealth *= 1 + stake if the old one was right, else wealth *= 1 - stake; begin with 1.",
)
def check_bet(answer) -> str:
    """Runs of one kind, mixed ones, no difference at all, and every stake from nothing to everything."""
    rng = np.random.default_rng(88)
    cases = [([], [], 0.5), ([1, 0, 1], [1, 0, 1], 0.5), ([1, 1], [0, 0], 0.5), ([0, 0], [1, 1], 0.5), ([1], [0], 1.0)]
    for _ in range(40):
        n = int(rng.integers(1, 30))
        old, new = (rng.integers(0, 2, size=n).tolist() for _ in range(2))
        cases.append((old, new, float(rng.choice([0.0, 0.1, 0.35, 0.8, 1.0]))))
    for old, new, stake in cases:
        wanted = registry.bet(old, new, stake)
        lost = sum(a > b for a, b in zip(old, new, strict=True))
        won = sum(a < b for a, b in zip(old, new, strict=True))
        case = f"only the old right {lost} times, only the new {won} times, stake {stake}"
        compare(case, tried(answer, old, new, stake), float(wanted), "Begin with 1, and multiply")
    return "money grows only if the new version keeps losing."
