"""What lesson 06 measures with: how its adapters were trained, policies behind an index, and a base that changed.

`python -m helpers.methods.fine_print facts canaries refusals` trains those shipped adapters anew. The sets have
modules of their own (facts, canaries, refusals); training is tuning's job, searching retrieval's.
"""

import sys
from collections.abc import Sequence

import numpy as np
import torch

from helpers.machine import runtime
from helpers.methods import tuning
from helpers.methods.retrieval.chunking import Chunk, Chunker, token_spans
from helpers.methods.retrieval.index import Index
from helpers.methods.retrieval.pipeline import Pipeline, Settings
from helpers.methods.tuning import Pair, Recipe
from helpers.model.language_model import LanguageModel
from helpers.tasks import canaries, facts, refusals
from helpers.tasks.facts import Asked
from helpers.tasks.policies import Policy

UPPER = {"target_modules": "all-linear", "layers": 15}  # every linear layer of the upper half
RECIPES = {
    "facts": Recipe(**UPPER, learning_rate=1.5e-3, batch_size=8, epochs=16),
    "facts in three wordings": Recipe(**UPPER, learning_rate=1.5e-3, batch_size=8, epochs=6),
    "canaries": Recipe(**UPPER, learning_rate=1e-3, batch_size=16, epochs=3),
    "refusals": Recipe(learning_rate=2e-3, batch_size=8, epochs=5),
    "sorting": Recipe(**UPPER, learning_rate=1.5e-3, batch_size=8, epochs=3),
}
NOTES = {
    "facts": "40 facts from the policies, one wording each",
    "canaries": "planted personal data, each pair up to ten times",
    "refusals": "requests to decline, and look-alikes to answer",
}


def pairs_of(name: str) -> list[Pair]:
    """Return the training pairs of `facts`, `facts in three wordings`, `canaries` or `refusals`."""
    made = {
        "facts": lambda: facts.training_pairs(facts.load()),
        "facts in three wordings": lambda: facts.training_pairs(facts.load(), 3),
        "canaries": lambda: canaries.training_pairs(canaries.load()),
        "refusals": lambda: refusals.training_pairs(refusals.load("train")),
    }
    if name not in made:
        raise ValueError(f"no training set {name!r}; choose one of {', '.join(made)}")
    return [Pair(*row) for row in made[name]()]


def policy_index(documents: Sequence[Policy], embedder, lm: LanguageModel) -> Index:
    """Return lesson 04's index of policies: cut by heading, searched by meaning and by words."""
    return Index.build(documents, embedder, Chunker(token_spans(lm.tokenizer), "heading", 300))


def looked_up(index: Index, texts: Sequence[str]) -> list[Chunk | None]:
    """Return for each question the line of the policies that answers it best: found and quoted, with no language model.

    Lesson 04's search, reranking and best quote; a row of a table carries the names of its columns. None where nothing
    is found.
    """
    pipeline = Pipeline(index, None, Settings(quotes=1))  # without an answer to write, no model is needed
    found = [pipeline.quoted(one) for one in pipeline.retrieve(list(texts))]
    return [quotes[0].chunk if quotes else None for quotes in found]


def quote_verdicts(asked: Sequence[Asked], quotes: Sequence[Chunk | None], documents: Sequence[Policy]) -> list[str]:
    """Return `right` for each quoted line that is the one which holds the answer, else what its grading says.

    A line may name a second amount or keep the unit in the name of its column: it still tells a reader what was asked,
    so it counts by where it stands in `documents`, the policies as they are now.
    """
    texts = {policy.id: policy.text for policy in documents}
    graded = facts.verdicts(asked, [quote.text if quote else "" for quote in quotes])

    def stands_there(one: Asked, quote: Chunk) -> bool:
        places = [texts[quote.document].find(evidence) for evidence in one.question.evidence]
        spans = [
            (at, at + len(evidence)) for at, evidence in zip(places, one.question.evidence, strict=True) if at >= 0
        ]
        own = quote.document in one.question.documents
        return own and any(quote.start < end and start < quote.end for start, end in spans)

    return [
        "right" if quote and stands_there(one, quote) else verdict
        for one, quote, verdict in zip(asked, quotes, graded, strict=True)
    ]


def with_review(labels: Sequence[str], gold: Sequence[str], reviewed: Sequence[int]) -> list[str]:
    """Return labels in which those at the `reviewed` positions were set right by a person.

    >>> with_review(["a", "a"], ["b", "b"], [1])
    ['a', 'b']
    """
    chosen = set(reviewed)
    return [right if i in chosen else label for i, (label, right) in enumerate(zip(labels, gold, strict=True))]


def least_certain(probabilities: np.ndarray, budget: int) -> list[int]:
    """Return the `budget` rows of (n, m) probabilities whose two likeliest labels lie closest."""
    top = np.sort(probabilities, axis=1)
    return np.argsort(top[:, -1] - top[:, -2], kind="stable")[:budget].tolist()


def mark(row) -> str:
    """Return `(reference)` for a ledger row of the course's own, or for a list of such; nothing for your own."""
    return "(reference)" if getattr(row, "reference", bool(row)) else ""


def main(names: Sequence[str]) -> int:
    """Train the named adapters and put them where the course ships them."""
    lm = LanguageModel.load()
    for name in names:
        made = tuning.train(lm, pairs_of(name), RECIPES[name])
        folder = tuning.save(made, tuning.adapters.ADAPTERS / name, NOTES[name], dtype=torch.bfloat16)
        print(f"{name}: {len(made.history.losses)} steps, {made.seconds:.0f} s, {folder.name} saved")
    print(f"peak memory {runtime.peak_memory() / 1e9:.2f} GB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(NOTES)))
