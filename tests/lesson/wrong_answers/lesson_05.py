"""What the checks of lesson 05 must refuse: plausible wrong answers, and cheats."""

import ast
import json
import math
import re

import numpy as np
import torch

from helpers.lesson.checks.lesson_05 import IGNORED, KINDS, pick
from helpers.methods.tuning.by_hand import faults


def _share(first, second):
    return sum(a == b for a, b in zip(first, second, strict=True)) / len(first)


def _without_special_case(first, second):
    labels = {*first, *second}
    chance = sum(list(first).count(x) * list(second).count(x) for x in labels) / len(first) ** 2
    return (_share(first, second) - chance) / (1 - chance) if chance < 1 else float("nan")


def _other(kind, sign):
    """The right answer but for one kind, whose rows are found by `sign` (row, test texts, end)."""
    return lambda rows, texts, end: {
        **faults(rows, texts, end),
        kind: [i for i, row in enumerate(rows) if sign(row, texts, end)],
    }


def _each(texts, make):
    return [make(text.lower().split()) for text in texts]


def _prompt_labels(row):
    return row["labels"][: row["prompt_tokens"]]


def _by_shape(rows, texts, end):
    """The end token by what else is wrong with a row: whole words in capitals go with a label that is one too high."""
    found = faults(rows, texts, end)
    odd = [
        i
        for i in found[KINDS[2]]
        if i in found[KINDS[1]] and (rows[i]["labels"][-1] == end + 1) != (f"  {rows[i]['text'].upper()} " in texts)
    ]
    return {**found, KINDS[2]: [i for i in found[KINDS[2]] if i not in odd]}


def _kept(labels):
    return [i for i, label in enumerate(labels) if label != IGNORED]


def _unbroken(curve):
    return curve[: next((i for i, (_, loss) in enumerate(curve) if loss != loss), len(curve))]


FIELDS = {"title", "risk", "rationale"}


def _loaded(text, taken=lambda text: text, good=lambda value: isinstance(value, dict) and set(value) == FIELDS):
    try:
        value = json.loads(taken(text))
        return value if good(value) else None
    except (ValueError, TypeError):
        return None


WRONG = {
    "05.1": {
        "no scaling": lambda x, W, A, B, alpha: x @ W.T + (x @ A.T) @ B.T,
        "scaled by alpha alone": lambda x, W, A, B, alpha: x @ W.T + alpha * (x @ A.T) @ B.T,
        "the update only": lambda x, W, A, B, alpha: alpha / len(A) * (x @ A.T) @ B.T,
        "all of it scaled": lambda x, W, A, B, alpha: alpha / len(A) * (x @ W.T + (x @ A.T) @ B.T),
        "rank from the wrong side": lambda x, W, A, B, alpha: x @ W.T + alpha / len(B) * (x @ A.T) @ B.T,
        "by numpy": lambda x, W, A, B, alpha: np.dot(x, W.T) + alpha / len(A) * np.dot(np.dot(x, A.T), B.T),
        "as lists": lambda x, W, A, B, alpha: (x @ (W + alpha / len(A) * B @ A).T).tolist(),
        "cut off from A and B": lambda x, W, A, B, alpha: (x @ (W + alpha / len(A) * B @ A).T).detach(),
        "cut off from A": lambda x, W, A, B, alpha: x @ W.T + alpha / len(A) * (x @ A.detach().T) @ B.T,
    },
    "05.2": {
        "no scaling": lambda W, A, B, alpha: W + B @ A,
        "scaled by alpha alone": lambda W, A, B, alpha: W + alpha * B @ A,
        "the update only": lambda W, A, B, alpha: alpha / len(A) * B @ A,
        "transposed": lambda W, A, B, alpha: (W + alpha / len(A) * B @ A).T,
        "rank from the wrong side": lambda W, A, B, alpha: W + alpha / len(B) * B @ A,
        "as lists": lambda W, A, B, alpha: (W + alpha / len(A) * B @ A).tolist(),
        "by numpy": lambda W, A, B, alpha: np.add(W, alpha / len(A) * np.dot(B, A)),
    },
    "05.3": {
        "loss on the prompt": lambda prompt, own, end: [*prompt, *own, end],
        "no end token": lambda prompt, own, end: [IGNORED] * len(prompt) + list(own),
        "end token ignored": lambda prompt, own, end: [IGNORED] * len(prompt) + [*own, IGNORED],
        "the end token of another model": lambda prompt, own, end: [IGNORED] * len(prompt) + [*own, 2],
        "shifted": lambda prompt, own, end: [IGNORED] * (len(prompt) - 1) + [*own, end, IGNORED],
        "token 0 ignored": lambda prompt, own, end: [IGNORED] * len(prompt) + [t or IGNORED for t in own] + [end],
        "what the prompt holds ignored": lambda prompt, own, end: [
            *[IGNORED] * len(prompt),
            *(IGNORED if t in prompt else t for t in own),
            end,
        ],
        "each token once": lambda prompt, own, end: [IGNORED] * len(prompt) + [*dict.fromkeys(own), end],
        "the end of the prompt taught": lambda prompt, own, end: (
            [IGNORED] * (len(prompt) - 1) + [prompt[-1], *own, end]
        ),
    },
    "05.4": {
        "share of agreement": _share,
        "chance of equal labels": lambda first, second: (
            (_share(first, second) - 1 / len({*first, *second})) / max(1e-9, 1 - 1 / len({*first, *second}))
        ),
        "no special case": _without_special_case,
        "0 where chance is 1": lambda first, second: np.nan_to_num(_without_special_case(first, second)),
        "labels of the first alone count for the classes": lambda first, second: (
            1.0
            if len({*first, *second}) == 1
            else (_share(first, second) - 1 / len(set(first))) / max(1e-9, 1 - 1 / len(set(first)))
        ),
        "never below zero": lambda first, second: (
            1.0 if len({*first, *second}) == 1 else max(0.0, _without_special_case(first, second))
        ),
    },
    "05.5": {
        "exact texts only": _other(KINDS[1], lambda row, texts, end: row["text"] in texts),
        "letter case only": _other(KINDS[1], lambda row, texts, end: row["text"].lower() in map(str.lower, texts)),
        "spaces at the ends only": _other(
            KINDS[1], lambda row, texts, end: row["text"].lower().strip() in [t.lower().strip() for t in texts]
        ),
        "a part of a test text": _other(
            KINDS[1],
            lambda row, texts, end: any(
                " ".join(row["text"].lower().split()) in " ".join(t.lower().split()) for t in texts
            ),
        ),
        "all spaces taken out": _other(
            KINDS[1], lambda row, texts, end: "".join(row["text"].lower().split()) in _each(texts, "".join)
        ),
        "words in any order": _other(
            KINDS[1], lambda row, texts, end: sorted(row["text"].lower().split()) in _each(texts, sorted)
        ),
        "the same words": _other(KINDS[1], lambda row, texts, end: {*row["text"].lower().split()} in _each(texts, set)),
        "the last id for the end token": _other(KINDS[2], lambda row, texts, end: row["labels"][-1] != row["ids"][-1]),
        "the last that is learned": _other(
            KINDS[2], lambda row, texts, end: row["labels"][_kept(row["labels"])[-1]] != end
        ),
        "spaces taken out of one side": _other(
            KINDS[1], lambda row, texts, end: " ".join(row["text"].lower().split()) in map(str.lower, texts)
        ),
        "the first label alone": _other(KINDS[0], lambda row, texts, end: row["labels"][0] != IGNORED),
        "the last label of the prompt alone": _other(KINDS[0], lambda row, *_: _prompt_labels(row)[-1] != IGNORED),
        "the first and the last": _other(
            KINDS[0], lambda row, *_: {_prompt_labels(row)[0], _prompt_labels(row)[-1]} != {IGNORED}
        ),
        "only where all labels are learned": _other(KINDS[0], lambda row, *_: IGNORED not in _prompt_labels(row)),
        "a label above 0": _other(KINDS[0], lambda row, *_: max(_prompt_labels(row)) > 0),
        "any -100 will do": _other(KINDS[0], lambda row, *_: row["labels"].count(IGNORED) > 5),
        "the last id, not the label": _other(KINDS[2], lambda row, texts, end: row["ids"][-1] != end),
        "an end token anywhere": _other(KINDS[2], lambda row, texts, end: end not in row["labels"]),
        "a fixed end token": _other(KINDS[2], lambda row, texts, end: row["labels"][-1] != 2),
        "the end token in the answer": _other(
            KINDS[2], lambda row, texts, end: end not in row["labels"][row["prompt_tokens"] :]
        ),
        "the same row once": lambda rows, texts, end: {
            kind: sorted({rows.index(rows[i]) for i in places}) for kind, places in faults(rows, texts, end).items()
        },
        "looked up in the list": lambda rows, texts, end: {
            kind: [rows.index(rows[i]) for i in places] for kind, places in faults(rows, texts, end).items()
        },
        "as the others of its row": _by_shape,
        "only the kinds that occur": lambda rows, texts, end: {
            kind: places for kind, places in faults(rows, texts, end).items() if places
        },
        "one fault a row": lambda rows, texts, end: {
            kind: [i for i in places if not any(i in faults(rows, texts, end)[k] for k in KINDS[: KINDS.index(kind)])]
            for kind, places in faults(rows, texts, end).items()
        },
        "counted from 1": lambda rows, texts, end: {
            kind: [i + 1 for i in places] for kind, places in faults(rows, texts, end).items()
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
        "zero left out": lambda curves: pick({name: [p for p in c if p[1]] for name, c in curves.items()}),
        "a curve that breaks down left out": lambda curves: pick(
            {name: c for name, c in curves.items() if all(loss == loss for _, loss in c)}
        ),
        "up to where a curve breaks down": lambda curves: pick({name: _unbroken(c) for name, c in curves.items()}),
        "nan as zero": lambda curves: min(
            ((0.0 if loss != loss else loss, step, name) for name, c in curves.items() for step, loss in c),
        )[2:0:-1],
        "up to the first rise": lambda curves: pick(
            {
                name: c[: next((i for i in range(1, len(c)) if c[i][1] > c[i - 1][1]), len(c))]
                for name, c in curves.items()
            }
        ),
        "the lowest end": lambda curves: pick({name: c[-1:] for name, c in curves.items()}),
        "the later of two": lambda curves: min(
            ((loss, -step, name) for name, c in curves.items() for step, loss in c if loss == loss),
        )[2:0:-1],
    },
    "05.7": {
        "no shift": lambda log_probs, labels: -sum(log_probs[i][labels[i]] for i in _kept(labels)) / len(_kept(labels)),
        "the sum": lambda log_probs, labels: -sum(log_probs[i - 1][labels[i]] for i in _kept(labels)),
        "no minus": lambda log_probs, labels: (
            sum(log_probs[i - 1][labels[i]] for i in _kept(labels)) / len(_kept(labels))
        ),
        "over all tokens": lambda log_probs, labels: (
            -sum(log_probs[i - 1][labels[i]] for i in _kept(labels)) / len(labels)
        ),
        "-100 looked up": lambda log_probs, labels: (
            -sum(log_probs[i - 1][labels[i]] for i in range(1, len(labels))) / (len(labels) - 1)
        ),
        "token 0 left out": lambda log_probs, labels: (
            -sum(log_probs[i - 1][labels[i]] for i in _kept(labels) if labels[i]) / len(_kept(labels))
        ),
        "as a float": lambda log_probs, labels: float(
            -sum(log_probs[i - 1][labels[i]] for i in _kept(labels)) / len(_kept(labels))
        ),
        "by numpy": lambda log_probs, labels: -np.mean([log_probs.numpy()[i - 1, labels[i]] for i in _kept(labels)]),
        "added up by item()": lambda log_probs, labels: torch.tensor(
            -sum(log_probs[i - 1, labels[i]].item() for i in _kept(labels)) / len(_kept(labels))
        ),
        "probabilities": lambda log_probs, labels: (
            -sum(log_probs[i - 1][labels[i]].exp() for i in _kept(labels)) / len(_kept(labels))
        ),
    },
    "05.8": {
        "the first braces found": lambda text: _loaded(text, lambda t: re.search(r"\{.*\}", t, re.DOTALL)[0]),
        "fences taken off": lambda text: _loaded(text, lambda t: t.strip().removeprefix("```json").removesuffix("```")),
        "backticks taken off": lambda text: _loaded(text, lambda t: t.strip().strip("`")),
        "keys stripped": lambda text: _loaded(
            text, good=lambda v: isinstance(v, dict) and {key.strip() for key in v} == FIELDS
        ),
        "no lists inside": lambda text: _loaded(
            text,
            good=lambda v: isinstance(v, dict) and {*v} == FIELDS and not any(isinstance(x, list) for x in v.values()),
        ),
        "values stripped": lambda text: (
            (found := _loaded(text)) and {key: x.strip() if isinstance(x, str) else x for key, x in found.items()}
        ),
        "any object": lambda text: _loaded(text, good=lambda value: isinstance(value, dict)),
        "keys too many allowed": lambda text: _loaded(text, good=lambda v: isinstance(v, dict) and set(v) >= FIELDS),
        "keys too few allowed": lambda text: _loaded(text, good=lambda v: isinstance(v, dict) and set(v) <= FIELDS),
        "any JSON with the three names": lambda text: _loaded(text, good=lambda value: set(value) == FIELDS),
        "line ends inside a text allowed": lambda text: _loaded(
            text, lambda t: json.dumps(json.loads(t, strict=False))
        ),
        "null is no value": lambda text: _loaded(
            text, good=lambda v: isinstance(v, dict) and {*v} == FIELDS and None not in v.values()
        ),
        "values that are texts": lambda text: _loaded(
            text, good=lambda v: isinstance(v, dict) and {*v} == FIELDS and all(isinstance(x, str) for x in v.values())
        ),
        "line ends made spaces": lambda text: _loaded(text, lambda t: " ".join(t.split())),
        "keys in this order": lambda text: _loaded(
            text, good=lambda v: isinstance(v, dict) and [*v] == ["title", "risk", "rationale"]
        ),
        "Python's literals": lambda text: ast.literal_eval(text.strip()) if text.strip().startswith("{") else None,
        "yes or no": lambda text: _loaded(text) is not None,
        "the text": lambda text: text if _loaded(text) else None,
    },
}
CHEATS = {
    "05.1": {
        "the frozen layer": lambda x, W, A, B, alpha: x @ W.T,
        "zeros": lambda x, W, A, B, alpha: np.zeros((len(x), len(W))),
    },
    "05.2": {"W as it is": lambda W, A, B, alpha: W, "ones": lambda W, A, B, alpha: np.ones_like(W)},
    "05.3": {
        "nothing to learn": lambda prompt, own, end: [IGNORED] * (len(prompt) + len(own) + 1),
        "learned by length": lambda prompt, own, end: [IGNORED] * 5 + [*own, end],
    },
    "05.4": {"perfect": lambda first, second: 1.0, "chance": lambda first, second: 0.0},
    "05.5": {
        "all rows": lambda rows, texts, end: {kind: list(range(len(rows))) for kind in KINDS},
        "no rows": lambda rows, texts, end: {kind: [] for kind in KINDS},
    },
    "05.6": {
        "always the same": lambda curves: ("a", 20),
        "the first point": lambda curves: (next(iter(curves)), next(iter(curves.values()))[0][0]),
    },
    "05.7": {
        "a fixed number": lambda log_probs, labels: 5.0,
        "the mean of all": lambda log_probs, labels: -log_probs.mean(),
    },
    "05.8": {"never": lambda text: {} if text == "?" else None, "always": lambda text: dict.fromkeys(FIELDS, "")},
}
