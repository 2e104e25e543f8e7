"""Finds the nearest of many vectors: exactly, by the cosine with each, or approximately with an HNSW graph.

Exact search is the reference and fast enough for the course: 100,000 vectors of 384 numbers take about 5 ms on one
core. The approximate index (usearch; Malkov and Yashunin 2018, arxiv.org/abs/1603.09320) pays from there on.
"""

import numpy as np
from usearch.index import Index as Graph

from helpers.model.embedding import highest

APPROXIMATE_FROM = 200_000  # vectors from which `choose` takes the graph: exact search then takes about 10 ms
CONNECTIVITY, EXPANSION = 16, 128


def as_unit_rows(vectors: np.ndarray) -> np.ndarray:
    """Return the vectors as a float32 matrix, the same one where they are such a matrix already, and not a copy.

    Raises ValueError unless its rows are finite and of length one.
    """
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    if vectors.ndim != 2:
        raise ValueError(f"vectors must have the shape (n, dimensions), not {vectors.shape}")
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))  # a norm would hold the vectors twice more
    off = ~(np.abs(lengths - 1) < 1e-2)
    if off.any():
        raise ValueError(f"vector {int(off.argmax())} has length {lengths[off.argmax()]:.3g}; make all of length one")
    return vectors


class Exact:
    """Cosine against every vector. `vectors` has shape (n, d), rows of length one."""

    def __init__(self, vectors: np.ndarray):
        self.vectors = as_unit_rows(vectors)

    def search(self, query: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (positions, cosines) of the k nearest, nearest first; of equals the one that stands first."""
        # not `vectors @ query`: threads of numpy's BLAS spin on after it, and torch, which embeds the next question,
        # waits for their cores, up to 0.1 s; one thread alone takes as long for this sum
        scores = np.einsum("nd,d->n", self.vectors, np.asarray(query, dtype=np.float32))
        chosen = highest(scores, k)
        return chosen, scores[chosen]


class Approximate:
    """The same face on an HNSW graph: a query looks at a few hundred vectors, and may miss one of the nearest.

    Vectors are kept in half precision (0.09 GB per 100,000 of 384 numbers, graph included).
    """

    def __init__(self, vectors: np.ndarray):
        vectors = as_unit_rows(vectors)
        kind = {"metric": "ip", "dtype": "f16", "connectivity": CONNECTIVITY}
        self.graph = Graph(ndim=vectors.shape[1], expansion_add=EXPANSION, expansion_search=EXPANSION, **kind)
        self.graph.add(np.arange(len(vectors)), vectors)

    def search(self, query: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (positions, cosines) of about the k nearest, nearest first.

        Asked for more than half of what a query looks at, the graph would miss some, so all vectors are compared.
        """
        k = min(k, len(self.graph))
        found = self.graph.search(np.asarray(query, dtype=np.float32), k, exact=2 * k > EXPANSION)
        return found.keys.astype(np.int64), 1 - found.distances


def choose(vectors: np.ndarray) -> Exact | Approximate:
    """Return exact search for up to APPROXIMATE_FROM vectors, else the graph."""
    return Exact(vectors) if len(vectors) < APPROXIMATE_FROM else Approximate(vectors)
