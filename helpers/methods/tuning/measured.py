"""A tuned variant as a ledger row: taken from the stored results where they have it, trained and measured if not."""

import pathlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from helpers.methods.tuning.loop import Tuned, train
from helpers.methods.tuning.recipe import Recipe
from helpers.methods.tuning.rows import Kept
from helpers.methods.tuning.saved import read_card
from helpers.model.language_model import LanguageModel
from helpers.results.ledger import Lab
from helpers.results.rows import LedgerRow, digest
from helpers.tasks.pairs import Pair

SEEDS = (0, 1, 2)


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
    dev_pairs: Sequence[Pair] | None = None,
    **more,
) -> LedgerRow:
    """Return the row of one tuned variant; train it here if the lab's `rerun` says so or no stored row agrees.

    Args:
        lab: task and base model.
        method, items, more: as for `ledger.measure`.
        pairs, recipe, kept, start, dev_pairs: as for `train`; the loss on dev pairs is kept as details["dev_loss"].
        predict: takes the tuned model and n texts; returns what `ledger.measure` takes.
        runs: method -> run, where runs are kept, so that a second split of the same method needs no second training.
    """
    runs = {} if runs is None else runs

    def trained() -> dict:
        if method not in runs:
            runs[method] = train(lab.model, pairs, recipe, dev_pairs, progress=False, kept=kept, start=start)
        run = runs[method]
        told = {"pairs": len(pairs), "trained_parameters": run.trained_parameters, "tokens": run.tokens}
        told |= {"dev_loss": run.history.dev} if dev_pairs else {}
        return {"training_seconds": run.seconds, "details": told}

    settings = settings_of(pairs, recipe)
    if dev_pairs:
        settings["chosen on"] = settings_of(dev_pairs, recipe)["pairs"]
    if start is not None:
        settings["start"] = read_card(start)["weights_sha256"][:12]
    told = {"approach": "tune", "labels_used": len(pairs), "seed": recipe.seed, "settings": settings, "heavy": True}
    return lab.measure(method, items, lambda texts: predict(runs[method].lm, texts), prepare=trained, **told | more)


def repeated(
    lab: Lab,
    method: str,
    draws: Sequence[Sequence[Pair]],
    recipe: Recipe,
    items: Sequence | Mapping[int, Sequence],
    predict: Callable,
    *,
    seeds: Sequence[int] | None = SEEDS,
    **more,
) -> list[LedgerRow]:
    """Return a row for each draw of a training set and each seed, as `measured` does; draws come first.

    A row is called by the method, by its draw where there are several, and by its seed where that is not 0.

    Args:
        draws: training sets, such as several samples of the same size.
        items: what all are asked, or a dict of draw (1 is the first) -> what that one is asked.
        seeds: None gives each draw one training with a seed of its own, so that rows are runs that share nothing.
        more: further arguments of `measured`.
    """
    rows = []
    for number, pairs in enumerate(draws, start=1):
        asked = items[number] if isinstance(items, Mapping) else items
        for seed in [number - 1] if seeds is None else seeds:
            name = f"{method}{f', draw {number}' if len(draws) > 1 else ''}"
            name += f", seed {seed}" if seed and seeds is not None else ""
            rows.append(measured(lab, name, pairs, replace(recipe, seed=seed), asked, predict, **more))
    return rows
