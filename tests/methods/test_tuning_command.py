"""The training command: settings from a file, readable errors, and two processes that equal one."""

import json
import os
import subprocess
import sys

import pytest
import tiny
import torch
from safetensors.torch import load_file

from helpers.methods import tuning
from helpers.methods.tuning import command, ship
from helpers.tasks import files

PAIRS = [
    {"prompt": f"{text} {i}", "answer": answer, "id": f"p{i}"}
    for i, (text, answer) in enumerate([("in the", "12"), ("the other", "a"), ("12 12 in", "the"), ("so", "in")] * 3)
]
RECIPE = {"rank": 4, "learning_rate": 0.01, "batch_size": 5, "epochs": 2, "row_tokens": 96, "dropout": 0.0}
RUNNER = """
import sys
from helpers.model import catalogue
from helpers.methods.tuning.command import main
sys.path.insert(0, {tests!r})
import tiny
catalogue.CATALOGUE["tiny"] = tiny.wheel({wheels!r})
sys.exit(main([{recipe!r}]))
"""


def settings(folder, **more):
    folder.mkdir(exist_ok=True)
    (folder / "train.jsonl").write_text("\n".join(json.dumps(pair) for pair in PAIRS))
    path = folder / "recipe.json"
    path.write_text(json.dumps({**RECIPE, "train": "train.jsonl", "out": "adapter", "model": "tiny", **more}))
    return path


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheels")
    tiny.wheel(folder)
    return folder


def start(tmp_path, wheels, launcher, **more):
    """Run the command as its own process or processes, with the tiny model in the catalogue."""
    runner = tmp_path / "runner.py"
    recipe = settings(tmp_path / f"run{len(launcher)}", dev="train.jsonl", device="cpu", **more)
    runner.write_text(RUNNER.format(tests=str(files.DATA.parent / "tests"), wheels=str(wheels), recipe=str(recipe)))
    environment = os.environ | {
        "PYTHONPATH": str(files.DATA.parent),
        "COURSE_WHEELS": str(wheels),
        "COURSE_CACHE": str(tmp_path.parent / "cache"),
        "COURSE_DTYPE": "float32",
        "COURSE_THREADS": "1",
    }
    done = subprocess.run(
        [sys.executable, *launcher, str(runner)], env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    folder = recipe.parent / "adapter"
    return load_file(folder / "adapter_model.safetensors"), json.loads((folder / "history.json").read_text()), done


# `--multi_gpu` starts one process a device; without a GPU they meet on the CPU (`--cpu` would ask for MPI).
def test_two_processes_see_the_same_rows_once_and_give_what_one_gives(tmp_path, wheels):
    one, alone, _ = start(tmp_path, wheels, [])
    launch = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes=2", "--num_machines=1"]
    launch += ["--mixed_precision=no", "--dynamo_backend=no", "--main_process_port=0"]
    two, together, done = start(tmp_path, wheels, launch)
    assert "by 2 process(es)" in done.stdout
    assert together["seen"] == alone["seen"] == {pair["id"]: RECIPE["epochs"] for pair in PAIRS}
    assert together["losses"] == pytest.approx(alone["losses"], rel=1e-4)
    assert together["dev"][-1][1] == pytest.approx(alone["dev"][-1][1], rel=1e-4)
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, rtol=1e-3, atol=1e-5)
    assert max(value.abs().max() for name, value in one.items() if "lora_B" in name) > 1e-3


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("recipe.yaml", "", "must end in"),
        ("recipe.toml", "rank = ", "not valid TOML"),
        ("recipe.json", "[1]", "names and values"),
        ("recipe.json", '{"rank": 0}', "rank must be"),
        ("recipe.json", '{"rank": "eight"}', "rank must be"),
        ("recipe.json", '{"lora_rank": 8}', "unknown setting 'lora_rank'"),
        ("recipe.json", "{}", "'train' is missing"),
        ("recipe.json", '{"learning_rate": "fast"}', "see tuning.Recipe"),
        ("recipe.json", '{"train": "none.jsonl", "out": "x"}', "cannot be read"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(tmp_path, capsys, monkeypatch, small, name, content, said):
    monkeypatch.setattr(command.LanguageModel, "load", lambda *_, **__: small)
    (tmp_path / name).write_text(content)
    assert command.main([str(tmp_path / name)]) == 1
    errors = capsys.readouterr().err
    assert said in errors
    assert errors.count("\n") == 1


def test_a_toml_recipe_trains_and_saves(tmp_path, capsys, monkeypatch, small):
    monkeypatch.setattr(command.LanguageModel, "load", lambda *_, **__: small)
    settings(tmp_path)
    (tmp_path / "recipe.toml").write_text('rank = 2\nepochs = 1\ntrain = "train.jsonl"\nout = "here"\nnote = "mine"\n')
    assert command.main([str(tmp_path / "recipe.toml")]) == 0
    assert "12 of 12 pairs" in capsys.readouterr().out
    assert tuning.load(small, tmp_path / "here").name == "small random model + here"


def test_shipped_adapters_have_a_recipe_pairs_and_a_note(small, tmp_path, monkeypatch, capsys):
    assert set(ship.RECIPES) == set(ship.NOTES)
    for name in ship.RECIPES:
        pairs, dev = ship.training_pairs(name)
        assert len(pairs) >= 300
        assert (dev is None) == (name == "voice")
    assert ship.main(["nothing"]) == 1
    assert "intents" in capsys.readouterr().err
    few = tuning.intent_pairs(files.load_intents("dev")[:6])
    monkeypatch.setattr(ship, "training_pairs", lambda name: (few, few[:2]))
    monkeypatch.setattr(ship.adapters, "ADAPTERS", tmp_path)
    monkeypatch.setitem(ship.RECIPES, "intents", tuning.Recipe(epochs=1))
    ship.ship(small, "intents")
    assert tuning.read_card(tmp_path / "intents")["training_seconds"] > 0
