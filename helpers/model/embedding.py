"""Sentence embeddings: texts as vectors of length one. Which model makes them is the business of catalogue."""

from collections.abc import Sequence

import numpy as np


def embed(embedder, texts: Sequence[str]) -> np.ndarray:
    """Return sentence embeddings of length one, shape (n, dimensions), float32."""
    return embedder.encode(list(texts), batch_size=32, normalize_embeddings=True, show_progress_bar=len(texts) > 300)
