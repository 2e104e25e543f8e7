"""What the checks of lesson 02 must refuse: plausible wrong answers, and cheats."""

import re

from helpers.lesson.checks.cases_02 import FITTING, SWAPPED
from helpers.lesson.checks.lesson_02 import FIRST, LABELS, NATURAL
from helpers.model.prompts import Prompt
from helpers.tasks import intents

_GOOD = {**SWAPPED, "refund_request": SWAPPED["product_inquiry"], "product_inquiry": SWAPPED["refund_request"]}

_FIELDS = {
    "order": {"type": "string", "pattern": "^LF-[0-9]{5}$"},
    "amount": {"type": "number", "minimum": 0},
    "reason": {"enum": ["unopened", "faulty", "late"]},
}


def _leaking_prompt() -> Prompt:
    solved = "\n".join(f"{message.text} -> {message.label}" for message in intents.read("test")[:6])
    return Prompt("leak", f"{solved}\n\n{{text}}\n\nWhat kind of message is this?", start="This is")


WRONG = {
    "02.1": {
        "str.format": lambda template, text: template.format(text=text),
        "re.sub": lambda template, text: re.sub(r"\{text\}", text, template),
        "replaces once": lambda template, text: template.replace("{text}", text, 1),
    },
    "02.2": {
        "as found": SWAPPED,
        "another pair": {**SWAPPED, "billing": SWAPPED["complaint"], "complaint": SWAPPED["billing"]},
    },
    "02.3": {
        "the first rung": (FIRST, {label: label for label in LABELS}),
        "no place": (Prompt("p", "What kind of message is this?", start="This is"), _GOOD),
    },
    "02.4": {
        "exact only": lambda text, labels: text.strip() if text.strip() in labels else None,
        "inside words": lambda text, labels: next(
            (label for label in labels if label.replace("_", " ") in text.lower().replace("_", " ")), None
        ),
    },
    "02.5": {
        "forgets the end": lambda sequences, written, end: {
            ids[len(written)] for ids in sequences if ids[: len(written)] == list(written) and len(ids) > len(written)
        },
        "ignores what is written": lambda sequences, written, end: {
            ids[len(written)] if len(ids) > len(written) else end for ids in sequences
        },
    },
    "02.6": {
        "nothing required": {"type": "object", "properties": _FIELDS, "additionalProperties": False},
        "open pattern": {
            "type": "object",
            "properties": {**_FIELDS, "order": {"type": "string", "pattern": "LF-[0-9]{5}"}},
            "required": list(_FIELDS),
            "additionalProperties": False,
        },
    },
}
CHEATS = {
    "02.1": {"the message alone": lambda template, text: text},
    "02.2": {"other phrases": {label: f" {label}" for label in LABELS}},
    "02.3": {
        "the lesson's own table": (NATURAL, _GOOD),
        "the lesson's own table, dressed up": (
            NATURAL,
            {label: f" {word}. ".upper() for label, word in _GOOD.items()},
        ),
        "test answers in the prompt": (_leaking_prompt(), _GOOD),
        "one label for all": (NATURAL, {label: f" {label} " + "x" * (9 * i) for i, label in enumerate(LABELS)}),
    },
    "02.4": {"always a label": lambda text, labels: labels[0]},
    "02.5": {"everything": lambda sequences, written, end: {end, *(t for ids in sequences for t in ids)}},
    "02.6": {"accepts all": {}, "lists three objects": {"enum": list(FITTING)[:2]}},
}
