"""Another architecture, as the default has it: converted as its file says, and every fast path equal to the slow one.

All on a tiny random model of two layers, converted from a file written as the real ones are. No fetched weights.
"""

import json

import numpy as np
import one_by_one
import pytest
import tiny
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

from helpers.methods import structured, tuning
from helpers.methods.tuning import loop, rows, saved
from helpers.model import gguf, reuse
from helpers.model.language_model import LanguageModel
from helpers.tasks import change_requests

CONTEXT = {"qwen2.context_length": 8192}
MATRIX = "model.embed_tokens.weight"
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40)
some = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def convert(folder, **options):
    source = tiny.write_qwen2(folder / "tiny.gguf", **options)
    ready = folder / "ready"
    ready.mkdir()
    gguf.convert_gguf(source, ready)
    return source, ready


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    """A folder with the tiny model, converted."""
    return convert(tmp_path_factory.mktemp("qwen2"), **CONTEXT)[1]


@pytest.fixture(scope="module")
def lm(ready):
    """The tiny model in float32, as the course loads one."""
    tokenizer = AutoTokenizer.from_pretrained(ready, padding_side="left", local_files_only=True)
    model = AutoModelForCausalLM.from_pretrained(ready, dtype=torch.float32, local_files_only=True)
    return LanguageModel(model.eval(), tokenizer, "tiny qwen2")


@pytest.mark.parametrize("own_head", [False, True], ids=["one matrix twice", "two matrices"])
def test_weights_and_logits_equal_those_of_transformers_own_route(own_head, tmp_path):
    """What transformers reads from the same file; where the makers tie, its finer copy stands in both places."""
    source, folder = convert(tmp_path, own_head=own_head)
    ours = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    theirs = AutoModelForCausalLM.from_pretrained(
        tmp_path, gguf_file=source.name, dtype=torch.float32, quantization_config=GgufConfig(dequantize=True)
    )
    expected = {name: weight.bfloat16().float() for name, weight in theirs.state_dict().items()}
    assert ours.config.tie_word_embeddings is not own_head
    if not own_head:
        expected[MATRIX] = expected["lm_head.weight"]
    assert ours.state_dict().keys() == expected.keys()
    different = [name for name, weight in ours.state_dict().items() if not torch.equal(weight, expected[name])]
    assert not different
    theirs.load_state_dict(expected)
    ids = torch.arange(3, 203).reshape(2, 100)
    with torch.inference_mode():
        found, wanted = ours(ids).logits, theirs(ids).logits
    assert found.std() > 0.1
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-3)


def test_no_row_is_moved_and_every_number_is_what_was_rounded(lm):
    """Held against the numbers before rounding, so that two readers of the file cannot be wrong alike."""
    found = lm.model.state_dict()
    made = tiny.qwen2_weights()
    assert found.keys() == made.keys() | {"lm_head.weight"}
    for name, weight in made.items():
        error = np.abs(found[name].numpy() - weight).max() / np.abs(weight).max()
        assert error < (0.006 if weight.ndim == 1 or name == MATRIX else 0.07), name


def test_a_tied_model_holds_its_matrix_of_words_once(lm, ready):
    assert lm.model.get_output_embeddings().weight is lm.model.get_input_embeddings().weight
    saved = json.loads((ready / "config.json").read_text())
    assert saved["tie_word_embeddings"] is True
    count = sum(parameter.numel() for parameter in lm.model.parameters())
    assert count == sum(weight.size for weight in tiny.qwen2_weights().values())


def test_special_tokens_are_the_ones_the_file_names(lm):
    tokenizer = lm.tokenizer
    assert (tokenizer.eos_token, tokenizer.eos_token_id) == ("<|im_end|>", 2)
    assert (tokenizer.pad_token, tokenizer.pad_token_id) == ("<|endoftext|>", 0)
    assert (tokenizer.bos_token_id, tokenizer.unk_token) == (0, None)
    assert tokenizer.padding_side == "left"
    generation = lm.model.generation_config
    assert (generation.bos_token_id, generation.eos_token_id, generation.pad_token_id) == (0, 2, 0)
    assert tokenizer.encode("<|im_start|>a<|im_end|>") == [1, tokenizer.convert_tokens_to_ids("a"), 2]
    assert tokenizer.decode([1, 2, 0], skip_special_tokens=True) == ""


def test_a_word_that_was_added_is_one_token_and_is_shown_and_a_filler_is_no_word(lm):
    at = len(tiny.vocabulary())
    assert lm.encode("a<tool_call>b")[1] == at
    assert lm.tokenizer.decode([at], skip_special_tokens=True) == "<tool_call>"
    assert len(lm.tokenizer) == at + len(tiny.QWEN2_WORDS)
    assert lm.model.config.vocab_size == len(tiny.qwen2_vocabulary())
    assert len(lm.encode("[PAD265]")) > 1


def test_a_chat_is_rendered_as_the_template_says(lm):
    assert lm.render("the cat") == "<|im_start|>user\nthe cat<|im_end|>\n<|im_start|>assistant\n"
    begun = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "This is"}]
    assert lm.render(begun).endswith("<|im_start|>assistant\nThis is")


@settings(max_examples=100, deadline=None)
@given(st.text())
@example("  two\n\n\tlines ")
@example("né 東京 🙂 12 don't")
def test_any_text_comes_back_from_its_tokens_in_its_composed_form(lm, text):
    """This tokenizer composes accents (NFC) first, as its makers' does."""
    import unicodedata

    assert lm.tokenizer.decode(lm.encode(text)) == unicodedata.normalize("NFC", text)


def test_another_pre_tokenizer_is_refused(tmp_path):
    with pytest.raises(ValueError, match="pre-tokenizer 'smollm' is not known here, only 'qwen2'"):
        convert(tmp_path, **{"tokenizer.ggml.pre": "smollm"})


UNREAD = {"general.name", "qwen2.vocab_size", "qwen2.rope.dimension_count", "tokenizer.ggml.model"}


@pytest.mark.parametrize("name", sorted(tiny.qwen2_fields().keys() - UNREAD))
def test_a_file_that_lacks_a_field_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match=rf"tiny\.gguf lacks the field '{name}'"):
        convert(tmp_path, without=name)


@some
@given(
    prompts=st.lists(texts, min_size=1, max_size=5),
    labels=st.lists(texts.filter(bool), min_size=1, max_size=4, unique=True),
    row_tokens=st.sampled_from([1, 64, 512]),
)
def test_packed_scoring_equals_one_pass_per_label(lm, prompts, labels, row_tokens):
    packed = lm.score(prompts, labels, row_tokens=row_tokens, progress=False)
    end = [lm.tokenizer.eos_token_id]
    slow = one_by_one.score(
        lm.model, [lm.encode(lm.render(prompt)) for prompt in prompts], [lm.encode(label) + end for label in labels]
    )
    np.testing.assert_allclose(packed.log_probs, slow, atol=1e-3)


tokens = st.lists(st.integers(5, 90), min_size=1, max_size=12)


@some
@given(tokens, st.lists(tokens, min_size=1, max_size=4), st.data())
def test_examples_read_once_equal_one_masked_pass_per_label(lm, start, examples, data):
    choice = st.lists(st.integers(0, len(examples) - 1), max_size=3)
    asked = data.draw(st.lists(st.tuples(choice, tokens), min_size=1, max_size=3))
    prompts = reuse.Prompts(start, examples, [chosen for chosen, _ in asked], [tail for _, tail in asked])
    labels = [[7], [8, 9]]
    found = reuse.score(lm.model, prompts, ["a", "b"], labels, 64)
    np.testing.assert_allclose(found.log_probs, one_by_one.score_reusing(lm.model, prompts, labels), atol=1e-3)


PROMPTS = ["Hi", "Name three colors.", "the the " * 30, "1 + 1 ="]


def greedy(lm, prompt, count):
    """The slow, obvious way: the whole text through the model again for every token."""
    ids, written = lm.encode(lm.render(prompt)), []
    while len(written) < count and (not written or written[-1] != lm.tokenizer.eos_token_id):
        with torch.inference_mode():
            written.append(int(lm.model(torch.tensor([ids + written])).logits[0, -1].argmax()))
    return written


def test_batched_answers_equal_those_written_token_by_token(lm):
    made = lm.generate(PROMPTS, max_new_tokens=10, progress=False)
    assert made.token_ids == [greedy(lm, prompt, 10) for prompt in PROMPTS]
    assert lm.generate(PROMPTS, max_new_tokens=10, batch_size=2, progress=False).token_ids == made.token_ids


def test_constrained_answers_are_valid(lm):
    schema = change_requests.schema()
    answers = structured.constrained(lm, PROMPTS[:2], schema, max_new_tokens=24, progress=False)
    assert all(answer.valid for answer in answers)
    assert len({answer.text for answer in answers}) == 2


PAIRS = [
    tuning.Pair(f"{text} {i}", ("billing", "other")[i % 2]) for i, text in enumerate(["Two charges?", "Hello", "the"])
]


def test_a_training_step_has_the_gradient_of_pairs_read_one_at_a_time(lm):
    recipe = tuning.Recipe(rank=4, learning_rate=0.02, batch_size=len(PAIRS), epochs=1, row_tokens=80)
    prepared = tuning.prepare(lm, PAIRS, recipe)
    adapted = saved.attach(lm, recipe, "x")
    with torch.no_grad():  # B starts at zero, which would hide the gradient of A
        for name, value in adapted.model.named_parameters():
            if "lora_B" in name:
                value.copy_(torch.sin(torch.arange(value.numel()).float()).view_as(value) * 0.05)
    run = loop._Run(adapted, recipe, prepared, None, None, rows.Kept())
    run._gradients(range(len(PAIRS)))
    packed = torch.cat([parameter.grad.flatten() for parameter in run.parameters])
    adapted.model.zero_grad()
    one_by_one.gradients(adapted, prepared)
    slow = torch.cat([parameter.grad.flatten() for parameter in run.parameters])
    largest = slow.abs().max().item()
    assert largest > 1e-3
    torch.testing.assert_close(packed, slow, rtol=0, atol=1e-3 * largest)


def test_training_learns_and_the_adapter_is_its_own(lm):
    recipe = tuning.Recipe(rank=4, learning_rate=0.02, batch_size=3, epochs=3, row_tokens=160)
    before = lm.score(["Hello 1"], ["billing", "other"], progress=False).log_probs
    tuned = tuning.train(lm, PAIRS, recipe, progress=False)
    assert tuned.history.losses[-1] < tuned.history.losses[0]
    assert np.array_equal(lm.score(["Hello 1"], ["billing", "other"], progress=False).log_probs, before)


def test_the_head_reads_each_position_in_one_piece(lm):
    """The last position of padded prompts is a strided slice, which the head must be handed whole."""
    seen = []
    hook = lm.model.get_output_embeddings().register_forward_hook(lambda _, inputs, __: seen.append(inputs[0]))
    try:
        lm.generate(["Hi", "the the the"], max_new_tokens=2, progress=False)
    finally:
        hook.remove()
    assert seen and all(hidden.is_contiguous() for hidden in seen)
