"""What the rungs of a ladder share: the task, models loaded when first needed, vectors made once, texts cut alike.

A rung is data: a name, how it begins, and then a function from items to outcomes. Measuring is left to climb.
"""

import pathlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from helpers.machine import runtime
from helpers.model import catalogue, packing
from helpers.model.language_model import LanguageModel
from helpers.model.prompts import without_marks
from helpers.model.remote_model import LETTERS_A_TOKEN
from helpers.results import store
from helpers.tasks.files import Message
from helpers.tasks.own.splits import sample

MOST_TOKENS = 256  # of a text that is asked about or learned from; its middle is left out
EXAMPLE_TOKENS = 96  # of a text shown as an example
MOST_VECTORS = 3000  # training texts that are embedded
AT_ONCE = 8  # texts: as fast as 32 on two cores, and where they are long, 0.2 GB less
LORA_ROWS, LORA_DEV = 300, 60


@dataclass(frozen=True)
class Outcome:
    """What a method made of one item: what it said, whether that is right, and what is known of how."""

    prediction: str
    right: bool
    confidence: float | None = None
    prompt_tokens: float = 0.0
    new_tokens: float = 0.0
    text: str = ""


@dataclass(frozen=True)
class Ready:
    """A rung that has begun: `answer` takes items and returns an Outcome each; and what its training took, if any."""

    answer: Callable[[Sequence], list[Outcome]]
    training_seconds: float = 0.0
    details: Mapping = field(default_factory=dict)


@dataclass(frozen=True)
class Rung:
    """One method of a ladder.

    approach: one of rows.APPROACHES. says: what it does, in a few words. begin: trains or prepares. uses: "",
    "embedder" or "model", the heaviest thing that it needs. shown: how many labeled rows took part. settings: what
    decides the outcome beside task and model. at_once: items of one piece; a stopped climb loses at most one piece.
    """

    name: str
    approach: str
    says: str
    begin: Callable[["Bench"], Ready]
    uses: str = ""
    shown: Callable[["Bench"], int] = lambda bench: 0
    settings: Callable[["Bench"], Mapping] = lambda bench: {}
    at_once: int = 500


class Bench:
    """A task with the models that it is measured on.

    own: an OwnTask or OwnDocuments. lm, embedder: taken as they are where given, else loaded when first needed.
    lora_rows: how many training rows a tuned model learns from. epochs: how often it sees them.
    """

    def __init__(self, own, lm: LanguageModel | None = None, embedder=None, lora_rows: int = LORA_ROWS):
        self.own, self.lora_rows, self.epochs = own, lora_rows, 3
        self._lm, self._embedder, self._lent = lm, embedder, embedder is not None
        self._vectors: dict[str, np.ndarray] = {}
        self._short: dict[tuple[str, int], str] = {}
        self.memo: dict = {}  # what a kind of ladder makes once for all of its rungs
        self.progress = False

    @property
    def task(self):
        """The task of texts under labels."""
        return self.own.task

    @property
    def lm(self) -> LanguageModel:
        """The language model: the one given, else the course's (COURSE_MODEL)."""
        if self._lm is None:
            self._lm = LanguageModel.shared()
        return self._lm

    @property
    def embedder(self):
        """The embedding model."""
        if self._embedder is None:
            runtime.set_threads()
            self._embedder = catalogue.load_embedder()
        return self._embedder

    def spare_embedder(self) -> None:
        """Let go of an embedder that the bench loaded itself: vectors stay, and it is loaded again when needed."""
        if not self._lent:
            self._embedder = None

    @property
    def folder(self) -> pathlib.Path:
        """Where the pieces of a climb and its report are kept."""
        return store.folder() / "own" / self.own.name.removeprefix("own:").replace(":", "-")

    @cached_property
    def items(self) -> list:
        """The items that test, mixed so that the first k of them hold the labels in about their shares."""
        test = self.own.task.test if self.own.kind == "labels" else self.own.test
        return [test[i] for i in sample(test, len(test))]

    @cached_property
    def pool(self) -> list[Message]:
        """The training texts that are embedded."""
        train = self.task.train
        return [train[i] for i in sorted(sample(train, MOST_VECTORS))]

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Return embeddings (n, d) of length one, each text embedded once."""
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if new:
            few = {"batch_size": AT_ONCE, "normalize_embeddings": True, "show_progress_bar": len(new) > 300}
            self._vectors.update(zip(new, self.embedder.encode(new, **few), strict=True))
        return np.stack([self._vectors[text] for text in texts])

    @cached_property
    def pool_vectors(self) -> np.ndarray:
        """(n, d), of the pool."""
        return self.vectors([message.text for message in self.pool])

    def short(self, text: str, most: int = MOST_TOKENS) -> str:
        """Return a text without chat marks, and without its middle where it has more than `most` tokens."""
        text = without_marks(text)
        if len(text.encode("utf-8", "replace")) <= most:
            return text
        if (text, most) not in self._short:
            self._short[text, most] = self._cut(text, most)
        return self._short[text, most]

    def _cut(self, text: str, most: int) -> str:
        """The same without its middle; by letters where a model is behind an address, which tells no tokens."""
        remote = not hasattr(self.lm, "encode")
        units = list(text) if remote else self.lm.encode(text)
        room = most * LETTERS_A_TOKEN if remote else most
        if len(units) <= room:
            return text
        kept, end = packing.cut_middle(units, room), room // 2
        first, last = (
            "".join(part) if remote else self.lm.tokenizer.decode(part) for part in (kept[:-end], kept[-end:])
        )
        return without_marks(f"{first.rstrip()} … {last.lstrip()}")

    def shortened(self, messages: Sequence[Message], most: int = MOST_TOKENS) -> list[Message]:
        """Return messages with their texts cut alike."""
        return [Message(one.id, self.short(one.text, most), one.label) for one in messages]
