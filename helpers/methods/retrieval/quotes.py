"""Takes out of the chunks that were kept the sentences, list items and table rows that answer the question best.

A small reader gets lost in whole chunks; a few quotes leave it less to get lost in. The first quote alone is the plain
answer, without a language model.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from helpers.methods.retrieval.chunking import Chunk, sentences
from helpers.methods.retrieval.ranking import Hit, Reranker, evidence_places, standardized
from helpers.tasks.policies import Policy, PolicyQuestion

CHUNK_WEIGHT = (
    0.3  # of a chunk's own score beside its quote's, both standardized; chosen on training and development questions
)


def named_row(text: str, row: str) -> str:
    r"""Return a row of a table with the names of its columns, so that it can be read alone; other lines as they are.

    >>> named_row("| size | fee |\n|---|---|\n| small | $3 |", "| small | $3 |")
    'size: small; fee: $3'
    """
    lines = [line.strip() for line in text.split("\n")]
    if not row.startswith("|") or row not in lines:
        return row
    first = lines.index(row)
    while first and lines[first - 1].startswith("|"):
        first -= 1
    if lines[first] == row:
        return row
    names, cells = ([cell.strip() for cell in line.strip("|").split("|")] for line in (lines[first], row))
    pairs = zip(names, cells, strict=False)
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in pairs)


def quotes_of(chunk: Chunk) -> list[Chunk]:
    """Return a chunk's sentences, list items and table rows in order, each as a small chunk of its document.

    Rows carry the names of their columns; `start` and `end` tell where the line stands in the document.
    """
    small, place = [], 0
    for number, text in enumerate(sentences(chunk), start=1):
        place = chunk.text.index(text, place)
        where = {"start": chunk.start + place, "end": chunk.start + place + len(text)}
        small.append(replace(chunk, id=f"{chunk.id}/{number}", text=named_row(chunk.text, text), **where))
        place += len(text)
    return small


def best_quotes(reranker: Reranker, question: str, kept: Sequence[Hit], count: int) -> list[Hit]:
    """Return the `count` quotes from `kept` that answer a question best, best first.

    The reranker's chunks are all quotes of the index, so that it knows rare words.
    """
    pairs = [(quote, hit.score) for hit in kept for quote in quotes_of(hit.chunk)]
    if not pairs:
        return []
    small = [quote for quote, _ in pairs]
    scores = standardized(reranker.max_sim(question, small))
    scores += CHUNK_WEIGHT * standardized(np.array([score for _, score in pairs]))
    return [Hit(small[i], float(scores[i])) for i in np.argsort(-scores, kind="stable")[:count]]


def evidence_quote(question: PolicyQuestion, chunks: Iterable[Chunk], policies: Iterable[Policy]) -> Chunk:
    """Return the quote that shares the most with a question's evidence: what a perfect search would bring.

    Raises ValueError if no chunk holds the evidence, as for an unanswerable question.
    """
    places = evidence_places(question, policies)

    def shared(quote: Chunk) -> int:
        inside = [min(quote.end, end) - max(quote.start, start) for d, start, end in places if d == quote.document]
        return max(inside, default=0)

    best = max((quote for chunk in chunks for quote in quotes_of(chunk)), key=shared, default=None)
    if best is None or shared(best) <= 0:
        raise ValueError(f"no chunk holds the evidence of question {question.id}")
    return best
