"""Reused examples: each solved example is read once, and every prompt takes those that it shows from what was kept.

In an ordinary prompt an example sees all that stands before it, so its keys and values serve only prompts with that
very start. Here it sees the start that all prompts share and itself, and nothing else; what the model made of it serves
all prompts. The open message still sees all of its examples, from the place that it would have if they followed each
other. Reading parts of a prompt apart from each other is due to Ratner et al. (2023), Parallel context windows
(https://arxiv.org/abs/2212.10947); keeping them for other prompts to Gim et al. (2024), Prompt Cache
(https://arxiv.org/abs/2311.04934).

This is another prompt to the model, not a faster way to the same numbers: whether it answers as well must be measured.
"""

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tqdm.auto import tqdm
from transformers import AttentionInterface

from helpers.model import packing, scoring
from helpers.model.packing import Row

STORE_TOKENS = 8192  # of examples, kept at once: 0.38 GB in float32 for SmolLM2-135M
REUSED = "course_reused"  # the name under which transformers finds _reused_attention


@dataclass(frozen=True)
class Prompts:
    """n prompts in pieces, as token ids: the start of all, examples to choose from, and what each prompt adds.

    start: what all begin with. examples: one list each. chosen: (n) positions in `examples`, in the order shown.
    tails: (n) what follows the examples. No list of tokens may be empty.
    """

    start: Sequence[int]
    examples: Sequence[Sequence[int]]
    chosen: Sequence[Sequence[int]]
    tails: Sequence[Sequence[int]]

    def __post_init__(self):
        if not self.start or not all(self.tails) or not all(self.examples):
            raise ValueError("the shared start, every example and every tail need at least one token")
        if len(self.chosen) != len(self.tails):
            raise ValueError(f"{len(self.chosen)} choices of examples for {len(self.tails)} tails")

    def shown(self, i: int) -> int:
        """How many tokens of examples prompt i shows."""
        return sum(len(self.examples[example]) for example in self.chosen[i])

    @property
    def lengths(self) -> list[int]:
        """Tokens of each prompt: start, examples and tail."""
        return [len(self.start) + self.shown(i) + len(tail) for i, tail in enumerate(self.tails)]


class _Store:
    """Keys and values of `count` tokens for every layer, (key heads, count, d) each; made when a layer first asks."""

    def __init__(self, count: int):
        self.count = count
        self.layers: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}

    def of(self, layer: int, key: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return a layer's keys and values; `key` is (1, key heads, …, d), as the layer makes them."""
        if layer not in self.layers:
            shape = key.shape[1], self.count, key.shape[-1]
            self.layers[layer] = key.new_empty(shape), key.new_empty(shape)
        return self.layers[layer]


def _reused_attention(module, query, key, value, attention_mask, scaling, store=None, sees=None, save=None, **_):
    """Attention of a packed row whose blocks each see what they chose of a store, in the form transformers asks for.

    query is (1, heads, b x t, d); key and value are (1, key heads, b x t, d). sees is (b, c), places in the store;
    attention_mask is (b, 1, t, c + t). save is (places in the row, places in the store): what to store from now on.
    """
    _, heads, count, size = query.shape
    blocks, repeats = len(sees), heads // key.shape[1]
    sides = []
    for own, stored in zip((key, value), store.of(module.layer_idx, key), strict=True):
        blockwise = own[0].view(own.shape[1], blocks, -1, size)
        sides.append(torch.cat([stored[:, sees], blockwise], 2).transpose(0, 1).repeat_interleave(repeats, 1))
        if save is not None:
            stored[:, save[1]] = own[0][:, save[0]]
    rows = query[0].view(heads, blocks, -1, size).transpose(0, 1)
    out = torch.nn.functional.scaled_dot_product_attention(rows, *sides, attn_mask=attention_mask, scale=scaling)
    return out.permute(0, 2, 1, 3).reshape(1, count, heads, size), None


AttentionInterface.register(REUSED, _reused_attention)


def _read(model, store: _Store, row: Row, sees: Sequence[Sequence[int]], shift: Sequence[int], save=None):
    """Let the model read a row whose block i sees the places sees[i] and stands shift[i] positions further on.

    save: (places in the row, places in the store) as lists, what to store. Returns hidden states (b x t, d).
    """
    device, dtype = model.device, model.dtype
    width = max(map(len, sees))
    places = torch.tensor([[*own, *[0] * (width - len(own))] for own in sees], dtype=torch.long, device=device)
    filling = torch.arange(width) >= torch.tensor([len(own) for own in sees])[:, None]
    before = torch.zeros(filling.shape, dtype=dtype).masked_fill(filling, -torch.inf).to(device)[:, None, None]
    own = scoring.block_mask(row, dtype, device)
    mask = torch.cat([before.expand(-1, -1, own.shape[2], -1), own], -1)
    positions = torch.tensor(row.positions).view(row.segment.shape) + torch.tensor(shift)[:, None]
    out = model.get_decoder()(
        input_ids=torch.tensor([row.ids], device=device),
        position_ids=positions.view(1, -1).to(device),
        attention_mask=mask,
        use_cache=False,
        store=store,
        sees=places,
        save=save and tuple(torch.tensor(list(at), device=device) for at in save),
    )
    return out.last_hidden_state[0]


def _read_examples(model, prompts: Prompts, row_tokens: int) -> tuple[_Store, list[range]]:
    """Let the model read the start, and every example after it; return the store, and where each example lies in it."""
    start = len(prompts.start)
    ends = np.cumsum([start, *map(len, prompts.examples)]).tolist()
    places = [range(*pair) for pair in itertools.pairwise(ends)]
    store = _Store(ends[-1])
    last = [[0]]  # a label of one token is never fed; where it is read, a block's own tokens end
    for row in packing.pack([prompts.start], last, 0, row_tokens):
        _read(model, store, row, [[]], [0], (range(start), range(start)))
    whole = [[*prompts.start, *example] for example in prompts.examples]
    for row in packing.pack(whole, last, start, row_tokens):
        source, target = [], []
        for read in row.reads:
            source += range(read.position + 1 - len(places[read.prompt]), read.position + 1)
            target += places[read.prompt]
        blocks = len(row.segment)
        _read(model, store, row, [range(start)] * blocks, [0] * blocks, (source, target))
    return store, places


def _groups(prompts: Prompts, store_tokens: int) -> Iterator[list[int]]:
    """Cut the prompts, in their order, into groups whose examples hold at most so many tokens, or are one prompt's."""
    members: list[int] = []
    known: set[int] = set()
    for i, chosen in enumerate(prompts.chosen):
        if members and sum(len(prompts.examples[example]) for example in known.union(chosen)) > store_tokens:
            yield members
            members, known = [], set()
        members.append(i)
        known.update(chosen)
    if members:
        yield members


def _part(prompts: Prompts, members: Sequence[int]) -> Prompts:
    """Return some of the prompts, with the examples that they show."""
    shown = sorted({example for i in members for example in prompts.chosen[i]})
    place = {example: at for at, example in enumerate(shown)}
    chosen = [[place[example] for example in prompts.chosen[i]] for i in members]
    examples = [prompts.examples[example] for example in shown]
    return Prompts(prompts.start, examples, chosen, [prompts.tails[i] for i in members])


def score(
    model,
    prompts: Prompts,
    labels,
    label_ids,
    row_tokens: int = scoring.ROW_TOKENS,
    progress: bool = False,
    store_tokens: int = STORE_TOKENS,
) -> scoring.LabelScores:
    """Score every label after every prompt as `scoring.score_packed` does, each example read once.

    All examples stand at the same positions, directly after the start, so that their order makes no difference. What is
    stored takes 2 x layers x key heads x head size numbers a token: 46 kB in float32 for SmolLM2-135M. Where the
    examples hold more than `store_tokens`, the prompts go through in groups, in their order, and an example is read
    once for each group that shows it. The result's shared_tokens are those of the start alone.
    """
    started = time.perf_counter()
    result = np.zeros((len(prompts.tails), len(labels)))
    start = len(prompts.start)
    each = sum(len(ids) for ids in label_ids)  # reads of one prompt
    bar = tqdm(total=len(result), desc="score", disable=not progress or len(result) < 40, leave=False)
    with torch.inference_mode(), bar, scoring.attending(model, REUSED):
        for members in _groups(prompts, store_tokens):
            part = _part(prompts, members)
            store, places = _read_examples(model, part, row_tokens)
            tails = [[*part.start, *tail] for tail in part.tails]
            found = np.zeros((len(members), len(labels)))
            for row in packing.pack(tails, label_ids, start, row_tokens):
                asked = [read.prompt for read in row.reads[::each]]
                sees = [[*range(start), *(at for example in part.chosen[i] for at in places[example])] for i in asked]
                hidden = _read(model, store, row, sees, [part.shown(i) for i in asked])
                row.add(found, scoring.read_log_probs(model, hidden, row.reads))
                bar.update(len(asked))
            result[members] = found
    lengths = np.array([*map(len, label_ids)]), np.array(prompts.lengths)
    return scoring.LabelScores(tuple(labels), result, *lengths, start, time.perf_counter() - started)
