"""Examples that are read once: the same numbers as the obvious way, whatever is shown to whom."""

import copy

import numpy as np
import one_by_one
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.methods import few_shot
from helpers.model import reuse
from helpers.tasks import intents
from helpers.tasks.files import Message

SORT = few_shot.FewShotPrompt({label: f"a {label}" for label in intents.LABELS}, "Sort.", "Message: {text}", "It is ")
POOL = intents.read("train")[:12]
LABELS = [[7], [8, 9], [7, 9, 11]]
tokens = st.lists(st.integers(5, 90), min_size=1, max_size=20)


@settings(max_examples=25, deadline=None)
@given(tokens, st.lists(tokens, min_size=1, max_size=5), st.data())
def test_kept_examples_give_the_numbers_of_one_masked_pass_per_label(small, start, examples, data):
    choice = st.lists(st.integers(0, len(examples) - 1), max_size=4)
    asked = data.draw(st.lists(st.tuples(choice, tokens), min_size=1, max_size=4))
    prompts = reuse.Prompts(start, examples, [chosen for chosen, _ in asked], [tail for _, tail in asked])
    slow = one_by_one.score_reusing(small.model, prompts, LABELS)
    for row_tokens, store_tokens in ((8, 8192), (512, 8192), (512, 20)):
        found = reuse.score(small.model, prompts, ["a", "b", "c"], LABELS, row_tokens, store_tokens=store_tokens)
        np.testing.assert_allclose(found.log_probs, slow, atol=1e-4)
    assert found.prompt_tokens.tolist() == prompts.lengths
    assert found.shared_tokens == len(start)


def fed(model, work) -> list[tuple[list[int], list[int]]]:
    """Return (ids, positions) of every pass that `work` makes the model do."""
    passes = []

    def note(_, args, named):
        passes.append((named["input_ids"][0].tolist(), named["position_ids"][0].tolist()))

    hook = model.get_decoder().register_forward_pre_hook(note, with_kwargs=True)
    try:
        work()
    finally:
        hook.remove()
    return passes


def test_an_example_is_fed_once_however_many_prompts_show_it(small):
    start, examples = [5, 6], [[10, 11, 12], [20, 21]]
    prompts = reuse.Prompts(start, examples, [[0, 1]] * 20, [[30, 31]] * 20)
    passes = fed(small.model, lambda: reuse.score(small.model, prompts, ["a"], [[7]]))
    ids = [token for one, _ in passes for token in one]
    assert [ids.count(token) for token in (10, 11, 20, 30)] == [1, 1, 1, 20]  # 12, 21 and 31 also fill


def test_no_more_is_kept_at_once_than_said(small, monkeypatch):
    made, usual = [], reuse._Store
    monkeypatch.setattr(reuse, "_Store", lambda count: made.append(count) or usual(count))
    examples = [[10 + i] * 6 for i in range(8)]
    prompts = reuse.Prompts([5, 6], examples, [[i, (i + 1) % 8] for i in range(8)], [[30]] * 8)
    parted = reuse.score(small.model, prompts, ["a"], [[7]], store_tokens=25).log_probs
    assert max(made) <= 2 + 25
    assert len(made) > 1
    made.clear()
    whole = reuse.score(small.model, prompts, ["a"], [[7]]).log_probs
    assert made == [2 + 48]
    np.testing.assert_allclose(parted, whole, atol=1e-4)


def test_examples_stand_after_the_start_and_a_tail_after_all_of_them(small):
    prompts = reuse.Prompts([5, 6], [[10, 11, 12], [20, 21]], [[1, 0]], [[30, 31]])
    passes = fed(small.model, lambda: reuse.score(small.model, prompts, ["a"], [[7, 8]]))
    at = {token: place for ids, places in passes for token, place in zip(ids[::-1], places[::-1], strict=True)}
    assert [at[token] for token in (5, 6, 10, 11, 12, 20, 21, 30, 31, 7)] == [0, 1, 2, 3, 4, 2, 3, 7, 8, 9]


def test_in_half_precision_the_two_ways_stay_close(small):
    model = copy.deepcopy(small.model).to(torch.bfloat16)
    prompts = reuse.Prompts([5, 6], [[10, 11, 12], [20, 21]], [[1, 0], [0]], [[30, 31], [9]])
    found = reuse.score(model, prompts, ["a", "b", "c"], LABELS).log_probs
    np.testing.assert_allclose(found, one_by_one.score_reusing(model, prompts, LABELS), atol=0.3)


def test_calibration_and_a_prompt_without_a_started_answer(small):
    plain = few_shot.FewShotPrompt(SORT.names, "Sort.")
    texts, neutral = ["first", "second"], ["x", "y"]
    scores = plain.score(small, POOL[:2], [*texts, *neutral], read_once=True, progress=False).log_probs
    found = plain.score_calibrated(small, POOL[:2], texts, neutral, read_once=True, progress=False)
    np.testing.assert_allclose(found.log_probs, few_shot.calibrate(scores[:2], scores[2:]), atol=1e-4)


def test_pieces_put_together_are_the_prompt(small):
    rows, texts = [POOL[:3], POOL[2:4], []], ["first", "second", "third {text}"]
    pieces = SORT.in_pieces(small, rows, texts)
    assert len(pieces.examples) == 4, "an example that two prompts show is there once"
    for shown, text, chosen, tail in zip(rows, texts, pieces.chosen, pieces.tails, strict=True):
        whole = [*pieces.start, *(token for i in chosen for token in pieces.examples[i]), *tail]
        assert whole == small.encode(small.render(SORT.messages(shown, text)))


def test_with_one_example_reading_it_once_is_the_ordinary_prompt(small):
    rows, texts = [[POOL[0]], [POOL[1]], [POOL[0]]], ["first", "second", "third"]
    once = SORT.score(small, rows, texts, read_once=True, progress=False)
    usual = SORT.score(small, rows, texts, progress=False)
    np.testing.assert_allclose(once.log_probs, usual.log_probs, atol=1e-4)
    assert once.labels == usual.labels == intents.LABELS


def test_examples_do_not_see_each_other_so_that_their_order_is_nothing(small):
    there, back = (
        SORT.score(small, shown, ["first"], read_once=True, progress=False).log_probs
        for shown in (POOL[:4], POOL[3::-1])
    )
    np.testing.assert_allclose(there, back, atol=1e-4)
    usual = [SORT.score(small, shown, ["first"], progress=False).log_probs for shown in (POOL[:4], POOL[3::-1])]
    assert np.abs(usual[0] - usual[1]).max() > 1e-3
    assert np.abs(usual[0] - there).max() > 1e-3


def test_the_models_own_attention_is_put_back(small):
    before = small.model.config._attn_implementation
    SORT.score(small, POOL[:2], ["first"], read_once=True, progress=False)
    assert small.model.config._attn_implementation == before
    broken = reuse.Prompts([5], [], [[3]], [[6]])  # shows an example that is not there
    with pytest.raises(IndexError):
        reuse.score(small.model, broken, ["a"], [[7]])
    assert small.model.config._attn_implementation == before


def test_a_text_too_long_for_the_model_is_cut_beside_its_examples(small, capsys):
    scores = SORT.score(small, POOL[:2], ["word " * 9000, "short"], read_once=True, progress=False)
    assert scores.cut == (0,)
    assert scores.prompt_tokens[0] + scores.label_tokens.max() == 2048
    assert "1 of 2 prompts cut in their middle" in capsys.readouterr().out


def test_no_text_gives_no_row(small):
    scores = SORT.score(small, POOL[:2], [], read_once=True, progress=False)
    assert scores.log_probs.shape == (0, len(intents.LABELS))


def test_what_cannot_be_read_once_is_refused_with_the_reason(small, monkeypatch):
    bare = few_shot.FewShotPrompt(SORT.names)
    with pytest.raises(ValueError, match="system message"):
        bare.score(small, POOL[:2], ["first"], read_once=True)
    long = Message("1", "word " * 9000, "billing")
    with pytest.raises(ValueError, match="Shorten it"):
        SORT.score(small, [long], ["first"], read_once=True)
    with pytest.raises(ValueError, match="at least one token"):
        reuse.Prompts([], [], [[]], [[6]])
    with pytest.raises(ValueError, match="at least one token"):
        reuse.Prompts([5], [[]], [[0]], [[6]])
    with pytest.raises(ValueError, match="2 choices of examples for 1 tails"):
        reuse.Prompts([5], [], [[], []], [[6]])
    usual = small.render
    monkeypatch.setattr(small, "render", lambda chat: usual(chat).upper())
    with pytest.raises(ValueError, match="template of"):
        SORT.score(small, POOL[:2], ["first"], read_once=True)
    monkeypatch.undo()
    monkeypatch.setattr(small, "count_tokens", lambda chat: 3)
    with pytest.raises(ValueError, match="join into other tokens"):
        SORT.score(small, POOL[:2], ["first"], read_once=True)
