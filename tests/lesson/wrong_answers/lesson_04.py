"""What the checks of lesson 04 must refuse: plausible wrong answers, and cheats."""

import re

import numpy as np

from helpers.methods.retrieval.passages import neutralize


def _cut_lines(text: str, size: int) -> list[str]:
    lines = text.split("\n")
    return ["\n".join(lines[i : i + size]) for i in range(0, len(lines), size)]


WRONG = {
    "04.1": {
        "every so many lines": _cut_lines,
        "drops the tables": lambda text, size: _cut_lines(
            "\n".join(line for line in text.split("\n") if not line.startswith("|")), size
        ),
        "each line": lambda text, size: text.split("\n"),
    },
    "04.2": {
        "best last": lambda vectors, query, k: np.argsort(vectors @ query)[-k:],
        "farthest": lambda vectors, query, k: np.argsort(vectors @ query)[:k],
    },
    "04.3": {
        "one after the other": lambda first, second, constant: list(dict.fromkeys([*first, *second])),
        "only what both found": lambda first, second, constant: [name for name in first if name in second],
    },
    "04.4": {
        "counts never found as found": lambda ranks, target: next(
            (k for k in range(1, max(ranks) + 1) if np.mean([rank <= k for rank in ranks]) >= target), 0
        ),
        "the largest": lambda ranks, target: max(ranks),
    },
    "04.5": {
        "the mean": lambda scores, answerable: float(np.mean(scores)),
        "the lowest answerable": lambda scores, answerable: min(
            s for s, a in zip(scores, answerable, strict=True) if a
        ),
    },
    "04.6": {
        "chat marks only": lambda text: text.replace("<|im_start|>", "").replace("<|im_end|>", ""),
        "all signs": lambda text: re.sub(r"[^\w\s.]", "", neutralize(text)),
    },
}
CHEATS = {
    "04.1": {"one piece": lambda text, size: [text]},
    "04.2": {"the first chunks": lambda vectors, query, k: list(range(k))},
    "04.3": {"the first list": lambda first, second, constant: first},
    "04.4": {"always four": lambda ranks, target: 4},
    "04.5": {"never abstain": lambda scores, answerable: -1.0},
    "04.6": {"nothing at all": lambda text: "Keep the receipt."},
}
