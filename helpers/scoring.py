"""Packed label scoring: many prompts, each with all its labels, through the model in few forward passes.

What all prompts share at their start goes through the model once and stays in its key-value cache. The rest is packed
into rows of about 512 tokens: each prompt's tail followed by all its labels is a block, blocks of like length fill a
row, and a mask lets every token see the shared start, its own prompt and its own label, and nothing else; positions run
on as if each label stood alone. `score_one_by_one` is the slow, obvious way: one pass per prompt and label. Both give
the same numbers.

Attention is where such a row would waste time: most of what its tokens might see is masked. On a CPU it is computed in
two parts, shared start and own block, each with the log-sum-exp of its scores, and the parts are then weighed together
(as in FlashDecoding, https://pytorch.org/blog/flash-decoding/).
"""

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from tqdm.auto import tqdm
from transformers import AttentionInterface, DynamicCache

ROW_TOKENS = 512
STEP = 8  # block widths are multiples of it: oneDNN keeps a kernel per shape, about 2 MB each
HEAD_ROWS = 64  # positions whose logits are held at once: 64 x 49,152 floats are 13 MB
PACKED = "course_packed"  # the name under which transformers finds _packed_attention
# Attention that also returns the log-sum-exp of its scores; None where this torch has no such kernel.
_attend = getattr(torch.ops.aten, "_scaled_dot_product_flash_attention_for_cpu", None)


@dataclass(frozen=True)
class LabelScores:
    """The weight of m labels for n prompts.

    log_probs: (n, m), log-probability of the label's tokens after the prompt, summed.
    label_tokens: (m,), tokens per label, end of turn included if it was scored.
    prompt_tokens: (n,), tokens per prompt.
    shared_tokens: how many of them all prompts share at their start.
    seconds: for all prompts together.
    """

    labels: tuple[str, ...]
    log_probs: np.ndarray
    label_tokens: np.ndarray
    prompt_tokens: np.ndarray
    shared_tokens: int
    seconds: float

    @property
    def probabilities(self) -> np.ndarray:
        """(n, m), each row summing to one: how the labels share the probability among themselves."""
        shifted = np.exp(self.log_probs - self.log_probs.max(axis=1, keepdims=True))
        return shifted / shifted.sum(axis=1, keepdims=True)

    @property
    def predictions(self) -> list[str]:
        """The likeliest label of each prompt."""
        return [self.labels[i] for i in self.log_probs.argmax(axis=1)]

    def renamed(self, labels: Sequence[str]) -> "LabelScores":
        """Return the same scores under other names: what was scored are words, what they stand for are labels."""
        if len(labels) != len(self.labels):
            raise ValueError(f"{len(self.labels)} labels were scored, and {len(labels)} names are given")
        return replace(self, labels=tuple(labels))


@dataclass(frozen=True)
class _Row:
    """One packed row: b blocks of t tokens each, the shorter ones filled up at their end.

    ids, positions: b x t tokens, block after block.
    segment: (b, t), which label a token belongs to; -1 for the prompt's own tokens, -2 for filling.
    reads: (position in the row, token whose log-probability is read there, prompt, label).
    """

    ids: list[int]
    positions: list[int]
    segment: torch.Tensor
    reads: list[tuple[int, int, int, int]]


def shared_start(encoded: Sequence[Sequence[int]]) -> int:
    """Return how many tokens all rows share at their start, leaving each row at least one of its own.

    >>> shared_start([[1, 2, 3, 4], [1, 2, 5]])
    2
    >>> shared_start([[1, 2], [1, 2]])
    1
    """
    if not encoded:
        return 0
    first, last = min(encoded), max(encoded)
    limit = min(map(len, encoded)) - 1
    for i in range(limit):
        if first[i] != last[i]:
            return i
    return limit


def _pack(encoded, label_ids, start: int, row_tokens: int) -> Iterator[_Row]:
    """Pack prompts, longest first, into rows; a prompt that is longer than a row gets one of its own."""
    extra = sum(len(ids) - 1 for ids in label_ids)
    order = sorted(range(len(encoded)), key=lambda i: -len(encoded[i]))
    while order:
        width = -(-(len(encoded[order[0]]) - start + extra) // STEP) * STEP
        fit = max(1, row_tokens // width)
        yield _row(order[:fit], encoded, label_ids, start, width)
        order = order[fit:]


def _row(prompts, encoded, label_ids, start: int, width: int) -> _Row:
    """Lay out one row. A label's last token is only read, never fed."""
    ids, positions, segment, reads = [], [], [], []
    for prompt in prompts:
        tail = encoded[prompt][start:]
        first = len(ids)
        after_prompt = first + len(tail) - 1
        ids.extend(tail)
        positions.extend(range(start, start + len(tail)))
        segment.extend([-1] * len(tail))
        for label, tokens in enumerate(label_ids):
            reads.append((after_prompt, tokens[0], prompt, label))
            for step, token in enumerate(tokens[:-1]):
                reads.append((len(ids), tokens[step + 1], prompt, label))
                ids.append(token)
                positions.append(start + len(tail) + step)
                segment.append(label)
        filling = first + width - len(ids)
        ids.extend([tail[-1]] * filling)
        positions.extend([start] * filling)
        segment.extend([-2] * filling)
    return _Row(ids, positions, torch.tensor(segment).view(len(prompts), width), reads)


def _block_mask(row: _Row, dtype, device) -> torch.Tensor:
    """(b, 1, t, t), added to the attention scores: 0 where a token may see an earlier one of its block, else -inf."""
    segment = row.segment.to(device)
    same = segment[:, :, None] == segment[:, None, :]
    visible = (same | (segment == -1)[:, None, :]).tril()
    return torch.zeros(visible.shape, dtype=dtype, device=device).masked_fill(~visible, -torch.inf)[:, None]


def _full_mask(row: _Row, start: int, dtype, device) -> torch.Tensor:
    """(1, 1, b x t, start + b x t): the same for attention that takes the row as a whole."""
    blocks = _block_mask(row, dtype, device)[:, 0]
    count = len(row.ids)
    mask = torch.full((count, start + count), -torch.inf, dtype=dtype, device=device)
    mask[:, :start] = 0
    for i, block in enumerate(blocks):
        at = i * len(block)
        mask[at : at + len(block), start + at : start + at + len(block)] = block
    return mask[None, None]


def _packed_attention(module, query, key, value, attention_mask, scaling, shared=0, **_):
    """Attention of a packed row, in the form transformers asks for.

    query is (1, heads, b x t, d); key and value are (1, key heads, shared + b x t, d); attention_mask is _block_mask's.
    Every token sees the whole shared start, so the heads that use the same keys go through as further query rows.
    """
    _, heads, count, size = query.shape
    key_heads, (blocks, _, width, _) = key.shape[1], attention_mask.shape
    own_key, own_value = (
        part[0, :, shared:]
        .view(key_heads, blocks, width, size)
        .transpose(0, 1)
        .repeat_interleave(heads // key_heads, 1)
        for part in (key, value)
    )
    own_query = query.reshape(heads, blocks, width, size).transpose(0, 1)
    out, weight = _attend(own_query, own_key, own_value, attn_mask=attention_mask, scale=scaling)
    out = out.transpose(0, 1).reshape(1, heads, count, size)
    if shared:
        rows = query.reshape(1, key_heads, -1, size)
        start, start_weight = _attend(rows, key[:, :, :shared], value[:, :, :shared], scale=scaling)
        share = torch.sigmoid(start_weight.reshape(1, heads, count) - weight.transpose(0, 1).reshape(1, heads, count))
        out = torch.lerp(out, start.reshape(out.shape), share[..., None].to(out.dtype))
    return out.transpose(1, 2).contiguous(), None


AttentionInterface.register(PACKED, _packed_attention)


@contextlib.contextmanager
def _attention(model) -> Iterator[bool]:
    """Yield whether the model's attention is computed in two parts; its own way is put back afterwards."""
    usual = model.config._attn_implementation
    in_parts = _attend is not None and model.device.type == "cpu" and usual == "sdpa"
    try:
        if in_parts:
            model.set_attn_implementation(PACKED)
        yield in_parts
    finally:
        model.set_attn_implementation(usual)


def _log_probs(model, hidden: torch.Tensor, reads) -> torch.Tensor:
    """Log-probability of each read's token at its position.

    Each position is read once, and in slices, since the logits are the memory: 49,152 floats a position.
    """
    where, tokens = torch.tensor([read[:2] for read in reads], device=hidden.device).T
    positions, slot = where.unique(return_inverse=True)
    parts = torch.empty(len(reads), device=hidden.device)
    for at in range(0, len(positions), HEAD_ROWS):
        logits = model.get_output_embeddings()(hidden[positions[at : at + HEAD_ROWS]]).float()
        here = (slot >= at) & (slot < at + HEAD_ROWS)
        row = slot[here] - at
        parts[here] = logits[row, tokens[here]] - logits.logsumexp(-1)[row]
    return parts


def score_packed(
    model, encoded, labels, label_ids, row_tokens=ROW_TOKENS, progress=False, share_start=True
) -> LabelScores:
    """Score every label after every prompt.

    Args:
        model: a causal language model of transformers.
        encoded: n prompts as token ids.
        labels: m names, for the result.
        label_ids: m labels as token ids, each of at least one.
        row_tokens: about how many tokens a forward pass reads.
        progress: show a bar.
        share_start: read what all prompts share at their start once.

    Returns:
        LabelScores, log_probs in float32 whatever the model computes in.
    """
    started = time.perf_counter()
    result = np.zeros((len(encoded), len(labels)), dtype=np.float64)
    start = shared_start(encoded) if share_start else 0
    decoder, device, dtype = model.get_decoder(), model.device, model.dtype
    cache = DynamicCache(config=model.config)
    with torch.inference_mode():
        if start:
            decoder(torch.tensor([encoded[0][:start]], device=device), past_key_values=cache, use_cache=True)
        rows = list(_pack(encoded, label_ids, start, row_tokens))
        with _attention(model) as in_parts:
            for row in tqdm(rows, desc="score", disable=not progress or len(rows) < 8, leave=False):
                mask = _block_mask(row, dtype, device) if in_parts else _full_mask(row, start, dtype, device)
                hidden = decoder(
                    input_ids=torch.tensor([row.ids], device=device),
                    position_ids=torch.tensor([row.positions], device=device),
                    attention_mask=mask,
                    past_key_values=cache,
                    use_cache=True,
                    shared=start,
                ).last_hidden_state[0]
                cache.crop(-len(row.ids))  # negative: the form that all releases of transformers 5 take
                prompts, columns = zip(*(read[2:] for read in row.reads), strict=True)
                np.add.at(result, (prompts, columns), _log_probs(model, hidden, row.reads).cpu().numpy())
    return LabelScores(
        labels=tuple(labels),
        log_probs=result,
        label_tokens=np.array([len(ids) for ids in label_ids]),
        prompt_tokens=np.array([len(ids) for ids in encoded]),
        shared_tokens=start,
        seconds=time.perf_counter() - started,
    )


def score_one_by_one(model, encoded, label_ids) -> np.ndarray:
    """The reference: one forward pass per prompt and label, no cache, no packing. Returns (n, m) log-probabilities."""
    result = np.zeros((len(encoded), len(label_ids)))
    with torch.inference_mode():
        for i, prompt in enumerate(encoded):
            for j, label in enumerate(label_ids):
                ids = torch.tensor([[*prompt, *label]], device=model.device)
                log_probs = model(ids).logits[0].float().log_softmax(-1)
                steps = range(len(prompt) - 1, len(prompt) + len(label) - 1)
                result[i, j] = sum(log_probs[at, token].item() for at, token in zip(steps, label, strict=True))
    return result
