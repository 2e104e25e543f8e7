"""The life of an adapter: on a base that changed, and as the ground of a second training; one call a measurement.

Names of rows, recipes and stored results live here; how a base changes is said by changed_base.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from scipy import stats

from helpers import statistics
from helpers.machine import runtime
from helpers.methods import adapters, few_shot, learned_facts, side_effects, tuning
from helpers.methods.tuning import changed_base
from helpers.model.language_model import LanguageModel
from helpers.results import ledger
from helpers.results.rows import LedgerRow
from helpers.tasks import facts, files, general, intents
from helpers.tasks.files import Message

OWN = "its own base"
STACKED = replace(learned_facts.FACTS, epochs=4, schedule="constant", dev_per_epoch=4)
MESSAGES, ON_DEV = 60, 60  # messages trained on, and those of dev that the loss is measured on
ON_TEST = 60  # messages that a row is of; what counts is the loss on dev
DRAWS = range(1, 10)  # of messages, each with a seed of its own; draw 0 sets the target


def bases(lm: LanguageModel) -> dict[str, Callable[[], LanguageModel]]:
    """Return how to make each base that the facts adapter is put on; made one at a time, for each takes memory."""
    return {
        OWN: lambda: lm,
        "its base in 8 bits": lambda: changed_base.rounded(lm, 8),
        "its base in 4 bits": lambda: changed_base.rounded(lm, 4),
        "its base with 10 % noise": lambda: changed_base.perturbed(lm, 0.1),
        "a base that took in the refusals": lambda: tuning.merge(adapters.get(lm, "refusals")),
    }


def on_another_base(lm: LanguageModel, name: str, make: Callable[[], LanguageModel]) -> dict[str, LedgerRow]:
    """Measure on a base the facts adapter, one trained anew there, and the base alone on general questions.

    Returns rows by `old`, `new` and `alone`; from the stored results unless asked for anew. On its own base the old
    adapter is what a training there gives, so that it is not trained again.
    """
    asked = files.for_profile(facts.questions(facts.load(), "trained"), fast=8)
    learned = [tuning.Pair(*row) for row in facts.training_pairs(facts.load())]
    lab = ledger.Lab("facts", lm, noun="questions", show=False)
    how = {"approach": "tune", "heavy": True, "prompts": lambda texts: [*map(facts.chat, texts)]}

    def judged(model: LanguageModel, texts: Sequence[str]) -> list[str]:
        return facts.verdicts(asked, facts.from_memory(model, texts))

    def old(texts):
        return judged(tuning.load(make(), adapters.folder(lm, "facts"), any_base=True), texts)

    def new(texts):
        return judged(tuning.train(make(), learned, learned_facts.FACTS, progress=False).lm, texts)

    told = adapters.row_of(lm, "facts", base=name)
    rows = {"old": lab.measure(f"facts adapter on {name}", asked, old, **how, **told)}
    if name == OWN:
        return {**rows, "new": rows["old"], "alone": side_effects.probed(lm)}
    anew = {"labels_used": len(learned), "seed": learned_facts.FACTS.seed}
    anew["settings"] = {**tuning.settings_of(learned, learned_facts.FACTS), "base": name}
    rows["new"] = lab.measure(f"facts learned anew on {name}", asked, new, **how, **anew)
    items, probe = general.load(fast=20), ledger.Lab("general", lm, noun="questions", show=False)
    told = {"approach": "prompt", "prompts": list, "settings": {"base": name}, "heavy": True}
    alone = probe.measure(f"{name} alone, four choices", items, lambda texts: general.ask(make(), items), **told)
    return {**rows, "alone": alone}


def second_training(lm: LanguageModel, draw: int, start: str = "", kept: tuning.Kept | None = None) -> LedgerRow:
    """Train sorting on sixty messages, from nothing or on top of an adapter; dev loss is kept along the way.

    `draw` decides which messages, and seeds the training. The row is of a few messages of test; `dev_losses` reads the
    way there.
    """
    task, train = intents.for_tuning(), intents.read("train")
    chosen = [train[i] for i in few_shot.balanced_examples(train, MESSAGES, seed=draw)]
    dev = tuning.training_pairs(task, files.balanced(intents.read("dev"), ON_DEV // len(intents.LABELS)))
    return tuning.measured(
        _sorting(lm),
        _named(draw, start),
        tuning.training_pairs(task, chosen),
        replace(STACKED, seed=draw),
        _judged(),
        tuning.label_scorer(task),
        start=adapters.folder(lm, start) if start else None,
        dev_pairs=dev,
        kept=kept,
        prompts=tuning.prompts_of(task),
    )


def _sorting(lm: LanguageModel) -> ledger.Lab:
    return ledger.Lab("intents", lm, labels=intents.LABELS, noun="messages", show=False)


def _named(draw: int, start: str = "") -> str:
    return f"sorting, draw {draw}, " + (f"on the {start}" if start else "alone")


def _judged() -> list[Message]:
    return files.for_profile(files.balanced(intents.read("test"), ON_TEST // len(intents.LABELS)), fast=24)


def dev_losses(row: LedgerRow) -> list[tuple[int, float]]:
    """Return (step, loss on dev) of a row of `second_training`, in order."""
    return [(int(step), float(loss)) for step, loss in row.details["dev_loss"]]


def first_step(losses: Sequence[tuple[int, float]], target: float) -> int | str:
    """Return the first step at which the loss is at most the target, or "never".

    >>> first_step([(4, 1.9), (8, 1.2), (12, 1.3)], 1.2)
    8
    """
    return next((step for step, loss in losses if loss <= target), "never")


def target_loss(row: LedgerRow) -> float:
    """Return the lowest loss that a run of `second_training` reaches in the first half of its steps."""
    losses = dev_losses(row)
    return min(loss for step, loss in losses if step <= losses[-1][0] / 2)


def pairs_of_runs(lm: LanguageModel) -> tuple[LedgerRow, dict[int, tuple[LedgerRow, LedgerRow]]]:
    """Return the run that sets the target, and draw -> rows of a run alone and of one on top of the facts.

    A run takes minutes without a GPU: in the full profile a draw is left out, which is said, where not both of its rows
    are kept; the run that sets the target is always made. In the fast profile there are two draws.
    """
    lab, kept, runs = _sorting(lm), tuning.Kept(), {}
    for draw in DRAWS if runtime.profile().value == "full" else DRAWS[:2]:
        if not lab.affords(f"draw {draw}", [_named(draw), _named(draw, "facts")], _judged(), minutes_each=2):
            continue
        runs[draw] = second_training(lm, draw, kept=kept), second_training(lm, draw, "facts", kept=kept)
    return second_training(lm, 0, kept=kept), runs


def fewer_steps(alone: Sequence[float], on_top: Sequence[float]) -> tuple[statistics.Interval, float]:
    """Return the steps on top over those alone, and Wilcoxon's (1945) p-value that neither takes more.

    An interval drawn from nine pairs is narrow for their number; the test of signs and ranks must agree.

    >>> fewer_steps([8, 8, 8], [8, 8, 8])[1]
    1.0
    """
    level = list(alone) == list(on_top)
    p_value = 1.0 if level else float(stats.wilcoxon(alone, on_top).pvalue)
    return statistics.ratio_interval(alone, on_top), p_value
