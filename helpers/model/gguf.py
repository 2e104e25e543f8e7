"""Turns a GGUF file into what transformers loads in a second: bf16 safetensors, a clean config, a right tokenizer.

Not by transformers' own GGUF route: that one takes five times as long, marks the model as quantized so that it cannot
be saved, and has given this tokenizer wrong special tokens. Tests hold the two routes against each other.
Format: github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import contextlib
import json
import os
import pathlib
import re
import shutil

import numpy as np

CONTROL_TOKEN = 3  # GGUF's token type for tokens such as <|im_end|>


def undo_rope_order(weight: np.ndarray, heads: int) -> np.ndarray:
    """Undo llama.cpp's reordering of query and key rows: it puts the two halves of each rotary pair side by side."""
    half = weight.shape[0] // heads // 2
    return weight.reshape(heads, half, 2, weight.shape[1]).swapaxes(1, 2).reshape(weight.shape)


def _names(config) -> dict[str, str]:
    """Map the name of each tensor in a GGUF file to transformers' name for it."""
    import torch
    from gguf import MODEL_ARCH, get_tensor_name_map
    from transformers import LlamaForCausalLM

    theirs = get_tensor_name_map(MODEL_ARCH.LLAMA, config.num_hidden_layers)
    with torch.device("meta"):  # names without weights
        return {theirs.get_name(name, (".weight",)): name for name in LlamaForCausalLM(config).state_dict()}


def _tensors(reader, config, progress):
    """Yield (name, float32 array) for each tensor of an opened GGUF file."""
    from gguf import dequantize

    names = _names(config)
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    for tensor in progress(reader.tensors):
        if tensor.name not in names:
            raise ValueError(f"tensor {tensor.name!r} is not part of a llama model; this file cannot be converted")
        weight, part = dequantize(tensor.data, tensor.tensor_type), tensor.name.split(".")[-2]
        yield names[tensor.name], undo_rope_order(weight, heads[part]) if part in heads else weight


def _config(field, tied: bool):
    from transformers import LlamaConfig

    rope = {"rope_type": "default", "rope_theta": field("llama.rope.freq_base")}
    return LlamaConfig(
        architectures=["LlamaForCausalLM"],
        hidden_size=field("llama.embedding_length"),
        intermediate_size=field("llama.feed_forward_length"),
        num_hidden_layers=field("llama.block_count"),
        num_attention_heads=field("llama.attention.head_count"),
        num_key_value_heads=field("llama.attention.head_count_kv"),
        max_position_embeddings=field("llama.context_length"),
        rms_norm_eps=field("llama.attention.layer_norm_rms_epsilon"),
        rope_parameters=rope,
        vocab_size=len(field("tokenizer.ggml.tokens")),
        tie_word_embeddings=tied,
        bos_token_id=field("tokenizer.ggml.bos_token_id"),
        eos_token_id=field("tokenizer.ggml.eos_token_id"),
        pad_token_id=field("tokenizer.ggml.padding_token_id"),
        dtype="bfloat16",
    )


def tokenizer(field):
    """Build the fast tokenizer from a GGUF file's vocabulary and merges.

    `smollm` splits numbers into single digits before byte-level BPE; other pre-tokenizers are refused, since a wrong
    one gives plausible but wrong tokens. End-of-sequence and padding are the tokens the file names, by id.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    if field("tokenizer.ggml.pre") != "smollm":
        raise ValueError(f"pre-tokenizer {field('tokenizer.ggml.pre')!r} is not known here, only 'smollm'")
    tokens, kinds = field("tokenizer.ggml.tokens"), field("tokenizer.ggml.token_type")
    merges = [tuple(merge.split(" ")) for merge in field("tokenizer.ggml.merges")]
    backend = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=merges))
    digits = pre_tokenizers.Digits(individual_digits=True)
    backend.pre_tokenizer = pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    backend.decoder = decoders.ByteLevel()
    special = [token for token, kind in zip(tokens, kinds, strict=True) if kind == CONTROL_TOKEN]
    named = {
        f"{role}_token": tokens[field(f"tokenizer.ggml.{key}_token_id")]
        for role, key in (("bos", "bos"), ("eos", "eos"), ("pad", "padding"), ("unk", "unknown"))
    }
    built = PreTrainedTokenizerFast(
        tokenizer_object=backend,
        additional_special_tokens=[token for token in special if token not in named.values()],
        model_max_length=field("llama.context_length"),
        clean_up_tokenization_spaces=False,
        padding_side="left",
        **named,
    )
    built.chat_template = field("tokenizer.chat_template")
    return built


@contextlib.contextmanager
def _system_errors():
    """Raise a full disk as the OSError that it is; tokenizers and safetensors make a plain exception of it."""
    try:
        yield
    except Exception as error:
        number = re.search(r"\(os error (\d+)\)", str(error))
        if not number:
            raise
        raise OSError(int(number[1]), os.strerror(int(number[1]))) from error


def convert_gguf(source: pathlib.Path, folder: pathlib.Path, progress=iter) -> None:
    """Convert the llama GGUF file `source` into a model folder that transformers loads.

    Args:
        source: the GGUF file.
        folder: an existing folder; receives config.json, model.safetensors (bf16) and the tokenizer's files.
        progress: wraps the list of tensors, e.g. in a progress bar.

    Raises:
        ValueError: the file is no llama model, or uses a tokenizer that is not known here.
        OSError: the files could not be written, e.g. because the disk is full.
    """
    import torch
    from gguf import GGUFReader
    from safetensors.torch import save_file

    reader = GGUFReader(source)

    def field(name):
        if name not in reader.fields:
            raise ValueError(f"{source.name} lacks the field {name!r}; it is not a complete llama model file")
        return reader.fields[name].contents()

    if field("general.architecture") != "llama":
        raise ValueError(f"{source.name} holds a {field('general.architecture')!r} model, not a llama one")
    config = _config(field, tied="output.weight" not in {tensor.name for tensor in reader.tensors})
    weights = {
        name: torch.from_numpy(np.array(weight, dtype=np.float32)).to(torch.bfloat16)
        for name, weight in _tensors(reader, config, progress)
    }
    config.save_pretrained(folder)
    generation = {key: getattr(config, key) for key in ("bos_token_id", "eos_token_id", "pad_token_id")}
    (folder / "generation_config.json").write_text(json.dumps(generation, indent=2))
    with _system_errors():
        tokenizer(field).save_pretrained(folder)
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    # safetensors makes it readable by its owner alone, which would spoil a cache that a class shares
    shutil.copymode(folder / "config.json", folder / "model.safetensors")
