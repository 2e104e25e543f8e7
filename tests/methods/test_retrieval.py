"""Chunks, index, fusion and filters: what is found, and what is refused. A small embedder makes it fast."""

import dataclasses
import functools
import itertools
import re
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.methods.retrieval import chunking, index, nearest, ranking
from helpers.tasks import policies
from helpers.tasks.policies import Policy

TEXT = (
    "Intro line.\n\n## Fees\nThe fee depends on the size:\n\n| size | fee |\n|---|---|\n| small | $3 |\n"
    "| large | $9 |\n\nPaid at once.\n\n## Empty\n\n## Times\nOpen at nine. Closed at five."
)
POLICY = Policy("fees", "Fees and times", "public", "2026-01-31", TEXT)
SECRET = Policy(
    "secret", "Staff limits", "staff", "2026-06-01", "Agents may waive a fee of $46. Never tell a customer."
)


class SmallEmbedder:
    """Hashes words into 64 numbers; counts what it was asked to embed."""

    fingerprint = "small embedder"
    max_seq_length = 64

    def __init__(self):
        self.seen = []

    def encode(self, texts, normalize_embeddings=False, output_value="sentence_embedding", **options):
        self.seen += list(texts)
        tokens = [
            np.stack([self._word(word) for word in re.findall(r"\w+", text.lower())] or [self._word("")])
            for text in texts
        ]
        if output_value == "token_embeddings":
            return tokens
        rows = np.stack([rows.sum(axis=0) for rows in tokens])
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    @staticmethod
    @functools.cache
    def _word(word):
        return np.random.default_rng(zlib.crc32(word.encode())).normal(size=64).astype(np.float32)

    def tokenizer(self, text, **options):
        return {"input_ids": [zlib.crc32(word.encode()) % 5000 for word in re.findall(r"\w+", text.lower())] or [0]}


def chunker(**options):
    return chunking.Chunker(chunking.word_spans, **{"size": 60, **options})


@pytest.fixture
def embedder():
    return SmallEmbedder()


@pytest.fixture
def built(embedder):
    return index.Index.build([*policies.load_policies(), SECRET], embedder, chunker())


@settings(max_examples=60)
@given(
    st.text(alphabet=st.sampled_from("ab \n|-#`.\u00e9\U0001f642"), max_size=120),
    st.integers(1, 12),
    st.sampled_from(chunking.METHODS),
)
def test_chunks_are_exact_pieces_in_order_and_lose_no_word(text, size, method):
    policy = dataclasses.replace(POLICY, text=text)
    chunks = chunking.Chunker(chunking.word_spans, method=method, size=size).split(policy)
    assert all(chunk.text == text[chunk.start : chunk.end] for chunk in chunks)
    assert all(one.end <= two.start for one, two in itertools.pairwise(chunks))
    assert "".join("".join(chunk.text for chunk in chunks).split()) == "".join(text.split())
    assert len({chunk.id for chunk in chunks}) == len(chunks)


@pytest.mark.parametrize("size", [1, 5, 20, 200])
def test_by_heading_never_cuts_a_table(size):
    for policy in [POLICY, *policies.load_policies()]:
        chunks = chunker(size=size).split(policy)
        for table in re.findall(r"(?:^\|.*\n?)+", policy.text, flags=re.MULTILINE):
            assert sum(table.strip() in chunk.text for chunk in chunks) == 1, policy.id


def test_by_tokens_cuts_a_table_and_overlaps():
    chunks = chunker(method="tokens", size=12, overlap=4).split(POLICY)
    table = TEXT[TEXT.index("| size") : TEXT.index("\n\nPaid")]
    assert not any(table in chunk.text for chunk in chunks)
    words = [chunk.text.split() for chunk in chunks]
    assert all(one[-4:] == two[:4] for one, two in itertools.pairwise(words))
    assert all(len(part) <= 12 for part in words)


def test_chunks_know_where_they_stand():
    chunks = chunker(size=1000).split(POLICY)
    assert [chunk.heading for chunk in chunks] == ["", "Fees", "Empty", "Times"]
    assert (chunks[1].document, chunks[1].audience, chunks[1].effective) == ("fees", "public", "2026-01-31")
    assert chunks[1].searched.startswith("Fees and times: Fees\n## Fees")


def test_a_mark_inside_a_code_fence_is_no_heading():
    policy = dataclasses.replace(POLICY, text="Run:\n```\n# not a heading\n\n# nor this\n```\nDone.")
    assert [chunk.heading for chunk in chunker(size=1000).split(policy)] == [""]


@pytest.mark.weights
def test_chunks_by_the_models_tokens_have_their_size(real):
    spans = chunking.token_spans(real.tokenizer)
    cut = chunking.Chunker(spans, method="tokens", size=100, overlap=20)
    for policy in policies.load_policies()[:5]:
        assert all(real.count_tokens(chunk.text) <= 101 for chunk in cut.split(policy))


@pytest.mark.parametrize(
    "options", [{"method": "page"}, {"size": 0}, {"method": "tokens", "size": 5, "overlap": 5}, {"overlap": 3}]
)
def test_chunkers_that_cannot_be_are_refused(options):
    with pytest.raises(ValueError):
        chunker(**options)


def test_dense_search_equals_the_obvious_loop(built):
    query = built.embedder.encode(["late fee for a parcel"])[0]
    best = {}
    for entry in built.entries.values():
        for owner, vector in zip(entry.owner, entry.vectors, strict=True):
            name = entry.chunks[owner].id
            best[name] = max(best.get(name, -2), float(vector @ query))
    expected = sorted(best, key=lambda name: -best[name])
    hits = built.dense("late fee for a parcel", k=len(built))
    assert [hit.score for hit in hits] == pytest.approx([best[name] for name in expected], abs=1e-5)
    assert len({hit.chunk.id for hit in hits}) == len(built)
    assert [hit.chunk.id for hit in built.dense("late fee for a parcel", k=5)] == [hit.chunk.id for hit in hits[:5]]


def test_bm25_finds_inflected_words_and_nothing_for_unknown_ones(built):
    assert built.bm25("How are late parcels returned?")[0].score > 0
    assert built.bm25("xyzzy plugh") == []
    assert built.bm25("the of and") == []
    assert len(built.search("xyzzy plugh", k=4)) == 4


def test_fusion_follows_the_papers_formula(built):
    chunks = built.chunks[:3]
    one = [ranking.Hit(chunks[0], 9.0), ranking.Hit(chunks[1], 8.0)]
    two = [ranking.Hit(chunks[1], 0.2), ranking.Hit(chunks[2], 0.1)]
    fused = ranking.reciprocal_rank_fusion([one, two], constant=60)
    assert [hit.chunk.id for hit in fused] == [chunks[i].id for i in (1, 0, 2)]
    assert fused[0].score == pytest.approx(1 / 62 + 1 / 61)


def test_filters_apply_before_the_search(built):
    question = "May agents waive a fee of $46?"
    assert built.search(question, k=1)[0].chunk.document == "secret"
    for search in (built.dense, built.bm25, built.search):
        found = search(question, k=len(built), where=index.PUBLIC)
        assert {hit.chunk.audience for hit in found} == {"public"}
    assert len(built.dense(question, k=8, where=index.PUBLIC)) == 8, "filtering afterwards would leave fewer"
    with pytest.raises(ValueError, match="leaves no chunk"):
        built.search(question, where=index.Filter(("nobody",)))


def test_updating_one_document_embeds_only_that_one(built):
    built.dense("warm up")
    built.embedder.seen.clear()
    changed = dataclasses.replace(SECRET, text="Agents may waive a fee of $99.")
    count = built.update(changed)
    assert count == len(built.embedder.seen) == 2  # the chunk and its one sentence
    assert all("Staff limits" in text for text in built.embedder.seen)
    assert "$99" in built.search("agents waive fee", k=1)[0].chunk.text
    assert built.update(changed) == 0


def test_an_updated_index_equals_one_built_anew(built, embedder):
    changed = dataclasses.replace(SECRET, effective="2027-01-01")
    built.update(changed)
    anew = index.Index.build([*policies.load_policies(), changed], embedder, chunker())
    for question in ("fee", "returning a parcel late"):
        assert [(h.chunk, round(h.score, 5)) for h in built.search(question)] == [
            (h.chunk, round(h.score, 5)) for h in anew.search(question)
        ]


def test_no_documents_and_doubled_ids_are_refused(embedder):
    with pytest.raises(ValueError, match="no document to index"):
        index.Index.build([], embedder, chunker())
    with pytest.raises(ValueError, match="two documents have the id 'fees'"):
        index.Index.build([POLICY, POLICY], embedder, chunker())


@pytest.mark.parametrize("question", ["", "  \n"])
def test_an_empty_question_is_refused(built, question):
    for search in (built.dense, built.bm25, built.search):
        with pytest.raises(ValueError, match="the question is empty"):
            search(question)


@settings(max_examples=30, deadline=None)
@given(st.text(min_size=1, max_size=80).filter(str.strip))
def test_any_question_is_answered_with_chunks(question):
    small = SHARED.setdefault("index", index.Index.build([POLICY, SECRET], SmallEmbedder(), chunker(size=10)))
    assert small.search(question, k=2)


SHARED = {}


def test_a_question_of_5000_words_is_searched(built):
    assert len(built.search("refund of a late parcel " * 1000, k=4)) == 4


def unit_rows(n, d=32, seed=0):
    rows = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_exact_search_equals_sorting_all():
    vectors = unit_rows(500)
    for query in unit_rows(20, seed=1):
        found, scores = nearest.Exact(vectors).search(query, 10)
        expected = np.argsort(-(vectors @ query), kind="stable")[:10]
        assert found.tolist() == expected.tolist()
        assert scores == pytest.approx((vectors @ query)[expected])


def test_exact_search_with_equals_takes_the_first():
    same = np.repeat(unit_rows(1), 9, axis=0)
    assert nearest.Exact(same).search(same[0], 4)[0].tolist() == [0, 1, 2, 3]


def test_approximate_search_recalls():
    vectors, queries = unit_rows(5000), unit_rows(50, seed=1)
    graph = nearest.Approximate(vectors)
    exact = nearest.Exact(vectors)
    found = [len({*exact.search(query, 10)[0]} & {*graph.search(query, 10)[0]}) for query in queries]
    assert np.mean(found) >= 9.5


def test_the_approximate_index_takes_over_for_many_vectors(embedder, monkeypatch):
    exact = index.Index.build(policies.load_policies(), embedder, chunker())
    expected = [hit.chunk.id for hit in exact.dense("late parcel", k=4)]
    monkeypatch.setattr(nearest, "APPROXIMATE_FROM", 100)
    many = index.Index.build(policies.load_policies(), embedder, chunker())
    assert [hit.chunk.id for hit in many.dense("late parcel", k=4)] == expected
    assert isinstance(many._view(index.EVERYTHING).nearest, nearest.Approximate)
    assert len(many.dense("late parcel", k=len(many))) == len(many)


@pytest.mark.parametrize("bad", [np.zeros(3), np.full((2, 3), np.nan), np.full((2, 3), 5.0), np.zeros((2, 3))])
def test_vectors_that_are_not_of_length_one_are_refused(bad):
    with pytest.raises(ValueError, match="vector"):
        nearest.Exact(bad)


def test_many_vectors_are_held_once():
    vectors = unit_rows(4000, d=64)
    tracemalloc.start()
    every = nearest.Exact(vectors)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.shares_memory(every.vectors, vectors) and most < vectors.nbytes / 4


def test_relevant_chunks_hold_the_evidence_whole():
    question = next(q for q in policies.load_policy_questions("dev") if q.type == "two_documents")
    documents = policies.load_policies()
    chunks = [chunk for policy in documents for chunk in chunker(size=200).split(policy)]
    found = [chunk for chunk in chunks if chunk.id in ranking.relevant(question, chunks, documents)]
    assert {chunk.document for chunk in found} == set(question.documents)
    assert all(any(quote in chunk.text for quote in question.evidence) for chunk in found)


def test_metrics_refuse_what_cannot_be_measured():
    with pytest.raises(ValueError, match="question 1 has no relevant chunk"):
        ranking.hit_at_k([["a"], ["b"]], [{"a"}, set()], k=1)
    with pytest.raises(ValueError, match="equally many"):
        ranking.hit_at_k([["a"]], [], k=1)
