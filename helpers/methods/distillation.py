"""Students that learn from a teacher's labels, reviewed by a person or not; one call a measurement.

A person's labels are the gold ones. What a teacher is made of is said by baselines, of the recorded one by the set's
agreement file; names of rows, recipes and stored results live here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from helpers.methods import baselines, few_shot, side_effects, tuning
from helpers.model import catalogue, embedding
from helpers.model.language_model import LanguageModel
from helpers.results import ledger, lookup
from helpers.results.rows import LedgerRow
from helpers.tasks import files, intents
from helpers.tasks.curation import labels as labeling

BY_HAND, POOL, BUDGET = 60, 240, 60  # labeled by a person, labeled by the teacher, looked at in a review
STUDENT = replace(side_effects.FACTS, epochs=3)
LARGER = (
    "teacher's labels, calibrated"  # the method under which a larger model's labels of training messages are stored
)
SEEDS = (0, 1, 2)


@dataclass(frozen=True)
class Teacher:
    """Who labeled the pool.

    labels: n. by_hand: how many labels by a person it learned from. probabilities: (n, m) of the labels, or None where
    no doubt was told.
    """

    name: str
    labels: list[str]
    by_hand: int = 0
    probabilities: np.ndarray | None = None


class School:
    """One pool of training messages, its right labels, its teachers, and the students that learn from them."""

    def __init__(self, lm: LanguageModel):
        self.train, self.task = intents.read("train"), intents.for_tuning()
        drawn = few_shot.balanced_examples(self.train, BY_HAND + POOL, seed=0)
        self.first, self.pool = ([self.train[i] for i in part] for part in (drawn[:BY_HAND], drawn[BY_HAND:]))
        self.truth = [message.label for message in self.pool]
        self.test = files.for_profile(intents.read("test"), fast=24)
        self.lab = ledger.Lab("intents", lm, labels=intents.LABELS, noun="messages", show=False)
        self.runs: dict = {}

    def teachers(self) -> list[Teacher]:
        """Return the plain pipeline, larger models whose labels are stored, by size, and the recorded large model.

        The larger models' doubt is the probability of their label alone; the recorded one told none.
        """
        embedder = catalogue.load_embedder()
        known, asked = (embedding.embed(embedder, [m.text for m in part]) for part in (self.first, self.pool))
        plain = baselines.embedding_classifier().fit(known, [message.label for message in self.first])
        labels = [str(label) for label in plain.predict(asked)]
        found = [Teacher(f"pipeline of {BY_HAND} labels", labels, BY_HAND, plain.predict_proba(asked))]
        stored = lookup.rows("intents", "train", reference=True, model=lookup.ANY)
        for row in sorted(stored, key=lambda row: row.parameters):
            if row.method == LARGER and {message.id for message in self.pool} <= set(row.ids):
                cut = row.cut([message.id for message in self.pool])
                doubt = np.column_stack([cut.confidence, np.zeros(cut.n)])
                found.append(Teacher(cut.model, cut.predictions, probabilities=doubt))
        given = {row["id"]: row["second"] for row in files.read_agreement("intents")}
        second = [given[message.id] or label for message, label in zip(self.pool, self.truth, strict=True)]
        return [*found, Teacher("large model, by the guide", second)]

    def wrong(self, teacher: Teacher) -> list[bool]:
        """Return for each message of the pool whether the teacher's label is wrong."""
        return [label != right for label, right in zip(teacher.labels, self.truth, strict=True)]

    def reviewed(self, teacher: Teacher, rows: Sequence[int]) -> list[str]:
        """Return the teacher's labels with those at `rows` set right by a person."""
        return labeling.with_review(teacher.labels, self.truth, {int(i) for i in rows})

    def student(self, name: str, labels: Sequence[str], by_hand: int, seed: int = 0) -> LedgerRow:
        """Train a student on the pool under these labels, and sort the test messages; from the stored results.

        by_hand: how many labels a person gave for it, the teacher's own included.
        """
        pairs = tuning.training_pairs(self.task, self.pool, labels)
        score: Callable = tuning.label_scorer(self.task)
        told = {"prompts": lambda texts: [tuning.prompt(self.task.system, text) for text in texts]}
        told |= {"runs": self.runs, "labels_used": by_hand}
        method = f"student on {name}, seed {seed}"
        return tuning.measured(self.lab, method, pairs, replace(STUDENT, seed=seed), self.test, score, **told)


def found_at_random(wrong: Sequence[bool], budget: int, times: int = 2000) -> np.ndarray:
    """Return how many wrong labels a random review of `budget` rows finds, (times,)."""
    hits, rng = np.asarray(wrong, dtype=int), np.random.default_rng(0)
    return np.array([hits[rng.permutation(len(hits))[:budget]].sum() for _ in range(times)])
