"""What every data set's test asks of its texts: no two alike across all splits, in words or in meaning."""

from helpers.model import catalogue, embedding
from helpers.tasks import curation
from helpers.tasks.curation import duplicates

TOO_ALIKE = duplicates.MEANING


def assert_none(texts):
    """Assert that no two texts are the same words, or come within a MiniLM cosine of TOO_ALIKE."""
    vectors = embedding.embed(catalogue.load_embedder(device="cpu"), list(texts))
    found = curation.copies(texts, vectors, meaning=TOO_ALIKE)
    assert not [pair for pair in found if pair.kind != "words"], [(texts[p.first], texts[p.second]) for p in found]
