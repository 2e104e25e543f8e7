"""Checks of lesson 02, Prompting."""

import re
from collections.abc import Mapping
from functools import cache

import jsonschema
import numpy as np

from helpers import statistics
from helpers.lesson.checks import held_back
from helpers.lesson.checks.cases_02 import FILLS, FITTING, NAMED, OF_THE_LESSON, SWAPPED, UNFITTING
from helpers.lesson.exercises import NotYet, compare, exercise, tried
from helpers.methods import structured
from helpers.model import catalogue
from helpers.model.language_model import LanguageModel
from helpers.model.prompts import Prompt
from helpers.tasks import files, intents

LABELS = intents.LABELS
PER_LABEL = 15
MORE_THAN_FIRST = 0.08
MORE_THAN_SWAPPED = 0.10
LONGEST_PROMPT = 1500
FIRST = Prompt("first rung", "{text}\n\nWhat kind of message is this?")
NATURAL = Prompt("natural answer", FIRST.user, start="This is")
NEW_WORDS = 3


def _rows() -> list:
    return files.balanced(held_back.load_intents(), PER_LABEL)


def _accuracy(prompt: Prompt, words: Mapping[str, str]) -> statistics.Interval:
    """Accuracy of a prompt and a table of label words on held-back messages."""
    told = tuple(words[label] for label in LABELS)
    return _measured(catalogue.default(), prompt.system, prompt.user, prompt.start, told)


@cache
def _measured(model: str, system: str, user: str, start: str, words: tuple[str, ...]) -> statistics.Interval:
    prompt, rows = Prompt("held back", user, system, start=start), _rows()
    scores = LanguageModel.shared(model).score([prompt.messages(row.text) for row in rows], words, progress=False)
    return statistics.accuracy_interval([row.label for row in rows], scores.renamed(LABELS).predictions)


def _plain(word: str) -> str:
    return " ".join(re.sub(r"[_\W]+", " ", word.lower()).split())


def _need_words(words) -> None:
    if not isinstance(words, Mapping) or not all(isinstance(word, str) for word in words.values()):
        raise NotYet("the words must be a dict: label -> text")
    missing, extra = set(LABELS) - set(words), set(words) - set(LABELS)
    if missing or extra:
        raise NotYet(f"the table needs exactly the six labels; missing {sorted(missing)}, unknown {sorted(extra)}")
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
        compare(f"template {template!r} with message {text!r}", tried(answer, template, text), wanted)
    return "whatever the customer writes stays as it is."


@exercise(
    "02.2",
    "Read each row of the matrix: in which column does it have its largest count?",
    "Refund requests end up in product_inquiry, and product inquiries in refund_request. Look at their words.",
)
def check_mended(answer) -> str:
    """The mended table must do clearly better on held-back messages."""
    _need_words(answer)
    if not set(answer.values()) <= set(SWAPPED.values()):
        raise NotYet("keep the phrases of the table; only their places are wrong")
    before, after = _accuracy(NATURAL, SWAPPED), _accuracy(NATURAL, answer)
    if after.estimate < before.estimate + MORE_THAN_SWAPPED:
        raise NotYet(
            f"the table as found gets {before}, yours {after}. Look for two rows of the matrix whose largest counts "
            "lie in each other's column"
        )
    return f"from {before} to {after} on held-back messages."


@exercise(
    "02.3",
    "Prompt(..., start='This is') begins the answer; my_words go on from there, each with a space in front.",
    "Try phrases that are common in English after 'This is', such as ' a bug report'. Compare tables on dev.",
)
def check_prompt(prompt, words) -> str:
    """Accuracy on held-back messages, against the first rung."""
    if not isinstance(prompt, Prompt):
        raise NotYet(f"my_prompt must be a Prompt; it is a {type(prompt).__name__}")
    if "text" not in prompt.places:
        raise NotYet("the prompt has no place {text}, so the model never sees the message")
    _need_words(words)
    whole = "\n".join((prompt.system, prompt.user, prompt.start))
    if len(whole) > LONGEST_PROMPT:
        raise NotYet(f"the prompt has {len(whole)} letters; keep to {LONGEST_PROMPT}. Examples are lesson 03's subject")
    for split in intents.SPLITS:
        if any(len(message.text) > 12 and message.text in whole for message in intents.read(split)):
            raise NotYet(f"the prompt holds a message of the {split} set; instructions only, here")
    known = {_plain(word) for word in (*OF_THE_LESSON.split(", "), *LABELS)}
    own = [word for word in words.values() if _plain(word) not in known]
    if len(own) < NEW_WORDS:
        raise NotYet(f"{len(own)} of your six words are your own; at least {NEW_WORDS} must be words that no table has")
    first, found = _accuracy(FIRST, {label: label for label in LABELS}), _accuracy(prompt, words)
    if found.estimate < first.estimate + MORE_THAN_FIRST:
        raise NotYet(
            f"{found} on held-back messages; the first rung gets {first}, and {MORE_THAN_FIRST:.2f} more are asked. "
            "Let the answer begin with start='This is', and give words that a person would say next"
        )
    return f"{found} on held-back messages, where the first rung gets {first}."


@exercise(
    "02.4",
    "Bring text and labels to one form first: lower case, spaces for underscores.",
    r"re.search(rf'\b{re.escape(name)}\b', text) finds whole words. Count how many labels are named.",
)
def check_parse_label(answer) -> str:
    """Answers as models write them, and another list of labels."""
    others = ["cat", "hot_dog"]
    cases = [(text, wanted, list(LABELS)) for text, wanted in NAMED]
    for text, wanted, labels in (*cases, ("A hot dog", "hot_dog", others), ("billing", None, others)):
        compare(f"the text {text!r} with the labels {', '.join(labels)}", answer(text, list(labels)), wanted)
    return "one label or none, never a guess."


@exercise(
    "02.5",
    "Which sequences begin with what is written? Only those can still be reached.",
    "Of each such sequence take the token at position len(written), or `end` if there is none.",
)
def check_allowed(answer) -> str:
    """Random label sets with shared beginnings, compared with walking through them."""
    rng = np.random.default_rng(5)
    for _ in range(60):
        sequences = [rng.integers(3, 6, size=rng.integers(1, 5)).tolist() for _ in range(rng.integers(1, 6))]
        known = sequences[rng.integers(len(sequences))]
        written = known[: rng.integers(0, len(known) + 1)] if rng.random() < 0.8 else rng.integers(3, 7, 2).tolist()
        wanted = {[*ids, 2][len(written)] for ids in sequences if ids[: len(written)] == written}
        case = f"labels {sequences}, written {written}, end 2"
        compare(case, set(tried(answer, sequences, written, 2)), wanted)
    return "only what can still become a label."


@exercise(
    "02.6",
    "The parts are 'type', 'properties', 'required' and 'additionalProperties'.",
    "A pattern is searched anywhere in the text unless ^ and $ tie it to the ends.",
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
