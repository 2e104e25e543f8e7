"""Recipes tried on dev: one training each, every try kept, so that a tuned method has its best like any other."""

from collections.abc import Callable, Mapping, Sequence

from helpers.methods.search import Candidate, Search, search
from helpers.methods.tuning.loop import Tuned
from helpers.methods.tuning.recipe import Recipe
from helpers.model.language_model import LanguageModel
from helpers.results.ledger import Lab


def searched(
    lab: Lab,
    method: str,
    recipes: Sequence[Recipe],
    tells: Callable[[Recipe], Mapping],
    train: Callable[[Recipe], Tuned],
    predict: Callable[[LanguageModel, list[str]], object],
    items: Sequence,
    **more,
) -> Search:
    """Train by each recipe and measure it on dev; a try whose row is kept is not trained again.

    Args:
        lab, items, more: as for `ledger.measure`.
        method: what a try's row is called by, before what tells its recipe apart.
        recipes: those to try, in the order in which you would prefer them if they did equally well.
        tells: returns what tells a recipe from the others, as settings of its row.
        train: makes an adapter by a recipe.
        predict: takes the tuned model and n texts; returns what `ledger.measure` takes.
    """

    def candidate(one: Recipe) -> Candidate:
        made: list[Tuned] = []

        def prepare() -> dict:
            made[:] = [train(one)]
            return {"training_seconds": made[0].seconds}

        return Candidate(tells(one), lambda texts: predict(made[0].lm, texts), {"prepare": prepare})

    return search(lab, method, [candidate(one) for one in recipes], items, **more)
