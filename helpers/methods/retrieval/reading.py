"""What a model reads out of a context, and where an answer goes wrong: rows for each context, ranks for each question.

Rows of every context at its best are made by `notebooks/measure.py`. Where they are missing, a lesson measures fewer
questions in one form for all; it says so.
"""

import math
from collections.abc import Sequence

from helpers.methods.retrieval import contexts, graded, ranking
from helpers.methods.retrieval.contexts import CONTEXTS, TOKEN_LIMIT, Form
from helpers.methods.retrieval.pipeline import Pipeline
from helpers.model.language_model import LanguageModel
from helpers.results.ledger import Lab
from helpers.results.rows import LedgerRow
from helpers.tasks.policies import Policy, PolicyQuestion

LIVE = 40  # questions that are read where no row is kept
LIVE_FORM = Form("twice", "", False)


def rows(
    lab: Lab,
    pipe: Pipeline,
    questions: Sequence[PolicyQuestion],
    documents: Sequence[Policy],
    wanted: Sequence[str] = CONTEXTS[:-1],
    live: int = LIVE,
) -> dict[str, LedgerRow]:
    """Return context -> how the lab's model reads it: kept rows of all questions, or the first `live`, read now.

    One context that is not kept, or that another text stood in, is enough for all of them to be read now, so that their
    rows can be paired. With `live` 0 those that are kept are returned, and no other.
    """
    kept = {name: row for name in wanted if (row := lab.stored(f"reader, {name}", questions))}
    if kept:
        given = contexts.contexts(pipe, questions, documents)
        kept = {name: row for name, row in kept.items() if _still_read(lab, row, questions, given[name])}
    if not live or len(kept) == len(wanted):
        return kept
    some = questions[:live]
    print(f"Not every context is kept for this model: {len(some)} questions are read now, in one form of prompt.")
    given = contexts.contexts(pipe, some, documents)
    return {name: _read(lab, name, some, given[name]) for name in wanted}


def _still_read(lab: Lab, row: LedgerRow, questions: Sequence[PolicyQuestion], chunks: Sequence) -> bool:
    """Whether the model would read today what it read for a kept row."""
    form = Form(**row.settings)
    read = [form.prompt(lab.model, q.question, some) for q, some in zip(questions, chunks, strict=True)]
    return lab.stored(row.method, questions, prompts=read) is not None


def _read(lab: Lab, context: str, questions: Sequence[PolicyQuestion], chunks: Sequence) -> LedgerRow:
    def answer(some: Sequence[PolicyQuestion]) -> list[contexts.Said]:
        return LIVE_FORM.answer(lab.model, some, chunks)

    return lab.measure(
        f"reader, {context}, one form",
        questions,
        graded.graded(questions, answer),
        approach="prompt" if context == CONTEXTS[0] else "retrieve",
        prompts=[LIVE_FORM.prompt(lab.model, q.question, some) for q, some in zip(questions, chunks, strict=True)],
        settings=vars(LIVE_FORM),
        token_limit=TOKEN_LIMIT,
        heavy=True,
        show=False,
    )


def ranks(pipe: Pipeline, questions: Sequence[PolicyQuestion], documents: Sequence[Policy]) -> dict[str, int]:
    """Return an answerable question's id -> the rank of the first chunk that holds its evidence; 0 where none does."""
    asked = [question for question in questions if question.answerable]
    found = [[hit.chunk.id for hit in one.reranked] for one in pipe.retrieve([q.question for q in asked])]
    gold = [ranking.relevant(question, pipe.index.chunks, documents) for question in asked]
    return {
        question.id: next((rank for rank, name in enumerate(ids, start=1) if name in right), 0)
        for question, ids, right in zip(asked, found, gold, strict=True)
    }


def hits(first: dict[str, int], k: int) -> list[bool]:
    """Return for each question whether its evidence stands among the first k chunks.

    >>> hits({"a": 1, "b": 0, "c": 5}, 4)
    [True, False, False]
    """
    return [0 < rank <= k for rank in first.values()]


def sources(row: LedgerRow, first: dict[str, int], k: int) -> tuple[list[bool], list[bool]]:
    """Return for each answerable question of a row whether its evidence is among k chunks, and whether it is right."""
    pairs = [(0 < first[i] <= k, bool(ok)) for i, ok in zip(row.ids, row.correct, strict=True) if i in first]
    return [found for found, _ in pairs], [right for _, right in pairs]


def sureness(lm: LanguageModel, prompts: Sequence, answers: Sequence[str]) -> list[float]:
    """Return the geometric mean of the probabilities of each answer's tokens: 1 where no other token was possible.

    Empty answers are left out.
    """
    found = []
    for prompt, answer in zip(prompts, answers, strict=True):
        if not answer.strip():
            continue
        total = lm.score([prompt], [answer], end_of_turn=False, progress=False).log_probs[0, 0]
        found.append(math.exp(float(total) / max(1, len(lm.encode(answer)))))
    return found
