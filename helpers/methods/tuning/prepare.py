"""From pairs to tokens: renders prompts, marks the answers, and reports what is odd about a training set.

Nothing is changed in silence: what is left out or cut stands in the report. Cleaning is left to curation.
"""

import hashlib
import json
import pathlib
from collections.abc import Sequence
from dataclasses import dataclass

from helpers.methods.tuning.recipe import Recipe, TuningError
from helpers.model import packing
from helpers.model.language_model import LanguageModel, as_messages
from helpers.tasks import files
from helpers.tasks.pairs import Pair

ODD = {
    "empty": "left out, prompt or answer is empty",
    "too_long": "left out, the answer alone is longer than max_tokens allows",
    "truncated": "prompt cut in its middle to fit max_tokens",
    "duplicates": "said before, prompt and answer alike",
    "conflicts": "said before with another answer",
}
SHOWN = 3  # ids that a line of the report names before it only counts


@dataclass(frozen=True)
class Example:
    """One pair as the model reads it: token ids of the prompt, then of the answer with its end token."""

    id: str
    prompt: list[int]
    answer: list[int]

    def __len__(self) -> int:
        return len(self.prompt) + len(self.answer)


@dataclass(frozen=True)
class Report:
    """What preparation found.

    pairs, used: how many were given, how many are trained on.
    tokens, answer_tokens: of the pairs used; the loss sees only the answers'.
    answers: how many different answers there are.
    odd: for each of ODD, the ids of its pairs, in the order of the training set.
    """

    pairs: int
    used: int
    tokens: int
    answer_tokens: int
    answers: int
    odd: dict[str, list[str]]

    @property
    def problems(self) -> list[str]:
        """One line for each thing to look at before training; empty if there is none."""
        lines = [f"{len(ids)} {_pairs(len(ids))} {ODD[what]}: {_named(ids)}" for what, ids in self.odd.items() if ids]
        if self.used == 1:
            lines.append("one pair is all there is: the model will repeat its answer, whatever it is asked")
        elif self.used and self.answers == 1:
            lines.append("every answer is the same: the model will learn to give it, whatever it is asked")
        return lines

    def __str__(self) -> str:
        first = f"{self.used} of {self.pairs} pairs, {self.tokens} tokens, {self.answer_tokens} of them in answers"
        return "\n".join([first, *self.problems])


@dataclass(frozen=True)
class Prepared:
    """A training set as tokens. `shared`: how many tokens all prompts share at their start, read once a row."""

    examples: tuple[Example, ...]
    report: Report
    shared: int
    data_sha256: str


def _pairs(count: int) -> str:
    return "pair" if count == 1 else "pairs"


def _named(ids: Sequence[str]) -> str:
    return ", ".join(ids[:SHOWN]) + (f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else "")


def prepare(lm: LanguageModel, pairs: Sequence[Pair], recipe: Recipe) -> Prepared:
    """Render pairs through the chat template and turn them into tokens, with the answers marked.

    A pair without an id gets its place in the list ("row 1" is the first).

    Raises:
        TuningError: there is no pair, one is malformed, or none is left after the empty and too long are taken out.
    """
    named = [(pair.id or f"row {number}", pair) for number, pair in enumerate(pairs, start=1)]
    if not named:
        raise TuningError("the training set holds no pair")
    examples, answers = [], {}  # of each prompt
    odd = {what: [] for what in ODD}
    for name, pair in named:
        messages = _messages(name, pair)
        example, what = _example(lm, name, messages, pair.answer.strip(), recipe.max_tokens)
        if what:
            odd[what].append(name)
        if example:
            examples.append(example)
            earlier = answers.setdefault(json.dumps(messages), set())
            if earlier:
                odd["duplicates" if pair.answer.strip() in earlier else "conflicts"].append(name)
            earlier.add(pair.answer.strip())
    if not examples:
        raise TuningError(f"of {len(named)} {_pairs(len(named))} none can be trained on: all are empty or too long")
    report = Report(
        pairs=len(named),
        used=len(examples),
        tokens=sum(map(len, examples)),
        answer_tokens=sum(len(example.answer) for example in examples),
        answers=len(set().union(*answers.values())),
        odd=odd,
    )
    shared = packing.shared_start([example.prompt for example in examples])
    return Prepared(tuple(examples), report, shared, hash_of(pairs))


def _messages(name: str, pair: Pair) -> list[dict]:
    """A pair's prompt as messages; raises TuningError naming the pair if it is malformed."""
    if not isinstance(pair.answer, str):
        raise TuningError(f"{name}: the answer must be a text, not {type(pair.answer).__name__}")
    try:
        return as_messages(pair.prompt)
    except (ValueError, TypeError) as error:
        raise TuningError(f"{name}: {error}") from None


def _example(lm: LanguageModel, name: str, messages: list[dict], answer: str, most: int) -> tuple[Example | None, str]:
    """Return (the pair as tokens, or None if it is left out; what happened to it, or nothing)."""
    if not answer or not any(message["content"].strip() for message in messages):
        return None, "empty"
    prompt = lm.encode(lm.render(messages))
    learned = [*lm.encode(answer), lm.tokenizer.eos_token_id]
    room = most - len(learned)
    if room < min(packing.FEWEST_PROMPT, len(prompt)):
        return None, "too_long"
    kept = packing.cut_middle(prompt, room)
    return Example(name, kept, learned), "" if kept is prompt else "truncated"


def hash_of(pairs: Sequence[Pair]) -> str:
    """Return 12 hex digits that stand for these prompts and answers in this order."""
    told = [[as_messages(pair.prompt), pair.answer] for pair in pairs]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()[:12]


def read_pairs(path: str | pathlib.Path) -> list[Pair]:
    """Read pairs from a JSON Lines file: {"prompt", "answer"}, {"text", "label"}, or {"messages"} ending in an answer.

    `prompt` may be a text or chat messages. Raises DataError naming file, line and remedy.
    """
    path = pathlib.Path(path)
    pairs = []
    for number, row in enumerate(files.read_jsonl(path), start=1):
        name = str(row.get("id") or f"row {number}")
        try:
            pairs.append(_pair(name, row))
            _messages(name, pairs[-1])
        except (KeyError, TuningError) as error:
            raise files.DataError(
                f"{path.name}, {name}: {error.args[0]}; a row needs the texts prompt and answer, or text and label, or "
                "a list of messages of which the last is the assistant's"
            ) from None
    if not pairs:
        raise files.DataError(f"{path.name} holds no rows")
    return pairs


def _pair(name: str, row: dict) -> Pair:
    if "messages" in row:
        *prompt, last = as_messages(row["messages"]) if isinstance(row["messages"], list) else [{}]
        if not prompt or last["role"] != "assistant":
            raise KeyError("the last of its messages is not the assistant's")
        return Pair(prompt, last["content"], name)
    prompt, answer = ("prompt", "answer") if "prompt" in row else ("text", "label")
    for field in (prompt, answer):
        if field not in row:
            raise KeyError(f"it has no {field!r}, only {', '.join(row)}")
    if not isinstance(row[answer], str):
        raise KeyError(f"its {answer!r} is not a text")
    return Pair(row[prompt], row[answer], name)
