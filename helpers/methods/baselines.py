"""Plain methods that every figure of the language model stands beside: majority, keywords, TF-IDF, embeddings."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline

from helpers.model import embedding

SEED = 0
FEW_LABELS = 20  # up to which all labels are fitted at once


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
    return [
        next((label for label, words in rules.items() if any(word.lower() in text for word in words)), default)
        for text in map(str.lower, texts)
    ]


class TextClassifier(Pipeline):
    """A pipeline from texts to labels. With more than FEW_LABELS labels it fits one regression a label.

    All labels at once (multinomial regression by L-BFGS) holds some twenty dense copies of labels x words numbers: 1.8
    GB for 151 labels of CLINC150. One against the rest, by coordinate descent, holds one and is about as accurate.
    """

    def fit(self, texts: Sequence[str], labels: Sequence[str]):
        """Learn from n texts and their labels; raises ValueError for one label alone or for texts without a word."""
        count = len(set(labels))
        if count < 2:
            raise ValueError(f"a classifier needs texts of two labels at least; got {len(texts)} of {set(labels)}")
        one = LogisticRegression(C=10.0, solver="liblinear", random_state=SEED)
        many = count > FEW_LABELS
        self.steps[-1] = ("each", OneVsRestClassifier(one)) if many else ("regression", embedding_classifier())
        try:
            return super().fit(texts, labels)
        except ValueError as error:
            if "empty vocabulary" not in str(error):
                raise
            raise ValueError(
                f"none of the {len(texts)} texts has a word of two letters or more, which is what TF-IDF counts; "
                "compare such texts by embeddings instead"
            ) from None


def tfidf_classifier() -> TextClassifier:
    """Return scikit-learn's TF-IDF on words and pairs of words with logistic regression, not yet fitted."""
    words = TfidfVectorizer(lowercase=True, ngram_range=(1, 2), sublinear_tf=True)
    return TextClassifier([("words", words), ("regression", embedding_classifier())])


def embedding_classifier():
    """Return logistic regression for sentence embeddings, not yet fitted."""
    return LogisticRegression(C=10.0, max_iter=2000, random_state=SEED)


def fitted(classifier, inputs: Sequence, labels: Sequence[str]) -> tuple:
    """Fit a classifier to n texts or vectors and their labels; return it, and the seconds that this took."""
    started = time.perf_counter()
    return classifier.fit(inputs, labels), time.perf_counter() - started


def vote(labels: Sequence[str], weights: Sequence[float]) -> str:
    """Return the label with the largest summed weight, the first to be named among equals.

    >>> vote(["a", "b", "a"], [0.5, 0.9, 0.6])
    'a'
    """
    votes: Counter = Counter()
    for label, weight in zip(labels, weights, strict=True):
        votes[label] += float(weight)
    return max(votes, key=votes.get)


def nearest_neighbors(
    train_vectors: np.ndarray, train_labels: Sequence[str], vectors: np.ndarray, k: int = 5
) -> list[str]:
    """Return for each vector, (m, d), the label with the largest summed cosine among its k nearest of (n, d).

    All rows have length one.
    """
    if not 1 <= k <= len(train_labels):
        raise ValueError(f"k must be from 1 to {len(train_labels)}, the number of training rows; got {k}")
    predictions = []
    for row in embedding.cosines(train_vectors, vectors):
        near = embedding.highest(row, k)
        predictions.append(vote([train_labels[i] for i in near], row[near]))
    return predictions
