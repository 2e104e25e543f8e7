"""Writes a llama model with its tokenizer as a GGUF file in 16 bits, which llama.cpp and programs built on it read.

The other direction, and the order of rows in query and key weights, stand in gguf. Fewer bits are left to llama.cpp's
own tools. Format: github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import json
import pathlib
from collections.abc import Callable

import numpy as np

from helpers.machine import runtime
from helpers.model.language_model import LanguageModel

CONTROL, NORMAL = 3, 1  # GGUF's kinds of token
PRE_TOKENIZER = "smollm"
READING = 6  # bytes of memory a parameter that reading a file takes at most, measured


def rope_order(weight: np.ndarray, heads: int) -> np.ndarray:
    """Put the two halves of each rotary pair side by side, as llama.cpp wants rows; see gguf.undo_rope_order."""
    half = weight.shape[0] // heads // 2
    return weight.reshape(heads, 2, half, weight.shape[1]).swapaxes(1, 2).reshape(weight.shape)


def write(lm: LanguageModel, path: str | pathlib.Path) -> pathlib.Path:
    """Write a model to a GGUF file, matrices in float16 and vectors in float32; return its path.

    Raises ValueError for a model that is no llama, or carries an adapter that is not merged.
    """
    from gguf import GGUFWriter

    path, config = pathlib.Path(path), lm.model.config
    if config.model_type != "llama":
        raise ValueError(
            f"{lm.name} is a {config.model_type!r} model; only llama ones are written, see llama.cpp's own"
        )
    if any("lora_" in name for name, _ in lm.model.named_parameters()):
        raise ValueError(f"{lm.name} carries an adapter; merge it first (tuning.merge)")
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = GGUFWriter(path, "llama")
    for name, value in {**_shape(config), **_words(lm)}.items():
        add = {str: writer.add_string, float: writer.add_float32, int: writer.add_uint32, list: writer.add_array}
        add[type(value)](name, value)
    names = _names(config)
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    for name, tensor in lm.model.state_dict().items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        weight, part = tensor.detach().float().cpu().numpy(), name.split(".")[-2]
        weight = rope_order(weight, heads[part]) if part in heads else weight
        kind = np.float32 if weight.ndim == 1 else np.float16
        writer.add_tensor(names[name], np.ascontiguousarray(weight, dtype=kind))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def read_elsewhere(path: str | pathlib.Path, tokenizer, name: str = "read from GGUF", dtype=None) -> LanguageModel:
    """Return a GGUF file as transformers' own reader of that format loads it, without code of ours, then in `dtype`.

    That is float32 if not given. It is read in float16, as it was written, since that takes a third less memory.
    Nothing else may lie in its folder: beside an adapter's configuration transformers would ask a hub for the base.
    """
    import torch
    import transformers

    path = pathlib.Path(path)
    as_numbers = {}  # before it had this configuration, transformers always unpacked what it read
    if hasattr(transformers, "GgufConfig"):
        as_numbers["quantization_config"] = transformers.GgufConfig(dequantize=True)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        path.parent, gguf_file=path.name, dtype=torch.float16, **as_numbers
    )
    for weights in model.parameters():  # not model.to, which rounds the frequencies of positions, too
        weights.data = weights.data.to(dtype or torch.float32)
    return LanguageModel(model.eval(), tokenizer, name)


def written(lm: LanguageModel, path: str | pathlib.Path) -> bool:
    """Write a model where it is one that can be written; whether it was. If not, why is printed."""
    try:
        write(lm, path)
    except ValueError as reason:
        print(f"not exported: {reason}")
        return False
    return True


def read_again(path: str | pathlib.Path, lm: LanguageModel, read: Callable[[LanguageModel], np.ndarray], dtype=None):
    """Let the other reader load a file that holds a model of lm's shape, and return what `read` makes of it in `dtype`.

    None where memory is too short; why is printed. The loaded model is let go again.
    """
    if short := runtime.too_short_for(READING * sum(weights.numel() for weights in lm.model.parameters())):
        print(f"written, not read again: {short}")
        return None
    found = read(read_elsewhere(path, lm.tokenizer, dtype=dtype))
    runtime.release_memory()
    return found


def _names(config) -> dict[str, str]:
    from gguf import MODEL_ARCH, get_tensor_name_map

    theirs, layers = get_tensor_name_map(MODEL_ARCH.LLAMA, config.num_hidden_layers), config.num_hidden_layers
    parts = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"]
    parts += ["mlp.gate_proj", "mlp.up_proj", "mlp.down_proj", "input_layernorm", "post_attention_layernorm"]
    ours = [f"model.layers.{i}.{part}.weight" for i in range(layers) for part in parts]
    ours += ["model.embed_tokens.weight", "model.norm.weight", "lm_head.weight"]
    return {name: f"{theirs.get_name(name.removesuffix('.weight'))}.weight" for name in ours}


def _shape(config) -> dict[str, object]:
    """What a reader must know of the model's shape."""
    rope = getattr(config, "rope_parameters", None) or {}
    return {
        "general.name": "merged",
        "llama.block_count": config.num_hidden_layers,
        "llama.context_length": config.max_position_embeddings,
        "llama.embedding_length": config.hidden_size,
        "llama.feed_forward_length": config.intermediate_size,
        "llama.vocab_size": config.vocab_size,
        "llama.attention.head_count": config.num_attention_heads,
        "llama.attention.head_count_kv": config.num_key_value_heads,
        "llama.attention.layer_norm_rms_epsilon": float(config.rms_norm_eps),
        "llama.rope.dimension_count": config.hidden_size // config.num_attention_heads,
        "llama.rope.freq_base": float(rope.get("rope_theta", 10_000.0)),
    }


def _words(lm: LanguageModel) -> dict[str, object]:
    """The tokenizer as GGUF holds it: its tokens by id, which of them are marks, and the merges in order."""
    tokenizer = lm.tokenizer
    told = json.loads(tokenizer.backend_tokenizer.to_str())
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in told["model"]["merges"]]
    tokens = [tokenizer.convert_ids_to_tokens(i) for i in range(lm.model.config.vocab_size)]
    marks = set(tokenizer.all_special_ids)
    ids = {"bos": tokenizer.bos_token_id, "eos": tokenizer.eos_token_id, "padding": tokenizer.pad_token_id}
    ids["unknown"] = tokenizer.unk_token_id
    named = {f"tokenizer.ggml.{role}_token_id": int(i) for role, i in ids.items() if i is not None}
    return {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": PRE_TOKENIZER,
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [CONTROL if i in marks else NORMAL for i in range(len(tokens))],
        "tokenizer.ggml.merges": merges,
        **named,
        "tokenizer.chat_template": tokenizer.chat_template,
    }
