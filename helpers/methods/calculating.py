"""Ways to answer questions about money: in the head or by a call of the calculator, from nearest examples or tuned.

What a call is, and what it comes to, is the business of refund_sums.
"""

import re
from collections.abc import Sequence

from helpers.methods import adapters, baselines, few_shot
from helpers.model import embedding
from helpers.results.ledger import Lab
from helpers.results.rows import LedgerRow
from helpers.tasks import refund_sums
from helpers.tasks.refund_sums import Sum

BARE, CALL, EITHER = "bare", "calculator call", "call or not"
NEAREST, TUNED = "4 nearest examples", "tuned"
ADAPTERS = {BARE: "sums", CALL: "calculator"}
SHOWN = 4


def past(what: str) -> list[Sum]:
    """Return the solved questions that a way learns from; `call or not` also knows some that need no sum."""
    return refund_sums.load("train") + (refund_sums.load("none_train") if what == EITHER else [])


def chats(items: Sequence[Sum], what: str, how: str, embedder) -> list[list[dict]]:
    """Return the prompt of each question; with examples these are the nearest by meaning, the nearest last."""
    called, either, shown = what != BARE, what == EITHER, [[]] * len(items)
    if how == NEAREST:
        known = past(what)
        vectors = (embedding.embed(embedder, [item.text for item in some]) for some in (known, items))
        shown = [[known[i] for i in row] for row in few_shot.nearest_examples(*vectors, SHOWN)]
    return [refund_sums.chat(item.question, called, some, either) for item, some in zip(items, shown, strict=True)]


def measure(lab: Lab, items: Sequence[Sum], what: str, how: str, embedder) -> LedgerRow:
    """Measure one way, or take its stored row; `lab.model` is the untuned model."""
    asked, lm = chats(items, what, how, embedder), lab.model
    told = {"approach": "prompt", "labels_used": len(past(what))}
    if how == TUNED:
        told = {"approach": "tune", **adapters.row_of(lm, ADAPTERS[what])}
        lm = adapters.get(lm, ADAPTERS[what])
    return lab.measure(
        f"refund sums: {what}, {how}",
        items,
        lambda _: refund_sums.answer(lm, items, asked),
        prompts=asked,
        heavy=True,
        **told,
    )


def largest(texts: Sequence[str]) -> list[str]:
    """Return the largest amount with a dollar sign in each text: the plain baseline.

    >>> largest(["$69 less $6.40"])
    ['69.00']
    """
    amounts = [re.findall(r"\$([\d,]+(?:\.\d+)?)", text) for text in texts]
    return [f"{max((float(value.replace(',', '')) for value in some), default=0):.2f}" for some in amounts]


def gate(items: Sequence[Sum], embedder) -> list[bool]:
    """Return whether each question needs a sum, by a regression on embeddings of the solved questions of both kinds."""
    known = past(EITHER)
    vectors = (embedding.embed(embedder, [item.text for item in some]) for some in (known, items))
    needs = [str(item.kind != refund_sums.NONE) for item in known]
    first, second = vectors
    return [said == "True" for said in baselines.embedding_classifier().fit(first, needs).predict(second)]
