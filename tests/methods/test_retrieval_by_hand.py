"""What lesson 04 builds by hand does what the index and its pipeline do."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.methods.retrieval import by_hand, passages, reading
from helpers.methods.retrieval.index import Index
from helpers.methods.retrieval.pipeline import Pipeline, Settings
from helpers.methods.retrieval.quotes import named_row
from helpers.methods.retrieval.ranking import Hit, reciprocal_rank_fusion
from helpers.model import embedding
from helpers.tasks import policies

LINE = st.sampled_from(["", "A line.", "| a | b |", "|---|---|", "Another | line.", "## Head"])


class ByLetters:
    """An embedder without weights: a text's counts of letters, as a vector of length one."""

    name, max_seq_length = "letters", 10_000

    def encode(self, texts, **_):
        counts = np.array(
            [[1 + text.lower().count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts]
        )
        return (counts / np.linalg.norm(counts, axis=1, keepdims=True)).astype(np.float32)

    def tokenizer(self, text, **_):
        return {"input_ids": text.split()}


@given(st.lists(LINE, min_size=1, max_size=14).map("\n".join), st.integers(1, 6))
def test_pieces_join_to_the_text_and_cut_no_table(text, size):
    found = by_hand.pieces(text, size)
    assert "\n".join(found) == text
    for one, following in itertools.pairwise(found):
        assert not (one.split("\n")[-1].startswith("|") and following.startswith("|"))
    assert all(
        len(piece.split("\n")) <= size or all(line.startswith("|") for line in piece.split("\n")) for piece in found
    )


def test_chunks_by_lines_stand_where_they_say_under_their_heading():
    for policy in policies.load_policies():
        for chunk in by_hand.Lines(by_hand.pieces, 8).split(policy):
            assert policy.text[chunk.start : chunk.end] == chunk.text
            assert not chunk.heading or f"# {chunk.heading}" in policy.text[: chunk.end]


def test_the_same_chunk_comes_first_by_hand_and_in_the_pipeline():
    documents, embedder = policies.load_policies(), ByLetters()
    cutter = by_hand.Lines(by_hand.pieces, 8)
    pipe = Pipeline(Index.build(documents, embedder, cutter, by_sentence=False), None, Settings(rerank=False))
    chunks = pipe.index.chunks
    vectors, by_words = embedding.embed(embedder, [c.searched for c in chunks]), by_hand.word_search(chunks)
    asked = [question.question for question in policies.load_policy_questions("dev", tier="plain")]
    for question, one in zip(asked, pipe.retrieve(asked), strict=True):
        by_meaning = by_hand.search(vectors, embedding.embed(embedder, [question])[0], 50)
        (first, *_) = by_hand.fused(by_meaning, by_words(question, 50), 5)
        assert chunks[first].id == one.kept[0].chunk.id


@given(st.lists(st.integers(0, 9), unique=True), st.lists(st.integers(0, 9), unique=True), st.integers(1, 60))
def test_fusing_by_hand_is_reciprocal_rank_fusion(first, second, constant):
    class Named:
        def __init__(self, name):
            self.id = name

    lists = [[Hit(Named(name), 0.0) for name in ranked] for ranked in (first, second)]
    assert by_hand.fused(first, second, constant) == [h.chunk.id for h in reciprocal_rank_fusion(lists, constant)]


def test_rows_by_hand_are_the_named_rows_of_quotes():
    tables = [
        block.split("\n")
        for policy in policies.load_policies()
        for block in policy.text.split("\n\n")
        if block.startswith("|")
    ]
    assert len(tables) > 10
    for table in tables:
        assert by_hand.rows(table) == [named_row("\n".join(table), line) for line in table[2:]]


@pytest.mark.parametrize(("cut", "kept"), [(4, [0, 2, 4, 6]), (20, list(range(10))), (10, list(range(10)))])
def test_items_are_spread_over_all(cut, kept):
    assert reading.spread(range(10), cut) == kept


def test_lines_are_sentences_items_and_rows_without_headings():
    text = "## Head\nOne. Two?\n- An item. All of it.\n| a | b |\n|---|---|\n| c | d |"
    assert by_hand.lines_of(text, by_hand.rows) == ["One.", "Two?", "- An item. All of it.", "a: c; b: d"]


def test_the_check_of_support_agrees_with_that_of_citations_on_numbers():
    assert not by_hand.supported("Within 12 days.", "It takes 128 days.")
    assert passages.without_citations("12 days [1].") == "12 days."
