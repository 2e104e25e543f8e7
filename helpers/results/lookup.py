"""Rows that are kept, yours and the course's: found again only where they still hold, and paired only where they match.

Your own stand in results/ledger.jsonl, the course's in data/reference_results.jsonl; whoever reads one of these is told
to sys.audit, so that a build knows what a lesson depends on.
"""

import pathlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

from helpers import statistics
from helpers.machine import runtime
from helpers.model import catalogue
from helpers.results import measuring, store
from helpers.results.rows import UNKNOWN, LedgerRow, as_json, base_of, digest
from helpers.results.store import read

REFERENCE = runtime.ROOT / "data" / "reference_results.jsonl"
ANY = "any model"


def path() -> pathlib.Path:
    """Return the learner's ledger file: results/ledger.jsonl in the course's folder, or under COURSE_RESULTS."""
    return store.folder() / "ledger.jsonl"


def stored(task: str, method: str, items: Sequence, *, model=None, split: str = "test", **asked) -> LedgerRow | None:
    """Return a row kept of a method, cut to these items, if all that is asked for agrees; else None.

    Your own rows of the current profile come before the course's. Task, method, split, model, and each item's id, text
    and label must agree in any case. Where a row of that name and model differs, what differs is said once, on stderr.

    asked: what else must agree: prompts (n strings or lists of chat messages), or further fields of LedgerRow, such as
    labels, seed, settings or dtype; None means not asked.
    """
    name = f"{name_of(task)}/{split}/{method}"
    wanted = {key: value for key, value in asked.items() if value is not None}
    for key, as_kept in (("labels", sorted), ("settings", as_json), ("prompts", measuring.hash_prompts)):
        if key in wanted:
            wanted[key] = as_kept(wanted[key])
    wanted["model"] = measuring.about(model)["model"]
    reasons = []
    for row in reversed(_all_rows(reference=True)):
        if (row.task, row.split, row.method, row.model) == (name_of(task), split, method, wanted["model"]):
            reason = _difference(row, items, wanted)
            if not reason:
                _told(name, row)
                return row.cut([item.id for item in items])
            reasons.append(reason)
    sys.audit("course.read", f"row/{name}", "none")
    if reasons:
        store.say(f"{name}: a row of that name is kept, but {reasons[0]}")
    return None


def _difference(row: LedgerRow, items: Sequence, wanted: Mapping) -> str:
    """Return in words how a row differs from what is wanted; empty where it does not."""
    at = {item: place for place, item in enumerate(row.ids)}
    for number, item in enumerate(items):
        place = at.get(item.id)
        if place is None:
            return f"it has not measured {item.id}"
        if row.texts[place] != digest(item.text):
            return f"it measured another text of {item.id}"
        if row.gold[place] != item.label:
            return f"there the right answer to {item.id} is {row.gold[place]!r}, not {item.label!r}"
        if "prompts" in wanted and (not row.prompts or row.prompts[place] != wanted["prompts"][number]):
            unknown = not row.prompts or row.prompts[place] == UNKNOWN
            said = "it does not say" if unknown else "another prompt than now is"
            return f"{said} what the model read for {item.id}"
    for key, value in wanted.items():
        if key != "prompts" and getattr(row, key) != value:
            return f"its {key} is {getattr(row, key)!r}, not {value!r}"
    return ""


def name_of(task) -> str:
    return task if isinstance(task, str) else task.name


def _key(row: LedgerRow) -> tuple[str, str, str, str]:
    return row.task, row.split, row.method, row.language_model


def _all_rows(reference: bool) -> list[LedgerRow]:
    """The course's rows, then your own of the current profile, oldest first."""
    theirs = sorted(read(REFERENCE, LedgerRow, "a ledger row") if reference else [], key=lambda row: row.made)
    own = read(path(), LedgerRow, "a ledger row")
    return [*theirs, *(row for row in own if row.profile == runtime.profile().value)]


def _told(name: str, row: LedgerRow) -> None:
    if row.reference:
        sys.audit("course.read", f"row/{name}", row.sha256)


def current_model() -> str:
    """Return the name of the language model that is in use unless another one is named."""
    return pathlib.Path(catalogue.default()).name


def rows(
    task: str | None = None, split: str | None = None, *, reference: bool = False, model: str | None = None
) -> list[LedgerRow]:
    """Return the newest row of each task, split and method, measured in the current profile.

    Rows of one task and split never contradict each other: those that measured another text or label of an item than
    the newest of your own rows did are left out, and it is said so.

    Args:
        task, split: only these.
        reference: where a method is missing, take the course's row (`row.reference` is then True).
        model: the language model whose rows are wanted, beside those of no language model; default is the one in use.
            ANY gives a row for each method and model.
    """
    found = _rows(task, split, reference, model)
    if reference:
        listed = "/".join(filter(None, (task, split if task else None, "*")))
        sys.audit("course.read", f"row/{listed}", "")
    for row in found:
        _told(f"{row.task}/{row.split}/{row.method}", row)
    return found


def _rows(task: str | None, split: str | None, reference: bool, model: str | None) -> list[LedgerRow]:
    wanted = model or current_model()
    newest: dict = {}
    for row in _all_rows(reference):
        fits = model == ANY or row.language_model in ("", base_of(wanted))
        if fits and task in (None, row.task) and split in (None, row.split):
            newest.pop(_key(row), None)
            newest[_key(row)] = row
    return _without_others(list(newest.values()))


def _without_others(found: list[LedgerRow]) -> list[LedgerRow]:
    """Leave out rows whose items contradict the newest row of their task and split; your own count as newer."""
    truth: dict = {}
    kept = []
    for row in reversed(found):
        items = truth.setdefault((row.task, row.split), {})
        if all(items.get(item, value) == value for item, value in row.items.items()):
            items.update(row.items)
            kept.append(row)
        else:
            store.say(f"{row.method!r} on {row.task}/{row.split} measured other items of that name; it is left out")
    return kept[::-1]


def find(task: str, method: str, split: str = "test") -> LedgerRow:
    """Return the newest row of a method; raises KeyError naming the methods that are there."""
    found = {row.method: row for row in _rows(task, split, reference=True, model=None)}
    if method not in found:
        sys.audit("course.read", f"row/{task}/{split}/{method}", "none")
        raise KeyError(f"no row for {method!r} on {task}/{split}; measured so far: {', '.join(found) or 'nothing'}")
    _told(f"{task}/{split}/{method}", found[method])
    return found[method]


def compare(first: LedgerRow, second: LedgerRow, *, across_models: bool = False) -> statistics.Comparison:
    """Compare two rows of the same items, paired; raises ValueError if the items differ, or the language models do.

    `across_models` allows different models. Plain methods can be compared with any model.
    """
    if first.data_sha256 != second.data_sha256:
        named = f"{first.method!r} and {second.method!r}"
        raise ValueError(f"{named} were measured on different items; measure both in one profile, on the same texts")
    check_models([first, second], across_models)
    return statistics.compare_hits(first.correct, second.correct)


def check_models(chosen: Sequence[LedgerRow], across_models: bool = False) -> None:
    """Raise ValueError where rows are of several language models, unless that is allowed."""
    models = sorted({row.language_model for row in chosen} - {""})
    if len(models) > 1 and not across_models:
        named = ", ".join(repr(row.method) for row in chosen)
        raise ValueError(
            f"{named} were measured with different language models, {' and '.join(models)}; measure all with one, or "
            "say across_models=True if the models are what you compare"
        )


def keep(source: pathlib.Path, model: str = "") -> int:
    """Take the newest full-profile rows of a ledger file into the reference results; return how many rows those hold.

    Rows of the same task, split, method and model are replaced, the others stay. model: take only rows of this one, and
    so not what plain methods were measured for beside it.
    """
    kept = {_key(row): row for row in read(REFERENCE, LedgerRow, "a ledger row")}
    new = [row for row in read(source, LedgerRow, "a ledger row") if row.profile == "full"]
    kept |= {_key(row): row for row in new if model in ("", row.language_model)}
    store.write([replace(row, reference=True) for _, row in sorted(kept.items())], REFERENCE)
    return len(kept)
