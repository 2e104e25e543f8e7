"""What a learner sees of the model: answers, tokens, the rendered text."""

import pytest
import torch

from helpers.model.language_model import LanguageModel, as_messages

PROMPTS = ["Hi", "Name three colors.", "What is the capital of France? " * 8, "1 + 1 =", "Say nothing"]


def test_batched_answers_equal_single_ones(small):
    together = small.generate(PROMPTS, max_new_tokens=12, progress=False)
    for prompt, text in zip(PROMPTS, together.texts, strict=True):
        assert small.generate([prompt], max_new_tokens=12, progress=False).texts == [text]
    assert small.generate(PROMPTS, max_new_tokens=12, batch_size=2, progress=False).texts == together.texts


@pytest.mark.weights
def test_the_real_model_answers_and_stops(real):
    answers = real.generate(["What is the capital of France?", "Say hello."], max_new_tokens=40, progress=False)
    assert "Paris" in answers.texts[0]
    assert all(answers.finished)
    assert "<|im_end|>" not in "".join(answers.texts)
    assert answers.new_tokens[0] < 40


@pytest.mark.weights
def test_greedy_is_the_likeliest_next_token_step_by_step(real):
    question = {"role": "user", "content": "Why is the sky blue?"}
    text = ""
    for _ in range(6):
        so_far = [question, {"role": "assistant", "content": text}] if text else [question]
        text += real.next_token_probabilities(so_far, top=1)[0][0]
    assert real.chat([question], max_new_tokens=6) == text.strip()


def test_sampling_is_repeatable_and_leaves_the_global_random_state_alone(small):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    options = {"temperature": 1.0, "max_new_tokens": 8, "progress": False}
    first = small.generate(["Hi"], seed=1, **options).texts
    assert torch.rand(1) == expected
    assert small.generate(["Hi"], seed=1, **options).texts == first
    assert len({small.generate(["Hi"], seed=seed, **options).texts[0] for seed in range(6)}) > 1


def test_cut_answers_are_marked_unfinished(small):
    answers = small.generate(["Hi"], max_new_tokens=3, progress=False)
    assert answers.new_tokens == [3]
    assert answers.finished == [False]


def test_inspect_shows_what_the_model_receives(real):
    seen = real.inspect("Hi", system="Be brief.")
    assert (
        seen.text == "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    )
    assert "".join(seen.tokens) == seen.text
    assert real.count_tokens(as_messages("Hi", "Be brief.")) == len(seen.token_ids)
    assert "SmolLM" in real.render("Hi")


def test_a_started_answer_is_continued(real):
    text = real.render([{"role": "user", "content": "Capital?"}, {"role": "assistant", "content": "It is"}])
    assert text.endswith("assistant\nIt is")


def test_end_and_padding_tokens(real):
    assert (real.tokenizer.eos_token, real.tokenizer.pad_token) == ("<|im_end|>", "<|im_end|>")
    assert real.tokenizer.eos_token_id == real.tokenizer.pad_token_id == real.model.generation_config.eos_token_id == 2


@pytest.mark.parametrize(
    ("prompt", "says"),
    [
        ([], "no message"),
        ([{"role": "robot", "content": "x"}], "robot"),
        ([{"role": "user"}], "message 0"),
        ([{"role": "user", "content": 3}], "message 0"),
    ],
)
def test_malformed_messages_are_refused_by_number(prompt, says):
    with pytest.raises(ValueError, match=says):
        as_messages(prompt)


@pytest.mark.parametrize("options", [{"temperature": -1}, {"top_p": 0}, {"max_new_tokens": 0}, {"batch_size": 0}])
def test_settings_out_of_range_are_refused(small, options):
    with pytest.raises(ValueError, match="temperature >= 0"):
        small.generate(["Hi"], **options)


@pytest.mark.weights
def test_the_model_in_use_is_shared_and_let_go():
    lm = LanguageModel.load()
    assert LanguageModel.shared() is lm
    other = LanguageModel.load(dtype=torch.float32)
    assert LanguageModel.shared() is lm
    assert other is not lm


def places(lm):
    return {weight.data_ptr() for weight in lm.model.parameters()}


@pytest.mark.weights
def test_a_model_that_is_loaded_again_shares_its_weights_and_nothing_else():
    lm = first = LanguageModel.load()
    lm.model.model.layers[0].mlp = torch.nn.Identity()  # as one who tries things out
    lm.tokenizer.padding_side = "right"
    lm = LanguageModel.load()
    assert lm is not first and places(lm) > places(first)
    assert type(lm.model.model.layers[0].mlp) is not torch.nn.Identity and lm.tokenizer.padding_side == "left"
    assert lm.chat("Say hello.", max_new_tokens=8)


@pytest.mark.weights
@pytest.mark.parametrize("change", [lambda weight: weight.mul_(2), lambda weight: weight.data.mul_(2)])
def test_a_model_whose_weights_have_changed_is_read_anew(change):
    lm = LanguageModel.load()
    with torch.no_grad():
        change(lm.model.model.norm.weight)
    again = LanguageModel.load()
    assert not places(again) & places(lm)
    assert not torch.equal(again.model.model.norm.weight, lm.model.model.norm.weight)
    assert LanguageModel.load(dtype=torch.float64).model.dtype == torch.float64  # another number format as well
