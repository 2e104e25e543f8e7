"""Asks the probe of general ability: which of four choices does a model find likeliest?

The share of probability on the right choice moves before the choice itself does, so both are kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpers import data, runtime
from helpers.data import ChoiceItem
from helpers.language_model import LanguageModel


@dataclass(frozen=True)
class Probe:
    """What a model chose: the n choices, and the share of probability it gave the right one."""

    predictions: list[str]
    right_share: np.ndarray
    prompt_tokens: np.ndarray


def load(fast: int = 20) -> list[ChoiceItem]:
    """Return the probe's items: all in the full profile, the first `fast` in the fast one (kinds are mixed in it)."""
    items = data.load_general()
    return items if runtime.profile().value == "full" else items[:fast]


def ask(lm: LanguageModel, items: Sequence[ChoiceItem]) -> Probe:
    """Return the model's choice for each item: the one with the highest log-probability per letter.

    Each choice is weighed as the whole answer to the question. Dividing by letters keeps short choices from winning for
    being short.
    """
    chosen, shares, tokens = [], [], []
    for item in items:
        scores = lm.score([item.question], item.choices, progress=False)
        per_letter = scores.log_probs[0] / [len(choice) for choice in item.choices]
        chosen.append(item.choices[int(per_letter.argmax())])
        shares.append(scores.probabilities[0, item.answer])
        tokens.append(scores.prompt_tokens[0])
    return Probe(chosen, np.array(shares), np.array(tokens))
