"""Small parts of an own task written out, for readers who write them too: a split by groups, and what minutes buy."""

from collections.abc import Sequence


def test_part(groups: Sequence[int], room: int) -> list[int]:
    """Return positions of rows for a test part of at most `room`: whole groups, in the order of their first rows.

    >>> test_part([0, 1, 0, 2], 2), test_part([0, 0, 0, 1], 2)
    ([0, 2], [3])
    """
    members: dict[int, list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    taken: list[int] = []
    for places in members.values():
        if len(taken) + len(places) <= room:
            taken += places
    return sorted(taken)


def with_copies(groups: Sequence[int], tested: Sequence[int]) -> int:
    """Return how many rows of a test part have a near copy, a row of the same group, outside of it.

    >>> with_copies([0, 0, 1], [1, 2])
    1
    """
    inside = set(tested)
    outside = {group for place, group in enumerate(groups) if place not in inside}
    return sum(groups[place] in outside for place in inside)


def affordable(seconds: float, begin: Sequence[float], each: Sequence[float]) -> int:
    """Return how many texts all rungs can be asked: the seconds, minus what they need to begin, over what a text costs.

    >>> affordable(100, [10, 20], [1.0, 2.5]), affordable(10, [20], [1.0])
    (20, 0)
    """
    return max(0, int((seconds - sum(begin)) / sum(each)))
