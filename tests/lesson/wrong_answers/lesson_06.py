"""What the checks of lesson 06 must refuse: plausible wrong answers, and cheats."""

import re

import numpy as np

from helpers.lesson.checks.lesson_06 import p_value
from helpers.tasks import curation


def _lists_wide(text: str) -> str:
    return re.sub(r"\d{3}.\d{4}", "[phone]", re.sub(r"\S+@\S+", "[email]", text))


WRONG = {
    "06.1": {
        "the net change": lambda before, after: (
            max(sum(before) - sum(after), 0),
            max(sum(after) - sum(before), 0),
        ),
        "the other way round": lambda before, after: (
            sum(a and not b for b, a in zip(before, after, strict=True)),
            sum(b and not a for b, a in zip(before, after, strict=True)),
        ),
    },
    "06.2": {
        "any loss": lambda table: [name for name, (lost, won) in table.items() if lost > won],
        "any change": lambda table: [name for name, pair in table.items() if p_value(*pair) < 0.05],
        "many forgotten": lambda table: [name for name, (lost, _) in table.items() if lost >= 6],
    },
    "06.3": {
        "too wide": _lists_wide,
        "first match only": lambda text: re.sub(
            r"[\w.+-]+@[\w-]+(\.[\w-]+)+",
            "[email]",
            re.sub(r"\(?\d{3}\)?[ -]\d{3}-\d{4}", "[phone]", text, count=1),
        ),
        "with the scan's other kinds": curation.redact,
    },
    "06.4": {
        "forgets itself": lambda own, others: np.log2(len(others)) - np.log2(1 + sum(x > own for x in others)),
        "ranks from the other end": lambda own, others: (
            np.log2(len(others) + 1) - np.log2(1 + sum(x < own for x in others))
        ),
    },
    "06.5": {
        "over all requests": lambda gold, said: (
            sum(s == "decline" == g for g, s in zip(gold, said, strict=True)) / len(gold),
            sum(s == "decline" != g for g, s in zip(gold, said, strict=True)) / len(gold),
        ),
        "accuracy on both": lambda gold, said: tuple(
            sum(s == g for g, s in zip(gold, said, strict=True) if g == label) / gold.count(label)
            for label in ("decline", "answer")
        ),
    },
    "06.6": {
        "lowest top probability": lambda table, budget: np.argsort(table.max(axis=1))[:budget],
        "the most certain": lambda table, budget: np.argsort(np.diff(np.sort(table, axis=1))[:, -1])[::-1][:budget],
    },
}
CHEATS = {
    "06.1": {"nothing": lambda before, after: (0, 0)},
    "06.2": {"none": lambda table: []},
    "06.3": {"empty": lambda text: ""},
    "06.4": {"a constant": lambda own, others: 6.64},
    "06.5": {"perfect": lambda gold, said: (1.0, 0.0)},
    "06.6": {"the first rows": lambda table, budget: list(range(budget))},
}
