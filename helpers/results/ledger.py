"""The ledger: one row per measured method, with its per-item predictions, so that any two can be compared later.

Rows are appended to results/ledger.jsonl and never rewritten; the newest row of a task, method, split and profile
counts. What a learner has not measured can be read from data/reference_results.jsonl, made by the same code and marked.
`python -m helpers.results.ledger` prints the table.
"""

import hashlib
import json
import os
import pathlib
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

import filelock
import numpy as np

from helpers import statistics
from helpers.machine import runtime

REFERENCE = runtime.ROOT / "data" / "reference_results.jsonl"


@dataclass(frozen=True)
class LedgerRow:
    """One method, measured once on one split.

    `seconds_per_item` is wall-clock time over the split divided by its items; `prompt_tokens` and `new_tokens` are
    means per item; `training_seconds` is 0 where nothing is trained. `correct` holds one 0 or 1 per item.
    """

    task: str
    method: str
    split: str
    n: int
    ids: list[str]
    gold: list[str]
    predictions: list[str]
    correct: list[int]
    seconds_per_item: float
    prompt_tokens: float
    new_tokens: float
    training_seconds: float
    model: str
    data_sha256: str
    device: str
    dtype: str
    profile: str
    machine: str
    made: str
    details: dict = field(default_factory=dict)
    reference: bool = False

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.task, self.method, self.split, self.profile

    @property
    def interval(self) -> statistics.Interval:
        """Share of correct items with its Wilson interval."""
        return statistics.wilson_interval(sum(self.correct), self.n)

    def cut(self, ids: Sequence[str]) -> "LedgerRow":
        """Return the row as if only these of its items had been measured; raises KeyError if one was not."""
        at = {item: place for place, item in enumerate(self.ids)}
        places = [at[item] for item in ids]
        gold, predictions, correct = (
            [column[place] for place in places] for column in (self.gold, self.predictions, self.correct)
        )
        items = {"ids": list(ids), "gold": gold, "predictions": predictions, "correct": correct, "n": len(places)}
        return replace(self, **items, data_sha256=hash_of_items(list(ids), gold))


def path() -> pathlib.Path:
    """Return the learner's ledger file: results/ledger.jsonl in the course's folder, or under COURSE_RESULTS."""
    folder = os.environ.get("COURSE_RESULTS")
    return (pathlib.Path(folder) if folder else runtime.ROOT / "results") / "ledger.jsonl"


def hash_of_items(ids: Sequence[str], gold: Sequence[str]) -> str:
    """Return 12 hex digits that stand for the measured items and their labels, so that rows can be matched."""
    return hashlib.sha256(json.dumps([list(ids), list(gold)]).encode()).hexdigest()[:12]


def record(
    task: str,
    method: str,
    gold: Sequence[str],
    predictions: Sequence[str],
    *,
    ids: Sequence[str],
    split: str = "test",
    seconds: float,
    prompt_tokens: float = 0.0,
    new_tokens: float = 0.0,
    training_seconds: float = 0.0,
    model: str = "none",
    device: str = "cpu",
    dtype: str = "",
    correct: Sequence[bool] | None = None,
    details: Mapping | None = None,
) -> LedgerRow:
    """Measure one method and append its row to the ledger.

    Args:
        task: the data set, e.g. `intents`.
        method: what was done, e.g. `TF-IDF + logistic regression`; the same name again replaces the row in the table.
        gold: n right answers.
        predictions: n answers of the method.
        ids: n item ids, in the same order.
        split: which split was measured.
        seconds: wall-clock seconds for all n items.
        prompt_tokens, new_tokens: mean tokens read and written per item.
        training_seconds: seconds spent on fitting.
        model: name of the model, `none` for a plain baseline.
        device, dtype: where and in what the model computed.
        correct: n judgments, where right is more than equality with gold; default is equality.
        details: anything else worth keeping, as JSON values.

    Returns:
        The row as stored.

    Raises:
        ValueError: the lengths differ or an id is repeated.
    """
    ids, gold, predictions = list(ids), list(gold), list(predictions)
    judged = [int(a == b) for a, b in zip(gold, predictions, strict=False)] if correct is None else list(correct)
    if len({len(ids), len(gold), len(predictions), len(judged)}) != 1 or not ids:
        raise ValueError(
            f"ids, gold, predictions and correct must be equally long and not empty; their lengths are "
            f"{len(ids)}, {len(gold)}, {len(predictions)}, {len(judged)}"
        )
    if len(set(ids)) != len(ids):
        raise ValueError("an id is repeated; each item counts once")
    row = LedgerRow(
        task=task,
        method=method,
        split=split,
        n=len(ids),
        ids=ids,
        gold=gold,
        predictions=predictions,
        correct=[int(bool(value)) for value in judged],
        seconds_per_item=seconds / len(ids),
        prompt_tokens=float(prompt_tokens),
        new_tokens=float(new_tokens),
        training_seconds=float(training_seconds),
        model=model,
        data_sha256=hash_of_items(ids, gold),
        device=str(device),
        dtype=str(dtype).removeprefix("torch."),
        profile=runtime.profile().value,
        machine=platform.machine(),
        made=time.strftime("%Y-%m-%dT%H:%M:%S"),
        details=dict(details or {}),
    )
    append(row, path())
    return row


def measure(
    task: str,
    method: str,
    items: Sequence,
    predict: Callable[[list[str]], object],
    *,
    split: str = "test",
    show: bool = True,
    **more,
) -> LedgerRow:
    """Time a method on items, record it, print one line, and return the row.

    Args:
        task, method, split: as for `record`.
        items: objects with `id`, `text` and `label`.
        predict: takes the n texts; returns n labels, or an object with `predictions` and `prompt_tokens` such as the
            result of `LanguageModel.score`.
        show: print the line.
        more: passed on to `record`, e.g. `model` or `training_seconds`.
    """
    started = time.perf_counter()
    answer = predict([item.text for item in items])
    seconds = time.perf_counter() - started
    if hasattr(answer, "predictions"):
        more.setdefault("prompt_tokens", float(np.mean(answer.prompt_tokens)))
        answer = answer.predictions
    gold, ids = [item.label for item in items], [item.id for item in items]
    row = record(task, method, gold, [str(x) for x in answer], ids=ids, split=split, seconds=seconds, **more)
    if show:
        print(f"{method}: accuracy {row.interval} on {row.n} items")
    return row


def append(row, target: pathlib.Path) -> None:
    """Append a dataclass as one line of JSON to a file, under a lock, so that two kernels do not tear each other's."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(f"{target}.lock", timeout=60), open(target, "a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")


def read(source: pathlib.Path, kind: type, called: str) -> list:
    """Return a file's lines as `kind`, in order; one that is not `called` so is warned of, left out, and stays there.

    Args:
        source: a JSON Lines file; where there is none, the list is empty.
        kind: a dataclass.
        called: the name of one in words, for the warning.
    """
    if not source.exists():
        return []
    found = []
    for number, line in enumerate(source.read_text(encoding="utf-8").split("\n"), start=1):  # a text may hold U+2028
        if not line.strip():
            continue
        try:
            found.append(kind(**json.loads(line)))
        except (ValueError, TypeError) as error:
            print(f"warning: {source.name}, line {number} is not {called} ({error}); left out", file=sys.stderr)
    return found


def rows(task: str | None = None, split: str | None = None, reference: bool = False) -> list[LedgerRow]:
    """Return the newest row per task, method and split, measured in the current profile.

    Args:
        task: only this task.
        split: only this split.
        reference: where a method is missing, take the course's reference row (`row.reference` is then True).
    """
    profile = runtime.profile().value
    newest: dict = {}
    stored = [
        *(read(REFERENCE, LedgerRow, "a ledger row") if reference else []),
        *read(path(), LedgerRow, "a ledger row"),
    ]
    for row in stored:
        if row.profile == profile or row.reference:
            newest[row.task, row.method, row.split] = row
    return [row for row in newest.values() if task in (None, row.task) and split in (None, row.split)]


def find(task: str, method: str, split: str = "test") -> LedgerRow:
    """Return the newest row of a method; raises KeyError naming the methods that are there."""
    found = {row.method: row for row in rows(task, split, reference=True)}
    if method not in found:
        raise KeyError(f"no row for {method!r} on {task}/{split}; measured so far: {', '.join(found) or 'nothing'}")
    return found[method]


def compare(first: LedgerRow, second: LedgerRow, worthwhile: float = statistics.WORTHWHILE) -> statistics.Comparison:
    """Compare two rows measured on the same items, paired; raises ValueError if the items differ."""
    if first.data_sha256 != second.data_sha256:
        raise ValueError(
            f"{first.method!r} and {second.method!r} were measured on different items; measure both in one profile"
        )
    return statistics.compare_hits(first.correct, second.correct, worthwhile)


def table(selected: Sequence[LedgerRow] | None = None) -> str:
    """Return the comparison table as Markdown, best first within each task and split."""
    selected = rows(reference=True) if selected is None else list(selected)
    lines = [
        "| task | split | method | accuracy | 95 % interval | items | tokens per item | training |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in sorted(selected, key=lambda row: (row.task, row.split, -row.interval.estimate)):
        interval = row.interval
        mark = " (reference)" if row.reference else ""
        lines.append(
            f"| {row.task} | {row.split} | {row.method}{mark} | {interval.estimate:.3f} "
            f"| {interval.low:.3f}–{interval.high:.3f} | {row.n} | {row.prompt_tokens + row.new_tokens:.0f} "
            f"| {'yes' if row.training_seconds else 'no'} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
