"""The ledger: measures methods, keeps a row for each with its per-item predictions, and returns rows that still hold.

Rows are appended to results/ledger.jsonl and never rewritten; the newest of a task, split, method and model counts.
Heavy measurements can be taken from data/reference_results.jsonl, made by the same lessons and marked. A stored row is
returned only if all that was asked for agrees. `python -m helpers.results.ledger` prints the table; `... keep FILE`
takes a ledger's rows into the reference results.
"""

import os
import pathlib
import platform
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from helpers.machine import runtime
from helpers.results import lookup, markdown, measuring
from helpers.results.lookup import ANY, compare, find, keep, path, rows, stored  # noqa: F401
from helpers.results.rows import LedgerRow, as_json, digest
from helpers.results.store import append, read

MOST_GRADES = 8  # an answer judged in more ways than these is a figure, and counting it tells nothing


def measure(
    task: str,
    method: str,
    items: Sequence,
    predict: Callable[[list[str]], object],
    *,
    approach: str,
    model=None,
    split: str = "test",
    prompts: Sequence | Callable[[list[str]], Sequence] | None = None,
    labels: Sequence[str] | None = None,
    labels_used: int = 0,
    seed: int | None = None,
    settings: Mapping | None = None,
    tries: int = 0,
    token_limit: int | None = None,
    training_seconds: float = 0.0,
    details: Mapping | None = None,
    prepare: Callable[[], Mapping] | None = None,
    heavy: bool = False,
    rerun: bool = False,
    show: bool = True,
    noun: str = "items",
) -> LedgerRow:
    """Time a method on items, record it, print one line, and return the row.

    Args:
        task: the data set, e.g. `intents`; or an object with that `name`.
        method: what was done; measured again, the new row counts.
        items: n objects with `id`, `text` and `label`, the label being the right answer.
        predict: takes the n texts; returns n labels, or an object with `predictions` such as the result of
            `LanguageModel.score`, or n judged answers: objects with `text`, `verdict` and `right`, and where known
            `prompt_tokens`, `new_tokens`, `seconds`, `prompt` and `traceable`.
        approach: one of rows.APPROACHES.
        model: a LanguageModel or another model with a `name`, from which size, number format and device are read; or
            the name alone; None where there is no model.
        prompts: what the model reads, n strings or lists of chat messages, or how to make them from n texts.
        labels: the labels on offer; None for free text.
        labels_used: how many labeled examples took part in training or choosing.
        seed, settings: what else decides the outcome, as JSON values.
        tries: among how many candidates the method was chosen on dev (see methods.search).
        token_limit: the most tokens that an answer may have, where one is written.
        details: anything else worth keeping, as JSON values.
        prepare: called before the clock starts, only if the method is measured; returns training_seconds and details
            that are known only then.
        heavy: take a stored row if one agrees with all of the above (see `stored`).
        rerun: measure in any case; so does COURSE_RERUN=1.
        noun: what the items are called in the line printed.

    Raises ValueError if the approach is none, answers are missing, or an id is repeated.
    """
    texts = [item.text for item in items]
    read_in = list(prompts(texts) if callable(prompts) else prompts) if prompts is not None else None
    known = {"approach": approach, "labels_used": labels_used, "seed": seed, "settings": as_json(settings or {})}
    if heavy and not rerun and not os.environ.get("COURSE_RERUN"):
        told = {"labels": labels, "tries": tries, "token_limit": token_limit, **known}
        row = stored(task, method, items, split=split, model=model, prompts=read_in, **told)
        if row:
            return _shown(row, noun) if show else row
    ready = prepare() if prepare else {}
    started = time.perf_counter()
    answers = predict(texts)
    took = time.perf_counter() - started
    found = measuring.unpack(items, answers, took)
    found["details"] |= {**(details or {}), **ready.get("details", {})}
    if read_in is not None:
        found["prompts"] = measuring.hash_prompts(read_in)
    if labels is not None:
        found["labels"] = sorted(labels)
    row = LedgerRow(
        task=lookup.name_of(task),
        method=method,
        split=split,
        ids=[item.id for item in items],
        gold=[item.label for item in items],
        texts=[digest(text) for text in texts],
        **known,
        **measuring.about(model),
        **found,
        machine=platform.machine(),
        training_seconds=float(ready.get("training_seconds", training_seconds)),
        looks=_looks(lookup.name_of(task), method, split),
        tries=tries,
        token_limit=token_limit,
        profile=runtime.profile().value,
        made=time.strftime("%Y-%m-%dT%H:%M:%S"),
    )
    append(row, path())
    return _shown(row, noun) if show else row


def _shown(row: LedgerRow, noun: str) -> LedgerRow:
    kind, grades = "accuracy", ""
    if "answers" in row.details:
        kind, counts = "good", sorted(Counter(row.predictions).items())
        if len(counts) <= MOST_GRADES:
            grades = f" ({'; '.join(f'{count} {grade}' for grade, count in counts)})"
    print(f"{row.method}{row.mark}: {kind} {row.interval} on {row.n} {noun}{grades}")
    return row


def _looks(task: str, method: str, split: str) -> int:
    before = read(path(), LedgerRow, "a ledger row") if split == "test" else []
    return sum((row.task, row.method, row.split) == (task, method, split) for row in before)


def table(selected: Sequence[LedgerRow] | None = None) -> str:
    """Return the comparison table as Markdown, best first within each task and split."""
    selected = rows(reference=True) if selected is None else list(selected)
    head = ["task", "split", "method", "accuracy", "95 % interval", "items", "tokens per item", "training"]
    lines = []
    for row in sorted(selected, key=lambda row: (row.task, row.split, -row.interval.estimate)):
        share, trained = row.interval, "yes" if row.training_seconds else "no"
        figures = [
            f"{share.estimate:.3f}",
            f"{share.low:.3f}–{share.high:.3f}",
            str(row.n),
            f"{row.tokens_per_item:.0f}",
        ]
        lines.append([row.task, row.split, row.method + row.mark, *figures, trained])
    return markdown.table(head, lines)


def renamed(names: Mapping[str, LedgerRow]) -> list[LedgerRow]:
    """Return the rows under the names that a picture or a printed line gives them; what is stored stays as it is."""
    return [replace(row, method=name) for name, row in names.items()]


@dataclass(frozen=True)
class Lab:
    """What the measurements of a lesson share, such as task, model and labels, and whether heavy ones run here.

    A plain method gets no model unless one is named.
    """

    task: str
    model: object = None
    labels: Sequence[str] | None = None
    split: str = "test"
    noun: str = "items"
    rerun: bool = False
    show: bool = True

    def using(self, **changes) -> "Lab":
        """Return the same lab with some of its parts changed, such as the task or the model."""
        return replace(self, **changes)

    def measure(self, method: str, items: Sequence, predict: Callable, *, approach: str, **more) -> LedgerRow:
        """Measure a method or, if it is heavy, take its stored row; see `ledger.measure`."""
        shared = {"labels": self.labels, "split": self.split, "noun": self.noun, "rerun": self.rerun, "show": self.show}
        model = None if approach == "plain" else self.model
        return measure(self.task, method, items, predict, approach=approach, **{"model": model, **shared, **more})

    def stored(self, method: str, items: Sequence, **asked) -> LedgerRow | None:
        """Return a stored row of this lab's task, split and model, or None; see `ledger.stored`."""
        return stored(self.task, method, items, **{"model": self.model, "split": self.split, **asked})

    def affords(
        self, what: str, methods: Sequence[str], items: Sequence, *, minutes_each: float, fast: bool = True
    ) -> bool:
        """Return whether rows that take long without a GPU can be had now; if not, say that `what` is left out.

        They can where all of them are kept, where COURSE_MISSING=1 or COURSE_RERUN=1 asks for them, and in the fast
        profile, which measures few items, unless `fast` is False. What COURSE_MISSING=1 adds is said beforehand, with
        an estimate by `minutes_each`: what a row of the default model takes on two cores.
        """
        few = fast and runtime.profile().value == "fast"
        if few or anew(self):
            return True
        missing = [method for method in methods if not self.stored(method, items)]
        if not missing:
            return True
        are = "row is" if len(methods) == 1 else "rows are"
        lacks = f"{len(missing)} of {len(methods)} {are} not kept"
        takes = f"about {max(1, round(len(missing) * minutes_each))} minutes on two cores"
        if in_full(self):
            print(f"{what}: {lacks}, and measured now: {takes}, if the model is the course's own.")
            return True
        print(f"{what}: left out, {lacks}; COURSE_MISSING=1 measures what is missing, {takes}.")
        return False


def anew(lab: Lab) -> bool:
    """Whether everything is measured anew, so that no stored row is taken."""
    return lab.rerun or bool(os.environ.get("COURSE_RERUN"))


def in_full(lab: Lab) -> bool:
    """Whether also that is measured which takes long without a GPU and of which no row is kept: COURSE_MISSING=1."""
    return anew(lab) or bool(os.environ.get("COURSE_MISSING"))


def main(arguments: Sequence[str]) -> int:
    """Print the table; `keep FILE` takes a ledger's rows into the reference results."""
    if not arguments:
        print(table())
        return 0
    source = pathlib.Path(arguments[-1])
    if len(arguments) != 2 or arguments[0] != "keep" or not source.is_file():
        print("usage: python -m helpers.results.ledger [keep FILE], FILE being a ledger that is there", file=sys.stderr)
        return 1
    print(f"{lookup.REFERENCE.name} now holds {keep(source)} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
