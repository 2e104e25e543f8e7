"""Right answers to the exercises of lesson 09 in other shapes than the course's: every check must take them."""

import math
from fractions import Fraction

import numpy as np


def _by_array(groups, room):
    groups = np.asarray(groups)
    taken = np.zeros(len(groups), dtype=bool)
    for group in dict.fromkeys(groups.tolist()):
        here = groups == group
        if taken.sum() + here.sum() <= room:
            taken |= here
    return np.flatnonzero(taken)


def _by_counting(groups, room):
    kept = set()
    for group in dict.fromkeys(groups):
        if groups.count(group) <= room:
            room -= groups.count(group)
            kept.add(group)
    return (place for place, group in enumerate(groups) if group in kept)


def _by_loop(seconds, begin, each):
    left = seconds
    for one in begin:
        left -= one
    return 0 if left < 0 else math.floor(left / sum(each))


RIGHT = {
    "09.1": {
        "by array": _by_array,
        "by counting": _by_counting,
        "a tuple": lambda *given: tuple(_by_counting(*given)),
        "keys": lambda *given: dict.fromkeys(_by_counting(*given)).keys(),
    },
    "09.2": {
        "by loop": _by_loop,
        "whole division": lambda seconds, begin, each: max(0, (seconds - sum(begin)) // sum(each)),
        "a fraction": lambda *costs: Fraction(_by_loop(*costs)),
        "an array of one": lambda *costs: np.array([_by_loop(*costs)]),
        "single precision": lambda *costs: np.float32(_by_loop(*costs)),
        "by numpy": lambda s, begin, each: np.maximum(0, np.floor((s - np.sum(begin)) / np.sum(each))).astype(int),
    },
}
