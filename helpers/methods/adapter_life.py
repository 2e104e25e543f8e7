"""The life of an adapter: on a base that changed, and as the ground of a second training; one call a measurement.

Names of rows, recipes and stored results live here; how a base changes is said by changed_base.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from helpers.methods import adapters, few_shot, side_effects, tuning
from helpers.methods.tuning import changed_base
from helpers.model.language_model import LanguageModel
from helpers.results import ledger
from helpers.results.rows import LedgerRow
from helpers.tasks import facts, files, general, intents

STACKED = replace(side_effects.FACTS, epochs=4, schedule="constant", dev_per_epoch=4)
MESSAGES, ON_DEV = 60, 60  # messages trained on, and those of dev that the loss is measured on


def bases(lm: LanguageModel) -> dict[str, Callable[[], LanguageModel]]:
    """Return how to make each base that the facts adapter is put on; made one at a time, for each takes memory."""
    return {
        "its own base": lambda: lm,
        "its base in 8 bits": lambda: changed_base.rounded(lm, 8),
        "its base in 4 bits": lambda: changed_base.rounded(lm, 4),
        "its base with 10 % noise": lambda: changed_base.perturbed(lm, 0.1),
        "a base that took in the refusals": lambda: tuning.merge(adapters.get(lm, "refusals")),
    }


def on_another_base(lm: LanguageModel, name: str, make: Callable[[], LanguageModel]) -> dict[str, LedgerRow]:
    """Measure on a base the facts adapter, one trained anew there, and the base alone on general questions.

    Returns rows by `old`, `new` and `alone`; from the stored results unless asked for anew.
    """
    asked = files.for_profile(facts.questions(facts.load(), "trained"), fast=8)
    learned = [tuning.Pair(*row) for row in facts.training_pairs(facts.load())]
    lab = ledger.Lab("facts", lm, noun="questions", show=False)
    how = {"approach": "tune", "heavy": True, "prompts": lambda texts: [*map(facts.chat, texts)]}
    told = adapters.row_of(lm, "facts", base=name)

    def judged(model: LanguageModel, texts: Sequence[str]) -> list[str]:
        return facts.verdicts(asked, facts.from_memory(model, texts))

    def old(texts):
        return judged(tuning.load(make(), adapters.folder(lm, "facts"), any_base=True), texts)

    def new(texts):
        return judged(tuning.train(make(), learned, side_effects.FACTS, progress=False).lm, texts)

    anew = {"labels_used": len(learned), "seed": side_effects.FACTS.seed}
    anew["settings"] = {**tuning.settings_of(learned, side_effects.FACTS), "base": name}
    items = general.load(fast=20)
    probe = ledger.Lab("general", lm, noun="questions", show=False)
    return {
        "old": lab.measure(f"facts adapter on {name}", asked, old, **how, **told),
        "new": lab.measure(f"facts learned anew on {name}", asked, new, **how, **anew),
        "alone": probe.measure(
            f"{name} alone, four choices",
            items,
            lambda texts: general.ask(make(), items),
            approach="prompt",
            prompts=list,
            settings={"base": name},
            heavy=True,
        ),
    }


def second_training(lm: LanguageModel, draw: int, seed: int, start: str = "") -> LedgerRow:
    """Train sorting on sixty messages, from nothing or on top of an adapter; dev loss is kept along the way.

    `draw` decides which messages, `seed` the training. The row is of test; `dev_losses` reads the way there.
    """
    task, train, test = intents.for_tuning(), intents.read("train"), intents.read("test")
    chosen = [train[i] for i in few_shot.balanced_examples(train, MESSAGES, seed=draw)]
    dev = tuning.training_pairs(task, files.balanced(intents.read("dev"), ON_DEV // 6))
    lab = ledger.Lab("intents", lm, labels=intents.LABELS, noun="messages", show=False)
    method = f"sorting, draw {draw}, seed {seed}, " + (f"on the {start}" if start else "alone")
    return tuning.measured(
        lab,
        method,
        tuning.training_pairs(task, chosen),
        replace(STACKED, seed=seed),
        files.for_profile(test, fast=24),
        tuning.label_scorer(task),
        start=adapters.folder(lm, start) if start else None,
        dev_pairs=dev,
        prompts=lambda texts: [tuning.prompt(task.system, text) for text in texts],
    )


def dev_losses(row: LedgerRow) -> list[tuple[int, float]]:
    """Return (step, loss on dev) of a row of `second_training`, in order."""
    return [(int(step), float(loss)) for step, loss in row.details["dev_loss"]]


def first_step(losses: Sequence[tuple[int, float]], target: float) -> int | str:
    """Return the first step at which the loss is at most the target, or "never".

    >>> first_step([(4, 1.9), (8, 1.2), (12, 1.3)], 1.2)
    8
    """
    return next((step for step, loss in losses if loss <= target), "never")


def pairs_of_runs(lm: LanguageModel) -> Mapping[tuple[int, int], tuple[LedgerRow, LedgerRow]]:
    """Return (draw, seed) -> rows of a run alone and of one on top of the facts: three draws times three seeds."""
    return {
        (draw, seed): (second_training(lm, draw, seed), second_training(lm, draw, seed, "facts"))
        for draw in (1, 2, 3)
        for seed in (0, 1, 2)
    }
