"""A tuned variant as a ledger row: taken from the reference results where they have it, trained and measured if not."""

import pathlib
from collections.abc import Callable, Sequence

from helpers.methods.tuning.loop import Tuned, train
from helpers.methods.tuning.recipe import Recipe
from helpers.methods.tuning.rows import Kept
from helpers.model.language_model import LanguageModel
from helpers.results import ledger, reference
from helpers.results.ledger import LedgerRow
from helpers.tasks.pairs import Pair


class _NoReference(Exception):
    """Raised in place of a measurement, to learn that there is no reference row."""


def _refuse(_texts):
    raise _NoReference


def measured(
    lm: LanguageModel,
    task: str,
    method: str,
    pairs: Sequence[Pair],
    recipe: Recipe,
    items: Sequence,
    predict: Callable[[LanguageModel, list[str]], object],
    *,
    split: str = "dev",
    rerun: bool = False,
    kept: Kept | None = None,
    runs: dict[str, Tuned] | None = None,
    start: str | pathlib.Path | None = None,
    show: bool = True,
) -> LedgerRow:
    """Return the row of one tuned variant; train it here if `rerun` says so or there is no reference row.

    Args:
        lm: the base model.
        task, method, items, split, rerun, show: as for `reference.recall`.
        pairs, recipe, kept: as for `train`.
        predict: takes the tuned model and n texts; returns what `ledger.measure` takes.
        runs: method -> run, where runs are kept, so that a second split of the same method needs no second training.
        start: folder of an adapter to go on from, as for `train`.

    Returns:
        LedgerRow with the training seconds; `details` holds the recipe, the pairs and what was trained.
    """
    about = {"model": lm.name, "device": lm.device, "dtype": lm.model.dtype}
    try:
        return reference.recall(task, method, items, _refuse, split=split, rerun=rerun, show=show, **about)
    except _NoReference:
        runs = {} if runs is None else runs
        if method not in runs:
            runs[method] = train(lm, pairs, recipe, progress=False, kept=kept, start=start)
        run = runs[method]
        details = {"recipe": recipe.as_dict(), "pairs": len(pairs), "trained_parameters": run.trained_parameters}
        return ledger.measure(
            task,
            method,
            items,
            lambda texts: predict(run.lm, texts),
            split=split,
            show=show,
            training_seconds=run.seconds,
            details=details | {"tokens": run.tokens},
            **about,
        )
