"""What the checks of lesson 01 must accept beside the solutions: the same thing in other shapes."""

import math
import re
import string
from fractions import Fraction
from types import MappingProxyType

import numpy as np
from scipy import stats
from sklearn.metrics import f1_score

_WORDS = {
    "refund_request": "refund, money back, return, send it back, reimburse, pay me back, my card",
    "billing": "invoice, charge, receipt, payment, renew, billed, cancel plus, my plan",
    "product_inquiry": "do you ship, compatible, difference between, in stock, thinking of, before i",
    "technical_support": "error, offline, won't, how do i, reset, firmware, wifi, connect, stuck, log in",
    "complaint": "disappoint, terrible, rude, third time, worst, hung up, promised, nobody, shame",
}


def _rules(kind):
    return {label: kind(words.split(", ")) for label, words in _WORDS.items()}


def _leaked(plain):
    return lambda train, test: [i for i, text in enumerate(test) if plain(text) in set(map(plain, train))]


_words = _leaked(lambda text: tuple(re.findall(r"[^\W_]+", text.lower())))
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def _by_hand(gold, predicted):
    scores = []
    for label in set(gold):
        hits = sum(g == p == label for g, p in zip(gold, predicted, strict=True))
        precision, recall = hits / max(1, predicted.count(label)), hits / gold.count(label)
        scores.append(2 * precision * recall / (precision + recall) if hits else 0)
    return math.fsum(scores) / len(scores)


def _by_loop(hits):
    rng = np.random.default_rng(8)
    means = sorted(rng.choice(hits, len(hits)).mean() for _ in range(2000))
    return [means[49], means[1949]]


def _by_binomial(hits):
    draws = np.random.default_rng(8).binomial(len(hits), np.mean(hits), 2000) / len(hits)
    return np.percentile(draws, [2.5, 97.5])


def _by_counting_up(accuracy, margin):
    n = 1
    while 1.96 * math.sqrt(accuracy * (1 - accuracy) / n) > margin:
        n += 1
    return n


def _parted(gold, first, second):
    gold, first, second = map(np.array, (gold, first, second))
    return int(((first == gold) & (second != gold)).sum()), int(((first != gold) & (second == gold)).sum())


def _by_tails(gold, first, second):
    few, n = min(_parted(gold, first, second)), sum(_parted(gold, first, second))
    return min(1, Fraction(2 * sum(math.comb(n, k) for k in range(few + 1)), 2**n))


RIGHT = {
    "01.1": {
        "tuples of words": _words,
        "no space at all": _leaked(lambda text: "".join(filter(str.isalnum, text.casefold()))),
        "translated": _leaked(lambda text: " ".join(text.lower().translate(_PUNCTUATION).split())),
        "a generator": lambda train, test: (i for i in _words(train, test)),
        "keys of a dict": lambda train, test: dict.fromkeys(_words(train, test)).keys(),
        "numpy numbers, from the last": lambda train, test: [np.int32(i) for i in _words(train, test)][::-1],
        "an array": lambda train, test: np.array(_words(train, test), dtype=int),
        "a set": lambda train, test: set(_words(train, test)),
    },
    "01.2": {kind.__name__: _rules(kind) for kind in (tuple, set, np.array)}
    | {"numpy texts": _rules(lambda words: [np.str_(word) for word in words])}
    | {"a read-only mapping": MappingProxyType(_rules(list))}
    | {"in capitals": _rules(lambda words: list(map(str.upper, words)))},
    "01.3": {
        "scikit-learn": lambda gold, predicted: f1_score(
            gold, predicted, labels=sorted(set(gold)), average="macro", zero_division=0
        ),
        "from precision and recall": _by_hand,
        "an array of one": lambda gold, predicted: np.array([_by_hand(gold, predicted)]),
        "a fraction": lambda gold, predicted: Fraction(_by_hand(gold, predicted)),
    },
    "01.4": {
        "a loop": _by_loop,
        "an array, by the binomial": _by_binomial,
        "a generator": lambda hits: (end for end in _by_binomial(hits)),
        "arrays of one": lambda hits: [np.array([end]) for end in _by_binomial(hits)],
    },
    "01.5": {
        "counting up": _by_counting_up,
        "the exact quantile": lambda a, m: round(a * (1 - a) * (stats.norm.ppf(0.975) / m) ** 2),
        "an array of one": lambda a, m: np.array([a * (1 - a) * (1.96 / m) ** 2]),
    },
    "01.6": {
        "by tails": _by_tails,
        "a whole number for 1": lambda *columns: (
            stats.binomtest(_parted(*columns)[1], sum(_parted(*columns))).pvalue if sum(_parted(*columns)) else 1
        ),
        "an array without axes": lambda *columns: np.array(float(_by_tails(*columns))),
    },
}
