"""How search grows with the collection: build time, memory, time of a query, and what the approximate index misses.

Vectors of a large collection are made from those of a small one, because embedding 100,000 chunks takes an hour on two
cores. What is measured is the search alone; embedding the question comes on top.
"""

import time
from dataclasses import asdict, dataclass

import numpy as np

from helpers.methods.retrieval import nearest
from helpers.results import ledger
from helpers.results.ledger import LedgerRow
from helpers.tasks.files import Message

TASK = "nearest_chunks"
NOISE = 0.6  # length of what is added to a real vector of length one, so that copies have a cosine of about 0.86
KINDS = {"exact": nearest.Exact, "approximate": nearest.Approximate}


@dataclass(frozen=True)
class Scale:
    """One index measured.

    build_seconds: to build it from vectors; p50, p95: seconds of a query, half and 95 % of them take at most that.
    megabytes: of vectors and graph, but not what the library reserves for more. found: for each query, how many of the
    true nearest; recall: their mean share.
    """

    kind: str
    chunks: int
    build_seconds: float
    megabytes: float
    p50: float
    p95: float
    recall: float
    found: tuple[int, ...]


def many_vectors(real: np.ndarray, n: int, seed: int = 0) -> np.ndarray:
    """Return n vectors of length one that crowd as real ones, (m, d), do: each one of them at random, with noise."""
    rng = np.random.default_rng(seed)
    rows = real[rng.integers(len(real), size=n)].astype(np.float32)
    rows += NOISE / np.sqrt(rows.shape[1]) * rng.standard_normal(rows.shape, dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def measure(kind: str, vectors: np.ndarray, queries: np.ndarray, k: int = 10) -> Scale:
    """Build an index of a kind, ask every query alone, and compare with exact search."""
    if kind not in KINDS:
        raise ValueError(f"no index of the kind {kind!r}; choose one of {', '.join(KINDS)}")
    started = time.perf_counter()
    index = KINDS[kind](vectors)
    build = time.perf_counter() - started
    size = vectors.nbytes if kind == "exact" else index.graph.serialized_length
    seconds, found = [], []
    for query in queries:
        started = time.perf_counter()
        found.append(index.search(query, k)[0])
        seconds.append(time.perf_counter() - started)
    truth = nearest.Exact(vectors)
    counts = tuple(len({*mine} & {*truth.search(query, k)[0]}) for mine, query in zip(found, queries, strict=True))
    p50, p95 = np.quantile(seconds, [0.5, 0.95])
    return Scale(kind, len(vectors), build, size / 1e6, float(p50), float(p95), float(np.mean(counts) / k), counts)


def row(kind: str, n: int, real: np.ndarray, queries: np.ndarray, rerun: bool = False) -> LedgerRow:
    """Return a large collection's figures: from the stored results where they are there, else measured here.

    The row holds, for each query, how many of the true ten were found; its `details` hold the figures of Scale.
    """
    told: dict = {}

    def predict(_texts):
        told.update(asdict(measure(kind, many_vectors(real, n), queries)))
        return [f"{count} of 10" for count in told.pop("found")]

    items = [Message(f"query-{i:03d}", f"query {i}", "10 of 10") for i in range(len(queries))]
    how = {"approach": "plain", "settings": {"noise": NOISE, "seed": 0, "k": 10, "size": "serialized"}}
    method = f"{kind} search, {n} chunks"
    return ledger.measure(TASK, method, items, predict, details=told, heavy=True, rerun=rerun, show=False, **how)
