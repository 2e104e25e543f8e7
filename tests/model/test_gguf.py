"""The converted model is the one in the GGUF file: its weights, its arithmetic, its tokens; other files are refused."""

import pytest
import tiny
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

from helpers.machine import runtime
from helpers.model import catalogue, gguf, gguf_export
from helpers.model.language_model import LanguageModel

IGNORED_FIELDS = {  # what only transformers' own route reads
    "general.name",
    "llama.vocab_size",
    "llama.rope.dimension_count",
    "tokenizer.ggml.model",
}


@pytest.fixture(scope="module", params=[True, False], ids=["tied", "untied"])
def routes(request, tmp_path_factory):
    """The tiny file, with and without its own output matrix: (tied, converted by us, read by transformers' route)."""
    folder = tmp_path_factory.mktemp("routes")
    source = tiny.write_gguf(folder / "tiny.gguf", tied=request.param)
    ready = folder / "ready"
    ready.mkdir()
    gguf.convert_gguf(source, ready)
    ours = AutoModelForCausalLM.from_pretrained(ready, dtype=torch.float32)
    theirs = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=source.name, dtype=torch.float32, quantization_config=GgufConfig(dequantize=True)
    )
    theirs.load_state_dict({name: weight.bfloat16().float() for name, weight in theirs.state_dict().items()})
    return request.param, ours, theirs


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    """A folder with the tiny model, converted."""
    folder = tmp_path_factory.mktemp("ready")
    gguf.convert_gguf(tiny.write_gguf(folder / "tiny.gguf"), folder)
    return folder


@pytest.fixture(scope="module")
def tokenizer(ready):
    return AutoTokenizer.from_pretrained(ready)


def test_weights_equal_those_of_transformers_own_route(routes):
    _, ours, theirs = routes
    expected = theirs.state_dict()
    assert ours.state_dict().keys() == expected.keys()
    different = [name for name, weight in ours.state_dict().items() if not torch.equal(weight, expected[name])]
    assert not different


def test_weights_equal_the_ones_that_were_quantised(routes):
    """Held against the numbers before any query or key row was moved, so that two routes cannot be wrong alike."""
    tied, ours, _ = routes
    found = ours.state_dict()
    expected = tiny.expected_weights(tied)
    assert found.keys() == expected.keys() | {"lm_head.weight"}
    for name, weight in expected.items():
        assert torch.equal(found[name], torch.from_numpy(weight).bfloat16().float()), name
    assert torch.equal(found["lm_head.weight"], found["model.embed_tokens.weight"]) == tied


def test_logits_equal_those_of_transformers_own_route(routes):
    """Equal weights are not enough: heads, rotary base and the norm's epsilon come from the config."""
    _, ours, theirs = routes
    ids = torch.arange(3, 3 + 200).reshape(2, 100)
    with torch.inference_mode():
        found, expected = ours(ids).logits, theirs(ids).logits
    assert torch.isfinite(found).all()
    assert found.std() > 0.1
    torch.testing.assert_close(found, expected, rtol=0, atol=0)


def test_a_converted_model_can_be_saved_and_loaded_again(ready, tmp_path):
    """transformers' own route marks the model as quantized, and then it cannot be saved."""
    model = AutoModelForCausalLM.from_pretrained(ready)
    assert model.dtype == torch.bfloat16
    assert not hasattr(model.config, "quantization_config")
    model.save_pretrained(tmp_path)
    again = AutoModelForCausalLM.from_pretrained(tmp_path)
    ids = torch.tensor([[1, 10, 20, 30]])
    with torch.inference_mode():
        assert torch.equal(again(ids).logits, model(ids).logits)


def test_special_tokens_are_the_ones_the_file_names(tokenizer, ready):
    """Generation stops, and rows are padded, at <|im_end|>; the model's config agrees with the tokenizer."""
    assert (tokenizer.eos_token, tokenizer.eos_token_id) == ("<|im_end|>", 2)
    assert (tokenizer.pad_token, tokenizer.pad_token_id) == ("<|im_end|>", 2)
    assert (tokenizer.bos_token_id, tokenizer.unk_token_id) == (1, 0)
    assert tokenizer.padding_side == "left"
    generation = AutoModelForCausalLM.from_pretrained(ready).generation_config
    assert (generation.bos_token_id, generation.eos_token_id, generation.pad_token_id) == (1, 2, 2)


def test_special_tokens_in_a_text_are_one_token_each(tokenizer):
    assert tokenizer.encode("<|im_start|>a<|im_end|><|endoftext|>") == [1, tokenizer.convert_tokens_to_ids("a"), 2, 0]
    assert tokenizer.decode([1, 2, 0], skip_special_tokens=True) == ""


def test_a_chat_is_rendered_as_the_template_says(tokenizer):
    chat = [{"role": "user", "content": "the cat"}]
    rendered = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    assert rendered == "<|im_start|>user\nthe cat<|im_end|>\n<|im_start|>assistant\n"


@settings(max_examples=200, deadline=None)
@given(st.text())
@example("a , b . do n't")  # what a clean-up of spaces would spoil
@example("  two\n\n\tlines ")
@example("né 東京 🙂 e\u0301")
def test_any_text_comes_back_from_its_tokens(tokenizer, text):
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert all(0 <= number < len(tiny.vocabulary()) for number in ids)


@settings(max_examples=50, deadline=None)
@given(st.integers(min_value=0).map(str))
@example("1212")  # the tiny vocabulary has a token for 12, which must not be used
def test_every_digit_is_a_token_of_its_own(tokenizer, digits):
    assert tokenizer.convert_ids_to_tokens(tokenizer.encode(digits)) == list(digits)


def test_merges_are_used(tokenizer):
    assert tokenizer.convert_ids_to_tokens(tokenizer.encode(" the")) == ["Ġthe"]


@pytest.mark.parametrize("name", ["blk.0.attn_q.bias", "blk.0.ffn_gate_exps.weight", "rope_freqs.weight"])
def test_a_tensor_that_is_not_known_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match=f"tensor '{name}' is not part of a llama model"):
        gguf.convert_gguf(tiny.write_gguf(tmp_path / "tiny.gguf", extra_tensor=name), tmp_path)


def test_another_architecture_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"tiny\.gguf holds a 'gemma' model, not a llama or qwen2 one"):
        gguf.convert_gguf(tiny.write_gguf(tmp_path / "tiny.gguf", architecture="gemma"), tmp_path)


def test_another_pre_tokenizer_is_refused(tmp_path):
    source = tiny.write_gguf(tmp_path / "tiny.gguf", **{"tokenizer.ggml.pre": "llama-bpe"})
    with pytest.raises(ValueError, match="pre-tokenizer 'llama-bpe' is not known here, only 'smollm'"):
        gguf.convert_gguf(source, tmp_path)


@pytest.mark.parametrize("name", sorted(tiny.fields().keys() - IGNORED_FIELDS))
def test_a_file_that_lacks_a_field_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match=rf"tiny\.gguf lacks the field '{name}'"):
        gguf.convert_gguf(tiny.write_gguf(tmp_path / "tiny.gguf", without=name), tmp_path)


@pytest.fixture(scope="module")
def real():
    """The course's own model and its tokenizer, from the cache."""
    where, options = catalogue.location(catalogue.DEFAULT)
    model = AutoModelForCausalLM.from_pretrained(where, dtype=torch.float32, **options).eval()
    return model, AutoTokenizer.from_pretrained(where, **options)


@pytest.mark.weights
def test_the_real_tokenizer_ends_and_pads_with_im_end(real):
    _, tokenizer = real
    assert (tokenizer.eos_token, tokenizer.eos_token_id) == ("<|im_end|>", 2)
    assert (tokenizer.pad_token, tokenizer.pad_token_id) == ("<|im_end|>", 2)
    assert len(tokenizer) == 49_152
    assert tokenizer.tokenize("in 2024") == ["in", "Ġ", "2", "0", "2", "4"]


@pytest.mark.weights
def test_the_real_chat_template_renders_a_user_turn(real):
    _, tokenizer = real
    chat = [{"role": "user", "content": "Where is my card?"}]
    rendered = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    assert "<|im_start|>user\nWhere is my card?<|im_end|>\n" in rendered
    assert rendered.endswith("<|im_start|>assistant\n")


@pytest.mark.weights
def test_the_real_model_knows_the_capital_of_france(real):
    """Weights in a wrong order give fluent nonsense or noise, and no Paris."""
    model, tokenizer = real
    asked = tokenizer("The capital of France is", return_tensors="pt")
    with torch.inference_mode():
        answered = model.generate(**asked, max_new_tokens=4, do_sample=False)
    assert "Paris" in tokenizer.decode(answered[0, asked["input_ids"].shape[1] :])


def test_a_model_written_as_gguf_is_read_alike_by_us_and_by_transformers(ready, tokenizer, tmp_path):
    lm = LanguageModel(AutoModelForCausalLM.from_pretrained(ready, dtype=torch.float32).eval(), tokenizer, "tiny")
    path = gguf_export.write(lm, tmp_path / "out" / "tiny.gguf")
    ids = torch.tensor([[1, 10, 20, 30]])
    with torch.inference_mode():
        theirs = gguf_export.read_elsewhere(path, tokenizer).model(ids).logits
        assert torch.allclose(theirs, lm.model(ids).logits, atol=0.02)
    again = tmp_path / "again"
    again.mkdir()
    gguf.convert_gguf(path, again)
    assert AutoTokenizer.from_pretrained(again)("the 12 in").input_ids == tokenizer("the 12 in").input_ids


def test_only_merged_llama_models_are_written(ready, tokenizer, tmp_path, capsys):
    model = AutoModelForCausalLM.from_pretrained(ready)
    model.config.model_type = "qwen2"
    lm = LanguageModel(model, tokenizer, "tiny")
    with pytest.raises(ValueError, match="qwen2"):
        gguf_export.write(lm, tmp_path / "x.gguf")
    assert not gguf_export.written(lm, tmp_path / "x.gguf")
    assert "not exported: tiny is a 'qwen2' model" in capsys.readouterr().out


def test_a_file_is_not_read_again_where_that_would_take_more_memory_than_is_left(
    ready, tokenizer, tmp_path, monkeypatch, capsys
):
    lm = LanguageModel(AutoModelForCausalLM.from_pretrained(ready).eval(), tokenizer, "tiny")
    assert gguf_export.written(lm, tmp_path / "out" / "x.gguf")
    assert gguf_export.read_again(tmp_path / "out" / "x.gguf", lm, lambda model: 1) == 1
    limit = runtime.Choice(1, "the container's limit")
    monkeypatch.setattr(runtime, "memory", lambda: limit)
    assert gguf_export.read_again(tmp_path / "out" / "x.gguf", lm, lambda model: 1) is None
    assert "written, not read again" in capsys.readouterr().out
