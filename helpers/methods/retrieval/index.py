"""Finds chunks by meaning (MiniLM embeddings), by words (BM25), or by both; updated by document.

Each chunk has several vectors: one of the whole and one of each sentence, row or list item, all under the chunk's title
and heading. A chunk's score is that of its best vector, because one row of a table can answer a question that the whole
table resembles little. A filter applies before any search: what a reader may not see is not searched.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import bm25s
import numpy as np
import snowballstemmer

from helpers.methods.retrieval import nearest
from helpers.methods.retrieval.chunking import Chunk, Chunker, sentences
from helpers.methods.retrieval.passages import check_question
from helpers.methods.retrieval.ranking import Hit, reciprocal_rank_fusion
from helpers.model import embedding
from helpers.tasks.policies import AUDIENCES, Policy

STEMMER = snowballstemmer.stemmer("english")
FUSED = 50  # how many of each list are fused
KEPT_QUESTIONS = 1000
POINTS_PER_CHUNK = 8  # vectors looked at first, for each chunk wanted


@dataclass(frozen=True)
class Filter:
    """What a reader may see: chunks for these audiences."""

    audiences: tuple[str, ...] = AUDIENCES

    def allows(self, chunk: Chunk) -> bool:
        """Whether a chunk passes."""
        return chunk.audience in self.audiences


EVERYTHING = Filter()
PUBLIC = Filter(audiences=("public",))


@dataclass(frozen=True)
class Entry:
    """One document in the index, its chunks, and their vectors. `owner` says which chunk a vector is of."""

    policy: Policy
    chunks: tuple[Chunk, ...]
    owner: np.ndarray
    vectors: np.ndarray


@dataclass(frozen=True)
class _View:
    """What one filter leaves: chunks, a search over their vectors, the chunk of each vector, and BM25."""

    chunks: list[Chunk]
    nearest: nearest.Exact | nearest.Approximate
    owner: np.ndarray
    bm25: bm25s.BM25


def words(text: str) -> list[str]:
    """Return a text's words as BM25 compares them: lower case, without stop words, stemmed (Porter's second stemmer).

    >>> words("The returned parcels")
    ['return', 'parcel']
    """
    found = bm25s.tokenize([text], stopwords="en", return_ids=False, show_progress=False)[0]
    return [_stem(word) for word in found]


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    return STEMMER.stemWord(word)


def fuse(dense: Sequence[Hit], bm25: Sequence[Hit]) -> list[Hit]:
    """Return the first FUSED of both lists as one, by reciprocal rank fusion."""
    return reciprocal_rank_fusion([dense[:FUSED], bm25[:FUSED]])


class Index:
    """Chunks of policies, searchable. Make one with `Index.build`.

    Args:
        embedder: has `encode` as a SentenceTransformer does.
        by_sentence: also embed each sentence, row and list item; about seven times as many vectors.
    """

    def __init__(self, embedder, chunker: Chunker, by_sentence: bool = True):
        self.embedder, self.chunker, self.by_sentence = embedder, chunker, by_sentence
        self.entries: dict[str, Entry] = {}
        self._views: dict[Filter, _View] = {}
        self._asked: dict[str, np.ndarray] = {}

    @classmethod
    def build(cls, policies: Iterable[Policy], embedder, chunker: Chunker, by_sentence: bool = True) -> "Index":
        """Cut, embed and index documents; raises ValueError if there is none, or two have the same id."""
        policies = list(policies)
        if not policies:
            raise ValueError("there is no document to index; give at least one")
        ids = [policy.id for policy in policies]
        if len(set(ids)) != len(ids):
            raise ValueError(f"two documents have the id {max(ids, key=ids.count)!r}; give each its own")
        index = cls(embedder, chunker, by_sentence)
        index._add(policies)
        return index

    @property
    def chunks(self) -> list[Chunk]:
        """All chunks, in the order in which their documents came."""
        return [chunk for entry in self.entries.values() for chunk in entry.chunks]

    def __len__(self) -> int:
        return sum(len(entry.chunks) for entry in self.entries.values())

    def _add(self, policies: Sequence[Policy]) -> int:
        """Embed documents in one go and (re)place their entries; return how many texts were embedded."""
        cut, texts, owners = [], [], []
        for policy in policies:
            chunks = tuple(self.chunker.split(policy))
            pairs = [(i, text) for i, chunk in enumerate(chunks) for text in self._texts(chunk)]
            cut.append(chunks)
            owners.append(np.array([i for i, _ in pairs], dtype=np.int64))
            texts += [text for _, text in pairs]
        vectors = np.asarray(embedding.embed(self.embedder, texts), dtype=np.float32)
        parts = np.split(vectors, np.cumsum([len(owner) for owner in owners])[:-1])
        for policy, chunks, owner, mine in zip(policies, cut, owners, parts, strict=True):
            self.entries[policy.id] = Entry(policy, chunks, owner, mine)
        self._views.clear()
        return len(texts)

    def _texts(self, chunk: Chunk) -> list[str]:
        if not self.by_sentence:
            return [chunk.searched]
        return [chunk.searched, *(f"{chunk.place}. {sentence}" for sentence in sentences(chunk))]

    def update(self, policy: Policy) -> int:
        """Add a document or put its new version in place; return how many texts were embedded (0: nothing changed)."""
        known = self.entries.get(policy.id)
        return 0 if known and known.policy == policy else self._add([policy])

    def _view(self, where: Filter) -> _View:
        """What a filter leaves, made once per filter and state of the index."""
        if where not in self._views:
            chunks, owners, vectors = [], [], []
            for entry in self.entries.values():
                kept = np.array([where.allows(chunk) for chunk in entry.chunks], dtype=bool)
                rows = kept[entry.owner]
                new_number = np.cumsum(kept) - 1 + len(chunks)
                owners.append(new_number[entry.owner[rows]])
                vectors.append(entry.vectors[rows])
                chunks += [chunk for chunk, keep in zip(entry.chunks, kept, strict=True) if keep]
            if not chunks:
                raise ValueError(f"{where} leaves no chunk to search")
            bm25 = bm25s.BM25()
            bm25.index([words(chunk.searched) or [""] for chunk in chunks], show_progress=False)
            self._views[where] = _View(chunks, nearest.choose(np.concatenate(vectors)), np.concatenate(owners), bm25)
        return self._views[where]

    def _vector_of(self, question: str) -> np.ndarray:
        """The question's embedding, kept because the stages of one search ask for it again."""
        if question not in self._asked:
            if len(self._asked) >= KEPT_QUESTIONS:
                self._asked.clear()
            self._asked[question] = embedding.embed(self.embedder, [question])[0]
        return self._asked[question]

    def dense(self, question: str, k: int = 8, where: Filter = EVERYTHING) -> list[Hit]:
        """Return the k chunks nearest in meaning; scores are cosines of each chunk's best vector."""
        view = self._view(where)
        query = self._vector_of(check_question(question))
        best: dict[int, float] = {}
        looked = POINTS_PER_CHUNK * k
        while True:
            best.clear()
            for point, score in zip(*view.nearest.search(query, looked), strict=True):
                best.setdefault(int(view.owner[point]), float(score))
            if len(best) >= min(k, len(view.chunks)) or looked >= len(view.owner):
                return [Hit(view.chunks[i], score) for i, score in list(best.items())[:k]]
            looked *= 4

    def bm25(self, question: str, k: int = 8, where: Filter = EVERYTHING) -> list[Hit]:
        """Return up to k chunks that share words with the question, by BM25 (Robertson and Zaragoza 2009)."""
        view = self._view(where)
        asked = [word for word in words(check_question(question)) if word in view.bm25.vocab_dict]
        if not asked:
            return []
        scores = view.bm25.get_scores(asked)
        order = np.argsort(-scores, kind="stable")[:k]
        return [Hit(view.chunks[i], float(scores[i])) for i in order if scores[i] > 0]

    def search(self, question: str, k: int = 8, where: Filter = EVERYTHING) -> list[Hit]:
        """Return the k best chunks by meaning and words together; scores are those of reciprocal rank fusion."""
        return fuse(self.dense(question, FUSED, where), self.bm25(question, FUSED, where))[:k]
