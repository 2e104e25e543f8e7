"""Checks of lesson 03, Few-shot."""

import numpy as np
from scipy.special import logsumexp

from helpers.lesson.exercises import NotYet, compare, compare_items, exercise, tried
from helpers.methods import few_shot
from helpers.tasks import files, intents


@exercise(
    "03.1",
    "A chat message is a dict: {'role': 'user', 'content': ...}. Each example gives two, user and assistant.",
    "Start with an empty list; for each example append the user's text and the assistant's label.",
)
def check_turns(answer) -> str:
    """Chats of zero to five examples, with braces and empty texts among them."""
    pool = intents.read("dev")
    strange = [files.Message("a", "{text}", "other"), files.Message("b", "", "billing")]
    for k, text in ((0, "Where is it?"), (1, "{0}"), (2, ""), (5, "And {text}?")):
        examples = [*strange[: k // 2], *pool[: k - k // 2]]
        found, wanted = tried(answer, examples, text), few_shot.messages("", examples, text)
        case = f"with {k} examples and the message {text!r}"
        compare_items(case, found, wanted, "two for each example and one for the end")
    return "each example a solved turn, the open message last."


@exercise(
    "03.2",
    "Each message's own tokens are always read. How often are the examples read?",
    "Without sharing the examples are read `count` times, with sharing once.",
)
def check_tokens_read(answer) -> str:
    """Random sizes, with and without sharing."""
    rng = np.random.default_rng(33)
    for _ in range(40):
        start, own, count = (int(x) for x in rng.integers(1, 900, size=3))
        for shared in (False, True):
            wanted = (start if shared else start * count) + own * count
            case = f"{count} messages of {own} tokens after {start} tokens of examples, shared={shared}"
            compare(case, tried(answer, start, own, count, shared), wanted)
    return "the examples are read once, or once for each message."


@exercise(
    "03.3",
    "Turn each neutral row into shares that sum to one: exp, then divide by the row's sum.",
    "Average the shares over the neutral rows, take the logarithm, subtract it from every message's scores.",
)
def check_calibrated(answer) -> str:
    """Random scores: what is left may differ by a constant for each message, nothing else."""
    rng = np.random.default_rng(33)
    for rows, neutral_rows, labels in ((5, 1, 2), (40, 3, 6), (7, 20, 4)):
        log_probs = rng.normal(-20, 5, size=(rows, labels))
        neutral = rng.normal(-20, 5, size=(neutral_rows, labels)) - np.arange(labels) * 2
        found = np.asarray(tried(answer, log_probs, neutral), dtype=float)
        if found.shape != log_probs.shape:
            raise NotYet(f"for scores of shape {log_probs.shape} you return {found.shape}; one per message and label")
        wanted = few_shot.calibrate(log_probs, neutral)
        if not _same_but_for_rows(found, wanted):
            raise NotYet(_what_went_wrong(found, log_probs, neutral))
    return "the labels' own weight is gone, what the message says is left."


def _same_but_for_rows(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two tables differ by no more than a constant in each row."""
    return np.allclose((one - other) - (one - other)[:, :1], 0, atol=1e-6)


def _what_went_wrong(found: np.ndarray, log_probs: np.ndarray, neutral: np.ndarray) -> str:
    shares = neutral - logsumexp(neutral, axis=1, keepdims=True)
    if _same_but_for_rows(found, log_probs):
        return "the scores come back as they were"
    if _same_but_for_rows(found, log_probs - shares.mean(axis=0)) and len(neutral) > 1:
        return "you average logarithms; average the shares, then take the logarithm"
    summed = logsumexp(neutral, axis=0) - np.log(len(neutral))
    if _same_but_for_rows(found, log_probs - summed) and len(neutral) > 1:
        return "make each neutral row sum to one before you average: else the likeliest text counts most"
    return "a label that is likely after a neutral text must lose exactly the logarithm of its average share"


@exercise(
    "03.4",
    "For vectors of length one the cosine is the dot product: pool @ query gives one number per row.",
    "np.argsort sorts upward, so the last k positions are the nearest ones, nearest last. Mind k = 0.",
)
def check_nearest(answer) -> str:
    """Random unit vectors, compared with sorting."""
    rng = np.random.default_rng(33)
    for size, k in ((6, 1), (30, 4), (200, 16), (9, 9), (5, 0)):
        pool = rng.normal(size=(size, 12))
        pool /= np.linalg.norm(pool, axis=1, keepdims=True)
        query = pool[0] + rng.normal(scale=0.3, size=12)
        query /= np.linalg.norm(query)
        wanted = few_shot.nearest_examples(pool, query[None], k)[0]
        found = [int(i) for i in tried(answer, pool, query, k)]
        if found == wanted[::-1] and k > 1:
            raise NotYet("the right rows, nearest first; the nearest should stand last, next to the open message")
        compare(f"among {size} rows with k = {k}", found, wanted)
    return "the nearest rows, nearest last."


@exercise(
    "03.5",
    "Bring both texts to one form first: lower case, single spaces. ' '.join(text.lower().split()) does it.",
    "Go through the prompts with enumerate(zip(shown, asked)), and keep the positions that match.",
)
def check_leaks(answer) -> str:
    """Prompts that show the asked message: as it is, in other letters, with other spaces; and some that do not."""
    pool = [message.text for message in intents.read("dev")[:12]]
    asked = [pool[0], pool[1].upper(), f"  {pool[2]} ", pool[3], pool[4].replace(" ", "  "), "new", pool[5][:-1]]
    shown = [[pool[6], pool[0]], [pool[1]], [pool[2], pool[7]], [pool[8]], [pool[9], pool[4]], [], [pool[5]]]
    wanted = [0, 1, 2, 4]
    found = sorted(int(i) for i in tried(answer, shown, asked))
    missed, extra = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
    if missed:
        raise NotYet(f"missed: the message {asked[missed[0]]!r} is shown in {shown[missed[0]]!r}")
    if extra:
        raise NotYet(f"no leak: the message {asked[extra[0]]!r} is not among {shown[extra[0]]!r}")
    return "no message is shown its own answer."
