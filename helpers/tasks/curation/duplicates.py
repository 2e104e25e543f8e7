"""Finds copies of texts: the same words, nearly the same letters, or nearly the same meaning (MiniLM cosine).

Two measures, because each misses what the other sees: letters miss a paraphrase, meaning takes "on" for "off". Neither
finds a translation, or a long text that holds a short one. Embedding is left to baselines.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, strip_accents_unicode

MEANING = 0.92  # MiniLM cosine from which two texts count as near copies, as in the course's own sets
WORDS = 0.7  # share of runs of letters in common from which they do
SHINGLE = 5  # letters in a run
ROWS_AT_ONCE = 512


@dataclass(frozen=True)
class Copy:
    """Two texts that are too alike: their positions, how (`exact`, `words` or `meaning`), and how much (0 to 1)."""

    first: int
    second: int
    kind: str
    similarity: float


def plain(text: str) -> str:
    """Return a text as copies are compared: lower case, without accents or punctuation, words parted by one space.

    >>> plain("  Where’s my REFUND?!")
    'where s my refund'
    """
    return " ".join(re.findall(r"\w+", strip_accents_unicode(text.lower())))


def folded(text: str) -> str:
    """Return a text without regard to letter case and spaces: the strictest sense in which two are the same.

    >>> folded("  Where is  my REFUND?")
    'where is my refund?'
    """
    return " ".join(text.lower().split())


def _compared(text: str) -> str:
    """The plain form; a text without any letter or digit, such as "!!", stands for itself."""
    return plain(text) or text.strip()


def shingles(text: str) -> frozenset[str]:
    """Return the runs of five letters in a text's plain form, spaces included; a shorter text is one run."""
    letters = _compared(text)
    return frozenset(letters[i : i + SHINGLE] for i in range(max(1, len(letters) - SHINGLE + 1)))


def _alike(one: Sequence[str], two: Sequence[str], one_vectors, two_vectors, same: bool) -> list[Copy]:
    """All pairs of a text of `one` and a text of `two` that are too alike; with `same`, each pair once."""
    runs = CountVectorizer(analyzer=shingles, dtype=np.float32).fit_transform([*one, *two])
    sizes = np.asarray(runs.sum(axis=1)).ravel()
    right, right_sizes = runs[len(one) :].T.tocsr(), sizes[len(one) :]
    plain_one, plain_two = [_compared(text) for text in one], [_compared(text) for text in two]
    found = []
    for at in range(0, len(one), ROWS_AT_ONCE):
        rows = slice(at, min(at + ROWS_AT_ONCE, len(one)))
        shared = (runs[rows] @ right).toarray()
        overlap = shared / (sizes[rows, None] + right_sizes[None] - shared)
        close = overlap >= WORDS
        if one_vectors is not None:
            cosine = one_vectors[rows] @ two_vectors.T
            close |= cosine >= MEANING
        for i, j in zip(*np.nonzero(close), strict=True):
            first, second = at + int(i), int(j)
            if same and first >= second:
                continue
            if plain_one[first] == plain_two[second]:
                found.append(Copy(first, second, "exact", 1.0))
            elif overlap[i, j] >= WORDS:
                found.append(Copy(first, second, "words", float(overlap[i, j])))
            else:
                found.append(Copy(first, second, "meaning", float(cosine[i, j])))
    return found


def _check(texts: Sequence[str], vectors) -> None:
    if vectors is not None and len(vectors) != len(texts):
        raise ValueError(f"{len(texts)} texts need as many vectors; got {len(vectors)}")


def leaks(shown: Sequence[Sequence[str]], asked: Sequence[str]) -> list[int]:
    """Return the positions at which a text stands among its own examples, letter case and spaces aside.

    >>> leaks([["a", "B "], ["c"]], ["b", "a"])
    [0]
    """
    return [i for i, (rows, text) in enumerate(zip(shown, asked, strict=True)) if folded(text) in map(folded, rows)]


def copies(texts: Sequence[str], vectors: np.ndarray | None = None) -> list[Copy]:
    """Return the pairs of texts that are too alike, each once, in order of their positions.

    A text with the same plain form as an earlier one is paired with the first of them alone, which stands for it in all
    other pairs: a thousand equal texts give 999 pairs, not half a million.

    Args:
        texts: n texts.
        vectors: (n, d) embeddings of length one (`embedding.embed`); without them meaning is not compared.

    >>> copies(["Where is my refund?", "Cancel Plus.", "where is my refund"])
    [Copy(first=0, second=2, kind='exact', similarity=1.0)]
    """
    _check(texts, vectors)
    first_of: dict[str, int] = {}
    firsts = [first_of.setdefault(_compared(text), i) for i, text in enumerate(texts)]
    found = [Copy(first, i, "exact", 1.0) for i, first in enumerate(firsts) if first < i]
    if texts:
        kept = list(first_of.values())
        some, its_vectors = [texts[i] for i in kept], None if vectors is None else vectors[kept]
        near = _alike(some, some, its_vectors, its_vectors, same=True)
        found += [replace(pair, first=kept[pair.first], second=kept[pair.second]) for pair in near]
    return sorted(found, key=lambda pair: (pair.first, pair.second))


def contamination(
    train: Sequence[str],
    test: Sequence[str],
    train_vectors: np.ndarray | None = None,
    test_vectors: np.ndarray | None = None,
) -> list[Copy]:
    """Return the pairs of a training text (`first`) and a test text (`second`) that are too alike; as for `copies`.

    A test item that stands in the training set measures memory. Take such rows out of the training set: the test set is
    frozen.
    """
    _check(train, train_vectors)
    _check(test, test_vectors)
    if (train_vectors is None) != (test_vectors is None):
        raise ValueError("give vectors of both the training and the test texts, or of neither")
    if not train or not test:
        return []
    return _alike(train, test, train_vectors, test_vectors, same=False)
