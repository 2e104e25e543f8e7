"""Trains the shipped adapters of lesson 05: `python -m helpers.methods.tuning.ship intents changes voice`.

Each is written to data/adapters/<name> with its card. It learns from the train split; where there is dev, that picks
the step.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace

import torch

from helpers.methods.tuning import adapters
from helpers.methods.tuning.loop import Tuned, train
from helpers.methods.tuning.recipe import RECIPE
from helpers.model.language_model import LanguageModel
from helpers.tasks import change_requests, intents, pairs, voice

RECIPES = {
    "intents": RECIPE,
    "changes": replace(RECIPE, layers=16, epochs=3, max_tokens=256),
    "voice": replace(RECIPE, max_tokens=256),
}
NOTES = {
    "intents": "Sorts customer messages: answers with one of six labels. Lesson 05.",
    "changes": "Answers change requests with a JSON object of title, risk and rationale. Lesson 05.",
    "voice": "Rewrites a plain reply in Larkfield's voice. Lesson 05.",
}


def training_pairs(name: str) -> tuple[list, list | None]:
    """Return the pairs to train on, and those of dev where the task has a dev split."""
    if name == "voice":
        return voice.training_pairs(voice.load("train")), None
    if name == "changes":
        made = [change_requests.training_pairs(change_requests.load(split)) for split in ("train", "dev")]
    else:
        task = intents.for_tuning()
        made = [pairs.training_pairs(task, task.split(split)) for split in ("train", "dev")]
    return made[0], made[1]


def ship(lm: LanguageModel, name: str) -> Tuned:
    """Train one of the adapters by its recipe and write it to its place."""
    made, dev = training_pairs(name)
    tuned = train(lm, made, RECIPES[name], dev_pairs=dev)
    adapters.save(tuned, adapters.ADAPTERS / name, NOTES[name], dtype=torch.bfloat16)
    return tuned


def main(names: Sequence[str]) -> int:
    """Train those that are named; without a name say which there are."""
    unknown = sorted(set(names) - set(RECIPES))
    if unknown or not names:
        print(f"name one or more of {', '.join(RECIPES)}", file=sys.stderr)
        return 1
    lm = LanguageModel.load()
    for name in names:
        tuned = ship(lm, name)
        print(f"{name}: {tuned.seconds:.0f} s, {tuned.tokens / tuned.seconds:.0f} tokens/s; {tuned.report}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
