"""What tuning adds to the best prompt, over tasks and sizes of model, from rows that are kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from helpers.results import comparisons, lookup
from helpers.results.rows import LedgerRow
from helpers.statistics import Interval


@dataclass(frozen=True)
class Pairing:
    """Which rows of a task stand for prompting and which for tuning.

    prompts: names of all that needs no training; the one with the highest share right counts. tuned: names in order of
    preference; the first that is there counts.
    """

    task: str
    prompts: tuple[str, ...]
    tuned: tuple[str, ...]
    split: str = "test"


@dataclass(frozen=True)
class Gain:
    """What tuning adds to the best prompt of a task and model: both rows, and the paired difference."""

    task: str
    prompt: LedgerRow
    tuned: LedgerRow
    points: Interval

    @property
    def where(self) -> str:
        """Task and model in words."""
        return f"{self.task}, {self.prompt.language_model}"


def gains(pairings: Sequence[Pairing]) -> list[Gain]:
    """Return what tuning adds to the best prompt, for each task and each language model that has rows of both.

    The prompt is the best one measured on the same test items, so tuning gets no credit for a weak rival. If tuning
    gains d points, it carries a prompt that is d points short, whatever the target.
    """
    found = []
    for pairing in pairings:
        rows = lookup.rows(pairing.task, pairing.split, reference=True, model=lookup.ANY)
        for model in dict.fromkeys(row.language_model for row in rows if row.language_model):
            known = {row.method: row for row in rows if row.language_model == model}
            tuned = next((known[name] for name in pairing.tuned if name in known), None)
            prompts = [known[name] for name in pairing.prompts if name in known]
            if tuned is None or not prompts:
                continue
            best = max(prompts, key=lambda row: row.interval.estimate)
            both = comparisons.on_same_items([best, tuned], covered=0.0).rows
            if len(both) == 2:
                found.append(Gain(pairing.task, *both, lookup.compare(*both).difference))
    return found
