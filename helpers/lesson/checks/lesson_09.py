"""Checks of lesson 09, Your own task."""

import numpy as np

from helpers.lesson.exercises import NotYet, compare, exercise, plain, positions, tried
from helpers.methods.own import by_hand


@exercise(
    "09.1",
    "Collect the positions of each group first: members.setdefault(group, []).append(place).",
    "Then go through members.values(): take a group's positions if len(taken) + len(positions) <= room. Return sorted.",
)
def check_test_part(answer) -> str:
    """Random groups of one to five rows, mixed in order, with numbers that are not in order either."""
    rng = np.random.default_rng(99)
    cases = [([0, 1, 2, 3], 2), ([0, 0, 0, 1], 2), ([5, 1, 5, 1], 3), ([3, 3, 3], 2), ([0, 1], 0)]
    for _ in range(40):
        names = rng.permutation(30)[: int(rng.integers(2, 12))]
        groups = rng.permutation(np.repeat(names, rng.integers(1, 6, size=len(names)))).tolist()
        cases.append((groups, int(rng.integers(1, len(groups)))))
    for groups, room in cases:
        places = positions(tried(answer, groups, room))
        wanted = by_hand.test_part(groups, room)
        if places != wanted:
            raise NotYet(_fault(groups, room, places, wanted))
    return "no near copy of a test row is left to be learned."


def _fault(groups: list[int], room: int, places: list[int], wanted: list[int]) -> str:
    case = f"for the groups {groups} and room for {room}"
    if sorted(places) == wanted:
        return f"{case} the rows are right, but not in rising order"
    if len(places) != len(set(places)):
        return f"{case} you return a position twice"
    if not all(0 <= place < len(groups) for place in places):
        return f"{case} you return {places}; positions go from 0 to {len(groups) - 1}, and group numbers are none"
    if by_hand.with_copies(groups, places):
        return f"{case} you return {places}: a group stands on both sides"
    if len(places) > room:
        return f"{case} you return {len(places)} rows"
    taken: list[int] = []
    for group in dict.fromkeys(groups):
        own = [place for place, one in enumerate(groups) if one == group]
        if len(taken) + len(own) > room:
            break
        taken += own
    stopped = places == sorted(taken)
    advice = "Go on after a group that does not fit" if stopped else "Take the groups as they first appear"
    return f"{case} you return {places}; {wanted} is right. {advice}"


@exercise(
    "09.2",
    "What rungs need to begin is paid once: seconds - sum(begin) is left for texts.",
    "A text is paid on every rung, so divide by sum(each); int(…) rounds down, max(0, …) keeps it from going below 0.",
)
def check_affordable(answer) -> str:
    """Random costs; beginning alone too long; a single rung; figures that do not divide."""
    rng = np.random.default_rng(99)
    cases = [(100.0, [0.0], [8.0]), (10.0, [20.0], [1.0]), (60.0, [5.0, 5.0], [3.0, 4.5]), (30.0, [30.0], [0.5])]
    for _ in range(40):
        k = int(rng.integers(1, 6))
        begin, each = rng.uniform(0, 40, k).round(1).tolist(), rng.uniform(0.05, 3, k).round(2).tolist()
        cases.append((float(rng.integers(5, 600)) + 0.03, begin, each))
    for seconds, begin, each in cases:
        found = plain(tried(answer, seconds, begin, each))
        case = f"{seconds:g} seconds, beginning {begin}, each text {each}"
        if isinstance(found, float) and found.is_integer():
            found = int(found)
        wanted = by_hand.affordable(seconds, begin, each)
        if isinstance(found, int) and found < 0:
            raise NotYet(f"{case}: you return {found}; where beginning takes too long, no text can be asked: 0")
        compare(case, found, wanted, _advice(seconds, begin, each, found, wanted))
    return "beginning is paid once, and each text on every rung."


def _advice(seconds: float, begin: list[float], each: list[float], found, wanted: int) -> str:
    """What is likely to be wrong with an answer: the beginning is not paid, no whole number, or not all rungs pay."""
    if not isinstance(found, int | float):
        return "Return one number"
    if sum(begin) and abs(found - seconds / sum(each)) < 1:
        return "Pay the beginning first"
    if not isinstance(found, int) or found == wanted + 1:
        return "Round down to a whole number"
    return (
        "The rungs share the seconds, one after the other: take off once what all of them need to begin, and divide "
        "what is left by what a text costs on all of them"
    )
