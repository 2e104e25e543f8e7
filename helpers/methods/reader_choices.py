"""What dev chose for readers of policies: the context of the untuned one, the recipe of the tuned ones.

Choices are read from the rows that are kept of dev, so that no figure of test can reach them. The rows are made by the
search over forms (see contexts) and by `crossed`.
"""

from collections.abc import Sequence
from dataclasses import replace

from helpers.methods.search import kept
from helpers.methods.tuning import recipe
from helpers.methods.tuning.recipe import Recipe
from helpers.model import catalogue
from helpers.model.language_model import LanguageModel
from helpers.results import lookup
from helpers.results.rows import LedgerRow
from helpers.statistics.selection import winner
from helpers.tasks import policies

CLOSED, QUOTED = "closed book", "three quotes"  # contexts that are crossed with tuning
SEARCHED = ("one quote", "three quotes", "best chunk", "all that fits")  # contexts that a search can fill
USUAL = replace(recipe.RECIPE, epochs=2, row_tokens=1024)  # where no recipe was searched
RECIPES = {  # context -> what is tried on dev, the cheapest first
    CLOSED: [replace(USUAL, epochs=n, learning_rate=rate) for n in (2, 4) for rate in (1e-3, 2e-3, 4e-3)],
    QUOTED: [
        replace(USUAL, layers=layers, epochs=n, learning_rate=rate)
        for layers, n in ((8, 1), (8, 2), (16, 1))
        for rate in (1e-3, 2e-3)
    ],
}
FEWEST = 2  # recipes that make a search
TOLD = ("layers", "epochs", "learning_rate")  # what tells the recipes apart


def method(context: str, tuned: bool = True, seed: int = 0) -> str:
    """Return the name of a reader in tables: "reader, three quotes", "tuned reader, closed book, seed 1"."""
    return f"{'tuned ' * tuned}reader, {context}{f', seed {seed}' * bool(seed)}"


def told_apart(made: Recipe) -> dict:
    """Return what tells a recipe from the others of its search."""
    return {name: getattr(made, name) for name in TOLD}


def hits(row: LedgerRow, answerable: bool = True) -> list[bool]:
    """Return which of a row's answerable questions were answered right; or which of the others were left open."""
    gold = "right" if answerable else "abstained"
    return [bool(hit) for wanted, hit in zip(row.gold, row.correct, strict=True) if wanted == gold]


def _tried(lm: LanguageModel, tier: str) -> dict[str, LedgerRow]:
    """What was tried on all of a tier's dev with this model, by name."""
    everything = len(policies.load_policy_questions("dev", tier=tier))
    rows = lookup.rows(policies.TIERS[tier], "dev", reference=True, model=lm.name)
    return {row.method: row for row in rows if row.n == everything}


def _searched(context: str, model: str) -> list[tuple[Recipe, list[bool]]]:
    """The recipes of a context that were tried on dev with a model, each with its hits on answerable questions."""
    everything = len(policies.load_policy_questions("dev", tier="plain"))
    told = list(map(told_apart, RECIPES[context]))
    rows = kept(policies.TIERS["plain"], method(context), told, everything, model)
    return [(made, hits(row)) for made, row in zip(RECIPES[context], rows, strict=True) if row]


def worth_trying(context: str, count: int) -> list[Recipe]:
    """Return so many of a context's recipes, those that the default model did best with on dev, in their own order.

    A larger model takes hours for all of them. Raises ValueError where the default model has not tried them all.
    """
    every = RECIPES[context]
    if count >= len(every):
        return every
    tried = _searched(context, catalogue.DEFAULT)
    if len(tried) < len(every):
        raise ValueError(
            f"{catalogue.DEFAULT} has tried {len(tried)} of {len(every)} recipes for {method(context)}; try them all "
            "with it first, or all of them here"
        )
    best = sorted(tried, key=lambda one: -sum(one[1]))[:count]
    return [made for made, _ in tried if any(made is other for other, _ in best)]


def recipes(lm: LanguageModel, contexts: Sequence[str] = tuple(RECIPES)) -> dict[str, tuple[Recipe, int]]:
    """Return context -> the recipe of its tuned reader, and among how many dev chose it.

    That is the one with the most right answers to the plain tier's answerable questions of dev, the cheapest among
    equals. Where dev was not searched with this model, FEWEST tries at least, it is USUAL, among 0, and that is said.
    """
    chosen = {}
    for context in contexts:
        tried = _searched(context, lm.name)
        if len(tried) >= FEWEST:
            chosen[context] = tried[winner([right for _, right in tried]).place][0], len(tried)
        else:
            print(f"{method(context)}: no recipe was searched on dev for {lm.name}, so the usual one is taken")
            chosen[context] = USUAL, 0
    return chosen


def best_context(lm: LanguageModel, tier: str) -> str:
    """Return the context, of those a search can fill, with the most right answers on dev without tuning.

    Each counts by its best form, on answerable questions. Where none was tried it is the first.
    """
    tried = _tried(lm, tier)
    counts = {
        context: [sum(hits(row)) for name, row in tried.items() if name.startswith(f"{method(context, tuned=False)}: ")]
        for context in SEARCHED
    }
    return max(counts, key=lambda context: max(counts[context], default=-1))
