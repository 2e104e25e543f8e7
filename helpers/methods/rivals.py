"""What a tuned classifier is held against: nearest examples in the prompt, and regression, from the same labels."""

from collections.abc import Sequence

import numpy as np

from helpers.methods import baselines, few_shot
from helpers.model import embedding
from helpers.results.ledger import Lab
from helpers.results.rows import LedgerRow
from helpers.tasks.files import Message
from helpers.tasks.task import Task


def nearest_in_prompt(
    lab: Lab,
    task: Task,
    pool: Sequence[Message],
    vectors: np.ndarray,
    embedder,
    items: Sequence[Message],
    name: str = "",
    k: int = 8,
) -> LedgerRow:
    """Return the row of a prompt that shows the k nearest of a pool for each item; heavy, so a stored one will do.

    task: its words stand for the labels. vectors: of the pool, (n, d), each of length one. name: what is added to the
    method's name, such as a draw.
    """
    prompt = few_shot.prompt_for(task)
    asked = embedding.embed(embedder, [item.text for item in items])
    shown = few_shot.shown_nearest(pool, vectors, asked, k)
    return lab.measure(
        f"few-shot, {k} nearest of {len(pool)}{name}",
        items,
        lambda texts: prompt.score(lab.model, shown, texts, progress=False),
        approach="prompt",
        prompts=lambda texts: prompt.prompts(shown, texts),
        labels_used=len(pool),
        heavy=True,
    )


def regression(
    lab: Lab,
    pool: Sequence[Message],
    vectors: np.ndarray,
    embedder,
    items: Sequence[Message],
    name: str = "",
    method: str = "",
) -> LedgerRow:
    """Return the row of a logistic regression on sentence vectors, fitted to a pool.

    name: what is added to the method's name, such as a draw. method: a whole other name for it.
    """
    model = baselines.embedding_classifier().fit(vectors, [message.label for message in pool])
    return lab.measure(
        method or f"MiniLM + logistic regression, {len(pool)} {lab.noun}{name}",
        items,
        lambda texts: model.predict(embedding.embed(embedder, texts)),
        approach="plain",
        model=embedder,
        labels_used=len(pool),
    )
