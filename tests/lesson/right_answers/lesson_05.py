"""Right answers of lesson 05 in other shapes than its solutions: other algorithms, arrays, tuples, generators."""

import collections
import json
import math
import types

import numpy as np
import torch
from sklearn.metrics import cohen_kappa_score

from helpers.lesson.checks.lesson_05 import IGNORED, KINDS
from helpers.methods.tuning.by_hand import faults, pick


def _plain_kappa(first, second):
    if {*first} == {*second} and len({*first}) == 1:
        return 1
    n, seen = len(first), np.unique([*first, *second])
    table = np.array([[sum(a == r and b == c for a, b in zip(first, second, strict=True)) for c in seen] for r in seen])
    chance = (table.sum(0) * table.sum(1)).sum() / n**2
    return np.float32((np.trace(table) / n - chance) / (1 - chance))


def _as(make):
    return lambda rows, texts, end: {kind: make(places) for kind, places in faults(rows, texts, end).items()}


def _loss_by_torch(log_probs, labels):
    return torch.nn.functional.nll_loss(log_probs[:-1], torch.tensor(labels[1:]), ignore_index=IGNORED)


def _loss_by_gather(log_probs, labels):
    wanted = torch.tensor(labels)
    places = (wanted != IGNORED).nonzero()[:, 0]
    return -log_probs[places - 1, wanted[places]].mean()


def _read(text):
    try:
        return [json.loads(text)]
    except ValueError:
        return []


def _by_decoder(text):
    text = text.strip()
    try:
        value, end = json.JSONDecoder().raw_decode(text)
    except ValueError:
        return None
    return (
        value if end == len(text) and isinstance(value, dict) and {*value} == {"title", "risk", "rationale"} else None
    )


def _ordered(text):
    found = _by_decoder(text)
    return None if found is None else collections.OrderedDict(sorted(found.items()))


RIGHT = {
    "05.1": {
        "merged first": lambda x, W, A, B, alpha: x @ (W + alpha / len(A) * B @ A).T,
        "einsum": lambda x, W, A, B, alpha: (
            torch.einsum("ni,oi->no", x, W) + alpha / len(A) * torch.einsum("ni,ri,or->no", x, A, B)
        ),
        "row by row": lambda x, W, A, B, alpha: torch.stack(
            [W @ row + alpha / A.shape[0] * (B @ (A @ row)) for row in x]
        ),
        "linear": lambda x, W, A, B, alpha: torch.nn.functional.linear(x, W + B @ A * (alpha / A.shape[0])),
        "rank by rank": lambda x, W, A, B, alpha: (
            x @ W.T + alpha / len(A) * sum((x @ A[r])[:, None] * B[:, r] for r in range(len(A)))
        ),
        "scaled on the way": lambda x, W, A, B, alpha: torch.addmm(x @ W.T, x @ A.T, B.T, alpha=alpha / B.shape[1]),
    },
    "05.2": {
        "rank by rank": lambda W, A, B, alpha: (
            W + sum(torch.outer(B[:, r], A[r]) for r in range(len(A))) * alpha / len(A)
        ),
        "einsum": lambda W, A, B, alpha: W + torch.einsum("or,ri->oi", B, A) * alpha / B.shape[1],
        "B scaled": lambda W, A, B, alpha: W + (B * (alpha / B.shape[1])) @ A,
        "what it does to a unit matrix": lambda W, A, B, alpha: (
            (torch.eye(W.shape[1], dtype=W.dtype) @ W.T + alpha / len(A) * A.T @ B.T).T
        ),
        "in one call": lambda W, A, B, alpha: torch.addmm(W, B, A, alpha=alpha / len(A)),
    },
    "05.3": {
        "an array": lambda prompt, own, end: np.array([*([-100] * len(prompt)), *own, end]),
        "a tuple": lambda prompt, own, end: (*(-100 for _ in prompt), *own, end),
        "a generator": lambda prompt, own, end: (
            t if i >= len(prompt) else -100 for i, t in enumerate([*prompt, *own, end])
        ),
        "a tensor": lambda prompt, own, end: torch.tensor([-100] * len(prompt) + list(own) + [end]),
        "numpy's numbers": lambda prompt, own, end: [np.int64(-100)] * len(prompt) + [np.int64(t) for t in (*own, end)],
    },
    "05.4": {
        "scikit-learn": lambda first, second: 1.0 if len({*first, *second}) == 1 else cohen_kappa_score(first, second),
        "from a table, float32": _plain_kappa,
        "an integer for 1": lambda first, second: 1 if first == second else _plain_kappa(first, second),
        "one minus disagreement": lambda first, second: (
            1
            if first == second
            else 1
            - np.mean([a != b for a, b in zip(first, second, strict=True)])
            / np.mean([[a != b for b in second] for a in first])
        ),
        "nan turned into 1": lambda first, second: 1.0 if math.isnan(k := _quiet(first, second)) else k,
    },
    "05.5": {
        "sets": _as(set),
        "tuples": _as(tuple),
        "arrays": _as(lambda places: np.array(places, dtype=int)),
        "generators": _as(lambda places: (i for i in places)),
        "backwards, numpy's numbers": _as(lambda places: [np.int64(i) for i in reversed(places)]),
        "a read-only mapping": lambda rows, texts, end: types.MappingProxyType(faults(rows, texts, end)),
        "a mapping that is no dict": lambda rows, texts, end: collections.UserDict(faults(rows, texts, end)),
        "other order of kinds": lambda rows, texts, end: dict(reversed(faults(rows, texts, end).items())),
    },
    "05.6": {
        "a list": lambda curves: list(pick(curves)),
        "step as numpy's number": lambda curves: (pick(curves)[0], np.int64(pick(curves)[1])),
        "sorted": lambda curves: sorted(
            ((loss, step, name) for name, c in curves.items() for step, loss in c if not math.isnan(loss)),
            key=lambda point: (point[0], point[1]),
        )[0][:0:-1],
        "a generator": lambda curves: (part for part in pick(curves)),
        "an object array": lambda curves: np.array(pick(curves), dtype=object),
    },
    "05.7": {
        "nll_loss": _loss_by_torch,
        "gather": _loss_by_gather,
        "cross entropy, which finds log-probabilities as they are": lambda log_probs, labels: (
            torch.nn.functional.cross_entropy(log_probs[:-1], torch.tensor(labels[1:]), ignore_index=IGNORED)
        ),
        "a mean of a stack": lambda log_probs, labels: (
            -torch.stack([row[t] for row, t in zip(log_probs, labels[1:], strict=False) if t != IGNORED]).mean()
        ),
        "a list of one in a tensor": lambda log_probs, labels: _loss_by_torch(log_probs, labels).reshape(1),
    },
    "05.8": {
        "by the decoder": _by_decoder,
        "an ordered dict": lambda text: _ordered(text),
        "sorted keys": lambda text: next(
            (v for v in _read(text) if isinstance(v, dict) and sorted(v) == ["rationale", "risk", "title"]), None
        ),
        "key by key": lambda text: next(
            (v for v in _read(text) if type(v) is dict and len(v) == 3 and {"title", "risk", "rationale"} <= {*v}), None
        ),
        "stripped first": lambda text: next(
            (v for v in _read(text.strip()) if isinstance(v, dict) and v.keys() == {"title", "risk", "rationale"}), None
        ),
    },
}
assert set(KINDS) == set(faults([], [], 0))


def _quiet(first, second):
    with np.errstate(all="ignore"):
        n, labels = len(first), sorted({*first, *second})
        shares = [np.array([side.count(x) / n for x in labels]) for side in (first, second)]
        chance = float(shares[0] @ shares[1])
        agreed = np.mean([a == b for a, b in zip(first, second, strict=True)])
        return float(np.float64(agreed - chance) / np.float64(1 - chance))
