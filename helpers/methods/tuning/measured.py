"""A tuned variant as a ledger row: taken from the stored results where they have it, trained and measured if not."""

import pathlib
from collections.abc import Callable, Sequence

from helpers.methods.tuning.loop import Tuned, train
from helpers.methods.tuning.recipe import Recipe
from helpers.methods.tuning.rows import Kept
from helpers.methods.tuning.saved import read_card
from helpers.model.language_model import LanguageModel
from helpers.results.ledger import Lab
from helpers.results.rows import LedgerRow, digest
from helpers.tasks.pairs import Pair


def settings_of(pairs: Sequence[Pair], recipe: Recipe) -> dict:
    """Return what decides the outcome of a training, as settings of a row: the recipe, and a hash of the pairs."""
    return {"recipe": recipe.as_dict(), "pairs": digest([[pair.prompt, pair.answer] for pair in pairs])}


def measured(
    lab: Lab,
    method: str,
    pairs: Sequence[Pair],
    recipe: Recipe,
    items: Sequence,
    predict: Callable[[LanguageModel, list[str]], object],
    *,
    kept: Kept | None = None,
    runs: dict[str, Tuned] | None = None,
    start: str | pathlib.Path | None = None,
    **more,
) -> LedgerRow:
    """Return the row of one tuned variant; train it here if the lab's `rerun` says so or no stored row agrees.

    Args:
        lab: task and base model.
        method, items, more: as for `ledger.measure`.
        pairs, recipe, kept, start: as for `train`.
        predict: takes the tuned model and n texts; returns what `ledger.measure` takes.
        runs: method -> run, where runs are kept, so that a second split of the same method needs no second training.
    """
    runs = {} if runs is None else runs

    def trained() -> dict:
        if method not in runs:
            runs[method] = train(lab.model, pairs, recipe, progress=False, kept=kept, start=start)
        run = runs[method]
        told = {"pairs": len(pairs), "trained_parameters": run.trained_parameters, "tokens": run.tokens}
        return {"training_seconds": run.seconds, "details": told}

    settings = settings_of(pairs, recipe)
    if start is not None:
        settings["start"] = read_card(start)["weights_sha256"][:12]
    how = {"approach": "tune", "labels_used": len(pairs), "seed": recipe.seed, "settings": settings} | more
    return lab.measure(method, items, lambda texts: predict(runs[method].lm, texts), prepare=trained, heavy=True, **how)
