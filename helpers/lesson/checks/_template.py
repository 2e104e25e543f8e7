"""Checks of lesson 99: a template; `python notebooks/build.py --new 10_my_lesson` copies it with the lesson."""

import numpy as np

from helpers.lesson.exercises import compare, exercise, tried


@exercise(
    "99.1",
    "zip(gold, predicted) pairs each right answer with what was predicted.",
    "Count the pairs whose two sides are equal, and divide by the number of pairs.",
)
def check_share_right(answer) -> str:
    """Compared with the definition on random labels that the lesson does not show."""
    rng = np.random.default_rng(0)
    for n in (3, 10, 40):
        gold, predicted = (rng.choice(["yes", "no"], n).tolist() for _ in range(2))
        wanted = float(np.mean([g == p for g, p in zip(gold, predicted, strict=True)]))
        compare(f"for {n} answers", tried(answer, gold, predicted), wanted, "Count those that are equal")
    return "every answer counts once."
