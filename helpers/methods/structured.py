"""JSON answers: read them out of chatter, check them against a schema, retry, repair, or make bad ones impossible.

Validity is judged by the jsonschema library, constraints come from llguidance. Valid is not right: measure both.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import jsonschema
import llguidance
import llguidance.hf
import llguidance.numpy
import numpy as np
import torch
from transformers import LogitsProcessor

from helpers.machine import runtime
from helpers.model.language_model import LanguageModel, as_messages

SPACING = {"whitespace_flexible": False, "key_separator": ": ", "item_separator": ", "}
CLOSING_STEPS = 400
TIDY_STEPS = 8  # the library's small allocations keep the growing cache's old blocks from being reused: 0.2 GB


class SchemaError(ValueError):
    """A schema is wrong, or cannot be used as a constraint; the message says where."""


@dataclass(frozen=True)
class JsonAnswer:
    """One answer of the model, read as JSON.

    text: what the model wrote. value: the object in it, None where there is none. problems: what the schema objects to;
    empty means valid. closed: the constraint finished the answer after the model had used up its tokens. calls,
    new_tokens: what it took.
    """

    text: str
    value: object
    problems: tuple[str, ...]
    closed: bool = False
    calls: int = 1
    new_tokens: int = 0

    @property
    def valid(self) -> bool:
        return not self.problems


def check_schema(schema: dict) -> None:
    """Raise SchemaError with the place of the fault if `schema` is not a correct JSON Schema."""
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        raise SchemaError(f"the schema is wrong at {error.json_path}: {error.message}") from None


def problems(value, schema: dict) -> list[str]:
    """Return what a schema objects to in a value, most important first; empty if it is valid.

    >>> problems({"risk": "none"}, {"properties": {"risk": {"enum": ["low", "high"]}}})
    ["$.risk: 'none' is not one of ['low', 'high']"]
    """
    found = sorted(jsonschema.Draft202012Validator(schema).iter_errors(value), key=jsonschema.exceptions.relevance)
    return [f"{error.json_path}: {error.message[:200]}" for error in found]


def find_label(text: str, labels: Sequence[str]) -> str | None:
    """Return the one label that a text names, None if it names none or several; case and underscores do not matter.

    >>> find_label("The label is: Refund request.", ["refund_request", "billing"])
    'refund_request'
    """
    plain = text.lower().replace("_", " ")
    names = {label: re.escape(label.lower().replace("_", " ")) for label in labels}
    named = [label for label, name in names.items() if re.search(rf"(?<!\w){name}(?!\w)", plain)]
    return named[0] if len(named) == 1 else None


def allowed(sequences: Sequence[Sequence[int]], written: Sequence[int], end: int) -> set[int]:
    """Return the tokens that may come after what is written, so that one of the sequences can still come out.

    >>> allowed([[1, 2], [1]], [1], end=0) == {0, 2}
    True
    """
    written = list(written)
    going = [list(ids) for ids in sequences if list(ids[: len(written)]) == written]
    return {[*ids, end][len(written)] for ids in going}


def _no_json(word: str):
    raise ValueError(f"{word} is no JSON, though Python reads it")


DECODER = json.JSONDecoder(parse_constant=_no_json)  # which names NaN, Infinity and -Infinity


def extract(text: str) -> tuple[object, bool]:
    """Return (the JSON object in a text, whether other text stood around it); (None, False) if there is none.

    The whole text is tried first, then the longest object that starts at any opening brace.

    >>> extract('Sure! {"risk": "low"} Anything else?')
    ({'risk': 'low'}, True)
    """
    try:
        value = DECODER.decode(text)
        return (value, False) if isinstance(value, dict) else (None, False)
    except ValueError:
        pass
    longest, found = 0, None
    start = text.find("{")
    while start >= 0:
        end = start + 1
        try:
            value, end = DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            pass
        else:
            if end - start > longest:
                longest, found = end - start, value
        start = text.find("{", end)
    return found, found is not None


def read(text: str, schema: dict, extracting: bool = True, **more) -> JsonAnswer:
    """Return a text as a JsonAnswer; with extracting=False only a text that is JSON from end to end counts."""
    value, extracted = extract(text)
    if extracted and not extracting:
        around = "a code fence" if "```" in text else "other words"
        said = [f"{around} around the JSON object, which must stand alone", *problems(value, schema)]
        return JsonAnswer(text, None, tuple(said), **more)
    said = problems(value, schema) if value is not None else ["no JSON object found"]
    return JsonAnswer(text, value, tuple(said), **more)


def ask(lm: LanguageModel, prompts: Sequence, schema: dict, extracting: bool = True, **options) -> list[JsonAnswer]:
    """Let the model answer freely and read each answer. Options are those of `LanguageModel.generate`."""
    check_schema(schema)
    made = lm.generate(prompts, **options)
    return [read(text, schema, extracting, new_tokens=n) for text, n in zip(made.texts, made.new_tokens, strict=True)]


def retry(lm, prompts, answers: Sequence[JsonAnswer], schema: dict, tries: int = 2, **options) -> list[JsonAnswer]:
    """Ask again, sampling, where an answer is not valid, up to `tries` times; the costs of all calls are added up."""
    return _again(lm, answers, schema, tries, lambda i, _: prompts[i], {"temperature": 0.7, **options})


def repair(lm, prompts, answers: Sequence[JsonAnswer], schema: dict, tries: int = 1, **options) -> list[JsonAnswer]:
    """Show the model its invalid answer and the validator's message, and ask for a corrected one."""

    def talk(i: int, answer: JsonAnswer) -> list[dict]:
        said = {"role": "assistant", "content": answer.text or "{}"}
        return [*as_messages(prompts[i]), said, {"role": "user", "content": repair_request(answer)}]

    return _again(lm, answers, schema, tries, talk, options)


def _again(lm, answers: Sequence[JsonAnswer], schema: dict, tries: int, prompt_of, options: dict) -> list[JsonAnswer]:
    """The answers, with those that are not valid asked for again by `prompt_of` (position, answer)."""
    answers = list(answers)
    for attempt in range(1, tries + 1):
        bad = [i for i, answer in enumerate(answers) if not answer.valid]
        if not bad:
            break
        made = ask(lm, [prompt_of(i, answers[i]) for i in bad], schema, **{"seed": attempt, **options})
        for i, new in zip(bad, made, strict=True):
            old = answers[i]
            answers[i] = replace(new, calls=old.calls + new.calls, new_tokens=old.new_tokens + new.new_tokens)
    return answers


def repair_request(answer: JsonAnswer) -> str:
    """Return the message that asks for a repair: what is wrong, then the order."""
    return f"This is not valid: {'; '.join(answer.problems[:3])}. Answer with the corrected JSON object only."


@lru_cache(maxsize=4)
def _token_table(tokenizer, vocabulary: int):
    """The library's view of a tokenizer; `vocabulary`: how many logits there are, some models have more than words."""
    return llguidance.hf.from_tokenizer(tokenizer, n_vocab=vocabulary, eos_token=tokenizer.eos_token_id)


def grammar(schema: dict) -> str:
    """Return the schema as an llguidance grammar for an object; SchemaError if it is wrong or cannot be constrained."""
    check_schema(schema)
    if isinstance(schema, bool):  # JSON Schema has two that are no object: anything, and nothing
        raise SchemaError(f"the schema is plain {schema} and names no keys: write an object with 'properties'")
    kind = schema.get("type", "object")
    if kind != "object" and "object" not in kind:
        raise SchemaError(f"the schema asks for type {kind!r} at $, but answers are read as objects: put it into one")
    whole = {**schema, "type": "object", "x-guidance": SPACING}
    made = llguidance.LLMatcher.grammar_from_json_schema(json.dumps(whole))
    fault = llguidance.LLMatcher.validate_grammar(made)
    if fault:
        raise SchemaError(f"this schema cannot be used as a constraint: {fault.splitlines()[0]}")
    return made


class _SchemaMask(LogitsProcessor):
    """Forbids, at each step and for each row, every token that could not go on to a valid object."""

    def __init__(self, lm: LanguageModel, grammar: str, rows: int, width: int):
        self.width, self.eos = width, lm.tokenizer.eos_token_id
        self.vocabulary = lm.model.config.vocab_size
        table = _token_table(lm.tokenizer, self.vocabulary)
        self.matchers = [llguidance.LLMatcher(table, grammar) for _ in range(rows)]
        self.done = [False] * rows

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        if input_ids.shape[1] > self.width:
            for row, token in enumerate(input_ids[:, -1].tolist()):
                self.done[row] = self.done[row] or token == self.eos
                if not self.done[row]:
                    self.matchers[row].consume_token(token)
            if (input_ids.shape[1] - self.width) % TIDY_STEPS == 0:
                runtime.release_memory()
        end = np.arange(self.vocabulary) == self.eos
        rows = zip(self.matchers, self.done, strict=True)
        allowed = np.stack([end if done else _allowed_tokens(matcher, self.vocabulary) for matcher, done in rows])
        return scores.masked_fill(~torch.from_numpy(allowed).to(scores.device), -torch.inf)


def _allowed_tokens(matcher, vocabulary: int) -> np.ndarray:
    """A boolean array: which tokens may come next."""
    # The library's own torch function compiles itself first: that takes a C++ compiler, seconds, and half a gigabyte.
    bits = llguidance.numpy.allocate_token_bitmask(1, vocabulary)
    llguidance.numpy.fill_next_token_bitmask(matcher, bits)
    return np.unpackbits(bits.view(np.uint8), bitorder="little")[:vocabulary].astype(bool)


def constrained(lm: LanguageModel, prompts: Sequence, schema: dict, **options) -> list[JsonAnswer]:
    """Let the model answer under the schema: every answer is valid, also one that runs out of tokens.

    An answer cut at `max_new_tokens` is finished by the shortest text that the schema allows, and marked `closed`.
    Raises SchemaError if the schema is wrong or cannot be constrained.
    """
    made_grammar = grammar(schema)
    made = lm.generate(
        prompts, logits_processor=lambda rows, width: _SchemaMask(lm, made_grammar, rows, width), **options
    )
    answers = []
    for ids, n, finished in zip(made.token_ids, made.new_tokens, made.finished, strict=True):
        kept = [token for token in ids if token != lm.tokenizer.eos_token_id]
        text = lm.tokenizer.decode(kept)
        matcher = llguidance.LLMatcher(_token_table(lm.tokenizer, lm.model.config.vocab_size), made_grammar)
        matcher.consume_tokens(kept)
        closed = not finished and not matcher.is_accepting()
        if closed:
            text = close(lm, matcher, kept)
        answers.append(read(text, schema, extracting=False, closed=closed, new_tokens=n))
    return answers


def close(lm: LanguageModel, matcher, token_ids: Sequence[int]) -> str:
    """Return the text of an unfinished answer, finished as briefly as its grammar allows.

    Inside a string the quote is tried first, elsewhere the closing brace and bracket; where the grammar forces a text,
    that is taken; otherwise the shortest allowed token.
    """
    ids = list(token_ids)
    first = {mark: lm.tokenizer(mark, add_special_tokens=False)["input_ids"][0] for mark in ('"', "}", "]", "x")}
    for _ in range(CLOSING_STEPS):
        if matcher.is_accepting():
            break
        forced = matcher.compute_ff_tokens()
        wishes = ('"', "x") if _inside_string(lm.tokenizer.decode(ids)) else ("}", "]", '"')
        wished = next(([first[mark]] for mark in wishes if matcher.validate_tokens([first[mark]]) == 1), None)
        step = forced or wished or [_shortest_allowed(lm, matcher)]
        matcher.consume_tokens(step)
        ids += step
    return lm.tokenizer.decode(ids)


def _inside_string(text: str) -> bool:
    """Whether a JSON text ends inside a string: whether its quotes, without the escaped ones, are odd in number.

    >>> _inside_string('{"a": "b'), _inside_string('{"a": "b"')
    (True, False)
    """
    return re.sub(r"\\.", "", text, flags=re.DOTALL).count('"') % 2 == 1


def _shortest_allowed(lm: LanguageModel, matcher) -> int:
    allowed = _allowed_tokens(matcher, lm.model.config.vocab_size).nonzero()[0].tolist()
    return min(allowed, key=lambda token: (len(lm.tokenizer.decode([token])), token))
