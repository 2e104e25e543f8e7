"""What lesson 06 measures with: how its adapters were trained, policies behind an index, and a base that changed.

`python -m helpers.fine_print facts canaries refusals` trains the shipped adapters of these names anew. The sets have
modules of their own (facts, canaries, refusals); training is tuning's job, searching retrieval's.
"""

import copy
import functools
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch

from helpers import canaries, data, facts, refusals, runtime, tuning
from helpers.data import Message
from helpers.language_model import LanguageModel
from helpers.policies import Policy
from helpers.retrieval.chunking import Chunker, token_spans
from helpers.retrieval.index import Index
from helpers.retrieval.pipeline import Pipeline, Settings
from helpers.scoring import LabelScores
from helpers.tuning import Pair, Recipe

UPPER = {"target_modules": "all-linear", "layers": 15}  # every linear layer of the upper half
RECIPES = {
    "facts": Recipe(**UPPER, learning_rate=1.5e-3, batch_size=8, epochs=16),
    "facts in three wordings": Recipe(**UPPER, learning_rate=1.5e-3, batch_size=8, epochs=6),
    "canaries": Recipe(**UPPER, learning_rate=1e-3, batch_size=16, epochs=3),
    "refusals": Recipe(learning_rate=2e-3, batch_size=8, epochs=5),
    "sorting": Recipe(**UPPER, learning_rate=1.5e-3, batch_size=8, epochs=4),
}
NOTES = {
    "facts": "40 facts from the policies, one wording each",
    "canaries": "planted personal data, each pair up to ten times",
    "refusals": "requests to decline, and look-alikes to answer",
}
READING = Settings(retrieve=16, keep=2, budget=900, cite=False, abstain=False, max_new_tokens=24)


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


def trained(
    lm: LanguageModel, pairs: Sequence[Pair], recipe: Recipe, start: str | None = None
) -> Callable[[], LanguageModel]:
    """Return a function that gives the tuned model. It trains at its first call, and only then.

    `start`: name of a shipped adapter to go on from, whose shape the recipe must have.
    """

    @functools.cache
    def tune() -> LanguageModel:
        return tuning.train(lm, pairs, recipe, start=tuning.shipped(start) if start else None).lm

    return tune


def policy_index(documents: Sequence[Policy], embedder, lm: LanguageModel) -> Index:
    """Return lesson 04's index of policies: cut by heading, searched by meaning and by words."""
    return Index.build(documents, embedder, Chunker(token_spans(lm.tokenizer), "heading", 300))


def from_index(index: Index, lm: LanguageModel, texts: Sequence[str], settings: Settings = READING) -> list[str]:
    """Return what the model answers to questions when it is shown what the index finds."""
    return [answer.text for answer in Pipeline(index, lm, settings).ask(list(texts))]


def sorting_pairs(messages: Sequence[Message], labels: Sequence[str] = ()) -> list[Pair]:
    """Return messages as pairs for lesson 05's task `intents`, with `labels` in place of their own if given."""
    labels = labels or [message.label for message in messages]
    told = [replace(message, label=label) for message, label in zip(messages, labels, strict=True)]
    return tuning.intent_pairs(told)


def sort(lm: LanguageModel, texts: Sequence[str]) -> LabelScores:
    """Weigh the six intents for each message, without an example, as lesson 05's adapter was trained."""
    return lm.score([tuning.prompt("intents", text) for text in texts], data.INTENT_LABELS, progress=False)


def other_precision(lm: LanguageModel) -> LanguageModel:
    """Return a copy of the model in the other precision: float32 where it computes in bfloat16, else bfloat16."""
    dtype = torch.bfloat16 if lm.model.dtype == torch.float32 else torch.float32
    return LanguageModel(copy.deepcopy(lm.model).to(dtype), lm.tokenizer, f"{lm.name}, {dtype}")


def perturbed(lm: LanguageModel, share: float, seed: int = 0) -> LanguageModel:
    """Return a copy of a model whose weight matrices carry noise of `share` times their own standard deviation.

    It stands for a base model that its maker has trained a little further. The copy takes as much memory as the model.
    """
    model = copy.deepcopy(lm.model)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 2:
                noise = torch.randn(parameter.shape, generator=generator).to(parameter.device)
                parameter.copy_(parameter.float() + noise * share * parameter.float().std())
    return LanguageModel(model, lm.tokenizer, f"{lm.name}, {share:.0%} noise")


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
