"""Keys and values of several texts, allocated once and written in place; and how tokens attend to them."""

from collections.abc import Sequence

import torch
from torch.nn import functional

from helpers.model.lean import Lean

AT_ONCE = 64  # tokens of each text read in one pass: what a pass holds beside the cache grows with it
SPLIT_FROM = 4  # texts from which a shared start is kept once: each step reads it once then, not once a text


class Cache:
    """What a model has read of texts that stand side by side and end at the same slot, filled up at their left.

    start: a cache of one text, of which the first `shared` tokens stand before each of these; they are not read again.
    """

    def __init__(self, lean: Lean, tails: Sequence[Sequence[int]], room: int, start: "Cache | None" = None, shared=0):
        self.lean, self.tails, self.shared = lean, tails, shared
        self.rows, self.width = len(tails), max(map(len, tails))
        self.split = bool(shared) and self.rows >= SPLIT_FROM and lean.dtype == torch.float32
        self.first = 0 if self.split else shared
        self.at = self.first  # the next free slot
        slots = self.first + self.width + room
        shape = len(lean.layers), self.rows, lean.key_heads, slots, lean.size
        # Zeros, so that what no token may see is a number; the system hands out a page when it is written first.
        self.keys, self.values = (torch.zeros(shape, dtype=lean.dtype, device=lean.device) for _ in range(2))
        self.start = None
        if shared:
            begun = [side[:, 0, :, :shared] for side in (start.keys, start.values)]
            if self.split:
                self.start = begun
            else:
                self.keys[:, :, :, :shared], self.values[:, :, :, :shared] = (side[:, None] for side in begun)
        self.lengths = torch.tensor([shared + len(tail) for tail in tails], device=lean.device)
        filling = self.width - self.lengths + shared
        slot = torch.arange(slots, device=lean.device)
        hidden = (slot >= self.first) & (slot < self.first + filling[:, None])
        self.filled = None  # (rows, slots), what is added to attention: -inf where a text is filled up
        if hidden.any():
            self.filled = torch.zeros(hidden.shape, dtype=lean.dtype, device=lean.device).masked_fill(
                hidden, -torch.inf
            )
        lean.turn_to(shared + self.width + room)

    def read_tails(self) -> torch.Tensor:
        """Let the model read all tails; return the hidden states (rows, width) of their last tokens."""
        width, device = self.width, self.lean.device
        ids = torch.tensor([[0] * (width - len(tail)) + list(tail) for tail in self.tails], device=device)
        real = torch.tensor([[False] * (width - len(tail)) + [True] * len(tail) for tail in self.tails], device=device)
        positions = self.lengths[:, None] - width + torch.arange(width, device=device)
        for at in range(0, width, AT_ONCE):
            part = slice(at, min(at + AT_ONCE, width))
            hidden = self._read(ids[:, part], positions[:, part], real[:, part])
        return hidden[real[:, part].sum(1).cumsum(0) - 1]

    def read(self, ids: Sequence[int]) -> torch.Tensor:
        """Let the model read several more tokens of the only text; return their hidden states (n, width)."""
        given = torch.tensor([ids], device=self.lean.device)
        positions = self.lengths[:, None] + torch.arange(len(ids), device=self.lean.device)
        self.lengths += len(ids)
        return self._read(given, positions, torch.ones_like(given, dtype=torch.bool))

    def forget(self, count: int) -> None:
        """Take back the last tokens that were read."""
        self.at -= count
        self.lengths -= count

    def step(self, tokens: Sequence[int]) -> torch.Tensor:
        """Let the model read one more token of each text; return hidden states (rows, width)."""
        ids, positions = torch.tensor(tokens, device=self.lean.device), self.lengths.clone()
        self.lengths += 1
        self.at += 1
        return self.lean.read(ids, positions, self._attend_one)

    def drop(self, row: int) -> None:
        """Let a finished text go; the last one takes its place."""
        last, self.rows = self.rows - 1, self.rows - 1
        if row < last:
            for side in (self.keys, self.values):
                side[:, row, :, : self.at] = side[:, last, :, : self.at]
            self.lengths[row] = self.lengths[last]
            if self.filled is not None:
                self.filled[row] = self.filled[last]
        self.lengths = self.lengths[: self.rows]

    def _attend_one(self, number: int, queries, keys, values) -> torch.Tensor:
        """Attention of one new token a text, written to the slot before `at`."""
        rows, lean = self.rows, self.lean
        own_keys, own_values = self.keys[number, :rows, :, : self.at], self.values[number, :rows, :, : self.at]
        own_keys[:, :, -1], own_values[:, :, -1] = keys, values
        queries = queries.unflatten(1, (lean.key_heads, -1))  # (rows, key heads, heads to each, size)
        filled = None if self.filled is None else self.filled[:rows, None, None, : self.at]
        if self.split:
            return self._attend_split(number, queries, own_keys, own_values, filled).reshape(rows, -1)
        out = functional.scaled_dot_product_attention(queries, own_keys, own_values, filled, scale=lean.scale)
        return out.reshape(rows, -1)

    def _attend_split(self, number: int, queries, own_keys, own_values, filled) -> torch.Tensor:
        """One softmax over the start, which all texts take as further rows of one product, and what each one has."""
        start_keys, start_values = (side[number] for side in self.start)
        queries = queries * self.lean.scale
        to_start = self._by_key_head(queries) @ start_keys.transpose(1, 2)
        to_own = queries @ own_keys.transpose(2, 3)
        if filled is not None:
            to_own += filled
        weights = torch.cat([to_start.unflatten(1, (self.rows, -1)).transpose(0, 1), to_own], -1).softmax(-1)
        of_start = self._by_key_head(weights[..., : self.shared]) @ start_values
        of_own = weights[..., self.shared :] @ own_values
        return of_own + of_start.unflatten(1, (self.rows, -1)).transpose(0, 1)

    @staticmethod
    def _by_key_head(parts: torch.Tensor) -> torch.Tensor:
        return parts.transpose(0, 1).flatten(1, 2)

    def _read(self, ids, positions, real) -> torch.Tensor:
        """Read the real ones of (rows, c) tokens into the next c slots; return hidden states of the real ones."""
        begin, end = self.at, self.at + ids.shape[1]
        self.at = end
        count, lean = end - begin, self.lean
        row, column = real.nonzero(as_tuple=True)
        later = torch.ones(count, end, dtype=torch.bool, device=lean.device).triu(begin + 1)
        # The smallest number and not -inf: what fills a text up attends to something too, and nobody reads it.
        mask = torch.zeros(later.shape, dtype=lean.dtype, device=lean.device).masked_fill(
            later, torch.finfo(lean.dtype).min
        )
        mask = mask.expand(self.rows, -1, -1)
        if self.filled is not None:
            mask = (mask + self.filled[:, None, :end]).clamp(min=torch.finfo(lean.dtype).min)
        if self.split:
            mask = torch.cat([mask.new_zeros(self.rows, count, self.shared), mask], -1)
        repeats = lean.heads // lean.key_heads
        mask = mask.repeat(1, repeats, 1)[:, None]

        def attend(number: int, queries, keys, values) -> torch.Tensor:
            own = [self.keys[number], self.values[number]]
            for side, new in zip(own, (keys, values), strict=True):
                if self.rows == 1:
                    side[0, :, begin:end] = new.transpose(0, 1)
                else:
                    side[row, :, begin + column] = new
            seen = [side[:, :, :end] for side in own]
            if self.split:
                before = (side[number][None].expand(self.rows, -1, -1, -1) for side in self.start)
                seen = [torch.cat(pair, 2) for pair in zip(before, seen, strict=True)]
            spread = queries.new_zeros(self.rows, count, lean.heads, lean.size)
            spread[row, column] = queries
            asked = spread.unflatten(2, (lean.key_heads, -1)).permute(0, 2, 3, 1, 4).flatten(2, 3)
            out = functional.scaled_dot_product_attention(asked, *seen, mask, scale=lean.scale)
            out = out.unflatten(2, (repeats, count)).permute(0, 3, 1, 2, 4)
            return out[row, column].flatten(1)

        return lean.read(ids[row, column], positions[row, column], attend)
