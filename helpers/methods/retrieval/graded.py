"""Answers to questions on the policies, graded: right, abstained or wrong, as the ledger wants them.

A question's `label` is the verdict that it deserves.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from helpers.methods.retrieval.passages import PassagePrompt, without_citations
from helpers.results.rows import LedgerRow
from helpers.tasks import grading
from helpers.tasks.policies import PolicyQuestion

Answerer = Callable[[Sequence[PolicyQuestion]], Sequence]


@dataclass(frozen=True)
class Written:
    """An answer that came without retrieval: its text, and the tokens read and written for it."""

    text: str
    prompt_tokens: int = 0
    new_tokens: int = 0


@dataclass(frozen=True)
class Graded:
    """An answer with its grade; `right`: the grade is what the question deserves; `traceable`: a citation holds."""

    text: str
    verdict: str
    right: bool
    prompt_tokens: int
    new_tokens: int
    traceable: bool = False
    prompt: PassagePrompt | None = None


def graded(questions: Sequence[PolicyQuestion], answer: Answerer) -> Callable[[list[str]], list[Graded]]:
    """Return a `predict` for `ledger.measure`; `answer` gives a pipeline.Answer, Written or text for each question."""

    def predict(_texts: list[str]) -> list[Graded]:
        return [_grade(question, made) for question, made in zip(questions, answer(questions), strict=True)]

    return predict


def _grade(question: PolicyQuestion, made) -> Graded:
    text = made if isinstance(made, str) else made.text
    verdict = grading.grade(question, without_citations(text)).verdict
    told = {name: getattr(made, name) for name in ("traceable", "prompt") if hasattr(made, name)}
    tokens = getattr(made, "prompt_tokens", 0), getattr(made, "new_tokens", 0)
    return Graded(text, verdict, grading.correct(question, verdict), *tokens, **told)


def answerable(row: LedgerRow) -> list[bool]:
    """Return, of the answerable questions of a row in their order, which were answered right."""
    return [bool(hit) for gold, hit in zip(row.gold, row.correct, strict=True) if gold == "right"]


def abstained(row: LedgerRow, gold: str = "abstained") -> list[bool]:
    """Return, of a row's questions that deserve `gold`, which got no answer ("the policies do not say")."""
    return [guess == "abstained" for wanted, guess in zip(row.gold, row.predictions, strict=True) if wanted == gold]
