"""Puts a way of answering questions into the ledger: graded, timed, with its answers, so that any two can be compared.

A question's gold is the verdict it deserves: `right`, or `abstained` where no document holds an answer. Grading is left
to grading, comparing to ledger.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from helpers.methods.retrieval.passages import without_citations
from helpers.methods.retrieval.pipeline import Answer
from helpers.results import ledger
from helpers.results.ledger import LedgerRow
from helpers.tasks import grading
from helpers.tasks.policies import PolicyQuestion

TASK = "policy_qa"
Answerer = Callable[[Sequence[PolicyQuestion]], Sequence]


@dataclass(frozen=True)
class Written:
    """An answer that came without retrieval: its text, and the tokens read and written for it."""

    text: str
    prompt_tokens: int = 0
    new_tokens: int = 0


@dataclass(frozen=True)
class Deserved:
    """A question as the ledger sees it: its `label` is the verdict that a good answer gets."""

    id: str
    text: str
    label: str


def deserved(questions: Sequence[PolicyQuestion]) -> list[Deserved]:
    """Return each question with the verdict it deserves."""
    return [Deserved(q.id, q.question, "right" if q.answerable else "abstained") for q in questions]


def measure(
    method: str,
    questions: Sequence[PolicyQuestion],
    answer: Answerer,
    *,
    split: str = "test",
    show: bool = True,
    task: str = TASK,
    **more,
) -> LedgerRow:
    """Answer questions one way, grade, record, print one line, and return the row.

    Args:
        method: the row's name; the same name again replaces it in the table.
        questions: what is asked.
        answer: takes the questions; returns one pipeline.Answer, Written or text for each.
        split: dev or test.
        show: print the line.
        task: the ledger's task.
        more: for ledger.record, e.g. model, device, dtype.

    Returns:
        The row. `details["answers"]` maps a question's id to the answer's text, `details["traceable"]` lists the ids of
        answers with a citation that holds.
    """
    started = time.perf_counter()
    answers = list(answer(questions))
    seconds = time.perf_counter() - started
    row = _record(task, method, split, questions, deserved(questions), answers, seconds, more)
    return _shown(row) if show else row


def recall(
    method: str,
    questions: Sequence[PolicyQuestion],
    answer: Answerer,
    *,
    split: str = "test",
    rerun: bool = False,
    show: bool = True,
    task: str = TASK,
    **more,
) -> LedgerRow:
    """Return the course's reference row of a heavy measurement, cut to the questions; measure it if there is none.

    As reference.recall does for labels: `rerun` or COURSE_RERUN=1 measures everything.
    """
    if not rerun and not os.environ.get("COURSE_RERUN"):
        asked = deserved(questions)
        for row in reversed(ledger.read(ledger.REFERENCE, LedgerRow, "a ledger row")):
            known = dict(zip(row.ids, row.gold, strict=True))
            same = (row.task, row.method, row.split) == (task, method, split)
            if same and all(known.get(item.id) == item.label for item in asked):
                row = row.cut([item.id for item in asked])
                return _shown(row) if show else row
    return measure(method, questions, answer, split=split, show=show, task=task, **more)


def _shown(row: LedgerRow) -> LedgerRow:
    counts = {verdict: row.predictions.count(verdict) for verdict in grading.GRADES}
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    print(f"{row.method}{' (reference)' if row.reference else ''}: good {row.interval}, {row.n} questions ({said})")
    return row


def _record(task, method, split, questions, asked, answers, seconds, more) -> LedgerRow:
    texts = [answer if isinstance(answer, str) else answer.text for answer in answers]
    verdicts = [
        grading.grade(question, without_citations(text)).verdict
        for question, text in zip(questions, texts, strict=True)
    ]
    read = [a.prompt.tokens * a.asked if isinstance(a, Answer) else getattr(a, "prompt_tokens", 0) for a in answers]
    traceable = [a.id for a, answer in zip(asked, answers, strict=True) if getattr(answer, "traceable", False)]
    return ledger.record(
        task,
        method,
        [item.label for item in asked],
        verdicts,
        ids=[item.id for item in asked],
        split=split,
        seconds=seconds,
        prompt_tokens=float(np.mean(read)),
        new_tokens=float(np.mean([getattr(answer, "new_tokens", 0) for answer in answers])),
        details={"answers": dict(zip([a.id for a in asked], texts, strict=True)), "traceable": traceable},
        **more,
    )


def answerable(row: LedgerRow) -> list[bool]:
    """Return, of the answerable questions of a row in their order, which were answered right."""
    return [bool(hit) for gold, hit in zip(row.gold, row.correct, strict=True) if gold == "right"]


def abstained(row: LedgerRow, gold: str = "abstained") -> list[bool]:
    """Return, of a row's questions that deserve `gold`, which got no answer ("the policies do not say")."""
    return [guess == "abstained" for wanted, guess in zip(row.gold, row.predictions, strict=True) if wanted == gold]
