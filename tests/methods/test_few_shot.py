"""Selecting, ordering and calibrating examples."""

import collections
import tracemalloc

import numpy as np
import one_by_one
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.methods import few_shot
from helpers.model import embedding
from helpers.tasks import curation, intents
from helpers.tasks.files import Message

SELECTIONS = ("random", "balanced", "diverse", "nearest")
POOL = intents.read("train")


def unit_vectors(n, seed=0, d=16):
    vectors = np.random.default_rng(seed).normal(size=(n, d))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("select", [few_shot.random_examples, few_shot.balanced_examples])
@pytest.mark.parametrize("k", [0, 1, 7, 32])
def test_draws_have_k_different_rows_and_follow_their_seed(select, k):
    chosen = select(POOL, k, seed=3)
    assert len(set(chosen)) == len(chosen) == k
    assert chosen == select(POOL, k, seed=3)
    assert k == 0 or chosen != select(POOL, k, seed=4)


@given(k=st.integers(0, 40), seed=st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_balanced_draws_differ_by_one_at_most(k, seed):
    counts = collections.Counter(POOL[i].label for i in few_shot.balanced_examples(POOL, k, seed))
    found = [counts[label] for label in intents.LABELS]
    assert max(found) - min(found) <= 1


def test_balanced_draws_go_on_when_a_label_runs_out():
    pool = [Message(str(i), "x", "rare" if i == 0 else "common") for i in range(6)]
    assert sorted(few_shot.balanced_examples(pool, 6)) == list(range(6))


def test_diverse_rows_come_from_different_clusters():
    centers = unit_vectors(4, seed=1) * 10
    vectors = np.repeat(centers, 5, axis=0) + np.random.default_rng(0).normal(scale=0.1, size=(20, 16))
    chosen = few_shot.diverse_examples(vectors, 4)
    assert {i // 5 for i in chosen} == {0, 1, 2, 3}
    assert few_shot.diverse_examples(vectors, 0) == []


def test_nearest_rows_come_last_and_agree_with_sorting():
    pool, queries = unit_vectors(50), unit_vectors(5, seed=2)
    for query, found in zip(queries, few_shot.nearest_examples(pool, queries, 6), strict=True):
        wanted = sorted(range(50), key=lambda i: -(pool[i] @ query))[:6]
        assert found == wanted[::-1]


@given(st.integers(1, 12), st.integers(0, 9), st.integers(0, 12), st.booleans(), st.integers(0, 10**6))
@settings(max_examples=80, deadline=None)
def test_nearest_rows_in_blocks_are_those_of_the_whole_matrix_ties_too(pool_size, queries, k, own_out, seed):
    rng = np.random.default_rng(seed)
    pool = rng.integers(-1, 2, size=(pool_size, 3)).astype(float)  # whole numbers: many ties, and no rounding
    asked = rng.integers(-1, 2, size=(queries, 3)).astype(float)
    texts = [f"text {rng.integers(4)}" for _ in range(pool_size + queries)] if own_out else []
    pool_texts, query_texts = texts[:pool_size], texts[pool_size:]
    k = min(k, pool_size)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedding, "ROWS_AT_ONCE", 2)
        found = few_shot.nearest_examples(pool, asked, k, pool_texts, query_texts)
    whole = asked @ pool.T
    for row, text in enumerate(query_texts):
        whole[row, [i for i, other in enumerate(pool_texts) if other == text]] = -np.inf
    order = np.argsort(-whole, axis=1, kind="stable")[:, :k]
    assert found == [[i for i in row[::-1].tolist() if np.isfinite(whole[q, i])] for q, row in enumerate(order)]


def test_nearest_rows_of_many_queries_take_little_memory():
    pool, asked = unit_vectors(4000), unit_vectors(3000, seed=2)
    tracemalloc.start()
    few_shot.nearest_examples(pool, asked, 8)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40e6  # the whole matrix of cosines would be 96 MB


def test_a_message_is_never_shown_to_itself():
    pool = unit_vectors(10)
    texts = [f"message {i}" for i in range(10)]
    found = few_shot.nearest_examples(pool, pool, 9, texts, [text.upper() + " " for text in texts])
    for i, row in enumerate(found):
        assert i not in row
        assert len(row) == 9


@pytest.mark.parametrize("k", [-1, 601])
def test_k_outside_the_pool_is_refused(k):
    with pytest.raises(ValueError, match="pool's 600 rows"):
        few_shot.random_examples(POOL, k)


def test_messages_alternate_and_end_with_the_question():
    one, two = Message("1", "a", "billing"), Message("2", "b", "other")
    chat = few_shot.messages("Sort.", [one, two], "Hi {text}", {"billing": "a bill"}, "Message: {text}")
    assert [message["role"] for message in chat] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert chat[2]["content"] == "a bill"
    assert chat[4]["content"] == "other"
    assert chat[-1]["content"] == "Message: Hi {text}"


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 1])
def test_wrong_labels_are_wrong_and_as_many_as_asked(share):
    noisy = curation.with_wrong_labels(POOL[:40], share, intents.LABELS, seed=2)
    assert sum(a.label != b.label for a, b in zip(POOL, noisy, strict=False)) == round(40 * share)
    assert [e.text for e in noisy] == [e.text for e in POOL[:40]]


def test_calibration_undoes_a_label_bias():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, size=200)
    evidence = np.eye(3)[truth] * 2 + rng.normal(scale=0.3, size=(200, 3))
    bias = np.array([5.0, 0.0, -3.0])
    assert (np.argmax(evidence + bias, axis=1) == truth).mean() < 0.5
    neutral = rng.normal(scale=0.1, size=(8, 3)) + bias
    assert (few_shot.calibrate(evidence + bias, neutral).argmax(axis=1) == truth).mean() > 0.95
    with pytest.raises(ValueError, match="need"):
        few_shot.calibrate(evidence, neutral[:, :2])


def test_random_words_come_from_the_texts():
    known = {word for message in POOL[:20] for word in message.text.split()}
    made = few_shot.random_words([message.text for message in POOL[:20]], 5)
    assert len(made) == 5
    assert all(set(text.split()) <= known for text in made)


SORT = few_shot.FewShotPrompt({label: f"a {label}" for label in intents.LABELS}, "Sort.", "Message: {text}", "It is ")


def test_a_prompt_shows_its_examples_as_turns_and_begins_the_answer():
    chat = SORT.messages([Message("1", "a", "billing")], "b {text}")
    assert [m["content"] for m in chat] == ["Sort.", "Message: a", "It is a billing", "Message: b {text}", "It is "]
    assert chat[-1]["role"] == "assistant"


def test_examples_may_be_shared_or_each_messages_own(small):
    one, two, texts = POOL[:2], POOL[2:4], ["first", "second"]
    own = SORT.score(small, [one, two], texts, progress=False).log_probs
    np.testing.assert_allclose(own[:1], SORT.score(small, one, texts[:1], progress=False).log_probs, atol=1e-4)
    np.testing.assert_allclose(own[1:], SORT.score(small, two, texts[1:], progress=False).log_probs, atol=1e-4)
    with pytest.raises(ValueError, match="shorter|longer|argument"):
        SORT.score(small, [one, two], ["only one"], progress=False)


def test_calibrated_scores_are_those_of_the_texts_alone(small):
    texts, neutral = ["first", "second", "third"], ["x", "y"]
    scores = SORT.score(small, POOL[:3], [*texts, *neutral], progress=False)
    found = SORT.score_calibrated(small, POOL[:3], texts, neutral, progress=False)
    np.testing.assert_allclose(
        found.log_probs, few_shot.calibrate(scores.log_probs[:3], scores.log_probs[3:]), atol=1e-4
    )
    assert len(found.prompt_tokens) == 3
    assert found.labels == intents.LABELS


@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=5, unique=True), min_size=1, max_size=8))
def test_common_examples_come_first_and_none_is_lost(rows):
    counts = collections.Counter(i for row in rows for i in row)
    for before, after in zip(rows, few_shot.common_first(rows), strict=True):
        assert sorted(before) == sorted(after)
        assert [counts[i] for i in after] == sorted((counts[i] for i in after), reverse=True)


def test_selections_give_every_query_its_k_examples():
    pool, vectors = POOL[:40], unit_vectors(40)
    for name, choose in few_shot.selections(pool, vectors, unit_vectors(3, seed=5)).items():
        rows = choose(4, 1)
        assert [len(row) for row in rows] == [4, 4, 4], name
        assert all(message in pool for row in rows for message in row)
        assert (rows[0] == rows[1]) == (name != "nearest")


def test_nearest_examples_of_the_lesson_hold_no_message_that_is_asked():
    frozen = {" ".join(m.text.lower().split()) for split in ("dev", "test", "shifted") for m in intents.read(split)}
    assert not frozen & {" ".join(message.text.lower().split()) for message in POOL}


@pytest.mark.parametrize(
    ("model", "select", "grouped"),
    [
        *(("small", select, grouped) for select in SELECTIONS for grouped in (False, True)),
        pytest.param("real", "nearest", False, marks=pytest.mark.weights),
    ],
)
def test_scores_under_every_selection_equal_one_pass_per_label(request, model, select, grouped):
    queries = intents.read("dev")[: 3 if model == "real" else 6]
    model = request.getfixturevalue(model)
    pool, vectors = POOL[:40], unit_vectors(40)
    rows = few_shot.selections(pool, vectors, unit_vectors(len(queries), seed=9))[select](3, 0)
    if grouped:
        places = {message.id: place for place, message in enumerate(pool)}
        ordered = few_shot.common_first([[places[message.id] for message in row] for row in rows])
        rows = [[pool[i] for i in row] for row in ordered]
    prompts = [SORT.messages(row, query.text) for row, query in zip(rows, queries, strict=True)]
    labels = list(SORT.names.values())
    label_ids = [[*model.encode(label), model.tokenizer.eos_token_id] for label in labels]
    slow = one_by_one.score(model.model, model._encode_prompts(prompts, room=9), label_ids)
    for share_start in (True, False):
        fast = model.score(prompts, labels, share_start=share_start, progress=False).log_probs
        np.testing.assert_allclose(fast, slow, atol=1e-3)
    if not grouped:  # the order is nothing to examples that are read once
        texts = [query.text for query in queries[:2]]
        once = SORT.score(model, rows[:2], texts, read_once=True, progress=False).log_probs
        pieces = SORT.in_pieces(model, rows[:2], texts)
        np.testing.assert_allclose(once, one_by_one.score_reusing(model.model, pieces, label_ids), atol=1e-3)
