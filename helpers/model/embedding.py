"""Sentence embeddings: texts as vectors of length one, and the nearest of them. Which model makes them: catalogue."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

ROWS_AT_ONCE = 512  # queries whose cosines are held at once: 31 MB beside 15,000 vectors


def embed(embedder, texts: Sequence[str]) -> np.ndarray:
    """Return sentence embeddings of length one, shape (n, dimensions), float32.

    An embedder reads the start of a text and no more: where texts are longer than its window, a line says how many.
    """
    vectors = embedder.encode(list(texts), batch_size=32, normalize_embeddings=True, show_progress_bar=len(texts) > 300)
    longer = cut(embedder, texts)
    if longer:
        some = "text is" if len(longer) == 1 else "texts are"
        _say_once(
            f"{len(longer)} of {len(texts)} {some} longer than the {embedder.max_seq_length} tokens that the embedder "
            "reads. It goes by their beginnings; nothing is broken. Only where you cut the texts yourself can shorter "
            "parts help."
        )
    return vectors


@lru_cache
def _say_once(words: str) -> None:
    print(words)


def cut(embedder, texts: Sequence[str]) -> list[int]:
    """Return the positions of the texts of which the embedder reads the start alone."""
    most = embedder.max_seq_length
    maybe = (i for i, text in enumerate(texts) if len(text) >= most - 2)  # no token without a letter, but for two marks
    return [i for i in maybe if len(embedder.tokenizer(texts[i], truncation=False, verbose=False)["input_ids"]) > most]


def highest(scores: np.ndarray, k: int) -> np.ndarray:
    """Return the positions of the k highest of (n,) scores, highest first; among equals the one that stands first.

    >>> highest(np.array([0.1, 0.5, 0.5, 0.2]), 3).tolist()
    [1, 2, 3]
    """
    k = min(k, len(scores))
    if k < 1:
        return np.zeros(0, dtype=np.int64)
    chosen = np.flatnonzero(scores >= np.partition(scores, -k)[-k])
    return chosen[np.argsort(-scores[chosen], kind="stable")][:k]


def cosines(vectors: np.ndarray, queries: np.ndarray) -> Iterator[np.ndarray]:
    """Yield for each query (m, d) its cosine with each vector (n, d), all of length one; few are held at once."""
    for at in range(0, len(queries), ROWS_AT_ONCE):
        yield from queries[at : at + ROWS_AT_ONCE] @ vectors.T
