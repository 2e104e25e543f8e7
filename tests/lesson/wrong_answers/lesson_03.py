"""What the checks of lesson 03 and its labs must refuse: plausible wrong answers, and cheats."""

from collections import Counter

import numpy as np
from scipy.special import logsumexp

from helpers import statistics
from helpers.methods import few_shot


def _turned(examples, text, change):
    return [change(turn) for turn in few_shot.turns(examples, text)]


def _agreeing(prompts):
    return sum(len(set(column)) == 1 for column in zip(*prompts, strict=False))


def _each_once(pool, query):
    first = sorted({tuple(row): i for i, row in reversed(list(enumerate(pool.tolist())))}.values())
    return sorted(first, key=lambda i: pool[i] @ query)


def _shares(gold, predicted, label):
    return np.mean([p == label for p in predicted] or [0]), np.mean([g == label for g in gold] or [0])


def _plain(text):
    return " ".join(text.lower().split())


def _leaks(same):
    return lambda shown, asked: [i for i, row in enumerate(shown) if any(same(asked[i], text) for text in row)]


WRONG = {
    "03.1": {
        "roles swapped": lambda examples, text: [
            *(
                turn
                for e in examples
                for turn in ({"role": "assistant", "content": e.text}, {"role": "user", "content": e.label})
            ),
            {"role": "user", "content": text},
        ],
        "fills with format": lambda examples, text: few_shot.messages("", examples, text, template="{text} "),
        "spaces stripped": lambda examples, text: _turned(
            examples, text, lambda turn: {**turn, "content": turn["content"].strip()}
        ),
        "labels in small letters": lambda examples, text: _turned(
            examples,
            text,
            lambda turn: {**turn, "content": turn["content"].lower()} if turn["role"] == "assistant" else turn,
        ),
        "an example once only": lambda examples, text: few_shot.turns(list(dict.fromkeys(examples)), text),
        "a system message": lambda examples, text: few_shot.messages("Sort.", examples, text),
        "open message first": lambda examples, text: [
            {"role": "user", "content": text},
            *few_shot.turns(examples, text)[:-1],
        ],
    },
    "03.2": {
        "all places that agree": _agreeing,
        "the first two alone": lambda prompts: _agreeing(prompts[:2]) if prompts else 0,
        "the shortest": lambda prompts: min(map(len, prompts), default=0),
        "one less": lambda prompts: max(0, len(few_shot.__name__) and _agreeing(prompts) - 1),
        "tokens in common": lambda prompts: len(set.intersection(*map(set, prompts))) if prompts else 0,
    },
    "03.3": {
        "averages logarithms": lambda log_probs, neutral: (
            log_probs - (neutral - logsumexp(neutral, axis=1, keepdims=True)).mean(axis=0)
        ),
        "adds instead": lambda log_probs, neutral: 2 * log_probs - few_shot.calibrate(log_probs, neutral),
        "one number for each message": lambda log_probs, neutral: few_shot.calibrate(log_probs, neutral)[:, 0],
        "shares not made": lambda log_probs, neutral: log_probs - np.log(np.exp(neutral).mean(axis=0)),
        "the first neutral text alone": lambda log_probs, neutral: few_shot.calibrate(log_probs, neutral[:1]),
        "changes the neutral rows": lambda log_probs, neutral: (
            neutral.__isub__(neutral.max()) is None or few_shot.calibrate(log_probs, neutral)
        ),
        "two digits": lambda log_probs, neutral: few_shot.calibrate(log_probs, neutral).round(2),
        "shares, no logarithm": lambda log_probs, neutral: log_probs - np.exp(neutral).mean(axis=0),
    },
    "03.4": {
        "nearest first": lambda pool, query, k: np.argsort(-(pool @ query))[:k],
        "farthest": lambda pool, query, k: np.argsort(pool @ query)[:k],
        "forgets k = 0": lambda pool, query, k: np.argsort(pool @ query)[-k:],
        "leaves out the query itself": lambda pool, query, k: [
            i for i in np.argsort(pool @ query) if pool[i] @ query < 1 - 1e-9
        ][max(0, len(pool) - k) :],
        "looked up by the cosine": lambda pool, query, k: [
            (pool @ query).tolist().index(cosine) for cosine in np.sort(pool @ query)[len(pool) - k :]
        ],
        "looked up by the row": lambda pool, query, k: [
            pool.tolist().index(pool[i].tolist()) for i in few_shot.nearest_examples(pool, query[None], k)[0]
        ],
        "each row once": lambda pool, query, k: _each_once(pool, query)[max(0, len(_each_once(pool, query)) - k) :],
        "by absolute cosine": lambda pool, query, k: np.argsort(-abs(pool @ query))[:k][::-1],
        "the cosines": lambda pool, query, k: np.sort(pool @ query)[len(pool) - k :],
    },
    "03.5": {
        "exact only": _leaks(lambda one, other: one == other),
        "part of a text": _leaks(lambda one, other: _plain(one) in _plain(other)),
        "part of the message": _leaks(lambda one, other: _plain(other) in _plain(one)),
        "stripped alone": _leaks(lambda one, other: one.lower().strip() == other.lower().strip()),
        "no spaces at all": _leaks(lambda one, other: "".join(_plain(one).split()) == "".join(_plain(other).split())),
        "single spaces in the asked text alone": _leaks(lambda one, other: _plain(one) == other.lower().strip()),
        "the same words": _leaks(lambda one, other: {*_plain(one).split()} == {*_plain(other).split()}),
        "words in any order": _leaks(lambda one, other: sorted(_plain(one).split()) == sorted(_plain(other).split())),
        "no apostrophes": _leaks(lambda one, other: _plain(one).replace("'", "") == _plain(other).replace("'", "")),
        "any end of a sentence": _leaks(lambda one, other: _plain(one).rstrip("?.!") == _plain(other).rstrip("?.!")),
        "plain letters alone": _leaks(
            lambda one, other: _plain(one).encode("ascii", "ignore") == _plain(other).encode("ascii", "ignore")
        ),
        "letters alone": _leaks(lambda one, other: one.lower().strip(" .,") == other.lower().replace(",", "")),
        "shown to anybody": lambda shown, asked: [
            i for i, text in enumerate(asked) if _plain(text) in {_plain(other) for row in shown for other in row}
        ],
        "two spaces made one": _leaks(
            lambda one, other: one.lower().strip().replace("  ", " ") == other.lower().strip().replace("  ", " ")
        ),
        "where it stands first": lambda shown, asked: [
            asked.index(text) for text, row in zip(asked, shown, strict=True) if _plain(text) in map(_plain, row)
        ],
        "once for each message": lambda shown, asked: list(
            {
                _plain(text): i
                for i, (text, row) in enumerate(zip(asked, shown, strict=True))
                if _plain(text) in map(_plain, row)
            }.values()
        ),
        "yes and no": lambda shown, asked: [
            _plain(text) in map(_plain, row) for row, text in zip(shown, asked, strict=True)
        ],
    },
    "03.6": {
        "most frequent": lambda labels, cosines: Counter(labels).most_common(1)[0][0],
        "nearest alone": lambda labels, cosines: labels[int(np.argmax(cosines))],
        "the mean": lambda labels, cosines: max(
            labels, key=lambda x: np.mean([c for one, c in zip(labels, cosines, strict=True) if one == x])
        ),
        "absolute": lambda labels, cosines: max(
            labels, key=lambda x: sum(abs(c) for one, c in zip(labels, cosines, strict=True) if one == x)
        ),
        "the sum": lambda labels, cosines: float(np.sum(cosines)),
    },
    "03.7": {
        "rows and columns swapped": lambda hits: statistics.spread(np.transpose(hits)).q if np.ptp(hits) else 0.0,
        "without k - 1": lambda hits: statistics.spread(hits).q / (len(hits) - 1),
        "the p-value": lambda hits: statistics.spread(hits).p_value,
        "the range": lambda hits: float(np.ptp(np.mean(hits, axis=1))),
    },
    "03.8": {
        "precision, not recall": lambda gold, predicted, label: _shares(gold, predicted, label)[::-1],
        "of all messages": lambda gold, predicted, label: [
            sum(p == label and (g == label) == bearing for g, p in zip(gold, predicted, strict=True))
            / max(len(gold), 1)
            for bearing in (True, False)
        ],
        "a label within a label": lambda gold, predicted, label: statistics.recall_and_alarms(
            gold, [label if label in found else found for found in predicted], label
        ),
        "alarms first": lambda gold, predicted, label: [
            np.mean([p == label for g, p in zip(gold, predicted, strict=True) if (g == label) == bearing] or [0])
            for bearing in (False, True)
        ],
    },
}
CHEATS = {
    "03.1": {
        "no examples": lambda examples, text: [{"role": "user", "content": text}],
        "three turns whatever is shown": lambda examples, text: few_shot.turns(examples[:1], text),
    },
    "03.2": {"a constant": lambda prompts: 3, "nothing is shared": lambda prompts: 0},
    "03.3": {
        "as they were": lambda log_probs, neutral: log_probs,
        "zeros": lambda log_probs, neutral: np.zeros_like(log_probs),
    },
    "03.4": {
        "the first rows": lambda pool, query, k: list(range(k)),
        "all rows": lambda pool, query, k: np.argsort(pool @ query).tolist(),
    },
    "03.5": {
        "all of them": lambda shown, asked: list(range(len(asked))),
        "none of them": lambda shown, asked: [],
        "the first five": lambda shown, asked: [0, 1, 2, 4],
    },
    "03.6": {"the first": lambda labels, cosines: labels[0], "a constant": lambda labels, cosines: "billing"},
    "03.7": {"zero": lambda hits: 0.0, "number of measurements": lambda hits: float(len(hits))},
    "03.8": {"all and none": lambda gold, predicted, label: (1.0, 0.0), "halves": lambda *_: [0.5, 0.5]},
}
