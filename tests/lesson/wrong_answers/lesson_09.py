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


def _by_number(groups, room, key=None):
    taken = []
    for group in sorted(dict.fromkeys(groups), key=key):
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
        "a group only if it fits with one to spare": lambda groups, room: by_hand.test_part(groups, room - 1),
        "in the order taken": lambda groups, room: [
            i for group in dict.fromkeys(groups) for i in by_hand.test_part(groups, room) if groups[i] == group
        ],
        "groups by their number": lambda groups, room: _by_number(groups, room),
        "the rows that are learned": lambda groups, room: sorted(
            {*range(len(groups))} - {*by_hand.test_part(groups, room)}
        ),
        "counted from 1": lambda groups, room: [i + 1 for i in by_hand.test_part(groups, room)],
        "largest groups first": lambda groups, room: _by_number(groups, room, key=lambda one: -list(groups).count(one)),
        "which and not where": lambda groups, room: [i in by_hand.test_part(groups, room) for i in range(len(groups))],
        "one row too many": lambda groups, room: by_hand.test_part(groups, room + 1),
    },
    "09.2": {
        "pays the beginning for each text": lambda seconds, begin, each: int(seconds / (sum(begin) + sum(each))),
        "the first beginning alone": lambda seconds, begin, each: max(0, int((seconds - begin[0]) / sum(each))),
        "the slowest beginning": lambda seconds, begin, each: max(0, int((seconds - max(begin)) / sum(each))),
        "each rung by itself": lambda seconds, begin, each: max(
            0, min(int((seconds - b) / e) for b, e in zip(begin, each, strict=True))
        ),
        "shares of the time": lambda seconds, begin, each: max(
            0, min(int((seconds / len(each) - b) / e) for b, e in zip(begin, each, strict=True))
        ),
        "all texts of all rungs": lambda seconds, begin, each: (
            len(each) * max(0, int((seconds - sum(begin)) / sum(each)))
        ),
        "to the nearest": lambda seconds, begin, each: max(0, round((seconds - sum(begin)) / sum(each))),
        "one at least": lambda seconds, begin, each: max(1, int((seconds - sum(begin)) / sum(each))),
        "the size, below zero too": lambda seconds, begin, each: int(abs(seconds - sum(begin)) / sum(each)),
        "a text": lambda seconds, begin, each: str(max(0, int((seconds - sum(begin)) / sum(each)))),
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
    "09.1": {"nothing to test": lambda groups, room: [], "all to test": lambda groups, room: range(len(groups))},
    "09.2": {"always nothing": lambda seconds, begin, each: 0},
}
