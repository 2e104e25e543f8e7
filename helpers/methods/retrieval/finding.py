"""What a search finds: the rank of the first right chunk of each question, and what follows from that."""

from collections.abc import Sequence

from helpers.methods.retrieval import ranking
from helpers.methods.retrieval.chunking import Spans
from helpers.methods.retrieval.pipeline import Pipeline
from helpers.results.rows import LedgerRow
from helpers.statistics import Interval, wilson_interval
from helpers.tasks.policies import Policy, PolicyQuestion


def ranks(pipe: Pipeline, questions: Sequence[PolicyQuestion], documents: Sequence[Policy]) -> dict[str, int]:
    """Return an answerable question's id -> the rank of the first chunk that holds its evidence; 0 where none does."""
    asked = [question for question in questions if question.answerable]
    found = [[hit.chunk.id for hit in one.reranked] for one in pipe.retrieve([q.question for q in asked])]
    gold = [ranking.relevant(question, pipe.index.chunks, documents) for question in asked]
    return {
        question.id: next((rank for rank, name in enumerate(ids, start=1) if name in right), 0)
        for question, ids, right in zip(asked, found, gold, strict=True)
    }


def in_budget(
    pipe: Pipeline, questions: Sequence[PolicyQuestion], documents: Sequence[Policy], spans: Spans, budget: int
) -> list[bool]:
    """Return for each answerable question whether its evidence is in the first chunks that `budget` tokens hold."""
    asked = [question for question in questions if question.answerable]
    found = []
    for question, one in zip(asked, pipe.retrieve([q.question for q in asked]), strict=True):
        ids = {hit.chunk.id for hit in first_in_budget(one.reranked, spans, budget)}
        found.append(bool(ids & ranking.relevant(question, pipe.index.chunks, documents)))
    return found


def hits(first: dict[str, int], k: int) -> list[bool]:
    """Return for each question whether its evidence stands among the first k chunks.

    >>> hits({"a": 1, "b": 0, "c": 5}, 4)
    [True, False, False]
    """
    return [0 < rank <= k for rank in first.values()]


def hit_curve(first: dict[str, int], places: Sequence[int]) -> dict[int, list[Interval]]:
    """Return k -> [hit@k with its interval], as plots.curves takes it.

    >>> [round(hit.estimate, 2) for (hit,) in hit_curve({"a": 1, "b": 0}, (1, 8)).values()]
    [0.5, 0.5]
    """
    return {k: [wilson_interval(sum(hits(first, k)), len(first))] for k in places}


def sources(row: LedgerRow, first: dict[str, int], k: int) -> tuple[list[bool], list[bool]]:
    """Return for each answerable question of a row whether its evidence is among k chunks, and whether it is right."""
    pairs = [(0 < first[i] <= k, bool(ok)) for i, ok in zip(row.ids, row.correct, strict=True) if i in first]
    return [found for found, _ in pairs], [right for _, right in pairs]


def best_line(pipe: Pipeline, question: str) -> str:
    """Return the line that a pipeline would quote first."""
    using = pipe.using(quotes=1)
    return using.quoted(using.retrieve([question])[0])[0].chunk.text


def first_in_budget(hits: Sequence[ranking.Hit], spans: Spans, budget: int) -> list[ranking.Hit]:
    """Return the first hits whose chunks `budget` tokens hold together; one that is too long ends the list."""
    kept = []
    for hit in hits:
        budget -= len(spans(hit.chunk.text))
        if budget < 0:
            break
        kept.append(hit)
    return kept
