"""A ledger row: one method measured once on one split, with all that decides what it found.

Texts and prompts are kept as hashes, one for each item, so that a row can be matched and cut without holding them.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from helpers import statistics
from helpers.model import catalogue

APPROACHES = ("plain", "prompt", "retrieve", "tune", "retrieve + tune")
UNKNOWN = "?"  # stands for a hash that was not recorded: it agrees with none
NEEDED = ("ids", "gold", "predictions", "correct")  # one for each item; of the others each has one, or they are empty
COLUMNS = (*NEEDED, "texts", "prompts", "prompt_tokens", "new_tokens", "seconds", "confidence")


def digest(value) -> str:
    """Return 12 hex digits that stand for a text or any JSON value; lone surrogates are allowed.

    >>> digest("a") == digest("a"), digest("a") == digest(["a"])
    (True, False)
    """
    return hashlib.sha256(json.dumps(value, ensure_ascii=True, sort_keys=True).encode("ascii")).hexdigest()[:12]


def as_json(value):
    """Return a value as it comes back from JSON: tuples are lists then, and keys are texts.

    >>> as_json({1: (2, 3)})
    {'1': [2, 3]}
    """
    return json.loads(json.dumps(value))


@dataclass(frozen=True)
class LedgerRow:
    """One method, measured once on one split. The same settings on the same items should give the same row again.

    approach: one of APPROACHES. model, parameters: the model's name and how many numbers it has; "none" and 0 without.
    ids, gold, predictions, correct: n each; `correct` holds one 0 or 1 for each item.
    texts, prompts: n hashes each, of an item's text and of what the model read; `prompts` is empty where nothing was
    prompted. labels: the labels on offer, sorted; empty for free text. labels_used: how many labeled examples took part
    in training or choosing. settings: all else that decides the outcome. prompt_tokens, new_tokens, seconds,
    confidence: n numbers each, or empty where unknown; seconds of a batch are spread evenly over its items
    (`details["timed"]` is then "together"). looks: how often this method had been measured on this test split before.
    tries: among how many candidates it was chosen on dev, 0 where nobody searched. token_limit: the most that an answer
    may have.
    """

    task: str
    method: str
    split: str
    approach: str
    ids: list[str]
    gold: list[str]
    predictions: list[str]
    correct: list[int]
    texts: list[str]
    prompts: list[str] = field(default_factory=list)
    model: str = "none"
    parameters: int = 0
    dtype: str = ""
    device: str = "cpu"
    machine: str = ""
    labels: list[str] = field(default_factory=list)
    labels_used: int = 0
    seed: int | None = None
    settings: dict = field(default_factory=dict)
    prompt_tokens: list[float] = field(default_factory=list)
    new_tokens: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    confidence: list[float] = field(default_factory=list)
    training_seconds: float = 0.0
    looks: int = 0
    tries: int = 0
    token_limit: int | None = None
    profile: str = "full"
    made: str = ""
    details: dict = field(default_factory=dict)
    reference: bool = False

    def __post_init__(self):
        if self.approach not in APPROACHES:
            raise ValueError(f"approach is {self.approach!r}; give one of {', '.join(APPROACHES)}")
        lengths = {name: len(getattr(self, name)) for name in COLUMNS}
        wrong = {name: k for name, k in lengths.items() if k != self.n and (k or name in NEEDED)}
        if wrong or not self.ids:
            raise ValueError(
                f"ids, gold, predictions and what is kept for each item must be equally long and not empty; "
                f"there are {self.n} ids, and otherwise {wrong}"
            )
        if len(set(self.ids)) != self.n:
            raise ValueError("an id is repeated; each item counts once")

    @property
    def n(self) -> int:
        """How many items were measured."""
        return len(self.ids)

    @property
    def interval(self) -> statistics.Interval:
        """Share of correct items with its Wilson interval."""
        return statistics.wilson_interval(sum(self.correct), self.n)

    @property
    def seconds_per_item(self) -> float:
        """Mean seconds; 0 where unknown."""
        return _mean(self.seconds)

    @property
    def prompt_tokens_per_item(self) -> float:
        """Mean tokens read; 0 where not counted."""
        return _mean(self.prompt_tokens)

    @property
    def new_tokens_per_item(self) -> float:
        """Mean tokens written; 0 where not counted."""
        return _mean(self.new_tokens)

    @property
    def tokens_per_item(self) -> float:
        """Mean tokens read and written; 0 where not counted."""
        return self.prompt_tokens_per_item + self.new_tokens_per_item

    @property
    def items(self) -> dict[str, tuple[str, str]]:
        """An item's id -> its label and the hash of its text."""
        return dict(zip(self.ids, zip(self.gold, self.texts, strict=True), strict=True))

    @property
    def data_sha256(self) -> str:
        """Twelve hex digits that stand for the measured items, their labels and texts: equal ones can be paired."""
        return digest([self.ids, self.gold, self.texts])

    @property
    def sha256(self) -> str:
        """Twelve hex digits that stand for the whole row."""
        return digest(asdict(self))

    @property
    def language_model(self) -> str:
        """The language model under the method, adapters aside; empty for plain methods and embedding models."""
        base = base_of(self.model)
        spec = catalogue.CATALOGUE.get(base)
        return "" if base == "none" or (spec and spec.kind == "embedding") else base

    @property
    def mark(self) -> str:
        """What stands behind the method's name: ` (reference, the model's name)` for a row of the course's own."""
        named = f", {self.model}" if self.model != "none" else ""
        return f" (reference{named})" if self.reference else ""

    @property
    def answers(self) -> list[str]:
        """The texts written, in the order of the items; KeyError where the row keeps none."""
        return [self.details["answers"][item] for item in self.ids]

    def cut(self, ids: Sequence[str]) -> "LedgerRow":
        """Return the row as if only these of its items had been measured; raises KeyError if one was not."""
        at = {item: place for place, item in enumerate(self.ids)}
        places = [at[item] for item in ids]
        columns = {name: getattr(self, name) for name in COLUMNS}
        return replace(self, **{name: [column[i] for i in places] for name, column in columns.items() if column})


def base_of(model: str) -> str:
    """Return the name of a model without what was done to it.

    >>> base_of("SmolLM2-135M-Instruct + facts"), base_of("SmolLM2-135M-Instruct, merged")
    ('SmolLM2-135M-Instruct', 'SmolLM2-135M-Instruct')
    """
    return model.split(" + ")[0].split(", ")[0]


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else 0.0


def mark(row) -> str:
    """Return `(reference)` for a ledger row of the course's own, or for a list of such; nothing for your own."""
    return "(reference)" if getattr(row, "reference", bool(row)) else ""
