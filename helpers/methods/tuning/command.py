"""`python -m helpers.methods.tuning recipe.toml`: trains one adapter from a file of settings.

The same under `accelerate launch --num_processes 2 -m helpers.methods.tuning recipe.toml` trains on several devices
(docs/training_elsewhere.md).
"""

import argparse
import json
import pathlib
import sys
from collections.abc import Sequence
from dataclasses import asdict

from helpers.methods.tuning import adapters, workers
from helpers.methods.tuning.loop import Tuned, train
from helpers.methods.tuning.prepare import read_pairs
from helpers.methods.tuning.recipe import TuningError, read_settings
from helpers.model.language_model import LanguageModel
from helpers.model.weights import ModelError
from helpers.tasks import files

SETTINGS = {"train", "dev", "out", "model", "note", "checkpoint", "device"}


def run(path: str | pathlib.Path) -> Tuned:
    """Train as a settings file says; paths in it are relative to it.

    The file holds fields of Recipe, `train` (pairs as JSON Lines) and `out` (the adapter's folder), and may hold `dev`,
    `model` (a name of the catalogue, or a folder), `note`, `checkpoint` and `device`.

    Raises:
        TuningError, DataError or ModelError, each with what to do.
    """
    path = pathlib.Path(path)
    recipe, settings = read_settings(path)
    unknown = sorted(set(settings) - SETTINGS)
    if unknown:
        known = ", ".join(sorted(SETTINGS))
        raise TuningError(f"{path.name}: unknown setting {unknown[0]!r}; beside a recipe's fields it may hold {known}")
    for name in ("train", "out"):
        if not isinstance(settings.get(name), str):
            raise TuningError(f"{path.name}: {name!r} is missing; the file needs `train` (pairs) and `out` (a folder)")
    near = {name: path.parent / settings[name] for name in ("train", "dev", "out", "checkpoint") if name in settings}
    device = workers.join() if workers.launched() else settings.get("device")
    lm = LanguageModel.load(settings.get("model"), device=device)
    first = workers.rank() == 0
    dev = read_pairs(near["dev"]) if "dev" in near else None
    tuned = train(lm, read_pairs(near["train"]), recipe, dev, progress=first, checkpoint=near.get("checkpoint"))
    if first:
        folder = adapters.save(tuned, near["out"], settings.get("note", ""))
        (folder / "history.json").write_text(json.dumps(asdict(tuned.history), indent=1) + "\n", encoding="utf-8")
    return tuned


def main(arguments: Sequence[str]) -> int:
    """Run the command; exit status 1 with one readable line where something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m helpers.methods.tuning", description=__doc__.splitlines()[0])
    parser.add_argument("recipe", help="a .toml or .json file: fields of tuning.Recipe, train, out, and more")
    chosen = parser.parse_args(arguments)
    try:
        tuned = run(chosen.recipe)
    except (TuningError, files.DataError, ModelError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if workers.rank() == 0:
        seen = tuned.history
        best = "" if seen.best_loss is None else f", best dev loss {seen.best_loss:.4f} after step {seen.best_step}"
        print(f"{tuned.report}\n{len(seen.losses)} steps by {workers.count()} process(es){best}")
    workers.leave()
    return 0
