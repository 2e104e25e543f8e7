"""Embeddings: what is longer than the embedder's window is said, once."""

import pytest

from helpers.model import catalogue, embedding


@pytest.fixture(scope="module")
def embedder():
    return catalogue.load_embedder(device="cpu")


@pytest.mark.weights
def test_texts_longer_than_the_window_are_counted_once(embedder, capsys):
    embedding._say_once.cache_clear()
    long = "refund " * 300
    vectors = embedding.embed(embedder, [long + "today", "short", long + "never", "x" * 300])
    assert vectors[0] @ vectors[2] == pytest.approx(1, abs=1e-4), "what follows is not read"
    said = capsys.readouterr().out
    assert said.startswith("2 of 4 texts are longer than the 256 tokens that the embedder reads")
    embedding.embed(embedder, [long + "today", "short", long + "never", "x" * 300])
    assert capsys.readouterr().out == ""


@pytest.mark.weights
def test_the_window_counts_the_two_marks(embedder):
    assert embedding.cut(embedder, ["a " * 254, "a " * 255]) == [1]
    assert embedding.embed(embedder, ["a " * 254]).shape == (1, 384)
