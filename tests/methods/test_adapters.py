"""The table of adapters: every card is of its entry, and a base without one gets its own, once."""

from dataclasses import replace

import pytest
import torch

from helpers.methods import adapters
from helpers.methods.tuning import loop, saved
from helpers.methods.tuning.prepare import prepare
from helpers.methods.tuning.recipe import Recipe, TuningError
from helpers.model import weights
from helpers.tasks import intents, pairs

SEARCHED = ("reader", "assistant")  # their pairs come out of a search over all policies, which takes minutes
FEW = pairs.training_pairs(intents.for_tuning(), intents.read("dev")[:6])
RECIPE = Recipe(rank=2, layers=8, epochs=1, batch_size=3)


@pytest.fixture
def table(monkeypatch, tmp_path):
    """A table of two quick adapters, the second going on from the first, and a cache of its own."""
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(adapters, "_places", {})
    quick = replace(adapters.SHIPPED["intents"], recipe=RECIPE, pairs=lambda lm: FEW)
    monkeypatch.setitem(adapters.SHIPPED, "intents", quick)
    monkeypatch.setitem(adapters.SHIPPED, "voice", replace(quick, start="intents", note="went on"))


@pytest.fixture
def starts(monkeypatch):
    """What each training started from, in order; training itself goes on as always."""
    seen = []
    train = loop.train

    def remember(*arguments, **options):
        seen.append(options["start"])
        return train(*arguments, **options)

    monkeypatch.setattr(adapters.loop, "train", remember)
    return seen


def test_what_ships_is_what_the_table_holds():
    assert {path.parent.name for path in adapters.ADAPTERS.glob("*/card.json")} == set(adapters.SHIPPED)
    sizes = [path.stat().st_size for path in adapters.ADAPTERS.rglob("*") if path.is_file()]
    assert max(sizes) < 5_200_000
    assert sum(sizes) < 25_500_000


@pytest.mark.parametrize("name", adapters.SHIPPED)
def test_every_card_is_of_its_entry(name):
    entry, card = adapters.find(name), saved.read_card(adapters.shipped(name))
    assert (card["recipe"], card["note"]) == (entry.recipe.as_dict(), entry.note)
    assert card["base"] == "SmolLM2-135M-Instruct"
    assert (card["dev_loss"] is None) == (entry.dev_pairs is None)
    assert saved.problem_with(adapters.shipped(name)) is None


@pytest.mark.parametrize("name", [name for name in adapters.SHIPPED if name not in SEARCHED])
def test_every_adapter_learned_from_the_pairs_of_its_entry(name, small):
    entry, card = adapters.find(name), saved.read_card(adapters.shipped(name))
    found = prepare(small, entry.pairs(small), entry.recipe)
    assert found.data_sha256 == card["data_sha256"]
    told = found.report
    assert told.used == card["pairs"]
    assert not any(ids for what, ids in told.odd.items() if what != "duplicates")


@pytest.mark.weights
def test_on_its_own_base_the_shipped_adapter_is_taken(real, starts):
    assert adapters.folder(real, "facts") == adapters.shipped("facts")
    assert adapters.get(real, "facts").name == "SmolLM2-135M-Instruct + facts"
    assert not starts


def test_another_base_gets_an_adapter_of_its_own_once(small, table, starts, capsys):
    tuned = adapters.get(small, "intents", progress=False)
    said = capsys.readouterr().out
    assert "ships for SmolLM2-135M-Instruct; small random model has other weights" in said
    assert "6 pairs, about a minute" in said
    card = adapters.card(small, "intents")
    assert (card["base"], card["base_sha256"]) == ("small random model", saved.base_sha256(small.model))
    assert card["recipe"] == RECIPE.as_dict(), "the base has fewer layers than the recipe asks for"
    adapters._places.clear()  # as in another process
    again = adapters.get(small, "intents", progress=False)
    assert (capsys.readouterr().out, len(starts)) == ("", 1)
    for key, value in saved.state_of(tuned.model).items():
        assert torch.equal(value, saved.state_of(again.model)[key])


def test_other_data_another_recipe_or_a_damaged_file_are_trained_anew(small, table, starts, monkeypatch):
    first = adapters.folder(small, "intents", progress=False)
    entry = adapters.find("intents")
    for changed in (replace(entry, pairs=lambda lm: FEW[:5]), replace(entry, recipe=replace(RECIPE, seed=1))):
        monkeypatch.setitem(adapters.SHIPPED, "intents", changed)
        adapters._places.clear()
        assert adapters.folder(small, "intents", progress=False) != first
    monkeypatch.setitem(adapters.SHIPPED, "intents", entry)
    adapters._places.clear()
    (first / saved.WEIGHTS).write_bytes(b"damaged")
    assert adapters.folder(small, "intents", progress=False) == first
    assert len(starts) == 4
    assert saved.problem_with(first) is None
    assert not list(weights.cache_folder().rglob("tmp*")), "nothing is left beside the adapters"


def test_one_goes_on_from_the_other_on_the_same_base(small, table, starts):
    adapters.get(small, "voice", progress=False)
    assert starts == [None, adapters.folder(small, "intents")]


def test_the_fast_profile_trains_on_a_few_pairs_and_keeps_them_apart(small, table, starts, monkeypatch):
    whole = adapters.folder(small, "intents", progress=False)
    monkeypatch.setenv("COURSE_PROFILE", "fast")
    monkeypatch.setattr(adapters, "FAST_PAIRS", 2)
    assert adapters.folder(small, "intents", progress=False) != whole
    assert adapters.card(small, "intents")["pairs"] == 2


def test_an_unknown_name_is_told_those_there_are(small):
    with pytest.raises(TuningError, match="no adapter 'nothing' ships; there are intents, changes"):
        adapters.get(small, "nothing")


def test_the_command_trains_what_is_named_and_writes_it_to_its_place(small, table, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(adapters.LanguageModel, "load", lambda: small)
    monkeypatch.setattr(adapters, "ADAPTERS", tmp_path / "shipped")
    assert adapters.main(["intents"]) == 0
    assert "6 of 6 pairs" in capsys.readouterr().out
    assert saved.read_card(tmp_path / "shipped" / "intents")["note"] == adapters.find("intents").note
    with pytest.raises(SystemExit):
        adapters.main(["nothing"])
    assert "nothing" in capsys.readouterr().err
