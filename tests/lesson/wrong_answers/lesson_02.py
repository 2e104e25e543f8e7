"""What the checks of lesson 02 must refuse: plausible wrong answers, and cheats."""

import re

import numpy as np

from helpers.lesson.checks.cases_02 import FITTING
from helpers.lesson.checks.lesson_02 import FIRST, LABELS, NATURAL
from helpers.methods import structured
from helpers.model.prompts import Prompt
from helpers.tasks import intents

_GOOD = {label: f" {words}" for label, words in intents.WORDS.items()}

_REASONS = ("unopened", "faulty", "late")
_FIELDS = {
    "order": {"type": "string", "pattern": "^LF-[0-9]{5}$"},
    "amount": {"type": "number", "minimum": 0},
    "reason": {"enum": list(_REASONS)},
}


def _order(pattern: str) -> dict:
    return {"type": "string", "pattern": pattern}


def _refund(required=tuple(_FIELDS), **fields) -> dict:
    """The right schema of a refund, with other rules for some fields, or not all of them required."""
    properties = {**_FIELDS, **fields}
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def _leaking_prompt() -> Prompt:
    solved = "\n".join(f"{message.text} -> {message.label}" for message in intents.read("test")[:6])
    return Prompt("leak", f"{solved}\n\n{{text}}\n\nWhat kind of message is this?", start="This is")


def _searched(hits, halves, chosen_on, judged_on):
    hits, halves = np.asarray(hits, dtype=float), np.asarray(halves, dtype=bool)
    return np.mean([hits[hits[:, chosen_on(half)].mean(axis=1).argmax(), judged_on(half)].mean() for half in halves])


def _only(names):
    names = list(names)
    return names[0] if len(names) == 1 else None


def _lost(before, after):
    later = {id: [hit for other, hit in after if other == id] for id in before}
    return [hit - np.mean(later[id]) for id, hit in before.items() if later[id]]


def _next(sequences, written, end):
    return {[*ids, end][len(written)] for ids in sequences if ids[: len(written)] == list(written)}


class Unlike(str):
    """Words that are others as soon as they are brought into small letters."""

    def lower(self):
        return "my own"


def _until_none_is_left(template, text):
    while "{text}" in template:
        template = template.replace("{text}", text, 1)
    return template


def _short_labels_too(sequences, written, end):
    going = [ids for ids in sequences if all(a == b for a, b in zip(ids, written, strict=False))]
    return {ids[len(written)] if len(ids) > len(written) else end for ids in going}


def _plain_words(text):
    return re.sub(r"[^a-z0-9+]+", " ", text.lower()).strip()


WRONG = {
    "02.1": {
        "a loop until none is left": _until_none_is_left,
        "in any letters": lambda template, text: re.sub(r"\{text\}", lambda _: text, template, flags=re.I),
        "line ends made alike": lambda template, text: "\n".join(template.replace("{text}", text).splitlines()),
        "through %": lambda template, text: template.replace("{text}", "%s") % text,
        "double braces": lambda template, text: template.replace("{text}", text).replace("{{", "{").replace("}}", "}"),
        "escaped": lambda template, text: template.replace("{text}", repr(text)[1:-1]),
        "str.format": lambda template, text: template.format(text=text),
        "re.sub": lambda template, text: re.sub(r"\{text\}", text, template),
        "replaces once": lambda template, text: template.replace("{text}", text, 1),
        "trims the message": lambda template, text: template.replace("{text}", text.strip()),
        "trims the result": lambda template, text: template.replace("{text}", text).strip(),
        "until none is left": lambda template, text: template.replace("{text}", text).replace("{text}", text),
        "in a list": lambda template, text: [template.replace("{text}", text)],
    },
    "02.2": {
        "the best single half": lambda hits, halves: max(
            _searched(hits, [half], lambda half: half, lambda half: ~half) for half in halves
        ),
        "the median half": lambda hits, halves: np.median(
            [_searched(hits, [half], lambda half: half, lambda half: ~half) for half in halves]
        ),
        "the luck and not the worth": lambda hits, halves: (
            np.asarray(hits).mean(axis=1).max() - _searched(hits, halves, lambda half: half, lambda half: ~half)
        ),
        "in percent": lambda hits, halves: 100 * _searched(hits, halves, lambda half: half, lambda half: ~half),
        "judges where it chose": lambda hits, halves: _searched(hits, halves, lambda half: half, lambda half: half),
        "judges on all": lambda hits, halves: _searched(hits, halves, lambda half: half, lambda half: half | ~half),
        "chooses on all": lambda hits, halves: _searched(hits, halves, lambda half: half | ~half, lambda half: ~half),
        "halves the wrong way round": lambda hits, halves: _searched(
            hits, halves, lambda half: ~half, lambda half: half
        ),
        "the first half alone": lambda hits, halves: _searched(hits, halves[:1], lambda half: half, lambda half: ~half),
        "the figure as a text": lambda hits, halves: str(
            _searched(hits, halves, lambda half: half, lambda half: ~half)
        ),
        "a figure for each half": lambda hits, halves: [
            _searched(hits, [half], lambda half: half, lambda half: ~half) for half in halves
        ],
        "the last among equals": lambda hits, halves: _searched(
            np.asarray(hits)[::-1], halves, lambda half: half, lambda half: ~half
        ),
    },
    "02.3": {
        "the first rung": (FIRST, {label: label for label in LABELS}),
        "no place": (Prompt("p", "What kind of message is this?", start="This is"), _GOOD),
        "words that say nothing": (NATURAL, {label: f" thing {i}" for i, label in enumerate(LABELS)}),
        "two labels alike": (NATURAL, {**_GOOD, "billing": _GOOD["complaint"]}),
        "a label without words": (NATURAL, {**_GOOD, "billing": " "}),
    },
    "02.4": {
        "ends of words in ASCII": lambda text, labels: _only(
            label
            for label in labels
            if f" {label.lower().replace('_', ' ')} " in f" {_plain_words(text.replace('_', ' '))} "
        ),
        "the text None": lambda text, labels: structured.find_label(text, labels) or "None",
        "in small letters": lambda text, labels: (structured.find_label(text, labels) or "").lower() or None,
        "with a space": lambda text, labels: (structured.find_label(text, labels) or "").replace("_", " ") or None,
        "a list of one": lambda text, labels: (found := structured.find_label(text, labels)) and [found],
        "its position": lambda text, labels: (
            None if (found := structured.find_label(text, labels)) is None else labels.index(found)
        ),
        "exact only": lambda text, labels: text.strip() if text.strip() in labels else None,
        "inside words": lambda text, labels: next(
            (label for label in labels if label.replace("_", " ") in text.lower().replace("_", " ")), None
        ),
        "the one inside words": lambda text, labels: _only(
            label for label in labels if label.replace("_", " ") in text.lower().replace("_", " ")
        ),
        "signs read as a pattern": lambda text, labels: _only(
            label
            for label in labels
            if re.search(rf"(?<!\w){label.lower().replace('_', ' ')}(?!\w)", text.lower().replace("_", " "))
        ),
        "words by spaces": lambda text, labels: _only(label for label in labels if label in text.lower().split()),
        "the first of several": lambda text, labels: next(
            (label for label in labels if structured.find_label(text, [label])), None
        ),
        "the first line": lambda text, labels: structured.find_label(text.strip().split("\n")[0], labels),
        "the last line": lambda text, labels: structured.find_label(text.strip().split("\n")[-1], labels),
        "the first forty letters": lambda text, labels: structured.find_label(text[:40], labels),
        "underscores only": lambda text, labels: _only(
            label for label in labels if re.search(rf"\b{re.escape(label)}\b", text.lower())
        ),
    },
    "02.5": {
        "labels shorter than what is written": _short_labels_too,
        "the end comes always": lambda sequences, written, end: _next(sequences, written, end) | {end},
        "whole sequences": lambda sequences, written, end: [
            ids for ids in sequences if ids[: len(written)] == list(written)
        ],
        "the rest of each": lambda sequences, written, end: [
            ids[len(written) :] for ids in sequences if ids[: len(written)] == list(written)
        ],
        "forgets the end": lambda sequences, written, end: {
            ids[len(written)] for ids in sequences if ids[: len(written)] == list(written) and len(ids) > len(written)
        },
        "ignores what is written": lambda sequences, written, end: {
            ids[len(written)] if len(ids) > len(written) else end for ids in sequences
        },
        "written as one text": lambda sequences, written, end: {
            [*ids, end][len(written)]
            for ids in sequences
            if len(ids) >= len(written) and "".join(map(str, ids)).startswith("".join(map(str, written)))
        },
        "the first that fits": lambda sequences, written, end: next(
            ({[*ids, end][len(written)]} for ids in sequences if ids[: len(written)] == list(written)), set()
        ),
        "ends only where nothing goes on": lambda sequences, written, end: (
            {ids[len(written)] for ids in sequences if ids[: len(written)] == list(written) and len(ids) > len(written)}
            or {end}
        ),
        "the end token of one model": lambda sequences, written, end: {
            2 if token == end else token for token in _next(sequences, written, end)
        },
        "0 is no token": lambda sequences, written, end: {t for t in _next(sequences, written, end) if t},
        "0 is no end": lambda sequences, written, end: {t for t in _next(sequences, written, end) if t or t != end},
        "no token above 50": lambda sequences, written, end: {
            t for t in _next(sequences, written, end) if t != end or t < 50
        },
        "looks at the last token alone": lambda sequences, written, end: {
            [*ids, end][i + 1] for ids in sequences for i, token in enumerate(ids) if [token] == list(written)[-1:]
        },
    },
    "02.6": {
        "nothing required": _refund(required=[]),
        "the reason alone is required": _refund(required=["reason"]),
        "the order is not required": _refund(required=["amount", "reason"]),
        "the amount is not required": _refund(required=["order", "reason"]),
        "the reason is not required": _refund(required=["order", "amount"]),
        "further fields pass": {"type": "object", "properties": _FIELDS, "required": list(_FIELDS)},
        "a text passes, too": {**_refund(), "type": ["object", "string"]},
        "a limit that nobody reaches": _refund(amount={"type": "number", "minimum": 0, "maximum": 1e15}),
        "open pattern": _refund(order=_order("LF-[0-9]{5}")),
        "open at the start": _refund(order=_order("LF-[0-9]{5}$")),
        "open at the end": _refund(order=_order("^LF-[0-9]{5}")),
        "tied to a line": _refund(order=_order("(?m)^LF-[0-9]{5}$")),
        "five signs": _refund(order=_order("^LF-.{5}$")),
        "five letters or digits": _refund(order=_order("^LF-[0-9a-z]{5}$")),
        "any number of digits": _refund(order=_order("^LF-[0-9]+$")),
        "up to five digits": _refund(order=_order("^LF-[0-9]{1,5}$")),
        "any two letters": _refund(order=_order("^[A-Z]{2}-[0-9]{5}$")),
        "small letters pass": _refund(order=_order("^(LF|lf)-[0-9]{5}$")),
        "the dash may be missing": _refund(order=_order("^LF-?[0-9]{5}$")),
        "any sign for the dash": _refund(order=_order("^LF.[0-9]{5}$")),
        "a space may stand before": _refund(order=_order("^ *LF-[0-9]{5}$")),
        "the length alone": _refund(order={"type": "string", "minLength": 8, "maxLength": 8}),
        "an order of any type": _refund(order={"pattern": "^LF-[0-9]{5}$"}),
        "no order passes as null": _refund(order={"type": ["string", "null"], "pattern": "^LF-[0-9]{5}$"}),
        "amounts below zero": _refund(amount={"type": "number"}),
        "amounts a little below zero": _refund(amount={"type": "number", "exclusiveMinimum": -1}),
        "an amount of any type": _refund(amount={"minimum": 0}),
        "an amount or null": _refund(amount={"type": ["number", "null"], "minimum": 0}),
        "an amount or true": _refund(amount={"type": ["number", "boolean"], "minimum": 0}),
        "whole amounts alone": _refund(amount={"type": "integer", "minimum": 0}),
        "amounts above zero": _refund(amount={"type": "number", "exclusiveMinimum": 0}),
        "amounts up to a million": _refund(amount={"type": "number", "minimum": 0, "maximum": 1_000_000}),
        "amounts in quarters": _refund(amount={"type": "number", "minimum": 0, "multipleOf": 0.25}),
        "amounts hardly below zero": _refund(amount={"type": "number", "minimum": -0.001}),
        "amounts up to 200": _refund(amount={"type": "number", "minimum": 0, "maximum": 200}),
        "any text as a reason": _refund(reason={"type": "string"}),
        "a fourth reason": _refund(reason={"enum": [*_REASONS, "other"]}),
        "a reason or null": _refund(reason={"enum": [*_REASONS, None]}),
        "capitals in a reason": _refund(reason={"enum": [*_REASONS, *map(str.title, _REASONS)]}),
        "a reason in a text": _refund(reason={"type": "string", "pattern": "|".join(_REASONS)}),
    },
    "02.7": {
        "the median of the channels": lambda before, after: [
            hit - np.median(found)
            for id, hit in before.items()
            if (found := [later for other, later in after if other == id])
        ],
        "over four channels": lambda before, after: [
            hit - sum(found) / 4
            for id, hit in before.items()
            if (found := [later for other, later in after if other == id])
        ],
        "losses alone": lambda before, after: [max(0, loss) for loss in _lost(before, after)],
        "without a sign": lambda before, after: [abs(loss) for loss in _lost(before, after)],
        "by id": lambda before, after: dict(zip(before, _lost(before, after), strict=False)),
        "their mean": lambda before, after: np.mean(_lost(before, after)),
        "in the order of after": lambda before, after: [
            _lost({id: before[id]}, after)[0] for id in dict.fromkeys(id for id, _ in after) if id in before
        ],
        "all channels in one": lambda before, after: [
            hit - np.mean([later for _, later in after]) for hit in before.values()
        ],
        "the first channel alone": lambda before, after: [
            hit - next(later for other, later in after if other == id)
            for id, hit in before.items()
            if id in dict(after)
        ],
        "a gain for a loss": lambda before, after: [-loss for loss in _lost(before, after)],
        "a loss for each channel": lambda before, after: [before[id] - hit for id, hit in after if id in before],
        "zero where none is after": lambda before, after: [
            hit - (np.mean(found) if (found := [later for other, later in after if other == id]) else hit)
            for id, hit in before.items()
        ],
        "sorted by id": lambda before, after: _lost(dict(sorted(before.items())), after),
    },
    "02.8": {
        "labels as one text": lambda runs: np.mean(
            [len(set("".join(labels))) == 1 for labels in zip(*runs, strict=True)]
        ),
        "labels that begin alike": lambda runs: np.mean(
            [len({label[:4] for label in labels}) == 1 for labels in zip(*runs, strict=True)]
        ),
        "small letters": lambda runs: np.mean(
            [len({label.lower() for label in labels}) == 1 for labels in zip(*runs, strict=True)]
        ),
        "messages for runs": lambda runs: np.mean([len(set(labels)) == 1 for labels in runs]),
        "over the runs": lambda runs: sum(len(set(labels)) == 1 for labels in zip(*runs, strict=True)) / len(runs),
        "more than half of the runs": lambda runs: np.mean(
            [max(map(labels.count, labels)) > len(runs) / 2 for labels in zip(*runs, strict=True)]
        ),
        "neighbors alone": lambda runs: np.mean([a == b for a, b in zip(runs[0], runs[-1], strict=True)]),
        "the share of pairs": lambda runs: np.mean(
            [[a == b for a, b in zip(runs[0], run, strict=True)] for run in runs]
        ),
        "a text": lambda runs: str(np.mean([len(set(labels)) == 1 for labels in zip(*runs, strict=True)])),
        "how many": lambda runs: sum(len(set(labels)) == 1 for labels in zip(*runs, strict=True)),
        "the share that moves": lambda runs: np.mean([len(set(labels)) > 1 for labels in zip(*runs, strict=True)]),
    },
}
CHEATS = {
    "02.1": {
        "the message alone": lambda template, text: text,
        "the template alone": lambda template, text: template,
    },
    "02.2": {
        "the best on all": lambda hits, halves: np.asarray(hits).mean(axis=1).max(),
        "the mean of all tries": lambda hits, halves: np.mean(hits),
        "one number": lambda hits, halves: 0.5,
    },
    "02.3": {
        "the lesson's own table": (NATURAL, _GOOD),
        "the lesson's own table, dressed up": (
            NATURAL,
            {label: f" {word}. ".upper() for label, word in _GOOD.items()},
        ),
        "the lesson's own table, in a kind of text": (NATURAL, {label: Unlike(word) for label, word in _GOOD.items()}),
        "test answers in the prompt": (_leaking_prompt(), _GOOD),
        "one label for all": (NATURAL, {label: f" {label} " + "x" * (9 * i) for i, label in enumerate(LABELS)}),
    },
    "02.4": {
        "always a label": lambda text, labels: labels[0],
        "never a label": lambda text, labels: "" if text else None,
    },
    "02.5": {
        "everything": lambda sequences, written, end: {end, *(t for ids in sequences for t in ids)},
        "always the end": lambda sequences, written, end: {end},
        "nothing": lambda sequences, written, end: set(),
    },
    "02.6": {
        "a pattern without a dash of its own": _refund(order=_order("^LF[-–][0-9]{5}$")),
        "accepts all": {},
        "lists three objects": {"enum": list(FITTING)[:2]},
    },
    "02.7": {
        "no loss": lambda before, after: [0.0] * len(before),
        "what was before": lambda before, after: list(before.values()),
    },
    "02.8": {"all": lambda runs: 1.0, "none": lambda runs: 0},
}
