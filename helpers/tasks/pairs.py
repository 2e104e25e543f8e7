"""Training pairs, and how a model that learned from them is asked.

A tuned model has learned what to do, so its prompt names the task in a few words and shows nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from helpers.model.language_model import LanguageModel
from helpers.model.prompts import without_marks
from helpers.model.scoring import LabelScores
from helpers.tasks.files import Message
from helpers.tasks.task import Task


@dataclass(frozen=True)
class Pair:
    """One training example: a prompt (a string, or chat messages) and the answer that the assistant should give."""

    prompt: str | Sequence[dict]
    answer: str
    id: str = ""


def prompt(system: str, text: str) -> list[dict]:
    """Return the chat messages that a tuned model reads for one text; the text cannot pose as a turn of its own.

    >>> prompt("Sort it.", "Hi")[1]
    {'role': 'user', 'content': 'Hi'}
    """
    start = [{"role": "system", "content": system}] if system else []
    return [*start, {"role": "user", "content": without_marks(text)}]


def training_pairs(task: Task, messages: Sequence[Message], labels: Sequence[str] = ()) -> list[Pair]:
    """Return pairs of message and words of its label, or of the label in `labels`, one a message, if those are given.

    Raises ValueError if `labels` are not as many as the messages, or hold one that the task lacks.
    """
    labels = list(labels) or [message.label for message in messages]
    unknown = sorted(set(labels) - set(task.labels))
    if unknown or len(labels) != len(messages):
        raise ValueError(
            f"{task.name}: give one label for each of {len(messages)} {task.noun}; got {len(labels)}, unknown among "
            f"them: {unknown}"
        )
    return [
        Pair(prompt(task.system, message.text), task.words[label], message.id)
        for message, label in zip(messages, labels, strict=True)
    ]


def label_scorer(task: Task) -> Callable[[LanguageModel, Sequence[str]], LabelScores]:
    """Return how a tuned model sorts texts: it weighs the words of every label after the text alone."""

    def score(lm: LanguageModel, texts: Sequence[str]) -> LabelScores:
        chats = [prompt(task.system, text) for text in texts]
        return lm.score(chats, list(task.words.values()), progress=False).renamed(task.labels)

    return score


def prompts_of(task: Task) -> Callable[[Sequence[str]], list[list[dict]]]:
    """Return what makes the chats that a tuned model of this task reads, one for each text."""
    return lambda texts: [prompt(task.system, text) for text in texts]
