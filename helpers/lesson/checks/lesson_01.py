"""Checks of lesson 01, Measure first."""

from collections.abc import Collection, Iterable, Mapping

import numpy as np
from scipy import stats

from helpers import statistics
from helpers.lesson.checks import held_back
from helpers.lesson.exercises import NotYet, compare, exercise, number, plain, positions, shown, tried
from helpers.methods import baselines
from helpers.tasks import intents

RULES_MUST_REACH = 0.30
MOST_KEYWORDS = 25
LONGEST_KEYWORD = 30  # longer "keywords" are memorized messages

LEAK_TRAIN = [
    "Where is my order?",
    "Refund, please!",
    "my  hub is OFFLINE",
    "Cancel Plus.",
    "Grüße aus Köln",
    "WHERE is my order",  # the first once more
    "My bill of 2025 is wrong, and nobody answers",
]
LEAK_TEST = [
    "where is my order",
    "Where is my parcel?",
    "refund please",
    "My hub is offline...",
    "is my hub offline",
    "cancel plus today",
    "grüße, aus köln",
    "my bill of 2024 is wrong, and nobody answers",
    "My bill",
    "is wrong, and nobody answers",
    "Gräße aus Käln",
    "refund   please",
    "Where is my order!",
    "What's my order",
    "my - hub (is) offline",
    "Please refund",
    "There is my order",
    "where is my order",  # the first once more
    "where is\nmy\torder",
    " - (Cancel Plus)",
]
LEAKED = {
    0: 0,
    2: 1,
    3: 2,
    6: 4,
    11: 1,
    12: 0,
    14: 2,
    17: 0,
    18: 0,
    19: 3,
}  # position in LEAK_TEST: position in LEAK_TRAIN


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


@exercise(
    "01.1",
    "Bring every text to one plain form first: lower case, no punctuation, single spaces.",
    r're.sub(r"[\W_]+", " ", text.lower()).strip() does it; keep the training forms in a set.',
)
def check_leaked(answer) -> str:
    """Planted leaks in other case, punctuation and spacing, beside near misses that are none; then from the last."""
    _need_leaks(answer, LEAK_TEST, LEAKED)
    if named := positions(tried(answer, [], ["a"])):
        raise NotYet(f"with an empty training set nothing can be leaked, and your function names {shown(named)}")
    last = len(LEAK_TEST) - 1
    _need_leaks(answer, LEAK_TEST[::-1], {last - place: train for place, train in LEAKED.items()})
    return "all planted leaks found, and no false alarm."


def _need_leaks(answer, tested: list[str], leaked: dict[int, int]) -> None:
    """Raise NotYet unless exactly these positions are named, each once."""
    found = positions(tried(answer, LEAK_TRAIN, tested))
    missed, extra = sorted(set(leaked) - set(found)), sorted(set(found) - set(leaked))
    if missed and not extra and len(found) > len(set(found)):
        twice = next(place for place in found if found.count(place) > 1)
        raise NotYet(
            f"you name {twice} more than once, and not {missed[0]}; where two test texts are alike, each has a "
            "position of its own, which enumerate tells"
        )
    if missed:
        raise NotYet(
            f"{tested[missed[0]]!r}, at position {missed[0]}, equals the training text "
            f"{LEAK_TRAIN[leaked[missed[0]]]!r} once case, "
            "punctuation and spacing are ignored, and your function does not name this position"
        )
    if extra and not 0 <= extra[0] < len(tested):
        raise NotYet(f"you name {extra[0]} among {len(tested)} test texts; positions are counted from 0")
    if extra:
        raise NotYet(
            f"{tested[extra[0]]!r}, at position {extra[0]}, is no leak: it differs in its words, not only in how they "
            "are set"
        )
    if len(found) > len(leaked):
        raise NotYet(
            f"you name {shown(sorted(found))}; each position counts once, also where two training texts are alike"
        )


@exercise(
    "01.2",
    "Print ten training messages of one label and write down words that the other labels would not use.",
    "Parts of words catch more forms, and phrases such as 'do you ship' are safer than single words.",
)
def check_rules(answer) -> str:
    """Accuracy of the rules on held-back messages."""
    if not isinstance(answer, Mapping) or not answer:
        raise NotYet("rules must be a dict: label -> list of keywords")
    answer = {plain(label): words for label, words in answer.items()}
    for label, words in answer.items():
        if label not in intents.LABELS:
            raise NotYet(f"{label!r} is not one of the labels {', '.join(intents.LABELS)}")
        if isinstance(words, str) or not isinstance(words, Collection) or not all(isinstance(w, str) for w in words):
            raise NotYet(f"the keywords of {label} must be a list of texts; they are {shown(words)}")
        if any(not word.strip() for word in words):
            raise NotYet(f"{label} has an empty keyword, which every message contains")
        if len(words) > MOST_KEYWORDS:
            raise NotYet(f"{label} has {len(words)} keywords; keep to {MOST_KEYWORDS}, chosen by reading")
        if any(len(word) > LONGEST_KEYWORD for word in words):
            raise NotYet(
                f"a keyword of {label} is longer than {LONGEST_KEYWORD} letters: that is a message, not a rule"
            )
        answer[label] = [plain(word) for word in words]
    rows = held_back.load_intents()
    predicted = baselines.keywords(answer, [row.text for row in rows], "other")
    score = statistics.accuracy_interval([row.label for row in rows], predicted)
    if score.estimate < RULES_MUST_REACH:
        raise NotYet(
            f"accuracy {score} on {len(rows)} held-back messages; the goal is {RULES_MUST_REACH:.2f}. Read more "
            "training messages, try parts of words and short phrases"
        )
    return f"accuracy {score} on {len(rows)} held-back messages."


@exercise(
    "01.3",
    "Loop over set(gold). zip(gold, predicted) gives pairs; a hit is a pair in which both are the label.",
    "list(predicted).count(label) counts how often it was predicted. Collect one F1 a label, then average.",
)
def check_macro_f1(answer) -> str:
    """Compared with the helper, which is itself held against scikit-learn, on random labels."""
    for seed in range(6):
        gold, predicted, _ = _random_labels(seed, 40 + 10 * seed, agreement=0.5)
        advice = "Average over the labels that occur in gold, also one that is never predicted, and no others"
        found, wanted = tried(answer, gold, predicted), statistics.macro_f1(gold, predicted)
        compare(f"on {len(gold)} random labels", found, wanted, advice)
    return "equal to scikit-learn, told to average over the labels in gold, on random labels."


@exercise(
    "01.4",
    "A random generator's `choice` draws with replacement; its `size` may be two numbers, (rows, columns).",
    "Each row is one imagined test set: take its mean, then two quantiles of the 2,000 means.",
)
def check_bootstrap(answer) -> str:
    """Compared with the exact binomial quantiles; four times the bootstrap's own noise is allowed."""
    for seed, (n, share) in enumerate(((2000, 0.8), (950, 0.35), (1800, 0.6))):
        hits = (np.random.default_rng(seed).random(n) < share).astype(int)
        case, returned = f"for {n} messages with accuracy {hits.mean():.3f}", tried(answer, hits)
        ends = (
            list(returned) if isinstance(returned, Iterable) and getattr(returned, "shape", None) != () else [returned]
        )
        if isinstance(returned, str | Mapping) or len(ends) != 2:
            raise NotYet(
                f"{case}: you return {shown(returned)}; two numbers are asked for, the lower end and the upper"
            )
        low, high = (number(case, value) for value in ends)
        wanted_low, wanted_high = stats.binom.ppf([0.025, 0.975], n, hits.mean()) / n
        allowed = 0.12 * (wanted_high - wanted_low) / 2
        if low > high:
            raise NotYet(f"{case}: your lower end {low:.4f} lies above the upper one {high:.4f}; return (low, high)")
        if not (abs(low - wanted_low) <= allowed and abs(high - wanted_high) <= allowed):  # nan is no end
            raise NotYet(
                f"{case} you give [{low:.4f}, {high:.4f}]; expected about "
                f"[{wanted_low:.4f}, {wanted_high:.4f}]. Draw as many messages as there are, with replacement, and cut "
                "off 2.5 % at each end"
            )
    return "your interval agrees with the exact one on three test sets."


@exercise(
    "01.5",
    "Write down that the margin equals 1.96 standard errors; n stands under the root.",
    "Square both sides of margin = 1.96 * sqrt(accuracy * (1 - accuracy) / n), then bring n to one side.",
)
def check_messages_needed(answer) -> str:
    """Compared with the formula; the Wilson interval or another good method may differ by a tenth."""
    for accuracy, margin in ((0.8, 0.05), (0.8, 0.025), (0.5, 0.03), (0.95, 0.02), (0.3, 0.1)):
        case = f"for accuracy {accuracy} and a margin of {margin}"
        found = number(case, tried(answer, accuracy, margin))
        wanted = accuracy * (1 - accuracy) * (1.96 / margin) ** 2
        if not 0.9 * wanted - 2 <= found <= 1.1 * wanted + 2:
            raise NotYet(
                f"{case} you say {found:.0f}, expected about "
                f"{wanted:.0f}. Set 1.96 standard errors equal to the margin and solve for n"
            )
    return "half the margin costs four times the messages."


@exercise(
    "01.6",
    "Count messages that only the first gets right, and messages that only the second gets right.",
    "stats.binomtest(only_first, only_first + only_second).pvalue; mind the case that both counts are 0.",
)
def check_paired_p(answer) -> str:
    """Compared with the helper on random methods, on two that never differ, and on counts that are level or not."""
    gold, same, _ = _random_labels(11, 50, agreement=0.6)
    compare("two methods that never differ", tried(answer, gold, same, same), 1.0, "Nothing tells them apart")
    compare("two that are always wrong", tried(answer, ["a"] * 4, ["b"] * 4, ["c"] * 4), 1.0, "Neither is ever right")
    for one, other in ((3, 3), (6, 0), (0, 6), (1, 0)):
        gold, first = ["a"] * (one + other + 5), ["a"] * one + ["b"] * other + ["a", "a", "b", "b", "b"]
        second = ["b"] * one + ["a"] * other + ["a", "a", "b", "b", "c"]
        wanted = statistics.mcnemar(gold, first, second).p_value
        case = f"only the first is right {one} times, only the second {other} times, both 2 times, neither 3 times"
        compare(case, tried(answer, gold, first, second), wanted)
    for seed in range(8):
        gold, first, second = _random_labels(seed, 60, agreement=0.3 + 0.08 * seed)
        second = second if seed % 2 else gold[:20] + second[20:]
        wanted = statistics.mcnemar(gold, first, second)
        case = f"only the first is right {wanted.only_first} times, only the second {wanted.only_second} times"
        compare(case, tried(answer, gold, first, second), wanted.p_value)
    return "equal to the exact test on random pairs of methods."
