"""Selecting, ordering, budgeting and calibrating examples."""

import collections

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import few_shot, scoring
from helpers.data import INTENT_LABELS, Message, load_intents

POOL = load_intents("train")


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
    found = [counts[label] for label in INTENT_LABELS]
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
    noisy = few_shot.with_wrong_labels(POOL[:40], share, INTENT_LABELS, seed=2)
    assert sum(a.label != b.label for a, b in zip(POOL, noisy, strict=False)) == round(40 * share)
    assert [e.text for e in noisy] == [e.text for e in POOL[:40]]


@given(tokens=st.integers(0, 900))
@settings(max_examples=15, deadline=None)
def test_budget_takes_the_longest_start_that_fits(small, tokens):
    render = lambda shown: few_shot.messages("Sort.", shown, "")  # noqa: E731
    kept = few_shot.fit_budget(POOL[:12], small.count_tokens, tokens, render)
    assert kept == POOL[: len(kept)]
    assert not kept or small.count_tokens(render(kept)) <= tokens
    assert len(kept) == 12 or small.count_tokens(render(POOL[: len(kept) + 1])) > tokens


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


@pytest.mark.weights
@pytest.mark.parametrize("select", ["balanced", "diverse", "nearest"])
def test_scores_under_every_selection_equal_one_pass_per_label(real, select):
    queries = load_intents("dev")[:4]
    pool, asked = unit_vectors(len(POOL)), unit_vectors(4, seed=9)
    rows = {
        "balanced": [few_shot.balanced_examples(POOL, 3)] * 4,
        "diverse": [few_shot.diverse_examples(pool[:60], 3)] * 4,
        "nearest": few_shot.nearest_examples(pool, asked, 3),
    }[select]
    prompts = [
        few_shot.messages("Sort.", [POOL[i] for i in row], query.text) for row, query in zip(rows, queries, strict=True)
    ]
    fast = real.score(prompts, INTENT_LABELS, progress=False).log_probs
    label_ids = [[*real._encode(label), real.tokenizer.eos_token_id] for label in INTENT_LABELS]
    slow = scoring.score_one_by_one(real.model, real._encode_prompts(prompts, room=9), label_ids)
    np.testing.assert_allclose(fast, slow, atol=1e-3)
