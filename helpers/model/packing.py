"""Packing: lays out many prompts, each with all its labels, as few rows of tokens, and groups prompts that start alike.

Only token ids go in and come out; scoring lets a model read the rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

STEP = 8  # block widths are multiples of it: oneDNN keeps a kernel per shape, about 2 MB each
SHARED_AT_LEAST = 16  # tokens beyond the common start for which prompts are grouped: fewer are not worth a pass
MAX_BATCH_TOKENS = 6_000  # of prompts and answers generated at once: bounds the cache to 0.3 GB in float32
FEWEST_PROMPT = 16  # tokens that must be left of a prompt whose middle is cut out


class Read(NamedTuple):
    """Where in a row the log-probability of a token is read, and of which prompt and label it is part."""

    position: int
    token: int
    prompt: int
    label: int


@dataclass(frozen=True)
class Row:
    """One packed row: b blocks of t tokens each, the shorter ones filled up at their end.

    ids, positions: b x t tokens, block after block.
    segment: (b, t), which label a token belongs to; -1 for the prompt's own tokens, -2 for filling.
    """

    ids: list[int]
    positions: list[int]
    segment: torch.Tensor
    reads: list[Read]

    def add(self, log_probs: np.ndarray, read: torch.Tensor) -> None:
        """Add what was read, one number a read, to the labels' sums of the prompts, (n, m)."""
        places = [place.prompt for place in self.reads], [place.label for place in self.reads]
        np.add.at(log_probs, places, read.cpu().numpy())


def visible(segment: torch.Tensor) -> torch.Tensor:
    """(b, t, t), from segments (b, t): whether a token sees another: earlier, of its own segment or of -1."""
    return ((segment[:, :, None] == segment[:, None, :]) | (segment == -1)[:, None, :]).tril()


def added(seen: torch.Tensor, dtype, hidden: float = -torch.inf) -> torch.Tensor:
    """Return what is added to attention scores, same shape: 0 where a token is seen, else `hidden`."""
    return torch.zeros(seen.shape, dtype=dtype, device=seen.device).masked_fill(~seen, hidden)


def cut_middle(ids: list[int], room: int) -> list[int]:
    """Return tokens as they are, or without some of their middle where they are more than `room`.

    >>> cut_middle([1, 2, 3, 4, 5], 3)
    [1, 2, 5]
    """
    if len(ids) <= room:
        return ids
    end = room // 2
    return ids[: room - end] + ids[len(ids) - end :]


def fit(
    encoded: Sequence[list[int]], limit: int, room: int, beside: Sequence[int] = (), cut: bool = False
) -> tuple[list[list[int]], tuple[int, ...]]:
    """Return prompts that a model of `limit` tokens holds with `room` more after them, and which were cut for it.

    `beside`: how many tokens stand in front of each; none if left out. `cut` takes out the middle of a prompt that is
    too long, down to FEWEST_PROMPT tokens. Raises ValueError, with the prompt's number, where one does not fit.
    """
    kept = []
    for i, (ids, others) in enumerate(zip(encoded, beside or [0] * len(encoded), strict=True)):
        space = limit - room - others
        if space < (min(FEWEST_PROMPT, len(ids)) if cut else len(ids)):
            length = len(ids) + others
            raise ValueError(
                f"prompt {i} has {length} tokens and needs {room} more; the model holds {limit}. Shorten it"
            )
        kept.append(cut_middle(ids, space))
    return kept, tuple(i for i, (ids, now) in enumerate(zip(encoded, kept, strict=True)) if now is not ids)


def shared_start(encoded: Sequence[Sequence[int]]) -> int:
    """Return how many tokens all rows share at their start, leaving each row at least one of its own.

    >>> shared_start([[1, 2, 3, 4], [1, 2, 5]])
    2
    >>> shared_start([[1, 2], [1, 2]])
    1
    """
    if not encoded:
        return 0
    limit = min(map(len, encoded)) - 1
    pairs = zip(min(encoded), max(encoded), strict=False)
    return next((i for i, (one, other) in enumerate(pairs) if i == limit or one != other), limit)


def pack(encoded, label_ids, start: int, row_tokens: int) -> Iterator[Row]:
    """Pack prompts, longest first, into rows; a prompt that is longer than a row gets one of its own."""
    extra = sum(len(ids) - 1 for ids in label_ids)
    order = sorted(range(len(encoded)), key=lambda i: -len(encoded[i]))
    while order:
        width = -(-(len(encoded[order[0]]) - start + extra) // STEP) * STEP
        fit = max(1, row_tokens // width)
        yield _row(order[:fit], encoded, label_ids, start, width)
        order = order[fit:]


def _row(prompts, encoded, label_ids, start: int, width: int) -> Row:
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
            reads.append(Read(after_prompt, tokens[0], prompt, label))
            for step, token in enumerate(tokens[:-1]):
                reads.append(Read(len(ids), tokens[step + 1], prompt, label))
                ids.append(token)
                positions.append(start + len(tail) + step)
                segment.append(label)
        filling = first + width - len(ids)
        ids.extend([tail[-1]] * filling)
        positions.extend([start] * filling)
        segment.extend([-2] * filling)
    return Row(ids, positions, torch.tensor(segment).view(len(prompts), width), reads)


def tokens_read(encoded: Sequence[Sequence[int]]) -> int:
    """Return how many tokens a model reads of prompts whose starts, as `groups` finds them, it reads once.

    >>> tokens_read([[1, *range(20), 5], [1, 2], [1, *range(20), 6]])
    24
    """
    start = shared_start(encoded)
    found = groups(encoded, start)
    return start + sum(depth - start + sum(len(encoded[i]) - depth for i in members) for depth, members in found)


def groups(encoded: Sequence[Sequence[int]], start: int) -> list[tuple[int, list[int]]]:
    """Return (tokens that a group shares, its prompts): prompts that go on alike beyond what all share go together.

    What stays alone forms one group, which shares `start`.

    >>> groups([[1, *range(20), 5], [1, 2], [1, *range(20), 6]], 1)
    [(21, [0, 2]), (1, [1])]
    """
    runs: list[list[int]] = []
    for i in sorted(range(len(encoded)), key=lambda i: encoded[i]):
        if runs and shared_start([encoded[runs[-1][-1]], encoded[i]]) >= start + SHARED_AT_LEAST:
            runs[-1].append(i)
        else:
            runs.append([i])
    found = [(shared_start([encoded[i] for i in run]), run) for run in runs if len(run) > 1]
    alone = [run[0] for run in runs if len(run) == 1]
    return found + ([(start, alone)] if alone else [])


def batches(encoded: list[list[int]], batch_size: int, room: int) -> Iterator[list[int]]:
    """Indices in batches of like length, longest first, each within batch_size and, with `room`, MAX_BATCH_TOKENS."""
    batch: list[int] = []
    for i in sorted(range(len(encoded)), key=lambda i: -len(encoded[i])):
        longest = len(encoded[batch[0] if batch else i]) + room
        if batch and (len(batch) >= batch_size or (len(batch) + 1) * longest > MAX_BATCH_TOKENS):
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch
