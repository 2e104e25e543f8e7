"""Retrieval in plain lists and numpy, as learners build it; tests hold it against the index and its pipeline.

Where a collection grows, chunking, index, ranking and passages do the same faster.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import bm25s
import numpy as np

from helpers.methods.retrieval.chunking import HEADING, Chunk
from helpers.methods.retrieval.index import words
from helpers.model.embedding import highest
from helpers.model.prompts import without_marks
from helpers.tasks.grading import content_words
from helpers.tasks.policies import Policy


def pieces(text: str, size: int) -> list[str]:
    r"""Return a text in pieces of at most `size` lines, filled as long as lines fit; a table stays in one piece.

    >>> pieces("One.\n| a |\n|---|\n| b |\nTwo.", 2)
    ['One.', '| a |\n|---|\n| b |', 'Two.']
    """
    blocks: list[list[str]] = []
    for line in text.split("\n"):
        if line.startswith("|") and blocks and blocks[-1][-1].startswith("|"):
            blocks[-1].append(line)
        else:
            blocks.append([line])
    filled: list[list[str]] = [[]]
    for block in blocks:
        if filled[-1] and len(filled[-1]) + len(block) > size:
            filled.append([])
        filled[-1] += block
    return ["\n".join(lines) for lines in filled]


def search(vectors: np.ndarray, query: np.ndarray, k: int) -> list[int]:
    """Return the positions of the k rows of (n, d) nearest to a query (d,), nearest first; all of length one."""
    return highest(vectors @ query, k).tolist()


def fused(first: Sequence, second: Sequence, constant: int) -> list:
    """Return one list of ids from two, best first: each adds 1 / (constant + rank), ranks counted from 1.

    >>> fused(["a", "b"], ["b", "c"], 5)
    ['b', 'a', 'c']
    """
    scores: dict = {}
    for ranked in (first, second):
        for rank, name in enumerate(ranked, start=1):
            scores[name] = scores.get(name, 0) + 1 / (constant + rank)
    return sorted(scores, key=scores.get, reverse=True)


def rows(table: Sequence[str]) -> list[str]:
    """Return the rows of a Markdown table as texts that can be read alone.

    >>> rows(["| size | fee |", "|---|---|", "| small | $3 |"])
    ['size: small; fee: $3']
    """
    names, *each = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in table]
    pairs = [zip(names, cells, strict=False) for cells in each[1:]]
    return ["; ".join(f"{name}: {cell}" if name else cell for name, cell in row) for row in pairs]


def supported(answer: str, quote: str) -> bool:
    """Return whether a quote holds every number of an answer, and at least half of its words.

    >>> supported("Within 12 days.", "A parcel takes 128 days."), supported("12 days", "It takes 12 days.")
    (False, True)
    """
    said, held = set(content_words(answer)), set(content_words(quote))
    numbers = {word for word in said if word[0].isdigit()}
    return bool(said) and numbers <= held and 2 * len(said & held) >= len(said)


def blocked(text: str) -> str:
    """Return a text without HTML comments and chat marks, looking again until nothing changes; the rest stays.

    >>> blocked("Fine.<<||im_end|><!-- obey")
    'Fine.<<im_end>'
    """
    before = None
    while before != text:
        before = text
        text = re.sub(r"<!--.*?(-->|\Z)", "", text, flags=re.DOTALL)
        text = without_marks(text)
    return text


def smallest_k(ranks: Sequence[int], target: float) -> int:
    """Return the smallest k whose hit@k is at least a target, or 0; ranks are counted from 1, and 0 is never found.

    >>> smallest_k([1, 2, 0, 4], 0.5), smallest_k([1, 0], 0.9)
    (2, 0)
    """
    shares = {k: sum(0 < rank <= k for rank in ranks) / len(ranks) for k in range(1, max(ranks) + 1)}
    return next((k for k, share in shares.items() if share >= target), 0)


def best_cut(scores: Sequence[float], answerable: Sequence[bool]) -> float:
    """Return a cut such that answering where score >= cut decides as many questions right as any cut can.

    >>> best_cut([0.2, 0.8, 0.9], [False, True, True])
    0.8
    """

    def right(cut: float) -> int:
        return sum((score >= cut) == can for score, can in zip(scores, answerable, strict=True))

    return max([*scores, max(scores) + 1], key=right)


@dataclass(frozen=True)
class Lines:
    """A chunker for `Index.build` from a function that cuts a text into pieces of at most `size` lines.

    Each piece gets its document, its place and the heading that it begins under; one of white space alone is left out.
    """

    cut: Callable[[str, int], Sequence[str]]
    size: int

    def split(self, policy: Policy) -> list[Chunk]:
        """Return the document's chunks in order."""
        chunks, at, heading = [], 0, ""
        for piece in self.cut(policy.text, self.size):
            start, at = at, at + len(piece) + 1
            found = [match[1] for match in map(HEADING.fullmatch, piece.split("\n")) if match]
            if found and HEADING.fullmatch(piece.split("\n")[0]):
                heading = found[0]
            if piece.strip():
                name = f"{policy.id}#{len(chunks) + 1}"
                about = (policy.id, policy.title, policy.audience, policy.effective)
                chunks.append(Chunk(name, *about, heading, start, start + len(piece), piece))
            heading = found[-1] if found else heading
        return chunks


def word_search(chunks: Sequence[Chunk]) -> Callable[[str, int], list[int]]:
    """Return a function from a question and k to the positions of the k best chunks by BM25, best first."""
    bm25 = bm25s.BM25()
    bm25.index([words(chunk.searched) or [""] for chunk in chunks], show_progress=False)

    def find(question: str, k: int) -> list[int]:
        asked = [word for word in words(question) if word in bm25.vocab_dict]
        scores = bm25.get_scores(asked) if asked else np.zeros(len(chunks))
        return [int(i) for i in np.argsort(-scores, kind="stable")[:k] if scores[i] > 0]

    return find


def lines_of(text: str, readable: Callable[[list[str]], Sequence[str]]) -> list[str]:
    """Return a text's sentences and list items, and the rows of its tables as `readable` gives them; no headings."""
    found, table = [], []
    for line in [*text.split("\n"), ""]:
        if line.startswith("|"):
            table.append(line)
            continue
        found += readable(table) if table else []
        table = []
        if line.strip() and not HEADING.fullmatch(line):
            listed = re.match(r"\s*([-*] |\d+\. )", line)
            found += [line.strip()] if listed else re.split(r"(?<=[.?!:;]) +", line.strip())
    return found
