"""What the checks of lesson 05 must refuse: plausible wrong answers, and cheats."""

import math

from helpers.lesson.checks.lesson_05 import IGNORED, KINDS, faults, pick


def _share(first, second):
    return sum(a == b for a, b in zip(first, second, strict=True)) / len(first)


WRONG = {
    "05.1": {
        "no scaling": lambda x, W, A, B, alpha: x @ W.T + (x @ A.T) @ B.T,
        "scaled by alpha alone": lambda x, W, A, B, alpha: x @ W.T + alpha * (x @ A.T) @ B.T,
        "the update only": lambda x, W, A, B, alpha: alpha / len(A) * (x @ A.T) @ B.T,
    },
    "05.2": {
        "the product": lambda shapes, rank: sum(rank * a * b for a, b in shapes),
        "A only": lambda shapes, rank: sum(rank * b for _, b in shapes),
        "one layer": lambda shapes, rank: rank * sum(shapes[0]) if shapes else 0,
    },
    "05.3": {
        "loss on the prompt": lambda prompt, own, end: [*prompt, *own, end],
        "no end token": lambda prompt, own, end: [IGNORED] * len(prompt) + list(own),
        "end token ignored": lambda prompt, own, end: [IGNORED] * len(prompt) + [*own, IGNORED],
    },
    "05.4": {
        "share of agreement": _share,
        "chance of equal labels": lambda first, second: (
            (_share(first, second) - 1 / len({*first, *second})) / (1 - 1 / len({*first, *second}))
        ),
    },
    "05.5": {
        "exact texts only": lambda rows, texts, end: {
            **faults(rows, texts, end),
            KINDS[1]: [i for i, row in enumerate(rows) if row["text"] in texts],
        },
        "any -100 will do": lambda rows, texts, end: {
            **faults(rows, texts, end),
            KINDS[0]: [i for i, row in enumerate(rows) if row["labels"].count(IGNORED) > 5],
        },
        "positions alone": lambda rows, texts, end: sorted({*faults(rows, texts, end)[KINDS[0]]}),
    },
    "05.6": {
        "the last point": lambda curves: min(
            ((curve[-1][1], curve[-1][0], name) for name, curve in curves.items()), key=lambda point: point[:2]
        )[:0:-1],
        "the lowest of the first recipe": lambda curves: (
            next(iter(curves)),
            min(next(iter(curves.values())), key=lambda point: point[1])[0],
        ),
        "no number counts as lowest": lambda curves: next(
            ((name, step) for name, curve in curves.items() for step, loss in curve if math.isnan(loss)),
            pick(curves),
        ),
    },
}
CHEATS = {
    "05.1": {"the frozen layer": lambda x, W, A, B, alpha: x @ W.T},
    "05.2": {"a fixed number": lambda shapes, rank: 460_800},
    "05.3": {"nothing to learn": lambda prompt, own, end: [IGNORED] * (len(prompt) + len(own) + 1)},
    "05.4": {"perfect": lambda first, second: 1.0},
    "05.5": {"all rows": lambda rows, texts, end: {kind: list(range(len(rows))) for kind in KINDS}},
    "05.6": {"always the same": lambda curves: ("a", 20)},
}
