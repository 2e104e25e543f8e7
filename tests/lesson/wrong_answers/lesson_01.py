"""What the checks of lesson 01 must refuse: plausible wrong answers, and cheats."""

import re

import numpy as np
from scipy import stats
from sklearn.metrics import f1_score

from helpers import statistics
from helpers.tasks import files, intents
from tests.lesson.equal import EqualLabel


def _one_by_one_f1(gold, predicted, names):
    pairs = list(zip(gold, predicted, strict=True))
    scores = []
    for name in names:
        hits = sum(g == p == name for g, p in pairs)
        total = sum(p == name for _, p in pairs) + sum(g == name for g, _ in pairs)
        scores.append(2 * hits / total if total else 0.0)
    return sum(scores) / len(scores)


def _of_means(gold, predicted):
    scores = statistics.per_class(gold, predicted, sorted(set(gold)))
    precision, recall = np.mean([one.precision for one in scores]), np.mean([one.recall for one in scores])
    return 2 * precision * recall / (precision + recall)


def _exact(hits, cut):
    return stats.binom.ppf([cut, 1 - cut], len(hits), np.mean(hits)) / len(hits)


def _plain(text):
    return " ".join(re.findall(r"\w+", text.lower()))


def _found(train, test, form):
    known = [form(text) for text in train]
    return [i for i, text in enumerate(test) if form(text) in known]


def _letters(text, kept):
    return " ".join("".join(letter if kept(letter) else " " for letter in text.lower()).split())


def _in_ascii(letter):
    return letter.isascii() and letter.isalnum()


def _counts(gold, first, second):
    """How often only the first is right, and how often only one of the two is."""
    only = [g == a != b for g, a, b in zip(gold, first, second, strict=True)]
    other = [g == b != a for g, a, b in zip(gold, first, second, strict=True)]
    return sum(only), sum(only) + sum(other)


def _twice_the_tail(pair):
    n = pair.only_first + pair.only_second
    return 2 * stats.binom.cdf(min(pair.only_first, pair.only_second), n, 0.5) if n else 1.0


def _standard_error(hits):
    half = np.sqrt(np.mean(hits) * (1 - np.mean(hits)) / len(hits))
    return np.mean(hits) - half, np.mean(hits) + half


class Empty(str):
    """A keyword that is empty as soon as it is brought into small letters."""

    def lower(self):
        return ""


WRONG = {
    "01.1": {
        "no line ends": lambda a, b: _found(a, b, lambda x: " ".join(re.sub(r"[^\w ]", "", x.lower()).split())),
        "marks at the end": lambda a, b: _found(a, b, lambda x: " ".join(x.lower().rstrip(" .,?!").split())),
        "no leading marks": lambda a, b: _found(a, b, lambda x: re.sub(r"[\W_]+", " ", x.lower()).rstrip()),
        "the texts and not their places": lambda a, b: [x for x in b if _plain(x) in {_plain(y) for y in a}],
        "counted from 1": lambda a, b: [i + 1 for i in _found(a, b, _plain)],
        "places of train": lambda a, b: _found(b, a, _plain),
        "exact equality": lambda a, b: [i for i, x in enumerate(b) if x in a],
        "a part of a training text": lambda a, b: [
            i for i, x in enumerate(b) if any(_plain(x) in _plain(y) for y in a)
        ],
        "the beginning of one": lambda a, b: [
            i for i, x in enumerate(b) if any(_plain(y).startswith(_plain(x)) for y in a)
        ],
        "letters alone": lambda a, b: [
            i for i, x in enumerate(b) if _letters(x, str.isalpha) in {_letters(y, str.isalpha) for y in a}
        ],
        "letters of ASCII alone": lambda a, b: [
            i for i, x in enumerate(b) if _letters(x, _in_ascii) in {_letters(y, _in_ascii) for y in a}
        ],
        "once for each training text": lambda a, b: [i for y in a for i, x in enumerate(b) if _plain(x) == _plain(y)],
        "where it stands first": lambda a, b: sorted({b.index(x) for x in b if _plain(x) in {_plain(y) for y in a}}),
        "once for each text": lambda a, b: list(
            {_plain(x): i for i, x in enumerate(b) if _plain(x) in {_plain(y) for y in a}}.values()
        ),
        "two spaces made one": lambda a, b: _found(a, b, lambda x: re.sub(r"[^\w ]", "", x.lower()).replace("  ", " ")),
        "marks of the examples": lambda a, b: _found(a, b, lambda x: " ".join(re.sub("[.,?]", "", x.lower()).split())),
        "no dashes": lambda a, b: _found(a, b, lambda x: " ".join(re.sub(r"[^\w\s-]", "", x.lower()).split())),
        "the words in any order": lambda a, b: _found(a, b, lambda x: sorted(_plain(x).split())),
        "the first word left out": lambda a, b: _found(a, b, lambda x: _plain(x).split()[1:]),
        "which and not where": lambda a, b: [_plain(x) in {_plain(y) for y in a} for x in b],
        "lower case only": lambda a, b: [i for i, x in enumerate(b) if x.lower() in {y.lower() for y in a}],
    },
    "01.2": {
        "the first rules": {"refund_request": ["refund"], "billing": ["charge"], "complaint": ["terrible"]},
        "one label": {"complaint": ["e", "a"]},
        "no list": {"complaint": None},
    },
    "01.3": {
        "accuracy": statistics.accuracy,
        "weighted by how often a label comes": lambda g, p: f1_score(g, p, average="weighted", zero_division=0),
        "all right and wrong in one": lambda g, p: f1_score(g, p, average="micro"),
        "from the mean precision and the mean recall": _of_means,
        "in percent": lambda g, p: 100 * statistics.macro_f1(g, p),
        "only predicted labels": lambda g, p: _one_by_one_f1(g, p, set(p) & set(g)),
        "all labels that occur anywhere": lambda g, p: _one_by_one_f1(g, p, set(p) | set(g)),
    },
    "01.4": {
        "one standard error": _standard_error,
        "too few messages per draw": lambda hits: np.quantile(
            np.random.default_rng(0).choice(hits, size=(2000, 20)).mean(axis=1), [0.025, 0.975]
        ),
        "the mean of each place": lambda hits: np.quantile(
            np.random.default_rng(3).choice(hits, size=(2000, len(hits))).mean(axis=0), [0.025, 0.975]
        ),
        "the mean of each place, other draws": lambda hits: np.quantile(
            np.random.default_rng(0).choice(hits, size=(2000, len(hits))).mean(axis=0), [0.025, 0.975]
        ),
        "half as many messages": lambda hits: np.quantile(
            np.random.default_rng(0).choice(hits, size=(2000, len(hits) // 2)).mean(axis=1), [0.025, 0.975]
        ),
        "in percent": lambda hits: 100 * _exact(hits, 0.025),
        "hits and not shares": lambda hits: len(hits) * _exact(hits, 0.025),
        "middle and margin": lambda hits: (np.mean(hits), np.ptp(_exact(hits, 0.025)) / 2),
        "one number": lambda hits: np.mean(hits),
        "three numbers": lambda hits: (*_exact(hits, 0.025), np.mean(hits)),
        "without replacement": lambda hits: (np.mean(hits), np.mean(hits)),
        "cuts off 5 % at each end": lambda hits: _exact(hits, 0.05),
        "cuts off 1 % at each end": lambda hits: _exact(hits, 0.01),
    },
    "01.5": {
        "the margin as the whole width": lambda a, m: a * (1 - a) * (2 * 1.96 / m) ** 2,
        "an interval of 90 %": lambda a, m: a * (1 - a) * (1.645 / m) ** 2,
        "without the root": lambda a, m: 1.96 * a * (1 - a) / m**2,
        "margin not squared": lambda a, m: a * (1 - a) * 1.96 / m,
        "one standard error": lambda a, m: a * (1 - a) / m**2,
    },
    "01.6": {
        "how often one wins": lambda g, a, b: _counts(g, a, b)[0] / (_counts(g, a, b)[1] or 1),
        "no p-value but 1 minus it": lambda g, a, b: 1 - statistics.mcnemar(g, a, b).p_value,
        "nan where nothing differs": lambda g, a, b: (
            statistics.mcnemar(g, a, b).p_value if _counts(g, a, b)[1] else np.nan
        ),
        "all messages thrown": lambda g, a, b: stats.binomtest(_counts(g, a, b)[0], len(g)).pvalue,
        "all messages count": lambda g, a, b: float(
            np.clip(abs(statistics.accuracy(g, a) - statistics.accuracy(g, b)) * 10, 0, 1)
        ),
        "twice the smaller tail, above 1 too": lambda g, a, b: _twice_the_tail(statistics.mcnemar(g, a, b)),
        "1 only where the answers are the same": lambda g, a, b: (
            1.0 if a == b else stats.binomtest(*_counts(g, a, b)).pvalue
        ),
        "1 where the first never wins": lambda g, a, b: (
            statistics.mcnemar(g, a, b).p_value if _counts(g, a, b)[0] else 1.0
        ),
        "1 where the second never wins": lambda g, a, b: (
            statistics.mcnemar(g, a, b).p_value if _counts(g, b, a)[0] else 1.0
        ),
        "told apart though both are wrong": lambda g, a, b: (
            stats.binomtest(_counts(g, a, b)[0], differ).pvalue
            if (differ := sum(x != y for x, y in zip(a, b, strict=True)))
            else 1.0
        ),
        "one-sided": lambda g, a, b: (lambda t: min(1.0, t.p_value / 2))(statistics.mcnemar(g, a, b)),
    },
}
CHEATS = {
    "01.1": {
        "everything": lambda a, b: list(range(len(b))),
        "nothing": lambda a, b: [],
        "places read off": lambda a, b: [0, 2, 3, 6, 11, 12, 14, 17, 18, 19] if a else [],
    },
    "01.2": {
        "an empty keyword": {"billing": [""]},
        "a label that equals all": {EqualLabel("x"): ["e", "a", "i"]},
        "keywords that turn empty": {"complaint": [Empty("x")], "billing": [Empty("y")]},
        "the training messages": {
            m.label: [x.text for x in intents.read("train") if x.label == m.label]
            for m in files.balanced(intents.read("train"), 1)
        },
        "pieces of the training messages": {
            m.label: [
                x.text[at : at + 12]
                for x in intents.read("train")
                if x.label == m.label
                for at in range(0, len(x.text), 12)
                if x.text[at : at + 12].strip()
            ]
            for m in files.balanced(intents.read("train"), 1)
        },
        "beginnings of the training messages": {
            m.label: [x.text[:30] for x in intents.read("train") if x.label == m.label and len(x.text) > 20]
            for m in files.balanced(intents.read("train"), 1)
        },
    },
    "01.3": {"a constant": lambda g, p: 0.5},
    "01.4": {
        "no numbers": lambda hits: (np.nan, np.nan),
        "one number and none": lambda hits: (_exact(hits, 0.025)[0], np.nan),
        "a fixed width": lambda hits: (np.mean(hits) - 0.05, np.mean(hits) + 0.05),
    },
    "01.5": {"always 300": lambda a, m: 300, "worst case for all": lambda a, m: 0.25 * (1.96 / m) ** 2},
    "01.6": {"never significant": lambda g, a, b: 1.0, "always significant": lambda g, a, b: 0.01},
}
