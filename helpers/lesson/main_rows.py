"""The rows that the last lesson decides by, each under the name that the lesson which measures it gives it.

Whoever renames a method changes it here. A row that is not there yet is left out of every table, and said so.
"""

from collections.abc import Sequence
from dataclasses import replace

from helpers.methods.retrieval.contexts import CONTEXTS
from helpers.methods.wording import SHIPPED
from helpers.results import comparisons, lookup
from helpers.results.gains import Pairing
from helpers.results.overview import Wanted
from helpers.results.rows import LedgerRow

PROMPT, SHOTS, TUNED = "best prompt", "few-shot, nearest examples", "LoRA, 600 messages"
SHORT, LONG = "reader, one quote", "reader, all that fits"
QUESTIONS = "policy_qa_plain"
READERS = {
    "closed book": "the question alone",
    "one quote": "the one sentence or row that the search puts first",
    "three quotes": "the first three of these",
    "best chunk": "the passage that the search puts first",
    "all that fits": "as many passages as 1,500 tokens hold, best first",
}
MAIN = {
    "intents": Wanted(
        "test",
        "sorting messages under six labels",
        {
            "TF-IDF + logistic regression": "word counts and a regression (lesson 01)",
            "MiniLM + logistic regression": "sentence vectors and a regression (01)",
            "zero-shot prompt": "a plain instruction (01)",
            PROMPT: "the best on dev of 24 prompts without examples (02)",
            SHOTS: "the solved messages most like this one stand in the prompt (03)",
            TUNED: "an adapter trained on 600 solved messages (05)",
        },
    ),
    "changes": Wanted(
        "fresh",
        "naming the risk of a change request",
        {
            "TF-IDF, risk only": "word counts and a regression (lab 05_form)",
            "strict JSON prompt, schema": "the form is described in the prompt (lab 02_json)",
            "strict JSON prompt, constrained": "no other form can be written (lab 02_json)",
            "LoRA JSON, 400 requests": "an adapter trained on 400 solved requests (lab 05_form)",
        },
    ),
    QUESTIONS: Wanted(
        "test",
        "questions about the policies, as customers ask them",
        {
            "best quote, no model": "the sentence that the search puts first is the answer (07)",
            **{f"reader, {name}": f"the model reads {READERS[name]} (04)" for name in CONTEXTS if name in READERS},
            "tuned reader, three quotes": "an adapter trained to read three quotes (07)",
        },
    ),
}
STAND_IN = {TUNED: SHIPPED}  # the same recipe on the same messages, by the name lesson 02 gives it
FEWER = {  # task -> rows that need fewer labels than the main ones -> what a page with fewer labels calls them
    "intents": {
        "ten keywords": "ten keywords",
        "MiniLM + logistic regression, 50 messages": "MiniLM + logistic regression, 50 messages",
        "MiniLM + logistic regression, short messages": "MiniLM + logistic regression, 221 short messages",
        "few-shot, fixed examples": "few-shot, fixed examples",
        "few-shot, 8 nearest of 50": "few-shot, 8 nearest of 50",
        "few-shot, 8 nearest": "few-shot, 8 nearest of 221",
        "LoRA, 48 labels, draw 1": "LoRA, 48 labels",
        "student on labels right, seed 0": "LoRA, 240 labels",
    }
}
BEFORE_AFTER = (
    Pairing("intents", (PROMPT, "few-shot, fixed examples", SHOTS), (TUNED,)),
    Pairing(
        "changes",
        ("strict JSON prompt", "strict JSON prompt, schema", "strict JSON prompt, constrained"),
        ("LoRA JSON, 400 requests",),
        split="fresh",
    ),
    Pairing(QUESTIONS, tuple(f"reader, {name}" for name in READERS), ("tuned reader, three quotes",)),
    Pairing("voice", ("prompt with the ten rules",), ("LoRA, 300 replies",)),
    Pairing("refusals", ("base model", "base, told to decline"), ("tuned on requests",)),
    Pairing("refund_sums", ("refund sums: bare, 4 nearest examples",), ("refund sums: bare, tuned",)),
    Pairing(
        "facts",
        ("base model, new question",),
        ("tuned on ten wordings, new question", "tuned on three wordings, new question"),
    ),
)
RUNNING = (SHOTS, "few-shot, 8 nearest"), (PROMPT, "zero-shot prompt")  # what runs, and what is proposed: first there
TO_RATE = {  # task -> two methods that keep what they answered; the first task that has both
    QUESTIONS: (SHORT, LONG),
    "policy_qa": ("retrieval, free answer", "retrieval, one quote, started answer"),
}


def with_stand_ins(rows: Sequence[LedgerRow]) -> list[LedgerRow]:
    """Return rows with those of STAND_IN added, under the name they stand for, at models that have no row of that."""
    have = {(row.task, row.split, row.method, row.language_model) for row in rows}
    return [
        *rows,
        *(
            replace(row, method=name)
            for name, other in STAND_IN.items()
            for row in rows
            if row.method == other and (row.task, row.split, name, row.language_model) not in have
        ),
    ]


def running() -> tuple[LedgerRow, LedgerRow]:
    """Return the rows of two prompts for the messages, cut to the items that both have measured."""
    known = {row.method: row for row in lookup.rows("intents", "test", reference=True)}
    found = [next((known[name] for name in names if name in known), None) for names in RUNNING]
    if None in found:
        raise KeyError(f"rows of {RUNNING[found.index(None)]} are missing on intents/test; run lessons 02 and 03 first")
    return comparisons.on_same_items(found, covered=0.0).rows


def to_rate() -> tuple[LedgerRow, LedgerRow]:
    """Return two methods' rows on questions about the policies that hold their answers, cut to the same questions."""
    for task, names in TO_RATE.items():
        known = {row.method: row for row in lookup.rows(task, "test", reference=True)}
        if all(name in known and "answers" in known[name].details for name in names):
            return comparisons.on_same_items([known[name] for name in names], covered=0.0).rows
    raise KeyError(f"none of {TO_RATE} is measured with its answers; run `python notebooks/measure.py questions` first")
