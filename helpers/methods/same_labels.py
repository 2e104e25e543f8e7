"""The same few labels used in three ways: shown in the prompt, learned by a regression, trained into the weights.

Every way gets the same messages, and several draws of them; none chooses anything by further labels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from helpers.methods import baselines, few_shot, tuning
from helpers.methods.few_labels import accuracy, draw, gain, shown
from helpers.methods.few_shot import FewShotPrompt
from helpers.model import embedding
from helpers.results import evidence
from helpers.results.evidence import Evidence
from helpers.results.ledger import Lab
from helpers.results.rows import LedgerRow
from helpers.statistics import Interval
from helpers.tasks import pairs
from helpers.tasks.files import Message
from helpers.tasks.task import Task

SIZES, DRAWS = (6, 12, 30, 48), 5
SEEN = 300  # pairs that a training reads at least, however few there are
SHOWN, REGRESSION, LORA = "shown in the prompt", "regression", "LoRA"
ALL_SHOWN = "few-shot, all shown"  # the rows of SHOWN


@dataclass(frozen=True)
class Compared:
    """Ways to use n labels, SHOWN, REGRESSION and LORA, each with its rows, one a draw; some may be left out."""

    n: int
    rows: Mapping[str, Sequence[LedgerRow]]

    @property
    def rivals(self) -> list[str]:
        """The ways that stand against the prompt; none where that was left out."""
        return [way for way in self.rows if way != SHOWN] if SHOWN in self.rows else []

    def lead(self, rival: str) -> Interval:
        """By how much the prompt is ahead of a rival, over draws and messages."""
        return gain(self.rows[rival], self.rows[SHOWN])


def leads(compared: Compared) -> list[Evidence]:
    """Return by how much the prompt is ahead of each rival, as evidence; "the only option" must be ahead of both.

    Nothing where a way was left out: a lead over one rival alone would not be what is claimed.
    """
    return [
        evidence.number(
            compared.lead(rival),
            compared.rows[SHOWN][0].n,
            of=[*compared.rows[SHOWN], *compared.rows[rival]],
            note=rival,
        )
        for rival in (compared.rivals if LORA in compared.rows else ())
    ]


def each_lead(compared: Sequence[Compared]) -> dict[str, Interval]:
    """Return by how much the prompt is ahead of each rival, at each number of labels, under a name for both."""
    return {
        f"{one.n:2} labels: the prompt, against {rival},": one.lead(rival) for one in compared for rival in one.rivals
    }


def ahead_of_shown(compared: Compared, rivals: Mapping[str, Sequence[LedgerRow] | None]) -> dict[str, Evidence]:
    """Return by how much each rival is ahead of SHOWN, as evidence; a rival without rows is left out.

    rivals: name -> its rows, one for each draw of SHOWN or a single one. Nothing where SHOWN itself was left out.
    """
    rows = compared.rows.get(SHOWN, ())
    return {
        name: evidence.number(gain(rows, other), rows[0].n, of=[*rows, *other])
        for name, other in rivals.items()
        if rows and other
    }


def lines(compared: Sequence[Compared]) -> dict[str, list[tuple[int, Interval]]]:
    """Return way -> pairs of n and accuracy over draws and messages, as `plots.against` takes them."""
    ways = dict.fromkeys(way for one in compared for way in one.rows)
    return {way: [(one.n, accuracy(one.rows[way])) for one in compared if way in one.rows] for way in ways}


def reference_points(compared: Sequence[Compared]) -> list[tuple[str, int]]:
    """Return (way, n) of those points of `lines` that rest on the course's rows alone."""
    return [(way, one.n) for one in compared for way, rows in one.rows.items() if all(row.reference for row in rows)]


@dataclass(frozen=True)
class SameLabels:
    """Ways to use the same few labels; none of them chooses anything by further labels.

    lab: its model is prompted and tuned. vectors: of the pool, (n, d), by `embedder`. task: labels as a tuned model
    answers them. recipe: its epochs are raised until SEEN pairs are read.
    """

    lab: Lab
    prompt: FewShotPrompt
    pool: Sequence[Message]
    vectors: np.ndarray
    embedder: object
    task: Task
    neutral: Sequence[str] = ()
    draws: int = DRAWS
    recipe: tuning.Recipe = field(default=tuning.RECIPE)

    def compare(self, n: int, items: Sequence[Message]) -> Compared:
        """Return all ways to use n labels; heavy, so taken from stored rows where they agree.

        Long prompts and a training for each draw take minutes without a GPU: such a way is left out where not all of
        its rows are kept, which is said.
        """
        ways = {SHOWN: self._shown, REGRESSION: self._regression, LORA: self._lora}
        for way, name in ((SHOWN, ALL_SHOWN), (LORA, LORA)):
            names = [_named(name, n, seed)[0] for seed in range(self.draws)]
            slow = way == LORA or n > SIZES[0]
            if slow and not self.lab.affords(f"{n} labels, {way}", names, items, minutes_each=3, fast=False):
                del ways[way]
        return Compared(n, {way: [one(n, seed, items) for seed in range(self.draws)] for way, one in ways.items()})

    def _shown(self, n: int, seed: int, items: Sequence[Message]) -> LedgerRow:
        name, told = _named(ALL_SHOWN, n, seed)
        examples = draw(self.pool, n, seed)
        return shown(self.lab, self.prompt, name, examples, items, self.neutral, seed=seed, heavy=True, **told)

    def _regression(self, n: int, seed: int, items: Sequence[Message]) -> LedgerRow:
        kept = few_shot.balanced_examples(self.pool, n, seed)
        name, told = _named("MiniLM + logistic regression", n, seed)
        model = baselines.embedding_classifier().fit(self.vectors[kept], [self.pool[i].label for i in kept])

        def predict(texts: list[str]):
            return model.predict(embedding.embed(self.embedder, texts))

        how = {"approach": "plain", "model": self.embedder, "seed": seed, "heavy": True}
        return self.lab.measure(name, items, predict, **how, **told)

    def _lora(self, n: int, seed: int, items: Sequence[Message]) -> LedgerRow:
        name, told = _named(LORA, n, seed)
        recipe = replace(self.recipe, seed=seed, epochs=max(self.recipe.epochs, -(-SEEN // n)))
        learned = pairs.training_pairs(self.task, draw(self.pool, n, seed))
        score, asked = pairs.label_scorer(self.task), pairs.prompts_of(self.task)
        return tuning.measured(self.lab, name, learned, recipe, items, score, prompts=asked, **told)


def _named(way: str, n: int, seed: int) -> tuple[str, dict]:
    return f"{way}, {n} labels, draw {seed + 1}", {"labels_used": n, "show": False}
