"""Plain methods that every figure of the language model stands beside: majority, keywords, TF-IDF, embeddings.

Each returns predictions for a list of texts. What they are compared on is the business of evaluation.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

SEED = 0


def majority(labels: Sequence[str], n: int) -> list[str]:
    """Return the most frequent training label (the first by name among equals), n times.

    >>> majority(["b", "a", "b"], 2)
    ['b', 'b']
    """
    counts = Counter(labels)
    return [min(counts, key=lambda label: (-counts[label], label))] * n


def keywords(rules: Mapping[str, Sequence[str]], texts: Sequence[str], default: str) -> list[str]:
    """Return for each text the first label, in the order of `rules`, one of whose words occurs in it; else `default`.

    >>> keywords({"billing": ["charge", "invoice"]}, ["A double charge!", "hello"], "other")
    ['billing', 'other']
    """
    lowered = [text.lower() for text in texts]
    return [
        next((label for label, words in rules.items() if any(word.lower() in text for word in words)), default)
        for text in lowered
    ]


def tfidf_classifier():
    """Return scikit-learn's TF-IDF on words and pairs of words with logistic regression, not yet fitted."""
    return make_pipeline(
        TfidfVectorizer(lowercase=True, ngram_range=(1, 2), sublinear_tf=True),
        LogisticRegression(C=10.0, max_iter=2000, random_state=SEED),
    )


def embedding_classifier():
    """Return logistic regression for sentence embeddings, not yet fitted."""
    return LogisticRegression(C=10.0, max_iter=2000, random_state=SEED)


def nearest_neighbors(
    train_vectors: np.ndarray, train_labels: Sequence[str], vectors: np.ndarray, k: int = 5
) -> list[str]:
    """Return for each vector the label with the largest summed cosine among its k nearest training vectors.

    Args:
        train_vectors: (n, d), rows of length one.
        train_labels: n labels.
        vectors: (m, d), rows of length one.
        k: how many neighbors vote.
    """
    if not 1 <= k <= len(train_labels):
        raise ValueError(f"k must be from 1 to {len(train_labels)}, the number of training rows; got {k}")
    similarity = vectors @ train_vectors.T
    predictions = []
    for row in similarity:
        votes: Counter = Counter()
        for i in np.argsort(-row, kind="stable")[:k]:
            votes[train_labels[i]] += float(row[i])
        predictions.append(max(votes, key=votes.get))
    return predictions
