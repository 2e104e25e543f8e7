"""Students that learn from a teacher's labels, reviewed by a person or not; one call a measurement.

A person's labels are the gold ones. What a teacher is made of is said by baselines, of the recorded one by the set's
agreement file; names of rows, recipes and stored results live here. `python -m helpers.methods.distillation` has the
model of COURSE_MODEL label the pool: run with larger models, it makes the rows of larger teachers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from helpers import statistics
from helpers.methods import baselines, few_shot, learned_facts, tuning, wording
from helpers.model import catalogue, embedding
from helpers.model.language_model import LanguageModel
from helpers.model.prompts import Prompt
from helpers.results import ledger, lookup, measuring
from helpers.results.rows import LedgerRow
from helpers.tasks import files, intents
from helpers.tasks.curation import labels as labeling

BY_HAND, POOL, BUDGET = 60, 240, 60  # labeled by a person, labeled by the teacher, looked at in a review
STUDENT = replace(learned_facts.FACTS, epochs=3)
LARGER = "teacher's labels"  # the method under which a larger model's labels of the pool are stored
ASK = Prompt(
    "teacher",
    f"What is this customer message: {', '.join(intents.WORDS.values())}?\n\nMessage: {{text}}",
    intents.SYSTEM,
)
SEEDS = (0, 1, 2)


@dataclass(frozen=True)
class Teacher:
    """Who labeled the pool.

    labels: n. by_hand: how many labels by a person it learned from. probabilities: (n, m) of the labels, or None where
    no doubt was told. larger: whether it is a language model larger than the student.
    """

    name: str
    labels: list[str]
    by_hand: int = 0
    probabilities: np.ndarray | None = None
    larger: bool = False


def parted() -> tuple[list[files.Message], list[files.Message]]:
    """Return the training messages that a person labeled, and the pool that a teacher labels."""
    train = intents.read("train")
    drawn = few_shot.balanced_examples(train, BY_HAND + POOL, seed=0)
    return tuple([train[i] for i in part] for part in (drawn[:BY_HAND], drawn[BY_HAND:]))


class School:
    """One pool of training messages, its right labels, its teachers, and the students that learn from them."""

    def __init__(self, lm: LanguageModel):
        self.task, (self.first, self.pool) = intents.for_tuning(), parted()
        self.truth = [message.label for message in self.pool]
        self.test = files.for_profile(intents.read("test"), fast=24)
        self.lab = ledger.Lab("intents", lm, labels=intents.LABELS, noun="messages", show=False)
        self.size = measuring.about(lm)["parameters"]

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
            if row.method == LARGER and row.parameters > self.size and {m.id for m in self.pool} <= set(row.ids):
                cut = row.cut([message.id for message in self.pool])
                doubt = np.column_stack([cut.confidence, np.zeros(cut.n)])
                found.append(Teacher(cut.model, cut.predictions, probabilities=doubt, larger=True))
        given = {row["id"]: row["second"] for row in files.read_agreement("intents")}
        second = [given[message.id] for message in self.pool]
        if not all(second):
            raise files.DataError("the recorded model gave no label to a message of the pool; choose another pool")
        return [*found, Teacher("large model, by the guide", second)]

    def wrong(self, teacher: Teacher) -> list[bool]:
        """Return for each message of the pool whether the teacher's label is wrong."""
        return [label != right for label, right in zip(teacher.labels, self.truth, strict=True)]

    def reviewed(self, teacher: Teacher, rows: Sequence[int]) -> list[str]:
        """Return the teacher's labels with those at `rows` set right by a person."""
        return labeling.with_review(teacher.labels, self.truth, {int(i) for i in rows})

    def students(self, labels: Sequence[str], by_hand: int, name: str) -> list[LedgerRow]:
        """Train a student for each seed on the pool under these labels, and sort the test messages.

        From the stored results where these hold the same labels.

        by_hand: how many labels a person gave for it, the teacher's own included.
        """
        pairs = tuning.training_pairs(self.task, self.pool, labels)
        score: Callable = tuning.label_scorer(self.task)
        told = {"prompts": tuning.prompts_of(self.task), "labels_used": by_hand}
        return [
            tuning.measured(
                self.lab,
                f"student on labels {name}, seed {seed}",
                pairs,
                replace(STUDENT, seed=seed),
                self.test,
                score,
                **told,
            )
            for seed in SEEDS
        ]


def found_at_random(wrong: Sequence[bool], budget: int, times: int = 2000) -> np.ndarray:
    """Return how many wrong labels a random review of `budget` rows finds, (times,)."""
    hits, rng = np.asarray(wrong, dtype=int), np.random.default_rng(0)
    return np.array([hits[rng.permutation(len(hits))[:budget]].sum() for _ in range(times)])


def label_pool(lm: LanguageModel) -> LedgerRow:
    """Have a model label the pool without training: as scored or calibrated, whichever is right oftener on dev."""
    neutral = few_shot.random_words([message.text for message in intents.read("train")], 8)
    both = wording.ways(lm, ASK, intents.WORDS, "everyday words", neutral)
    dev = intents.read("dev")
    truth = [message.label for message in dev]
    right = [statistics.accuracy(truth, way.predict([message.text for message in dev]).predictions) for way in both]
    lab = ledger.Lab("intents", lm, labels=intents.LABELS, split="train", noun="messages")
    return wording.measure(lab, LARGER, both[int(np.argmax(right))], parted()[1], tries=len(both))


if __name__ == "__main__":
    label_pool(LanguageModel.load())
