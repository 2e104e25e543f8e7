"""Plain methods: what they refuse, and what many labels cost."""

import tracemalloc

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from helpers.methods import baselines
from helpers.model import embedding


def made_up(labels, rows, seed):
    """Texts of words that are each label's own half of the time, so that a classifier can learn most of it."""
    rng = np.random.default_rng(seed)
    gold = rng.integers(labels, size=rows)
    words = np.where(rng.random((rows, 8)) < 0.35, 100 * gold[:, None] + rng.integers(8, size=(rows, 8)), 0)
    words = np.where(words, words, 100_000 + rng.integers(3000, size=(rows, 8)))
    return [" ".join(f"w{word}" for word in row) for row in words], [f"label {label}" for label in gold]


def test_many_labels_take_little_memory_and_lose_no_accuracy():
    texts, labels = made_up(60, 3000, seed=1)
    asked, gold = made_up(60, 600, seed=2)
    tracemalloc.start()
    found = baselines.tfidf_classifier().fit(texts, labels)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    right = np.mean(found.predict(asked) == np.array(gold))
    vectors = found[0].transform(texts)
    assert peak < 4 * 60 * vectors.shape[1] * 8  # four dense copies of labels x words
    together = LogisticRegression(C=10.0, max_iter=2000).fit(vectors, labels)
    assert right > np.mean(together.predict(found[0].transform(asked)) == np.array(gold)) - 0.02
    assert right > 0.7
    np.testing.assert_allclose(found.predict_proba(asked[:3]).sum(axis=1), 1)


def test_few_labels_are_fitted_all_at_once():
    texts, labels = made_up(20, 400, seed=1)
    found = baselines.tfidf_classifier().fit(texts, labels)
    words = TfidfVectorizer(lowercase=True, ngram_range=(1, 2), sublinear_tf=True)
    wanted = make_pipeline(words, LogisticRegression(C=10.0, max_iter=2000, random_state=0)).fit(texts, labels)
    assert np.array_equal(found[-1].coef_, wanted[-1].coef_)


def test_what_cannot_be_learned_is_refused_in_plain_words():
    with pytest.raises(ValueError, match="texts of two labels at least; got 2 of {'ham'}"):
        baselines.tfidf_classifier().fit(["a b", "cc"], ["ham", "ham"])
    with pytest.raises(ValueError, match="none of the 3 texts has a word of two letters or more"):
        baselines.tfidf_classifier().fit(["!", "?", "x"], ["a", "b", "a"])
    fitted = baselines.tfidf_classifier().fit(["good", "bad"], ["yes", "no"])
    assert len(fitted.predict(["!"])) == 1


def test_neighbors_vote_in_blocks_as_they_would_at_once(monkeypatch):
    rng = np.random.default_rng(0)
    pool, asked = rng.normal(size=(30, 4)), rng.normal(size=(11, 4))
    labels = [f"{i % 4}" for i in range(30)]
    whole = baselines.nearest_neighbors(pool, labels, asked, 7)
    monkeypatch.setattr(embedding, "ROWS_AT_ONCE", 3)
    assert baselines.nearest_neighbors(pool, labels, asked, 7) == whole
    assert baselines.nearest_neighbors(pool, labels, asked[:0], 7) == []


def test_a_second_fit_goes_by_its_own_number_of_labels():
    found = baselines.tfidf_classifier().fit(*made_up(30, 300, seed=1))
    few = made_up(5, 100, seed=2)
    again = found.fit(*few)
    assert np.array_equal(again[-1].coef_, baselines.tfidf_classifier().fit(*few)[-1].coef_)


def test_what_is_fitted_is_the_classifier_itself_and_its_seconds_are_told():
    classifier = baselines.tfidf_classifier()
    found, seconds = baselines.fitted(classifier, ["a refund please", "the app stops"], ["refund", "technical"])
    assert found is classifier
    assert list(found.predict(["refund me"])) == ["refund"]
    assert 0 < seconds < 60
