"""Lets a model answer only by copying a stretch of its passages, word for word: it cannot ramble, nor invent a number.

Extractive reading, as the first neural readers did it (Rajpurkar et al. 2016, arxiv.org/abs/1606.05250), made of
constrained decoding. What it copies may still be the wrong stretch.
"""

from collections.abc import Callable, Sequence

import torch
from transformers import LogitsProcessor

from helpers.methods.retrieval.chunking import Chunk
from helpers.methods.retrieval.passages import passage_text
from helpers.model.language_model import LanguageModel
from helpers.model.prompts import Prompt

QUESTION_MARK = "\n\nQuestion:"  # where the passages end in a prompt
COPY = Prompt(
    "copy from passages",
    system="Answer the question with words copied from the passages.",
    user="{passages}\n\nQuestion: {text}",
)


class CopyOnly(LogitsProcessor):
    """Forbids every token but those that go on with a stretch of the prompt's passages, and the end.

    `width`: tokens of the padded prompts.
    """

    def __init__(self, lm: LanguageModel, width: int):
        self.tokenizer, self.width = lm.tokenizer, width
        self.end = lm.tokenizer.eos_token_id
        self.rows: list[tuple[list[int], list[int]]] = []  # the passages' tokens, and where an answer may start

    def _passages(self, ids: list[int]) -> tuple[list[int], list[int]]:
        """Tokens of the last turn's passages, and the positions of those at which a word begins."""
        starts = [i for i, token in enumerate(ids) if token == self.tokenizer.convert_tokens_to_ids("<|im_start|>")]
        turn = ids[starts[-2] + 2 : starts[-1]]
        pieces = [self.tokenizer.decode([token]) for token in turn]
        text = "".join(pieces)
        end = text.rfind(QUESTION_MARK)
        kept, places, length = [], [], 0
        for token, piece in zip(turn, pieces, strict=True):
            if length >= end >= 0:
                break
            begins = piece[:1].isspace() or not kept or text[length - 1 : length].isspace()
            if begins and any(c.isalnum() or c == "$" for c in piece):
                places.append(len(kept))
            kept.append(token)
            length += len(piece)
        return kept, places

    def _next(self, row: int, written: list[int]) -> set[int]:
        """The tokens that may follow `written`: those that follow it in the passages, within a line, or the end."""
        passages, places = self.rows[row]
        n = len(written)
        following = {passages[at + n] for at in places if passages[at : at + n] == written and at + n < len(passages)}
        if not written:
            return following
        return {token for token in following if "\n" not in self.tokenizer.decode([token])} | {self.end}

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        if not self.rows:
            self.rows = [self._passages(ids[: self.width]) for ids in input_ids.tolist()]
        allowed = torch.full_like(scores, -torch.inf)
        for row, ids in enumerate(input_ids.tolist()):
            written = ids[self.width :]
            chosen = [self.end] if self.end in written else sorted(self._next(row, written))
            allowed[row, chosen] = 0
        return scores + allowed


def copy_only(lm: LanguageModel) -> Callable[[int, int], LogitsProcessor]:
    """Return what LanguageModel.generate takes as `logits_processor` so that answers are copied from the passages."""
    return lambda _rows, width: CopyOnly(lm, width)


def with_source(text: str, used: Sequence[Chunk]) -> str:
    """Return a copied answer with the number of the first passage that holds it; as it is if none does.

    >>> with_source("38 days", [Chunk("a#1", "a", "A", "public", "2026-01-31", "", 0, 13, "Within 38 days")])
    '38 days [1]'
    """
    for number, chunk in enumerate(used, start=1):
        if text and text in passage_text(chunk, number):
            return f"{text} [{number}]"
    return text
