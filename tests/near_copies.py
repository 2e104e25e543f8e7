"""What every data set's test asks of its texts: no two alike across all splits, in words or in meaning."""

import re

import numpy as np

from helpers import baselines, models

TOO_ALIKE = 0.92


def assert_none(texts):
    """Assert that no two texts are the same words, or come within a MiniLM cosine of TOO_ALIKE."""
    plain = [re.sub(r"\W+", " ", text.lower()).strip() for text in texts]
    assert len(set(plain)) == len(plain)
    vectors = baselines.embed(models.load_embedder(device="cpu"), list(texts))
    similarity = vectors @ vectors.T
    np.fill_diagonal(similarity, 0)
    pair = np.unravel_index(similarity.argmax(), similarity.shape)
    assert similarity.max() < TOO_ALIKE, [texts[i] for i in pair]
