"""Recipes tried on dev: as many as each tuned method of the course may try, every try kept."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from helpers.methods.search import Candidate, Search, search
from helpers.methods.tuning.loop import Tuned, train
from helpers.methods.tuning.recipe import RECIPE, Recipe
from helpers.methods.tuning.rows import Kept
from helpers.model.language_model import LanguageModel
from helpers.results.ledger import Lab
from helpers.tasks.pairs import Pair

RECIPES = tuple(
    replace(RECIPE, layers=layers, learning_rate=rate, row_tokens=512)  # side by side: the same steps, faster
    for layers in (8, 16)
    for rate in (1e-3, 2e-3, 4e-3)
)


def told_apart(made: Recipe) -> dict:
    """Return what tells a recipe from the others of RECIPES."""
    return {"layers": made.layers, "learning_rate": made.learning_rate}


def searched(
    lab: Lab,
    method: str,
    pairs: Sequence[Pair],
    items: Sequence,
    predict: Callable[[LanguageModel, list[str]], object],
    recipes: Sequence[Recipe] = RECIPES,
    **more,
) -> Search:
    """Train by each recipe and measure dev, stored rows first.

    Args:
        lab: task and base model.
        method: what a try's row is called by, with the recipe.
        pairs: what all are trained on. items: those of dev.
        predict: takes the tuned model and n texts; returns what `ledger.measure` takes.
        more: as for `ledger.measure`.
    """
    kept = Kept()

    def candidate(recipe: Recipe) -> Candidate:
        run: list[Tuned] = []

        def prepare() -> dict:
            run[:] = [train(lab.model, pairs, recipe, progress=False, kept=kept)]
            return {"training_seconds": run[0].seconds}

        return Candidate(told_apart(recipe), lambda texts: predict(run[0].lm, texts), {"prepare": prepare})

    return search(lab, method, [candidate(one) for one in recipes], items, approach="tune", **more)
