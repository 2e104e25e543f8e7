"""Forms that answer change requests, before and after tuning, as ledger rows; how they are judged is left to forms."""

from collections.abc import Sequence
from dataclasses import replace

from helpers.methods import adapters, forms, recipe_choices, tuning
from helpers.results.ledger import Lab
from helpers.results.measuring import about
from helpers.results.rows import LedgerRow
from helpers.tasks import change_requests
from helpers.tasks.change_requests import ChangeRequest


def tuned(lab: Lab, requests: Sequence[ChangeRequest]) -> list[LedgerRow]:
    """Return how models tuned on all solved requests answer, one for each seed, each at its best step on dev.

    The recipe is the one that ships; the rows say among how many dev chose it for the lab's model.
    """
    made = adapters.find("changes")
    pairs = made.pairs(lab.model)
    return tuning.repeated(
        lab,
        f"LoRA JSON, {len(pairs)} requests",
        [pairs],
        replace(made.recipe, row_tokens=512),  # side by side: the same steps, faster on a GPU
        requests,
        lambda lm, texts: forms.judged(lm, change_requests.prompt, requests),
        prompts=lambda texts: [change_requests.prompt(text) for text in texts],
        dev_pairs=made.dev_pairs(),
        tries=recipe_choices.chosen("changes", about(lab.model)["model"])[1],
        token_limit=forms.MOST_TOKENS,
    )
