"""Sentences about a result that the result itself chooses, so that prose cannot contradict the numbers above it."""

from collections.abc import Mapping

from helpers.statistics import Comparison, Interval, decide
from helpers.statistics.decisions import ABOVE, BELOW, OPEN


def said(
    found: Interval | Comparison,
    *,
    above: str,
    below: str,
    unclear: str,
    equal: str = "",
    limit: float = 0.0,
    p_value: float | None = None,
) -> str:
    """Return the sentence that fits: what was found lies above a limit, below it, or cannot be told from it.

    A Comparison is above or below only where its interval and its exact test agree, as in its own verdict. `equal` is
    for a difference too small to matter; without it `unclear` is said. `p_value`: of a test that goes with an Interval,
    such as a rank test; it must agree too. {found} in a sentence becomes the figure with
    its interval.

    >>> gain = Interval(0.31, 0.22, 0.40)
    >>> said(gain, above="Retrieval helps: {found}.", below="It hurts: {found}.", unclear="Too close to call: {found}.")
    'Retrieval helps: 0.310 [0.220, 0.400].'
    """
    paired = isinstance(found, Comparison)
    figure = found.difference if paired else found
    where = decide(figure, found.p_value if paired else p_value, limit)
    sentence = {ABOVE: above, BELOW: below, OPEN: unclear}.get(where, equal or unclear)
    return sentence.replace("{found}", str(figure))


def said_of_each(found: Mapping[str, Interval | Comparison], **sentences: str) -> str:
    """Return a line for each finding: its name, and the sentence that fits; sentences as for `said`.

    >>> said_of_each({"a:": Interval(0.31, 0.22, 0.40)}, above="more", below="less", unclear="open")
    'a: more'
    """
    return "\n".join(f"{name} {said(one, **sentences)}" for name, one in found.items())
