"""Measures the rungs of a plan piece by piece, so that a climb can be stopped, killed and gone on with.

Each piece is a line in a file of its rung, kept under all that decides it; a ledger row is written when all pieces are
there. Where memory runs out, a piece is halved until it fits, and a single item that does not fit stops with a remedy.
"""

import platform
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from tqdm.auto import tqdm

from helpers.machine import runtime
from helpers.methods.own import label_rungs
from helpers.methods.own.bench import Bench, Outcome, Ready, Rung
from helpers.methods.own.plan import Plan, Step
from helpers.results import lookup, measuring, store
from helpers.results.rows import LedgerRow, as_json, digest

OUT_OF_MEMORY = re.compile("out of memory|can't allocate|cannot allocate|not enough memory", re.IGNORECASE)
REMEDY = (
    "What is measured is kept. Close other programs and notebooks, leave this rung out with plan.without(…), or take a "
    "smaller model; then call again"
)


class TooLargeError(MemoryError):
    """Memory ran out at a single item; the message says what helps."""


@dataclass(frozen=True)
class Piece:
    """Some items of a rung, measured together. key: stands for all that decides the outcome."""

    key: str
    ids: list[str]
    predictions: list[str]
    right: list[int]
    confidence: list[float | None]
    prompt_tokens: list[float]
    new_tokens: list[float]
    texts: list[str]
    seconds: float
    training_seconds: float = 0.0
    details: dict = field(default_factory=dict)

    def __post_init__(self):
        columns = (self.predictions, self.right, self.confidence, self.prompt_tokens, self.new_tokens, self.texts)
        if {len(column) for column in columns} != {len(self.ids)}:
            raise ValueError("its columns differ in length")


def key_of(bench: Bench, rung: Rung) -> str:
    """Return what stands for all that decides a rung's outcome: content, words, settings, and the model, if any."""
    told = bench.own.task.sha256 if bench.own.kind == "labels" else ""
    model = measuring.about(bench.lm) if rung.uses == "model" else {}
    return digest([bench.own.name, told, rung.name, as_json(dict(rung.settings(bench))), model])


def file_of(bench: Bench, rung: Rung):
    """Return where the pieces of a rung are kept."""
    return bench.folder / f"{re.sub(r'[^a-z0-9]+', '-', rung.name.lower()).strip('-')}.jsonl"


def climb(plan: Plan, progress: bool = True) -> list[LedgerRow]:
    """Measure every rung of a plan that is not skipped; return their ledger rows.

    What was measured before is not measured again. Ctrl-C (or Stop, in a notebook) ends it, and the same call goes on.
    A rung that cannot be measured is said to be so, and the others go on.

    Raises TooLargeError where memory runs out, OSError where no disk takes what is measured.
    """
    rows = []
    plan.bench.progress = progress
    for step in plan.steps:
        if step.skipped:
            continue
        try:
            row = _measured(plan.bench, step, progress)
        except KeyboardInterrupt:
            print(f"\nStopped at {step.rung.name!r}. What is measured is kept; the same call goes on from here.")
            break
        except ValueError as error:
            print(f"{step.rung.name}: left out, it does not work here: {error}")
            continue
        rows.append(row)
        if progress:
            print(f"{row.method}: {row.interval} on {row.n}")
    return rows


def _measured(bench: Bench, step: Step, progress: bool) -> LedgerRow:
    rung, items = step.rung, bench.items[: step.items]
    key, target = key_of(bench, rung), file_of(bench, rung)
    done = _pieces(target, key)
    known = {item for piece in done for item in piece.ids}
    ready: Ready | None = None
    with tqdm(total=len(items), desc=rung.name, disable=not progress, leave=False) as bar:
        for at in range(0, len(items), rung.at_once):
            part = [item for item in items[at : at + rung.at_once] if item.id not in known]
            if part:
                ready = ready or _begun(bench, rung)
                started = time.perf_counter()
                outcomes = list(_halving(ready.answer, part))
                piece = _piece(key, part, outcomes, time.perf_counter() - started, ready)
                store.append(piece, target)
                done.append(piece)
            bar.update(min(rung.at_once, len(items) - at))
    row = _row(bench, rung, items, done)
    _keep(row)
    return row


def _pieces(target, key: str) -> list[Piece]:
    return [piece for piece in store.read(target, Piece, "a piece of a climb") if piece.key == key]


def _begun(bench: Bench, rung: Rung) -> Ready:
    runtime.release_memory()  # what the rung before it freed
    try:
        ready = rung.begin(bench)
        runtime.release_memory()  # what learning freed
        return ready
    except (MemoryError, RuntimeError) as error:
        if not _is_memory(error):
            raise
        raise TooLargeError(f"memory ran out when {rung.name!r} began ({_first(error)}). {REMEDY}") from error


def _is_memory(error: Exception) -> bool:
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or bool(OUT_OF_MEMORY.search(str(error)))


def _first(error: Exception) -> str:
    return str(error).split("\n")[0] or "no more memory"


def _halving(answer: Callable[[Sequence], list[Outcome]], items: Sequence) -> Iterator[Outcome]:
    """Answer items together, or in halves where memory runs out; raises TooLargeError where one alone is too much."""
    try:
        yield from answer(items)
        return
    except (MemoryError, RuntimeError) as error:
        if not _is_memory(error):
            raise
        first = _first(error)
    runtime.release_memory()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if len(items) == 1:
        raise TooLargeError(f"memory ran out at {items[0].id} alone ({first}). {REMEDY}")
    half = len(items) // 2
    yield from _halving(answer, items[:half])
    yield from _halving(answer, items[half:])


def _piece(key: str, items: Sequence, outcomes: Sequence[Outcome], seconds: float, ready: Ready) -> Piece:
    if len(outcomes) != len(items):
        raise ValueError(f"{len(items)} items were asked, and {len(outcomes)} answers came")
    return Piece(
        key,
        [item.id for item in items],
        [one.prediction for one in outcomes],
        [int(one.right) for one in outcomes],
        [one.confidence for one in outcomes],
        [one.prompt_tokens for one in outcomes],
        [one.new_tokens for one in outcomes],
        [one.text for one in outcomes],
        round(seconds, 4),
        round(ready.training_seconds, 3),
        dict(ready.details),
    )


def _row(bench: Bench, rung: Rung, items: Sequence, pieces: Sequence[Piece]) -> LedgerRow:
    """The row of a rung from its pieces; of an item measured twice, by two notebooks, the first counts."""
    found: dict[str, tuple] = {}
    for piece in pieces:
        each = round(piece.seconds / len(piece.ids), 6)
        columns = (
            piece.predictions,
            piece.right,
            piece.confidence,
            piece.prompt_tokens,
            piece.new_tokens,
            piece.texts,
        )
        for item, *values in zip(piece.ids, *columns, strict=True):
            found.setdefault(item, (*values, each))
    ids = [item.id for item in items]
    said, right, sure, read, written, texts, seconds = (list(one) for one in zip(*(found[i] for i in ids), strict=True))
    labels = bench.own.kind == "labels"
    details = {"timed": "together", **next((dict(piece.details) for piece in pieces if piece.details), {})}
    if labels and rung.uses == "model" and len(bench.task.labels) > label_rungs.MANY:
        listed = label_rungs.candidates(bench, [item.text for item in items])
        hits = sum(item.label in some for item, some in zip(items, listed, strict=True))
        details["listed"] = round(hits / len(items), 4)
    if not labels:
        details["answers"] = dict(zip(ids, texts, strict=True))
    return LedgerRow(
        task=bench.own.name,
        method=rung.name,
        approach=rung.approach,
        split="test",
        ids=ids,
        gold=[item.label for item in items],
        predictions=said,
        correct=right,
        texts=[digest(item.text) for item in items],
        labels=sorted(bench.task.labels) if labels else [],
        labels_used=rung.shown(bench) if labels else 0,
        seed=0,
        settings=as_json(dict(rung.settings(bench))),
        prompt_tokens=read if any(read) else [],
        new_tokens=written if any(written) else [],
        seconds=seconds,
        confidence=[] if None in sure else sure,
        training_seconds=max((piece.training_seconds for piece in pieces), default=0.0),
        machine=platform.machine(),
        profile=runtime.profile().value,
        made=time.strftime("%Y-%m-%dT%H:%M:%S"),
        details=details,
        **measuring.about(bench.lm if rung.uses == "model" else None),
    )


def _keep(row: LedgerRow) -> None:
    """Append a row to the ledger unless the same is there."""
    same = ("task", "method", "ids", "predictions", "confidence", "settings", "model", "dtype", "profile")
    for other in store.read(lookup.path(), LedgerRow, "a ledger row"):
        if all(getattr(other, name) == getattr(row, name) for name in same):
            return
    store.append(row, lookup.path())
