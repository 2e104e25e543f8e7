"""What the checks of lesson 06 must accept: right answers in other shapes, and by other ways."""

import random
import re
from collections import Counter

import numpy as np
from sklearn.metrics import recall_score

from helpers.tasks import canaries


def _by_sampling(pairs, changed, rehearse, seed):
    others = [pair for pair in pairs if pair[0] not in changed]
    return random.Random(seed).sample(others, rehearse) + list(changed.items())


def _by_choice(pairs, changed, rehearse, seed):
    others = np.array([pair for pair in pairs if pair[0] not in changed])
    return np.concatenate(
        [np.array(list(changed.items())), np.random.default_rng(seed).choice(others, rehearse, replace=False)]
    )


def _by_shuffling(pairs, changed, rehearse, seed):
    others = [list(pair) for pair in pairs if pair[0] not in changed]
    random.Random(seed).shuffle(others)
    return [[question, new] for question, new in changed.items()] + others[:rehearse]


def _as_generator(pairs, changed, rehearse, seed):
    yield from changed.items()
    others = {question: answer for question, answer in pairs if question not in changed}
    yield from random.Random(seed).sample(sorted(others.items()), rehearse)


def _by_sorting_keys(pairs, changed, rehearse, seed):
    keys = np.random.default_rng(seed).random(len(pairs))
    others = [pair for _, pair in sorted(zip(keys, pairs, strict=True)) if pair[0] not in changed]
    return tuple([*others[:rehearse], *changed.items()])


def _by_words(text):
    """Mail by its own rule; numbers by looking at the whole run of letters, digits and dashes."""
    text = re.sub(r"[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", "[email]", text)
    text = re.sub(r"\(\d{3}\) \d{3}-\d{4}(?![\w-])", "[phone]", text)
    return re.sub(r"[\w-]+", lambda run: "[phone]" if re.fullmatch(r"\d{3}-\d{3}-\d{4}", run[0]) else run[0], text)


def _numbers_first(text):
    text = re.sub(r"(?<![\d-])\d{3}-\d{3}-\d{4}(?![\d-])|\(\d{3}\)\s\d{3}-\d{4}(?!\d)", "[phone]", text)
    return re.sub(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", "[email]", text)


def _with_borders(text):
    padded = re.sub(r"(^|[^\w-])(?:\(\d{3}\) |\d{3}-)\d{3}-\d{4}(?=$|[^\w-])", r"\1[phone]", text)
    return re.sub(r"[^\s@,;:<(\"']+@[^\s@,;:]+\.[A-Za-z]+", "[email]", padded)


def _rank_by_sorting(own, others):
    place = sorted([own, *others], reverse=True).index(own) + 1
    return np.log2((len(others) + 1) / place)


def _margins(table, budget):
    top = np.partition(table, -2, axis=1)[:, -2:]
    return np.argsort(np.abs(np.diff(top, axis=1))[:, 0])[:budget]


def _first_by_numpy(losses, target):
    table = np.array(losses, dtype=float).reshape(-1, 2)
    below = table[:, 1] <= target
    return np.int64(table[below.argmax(), 0]) if below.any() else "never"


def _first_from_behind(losses, target):
    found = "never"
    for step, loss in reversed(losses):
        found = step if loss <= target else found
    return found


def _rote_by_numpy(trained, new):
    trained, new = np.array(trained, bool), np.array(new, bool)
    return (trained & ~new.any(axis=1)).sum() / max(1, trained.sum())


def _rote_by_loop(trained, new):
    known = lost = 0
    for right, some in zip(trained, new, strict=True):
        known += bool(right)
        lost += bool(right) and sum(some) == 0
    return 0 if known == 0 else lost / known


RIGHT = {
    "06.1": {
        "numpy": _rote_by_numpy,
        "a loop": _rote_by_loop,
        "a mean": lambda trained, new: float(
            np.mean([not max(some) for right, some in zip(trained, new, strict=True) if right] or [0])
        ),
        "one minus those kept": lambda trained, new: (
            1 - sum(any(some) for right, some in zip(trained, new, strict=True) if right) / sum(trained)
            if any(trained)
            else 0.0
        ),
        "positions": lambda trained, new: (
            len([i for i, right in enumerate(trained) if right and True not in map(bool, new[i])])
            / (len([right for right in trained if right]) or 1)
        ),
    },
    "06.2": {
        "numpy": lambda before, after: np.array(
            [
                np.sum(np.array(before, bool) & ~np.array(after, bool)),
                np.sum(~np.array(before, bool) & np.array(after, bool)),
            ]
        ),
        "a list": lambda before, after: [
            sum(1 for b, a in zip(before, after, strict=True) if b and not a),
            sum(1 for b, a in zip(before, after, strict=True) if a and not b),
        ],
        "counter": lambda before, after: (
            Counter(zip(before, after, strict=True))[1, 0],
            Counter(zip(before, after, strict=True))[0, 1],
        ),
        "differences": lambda before, after: tuple(
            int((np.array(after, int) - np.array(before, int) == step).sum()) for step in (-1, 1)
        ),
        "a generator": lambda before, after: (
            sum(bool(x) > bool(y) for x, y in zip(*pair, strict=True)) for pair in ((before, after), (after, before))
        ),
    },
    "06.3": {
        "sample": _by_sampling,
        "numpy choice": _by_choice,
        "shuffled lists": _by_shuffling,
        "a generator": _as_generator,
        "sorted by random keys": _by_sorting_keys,
    },
    "06.4": {
        "by runs": _by_words,
        "numbers first": _numbers_first,
        "borders captured": _with_borders,
        "the course's": canaries.redact_contacts,
        "compiled": lambda text: re.compile(r"(?<![\w-])(?:\(\d{3}\)\s|\d{3}-)\d{3}-\d{4}(?![\w-])").sub(
            "[phone]", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+").sub("[email]", text)
        ),
    },
    "06.5": {
        "sorted": _rank_by_sorting,
        "numpy": lambda own, others: np.log2(len(others) + 1) - np.log2(1 + (np.array(others) > own).sum()),
        "an array": lambda own, others: np.array(_rank_by_sorting(own, others)),
        "float32": lambda own, others: np.float64(-np.log2((1 + sum(x > own for x in others)) / (1 + len(others)))),
        "natural logarithms": lambda own, others: (
            np.log((len(others) + 1) / (1 + len([x for x in others if x > own]))) / np.log(2)
        ),
    },
    "06.6": {
        "numpy": lambda gold, said: np.array(
            [np.mean(np.array(said)[np.array(gold) == label] == "decline") for label in ("decline", "answer")]
        ),
        "a list": lambda gold, said: [
            sum(g == s == "decline" for g, s in zip(gold, said, strict=True)) / gold.count("decline"),
            sum(g == "answer" != s for g, s in zip(gold, said, strict=True)) / gold.count("answer"),
        ],
        "a generator": lambda gold, said: (
            np.mean([s == "decline" for g, s in zip(gold, said, strict=True) if g == label])
            for label in ("decline", "answer")
        ),
        "counter": lambda gold, said: tuple(
            Counter(zip(gold, said, strict=True))[label, "decline"] / Counter(gold)[label]
            for label in ("decline", "answer")
        ),
        "recall": lambda gold, said: (
            recall_score(gold, said, pos_label="decline"),
            1 - recall_score(gold, said, pos_label="answer"),
        ),
    },
    "06.7": {
        "partition": _margins,
        "a set": lambda table, budget: set(_margins(table, budget).tolist()),
        "a tuple": lambda table, budget: tuple(_margins(table, budget)),
        "a generator": lambda table, budget: (int(i) for i in _margins(table, budget)),
        "from behind": lambda table, budget: sorted(
            range(len(table)), key=lambda i: (round(float(np.diff(np.sort(table[i])[-2:])[0]), 12), -i)
        )[:budget],
        "sorted rows": lambda table, budget: sorted(
            range(len(table)), key=lambda i: sorted(table[i])[-1] - sorted(table[i])[-2]
        )[:budget],
    },
    "06.8": {
        "next": lambda losses, target: next((step for step, loss in losses if loss <= target), "never"),
        "a list": lambda losses, target: ([step for step, loss in losses if loss <= target] or ["never"])[0],
        "numpy": _first_by_numpy,
        "the smallest": lambda losses, target: min((step for step, loss in losses if loss <= target), default="never"),
        "a copy from behind": _first_from_behind,
    },
}
