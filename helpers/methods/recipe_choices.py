"""By which recipe dev would have the course's adapters trained: six tries each, as the tuned readers have (crossed).

The shipped recipe stands first, so that it stays where others do equally well; the others follow, cheapest first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from helpers.methods import adapters, assistant, forms, reader, reader_examples
from helpers.methods.search import Search, crossed, grid, kept
from helpers.methods.tuning import loop, rows
from helpers.methods.tuning.recipe import Recipe
from helpers.methods.tuning.searched import searched
from helpers.model.language_model import LanguageModel
from helpers.results.ledger import Lab
from helpers.results.rows import LedgerRow
from helpers.statistics.selection import winner
from helpers.tasks import change_requests, policies
from helpers.tasks.change_requests import ChangeRequest
from helpers.tasks.policies import PolicyQuestion


@dataclass(frozen=True)
class Choice:
    """One search over recipes: how its rows are called, what is tried, on what, and how it is measured.

    task: that of the rows. fields: what tells the recipes apart. search: takes the base model.
    """

    task: str
    method: str
    recipes: tuple[Recipe, ...]
    fields: tuple[str, ...]
    items: Callable[[], Sequence]
    search: Callable[[LanguageModel, "Choice"], Search]

    def tells(self, recipe: Recipe) -> dict:
        """Return what tells a recipe from the others."""
        return {field: getattr(recipe, field) for field in self.fields}


def whole_forms(lm: LanguageModel, requests: Sequence[ChangeRequest]) -> list[forms.Judged]:
    """Return a tuned model's answers to change requests; right is a whole form, as for the prompts beside it."""
    made = forms.judged(lm, change_requests.prompt, requests)
    return [replace(one, right=forms.form(one.text) is not None) for one in made]


def _search_changes(lm: LanguageModel, one: Choice) -> Search:
    made, dev, same = adapters.find("changes"), one.items(), rows.Kept()
    learned, held_out = made.pairs(lm), made.dev_pairs()
    return searched(
        Lab(one.task, lm, labels=change_requests.RISKS, noun="requests"),
        one.method,
        one.recipes,
        one.tells,
        lambda recipe: loop.train(lm, learned, replace(recipe, row_tokens=512), held_out, progress=False, kept=same),
        lambda tuned, _: whole_forms(tuned, dev),
        dev,
        approach="tune",
        labels_used=len(learned) + len(dev),
        seed=0,
        token_limit=forms.MOST_TOKENS,
        prompts=[change_requests.prompt(request.text) for request in dev],
    )


def _asked_both_ways() -> list[PolicyQuestion]:
    """Every plain question of dev twice: asked for a note, and for a reply."""
    dev = policies.load_policy_questions("dev", tier="plain")
    return [replace(question, id=f"{way} {question.id}") for way in ("note", "reply") for question in dev]


def _search_assistant(lm: LanguageModel, one: Choice) -> Search:
    made, items, same = adapters.find("assistant"), one.items(), rows.Kept()
    asked = items[: len(items) // 2]
    found = reader_examples.find(reader_examples.search_of(lm, policies.load_policies()), asked)
    steps = assistant.load_next_steps("dev")  # new to the adapter, as those of the test are
    days = [steps[i % len(steps)] for i in range(len(asked))]
    notes, replies = reader.write_prompts(lm, asked, found), assistant.write_prompts(lm, asked, found, days)
    learned, start = made.pairs(lm), adapters.folder(lm, made.start)

    def both(tuned: LanguageModel, _texts) -> list:
        written = reader.read(tuned, asked, notes, progress=False)
        return [*written, *assistant.answer(tuned, asked, replies, days, progress=False)]

    return searched(
        Lab(one.task, lm, noun="texts"),
        one.method,
        one.recipes,
        one.tells,
        lambda recipe: loop.train(lm, learned, recipe, progress=False, kept=same, start=start),
        both,
        items,
        approach="retrieve + tune",
        labels_used=len(learned),
        seed=0,
        prompts=[*notes, *replies],
    )


def _tried(name: str, **options: Sequence) -> tuple[Recipe, ...]:
    """The shipped recipe, then all others that `grid` makes of the options."""
    shipped = adapters.find(name).recipe
    every = [replace(shipped, **some) for some in grid(**options)]
    return (shipped, *(one for one in every if one != shipped))


CHOICES = {
    "changes": Choice(
        "changes",
        "form in JSON, tuned",
        _tried("changes", layers=(8, 16), learning_rate=(1e-3, 2e-3, 4e-3)),
        ("layers", "learning_rate"),
        lambda: change_requests.load("dev"),
        _search_changes,
    ),
    "assistant": Choice(
        "assistant",
        "notes and replies, shared adapter",
        _tried("assistant", epochs=(2, 3), learning_rate=(5e-4, 1e-3, 2e-3)),
        ("epochs", "learning_rate"),
        _asked_both_ways,
        _search_assistant,
    ),
}


def search(lm: LanguageModel, name: str) -> Search:
    """Try the recipes of an adapter on dev, stored rows first; each try that has none is trained."""
    return CHOICES[name].search(lm, CHOICES[name])


def tried(name: str, model: str) -> list[LedgerRow | None]:
    """Return the stored row of each recipe of an adapter, in their order; None where it was not tried."""
    one = CHOICES[name]
    return kept(one.task, one.method, [one.tells(recipe) for recipe in one.recipes], len(one.items()), model)


def chosen(name: str, model: str) -> tuple[Recipe, int]:
    """Return the recipe that dev chose for an adapter, and among how many.

    Without a search of this model that is the shipped one, among 0.
    """
    rows, recipes = tried(name, model), CHOICES[name].recipes
    if not all(rows):
        return recipes[0], 0
    return recipes[winner([row.correct for row in rows]).place], len(rows)


def table(name: str, model: str) -> str:
    """Return how many texts of dev came right by each recipe of an adapter, as Markdown; a dash is one not tried."""
    one = CHOICES[name]
    down, across = one.fields
    tries = sorted(map(one.tells, one.recipes), key=lambda settings: tuple(settings.values()))
    rows = {str(one.tells(recipe)): row for recipe, row in zip(one.recipes, tried(name, model), strict=True)}
    return crossed(tries, [rows[str(some)] for some in tries], lambda some: f"rate {some[across]:g}", down)


def ships(name: str) -> str:
    """Return in words by which recipe the course's own adapter was made."""
    one = CHOICES[name]
    down, across = one.fields
    used = one.tells(one.recipes[0])
    return f"the recipe that the course uses: {down} {used[down]}, rate {used[across]:g}"


def row_of(lm: LanguageModel, name: str) -> dict:
    """Return what a row of an adapter tells, as `adapters.row_of` does, and among how many its recipe was chosen."""
    return adapters.row_of(lm, name) | {"tries": chosen(name, lm.name)[1] if name in CHOICES else 0}
