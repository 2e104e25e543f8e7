"""Finds texts that are nearly the same among many, by sketches: time grows with the number of texts, not its square.

MinHash with bands (Broder 1997; Leskovec et al., Mining of Massive Datasets, chapter 3) proposes pairs, and the share
of common runs of letters decides, as in curation. It compares the first LETTERS characters of a text.
"""

import itertools
import zlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from helpers.tasks.curation.duplicates import WORDS, shingles

LETTERS = 400
BANDS, ROWS = 20, 3  # a pair that shares 0.7 of its runs is proposed 999 times in 1,000
PRIME = 2**31 - 1
ALL_PAIRS = 40  # in a bucket of more texts, each is held against the first and the one before it


def _runs(text: str) -> np.ndarray:
    return np.unique([zlib.crc32(run.encode("utf-8", "replace")) % PRIME for run in shingles(text[:LETTERS])])


def pairs(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Return pairs of positions of texts that share at least WORDS of their runs of letters, or stand for such.

    Of many that are alike not every pair is there, but enough that all of them hang together.

    >>> pairs(["Where is my refund?", "Cancel it.", "Where is my refund!!"])
    [(0, 2)]
    """
    if not texts:
        return []
    runs = [_runs(text) for text in texts]
    rng = np.random.default_rng(0)
    factors, shifts = (rng.integers(1, PRIME, (BANDS * ROWS, 1), dtype=np.int64) for _ in range(2))
    sketches = np.stack([((factors * run[None] + shifts) % PRIME).min(axis=1) for run in runs])
    proposed: set[tuple[int, int]] = set()
    for band in np.split(sketches, BANDS, axis=1):
        buckets: dict[bytes, list[int]] = defaultdict(list)
        for i, rows in enumerate(band):
            buckets[rows.tobytes()].append(i)
        for members in buckets.values():
            if len(members) <= ALL_PAIRS:
                proposed.update((one, two) for at, two in enumerate(members) for one in members[:at])
            else:
                proposed.update((members[0], two) for two in members[1:])
                proposed.update(itertools.pairwise(members))
    return sorted(pair for pair in proposed if _alike(runs[pair[0]], runs[pair[1]]))


def _alike(one: np.ndarray, two: np.ndarray) -> bool:
    if min(len(one), len(two)) < WORDS * max(len(one), len(two)):
        return False
    common = len(np.intersect1d(one, two, assume_unique=True))
    return common >= WORDS * (len(one) + len(two) - common)


def groups(texts: Sequence[str]) -> np.ndarray:
    """Return for each text the number of its group: texts that hang together by near copies have the same.

    >>> groups(["Where is my refund?", "Cancel it.", "Where is my refund!!"]).tolist()
    [0, 1, 0]
    """
    found = np.array(pairs(texts), dtype=np.int64).reshape(-1, 2)
    links = coo_array((np.ones(len(found)), (found[:, 0], found[:, 1])), shape=(len(texts), len(texts)))
    return connected_components(links, directed=False)[1]
