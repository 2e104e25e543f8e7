"""What the checks of lesson 03 and its labs must accept: right answers of other shapes and ways."""

import itertools
from collections import Counter, OrderedDict, defaultdict

import numpy as np
from scipy.special import log_softmax, logsumexp, softmax

from helpers import statistics
from helpers.methods import few_shot


def _generated(examples, text):
    for example in examples:
        yield {"content": example.text, "role": "user"}
        yield {"content": example.label, "role": "assistant"}
    yield {"content": text, "role": "user"}


def _one_by_one(prompts):
    count = 0
    while prompts and all(len(p) > count for p in prompts) and len({p[count] for p in prompts}) == 1:
        count += 1
    return count


def _by_hand(log_probs, neutral):
    table = []
    for row in neutral.tolist():
        weights = [np.exp(x) for x in row]
        table.append([weight / sum(weights) for weight in weights])
    average = [sum(column) / len(table) for column in zip(*table, strict=True)]
    return [[x - np.log(share) for x, share in zip(row, average, strict=True)] for row in log_probs.tolist()]


def _plain(text):
    return " ".join(text.casefold().split())


def _found(shown, asked):
    return [i for i in range(len(asked)) if any(_plain(asked[i]) == _plain(text) for text in shown[i])]


def _votes(labels, cosines):
    sums = defaultdict(float)
    for label, cosine in zip(labels, cosines, strict=True):
        sums[label] += cosine
    return sums


def _in_numpy(labels, cosines):
    names, places = np.unique(labels, return_inverse=True)
    return names[np.bincount(places, weights=cosines).argmax()]


def _cochran(hits):
    table = np.asarray(hits, dtype=int)
    k, (rows, columns) = len(table), (table.sum(1), table.sum(0))
    below = (columns * (k - columns)).sum()
    return k * (k - 1) * ((rows - rows.mean()) ** 2).sum() / below if below else 0


def _counted(gold, predicted, label):
    pairs = Counter(zip(gold, predicted, strict=True))
    bearing = sum(n for (g, _), n in pairs.items() if g == label)
    hits = pairs[label, label]
    alarms = sum(n for (g, p), n in pairs.items() if g != label and p == label)
    others = sum(pairs.values()) - bearing
    return (hits / bearing if bearing else 0), (alarms / others if others else 0)


def _masked(gold, predicted, label):
    is_it, said = np.array(gold) == label, np.array(predicted) == label
    return [said[mask].mean() if mask.any() else 0.0 for mask in (is_it, ~is_it)] if len(gold) else [0.0, 0.0]


RIGHT = {
    "03.1": {
        "a tuple": lambda examples, text: tuple(few_shot.turns(examples, text)),
        "a generator": _generated,
        "an array of dicts": lambda examples, text: np.array(few_shot.turns(examples, text), dtype=object),
        "ordered dicts": lambda examples, text: [*map(OrderedDict, few_shot.turns(examples, text))],
        "chained pairs": lambda examples, text: [
            *itertools.chain.from_iterable(
                (dict(role="user", content=e.text), dict(role="assistant", content=e.label)) for e in examples
            ),
            dict(role="user", content=text),
        ],
    },
    "03.2": {
        "a while loop": _one_by_one,
        "lowest and highest": lambda prompts: _one_by_one([min(prompts), max(prompts)] if prompts else []),
        "a numpy number": lambda prompts: np.int64(_one_by_one(prompts)),
        "takewhile": lambda prompts: sum(
            1 for _ in itertools.takewhile(lambda column: len(set(column)) == 1, zip(*prompts, strict=False))
        ),
        "shrinking the first": lambda prompts: (
            next((n for n in range(len(prompts[0]), -1, -1) if all(p[:n] == prompts[0][:n] for p in prompts)), 0)
            if prompts
            else 0
        ),
        "an array without axes": lambda prompts: np.array(_one_by_one(prompts)),
    },
    "03.3": {
        "lists": _by_hand,
        "softmax": lambda log_probs, neutral: log_probs - np.log(softmax(neutral, axis=1).mean(axis=0)),
        "in logarithms": lambda log_probs, neutral: log_probs - logsumexp(log_softmax(neutral, axis=1), axis=0),
        "then made shares": lambda log_probs, neutral: log_softmax(few_shot.calibrate(log_probs, neutral), axis=1),
        "single precision": lambda log_probs, neutral: (
            log_probs.astype(np.float32) - np.log(softmax(neutral.astype(np.float32), axis=1).mean(axis=0))
        ),
        "tuples": lambda log_probs, neutral: tuple(map(tuple, few_shot.calibrate(log_probs, neutral))),
        "a generator of rows as a list": lambda log_probs, neutral: [*few_shot.calibrate(log_probs, neutral)],
    },
    "03.4": {
        "an array": lambda pool, query, k: np.argsort(pool @ query)[len(pool) - k :],
        "by distance": lambda pool, query, k: np.argsort(-((pool - query) ** 2).sum(axis=1))[len(pool) - k :],
        "the later one of two alike first": lambda pool, query, k: sorted(
            range(len(pool)), key=lambda i: (round(float(pool[i] @ query), 12), -i)
        )[len(pool) - k :],
        "a tuple": lambda pool, query, k: tuple(few_shot.nearest_examples(pool, query[None], k)[0]),
        "a generator": lambda pool, query, k: (i for i in few_shot.nearest_examples(pool, query[None], k)[0]),
        "sorted": lambda pool, query, k: sorted(range(len(pool)), key=lambda i: pool[i] @ query)[len(pool) - k :],
        "argpartition": lambda pool, query, k: sorted(
            np.argpartition(pool @ query, len(pool) - max(k, 1))[len(pool) - k :], key=lambda i: pool[i] @ query
        ),
    },
    "03.5": {
        "casefold": _found,
        "a set": lambda shown, asked: set(_found(shown, asked)),
        "an array": lambda shown, asked: np.array(_found(shown, asked)),
        "numpy's positions": lambda shown, asked: np.flatnonzero(
            [_plain(text) in map(_plain, row) for row, text in zip(shown, asked, strict=True)]
        ),
        "backwards": lambda shown, asked: tuple(_found(shown, asked)[::-1]),
        "a generator": lambda shown, asked: (i for i in _found(shown, asked)),
    },
    "03.6": {
        "a defaultdict": lambda labels, cosines: max((sums := _votes(labels, cosines)), key=sums.get),
        "numpy": _in_numpy,
        "sorted": lambda labels, cosines: sorted(_votes(labels, cosines).items(), key=lambda pair: pair[1])[-1][0],
        "a sum for each label": lambda labels, cosines: max(
            set(labels), key=lambda x: sum(c for one, c in zip(labels, cosines, strict=True) if one == x)
        ),
        "most common": lambda labels, cosines: Counter(_votes(labels, cosines)).most_common(1)[0][0],
    },
    "03.7": {
        "the other formula": _cochran,
        "the course's": lambda hits: statistics.spread(hits).q,
        "a numpy number": lambda hits: np.float64(_cochran(hits)),
        "an array without axes": lambda hits: np.array(_cochran(hits)),
        "single precision": lambda hits: np.float64(round(float(_cochran(hits)), 8)),
    },
    "03.8": {
        "counted": _counted,
        "masks": _masked,
        "an array": lambda *given: np.array(_counted(*given)),
        "a generator": lambda *given: (share for share in _counted(*given)),
        "a list of numpy numbers": lambda *given: [np.float32(share) for share in _counted(*given)],
    },
}
