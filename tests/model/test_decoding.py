"""The lean decoder writes what transformers' `generate` writes; which models are left to that; what it saves."""

import functools
from types import SimpleNamespace

import pytest
import torch
from peft import LoraConfig, inject_adapter_in_model
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    LogitsProcessor,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from helpers.machine import runtime
from helpers.methods import structured
from helpers.methods.retrieval import copying
from helpers.methods.tuning import saved
from helpers.model import again, products
from helpers.model.cache import Cache
from helpers.model.decoding import Writer
from helpers.model.language_model import LanguageModel
from helpers.model.lean import Lean, obstacle

WORDS, FILLING = 97, 0
LLAMA = {"num_key_value_heads": 2}
MODELS = {
    "grouped heads": (LlamaForCausalLM, LlamaConfig, LLAMA),
    "one key head each": (LlamaForCausalLM, LlamaConfig, {"num_key_value_heads": 4}),
    "tied": (LlamaForCausalLM, LlamaConfig, {**LLAMA, "tie_word_embeddings": True}),
    "biases everywhere": (LlamaForCausalLM, LlamaConfig, {**LLAMA, "attention_bias": True, "mlp_bias": True}),
    "wide heads": (LlamaForCausalLM, LlamaConfig, {**LLAMA, "head_dim": 32}),
    "stretched": (
        LlamaForCausalLM,
        LlamaConfig,
        {
            **LLAMA,
            "rope_parameters": {
                "rope_type": "llama3",
                "rope_theta": 10_000.0,
                "factor": 4.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 64,
            },
        },
    ),
    "Qwen2": (Qwen2ForCausalLM, Qwen2Config, LLAMA),
    "Qwen2, tied": (Qwen2ForCausalLM, Qwen2Config, {**LLAMA, "tie_word_embeddings": True}),
}
LENGTHS = (5, 40, 1, 90, 17, 90, 3)  # 90 is more than one pass reads


def made(name: str = "grouped heads", rounded: bool = True, dtype=torch.float32, seed: int = 0):
    """A random model of two layers, each weight and bias spread; `rounded` as the course's own weights are."""
    kind, config, options = MODELS[name]
    torch.manual_seed(seed)
    sizes = {"vocab_size": WORDS, "hidden_size": 64, "intermediate_size": 112, "num_hidden_layers": 2}
    config = config(**{**sizes, "num_attention_heads": 4, "tie_word_embeddings": False, **options})
    model = kind(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * (0.25 if parameter.dim() > 1 else 0.5))
            if rounded:
                parameter.copy_(parameter.bfloat16().float())
    return model.to(dtype)


def prompts(shared: int = 0, lengths=LENGTHS) -> list[list[int]]:
    """Random prompts of these lengths, after as many tokens that all share."""
    draw = torch.Generator().manual_seed(1)
    start = torch.randint(3, WORDS, (shared,), generator=draw).tolist()
    return [start + torch.randint(3, WORDS, (length,), generator=draw).tolist() for length in lengths]


def both(model, rows, end=None, processor=None, **settings):
    """What the slow path and the lean one write; the end token, if not given, is one that stops some rows early."""
    settings = {"max_new_tokens": 12, "do_sample": False, **settings}
    slow = LanguageModel(model, SimpleNamespace(eos_token_id=WORDS, pad_token_id=FILLING))
    with torch.inference_mode():
        if end is None:
            torch.manual_seed(3)
            free = slow._generate_batch(rows, settings, processor)
            end = max(range(WORDS), key=lambda token: sum(token in row[:-1] for row in free))
        slow.tokenizer.eos_token_id = end
        torch.manual_seed(3)
        expected = slow._generate_batch(rows, settings, processor)
        torch.manual_seed(3)
        return expected, Writer(model, end, FILLING).write(rows, settings, processor), end


def same(model, rows, expected, found) -> None:
    """Equal, or apart from where two tokens are within 1e-3 of each other; most rows must be equal altogether."""
    for row, one, other in zip(rows, expected, found, strict=True):
        if one != other:
            at = next(i for i in range(len(one)) if one[: i + 1] != other[: i + 1])
            best = model(torch.tensor([row + one[:at]])).logits[0, -1].topk(2).values
            assert best[0] - best[1] < 1e-3, f"{other} is not {one}"
    assert sum(one == other for one, other in zip(expected, found, strict=True)) > 0.8 * len(rows)


def lean_logits(model, rows, written) -> list[list[torch.Tensor]]:
    """The lean decoder's logits along given answers of one length, read side by side after what they share."""
    lean = Lean(model)
    shared = min(len(row) for row in rows) - 1 if len({tuple(row[:16]) for row in rows}) == 1 else 0
    shared = next((i for i in range(shared) if len({row[i] for row in rows}) > 1), shared)
    start = None
    if shared:
        start = Cache(lean, [rows[0][:shared]], 0)
        start.read_tails()
    cache = Cache(lean, [row[shared:] for row in rows], len(written[0]), start, shared)
    steps = [lean.logits(cache.read_tails())]
    for tokens in list(zip(*written, strict=True))[:-1]:
        steps.append(lean.logits(cache.step(tokens)))
    return [list(row) for row in zip(*steps, strict=True)]


@pytest.mark.parametrize("rounded", [True, False], ids=["by halves", "by own weights"])
@pytest.mark.parametrize("name", MODELS)
def test_logits_are_those_of_the_model_one_text_at_a_time(name, rounded):
    model = made(name, rounded)
    written = prompts(0, [6] * len(LENGTHS))
    for shared in (0, 20):
        rows = prompts(shared)
        with torch.inference_mode():
            found = lean_logits(model, rows, written)
            for row, answer, steps in zip(rows, written, found, strict=True):
                expected = model(torch.tensor([row + answer])).logits[0, len(row) - 1 : -1]
                torch.testing.assert_close(torch.stack(steps), expected, atol=1e-4, rtol=1e-4)
    assert (Lean(model).head.matrix is not None) == (rounded and products.can_pack(model.lm_head.weight))


@pytest.mark.parametrize("shared", [0, 20, 70])
@pytest.mark.parametrize("name", ["grouped heads", "Qwen2, tied"])
def test_tokens_equal_those_of_the_slow_path(name, shared):
    model, rows = made(name), prompts(shared)
    expected, found, end = both(model, rows)
    same(model, rows, expected, found)
    assert len({len(row) for row in expected}) > 2, "rows should leave at different times"
    assert both(model, rows, end)[1] == found


@pytest.mark.parametrize("rows", [prompts(0, [30]), prompts(0, [1]), prompts(20, [4, 9]), [[5] * 9] * 6])
@pytest.mark.parametrize("most", [1, 2, 40])
def test_few_rows_equal_rows_and_few_tokens(rows, most):
    model = made()
    expected, found, _ = both(model, rows, max_new_tokens=most)
    same(model, rows, expected, found)


@pytest.mark.parametrize("options", [{"temperature": 1.0, "top_p": 1.0}, {"temperature": 0.7, "top_p": 0.8}])
def test_the_same_seed_draws_the_same_tokens(options):
    model, rows = made(), prompts(20)
    expected, found, _ = both(model, rows, do_sample=True, top_k=0, **options)
    assert min(map(len, expected)) < 12
    assert found == expected


def test_a_repetition_penalty_of_the_model_holds():
    model, rows = made("Qwen2"), prompts()
    without = both(model, rows)[1]
    model.generation_config.repetition_penalty = 1.5
    expected, found, _ = both(model, rows)
    assert found != without
    same(model, rows, expected, found)


class Alternating(LogitsProcessor):
    """Allows tokens that are congruent to the row's number plus the tokens it wrote, and the end after three."""

    def __init__(self, rows: int, width: int, end: int):
        self.rows, self.width, self.end, self.seen = rows, width, end, []

    def __call__(self, input_ids, scores):
        assert input_ids.shape[0] == self.rows
        self.seen.append(input_ids.tolist())
        allowed = torch.full_like(scores, -torch.inf)
        for row, ids in enumerate(input_ids[:, self.width :].tolist()):
            allowed[row, self.end if self.end in ids else slice((row + len(ids)) % 3, None, 3)] = 0
        return scores + allowed


def test_a_processor_sees_every_row_as_transformers_shows_it():
    model, rows, asked = made(), prompts(20), []
    end = 33

    def processor(count, width):
        asked.append(Alternating(count, width, end))
        return asked[-1]

    expected, found, _ = both(model, rows, end, processor, max_new_tokens=30)
    assert any(end in row for row in expected)
    assert found == expected
    assert asked[0].seen == asked[1].seen


@pytest.mark.weights
def test_answers_under_a_schema_equal_those_of_the_slow_path(small):
    schema = {
        "type": "object",
        "properties": {"risk": {"enum": ["low", "high"]}, "days": {"type": "integer"}},
        "required": ["risk", "days"],
        "additionalProperties": False,
    }
    asked = ["Change the disk", "Restart everything at noon, and then again", "x"]
    ways = [
        structured.constrained(small, asked, schema, max_new_tokens=40, progress=False, slowly=slowly)
        for slowly in (False, True)
    ]
    assert ways[0] == ways[1]
    assert all(answer.valid for answer in ways[0])


@pytest.mark.weights
def test_copied_answers_equal_those_of_the_slow_path(small):
    words = ["The hub restarts on its own after every update.", "Plus costs 48 dollars a year.\nIt ends in 38 days."]
    asked = [copying.COPY.messages("What is it?", passages=text) for text in words]
    ways = [
        small.generate(asked, 20, logits_processor=copying.copy_only(small), progress=False, slowly=slowly)
        for slowly in (False, True)
    ]
    assert ways[0].token_ids == ways[1].token_ids


def adapted(model, targets=("q_proj", "v_proj", "o_proj", "down_proj", "up_proj"), **options):
    """Put a random adapter beside a model's weights, in place."""
    inject_adapter_in_model(LoraConfig(r=4, lora_alpha=12, target_modules=list(targets), **options), model)
    torch.manual_seed(5)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            parameter.data = torch.randn_like(parameter) * 0.1
    return model.eval()


@pytest.mark.parametrize("state", ["on", "off", "merged"])
@pytest.mark.parametrize("name", ["grouped heads", "biases everywhere"])
def test_an_adapter_counts_where_it_is_on(name, state):
    model, rows = made(name), prompts(20)
    without = both(model, rows)[1]
    adapted(model)
    for layer in saved.lora_layers(model).values():
        if state == "off":
            layer.enable_adapters(False)
        elif state == "merged":
            layer.merge()
    expected, found, _ = both(model, rows)
    same(model, rows, expected, found)
    assert (found == without) == (state == "off")


def test_in_bfloat16_logits_are_as_near_as_its_digits(name="grouped heads"):
    model, exact = adapted(made(name, dtype=torch.bfloat16)), adapted(made(name))
    rows, written = prompts(20), prompts(0, [6] * len(LENGTHS))
    with torch.inference_mode():
        found = torch.stack([torch.stack(steps) for steps in lean_logits(model, rows, written)])
        own, true = (
            torch.stack(
                [
                    one(torch.tensor([row + answer])).logits[0, len(row) - 1 : -1].float()
                    for row, answer in zip(rows, written, strict=True)
                ]
            )
            for one in (model, exact)
        )
    assert (found - true).square().mean() < 1.2 * (own - true).square().mean()


@pytest.mark.parametrize("change", ["in place", "behind torch's back", "another tensor"])
def test_weights_that_change_are_read_anew(change):
    model, rows = made(), prompts()
    before = both(model, rows)[1]
    weight = model.model.layers[1].mlp.down_proj.weight
    with torch.no_grad():
        if change == "in place":
            weight.mul_(-2)
        elif change == "behind torch's back":
            weight.data.mul_(-2)
        else:
            weight.data = weight.data * -2
    expected, found, _ = both(model, rows)
    assert found != before
    same(model, rows, expected, found)


def test_weights_are_packed_once_for_all_models_that_share_them(monkeypatch):
    packed = []
    halves = products._halves
    monkeypatch.setattr(products, "_halves", lambda weights: packed.append(1) or halves(weights))
    model = made()
    Lean(model)
    once = len(packed)
    Lean(model)
    Lean(adapted(again.sharing_copy(model)))
    assert len(packed) == once
    assert once in (0, 2 * 4 + 1)  # none where the processor has no use for them


@pytest.mark.parametrize("numbers", [[1.0, 2.0**-26], [3e38, 1e-38], [1 + 2**-20, 1.0], [torch.inf, 1.0], [0.0, 0.0]])
def test_what_does_not_fit_in_halves_is_not_packed(numbers):
    rows = torch.tensor([numbers] * 8)
    fits = numbers == [1.0, 2.0**-26]
    assert (products._halves([rows])[0] is not None) == fits


@pytest.fixture
def read(monkeypatch):
    """How many tokens each pass of a lean model read."""
    counts = []
    plain = Lean.read
    monkeypatch.setattr(Lean, "read", lambda lean, ids, *more: counts.append(len(ids)) or plain(lean, ids, *more))
    return counts


def test_halves_are_kept_only_where_memory_is_plenty(monkeypatch):
    weight = torch.ones(4, 4)
    if not products.can_pack(weight):
        pytest.skip("no halves on this machine")
    monkeypatch.setattr(runtime, "memory", lambda: runtime.Choice(2e9, "the container's limit"))
    assert not products.can_pack(weight)


def test_a_shared_start_is_read_once_and_finished_rows_are_not_read(read):
    model, rows = made(), prompts(70)
    end = both(model, rows)[2]
    read.clear()
    writer = Writer(model, end, FILLING)
    with torch.inference_mode():
        found = writer.write(rows, {"max_new_tokens": 12, "do_sample": False})
        assert sum(read) == 70 + sum(LENGTHS) + sum(len(row) - 1 for row in found)
        read.clear()
        writer.write(rows[:4], {"max_new_tokens": 1, "do_sample": False})
    assert sum(read) == sum(LENGTHS[:4])


def test_alone_what_was_written_before_is_guessed_and_the_tokens_stay_the_same(read):
    if not products.can_pack(torch.zeros(1)):
        pytest.skip("guesses pay where weights are read in halves, which this processor does not do")
    saved_passes = 0
    for seed in range(4):
        model, row = made(seed=seed), prompts(0, [12])
        expected, found, _ = both(model, row, end=WORDS, max_new_tokens=60)
        same(model, row, expected, found)
        saved_passes += 60 - len(read)
        read.clear()
    assert saved_passes > 0


def hooked(model):
    model.model.norm.register_forward_hook(lambda *_: None)


def replaced(model):
    model.model.layers[0].mlp.forward = functools.partial(model.model.layers[0].mlp.forward)


def windowed():
    config = Qwen2Config(
        **{"vocab_size": WORDS, "hidden_size": 64, "intermediate_size": 112, "num_hidden_layers": 2},
        **{"num_attention_heads": 4, "num_key_value_heads": 2},
        **{"use_sliding_window": True, "sliding_window": 8, "max_window_layers": 1},
    )
    return Qwen2ForCausalLM(config).eval()


def other_part(model):
    model.model.layers[1].mlp.up_proj = torch.nn.Bilinear(1, 1, 1)


def set_config(**options):
    return lambda model: [setattr(model.generation_config, name, value) for name, value in options.items()]


OBSTACLES = {
    "neither a Llama nor a Qwen2": (lambda: GPT2LMHeadModel(GPT2Config(n_layer=1, n_embd=8, n_head=2)).eval(), None),
    "model.norm has a hook": (made, hooked),
    "layers.0.mlp has a hook or a forward of its own": (made, replaced),
    "see a window only": (windowed, None),
    "training mode": (made, lambda model: model.train()),
    "layer 1, up_proj is a Bilinear": (made, other_part),
    "layer 0, o_proj is torch.float64": (made, lambda model: model.model.layers[0].self_attn.o_proj.double()),
    "has a variant of LoRA": (made, lambda model: adapted(model, use_dora=True)),
    "asks for no_repeat_ngram_size": (made, set_config(no_repeat_ngram_size=2)),
    "attends by flex_attention": (made, lambda model: setattr(model.config, "_attn_implementation", "flex_attention")),
}


@pytest.mark.parametrize("why", OBSTACLES)
def test_what_it_does_not_know_is_left_to_transformers_and_said(why):
    make, change = OBSTACLES[why]
    model = make()
    if change:
        assert obstacle(model) is None
        change(model)
    assert why in obstacle(model)
    lm = LanguageModel(model, SimpleNamespace(eos_token_id=1, pad_token_id=0))
    assert lm.writes_by == f"transformers' generate, since {obstacle(model)}"


def test_a_plain_model_is_written_by_the_lean_decoder(monkeypatch):
    lm = LanguageModel(made(), SimpleNamespace(eos_token_id=1, pad_token_id=0))
    assert lm.writes_by == "the course's lean decoder"


@pytest.mark.weights
def test_generate_takes_the_lean_path_unless_it_is_told_to_go_slowly(small, read):
    slow = small.generate(["Hi"], 3, progress=False, slowly=True)
    assert not read
    assert small.generate(["Hi"], 3, progress=False).token_ids == slow.token_ids
    assert read
    handle = small.model.model.norm.register_forward_hook(lambda *_: None)
    read.clear()
    assert small.generate(["Hi"], 3, progress=False).token_ids == slow.token_ids
    handle.remove()
    assert not read


@pytest.mark.weights
def test_the_real_model_writes_the_same(real):
    system = {"role": "system", "content": "You answer customers of a shop for home-energy hubs, briefly and politely."}
    asked = ["Hi", "What is the capital of France?", "My hub blinks red since the update. What can I do?", "1 + 1 ="]
    chats = [[system, {"role": "user", "content": text}] for text in asked]
    options = {"max_new_tokens": 16, "progress": False}
    expected = real.generate(chats, slowly=True, **options).token_ids
    rows = real._encode_prompts(chats, 16)
    with torch.inference_mode():
        same(real.model, rows, expected, real.generate(chats, **options).token_ids)
        same(real.model, rows[:1], expected[:1], real.generate(chats[:1], **options).token_ids)
