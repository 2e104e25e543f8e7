"""Seconds of several ways to do the same, taken in turns so that a busy moment of the machine hits all of them."""

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from helpers import statistics
from helpers.statistics import Interval

WARM_UP = 2  # calls of each way that do not count


def taking_turns(ways: Mapping[str, Callable], inputs: Sequence, warm_up: int = WARM_UP) -> dict[str, np.ndarray]:
    """Return for each way its seconds for each input, (n,); the first inputs are done once before, to warm up.

    ways: name -> what is called with one input after the other; what it returns is dropped.

    >>> [len(values) for values in taking_turns({"sum": sum, "longest": max}, [[1, 2], [3]]).values()]
    [2, 2]
    """
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for given in [*inputs[:warm_up], *inputs]:
        for name, way in ways.items():
            started = time.perf_counter()
            way(given)
            taken[name].append(time.perf_counter() - started)
    return {name: np.array(seconds[len(inputs[:warm_up]) :]) for name, seconds in taken.items()}


def times_as_long(seconds: np.ndarray, base: np.ndarray) -> Interval:
    """Return the median of some seconds over that of others of the same inputs, with its interval.

    >>> print(times_as_long(np.array([2.0, 2.0, 2.0]), np.array([1.0, 1.0, 1.0])))
    2.000 [2.000, 2.000]
    """
    return statistics.ratio_interval(base, seconds, np.median)
