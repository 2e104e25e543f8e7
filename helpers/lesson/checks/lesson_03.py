"""Checks of lesson 03, Few-shot, and its labs."""

import itertools

import numpy as np
from scipy.special import logsumexp

from helpers import statistics
from helpers.lesson.checks.places import compare_nearest
from helpers.lesson.exercises import NotYet, compare, compare_items, exercise, positions, shown, tried
from helpers.methods import baselines, few_shot
from helpers.tasks import files, intents


@exercise(
    "03.1",
    "A chat message is a dict: {'role': 'user', 'content': ...}. Each example gives two, user and assistant.",
    "Start with an empty list; for each example append the user's text and the assistant's label.",
)
def check_turns(answer) -> str:
    """Chats of zero to six examples: braces, spaces at the ends, empty texts and the same example twice among them."""
    pool = intents.read("dev")
    strange = [files.Message("a", " {text}\n", " a note "), files.Message("b", "", "Not My Account"), pool[0]]
    cases = ((0, "Where is it?"), (1, "{0}"), (2, ""), (5, " And {text}? "), (6, "<b>Why</b>\n"))
    for k, text in cases:
        examples = [*strange[: k // 2], *pool[: k - k // 2]]
        found, wanted = tried(answer, examples, text), few_shot.turns(examples, text)
        case = f"with {k} examples and the message {text!r}"
        if isinstance(found, dict | str):
            raise NotYet(f"{case}: you return one {type(found).__name__}; a list of chat messages is asked for")
        compare_items(case, found, wanted, "two for each example and one for the end")
    return "each example a solved turn, the open message last."


@exercise(
    "03.2",
    "zip(*prompts) hands over the first tokens of all prompts, then the second ones, and stops with the shortest.",
    "Count the places from the front until one holds two different tokens; what agrees after that does not count.",
)
def check_shared_start(answer) -> str:
    """Random prompts that part at some place and may agree again; none, one, two alike, one inside another."""
    rng = np.random.default_rng(33)
    cases: list[list[list[int]]] = [[], [[4, 5, 6]], [[7, 8]] * 3, [[1, 2], [1, 2, 3], [1, 2, 3, 4]], [[1], [2, 3]]]
    cases += [[[1, 2, 3, 9], [1, 2, 3, 9], [1, 5, 3, 9]], [[], [1, 2]]]
    for _ in range(30):
        start = rng.integers(0, 9, size=rng.integers(0, 12)).tolist()
        count = rng.integers(2, 6)
        tails = [[100 + i, *rng.integers(0, 3, size=rng.integers(0, 6)).tolist()] for i in range(count)]
        order = rng.permutation(count)
        cases.append([start + tails[i // 2 * 2] for i in order])
    for prompts in cases:
        alike = (len(set(column)) == 1 for column in zip(*prompts, strict=False))
        wanted = sum(1 for _ in itertools.takewhile(bool, alike))
        compare(f"for the prompts {prompts}", tried(answer, prompts), wanted)
    return "the front that all prompts share, up to the first difference."


@exercise(
    "03.3",
    "Turn each neutral row into shares that sum to one: exp, then divide by the row's sum.",
    "Average the shares over the neutral rows, take the logarithm, subtract it from every message's scores.",
)
def check_calibrated(answer) -> str:
    """Random scores: what is left may differ by a constant for each message, nothing else."""
    rng = np.random.default_rng(33)
    for rows, neutral_rows, labels in ((5, 1, 2), (40, 3, 6), (7, 20, 4), (1, 2, 3)):
        log_probs = rng.normal(-20, 5, size=(rows, labels))
        neutral = rng.normal(-20, 5, size=(neutral_rows, labels)) - np.arange(labels) * 2
        returned = tried(answer, log_probs, neutral)
        try:
            found = np.asarray(returned, dtype=float)
        except (TypeError, ValueError):
            raise NotYet(f"you return {shown(returned)}; a table of numbers is asked for") from None
        if found.shape != log_probs.shape:
            raise NotYet(f"for scores of shape {log_probs.shape} you return {found.shape}; one per message and label")
        told = f"messages: {rows}, neutral texts: {neutral_rows}; your row"
        if len(odd := np.argwhere(~np.isfinite(found))):
            raise NotYet(f"{told} {odd[0, 0]} is {found[odd[0, 0]].tolist()}; numbers are asked for")
        wanted = few_shot.calibrate(log_probs, neutral)
        if not _same_but_for_rows(found, wanted):
            at = next(i for i in range(rows) if not _same_but_for_rows(found[i : i + 1], wanted[i : i + 1]))
            right = wanted[at] - wanted[at, 0] + found[at, 0]
            raise NotYet(
                f"{told} {at} is {found[at].round(4).tolist()}; {right.round(4).tolist()} is right, but for a constant"
                f". {_what_went_wrong(found, log_probs, neutral)}"
            )
    return "the labels' own weight is gone, what the message says is left."


def _same_but_for_rows(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two tables differ by no more than a constant in each row."""
    return np.allclose((one - other) - (one - other)[:, :1], 0, atol=1e-4)  # single precision will do


def _what_went_wrong(found: np.ndarray, log_probs: np.ndarray, neutral: np.ndarray) -> str:
    shares = neutral - logsumexp(neutral, axis=1, keepdims=True)
    if _same_but_for_rows(found, log_probs):
        return "The scores come back as they were"
    if _same_but_for_rows(found, log_probs - shares.mean(axis=0)) and len(neutral) > 1:
        return "You average logarithms; average the shares, then take the logarithm"
    summed = logsumexp(neutral, axis=0) - np.log(len(neutral))
    if _same_but_for_rows(found, log_probs - summed) and len(neutral) > 1:
        return "Make each neutral row sum to one before you average: else the likeliest text counts most"
    return "A label that is likely after a neutral text must lose exactly the logarithm of its average share"


@exercise(
    "03.4",
    "For vectors of length one the cosine is the dot product: pool @ query gives one number per row.",
    "np.argsort sorts upward, so the last k positions are the nearest ones, nearest last. Mind k = 0.",
)
def check_nearest(answer) -> str:
    """Random unit vectors, compared with sorting; in some cases the query stands in the pool, or rows stand twice."""
    rng = np.random.default_rng(33)
    for size, k, inside in ((6, 1, False), (30, 4, True), (200, 16, False), (9, 9, True), (5, 0, False), (40, 3, True)):
        pool = rng.normal(size=(size, 12))
        pool /= np.linalg.norm(pool, axis=1, keepdims=True)
        if size in (30, 40):  # a third of the rows once more
            pool = np.concatenate([pool, pool[::3]])
        query = pool[size // 2] + rng.normal(scale=0.0 if inside else 0.3, size=12)
        query /= np.linalg.norm(query)
        found, case = positions(tried(answer, pool, query, k)), f"among {len(pool)} rows with k = {k}"
        turned = "the right rows, nearest first; the nearest should stand last, next to the open message"
        compare_nearest(case, found, pool @ query, k, turned, last=True)
    return "the nearest rows, nearest last."


@exercise(
    "03.5",
    "Bring both texts to one form first: lower case, single spaces. ' '.join(text.lower().split()) does it.",
    "Go through the prompts with enumerate(zip(shown, asked)), and keep the positions that match.",
)
def check_leaks(answer) -> str:
    """Prompts that show the asked message, in other letters and spaces too; and some that come close but do not."""
    pool = [message.text for message in intents.read("dev")[:12]]
    told = [  # what is asked, what is shown with it, whether that is a leak
        (pool[0], [pool[6], pool[0]], True),
        (pool[1].upper(), [pool[1]], True),
        (f"  {pool[2]} ", [pool[2], pool[7]], True),
        (pool[3], [pool[8]], False),
        (pool[4].replace(" ", "  "), [pool[9], pool[4], pool[4]], True),
        ("new", [], False),
        (pool[5][:-1], [pool[5]], False),
        (pool[10], [pool[10][:-1]], False),  # half of it is shown
        (pool[8], [pool[3], pool[0]], False),  # shown, but to another one
        ("I can not log in", ["I cannot log in"], False),  # a space inside is no extra space
        ("Yes, please.", ["Yes please"], False),
        ("can i pay now?", ["Can I pay now.", "can i pay pay now?"], False),
        ("Paid, but not shipped", ["shipped but not paid,", "Shipped, but not paid"], False),
        ("I cant log in", ["I can't log in"], False),
        ("Where is my résumé", ["Where is my resume", "Where is my rsum"], False),
        ("Please  call me", ["Then call me", f" {pool[2]}", "\nPLEASE   CALL  ME "], True),
        (pool[11], [pool[1], f" {pool[11].lower()}", pool[0]], True),
        (pool[6].replace(" ", "   "), [pool[6], pool[2]], True),
        (pool[0], [pool[6], pool[0]], True),  # the first once more
        (pool[0], [pool[6]], False),  # and once more, but not shown
    ]
    rng = np.random.default_rng(33)
    for rows in ([], told, told[::-1], [told[i] for i in rng.permutation(len(told))[:7]]):
        asked, shown = [row[0] for row in rows], [row[1] for row in rows]
        wanted = [i for i, row in enumerate(rows) if row[2]]
        found = positions(tried(answer, shown, asked))
        missed, extra = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
        if missed:
            raise NotYet(
                f"missed: the message {asked[missed[0]]!r}, at position {missed[0]}, is shown in {shown[missed[0]]!r}"
            )
        if extra and not 0 <= extra[0] < len(asked):
            raise NotYet(f"there is no position {extra[0]} among {len(asked)} messages")
        if extra:
            raise NotYet(
                f"no leak: the message {asked[extra[0]]!r}, at position {extra[0]}, is not among {shown[extra[0]]!r}"
            )
        if len(found) > len(wanted):
            raise NotYet(f"you name {found}; each position counts once")
    return "no message is shown its own answer."


@exercise(
    "03.6",
    "A dict from label to sum does it: weight[label] = weight.get(label, 0) + cosine.",
    "zip(labels, cosines) pairs them; max(weight, key=weight.get) is the label with the largest sum.",
)
def check_vote(answer) -> str:
    """Random neighbors, in lists and arrays: one to nine, in any order, some with cosines below zero."""
    rng = np.random.default_rng(33)
    for number in range(120):
        k = int(rng.integers(1, 10))
        labels = rng.choice(intents.LABELS[: int(rng.integers(1, 7))], size=k).tolist()
        cosines = rng.uniform(-0.2 if number % 3 else -1.0, 1.0 if number % 5 else 0.0, size=k)
        given = cosines if number % 2 else cosines.tolist()
        found, wanted = tried(answer, labels, given), baselines.vote(labels, cosines)
        if not isinstance(found, str):
            raise NotYet(f"you return {shown(found)}; one label is asked for")
        told = ", ".join(f"{label} {cosine:.2f}" for label, cosine in zip(labels, cosines, strict=True))
        compare(f"for {told}", found, wanted)
    return "near neighbors count more, and those that agree count together."


@exercise(
    "03.7",
    "np.array(hits, dtype=float) makes a table; .sum(axis=1) gives the row sums R, .sum(axis=0) the column sums C.",
    "k is the number of rows. Write the two halves of the fraction on two lines, and test the lower one for 0.",
)
def check_cochran_q(answer) -> str:
    """Random tables, of lists, arrays and booleans, with one side empty too."""
    rng = np.random.default_rng(33)
    tables = [np.ones((3, 5)), np.zeros((2, 4)), np.array([[1, 0, 1]] * 4)]
    tables += [rng.random((int(k), 30)) < rng.uniform(0.2, 0.8, size=(int(k), 1)) for k in rng.integers(2, 9, size=20)]
    for number, table in enumerate(tables):
        given = [table.tolist(), table.astype(int), table.astype(int).tolist()][number % 3]
        wanted = float(statistics.spread(table).q)
        compare(f"for {len(table)} measurements of {table.shape[1]} messages", tried(answer, given), wanted)
    return "unevenly spread hits make Q large, and messages that all judge alike add nothing."


@exercise(
    "03.8",
    "Go through zip(gold, predicted) twice: once over the pairs whose gold is the label, once over all the others.",
    "Divide each count by the number of pairs it was counted among, and return 0 where there are none.",
)
def check_recall_and_alarms(answer) -> str:
    """Random labels; also a label that nobody bears, and one that all do."""
    rng = np.random.default_rng(33)
    cases = [(["a"] * 4, list("abab"), "a"), (["a"] * 4, list("abab"), "b"), ([], [], "a"), (["b"], ["a"], "a")]
    for _ in range(30):
        n = int(rng.integers(2, 60))
        names = ["bill", "billing", "a bill"]  # labels that hold one another
        cases.append((rng.choice(names, n).tolist(), rng.choice(["bill", *names], n).tolist(), "bill"))
    for gold, predicted, label in cases:
        found, wanted = tried(answer, gold, predicted, label), statistics.recall_and_alarms(gold, predicted, label)
        case = f"for {len(gold)} messages, {gold.count(label)} of them {label!r}"
        compare_items(case, found, list(wanted), "recall first, then false alarms")
    return "recall among those that bear the label, alarms among the others."
