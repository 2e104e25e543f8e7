"""Training rows: several short pairs side by side in one row of tokens, each seeing the shared start and itself only.

Without padding, and with what all prompts share read once a row, a step takes a fraction of the time; the gradient is
the one that pairs read one at a time would give (a test holds that).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn.functional import cross_entropy
from torch.utils.checkpoint import checkpoint

from helpers.methods.tuning.prepare import Example
from helpers.model import head, packing

STEP = 32  # row lengths are multiples of it: oneDNN keeps a kernel for each shape
SHARED, FILLING = -1, -2


@dataclass(frozen=True)
class TrainingRow:
    """One row of t tokens.

    ids, positions, segment: (t,); segment counts the pairs, SHARED is for the start, FILLING for padding.
    spans: where each pair's own tokens stand in the row.
    reads: (k,) positions whose next token is part of an answer. targets: (k,) those tokens.
    """

    ids: torch.Tensor
    positions: torch.Tensor
    segment: torch.Tensor
    spans: tuple[tuple[int, int], ...]
    reads: torch.Tensor
    targets: torch.Tensor
    shared: int

    def mask(self, dtype, device) -> torch.Tensor:
        """(1, 1, t, t), added to attention scores: 0 where a token may look, else the lowest number."""
        return packing.added(packing.visible(self.segment[None].to(device)), dtype, torch.finfo(dtype).min)[None]


def split(examples: Sequence[Example], members: Sequence[int], shared: int, row_tokens: int) -> list[list[int]]:
    """Spread pairs over as few rows as hold them, of like length: longest first, each into the emptiest row."""
    sizes = {i: len(examples[i]) - 1 - shared for i in members}  # an answer's last token is only read, never fed
    room = max(1, row_tokens - shared)
    count = max(1, -(-sum(sizes.values()) // room))
    while True:
        rows, filled = [[] for _ in range(count)], [0] * count
        for i in sorted(members, key=lambda i: (-sizes[i], i)):
            place = filled.index(min(filled))
            rows[place].append(i)
            filled[place] += sizes[i]
        fits = all(total <= room or len(row) == 1 for row, total in zip(rows, filled, strict=True))
        if fits or count >= len(members):
            return [row for row in rows if row]
        count += 1


def lay_out(examples: Sequence[Example], members: Sequence[int], shared: int) -> TrainingRow:
    """Lay pairs side by side as one row, after the start that they share."""
    start = examples[members[0]].prompt[:shared]
    ids, positions, segment = list(start), list(range(shared)), [SHARED] * shared
    spans, reads, targets = [], [], []
    for place, member in enumerate(members):
        example, first = examples[member], len(ids)
        own = [*example.prompt[shared:], *example.answer[:-1]]
        ids += own
        positions += range(shared, shared + len(own))
        segment += [place] * len(own)
        spans.append((first, len(ids)))
        reads += range(len(ids) - len(example.answer), len(ids))
        targets += example.answer
    filling = -len(ids) % STEP
    return TrainingRow(
        ids=torch.tensor(ids + [ids[-1]] * filling),
        positions=torch.tensor(positions + [shared] * filling),
        segment=torch.tensor(segment + [FILLING] * filling),
        spans=tuple(spans),
        reads=torch.tensor(reads),
        targets=torch.tensor(targets),
        shared=shared,
    )


class Kept:
    """What the frozen layers below the lowest trained one made of texts, so that no epoch and no later run repeats it.

    Pass the same Kept to several runs from one base (a learning curve, a grid of recipes). Above `most_bytes` nothing
    more is kept; with another base or lowest layer it starts anew.
    """

    def __init__(self, most_bytes: int = 250_000_000):
        self.most_bytes, self.bytes, self.of = most_bytes, 0, None
        self.states: dict[tuple, torch.Tensor] = {}

    def use_for(self, base: str, first: int) -> None:
        """Forget everything that was computed with other weights or up to another layer."""
        if self.of != (base, first):
            self.of, self.bytes, self.states = (base, first), 0, {}

    def put(self, key: tuple, state: torch.Tensor) -> None:
        """Keep a copy of a state if there is room."""
        if self.bytes + state.nbytes <= self.most_bytes:
            self.states[key] = state.clone()
            self.bytes += state.nbytes


class Reader:
    """Reads rows with a model whose layers from `first` on are trained; those below are asked once a text (Kept).

    A row of more than `most` tokens, one pair that is longer than a row should be, is read once more for its gradient
    (gradient checkpointing): 0.3 MB a token less, the same numbers.
    """

    def __init__(self, model, first: int, kept: Kept, most: int):
        self.model, self.first, self.kept, self.most = model, first, kept, most

    def hidden(self, row: TrainingRow) -> torch.Tensor:
        """(k, width): the last hidden state at the row's reads."""
        device, decoder = self.model.device, self.model.model
        positions = row.positions[None].to(device)
        mask = row.mask(self.model.dtype, device)
        if not self.first:
            ids = row.ids[None].to(device)
            out = decoder(input_ids=ids, position_ids=positions, attention_mask=mask, use_cache=False)
            return out.last_hidden_state[0, row.reads.to(device)]
        state = self._below(row, positions, mask)
        state = self._through(decoder.layers[self.first :], state, positions, mask)
        return decoder.norm(state[0, row.reads.to(device)])

    def _through(self, layers, state, positions, mask):
        angles = self.model.model.rotary_emb(state, position_ids=positions)
        more = {"attention_mask": mask, "position_ids": positions, "position_embeddings": angles}
        twice = torch.is_grad_enabled() and state.shape[1] > self.most
        for layer in layers:
            state = checkpoint(layer, state, use_reentrant=False, **more) if twice else layer(state, **more)
        return state

    def _below(self, row: TrainingRow, positions, mask) -> torch.Tensor:
        """(1, t, width): what the frozen layers make of the row, from what is kept where all of it is."""
        start = tuple(row.ids[: row.shared].tolist())
        spans = [(0, row.shared), *row.spans]
        keys = [(start, *row.ids[first:last].tolist()) for first, last in spans]
        if all(key in self.kept.states for key in keys):
            parts = [self.kept.states[key] for key in keys]
            filling = len(row.ids) - sum(map(len, parts))
            return torch.cat([*parts, parts[-1][-1:].expand(filling, -1)])[None]
        with torch.no_grad():
            state = self.model.model.embed_tokens(row.ids[None].to(self.model.device))
            state = self._through(self.model.model.layers[: self.first], state, positions, mask)
        for key, (first, last) in zip(keys, spans, strict=True):
            if key not in self.kept.states:
                self.kept.put(key, state[0, first:last])
        return state


def loss_of(model, hidden: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """(k,): the loss in nats at each read position."""
    parts = [
        cross_entropy(model.lm_head(some).float(), wanted.to(some.device), reduction="none")
        for some, wanted in zip(hidden.split(head.ROWS), targets.split(head.ROWS), strict=True)
    ]
    return torch.cat(parts)


def backward(model, hidden: torch.Tensor, targets: torch.Tensor, answer_tokens: int) -> float:
    """Add a row's gradient; return its share of the step's loss.

    Logits are the memory, so the head goes slice by slice: each slice gives its gradient on the hidden states, and
    those go back through the decoder at once.
    """
    leaf, total = hidden.detach().requires_grad_(), 0.0
    for some, wanted in zip(leaf.split(head.ROWS), targets.split(head.ROWS), strict=True):
        logits = model.lm_head(some).float()
        loss = cross_entropy(logits, wanted.to(logits.device), reduction="sum") / answer_tokens
        loss.backward()
        total += loss.item()
    hidden.backward(leaf.grad)
    return total
