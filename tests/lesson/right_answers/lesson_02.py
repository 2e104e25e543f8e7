"""What the checks of lesson 02 must accept beside the solutions: the same thing in other shapes."""

import json
import re
from collections import UserDict, defaultdict
from types import MappingProxyType

import numpy as np

from helpers.methods import structured, wording
from helpers.model.prompts import Prompt

QUESTION = "{text}\n\nWhat kind of message is this?"
_DEFAULT = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
_FIELDS = {
    "order": {"type": "string", "pattern": "^LF-[0-9]{5}$"},
    "amount": {"type": "number", "minimum": 0},
    "reason": {"type": "string", "enum": ["late", "faulty", "unopened"]},
}
_SCHEMA = {"type": "object", "properties": _FIELDS, "required": list(_FIELDS), "additionalProperties": False}
_WORDS = {
    "billing": " a question about a bill",
    "technical_support": " a bug report",
    "refund_request": " a request for a refund",
    "product_inquiry": " a product inquiry",
    "complaint": " a review",
    "other": " another kind of message",
}


def _by_hand(template, text):
    out, at = [], 0
    while (place := template.find("{text}", at)) >= 0:
        out += [template[at:place], text]
        at = place + len("{text}")
    return "".join([*out, template[at:]])


def _by_recursion(template, text):
    before, place, after = template.partition("{text}")
    return before + (text + _by_recursion(after, text) if place else "")


def _honest_loop(hits, halves):
    total = 0
    for half in halves:
        inside = [sum(hit for hit, chosen in zip(row, half, strict=True) if chosen) for row in hits]
        outside = [hit for hit, chosen in zip(hits[inside.index(max(inside))], half, strict=True) if not chosen]
        total += sum(outside) / len(outside)
    return total / len(halves)


def _honest_at_once(hits, halves):
    hits, halves = np.array(hits, dtype=float), np.array(halves, dtype=float)
    best = (halves @ hits.T).argmax(axis=1)
    return ((hits[best] * (1 - halves)).sum(axis=1) / (1 - halves).sum(axis=1)).mean()


def _walked(sequences, written, end):
    found = set()
    for ids in sequences:
        if len(ids) >= len(written) and all(a == b for a, b in zip(ids, written, strict=False)):
            found.add(ids[len(written)] if len(ids) > len(written) else end)
    return found


def _tree(sequences, written, end):
    root = {}
    for ids in sequences:
        node = root
        for token in [*ids, end]:
            node = node.setdefault(token, {})
    for token in written:
        node = root = root.get(token, {})
    return list(root)


def _grouped(before, after):
    later = defaultdict(list)
    for id, hit in after:
        later[id].append(hit)
    return {id: before[id] - sum(later[id]) / len(later[id]) for id in before if id in later}


def _parts(text, labels):
    words = " ".join(re.split(r"[^\w+]+", text.lower().replace("_", " ")))
    named = [label for label in labels if f" {label.lower().replace('_', ' ')} " in f" {words} "]
    return named[0] if len(named) == 1 else None


RIGHT = {
    "02.1": {
        "replace": lambda template, text: template.replace("{text}", text),
        "a function for re.sub": lambda template, text: re.sub("[{]text[}]", lambda _: text, template),
        "format of the pieces": lambda template, text: (
            "{}" * (2 * len(pieces := template.split("{text}")) - 1)
        ).format(*[part for piece in pieces for part in (text, piece)][1:]),
        "by recursion": _by_recursion,
        "re.split": lambda template, text: text.join(re.split("[{]text[}]", template)),
        "by hand": _by_hand,
        "numpy text": lambda template, text: np.str_(template.replace("{text}", text)),
    },
    "02.2": {
        "the course's": wording.worth_elsewhere,
        "a loop over lists": _honest_loop,
        "all at once": _honest_at_once,
        "a numpy number": lambda hits, halves: np.float32(_honest_loop(hits, halves)),
        "an array of one": lambda hits, halves: np.array([_honest_loop(hits, halves)]),
    },
    "02.3": {
        "the course's question": (Prompt("mine", QUESTION, start="This is"), _WORDS),
        "the default system text, written out": (Prompt("mine", QUESTION, _DEFAULT, start="This is"), _WORDS),
        "a read-only mapping": (Prompt("mine", QUESTION, version="7", start="This is"), MappingProxyType(_WORDS)),
        "another order": (Prompt("m", QUESTION, start="This is"), dict(sorted(_WORDS.items(), reverse=True))),
        "a mapping that is no dict": (Prompt("m", QUESTION, start="This is"), UserDict(_WORDS)),
    },
    "02.4": {
        "the course's": structured.find_label,
        "words between other signs": _parts,
        "a numpy text": lambda text, labels: (found := structured.find_label(text, labels)) and np.str_(found),
        "one by one": lambda text, labels: (
            found[0] if len(found := [one for one in labels if structured.find_label(text, [one])]) == 1 else None
        ),
        "labels read as they come": lambda text, labels: structured.find_label(text, list(dict.fromkeys(labels))),
    },
    "02.5": {
        "walked": _walked,
        "a tree, as a list": _tree,
        "a frozen set": lambda *given: frozenset(_walked(*given)),
        "a generator": lambda *given: (token for token in _walked(*given)),
        "a numpy array": lambda *given: np.array(sorted(_walked(*given)), dtype=int),
        "a tuple with repeats": lambda *given: tuple(_walked(*given)) * 2,
    },
    "02.6": {
        "other order": _SCHEMA,
        "an older draft": {"$schema": "http://json-schema.org/draft-07/schema#", **_SCHEMA},
        "described": {
            **_SCHEMA,
            "description": "A refund",
            "properties": {**_FIELDS, "amount": {**_FIELDS["amount"], "description": "In dollars"}},
        },
        "kept apart": {
            **_SCHEMA,
            "$defs": {"reason": {"enum": ["late", "faulty", "unopened"]}},
            "properties": {**_FIELDS, "reason": {"$ref": "#/$defs/reason"}},
        },
        "types in lists": {
            **_SCHEMA,
            "properties": {**_FIELDS, "amount": {"type": ["integer", "number"], "minimum": 0.0}},
        },
        "reasons by a pattern": {
            **_SCHEMA,
            "properties": {**_FIELDS, "reason": {"type": "string", "pattern": "^(late|faulty|unopened)$"}},
        },
        "a group in the pattern": {
            **_SCHEMA,
            "properties": {**_FIELDS, "order": {"type": "string", "pattern": "^(?:LF-)[0-9]{5}$"}},
        },
        "const for each reason": {
            **_SCHEMA,
            "properties": {**_FIELDS, "reason": {"anyOf": [{"const": r} for r in ("late", "faulty", "unopened")]}},
        },
        "with a title": {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Refund", **_SCHEMA},
        "through JSON": json.loads(json.dumps(_SCHEMA)),
        "lengths too": {**_SCHEMA, "properties": {**_FIELDS, "order": {**_FIELDS["order"], "maxLength": 8}}},
        "a digit by its class": {
            **_SCHEMA,
            "properties": {**_FIELDS, "order": {"type": "string", "pattern": r"^LF-\d{5}$"}},
        },
        "all digits one by one": {
            **_SCHEMA,
            "properties": {**_FIELDS, "order": {"type": "string", "pattern": "^LF" + "-" + "[0-9]" * 5 + "$"}},
        },
        "no more than three": {
            "type": "object",
            "properties": _FIELDS,
            "required": list(_FIELDS),
            "maxProperties": 3,
        },
    },
    "02.7": {
        "the course's": wording.losses,
        "a view of a dict": lambda before, after: _grouped(before, after).values(),
        "a numpy array": lambda before, after: np.array(list(_grouped(before, after).values())),
        "a generator": lambda before, after: (loss for loss in _grouped(before, after).values()),
        "a tuple": lambda before, after: tuple(_grouped(before, after).values()),
        "numpy numbers": lambda before, after: [np.float32(loss) for loss in _grouped(before, after).values()],
    },
    "02.8": {
        "sets": lambda runs: np.mean([len(set(labels)) == 1 for labels in zip(*runs, strict=True)]),
        "against the first run": lambda runs: (np.array(runs) == np.array(runs)[0]).all(axis=0).mean(),
        "counting": lambda runs: (
            sum(list(one).count(one[0]) == len(runs) for one in zip(*runs, strict=True)) / len(runs[0])
        ),
        "a numpy number": lambda runs: np.float64((np.array(runs) == np.array(runs)[:1]).all(axis=0).mean()),
        "those that never move": lambda runs: (
            1 - np.mean([any(a != b for b in rest) for a, *rest in zip(*runs, strict=True)])
        ),
    },
}
