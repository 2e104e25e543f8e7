"""One type for every task that sorts texts under labels: the course's intents, and a learner's own.

A task says which texts there are, which labels, what a model calls them, and what it is told. Reading files is left to
files, measuring to the ledger.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

from helpers.tasks.files import DataError, Message

SPLITS = ("train", "dev", "test")


@dataclass(frozen=True)
class Task:
    """Texts to be sorted under labels.

    name: as the ledger keeps it. words: label -> what a model calls it; no two labels may share their words. system:
    what a prompt says first; may be empty. train, dev, test: the messages; `train` alone is shown or learned from.
    outside: the label of what belongs to none of the others, or None. noun: what the texts are called.

    Raises DataError naming the labels where words are empty or shared, where a message has a label without words, or
    where `outside` is no label.

    >>> task = Task("mail", {"bug": "a bug report", "ask": "a question"}, test=[Message("1", "It broke", "bug")])
    >>> task.labels, len(task.split("test"))
    (('bug', 'ask'), 1)
    """

    name: str
    words: Mapping[str, str]
    system: str = ""
    train: Sequence[Message] = ()
    dev: Sequence[Message] = ()
    test: Sequence[Message] = ()
    outside: str | None = None
    noun: str = "messages"

    def __post_init__(self):
        object.__setattr__(self, "words", MappingProxyType(dict(self.words)))
        for name in SPLITS:
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if not self.words:
            raise DataError(f"{self.name}: a task needs at least one label; give words={{label: words}}")
        _check_words(self.name, self.words)
        if self.outside is not None and self.outside not in self.words:
            raise DataError(f"{self.name}: outside={self.outside!r} is no label; choose one of {_listed(self.labels)}")
        for name in SPLITS:
            unknown = {one.label: one.id for one in reversed(self.split(name)) if one.label not in self.words}
            if unknown:
                where = ", ".join(f"{label!r} ({item})" for label, item in sorted(unknown.items())[:5])
                raise DataError(f"{self.name}, {name}: no words for {where}; add them to words={{label: words}}")

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in the order of `words`."""
        return tuple(self.words)

    @cached_property
    def data_sha256(self) -> str:
        """Twelve hex digits that stand for every text with its label, split by split."""
        return _sha256([[[message.text, message.label] for message in self.split(name)] for name in SPLITS])

    @cached_property
    def sha256(self) -> str:
        """Twelve hex digits that stand for the texts, the labels, their words and the system text."""
        return _sha256([self.data_sha256, list(self.words.items()), self.system, self.outside])

    def split(self, name: str) -> tuple[Message, ...]:
        """Return the messages of `train`, `dev` or `test`; raises DataError for another name."""
        if name not in SPLITS:
            raise DataError(f"no split {name!r}; choose one of {', '.join(SPLITS)}")
        return getattr(self, name)

    def with_words(self, words: Mapping[str, str], system: str | None = None) -> "Task":
        """Return the same task with other words for some or all labels, and another system text if one is given.

        Raises DataError naming the labels: unknown ones, and those that would have no words or the same.
        """
        unknown = [label for label in words if label not in self.words]
        if unknown:
            raise DataError(f"{self.name}: no label {_listed(unknown)}; choose among {_listed(self.labels)}")
        return replace(self, words={**self.words, **words}, system=self.system if system is None else system)


def _check_words(name: str, words: Mapping[str, str]) -> None:
    owners: dict[str, list[str]] = {}
    for label, said in words.items():
        if not isinstance(said, str) or not said.strip():
            raise DataError(f"{name}: the label {label!r} has no words; give it some that a person would say")
        owners.setdefault(said.strip(), []).append(label)
    for said, labels in owners.items():
        if len(labels) > 1:
            raise DataError(
                f"{name}: the labels {_listed(labels)} have the same words, {said!r}; a model cannot tell them apart"
            )


def _listed(labels: Sequence[str]) -> str:
    shown = ", ".join(map(repr, labels[:12]))
    return shown if len(labels) <= 12 else f"{shown} and {len(labels) - 12} more"


def _sha256(content: object) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:12]
