"""The course's pictures. Each returns nothing, shows a figure with alternative text, and says it once more in words.

One module a subject; what any lesson may draw stands in basics. Numbers come in; nothing is measured here.
"""

from helpers.lesson.plots.basics import (
    at_temperature,
    curves,
    interval_against_n,
    methods,
    new_figure,
    next_tokens,
    outcomes,
    png,
    show,
    spread,
    temperatures,
    visible,
)
from helpers.lesson.plots.tables import confusion, counts

__all__ = [
    "at_temperature",
    "confusion",
    "counts",
    "curves",
    "interval_against_n",
    "methods",
    "new_figure",
    "next_tokens",
    "outcomes",
    "png",
    "show",
    "spread",
    "temperatures",
    "visible",
]
