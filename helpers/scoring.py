"""Packed label scoring: many prompts, each with all its labels, through the model in few forward passes.

What all prompts share at their start goes through the model once and stays in its key-value cache. The rest is packed
into rows of about 512 tokens: prompt tail, label, label, …, next prompt's tail, and so on. A mask lets every token see
the shared start, its own prompt and its own label, and nothing else; positions run on as if each label stood alone.
`score_one_by_one` is the slow, obvious way: one pass per prompt and label. Both give the same numbers.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tqdm.auto import tqdm
from transformers import DynamicCache

ROW_TOKENS = 512
HEAD_ROWS = 64  # positions whose logits are held at once: 64 x 49,152 floats are 13 MB


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


@dataclass(frozen=True)
class _Row:
    """Tensors of one packed row. `owner` and `segment` say, per token, which prompt and which label it belongs to."""

    ids: list[int]
    positions: list[int]
    owner: list[int]
    segment: list[int]  # -1 for the prompt's own tokens
    reads: list[tuple[int, int, int, int]]  # (position in the row, token to read there, prompt, label)


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
    row = _Row([], [], [], [], [])
    for prompt in sorted(range(len(encoded)), key=lambda i: -len(encoded[i])):
        tail = encoded[prompt][start:]
        if row.ids and len(row.ids) + len(tail) + extra > row_tokens:
            yield row
            row = _Row([], [], [], [], [])
        _append(row, prompt, tail, start, label_ids)
    if row.ids:
        yield row


def _append(row: _Row, prompt: int, tail, start: int, label_ids) -> None:
    """Add one prompt's tail and its labels. A label's last token is only read, never fed."""
    row.ids.extend(tail)
    row.positions.extend(range(start, start + len(tail)))
    row.owner.extend([prompt] * len(tail))
    row.segment.extend([-1] * len(tail))
    after_prompt = len(row.ids) - 1
    for label, ids in enumerate(label_ids):
        row.reads.append((after_prompt, ids[0], prompt, label))
        for step, token in enumerate(ids[:-1]):
            row.reads.append((len(row.ids), ids[step + 1], prompt, label))
            row.ids.append(token)
            row.positions.append(start + len(tail) + step)
            row.owner.append(prompt)
            row.segment.append(label)


def _mask(row: _Row, start: int, device) -> torch.Tensor:
    """Boolean (1, 1, tokens, start + tokens): which earlier tokens each token of the row may see."""
    owner, segment = torch.tensor(row.owner, device=device), torch.tensor(row.segment, device=device)
    count = len(row.ids)
    same_prompt = owner[:, None] == owner[None, :]
    visible_part = (segment[None, :] == -1) | (segment[:, None] == segment[None, :])
    earlier = torch.ones(count, count, dtype=torch.bool, device=device).tril()
    own = same_prompt & visible_part & earlier
    return torch.cat([torch.ones(count, start, dtype=torch.bool, device=device), own], dim=1)[None, None]


def _log_probs(model, hidden: torch.Tensor, tokens: list[int]) -> torch.Tensor:
    """Log-probability of `tokens[i]` at `hidden[i]`; in slices, since the logits are the memory (49,152 a token)."""
    parts = []
    for at in range(0, len(tokens), HEAD_ROWS):
        logits = model.get_output_embeddings()(hidden[at : at + HEAD_ROWS]).float()
        wanted = torch.tensor(tokens[at : at + HEAD_ROWS], device=hidden.device)
        parts.append(logits.gather(1, wanted[:, None])[:, 0] - logits.logsumexp(-1))
    return torch.cat(parts)


def score_packed(model, encoded, labels, label_ids, row_tokens=ROW_TOKENS, progress=False) -> LabelScores:
    """Score every label after every prompt.

    Args:
        model: a causal language model of transformers.
        encoded: n prompts as token ids.
        labels: m names, for the result.
        label_ids: m labels as token ids, each of at least one.
        row_tokens: about how many tokens a forward pass reads.
        progress: show a bar.

    Returns:
        LabelScores, log_probs in float32 whatever the model computes in.
    """
    started = time.perf_counter()
    result = np.zeros((len(encoded), len(labels)), dtype=np.float64)
    start = shared_start(encoded)
    decoder, device = model.get_decoder(), model.device
    with torch.inference_mode():
        cache = DynamicCache(config=model.config)
        if start:
            decoder(torch.tensor([encoded[0][:start]], device=device), past_key_values=cache, use_cache=True)
        rows = list(_pack(encoded, label_ids, start, row_tokens))
        for row in tqdm(rows, desc="score", disable=not progress or len(rows) < 8, leave=False):
            hidden = decoder(
                input_ids=torch.tensor([row.ids], device=device),
                position_ids=torch.tensor([row.positions], device=device),
                attention_mask=_mask(row, start, device),
                past_key_values=cache,
                use_cache=True,
            ).last_hidden_state[0]
            cache.crop(-len(row.ids))  # negative: the form that all releases of transformers 5 take
            where, tokens, prompts, columns = zip(*row.reads, strict=True)
            np.add.at(result, (prompts, columns), _log_probs(model, hidden[list(where)], tokens).cpu().numpy())
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
