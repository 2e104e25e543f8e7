"""Checks of lesson 01, Measure first."""

from collections.abc import Mapping

import numpy as np
from scipy import stats

from helpers import statistics
from helpers.lesson.checks import held_back
from helpers.lesson.exercises import Exercise, NotYet, collect, returned
from helpers.methods import baselines
from helpers.tasks import files, intents

RULES_MUST_REACH = 0.30
MOST_KEYWORDS = 25
LONGEST_KEYWORD = 30  # longer "keywords" are memorized messages

LEAK_TRAIN = ["Where is my order?", "Refund, please!", "my  hub is OFFLINE", "Cancel Plus.", "Grüße aus Köln"]
LEAK_TEST = [
    "where is my order",
    "Where is my parcel?",
    "refund please",
    "My hub is offline...",
    "is my hub offline",
    "cancel plus today",
    "grüße, aus köln",
]
LEAKED = {0: 0, 2: 1, 3: 2, 6: 4}  # position in LEAK_TEST: position in LEAK_TRAIN


def _random_labels(seed: int, n: int, agreement: float) -> tuple[list[str], list[str], list[str]]:
    """Gold labels and two predictions that agree with them to a degree; one gold label is never predicted."""
    rng = np.random.default_rng(seed)
    names = ["a", "b", "c", "rare"]
    gold = rng.choice(names, size=n, p=[0.5, 0.25, 0.2, 0.05])
    gold[0] = "rare"
    columns = []
    for _ in range(2):
        noise = rng.choice(["a", "b", "c", "never in gold"], size=n, p=[0.4, 0.3, 0.2, 0.1])
        kept = np.where((rng.random(n) < agreement) & (gold != "rare"), gold, noise)
        columns.append(kept.tolist())
    return gold.tolist(), *columns


def check_leaked(answer) -> str:
    """Planted leaks in other case, punctuation and spacing, beside near misses that are none."""
    found = answer(list(LEAK_TRAIN), list(LEAK_TEST))
    found = sorted(int(i) for i in returned(found))
    if answer([], ["a"]):
        raise NotYet("with an empty training set nothing can be leaked, and your function names something")
    missed, extra = sorted(set(LEAKED) - set(found)), sorted(set(found) - set(LEAKED))
    if missed:
        raise NotYet(
            f"{LEAK_TEST[missed[0]]!r} equals the training text {LEAK_TRAIN[LEAKED[missed[0]]]!r} once case, "
            "punctuation and spacing are ignored, and your function does not name it"
        )
    if extra:
        raise NotYet(f"{LEAK_TEST[extra[0]]!r} is no leak: it differs in its words, not only in how they are set")
    return "all planted leaks found, and no false alarm."


def check_rules(answer) -> str:
    """Accuracy of the rules on held-back messages."""
    if not isinstance(answer, Mapping) or not answer:
        raise NotYet("rules must be a dict: label -> list of keywords")
    for label, words in answer.items():
        if label not in intents.LABELS:
            raise NotYet(f"{label!r} is not one of the labels {', '.join(intents.LABELS)}")
        if isinstance(words, str) or not all(isinstance(word, str) for word in words):
            raise NotYet(f"the keywords of {label} must be a list of texts")
        if any(not word.strip() for word in words):
            raise NotYet(f"{label} has an empty keyword, which every message contains")
        if len(words) > MOST_KEYWORDS:
            raise NotYet(f"{label} has {len(words)} keywords; keep to {MOST_KEYWORDS}, chosen by reading")
        if any(len(word) > LONGEST_KEYWORD for word in words):
            raise NotYet(
                f"a keyword of {label} is longer than {LONGEST_KEYWORD} letters: that is a message, not a rule"
            )
    rows = held_back.load_intents()
    predicted = baselines.keywords(answer, [row.text for row in rows], "other")
    score = statistics.accuracy_interval([row.label for row in rows], predicted)
    if score.estimate < RULES_MUST_REACH:
        raise NotYet(
            f"accuracy {score} on {len(rows)} held-back messages; the goal is {RULES_MUST_REACH:.2f}. Read more "
            "training messages, try parts of words and short phrases"
        )
    return f"accuracy {score} on {len(rows)} held-back messages."


def check_macro_f1(answer) -> str:
    """Compared with the helper, which is itself held against scikit-learn, on random labels."""
    for seed in range(6):
        gold, predicted, _ = _random_labels(seed, 40 + 10 * seed, agreement=0.5)
        found, wanted = returned(answer(gold, predicted)), statistics.macro_f1(gold, predicted)
        if not np.isclose(float(found), wanted, atol=1e-6):
            raise NotYet(
                f"on {len(gold)} random labels you get {float(found):.3f} where {wanted:.3f} is right. Average over "
                "the labels that occur in gold, also one that is never predicted, and no others"
            )
    return "equal to scikit-learn, told to average over the labels in gold, on random labels."


def check_bootstrap(answer) -> str:
    """Compared with the exact binomial quantiles; four times the bootstrap's own noise is allowed."""
    for seed, (n, share) in enumerate(((2000, 0.8), (1500, 0.35), (1800, 0.6))):
        hits = (np.random.default_rng(seed).random(n) < share).astype(int)
        low, high = (float(value) for value in returned(answer(hits)))
        wanted_low, wanted_high = stats.binom.ppf([0.025, 0.975], n, hits.mean()) / n
        allowed = 0.12 * (wanted_high - wanted_low) / 2
        if low > high:
            raise NotYet("your lower end lies above the upper one; return them as (low, high)")
        if abs(low - wanted_low) > allowed or abs(high - wanted_high) > allowed:
            raise NotYet(
                f"for {n} messages with accuracy {hits.mean():.3f} you give [{low:.4f}, {high:.4f}]; expected about "
                f"[{wanted_low:.4f}, {wanted_high:.4f}]. Draw as many messages as there are, with replacement, and cut "
                "off 2.5 % at each end"
            )
    return "your interval agrees with the exact one on three test sets."


def check_messages_needed(answer) -> str:
    """Compared with the formula; the Wilson interval or another good method may differ by a tenth."""
    for accuracy, margin in ((0.8, 0.05), (0.8, 0.025), (0.5, 0.03), (0.95, 0.02), (0.3, 0.1)):
        found = returned(answer(accuracy, margin))
        wanted = accuracy * (1 - accuracy) * (1.96 / margin) ** 2
        if not 0.9 * wanted - 2 <= float(found) <= 1.1 * wanted + 2:
            raise NotYet(
                f"for accuracy {accuracy} and a margin of {margin} you say {float(found):.0f}, expected about "
                f"{wanted:.0f}. Set 1.96 standard errors equal to the margin and solve for n"
            )
    return "half the margin costs four times the messages."


def check_paired_p(answer) -> str:
    """Compared with the helper on random methods, and on two that never differ."""
    gold, same, _ = _random_labels(11, 50, agreement=0.6)
    if not np.isclose(float(returned(answer(gold, same, same))), 1.0):
        raise NotYet("for two methods that never differ the p-value is 1; nothing tells them apart")
    for seed in range(8):
        gold, first, second = _random_labels(seed, 60, agreement=0.3 + 0.08 * seed)
        _, _, second = (gold, first, second) if seed % 2 else (gold, first, gold[:20] + second[20:])
        wanted = statistics.mcnemar(gold, first, second)
        found = float(answer(gold, first, second))
        if not np.isclose(found, wanted.p_value, atol=1e-6):
            raise NotYet(
                f"with {wanted.only_first} messages that only the first gets right and {wanted.only_second} that only "
                f"the second does, p is {wanted.p_value:.3f}; you give {found:.3f}"
            )
    return "equal to the exact test on random pairs of methods."


def _one_by_one_f1(gold, predicted, names):
    pairs = list(zip(gold, predicted, strict=True))
    scores = []
    for name in names:
        hits = sum(g == p == name for g, p in pairs)
        total = sum(p == name for _, p in pairs) + sum(g == name for g, _ in pairs)
        scores.append(2 * hits / total if total else 0.0)
    return sum(scores) / len(scores)


def _exact(hits, cut):
    return stats.binom.ppf([cut, 1 - cut], len(hits), np.mean(hits)) / len(hits)


def _standard_error(hits):
    half = np.sqrt(np.mean(hits) * (1 - np.mean(hits)) / len(hits))
    return np.mean(hits) - half, np.mean(hits) + half


EXERCISES = collect(
    Exercise(
        "01.1",
        check_leaked,
        hints=(
            "Bring every text to one plain form first: lower case, no punctuation, single spaces.",
            r're.sub(r"[\W_]+", " ", text.lower()).strip() does it; keep the training forms in a set.',
        ),
        wrong={
            "exact equality": lambda a, b: [i for i, x in enumerate(b) if x in a],
            "lower case only": lambda a, b: [i for i, x in enumerate(b) if x.lower() in {y.lower() for y in a}],
        },
        cheats={"everything": lambda a, b: list(range(len(b))), "nothing": lambda a, b: []},
    ),
    Exercise(
        "01.2",
        check_rules,
        hints=(
            "Print ten training messages of one label and write down words that the other labels would not use.",
            "Parts of words catch more forms, and phrases such as 'do you ship' are safer than single words.",
        ),
        wrong={
            "the first rules": {"refund_request": ["refund"], "billing": ["charge"], "complaint": ["terrible"]},
            "one label": {"complaint": ["e", "a"]},
        },
        cheats={
            "an empty keyword": {"billing": [""]},
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
    ),
    Exercise(
        "01.3",
        check_macro_f1,
        hints=(
            "Loop over set(gold). zip(gold, predicted) gives pairs; a hit is a pair in which both are the label.",
            "list(predicted).count(label) counts how often it was predicted. Collect one F1 a label, then average.",
        ),
        wrong={
            "accuracy": statistics.accuracy,
            "only predicted labels": lambda g, p: _one_by_one_f1(g, p, set(p) & set(g)),
            "all labels that occur anywhere": lambda g, p: _one_by_one_f1(g, p, set(p) | set(g)),
        },
        cheats={"a constant": lambda g, p: 0.5},
    ),
    Exercise(
        "01.4",
        check_bootstrap,
        hints=(
            "A random generator's `choice` draws with replacement; its `size` may be two numbers, (rows, columns).",
            "Each row is one imagined test set: take its mean, then two quantiles of the 2,000 means.",
        ),
        wrong={
            "one standard error": _standard_error,
            "too few messages per draw": lambda hits: np.quantile(
                np.random.default_rng(0).choice(hits, size=(2000, 20)).mean(axis=1), [0.025, 0.975]
            ),
            "without replacement": lambda hits: (np.mean(hits), np.mean(hits)),
            "cuts off 5 % at each end": lambda hits: _exact(hits, 0.05),
            "cuts off 1 % at each end": lambda hits: _exact(hits, 0.01),
        },
        cheats={"a fixed width": lambda hits: (np.mean(hits) - 0.05, np.mean(hits) + 0.05)},
    ),
    Exercise(
        "01.5",
        check_messages_needed,
        hints=(
            "Write down that the margin equals 1.96 standard errors; n stands under the root.",
            "Square both sides of margin = 1.96 * sqrt(accuracy * (1 - accuracy) / n), then bring n to one side.",
        ),
        wrong={
            "margin not squared": lambda a, m: a * (1 - a) * 1.96 / m,
            "one standard error": lambda a, m: a * (1 - a) / m**2,
        },
        cheats={"always 300": lambda a, m: 300, "worst case for all": lambda a, m: 0.25 * (1.96 / m) ** 2},
    ),
    Exercise(
        "01.6",
        check_paired_p,
        hints=(
            "Count messages that only the first gets right, and messages that only the second gets right.",
            "stats.binomtest(only_first, only_first + only_second).pvalue; mind the case that both counts are 0.",
        ),
        wrong={
            "all messages count": lambda g, a, b: float(
                np.clip(abs(statistics.accuracy(g, a) - statistics.accuracy(g, b)) * 10, 0, 1)
            ),
            "one-sided": lambda g, a, b: (lambda t: min(1.0, t.p_value / 2))(statistics.mcnemar(g, a, b)),
        },
        cheats={"never significant": lambda g, a, b: 1.0, "always significant": lambda g, a, b: 0.01},
    ),
)
