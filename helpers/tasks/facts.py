"""Forty policy facts as training pairs: the wording that is trained, others that are not, a neighbor, and edits.

What a model took into its weights shows only in questions it was not trained on. Training is left to tuning, grading to
grading, and searching the same policies to retrieval.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from helpers.model.language_model import LanguageModel
from helpers.tasks import files, grading
from helpers.tasks.policies import Policy, PolicyQuestion

SYSTEM = "You answer questions about Larkfield in a few words."
WORDINGS = ("trained", "new", "neighbor")
MOST_WORDINGS = 10  # of each fact, to train on


@dataclass(frozen=True)
class Edit:
    """A fact as it is after a change of its policy: the new quote, and the new answer with other ways to write it."""

    evidence: str
    answer: str
    accepted: tuple[str, ...]


@dataclass(frozen=True)
class Neighbor:
    """A fact from the same document that no training pair holds."""

    question: str
    answer: str
    accepted: tuple[str, ...]
    evidence: str


@dataclass(frozen=True)
class Fact:
    """One fact.

    document, evidence: the policy that holds it, and the exact quote.
    question, answer: the training pair. accepted: other ways to write the answer.
    also: further wordings to train on, the first two of them written with the fact, seven more for training on ten.
    held_back: two wordings that are never trained.
    """

    id: str
    document: str
    evidence: str
    question: str
    answer: str
    accepted: tuple[str, ...]
    also: tuple[str, ...]
    held_back: tuple[str, ...]
    neighbor: Neighbor
    edit: Edit | None = None


def load() -> list[Fact]:
    """Return the 40 facts; 15 of them have an edit.

    >>> sum(fact.edit is not None for fact in load())
    15
    """
    more = {row["id"]: row["wordings"] for row in files.read_jsonl(files.DATA / "facts" / "wordings.jsonl")}
    facts = []
    for row in files.read_jsonl(files.DATA / "facts" / "facts.jsonl"):
        row["also"] = [*row["also"], *more[row["id"]]]
        near = Neighbor(**{**row["neighbor"], "accepted": tuple(row["neighbor"]["accepted"])})
        edit = row["edit"] and Edit(**{**row["edit"], "accepted": tuple(row["edit"]["accepted"])})
        lists = {name: tuple(row[name]) for name in ("accepted", "also", "held_back")}
        facts.append(Fact(**{**row, **lists, "neighbor": near, "edit": edit}))
    return facts


def chat(question: str) -> list[dict]:
    """Return the chat in which a question on the policies is asked without any document."""
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}]


def training_pairs(facts: Iterable[Fact], wordings: int = 1) -> list[tuple[list[dict], str, str]]:
    """Return (chat, answer, id) to train on, with one or up to ten wordings of each fact."""
    if not 1 <= wordings <= MOST_WORDINGS:
        raise ValueError(f"each fact has from 1 to {MOST_WORDINGS} wordings to train on; got {wordings}")
    return [
        (chat(question), fact.answer, f"{fact.id}-{number}")
        for fact in facts
        for number, question in enumerate((fact.question, *fact.also)[:wordings], start=1)
    ]


def questions(facts: Iterable[Fact], wording: str) -> list[PolicyQuestion]:
    """Return the questions of one kind: `trained` (one a fact), `new` (two a fact) or `neighbor` (one a fact)."""
    if wording not in WORDINGS:
        raise ValueError(f"no wording {wording!r}; choose one of {', '.join(WORDINGS)}")
    made = []
    for fact in facts:
        of, asked = fact, {f"{fact.id}-trained-1": fact.question}
        if wording == "new":
            asked = {f"{fact.id}-new-{number}": question for number, question in enumerate(fact.held_back, start=1)}
        elif wording == "neighbor":
            of, asked = fact.neighbor, {f"{fact.id}-near": fact.neighbor.question}
        told = of.answer, of.accepted, "lookup", (fact.document,), (of.evidence,)
        made += [PolicyQuestion(name, question, *told) for name, question in asked.items()]
    return made


def edited(facts: Iterable[Fact]) -> list[Fact]:
    """Return the facts that have an edit, as they are after it; everything else about them stays."""
    return [
        replace(fact, evidence=fact.edit.evidence, answer=fact.edit.answer, accepted=fact.edit.accepted, edit=None)
        for fact in facts
        if fact.edit
    ]


def as_of_now(facts: Iterable[Fact]) -> list[Fact]:
    """Return all facts in their order, those that have an edit as they are after it."""
    return [(edited([fact]) or [fact])[0] for fact in facts]


def patch(
    pairs: Sequence[tuple[str, str]], changed: Mapping[str, str], rehearse: int, seed: int
) -> list[tuple[str, str]]:
    """Return what to train on when facts changed: each changed pair with its new answer, and some others as they were.

    Args:
        pairs: (question, answer) of all facts, as they were.
        changed: question -> new answer.
        rehearse: how many of the other pairs are drawn at random beside; `seed` decides which.

    >>> patch([("a", "1"), ("b", "2")], {"b": "3"}, rehearse=1, seed=0)
    [('b', '3'), ('a', '1')]
    """
    others = [pair for pair in pairs if pair[0] not in changed]
    drawn = np.random.default_rng(seed).permutation(len(others))[:rehearse]
    return [*changed.items(), *(others[i] for i in drawn)]


def edit_policies(policies: Sequence[Policy], facts: Iterable[Fact]) -> list[Policy]:
    """Return the policies with every edit made; raises ValueError if a quote does not stand once in its document."""
    changed = {policy.id: policy for policy in policies}
    for fact in facts:
        if fact.edit:
            policy = changed[fact.document]
            if policy.text.count(fact.evidence) != 1:
                raise ValueError(f"{fact.id}: {fact.evidence!r} must stand once in {fact.document}")
            changed[fact.document] = replace(policy, text=policy.text.replace(fact.evidence, fact.edit.evidence))
    return list(changed.values())


def verdicts(asked: Sequence[PolicyQuestion], answers: Sequence[str]) -> list[str]:
    """Return what the grading says of each answer: `right`, `abstained` or `wrong`."""
    return [grading.grade(question, answer).verdict for question, answer in zip(asked, answers, strict=True)]


def from_memory(lm: LanguageModel, texts: Sequence[str]) -> list[str]:
    """Return what a model answers to questions without any document, likeliest token by token."""
    return lm.generate([chat(text) for text in texts], max_new_tokens=16, progress=False).texts
