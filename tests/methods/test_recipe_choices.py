"""Recipes of shipped adapters, searched on dev: each trained once, all kept, and what ships is what dev chose."""

from types import SimpleNamespace

import pytest
from ledger_rows import of_hits

from helpers.methods import adapters, forms, recipe_choices, search
from helpers.methods.recipe_choices import CHOICES
from helpers.methods.tuning.recipe import Recipe
from helpers.methods.tuning.searched import searched
from helpers.model.catalogue import DEFAULT
from helpers.results import ledger
from helpers.tasks import change_requests

RECIPES = [Recipe(learning_rate=rate) for rate in (1e-3, 2e-3, 4e-3)]
ITEMS = [SimpleNamespace(id=f"i{i}", text=f"text {i}", label="a") for i in range(3)]


def run(predict, trained):
    def train(recipe):
        trained.append(recipe.learning_rate)
        return SimpleNamespace(lm=recipe.learning_rate, seconds=7.0)

    lab = ledger.Lab("toy", "stand", noun="items")
    told = {"approach": "tune", "seed": 0}
    return searched(lab, "tuned", RECIPES, lambda r: {"rate": r.learning_rate}, train, predict, ITEMS, **told)


def test_each_recipe_is_trained_once_read_by_its_own_model_and_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path))
    trained = []
    found = run(lambda lm, texts: ["a" if lm >= 2e-3 else "b" for _ in texts], trained)
    assert trained == [1e-3, 2e-3, 4e-3]
    assert [sum(one.correct) for one in found.rows] == [0, 3, 3]
    assert found.best.settings == {"rate": 2e-3}, "the first among equals"
    assert {one.training_seconds for one in found.rows} == {7.0} and {one.split for one in found.rows} == {"dev"}
    again = run(lambda *_: pytest.fail("a kept row is measured again"), trained)
    assert len(trained) == 3 and again.best.settings == found.best.settings


@pytest.mark.parametrize("name", CHOICES)
def test_the_shipped_recipe_stands_first_among_six_that_differ(name):
    recipes, one = CHOICES[name].recipes, CHOICES[name]
    assert recipes[0] == adapters.find(name).recipe
    told = [one.tells(recipe) for recipe in recipes]
    assert len(recipes) == 6 and len({str(settings) for settings in told}) == 6


@pytest.mark.parametrize("name", CHOICES)
def test_what_ships_is_what_dev_chose_among_all_tries(name):
    recipe, tries = recipe_choices.chosen(name, DEFAULT)
    assert tries == len(CHOICES[name].recipes)
    assert recipe == adapters.find(name).recipe
    made = adapters.saved.read_card(adapters.shipped(name))["recipe"]
    assert CHOICES[name].tells(recipe) == {field: made[field] for field in CHOICES[name].fields}


@pytest.mark.parametrize(("name", "ships"), [("changes", "layers {layers}"), ("assistant", "epochs {epochs}")])
def test_the_recipe_that_ships_is_told_in_words(name, ships):
    made = adapters.saved.read_card(adapters.shipped(name))["recipe"]
    said = f"the recipe that the course uses: {ships.format(**made)}, rate {made['learning_rate']:g}"
    assert recipe_choices.ships(name) == said


def test_without_a_search_of_the_model_it_is_the_shipped_recipe_among_none():
    assert recipe_choices.chosen("changes", "another model") == (adapters.find("changes").recipe, 0)


def test_dev_chooses_the_recipe_with_most_right(monkeypatch):
    one = CHOICES["changes"]
    names = [f"{one.method}: {search.Candidate(one.tells(recipe), str).name}" for recipe in one.recipes]
    rows = [of_hits(name, [i < 2 + (i_name == 4) for i in range(60)]) for i_name, name in enumerate(names)]
    monkeypatch.setattr(search.lookup, "rows", lambda *_, **__: rows)
    assert recipe_choices.chosen("changes", "stand") == (one.recipes[4], 6)
    monkeypatch.setattr(search.lookup, "rows", lambda *_, **__: rows[1:])
    assert recipe_choices.chosen("changes", "stand") == (one.recipes[0], 0)


def test_right_is_a_whole_form_whatever_risk_it_names(monkeypatch):
    requests = change_requests.load("dev")[:3]
    texts = [change_requests.answer(requests[0]), "Sure: " + change_requests.answer(requests[1]), "no form"]
    texts[0] = texts[0].replace(f'"{requests[0].label}"', '"low"' if requests[0].label != "low" else '"high"')
    said = [forms.Judged(text, "any", False, 9) for text in texts]
    monkeypatch.setattr(forms, "judged", lambda lm, ask, some: said)
    assert [one.right for one in recipe_choices.whole_forms(None, requests)] == [True, False, False]


def test_every_question_of_dev_is_asked_both_ways_under_a_name_of_its_own():
    items = CHOICES["assistant"].items()
    assert len({item.id for item in items}) == len(items) == 120
    assert [item.text for item in items[:60]] == [item.text for item in items[60:]]
