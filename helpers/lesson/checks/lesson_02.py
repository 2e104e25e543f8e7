"""Checks of lesson 02, Prompting."""

import re
from collections.abc import Mapping
from functools import cache

import jsonschema
import numpy as np

from helpers import statistics
from helpers.lesson.checks import held_back
from helpers.lesson.checks.cases_02 import FILLS, FITTING, NAMED, OF_THE_LESSON, OTHER_NAMES, UNFITTING
from helpers.lesson.exercises import NotYet, compare, compare_items, exercise, number, plain, positions, shown, tried
from helpers.methods import structured
from helpers.model import catalogue
from helpers.model.language_model import LanguageModel
from helpers.model.prompts import Prompt
from helpers.tasks import files, intents

LABELS = intents.LABELS
PER_LABEL = 18
LONGEST_PROMPT = 1500
FIRST = Prompt("first rung", "{text}\n\nWhat kind of message is this?")
NATURAL = Prompt("natural answer", FIRST.user, start="This is")
NEW_WORDS = 3
TOKENS = (3, 33, 333)  # written one after the other, some of their sequences look alike
ENDS = (2, 0, 77)
LONGEST_WORDS = 60
NEARLY_ALIKE = ("bill", "billing", "Bill", "bill" * 2)
ADVICE = "Choose on the masked half, judge on the other; of equal tries take the first"


@cache
def _hits(model: str, system: str, user: str, start: str, words: tuple[str, ...]) -> tuple[bool, ...]:
    """Where a prompt and a table of words are right, of held-back messages."""
    prompt, rows = Prompt("held back", user, system, start=start), files.balanced(held_back.load_intents(), PER_LABEL)
    scores = LanguageModel.shared(model).score(prompt.of_each([row.text for row in rows]), words, progress=False)
    guesses = scores.renamed(LABELS).predictions
    return tuple(row.label == guess for row, guess in zip(rows, guesses, strict=True))


def _right(prompt: Prompt, words: Mapping[str, str]) -> tuple[bool, ...]:
    told = tuple(words[label] for label in LABELS)
    return _hits(catalogue.default(), prompt.system, prompt.user, prompt.start, told)


def _plain(word: str) -> str:
    return " ".join(re.sub(r"[_\W]+", " ", word.lower()).split())


def _need_words(words) -> None:
    if not isinstance(words, Mapping) or not all(isinstance(word, str) for word in words.values()):
        raise NotYet("the words must be a dict: label -> text")
    missing, extra = set(LABELS) - set(words), set(words) - set(LABELS)
    if missing or extra:
        raise NotYet(f"the table needs exactly the six labels; missing {sorted(missing)}, unknown {sorted(extra)}")
    empty = [label for label, word in words.items() if not word.strip()]
    if empty:
        raise NotYet(f"{', '.join(empty)} has no words; give it some that a person would say")
    long = next((label for label, word in words.items() if len(word) > LONGEST_WORDS), None)
    if long:
        raise NotYet(
            f"the words of {long} have {len(words[long])} letters; keep to {LONGEST_WORDS}, as a person would say it"
        )
    if len(set(words.values())) < len(LABELS):
        raise NotYet("two labels have the same words; the model could not tell them apart")


@exercise(
    "02.1",
    "You need no formatting: plain text methods are enough, and they do not look inside the message.",
    "template.split('{text}') gives the pieces around the places; a text can join pieces.",
)
def check_fill(answer) -> str:
    """Templates and messages with braces, backslashes and percent signs."""
    for template, text in FILLS:
        wanted = text.join(template.split("{text}"))
        found = tried(answer, template, text)
        if not isinstance(found, str):
            raise NotYet(f"a text is asked for; you return {shown(found)}")
        compare(f"template {template!r} with message {text!r}", found, wanted)
    return "whatever the customer writes stays as it is."


def _worth(hits: np.ndarray, halves: np.ndarray) -> float:
    """The definition, one half after the other."""
    found = []
    for half in halves:
        inside = [row[half].mean() for row in hits]
        found.append(hits[inside.index(max(inside))][~half].mean())
    return float(np.mean(found))


@exercise(
    "02.2",
    "For one mask: hits[:, half].mean(axis=1) is the accuracy of each try on the masked half; argmax finds the best.",
    "Judge that try by hits[best, ~half].mean(), and return the mean over all masks. Arrays make masks work.",
)
def check_search_honestly(answer) -> str:
    """Compared with the definition, on tries of luck and of skill, as arrays and as plain lists."""
    rng = np.random.default_rng(22)
    for tries, n, skill in ((6, 20, 0.0), (20, 60, 0.0), (9, 31, 0.3), (1, 8, 0.1), (24, 120, 0.4)):
        hits = (rng.random((tries, n)) < 0.2 + skill * rng.random((tries, 1))).astype(int)
        halves = np.array([rng.permutation(n) < n // 2 for _ in range(rng.integers(1, 12))])
        wanted, case = _worth(hits, halves), f"{tries} tries, {n} messages, {len(halves)} halves"
        for given in ((hits, halves), (hits.tolist(), halves.tolist())):
            kind = "lists" if isinstance(given[0], list) else "arrays"
            found = number(f"{case}, as {kind}", tried(answer, *given))
            seen = abs(found - hits.mean(axis=1).max()) < 1e-9
            advice = "That is what the best try shows where it was chosen" if seen else ADVICE
            compare(f"{case}, as {kind}", found, wanted, advice)
    return "the half that chooses never judges."


@exercise(
    "02.3",
    "Prompt(..., start='This is') begins the answer; my_words go on from there, each with a space in front.",
    "Try phrases that people really say after 'This is', short ones first, and compare whole tables by on_dev.",
)
def check_prompt(prompt, words) -> str:
    """More right than the bare question on the same held-back messages: the interval lies above zero."""
    if not isinstance(prompt, Prompt):
        raise NotYet(f"my_prompt must be a Prompt; it is a {type(prompt).__name__}")
    if "text" not in prompt.places:
        raise NotYet("the prompt has no place {text}, so the model never sees the message")
    _need_words(words)
    words = {plain(label): plain(word) for label, word in words.items()}
    whole = "\n".join((prompt.system, prompt.user, prompt.start))
    if len(whole) > LONGEST_PROMPT:
        raise NotYet(f"the prompt has {len(whole)} letters; keep to {LONGEST_PROMPT}. Examples are lesson 03's subject")
    told = f" {_plain(whole)} "
    for split in intents.SPLITS:
        if any(len(text) > 12 and f" {text} " in told for text in (_plain(row.text) for row in intents.read(split))):
            raise NotYet(f"the prompt holds a message of the {split} set; instructions only, here")
    known = {_plain(word) for word in (*OF_THE_LESSON.split(", "), *LABELS)}
    own = [word for word in words.values() if _plain(word) not in known]
    if len(own) < NEW_WORDS:
        raise NotYet(f"{len(own)} of your six words are your own; at least {NEW_WORDS} must be words that no table has")
    first, found = _right(FIRST, {label: label for label in LABELS}), _right(prompt, words)
    gain, share = statistics.compare_hits(first, found).difference, statistics.wilson_interval(sum(found), len(found))
    if gain.low <= 0:
        raise NotYet(
            f"{share} on held-back messages; yours minus the bare question {gain}. "
            "Let the answer begin with start='This is', and give words that a person would say next"
        )
    return f"{share} on held-back messages; yours minus the bare question {gain}."


@exercise(
    "02.4",
    "Bring text and labels to one form first: lower case, spaces for underscores.",
    r"re.search(rf'(?<!\w){re.escape(name)}(?!\w)', text) finds whole words. Count how many labels are named.",
)
def check_parse_label(answer) -> str:
    """Answers as models write them, and another list of labels."""
    cases = [(text, wanted, LABELS) for text, wanted in NAMED] + list(OTHER_NAMES)
    for text, wanted, labels in cases:
        for given in (list(labels), tuple(labels)):
            found = tried(answer, text, given, none_is_an_answer=True)
            compare(f"the text {text!r} with the labels {', '.join(labels)}", found, wanted)
    return "one label or none, never a guess."


@exercise(
    "02.5",
    "Which sequences begin with what is written? Only those can still be reached.",
    "Of each such sequence take the token at position len(written), or `end` if there is none.",
)
def check_allowed(answer) -> str:
    """Random label sets with shared beginnings, compared with walking through them."""
    rng = np.random.default_rng(5)
    for end in ENDS * 20:
        tokens = TOKENS if end == 0 else (0, *TOKENS)
        sequences = [rng.choice(tokens, size=rng.integers(1, 5)).tolist() for _ in range(rng.integers(1, 6))]
        known = sequences[rng.integers(len(sequences))]
        written = (
            known[: rng.integers(0, len(known) + 1)] if rng.random() < 0.8 else rng.choice([*tokens, 6], 2).tolist()
        )
        wanted = {[*ids, end][len(written)] for ids in sequences if ids[: len(written)] == written}
        case = f"labels {sequences}, written {written}, end {end}"
        compare(case, set(positions(tried(answer, sequences, written, end), "tokens")), wanted)
    return "only what can still become a label."


@exercise(
    "02.6",
    "The parts are 'type', 'properties', 'required' and 'additionalProperties'.",
    "A pattern is searched anywhere in the text unless ^ and $ tie it to the ends.",
    "'pattern' judges only texts, 'minimum' only numbers: a value of another type passes both, so each needs a 'type'.",
)
def check_schema(answer) -> str:
    """Objects that must fit, objects that must not, and use as a constraint."""
    if not isinstance(answer, dict):
        raise NotYet("refund_schema must be a dict")
    try:
        structured.grammar(answer)
    except structured.SchemaError as error:
        raise NotYet(str(error)) from None
    for value in FITTING:
        found = structured.problems(value, answer)
        if found:
            raise NotYet(f"{value} should fit, and your schema says: {found[0]}")
    for value, what in UNFITTING:
        if jsonschema.Draft202012Validator(answer).is_valid(value):
            raise NotYet(f"your schema lets {what} pass: {value}")
    return "what should fit fits, and nothing else."


@exercise(
    "02.7",
    "For one id, collect the numbers after: [hit for other, hit in after if other == id].",
    "Its loss is the number before minus the mean of those; skip an id that has none. Keep the order of `before`.",
)
def check_losses(answer) -> str:
    """Compared with the definition on random hits: unequal numbers of channels, strangers, ids that come mixed."""
    rng = np.random.default_rng(27)
    for n, channels in ((1, 1), (5, 4), (12, 3), (40, 4)):
        ids = [f"test-{number:03}" for number in rng.permutation(n)]
        before = {id: int(rng.integers(2)) for id in ids}
        gone = set(ids[1::5])
        after = [
            (id, int(rng.integers(2))) for id in ids for _ in range(rng.integers(1, channels + 1)) if id not in gone
        ]
        after = [after[i] for i in rng.permutation(len(after))] + [("test-999", 1)] * (n > 5)
        wanted = []
        for id in ids:
            later = [hit for other, hit in after if other == id]
            wanted += [before[id] - sum(later) / len(later)] if later else []
        found = tried(answer, before, after)
        compare_items(f"{n} messages", found, wanted, "one for each message that has an answer after")
    return "each message is compared with itself, and counts once."


@exercise(
    "02.8",
    "For each message look at the labels of all runs: zip(*runs) gives them message by message.",
    "A message is steady if the set of its labels has one member. Divide their number by the number of messages.",
)
def check_steady(answer) -> str:
    """Compared with the definition, for two and more runs."""
    rng = np.random.default_rng(28)
    for runs, n in ((2, 5), (3, 12), (10, 30), (1, 4)):
        said = [rng.choice(NEARLY_ALIKE, n, p=[0.85, 0.05, 0.05, 0.05]).tolist() for _ in range(runs)]
        wanted = sum(len(set(labels)) == 1 for labels in zip(*said, strict=True)) / n
        case = f"{runs} runs of {n} messages"
        compare(case, tried(answer, said), float(wanted), "All runs must agree on a message")
    return "what all runs agree on."
