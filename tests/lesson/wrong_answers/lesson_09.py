"""What the checks of lesson 09 must refuse: plausible wrong answers, and cheats."""

import math

from helpers.methods.own import by_hand


def _stops_at_the_first_that_does_not_fit(groups, room):
    taken = []
    for group in dict.fromkeys(groups):
        places = [i for i, one in enumerate(groups) if one == group]
        if len(taken) + len(places) > room:
            break
        taken += places
    return sorted(taken)


def _smallest_first(groups, room):
    taken = []
    for group in sorted(set(groups), key=lambda one: (list(groups).count(one), list(groups).index(one))):
        places = [i for i, one in enumerate(groups) if one == group]
        if len(taken) + len(places) <= room:
            taken += places
    return sorted(taken)


WRONG = {
    "09.1": {
        "takes rows as they come": lambda groups, room: list(range(room)),
        "takes the last rows": lambda groups, room: list(range(len(groups) - room, len(groups))),
        "stops at the first group that does not fit": _stops_at_the_first_that_does_not_fit,
        "smallest groups first": _smallest_first,
        "one row of each group": lambda groups, room: sorted(map(groups.index, dict.fromkeys(groups)))[:room],
        "group numbers instead of positions": lambda groups, room: sorted(
            groups[i] for i in by_hand.test_part(groups, room)
        ),
        "one row too many": lambda groups, room: by_hand.test_part(groups, room + 1),
    },
    "09.2": {
        "pays the beginning for each text": lambda seconds, begin, each: int(seconds / (sum(begin) + sum(each))),
        "forgets the beginning": lambda seconds, begin, each: int(seconds / sum(each)),
        "rounds up": lambda seconds, begin, each: max(0, math.ceil((seconds - sum(begin)) / sum(each))),
        "below zero": lambda seconds, begin, each: math.floor((seconds - sum(begin)) / sum(each)),
        "no whole number": lambda seconds, begin, each: max(0.0, (seconds - sum(begin)) / sum(each)),
        "the dearest rung alone": lambda seconds, begin, each: max(0, int((seconds - sum(begin)) / max(each))),
        "the mean of the rungs": lambda seconds, begin, each: max(
            0, int((seconds - sum(begin)) / (sum(each) / len(each)))
        ),
    },
}
CHEATS = {
    "09.1": {"nothing to test": lambda groups, room: []},
    "09.2": {"always nothing": lambda seconds, begin, each: 0},
}
