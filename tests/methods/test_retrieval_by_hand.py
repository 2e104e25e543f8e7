"""What lesson 04 builds by hand does what the index and its pipeline do."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.methods.retrieval import by_hand, chunking, finding, grown, passages, reading, tuned_embedder
from helpers.methods.retrieval.index import Index
from helpers.methods.retrieval.pipeline import Pipeline, Settings
from helpers.methods.retrieval.quotes import named_row
from helpers.methods.retrieval.ranking import Hit, reciprocal_rank_fusion
from helpers.model import catalogue, embedding
from helpers.results.measuring import hash_prompts
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


@pytest.mark.parametrize(("cut", "kept"), [(4, [0, 2, 5, 7]), (20, list(range(10))), (10, list(range(10)))])
def test_items_are_spread_over_all(cut, kept):
    assert reading.spread(range(10), cut) == kept


def test_lines_are_sentences_items_and_rows_without_headings():
    text = "## Head\nOne. Two?\n- An item. All of it.\n| a | b |\n|---|---|\n| c | d |"
    assert by_hand.lines_of(text, by_hand.rows) == ["One.", "Two?", "- An item. All of it.", "a: c; b: d"]


def test_the_check_of_support_agrees_with_that_of_citations_on_numbers():
    assert not by_hand.supported("Within 12 days.", "It takes 128 days.")
    assert passages.without_citations("12 days [1].") == "12 days."


def test_what_is_spread_reaches_the_last_stretch():
    assert reading.spread(range(150), 40)[-1] >= 145
    assert reading.spread(range(120), 64)[-1] >= 117


def test_no_training_question_left_asks_about_a_place_that_a_test_question_of_either_tier_asks_about():
    documents, tiers = policies.load_policies(), policies.TIERS
    train, test = (
        [q for tier in tiers for q in policies.load_policy_questions(split, tier=tier)] for split in ("train", "test")
    )
    left = tuned_embedder.apart(train, test, documents)
    assert 300 < len(left) < len(train)
    quotes = {quote for question in test for quote in question.evidence}
    assert not [question.id for question in left if quotes & set(question.evidence)]
    assert tuned_embedder.apart(test, test, documents) == [q for q in test if not q.answerable]


@pytest.mark.weights
def test_an_embedder_learns_the_same_whether_gradients_go_back_together_or_a_few_texts_at_a_time(monkeypatch):
    documents, embedder = policies.load_policies(), catalogue.load_embedder()
    cut = chunking.Chunker(chunking.word_spans, size=40)
    chunks = [chunk for policy in documents for chunk in cut.split(policy)]
    questions = policies.load_policy_questions("train", tier="plain")
    learned = tuned_embedder.pairs(questions, chunks, documents)[:12]
    before, found = embedding.embed(embedder, ["where is my parcel"]), []
    for at_once in (5, 1000):
        monkeypatch.setattr(tuned_embedder, "AT_ONCE", at_once)
        tuned = tuned_embedder.tune(embedder, learned, epochs=1, batch=6)
        found.append(embedding.embed(tuned, ["where is my parcel"]))
    assert np.allclose(found[0], found[1], atol=1e-4)
    assert np.abs(found[0] - before).max() > 1e-3
    assert np.array_equal(embedding.embed(embedder, ["where is my parcel"]), before)


@pytest.fixture
def two_packages(tmp_path, monkeypatch):
    """Two packages of 30 passages each, the first of those that the course needs; nothing else is installed."""
    for name in ("numpy", "zebra"):
        (tmp_path / name / "site-packages" / "inside").mkdir(parents=True)
        text = " ".join(f"{name}{i}" for i in range(30 * grown.WORDS))
        (tmp_path / name / "a.py").write_text(f'x = 1  # no comment of its own line\n"""{text}"""\n')
        (tmp_path / name / "b.py").write_text(f'"""{text}"""\n')
        (tmp_path / name / "site-packages" / "inside" / "c.py").write_text(f'"""other {text}"""\n')
    monkeypatch.setattr(grown, "_places", lambda: {name: tmp_path / name for name in ("numpy", "zebra")})
    grown._every.cache_clear()
    yield
    grown._every.cache_clear()


def test_passages_are_drawn_from_each_text_once_and_few_are_among_many(two_packages):
    every = grown.passages(60)
    assert len(set(every)) == 60
    assert grown.passages(7) == every[:7]
    assert {package for package, _ in every} == {"numpy", "zebra"}
    with pytest.raises(ValueError, match="hold 60 passages of text, and 61 are asked for"):
        grown.passages(61)


def test_other_packages_are_read_only_where_the_first_do_not_do(two_packages, monkeypatch):
    monkeypatch.setattr(grown, "ENOUGH", 20)
    assert {package for package, _ in grown.passages(30)} == {"numpy"}


def test_a_row_stays_where_few_of_its_prompts_would_be_others_today(capsys):
    class Row:
        method, prompts = "read", hash_prompts([f"prompt {i}" for i in range(40)])

    now = [f"prompt {i}" for i in range(40)]
    assert reading._still_asked(Row, now)
    assert not capsys.readouterr().out
    assert reading._still_asked(Row, ["another", *now[1:]])
    assert "1 of 40 prompts" in capsys.readouterr().out
    assert not reading._still_asked(Row, ["another"] * 3 + now[3:])


def test_chunks_fill_a_budget_up_to_the_first_that_is_too_long():
    class One:
        def __init__(self, words):
            self.text = "word " * words

    hits = [Hit(One(words), 1.0) for words in (3, 4, 9, 1)]
    assert finding.first_in_budget(hits, str.split, 8) == hits[:2]
    assert finding.first_in_budget(hits, str.split, 2) == []


@pytest.mark.weights
def test_a_query_is_timed_among_as_many_vectors_as_are_added(monkeypatch):
    embedder, seen, search = catalogue.load_embedder(), [], grown.nearest.Exact.search
    monkeypatch.setattr(grown.nearest.Exact, "search", lambda it, *told: seen.append(it.vectors) or search(it, *told))
    monkeypatch.setattr(grown, "AT_ONCE", 200)
    some = policies.load_policies()[:2]
    cutter = chunking.Chunker(chunking.word_spans, size=40)
    asked = policies.load_policy_questions("dev", tier="plain")[:3]
    few, many = (grown.seconds(embedder, some, asked, cutter, more) for more in (0, 500))
    assert few.shape == many.shape == (3,) and (few > 0).all()
    assert len(seen[-1]) - len(seen[0]) == 500
    assert np.allclose(np.linalg.norm(seen[-1], axis=1), 1, atol=1e-5)
    assert len(np.unique(seen[-1], axis=0)) == len(seen[-1])
