"""Asks the probe of general ability: which of four choices does a model find likeliest?

The share of probability on the right choice moves before the choice itself does, so both are kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
import torch
from transformers import DynamicCache

from helpers.machine import runtime
from helpers.model import packing, scoring
from helpers.model.language_model import LanguageModel
from helpers.tasks import files


@dataclass(frozen=True)
class ChoiceItem:
    """One question with four choices; `answer` is the position of the right one."""

    id: str
    kind: str
    question: str
    choices: tuple[str, ...]
    answer: int

    text = property(attrgetter("question"))  # under the name that all tasks share

    @property
    def label(self) -> str:
        """The right choice, under the name that all tasks share."""
        return self.choices[self.answer]


@dataclass(frozen=True)
class Probe:
    """What a model chose: ids and choices of n items, and the share of probability that the right one got."""

    ids: list[str]
    predictions: list[str]
    right_share: np.ndarray
    prompt_tokens: np.ndarray

    @property
    def details(self) -> dict:
        """What a ledger row keeps beside the choices: an item's id -> the share that its right choice got."""
        return {"right_share": dict(zip(self.ids, np.round(self.right_share, 5).tolist(), strict=True))}


def load(fast: int = 20) -> list[ChoiceItem]:
    """Return the probe's items: all 120 in the full profile, the first `fast` in the fast one (kinds are mixed)."""
    rows = files.read_jsonl(files.DATA / "general" / "probe.jsonl")
    items = [ChoiceItem(**{**row, "choices": tuple(row["choices"])}) for row in rows]
    return items if runtime.profile().value == "full" else items[:fast]


def ask(lm: LanguageModel, items: Sequence[ChoiceItem]) -> Probe:
    """Return the model's choice for each item: the likeliest of the four as the whole answer to the question.

    Each item has choices of its own, so that items cannot be scored with `LanguageModel.score` at once; what all
    prompts share at their start is read once all the same.
    """
    ends = [lm.tokenizer.eos_token_id]
    encoded = [lm.encode(lm.render(item.question)) for item in items]
    start = packing.shared_start(encoded) if len(items) > 1 else 0
    cache = DynamicCache(config=lm.model.config)
    chosen, shares = [], []
    with torch.inference_mode():
        scoring.read_start(lm.model, cache, encoded[0][:start])
        for item, prompt in zip(items, encoded, strict=True):
            options = [lm.encode(choice) + ends for choice in item.choices]
            log_probs = scoring.read_labels(lm.model, cache, [prompt], options, start)[0]
            chosen.append(item.choices[int(log_probs.argmax())])
            weights = np.exp(log_probs - log_probs.max())
            shares.append(weights[item.answer] / weights.sum())
    runtime.release_memory()
    return Probe([item.id for item in items], chosen, np.array(shares), np.array([len(prompt) for prompt in encoded]))
