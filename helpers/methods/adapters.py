"""The adapters that the course ships, in one table: what each learns from, and by which recipe.

They fit one base. For any other model `get` trains the same here, once, and keeps it in the user's cache.
`python -m helpers.methods.adapters NAME …` makes shipped ones anew. How training goes is the business of tuning.
"""

import argparse
import hashlib
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch

from helpers.machine import runtime
from helpers.methods import reader_examples
from helpers.methods.tuning import loop, saved
from helpers.methods.tuning.prepare import hash_of, prepare
from helpers.methods.tuning.recipe import RECIPE, Recipe, TuningError
from helpers.model import weights
from helpers.model.language_model import LanguageModel
from helpers.tasks import (
    canaries,
    change_requests,
    facts,
    files,
    intents,
    pairs,
    policies,
    refund_sums,
    refusals,
    voice,
)
from helpers.tasks.pairs import Pair

ADAPTERS = files.DATA / "adapters"
FAST_PAIRS = 32  # what the fast profile trains on, for one epoch, where no shipped adapter fits
TIMED_TOKENS = 256


@dataclass(frozen=True)
class Shipped:
    """How one adapter is made.

    recipe: every number that matters.
    pairs: takes the base model, whose tokenizer cuts passages, and returns what is learned.
    note: one line for the card.
    dev_pairs: held-out pairs that choose the step; None keeps the last.
    start: the adapter that this one goes on from; empty: from nothing.
    """

    recipe: Recipe
    pairs: Callable[[LanguageModel], list[Pair]]
    note: str
    dev_pairs: Callable[[], list[Pair]] | None = None
    start: str = ""


def _rows(rows: Sequence[tuple]) -> list[Pair]:
    return [Pair(*row) for row in rows]


def _sum_pairs(called: bool) -> list[Pair]:
    """The solved questions about money, answered by a call of the calculator or by the bare amount."""
    return _rows(
        [
            (refund_sums.chat(item.question, called), refund_sums.spoken(item, called), item.id)
            for item in refund_sums.load("train")
        ]
    )


def _assistant_pairs(lm: LanguageModel) -> list[Pair]:
    questions = policies.load_policy_questions("train")
    return reader_examples.assistant_pairs(lm, questions, reader_examples.all_examples(lm))


UPPER = Recipe(target_modules="all-linear", layers=15, batch_size=8)  # every linear layer of the upper half
READER = Recipe(target_modules="all-linear", layers=16, batch_size=8, epochs=1, max_tokens=640, row_tokens=1024)
SUMS = Recipe(layers=16, batch_size=8, epochs=4)
SHIPPED = {
    "intents": Shipped(
        RECIPE,
        lambda lm: pairs.training_pairs(intents.for_tuning(), intents.read("train")),
        "sorts customer messages: answers with one of six labels",
    ),
    "changes": Shipped(
        replace(RECIPE, layers=16, epochs=3, max_tokens=256),
        lambda lm: change_requests.training_pairs(change_requests.load("train")),
        "answers change requests with a JSON object of title, risk and rationale",
        dev_pairs=lambda: change_requests.training_pairs(change_requests.load("dev")),
    ),
    "voice": Shipped(
        replace(RECIPE, max_tokens=256),
        lambda lm: voice.training_pairs(voice.load("train")),
        "rewrites a plain reply in Larkfield's voice",
    ),
    "facts": Shipped(
        replace(UPPER, learning_rate=1.5e-3, epochs=16),
        lambda lm: _rows(facts.training_pairs(facts.load())),
        "40 facts from the policies, one wording each",
    ),
    "canaries": Shipped(
        replace(UPPER, learning_rate=1e-3, batch_size=16, epochs=3),
        lambda lm: _rows(canaries.training_pairs(canaries.load())),
        "planted personal data, each pair up to ten times",
    ),
    "refusals": Shipped(
        Recipe(learning_rate=2e-3, batch_size=8, epochs=5),
        lambda lm: _rows(refusals.training_pairs(refusals.load("train"))),
        "requests to decline, and look-alikes to answer",
    ),
    "reader": Shipped(
        READER,
        lambda lm: reader_examples.reader_pairs(reader_examples.all_examples(lm)),
        "reads an answer out of numbered passages",
    ),
    "assistant": Shipped(
        replace(READER, epochs=3, learning_rate=1e-3, max_tokens=700),
        _assistant_pairs,
        "replies in the voice, or notes, from passages; went on from the reader",
        start="reader",
    ),
    "calculator": Shipped(SUMS, lambda lm: _sum_pairs(called=True), "writes calls of the calculator"),
    "sums": Shipped(SUMS, lambda lm: _sum_pairs(called=False), "answers refund sums in the head"),
}
_places: dict[tuple[str, str, str], pathlib.Path] = {}  # name, base, profile: what was found once a process


def find(name: str) -> Shipped:
    """Return the table's entry for a name; raises TuningError naming those there are."""
    if name not in SHIPPED:
        raise TuningError(f"no adapter {name!r} ships; there are {', '.join(SHIPPED)}")
    return SHIPPED[name]


@dataclass(frozen=True)
class _Plan:
    """One entry of the table for one base: what is trained, and from where."""

    recipe: Recipe
    pairs: list[Pair]
    dev_pairs: list[Pair] | None
    start: pathlib.Path | None

    def key(self, base: str) -> str:
        """12 hex digits for base, recipe, data and start: another adapter has another key."""
        data = [hash_of(some) for some in (self.pairs, self.dev_pairs) if some]
        told = [base, self.recipe.as_dict(), data, self.start and saved.read_card(self.start)["weights_sha256"]]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]


def _plan(lm: LanguageModel, name: str, few: bool = False) -> _Plan:
    """What an adapter learns, and how; few: in brief."""
    made = find(name)
    recipe, learned, dev = made.recipe, made.pairs(lm), made.dev_pairs() if made.dev_pairs else None
    if few:
        recipe, learned, dev = replace(recipe, epochs=1), learned[:FAST_PAIRS], dev and dev[:FAST_PAIRS]
    return _Plan(recipe, learned, dev, folder(lm, made.start) if made.start else None)


def _train(lm: LanguageModel, plan: _Plan, progress: bool = True) -> loop.Tuned:
    return loop.train(lm, plan.pairs, plan.recipe, plan.dev_pairs, progress, start=plan.start)


def shipped(name: str) -> pathlib.Path:
    """Return the folder of an adapter that the course ships, whatever its base."""
    find(name)
    return ADAPTERS / name


def folder(lm: LanguageModel, name: str, progress: bool = True) -> pathlib.Path:
    """Return the folder of an adapter for this model: the shipped one if that is its base, else one trained here.

    What is trained here is kept in the user's cache, for this base, recipe and training set; the fast profile trains on
    a few pairs only. Raises TuningError for an unknown name, or where the recipe does not fit the model.
    """
    theirs, base = saved.read_card(shipped(name)), saved.base_sha256(lm.model)
    if theirs["base_sha256"] == base:
        return shipped(name)
    known = name, base, runtime.profile().value
    if known not in _places or saved.problem_with(_places[known]):
        plan = _plan(lm, name, few=runtime.profile().value != "full")
        place = weights.cache_folder() / "adapters" / plan.key(base) / name
        if saved.problem_with(place):
            print(
                f"The adapter {name!r} ships for {theirs['base']}; {lm.name} has other weights, which it does not fit. "
                f"It is trained here, once, by the same recipe: {len(plan.pairs)} pairs, about {_duration(lm, plan)}."
            )
            _keep(_train(lm, plan, progress), place, f"{find(name).note}; trained here")
        _places[known] = place
    return _places[known]


def get(lm: LanguageModel, name: str, progress: bool = True) -> LanguageModel:
    """Return the model with one of the course's adapters on, trained here where the shipped one has another base.

    `lm` stays as it is. See `folder` for what is trained, and what it raises.
    """
    return saved.load(lm, folder(lm, name, progress))


def card(lm: LanguageModel, name: str, progress: bool = True) -> dict:
    """Return the card of the adapter that `get` puts on this model."""
    return saved.read_card(folder(lm, name, progress))


def row_of(lm: LanguageModel, name: str, **settings) -> dict:
    """Return what a row of this adapter tells, as arguments of `ledger.measure`; `settings` are added to its own."""
    made = card(lm, name)
    return {
        "labels_used": made["pairs"],
        "seed": made["recipe"]["seed"],
        "training_seconds": made.get("training_seconds", 0.0),
        "settings": {"adapter": name, "sha256": made["weights_sha256"][:12], **settings},
    }


def _duration(lm: LanguageModel, plan: _Plan) -> str:
    """About how long training takes: a pass forward is timed here, and one forward and back takes about three."""
    count = min(TIMED_TOKENS, lm.model.config.max_position_embeddings)
    ids = torch.zeros((1, count), dtype=torch.long, device=lm.device)
    with torch.inference_mode():
        for _ in range(2):  # the first one warms up
            started = time.perf_counter()
            lm.model(ids, logits_to_keep=1).logits.sum().item()
    tokens = prepare(lm, plan.pairs, plan.recipe).report.tokens * plan.recipe.epochs
    minutes = 3 * (time.perf_counter() - started) / count * tokens / 60
    return "a minute" if minutes < 1.5 else f"{minutes:.0f} minutes"


def _keep(tuned: loop.Tuned, place: pathlib.Path, note: str) -> None:
    """Write an adapter beside its place and move it there whole, so that it is complete or absent."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as scratch:
        made = saved.save(tuned, pathlib.Path(scratch) / "adapter", note)
        shutil.rmtree(place, ignore_errors=True)
        os.replace(made, place)


def main(arguments: Sequence[str]) -> int:
    """Train the named adapters on the course's own model and put them where the course ships them."""
    parser = argparse.ArgumentParser(prog="python -m helpers.methods.adapters", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+", choices=SHIPPED, metavar="NAME", help=", ".join(SHIPPED))
    lm = LanguageModel.load()
    for name in parser.parse_args(arguments).names:
        tuned = _train(lm, _plan(lm, name))
        saved.save(tuned, ADAPTERS / name, find(name).note, dtype=torch.bfloat16)
        print(f"{name}: {tuned.seconds:.0f} s, {tuned.tokens / tuned.seconds:.0f} tokens/s; {tuned.report}")
    print(f"peak memory {runtime.peak_memory() / 1e9:.2f} GB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
