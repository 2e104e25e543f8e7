"""Turns a GGUF file into what transformers loads in a second: bf16 safetensors, a clean config, a right tokenizer.

Not by transformers' own GGUF route: that one takes five times as long, marks the model as quantized so that it cannot
be saved, and has given this tokenizer wrong special tokens. Tests hold the two routes against each other.
Format: github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import contextlib
import functools
import json
import os
import pathlib
import re
import shutil

import numpy as np

CONTROL_TOKEN, USER_TOKEN, UNUSED_TOKEN = 3, 4, 5  # GGUF's types: a mark such as <|im_end|>, a word added, a filler
PRE_TOKENIZERS = {"llama": "smollm", "qwen2": "qwen2"}  # architecture -> the one way of cutting texts known for it
REORDERED = ("llama",)  # architectures whose query and key rows llama.cpp's converter has moved
ONE_MATRIX = 0.25  # two roundings of one matrix differ by a tenth of its size, two matrices by more than all of it
SAMPLED_ROWS = 500
EMBEDDING, HEAD = "token_embd.weight", "output.weight"  # GGUF's names of what reads words and what writes them


def undo_rope_order(weight: np.ndarray, heads: int) -> np.ndarray:
    """Undo llama.cpp's reordering of query and key rows: it puts the two halves of each rotary pair side by side."""
    half = weight.shape[0] // heads // 2
    return weight.reshape(heads, half, 2, weight.shape[1]).swapaxes(1, 2).reshape(weight.shape)


def _names(config) -> dict[str, str]:
    """Map the name of each tensor in a GGUF file to transformers' name for it."""
    import torch
    from gguf import MODEL_ARCH, get_tensor_name_map
    from transformers import AutoModelForCausalLM

    theirs = get_tensor_name_map(MODEL_ARCH[config.model_type.upper()], config.num_hidden_layers)
    with torch.device("meta"):  # names without weights
        ours = AutoModelForCausalLM.from_config(config).state_dict()
    return {theirs.get_name(name, (".weight", ".bias")): name for name in ours}


def _tensors(reader, config, progress):
    """Yield (name, float32 array) for each tensor of an opened GGUF file."""
    from gguf import dequantize

    names = _names(config)
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    twice = _finer_copy(reader, config)
    for tensor in progress(reader.tensors):
        if tensor.name not in names:
            raise ValueError(
                f"tensor {tensor.name!r} is not part of a {config.model_type} model; this file cannot be converted"
            )
        if twice and tensor.name == HEAD:
            continue
        source = twice if twice and tensor.name == EMBEDDING else tensor
        weight, part = dequantize(source.data, source.tensor_type), tensor.name.split(".")[-2]
        moved = config.model_type in REORDERED and part in heads
        yield names[tensor.name], undo_rope_order(weight, heads[part]) if moved else weight


def _finer_copy(reader, config):
    """Return the finer of a tied model's two copies of its one matrix of words, if the file holds it twice."""
    found = {tensor.name: tensor for tensor in reader.tensors}
    if not config.tie_word_embeddings or HEAD not in found:
        return None
    return max(found[EMBEDDING], found[HEAD], key=lambda tensor: tensor.n_bytes)


def is_tied(reader) -> bool:
    """Return whether the matrix that reads words also writes them.

    Either the file holds no other for writing; or it holds one that is the same rounded in another way, as files in 4
    bits do that round what writes less. Rows spread over the whole vocabulary are compared.
    """
    from gguf import dequantize

    found = {tensor.name: tensor for tensor in reader.tensors}
    if HEAD not in found:
        return True
    if list(found[HEAD].shape) != list(found[EMBEDDING].shape):
        return False
    step = max(1, len(found[HEAD].data) // SAMPLED_ROWS)
    one, two = (dequantize(found[name].data[::step], found[name].tensor_type) for name in (EMBEDDING, HEAD))
    return bool(np.linalg.norm(one - two) < ONE_MATRIX * np.linalg.norm(two))


def _config(field, architecture: str, tied: bool):
    from transformers import AutoConfig

    return AutoConfig.for_model(
        architecture,
        architectures=[f"{architecture.capitalize()}ForCausalLM"],
        hidden_size=field(f"{architecture}.embedding_length"),
        intermediate_size=field(f"{architecture}.feed_forward_length"),
        num_hidden_layers=field(f"{architecture}.block_count"),
        num_attention_heads=field(f"{architecture}.attention.head_count"),
        num_key_value_heads=field(f"{architecture}.attention.head_count_kv"),
        max_position_embeddings=field(f"{architecture}.context_length"),
        rms_norm_eps=field(f"{architecture}.attention.layer_norm_rms_epsilon"),
        rope_parameters={"rope_type": "default", "rope_theta": field(f"{architecture}.rope.freq_base")},
        vocab_size=len(field("tokenizer.ggml.tokens")),
        tie_word_embeddings=tied,
        bos_token_id=field("tokenizer.ggml.bos_token_id"),
        eos_token_id=field("tokenizer.ggml.eos_token_id"),
        pad_token_id=field("tokenizer.ggml.padding_token_id"),
        dtype="bfloat16",
    )


def tokenizer(field, architecture: str = "llama"):
    """Build the fast tokenizer from a GGUF file's vocabulary and merges.

    `smollm` splits numbers into single digits before byte-level BPE, `qwen2` is transformers' own Qwen2Tokenizer; other
    pre-tokenizers are refused, since a wrong one gives plausible but wrong tokens. End-of-sequence and padding are the
    tokens the file names, by id. Fillers, which round a vocabulary up to a good size, are no words.
    """
    known, found = PRE_TOKENIZERS[architecture], field("tokenizer.ggml.pre")
    if found != known:
        raise ValueError(f"pre-tokenizer {found!r} is not known here, only {known!r}")
    tokens, kinds = field("tokenizer.ggml.tokens"), field("tokenizer.ggml.token_type")
    vocabulary = {token: i for i, (token, kind) in enumerate(zip(tokens, kinds, strict=True)) if kind != UNUSED_TOKEN}
    merges = [tuple(merge.split(" ")) for merge in field("tokenizer.ggml.merges")]
    named = {
        f"{role}_token": tokens[field(f"tokenizer.ggml.{key}_token_id")]
        for role, key in (("bos", "bos"), ("eos", "eos"), ("pad", "padding"))
    }
    named["unk_token"] = tokens[field("tokenizer.ggml.unknown_token_id")] if architecture == "llama" else None
    marks = [token for token, kind in zip(tokens, kinds, strict=True) if kind == CONTROL_TOKEN]
    options = {
        "additional_special_tokens": [token for token in marks if token not in named.values()],
        "model_max_length": field(f"{architecture}.context_length"),
        "clean_up_tokenization_spaces": False,
        "padding_side": "left",
        **named,
    }
    built = (_smollm if architecture == "llama" else _qwen2)(vocabulary, merges, options)
    words = [token for token, kind in zip(tokens, kinds, strict=True) if kind == USER_TOKEN]
    built.add_tokens([_whole_word(word) for word in words])
    built.chat_template = field("tokenizer.chat_template")
    return built


def _smollm(vocabulary: dict[str, int], merges: list, options: dict):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    backend = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    digits = pre_tokenizers.Digits(individual_digits=True)
    backend.pre_tokenizer = pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    backend.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=backend, **options)


def _qwen2(vocabulary: dict[str, int], merges: list, options: dict):
    from transformers import Qwen2Tokenizer

    return Qwen2Tokenizer(vocab=vocabulary, merges=merges, **options)


def _whole_word(word: str):
    from tokenizers import AddedToken

    return AddedToken(word, special=False, normalized=False)


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
    """Convert the GGUF file `source` of a llama or qwen2 model into a model folder that transformers loads.

    Args:
        source: the GGUF file.
        folder: an existing folder; receives config.json, model.safetensors (bf16) and the tokenizer's files.
        progress: wraps the list of tensors, e.g. in a progress bar.

    Raises:
        ValueError: the file is no such model, lacks a field, or uses a tokenizer that is not known here.
        OSError: the files could not be written, e.g. because the disk is full.
    """
    import torch
    from gguf import GGUFReader
    from safetensors.torch import save_file

    reader = GGUFReader(source)

    @functools.cache  # a vocabulary takes a second to read
    def field(name):
        if name not in reader.fields:
            raise ValueError(f"{source.name} lacks the field {name!r}; it is not a complete model file")
        return reader.fields[name].contents()

    architecture = field("general.architecture")
    if architecture not in PRE_TOKENIZERS:
        known = " or ".join(PRE_TOKENIZERS)
        raise ValueError(f"{source.name} holds a {architecture!r} model, not a {known} one")
    config = _config(field, architecture, is_tied(reader))
    weights = {
        name: torch.from_numpy(np.array(weight, dtype=np.float32)).to(torch.bfloat16)
        for name, weight in _tensors(reader, config, progress)
    }
    config.save_pretrained(folder)
    generation = {key: getattr(config, key) for key in ("bos_token_id", "eos_token_id", "pad_token_id")}
    (folder / "generation_config.json").write_text(json.dumps(generation, indent=2))
    with _system_errors():
        tokenizer(field, architecture).save_pretrained(folder)
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    # safetensors makes it readable by its owner alone, which would spoil a cache that a class shares
    shutil.copymode(folder / "config.json", folder / "model.safetensors")
