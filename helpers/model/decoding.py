"""Writing answers side by side: a shared start is read once, finished answers leave the batch, lookups guess ahead.

What is written equals what transformers' `generate` writes, but for numbers that differ in their last digits: both take
the likeliest token, and where two are as good as equally likely the last digits decide.
"""

from collections.abc import Callable, Sequence

import torch
from transformers import LogitsProcessorList
from transformers.generation.logits_process import (
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopPLogitsWarper,
)

from helpers.model import packing
from helpers.model.cache import Cache
from helpers.model.lean import Lean

KNOWN_BY = 3  # tokens that a guess goes by: after two alike, free prose went on otherwise nearly always
GUESSES = 5  # at most; with the token before them they are the six rows that one product reads at a time


class Writer:
    """Writes batch after batch with a model as it is now, and keeps the start that the last batch shared."""

    def __init__(self, model, end: int, filling: int):
        self.lean, self.end, self.filling = Lean(model), end, filling
        self.penalty = model.generation_config.repetition_penalty
        self.start: Cache | None = None
        self.start_ids: list[int] = []

    def write(self, rows: list[list[int]], settings: dict, make_processor: Callable | None = None) -> list[list[int]]:
        """Return new token ids for each row, up to and including the end token.

        Args:
            rows: token ids of the prompts, at least one each.
            settings: max_new_tokens, and where do_sample is true temperature and top_p.
            make_processor: as `LanguageModel.generate` takes it.
        """
        most = settings["max_new_tokens"]
        shared = self._share(rows)
        cache = Cache(self.lean, [row[shared:] for row in rows], most + GUESSES, self.start, shared)
        choose = self._chooser(rows, settings, make_processor)
        hidden = cache.read_tails()
        new: list[list[int]] = [[] for _ in rows]
        if len(rows) == 1 and choose.plain and self._guessing_pays():
            self._write_one(rows[0], cache, hidden, most, new[0])
            return new
        live = list(range(len(rows)))  # which answer stands in which row of the cache
        while True:
            for row, token in zip(live, choose(self.lean.logits(hidden), live, new), strict=True):
                new[row].append(token)
            done = [new[row][-1] == self.end or len(new[row]) == most for row in live]
            if all(done):
                return new
            for place in reversed(range(len(live))):
                if done[place]:
                    cache.drop(place)
                    live[place] = live[-1]
                    live.pop()
            hidden = cache.step([new[row][-1] for row in live])

    def _share(self, rows: list[list[int]]) -> int:
        """Read what all rows share at their start, as far as it was not the last batch's; return how many tokens."""
        shared = packing.shared_start(rows)
        known = packing.shared_start([[*self.start_ids, -1], [*rows[0][:shared], -2]])
        if len(rows) == 1:
            shared = known  # alone there is nothing to share but what is there already
        if shared < packing.SHARED_AT_LEAST:
            return 0
        if shared > known:
            longer = Cache(self.lean, [rows[0][known:shared]], 0, self.start if known else None, known)
            longer.read_tails()
            self.start, self.start_ids = longer, rows[0][:shared]
        return shared

    def _guessing_pays(self) -> bool:
        """Whether a few tokens take hardly longer than one: where their weights, not the arithmetic, are waited for."""
        return self.lean.device.type == "cuda" or self.lean.head.matrix is not None

    def _write_one(self, row: list[int], cache: Cache, hidden: torch.Tensor, most: int, new: list[int]) -> None:
        """Write one answer greedily, guessing that it goes on as it did after the same three tokens before.

        All guesses are read in one pass; those that the model would have written itself are kept. Looking guesses up in
        the text is due to Saxena (2023), https://github.com/apoorvumang/prompt-lookup-decoding.
        """
        guesses = Lookup(row)
        new.append(int(self.lean.logits(hidden).argmax()))
        while new[-1] != self.end and len(new) < most:
            guesses.add(new[-1])
            ahead = guesses.next()[: most - len(new) - 1]
            hidden = cache.read([new[-1], *ahead]) if ahead else cache.step([new[-1]])
            found = self.lean.logits(hidden).argmax(-1).tolist()
            right = next((i for i, guess in enumerate(ahead) if guess != found[i]), len(ahead))
            written = found[: right + 1]
            if self.end in written:
                written = written[: written.index(self.end) + 1]
            cache.forget(len(ahead) - right)
            guesses.learn(len(ahead), right)
            for token in written[:-1]:
                guesses.add(token)
            new += written

    def _chooser(self, rows: list[list[int]], settings: dict, make_processor) -> "_Chooser":
        width = max(map(len, rows))
        processors = LogitsProcessorList()
        if self.penalty not in (None, 1.0):
            before = torch.tensor([width - len(row) for row in rows], device=self.lean.device)
            processors.append(RepetitionPenaltyLogitsProcessor(self.penalty, prompt_ignore_length=before))
        if make_processor:
            processors.append(make_processor(len(rows), width))
        sampling = settings["do_sample"]
        if sampling and settings["temperature"] != 1:
            processors.append(TemperatureLogitsWarper(settings["temperature"]))
        if sampling and settings["top_p"] < 1:
            processors.append(TopPLogitsWarper(settings["top_p"]))
        return _Chooser(rows, settings["max_new_tokens"], self.filling, processors, sampling, self.lean.device)


class _Chooser:
    """Chooses the next token of each live row.

    Processors and random draws are handed all rows in their places, finished ones too, as transformers does it: a
    processor counts on it, and the same seed then draws the same tokens.
    """

    def __init__(self, rows, most: int, filling: int, processors: LogitsProcessorList, sampling: bool, device):
        self.processors, self.sampling, self.plain = processors, sampling, not processors and not sampling
        self.width = max(map(len, rows))
        if not self.plain:
            self.ids = torch.full((len(rows), self.width + most), filling, device=device)
            for at, row in enumerate(rows):
                self.ids[at, self.width - len(row) : self.width] = torch.tensor(row, device=device)

    def __call__(self, logits: torch.Tensor, live: Sequence[int], new: Sequence[Sequence[int]]) -> list[int]:
        if self.plain:
            return logits.argmax(-1).tolist()
        end = self.width + len(new[live[0]])
        scores = logits.new_zeros(len(self.ids), logits.shape[-1])
        scores[live] = logits
        scores = self.processors(self.ids[:, :end], scores)
        chosen = torch.multinomial(scores.softmax(-1), 1)[:, 0] if self.sampling else scores.argmax(-1)
        self.ids[live, end] = chosen[live]
        return chosen[live].tolist()


class Lookup:
    """Guesses how a text goes on: as it did where its last three tokens stood before."""

    def __init__(self, text: Sequence[int]):
        self.text: list[int] = []
        self.after: dict[tuple[int, ...], int] = {}  # three tokens -> where the text went on the last time, but the end
        self.most = 2
        for token in text:
            self.add(token)

    def add(self, token: int) -> None:
        """Take in one more token of the text."""
        if len(self.text) >= KNOWN_BY:
            self.after[tuple(self.text[-KNOWN_BY:])] = len(self.text)
        self.text.append(token)

    def next(self) -> list[int]:
        """Return guesses at the next tokens; none where the last three stood together nowhere before.

        >>> Lookup([1, 2, 3, 4, 5, 1, 2, 3]).next()
        [4, 5]
        """
        place = self.after.get(tuple(self.text[-KNOWN_BY:]))
        return [] if place is None else self.text[place : place + self.most]

    def learn(self, guessed: int, right: int) -> None:
        """Guess further ahead after guesses that were right, and less far after those that were not."""
        if guessed:
            self.most = min(GUESSES, self.most + 2) if right == guessed else max(1, right)
