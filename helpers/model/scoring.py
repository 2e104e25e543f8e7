"""Packed label scoring: many prompts, each with all its labels, through the model in few forward passes.

What all prompts share at their start goes through the model once and stays in its key-value cache. The rest is packed
into rows of about 512 tokens: each prompt's tail followed by all its labels is a block, blocks of like length fill a
row, and a mask lets every token see the shared start, its own prompt and its own label, and nothing else; positions run
on as if each label stood alone. The numbers are those of one pass per prompt and label, which tests hold.

Most of what a row's tokens might see is masked. So on a CPU attention is computed in two parts, shared start and own
block, and weighed together by the log-sum-exp of their scores (as in FlashDecoding,
https://pytorch.org/blog/flash-decoding/).
"""

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.special import softmax
from tqdm.auto import tqdm
from transformers import AttentionInterface, DynamicCache

from helpers.model import head, packing
from helpers.model.packing import Row

ROW_TOKENS = 512
PACKED = "course_packed"  # the name under which transformers finds _packed_attention
# Attention that also returns the log-sum-exp of its scores; None where this torch has no such kernel.
_attend = getattr(torch.ops.aten, "_scaled_dot_product_flash_attention_for_cpu", None)


@dataclass(frozen=True)
class LabelScores:
    """The weight of m labels for n prompts.

    log_probs: (n, m), log-probability of the label's tokens after the prompt, summed.
    label_tokens: (m,), tokens per label, end of turn included if it was scored.
    prompt_tokens: (n,), tokens per prompt; shared_tokens: how many of them all share at their start.
    seconds: for all prompts together.
    cut: positions of the prompts that were cut in their middle, because the model holds no more.
    """

    labels: tuple[str, ...]
    log_probs: np.ndarray
    label_tokens: np.ndarray
    prompt_tokens: np.ndarray
    shared_tokens: int
    seconds: float
    cut: tuple[int, ...] = ()

    @property
    def probabilities(self) -> np.ndarray:
        """(n, m), each row summing to one: how the labels share the probability among themselves."""
        return softmax(self.log_probs, axis=1)

    @property
    def predictions(self) -> list[str]:
        """The likeliest label of each prompt."""
        return [self.labels[i] for i in self.log_probs.argmax(axis=1)]

    def renamed(self, labels: Sequence[str]) -> "LabelScores":
        """Return the same scores under other names: what was scored are words, what they stand for are labels."""
        if len(labels) != len(self.labels):
            raise ValueError(f"{len(self.labels)} labels were scored, and {len(labels)} names are given")
        return replace(self, labels=tuple(labels))


def block_mask(row: Row, dtype, device) -> torch.Tensor:
    """(b, 1, t, t), added to the attention scores: what each token may see of its block."""
    return packing.added(packing.visible(row.segment.to(device)), dtype)[:, None]


def _label_mask(row: Row, dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """(b, 1, l, t) and (b, l): what the labels' tokens may see in their block, and where they stand in it."""
    blocks = len(row.segment)
    label_at = (row.segment >= 0).nonzero()[:, 1].view(blocks, -1)
    seen = packing.visible(row.segment)[torch.arange(blocks)[:, None], label_at]
    return packing.added(seen, dtype)[:, None], label_at


def _full_mask(row: Row, start: int, dtype, device) -> torch.Tensor:
    """(1, 1, b x t, start + b x t): the same for attention that takes the row as a whole."""
    blocks = torch.block_diag(*packing.visible(row.segment.to(device)))
    seen = torch.cat([blocks.new_ones(len(row.ids), start), blocks], 1)
    return packing.added(seen, dtype)[None, None]


def _packed_attention(module, query, key, value, attention_mask, scaling, shared=0, label_at=None, **_):
    """Attention of a packed row, in the form transformers asks for.

    query is (1, heads, b x t, d); key and value are (1, key heads, shared + b x t, d). label_at is (b, l), where in
    their block the labels' tokens stand; attention_mask is (b, 1, l, t), what those may see.
    All tokens of a block go through as if they were one text, which is right for the prompt's own and needs no mask;
    the labels' few are then done again under theirs. Every token sees the whole shared start, so the heads that use
    the same keys go through as further query rows.
    """
    _, heads, count, size = query.shape
    key_heads, blocks = key.shape[1], len(label_at)
    own_query = query.reshape(heads, blocks, -1, size).transpose(0, 1)
    own_key, own_value = (
        part[0, :, shared:].view(key_heads, blocks, -1, size).transpose(0, 1).repeat_interleave(heads // key_heads, 1)
        for part in (key, value)
    )
    out, weight = _attend(own_query, own_key, own_value, is_causal=True, scale=scaling)
    if label_at.shape[1]:
        block = torch.arange(blocks)[:, None]
        labels = own_query[block, :, label_at].transpose(1, 2)
        again, its_weight = _attend(labels, own_key, own_value, attn_mask=attention_mask, scale=scaling)
        out[block, :, label_at] = again.transpose(1, 2)
        weight[block, :, label_at] = its_weight.transpose(1, 2)
    out = out.transpose(0, 1).reshape(1, heads, count, size)
    if shared:
        rows = query.reshape(1, key_heads, -1, size)
        start, start_weight = _attend(rows, key[:, :, :shared], value[:, :, :shared], scale=scaling)
        share = torch.sigmoid(start_weight.reshape(1, heads, count) - weight.transpose(0, 1).reshape(1, heads, count))
        out = torch.lerp(out, start.reshape(out.shape), share[..., None].to(out.dtype))
    return out.transpose(1, 2).contiguous(), None


AttentionInterface.register(PACKED, _packed_attention)


@contextlib.contextmanager
def attending(model, way: str) -> Iterator[None]:
    """Let the model attend in a way that transformers knows by this name; its own way is put back afterwards."""
    usual = model.config._attn_implementation
    try:
        model.set_attn_implementation(way)
        yield
    finally:
        model.set_attn_implementation(usual)


def read_log_probs(model, hidden: torch.Tensor, reads) -> torch.Tensor:
    """Log-probability of each read's token at its position.

    Each position is read once, and in slices, since the logits are the memory: 49,152 floats a position.
    """
    where, tokens = torch.tensor([(read.position, read.token) for read in reads], device=hidden.device).T
    positions, slot = where.unique(return_inverse=True)
    parts = torch.empty(len(reads), device=hidden.device)
    for at in range(0, len(positions), head.ROWS):
        logits = model.get_output_embeddings()(hidden[positions[at : at + head.ROWS]]).float()
        here = (slot >= at) & (slot < at + head.ROWS)
        row = slot[here] - at
        parts[here] = logits[row, tokens[here]] - logits.logsumexp(-1)[row]
    return parts


def read_start(model, cache, ids: Sequence[int]) -> None:
    """Let the model read tokens that several prompts share, into the cache."""
    if ids:
        model.get_decoder()(torch.tensor([ids], device=model.device), past_key_values=cache, use_cache=True)


def _read_row(model, cache, row: Row, start: int, in_parts: bool) -> torch.Tensor:
    """Log-probability of each of a row's reads; the cache is left as it was."""
    if in_parts:
        mask, label_at = _label_mask(row, model.dtype)
    else:
        mask, label_at = _full_mask(row, start, model.dtype, model.device), None
    out = model.get_decoder()(
        input_ids=torch.tensor([row.ids], device=model.device),
        position_ids=torch.tensor([row.positions], device=model.device),
        attention_mask=mask,
        past_key_values=cache,
        use_cache=True,
        shared=start,
        label_at=label_at,
    )
    cache.crop(-len(row.ids))  # negative: the form that all releases of transformers 5 take
    return read_log_probs(model, out.last_hidden_state[0], row.reads)


def read_labels(model, cache, encoded, label_ids, start, row_tokens=ROW_TOKENS, done=lambda _: None) -> np.ndarray:
    """(n, m): the summed log-probability of m labels after each of n prompts.

    Their first `start` tokens are in the cache already. `done` is told how many prompts each pass has read.
    """
    result = np.zeros((len(encoded), len(label_ids)))
    usual = model.config._attn_implementation
    in_parts = _attend is not None and model.device.type == "cpu" and usual == "sdpa"
    with attending(model, PACKED if in_parts else usual):
        for row in packing.pack(encoded, label_ids, start, row_tokens):
            row.add(result, _read_row(model, cache, row, start, in_parts))
            done(len(row.segment))
    return result


def score_packed(
    model, encoded, labels, label_ids, row_tokens=ROW_TOKENS, progress=False, share_start=True
) -> LabelScores:
    """Score m labels, named and as token ids, after n prompts as token ids; arguments as for `LanguageModel.score`.

    log_probs are in float32 whatever the model computes in.
    """
    started = time.perf_counter()
    result = np.zeros((len(encoded), len(labels)))
    start = packing.shared_start(encoded) if share_start else 0
    groups = packing.groups(encoded, start) if share_start else [(0, list(range(len(encoded))))]
    cache = DynamicCache(config=model.config)
    bar = tqdm(total=len(encoded), desc="score", disable=not progress or len(encoded) < 40, leave=False)
    with torch.inference_mode(), bar:
        read_start(model, cache, encoded[0][:start] if start else [])
        for depth, members in groups:
            more = encoded[members[0]][start:depth]
            read_start(model, cache, more)
            some = [encoded[i] for i in members]
            result[members] = read_labels(model, cache, some, label_ids, depth, row_tokens, bar.update)
            if more:
                cache.crop(-len(more))
    lengths = [np.array([*map(len, ids)], dtype=int) for ids in (label_ids, encoded)]
    return LabelScores(tuple(labels), result, *lengths, start, time.perf_counter() - started)
