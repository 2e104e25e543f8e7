"""Orders chunks: fuses lists, reranks by late interaction, and measures an order against the evidence."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from helpers.methods.retrieval.chunking import Chunk
from helpers.tasks.policies import Policy, PolicyQuestion

FUSION_CONSTANT = 5  # Cormack et al. use 60, for lists of thousands; on the training questions 5 found more here


@dataclass(frozen=True)
class Hit:
    """A chunk that a search found, with the score that its list is ordered by."""

    chunk: Chunk
    score: float


def reciprocal_rank_fusion(lists: Iterable[Sequence[Hit]], constant: float = FUSION_CONSTANT) -> list[Hit]:
    """Return one list from several: each adds 1 / (constant + rank) to a chunk's score, ranks counted from 1.

    Follows Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms Condorcet" (SIGIR 2009). Scores of the
    lists are not looked at, so that cosines and BM25 need no common scale.
    """
    scores: Counter = Counter()
    chunks: dict[str, Chunk] = {}
    for hits in lists:
        for rank, hit in enumerate(hits, start=1):
            scores[hit.chunk.id] += 1 / (constant + rank)
            chunks.setdefault(hit.chunk.id, hit.chunk)
    return [Hit(chunks[name], score) for name, score in sorted(scores.items(), key=lambda item: -item[1])]


def token_vectors(embedder, texts: Sequence[str]) -> list[np.ndarray]:
    """Return each text's token vectors, (tokens, d), float32, rows of length one."""
    found = embedder.encode(list(texts), output_value="token_embeddings", batch_size=32, show_progress_bar=False)
    arrays = [np.asarray(vectors.cpu() if hasattr(vectors, "cpu") else vectors, dtype=np.float32) for vectors in found]
    return [array / np.maximum(np.linalg.norm(array, axis=1, keepdims=True), 1e-12) for array in arrays]


class Reranker:
    """Late interaction: each of the question's tokens is compared with every token of a chunk.

    MaxSim (Khattab and Zaharia, "ColBERT", SIGIR 2020): a chunk's score is the sum, over the question's tokens, of the
    best cosine with any of the chunk's tokens. MiniLM was not trained for it, so two things are added that the training
    questions showed to help: a token counts by its rarity among the chunks, and the score is added to the standardized
    scores of the lists that the candidates come from. Token vectors of chunks are kept, in half precision.
    """

    def __init__(self, embedder, chunks: Sequence[Chunk]):
        self.embedder = embedder
        self._kept: dict[str, tuple[str, np.ndarray]] = {}
        self.count = len(chunks)
        self._frequency: Counter = Counter()
        for chunk in chunks:
            self._frequency.update(set(self._pieces(chunk.searched)))

    def _pieces(self, text: str) -> list[int]:
        """Token ids as the embedder reads them, its marks at both ends included, cut where it cuts."""
        longest = self.embedder.max_seq_length
        return self.embedder.tokenizer(text, truncation=True, max_length=longest)["input_ids"]

    def _vectors(self, chunks: Sequence[Chunk]) -> list[np.ndarray]:
        new = [chunk for chunk in chunks if self._kept.get(chunk.id, ("",))[0] != chunk.searched]
        if new:
            for chunk, vectors in zip(new, token_vectors(self.embedder, [c.searched for c in new]), strict=True):
                self._kept[chunk.id] = chunk.searched, vectors.astype(np.float16)
        return [self._kept[chunk.id][1].astype(np.float32) for chunk in chunks]

    def max_sim(self, question: str, chunks: Sequence[Chunk]) -> np.ndarray:
        """Return the score of each chunk, shape (n,): the mean over the question's tokens, weighed by rarity."""
        asked = token_vectors(self.embedder, [question])[0]
        pieces = self._pieces(question)[: len(asked)]
        weights = np.array([np.log1p(self.count / (1 + self._frequency[piece])) for piece in pieces])
        weights /= weights.sum()
        return np.array([weights @ (asked @ vectors.T).max(axis=1) for vectors in self._vectors(chunks)])

    def rerank(self, question: str, hits: Sequence[Hit], others: Sequence[Sequence[Hit]] = ()) -> list[Hit]:
        """Return the hits in a new order, best first.

        `others` are lists whose scores are added, such as those of dense and BM25 search; a candidate that a list lacks
        gets the list's lowest score.
        """
        if len(hits) < 2:
            return list(hits)
        chunks = [hit.chunk for hit in hits]
        total = 2 * standardized(self.max_sim(question, chunks))
        for other in others:
            known = {hit.chunk.id: hit.score for hit in other}
            floor = min(known.values(), default=0.0)
            total += standardized(np.array([known.get(chunk.id, floor) for chunk in chunks]))
        order = np.argsort(-total, kind="stable")
        return [Hit(chunks[i], float(total[i])) for i in order]


def standardized(scores: np.ndarray) -> np.ndarray:
    """Return the scores with mean 0 and standard deviation 1; all 0 if they are equal.

    >>> standardized(np.array([1.0, 3.0])).tolist()
    [-1.0, 1.0]
    """
    spread = scores.std()
    return (scores - scores.mean()) / spread if spread > 0 else np.zeros(len(scores))


def evidence_places(question: PolicyQuestion, policies: Iterable[Policy]) -> list[tuple[str, int, int]]:
    """Return (document, start, end) of each evidence quote of a question, in characters of its document."""
    return [
        (policy.id, policy.text.find(quote), policy.text.find(quote) + len(quote))
        for policy in policies
        for quote in question.evidence
        if policy.id in question.documents and quote in policy.text
    ]


def relevant(question: PolicyQuestion, chunks: Iterable[Chunk], policies: Iterable[Policy]) -> set[str]:
    """Return the ids of the chunks that hold an evidence quote whole, where it stands in its document."""
    places = evidence_places(question, policies)
    return {
        chunk.id
        for chunk in chunks
        if any(chunk.document == d and chunk.start <= start and end <= chunk.end for d, start, end in places)
    }


def hit_at_k(ranked: Sequence[Sequence[str]], gold: Sequence[set[str]], k: int) -> float:
    """Return the share of questions with at least one relevant chunk (`gold`) among the first k ids found (`ranked`).

    >>> hit_at_k([["a", "b"], ["c"]], [{"b"}, {"d"}], k=2)
    0.5
    """
    _check(ranked, gold)
    return float(np.mean([bool(set(ids[:k]) & wanted) for ids, wanted in zip(ranked, gold, strict=True)]))


def _check(ranked: Sequence, gold: Sequence[set[str]]) -> None:
    if len(ranked) != len(gold) or not gold:
        raise ValueError(f"{len(ranked)} rankings for {len(gold)} questions; both must be equally many, and not none")
    empty = [i for i, wanted in enumerate(gold) if not wanted]
    if empty:
        raise ValueError(f"question {empty[0]} has no relevant chunk; leave unanswerable questions out")
