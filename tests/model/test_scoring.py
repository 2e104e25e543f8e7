"""Packed scoring equals one pass per label."""

import numpy as np
import one_by_one
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from helpers.model import packing, scoring
from helpers.tasks import intents

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=60)
slow_is_fine = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def reference(lm, prompts, labels, end_of_turn=True):
    ends = [lm.tokenizer.eos_token_id] if end_of_turn else []
    encode = lambda text: lm.tokenizer(text, add_special_tokens=False)["input_ids"]  # noqa: E731
    return one_by_one.score(
        lm.model, [encode(lm.render(prompt)) for prompt in prompts], [encode(label) + ends for label in labels]
    )


@slow_is_fine
@given(
    prompts=st.lists(texts, min_size=1, max_size=6),
    labels=st.lists(texts.filter(bool), min_size=1, max_size=5, unique=True),
    system=st.one_of(st.none(), texts),
    row_tokens=st.sampled_from([1, 64, 512]),
    end_of_turn=st.booleans(),
)
def test_packed_equals_one_by_one_on_any_text(small, prompts, labels, system, row_tokens, end_of_turn):
    if not end_of_turn:
        assume(all(small.encode(label) for label in labels))
    start = [] if system is None else [{"role": "system", "content": system}]
    prompts = [[*start, {"role": "user", "content": prompt}] for prompt in prompts]
    packed = small.score(prompts, labels, end_of_turn=end_of_turn, row_tokens=row_tokens, progress=False)
    np.testing.assert_allclose(packed.log_probs, reference(small, prompts, labels, end_of_turn), atol=1e-3)


@pytest.mark.weights
def test_real_weights_on_many_prompts_with_labels_of_one_to_six_tokens(real):
    rng = np.random.default_rng(0)
    words = [word for message in intents.read("train")[:200] for word in message.text.split()]
    system = {"role": "system", "content": f"Labels: {', '.join(intents.LABELS)}."}
    prompts = [
        [system, {"role": "user", "content": " ".join(rng.choice(words, size=rng.integers(1, 60)))}] for _ in range(16)
    ]
    labels = ["other", "billing", "complaint", "a refund", "refund_request", "technical_support_77"]
    counts = [len(real.tokenizer(label, add_special_tokens=False)["input_ids"]) for label in labels]
    assert min(counts) == 1
    assert max(counts) == 6
    together = real.score(prompts, labels, end_of_turn=False, progress=False)
    np.testing.assert_allclose(together.log_probs, reference(real, prompts, labels, False), atol=1e-3)
    alone = [real.score([prompt], labels, end_of_turn=False, progress=False).log_probs[0] for prompt in prompts[:4]]
    np.testing.assert_allclose(together.log_probs[:4], alone, atol=1e-3)
    order = rng.permutation(len(prompts))
    shuffled = real.score([prompts[i] for i in order], labels, end_of_turn=False, progress=False)
    np.testing.assert_allclose(shuffled.log_probs, together.log_probs[order], atol=1e-3)
    assert together.shared_tokens > 20


def test_identical_prompts_and_a_prompt_that_starts_another(small):
    prompts = ["same", "same", "same but longer"]
    scores = small.score(prompts, ["yes", "no"], progress=False)
    np.testing.assert_allclose(scores.log_probs, reference(small, prompts, ["yes", "no"]), atol=1e-3)
    np.testing.assert_allclose(scores.log_probs[0], scores.log_probs[1], atol=1e-6)


def test_probabilities_and_predictions_follow_the_log_probabilities(small):
    scores = small.score(["a", "b", "c"], ["x", "y", "z z z"], progress=False)
    np.testing.assert_allclose(scores.probabilities.sum(axis=1), 1)
    assert scores.predictions == [scores.labels[i] for i in scores.log_probs.argmax(axis=1)]
    assert scores.label_tokens.tolist() == [2, 2, 4]


@pytest.mark.parametrize("labels", [[], ["a", "a"], ["a", ""], ["a", None]])
def test_bad_labels_are_refused(small, labels):
    with pytest.raises(ValueError, match="labels must be different, non-empty texts"):
        small.score(["hello"], labels)


def test_a_label_without_a_known_token_is_refused(small):
    with pytest.raises(ValueError, match="no token that this model knows"):
        small.score(["hello"], ["yes", "\x16"], end_of_turn=False)


def test_attention_in_one_part_gives_the_same(small, monkeypatch):
    prompts = ["same start, then rain", "same start, then a good deal more of it", "same start"]
    in_parts = small.score(prompts, ["yes", "no no"], progress=False)
    assert small.model.config._attn_implementation == "sdpa"
    monkeypatch.setattr(scoring, "_attend", None)
    whole = small.score(prompts, ["yes", "no no"], progress=False)
    np.testing.assert_allclose(whole.log_probs, in_parts.log_probs, atol=1e-4)


def test_a_prompt_too_long_for_the_model_is_cut_in_its_middle_and_named(small, capsys):
    long = "first " + "word " * 10_000 + "last"
    assert len(long) > 50_000
    scores = small.score(["short", long], ["yes", "no"], progress=False)
    assert scores.cut == (1,)
    assert "1 of 2 prompts cut in their middle to the model's 2048 tokens: 1\n" in capsys.readouterr().out
    ids = [small.encode(small.render(prompt)) for prompt in ("short", long)]
    kept = packing.cut_middle(ids[1], 2048 - 2)
    assert (len(kept), kept[:1000], kept[-1000:]) == (2046, ids[1][:1000], ids[1][-1000:])
    slow = one_by_one.score(small.model, [ids[0], kept], [[*small.encode(label), 2] for label in ("yes", "no")])
    np.testing.assert_allclose(scores.log_probs, slow, atol=1e-3)
    assert small.score(["short"], ["yes"]).cut == ()


def test_a_label_that_leaves_no_room_for_a_prompt_is_refused(small):
    with pytest.raises(ValueError, match="prompt 0 has .* tokens .* the model holds 2048"):
        small.score(["word " * 40], ["yes " * 2040])


def test_no_prompts_give_no_scores(small):
    assert small.score([], ["yes", "no"], progress=False).log_probs.shape == (0, 2)
