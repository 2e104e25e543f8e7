"""Checks of lesson 99: a template; `python notebooks/build.py --new 09_your_task` copies it with the lesson."""

import numpy as np

from helpers.lesson.exercises import Exercise, NotYet, collect, returned


def check_share_right(answer) -> str:
    """Compared with the definition on random labels that the lesson does not show."""
    rng = np.random.default_rng(0)
    for n in (3, 10, 40):
        gold, predicted = (rng.choice(["yes", "no"], n).tolist() for _ in range(2))
        wanted = float(np.mean([g == p for g, p in zip(gold, predicted, strict=True)]))
        found = float(returned(answer(gold, predicted)))
        if abs(found - wanted) > 1e-9:
            raise NotYet(f"for {n} answers your function says {found:.3f}, and {wanted:.3f} of them are right")
    return "every answer counts once."


EXERCISES = collect(
    Exercise(
        "99.1",
        check_share_right,
        hints=(
            "zip(gold, predicted) pairs each right answer with what was predicted.",
            "Count the pairs whose two sides are equal, and divide by the number of pairs.",
        ),
        wrong={"the share that is wrong": lambda gold, predicted: np.mean(np.array(gold) != predicted)},
        cheats={"a number for any answers": lambda gold, predicted: 0.5},
    ),
)
