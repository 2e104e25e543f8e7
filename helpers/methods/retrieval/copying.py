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

    Args:
        lm: its tokenizer tells where lines, words and turns begin.
        width: tokens of the padded prompts.
        least: tokens that an answer must have before it may end.
    """

    def __init__(self, lm: LanguageModel, width: int, least: int = 1):
        self.tokenizer, self.width, self.least = lm.tokenizer, width, least
        self.end = lm.tokenizer.eos_token_id
        self.rows: list[tuple[list[int], list[int]]] = []  # the passages' tokens, and where an answer may start

    def _passages(self, ids: list[int]) -> tuple[list[int], list[int]]:
        """Tokens of the last turn's passages, and the positions of those at which a word begins."""
        text, pieces = "", []
        starts = [i for i, token in enumerate(ids) if token == self.tokenizer.convert_tokens_to_ids("<|im_start|>")]
        turn = ids[starts[-2] + 2 : starts[-1]]
        for token in turn:
            pieces.append(self.tokenizer.decode([token]))
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
        passages, places = self.rows[row]
        if not written:
            return {passages[place] for place in places}
        n = len(written)
        going_on = {
            passages[place + n]
            for place in places
            if passages[place : place + n] == written
            and place + n < len(passages)
            and "\n" not in self.tokenizer.decode([passages[place + n]])
        }
        return going_on | {self.end} if n >= self.least or not going_on else going_on

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        if not self.rows:
            self.rows = [self._passages(ids[: self.width]) for ids in input_ids.tolist()]
        allowed = torch.full_like(scores, -torch.inf)
        for row, ids in enumerate(input_ids.tolist()):
            written = ids[self.width :]
            chosen = [self.end] if self.end in written else sorted(self._next(row, written))
            allowed[row, chosen] = 0
        return scores + allowed


def copy_only(lm: LanguageModel, least: int = 1) -> Callable[[int, int], LogitsProcessor]:
    """Return what LanguageModel.generate takes as `logits_processor` so that answers are copied from the passages."""
    return lambda _rows, width: CopyOnly(lm, width, least)


def with_source(text: str, used: Sequence[Chunk]) -> str:
    """Return a copied answer with the number of the first passage that holds it; as it is if none does.

    >>> with_source("38 days", [Chunk("a#1", "a", "A", "public", "2026-01-31", "", 0, 13, "Within 38 days")])
    '38 days [1]'
    """
    for number, chunk in enumerate(used, start=1):
        if text and text in passage_text(chunk, number):
            return f"{text} [{number}]"
    return text
