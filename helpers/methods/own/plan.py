"""What a climb will take: each rung is tried on a few items first, and the minutes decide how much is measured.

Whatever is left out, or measured on fewer items, is said. Measuring is left to climb.
"""

import html
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import psutil

from helpers.machine import runtime
from helpers.methods import tuning
from helpers.methods.own import document_rungs, label_rungs
from helpers.methods.own.bench import Bench, Rung
from helpers.model import catalogue
from helpers.model.remote_model import RemoteLacks
from helpers.results import store
from helpers.results.rows import digest
from helpers.tasks.own.findings import count

MINUTES = 5.0  # that a climb may take, where nobody says another number
PROBED = 3  # items that a model is tried on
PROBED_ROWS = 8  # training rows of the probe of tuning
KEPT = "plans.jsonl"
FEWEST = 20  # items below which a figure says nothing
LORA_SHARE = 0.5  # of the minutes, at most, for training
ROOM = 150_000_000  # bytes beside what the probe held: longer texts than its own
FAST = {"items": 12, "rows": 16, "epochs": 1}  # of the quick profile


@dataclass(frozen=True)
class Step:
    """One rung of a plan: items to measure, seconds to begin and for an item, bytes at its peak; why it is skipped."""

    rung: Rung
    items: int
    begin: float
    each: float
    bytes: int
    skipped: str = ""

    @property
    def seconds(self) -> float:
        """About how long it takes."""
        return 0.0 if self.skipped else self.begin + self.items * self.each


@dataclass(frozen=True)
class Kept:
    """A plan as it is kept, so that a climb that was stopped goes on by the same one: see Plan and Step."""

    key: str
    rows: int
    epochs: int
    steps: list
    story: list


@dataclass(frozen=True, repr=False)
class Plan:
    """A ladder with what each rung takes. Printed or displayed it is a table; `without` leaves rungs out."""

    bench: Bench
    steps: tuple[Step, ...]
    minutes: float
    story: tuple[str, ...] = ()
    note: str = ""

    @property
    def seconds(self) -> float:
        """About how long the climb takes."""
        return sum(step.seconds for step in self.steps)

    def without(self, *names: str) -> "Plan":
        """Return the plan without rungs whose names begin so; raises ValueError naming the rungs for an unknown one."""
        for name in names:
            if not any(step.rung.name.startswith(name) for step in self.steps):
                raise ValueError(
                    f"no rung begins with {name!r}; there are {', '.join(s.rung.name for s in self.steps)}"
                )
        told = tuple(names)
        return replace(
            self,
            steps=tuple(replace(s, skipped="left out") if s.rung.name.startswith(told) else s for s in self.steps),
        )

    def __str__(self) -> str:
        wide = max(len(step.rung.name) for step in self.steps)
        lines = []
        for step in self.steps:
            figures = f"{step.items:4} {_noun(self.bench)}  {_time(step.seconds):>7}  {step.bytes / 1e9:.1f} GB"
            what = f"skipped: {step.skipped}" if step.skipped else f"{figures}  {step.rung.says}"
            lines.append(f"{step.rung.name:{wide}}  {what}")
        together = f"Together about {_time(self.seconds)}, of {self.minutes:g} min at most."
        return "\n".join([*lines, together, *self.story, *filter(None, [self.note])])

    def __repr__(self) -> str:
        return f"<plan for {self.bench.own.name}: {len(self.steps)} rungs, about {_time(self.seconds)}>"

    def _repr_html_(self) -> str:
        return f'<pre style="white-space: pre-wrap">{html.escape(str(self))}</pre>'


def _noun(bench: Bench) -> str:
    return "texts" if bench.own.kind == "labels" else "questions"


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.1f} min"


def plan(
    own,
    minutes: float = MINUTES,
    lm=None,
    embedder=None,
    rungs: Sequence[Rung] | None = None,
    skip: Sequence[str] = (),
    anew: bool = False,
) -> Plan:
    """Try each rung on a few items, and return what the whole will take within some minutes.

    A plan for the same task, words, minutes and model is kept, and taken as it was.

    Args:
        own: an OwnTask or OwnDocuments.
        minutes: the most that the climb should take. Plain methods always run; the rungs of a model share the rest, on
            the same items; what gets fewer than FEWEST items is skipped, dearest first.
        lm, embedder: loaded when first needed if not given.
        rungs: a ladder of your own.
        skip: names, or how they begin, of rungs that are not even tried.
        anew: try the rungs again though a plan is kept, as on another machine.

    Raises ValueError where minutes are not above 0.
    """
    if not minutes > 0:
        raise ValueError(f"minutes must be above 0; got {minutes}")
    bench = Bench(own, lm, embedder)
    fast = runtime.profile().value == "fast"
    if rungs is None:
        rungs = label_rungs.rungs(len(own.task.labels)) if own.kind == "labels" else document_rungs.rungs()
    rungs = [rung for rung in rungs if not rung.name.startswith(tuple(skip))] if skip else list(rungs)
    if own.kind == "labels":
        bench.lora_rows = min(bench.lora_rows, len(own.task.train))
    if fast:
        bench.lora_rows, bench.epochs = min(FAST["rows"], bench.lora_rows), FAST["epochs"]
    most = min(FAST["items"], len(bench.items)) if fast else len(bench.items)
    told = own.task.sha256 if own.kind == "labels" else ""
    model = lm.name if lm else catalogue.default()
    names = [rung.name for rung in rungs]
    key = digest([own.name, told, minutes, model, runtime.profile().value, most, names])
    kept = None if anew else _kept(bench, key)
    if kept:
        bench.lora_rows, bench.epochs = kept.rows, kept.epochs
        steps = tuple(Step(rung, *numbers) for rung, numbers in zip(rungs, kept.steps, strict=True))
        again = "This plan was made before, for the same task and minutes; anew=True tries the rungs again."
        return Plan(bench, steps, minutes, tuple(kept.story), again)
    steps = [_probe(bench, rung, most) for rung in rungs]
    steps, story = _within(bench, steps, 60 * minutes, most, 1 if fast else FEWEST)
    numbers = [[step.items, step.begin, step.each, step.bytes, step.skipped] for step in steps]
    store.append(Kept(key, bench.lora_rows, bench.epochs, numbers, story), bench.folder / KEPT)
    return Plan(bench, tuple(steps), minutes, tuple(story))


def _kept(bench: Bench, key: str) -> Kept | None:
    """The newest plan of this key."""
    found = store.read(bench.folder / KEPT, Kept, "a plan")
    return next((one for one in reversed(found) if one.key == key), None)


def _probe(bench: Bench, rung: Rung, most: int) -> Step:
    """Time a rung on a few items. Items of the test part are timed here and judged later: nothing is chosen by them."""
    runtime.release_memory()
    free = psutil.virtual_memory().available
    tuned = rung.approach == "tune"
    some = bench.items[:PROBED] if rung.uses == "model" else bench.items[: min(50, most)]
    try:
        started = time.perf_counter()
        if tuned:
            answer, begin = _probe_tuning(bench)
        else:
            answer = rung.begin(bench).answer
            begin = time.perf_counter() - started
        if rung.uses == "model":
            answer(some[:1])  # the first call loads, and compiles what the others then have
        started = time.perf_counter()
        answer(some)
        each = (time.perf_counter() - started) / len(some)
    except (ValueError, MemoryError, RemoteLacks) as error:
        why = "memory is short" if isinstance(error, MemoryError) else str(error)
        return Step(rung, 0, 0.0, 0.0, 0, f"it does not work here: {why}")
    held = psutil.Process().memory_info().rss
    wanted = max(held, runtime.peak_memory() if rung.uses == "model" else held) + ROOM * (rung.uses == "model")
    short = wanted - held > free
    why = f"it needs about {wanted / 1e9:.1f} GB, and {(held + free) / 1e9:.1f} GB are there" if short else ""
    return Step(rung, most, begin, each, wanted, why)


def _probe_tuning(bench: Bench):
    """How a tuned model answers, and the seconds that its training takes, from one epoch over a few rows."""
    train, _ = label_rungs.lora_pairs(bench, PROBED_ROWS)
    recipe = replace(label_rungs.lora_recipe(bench), epochs=1)
    tuning.train(bench.lm, train[:2], recipe, progress=False)
    tuned = tuning.train(bench.lm, train, recipe, progress=False)
    return label_rungs.lora_answer(bench, tuned.lm), tuned.seconds / len(train) * bench.lora_rows * bench.epochs


def _within(bench: Bench, steps: list[Step], seconds: float, most: int, fewest: int) -> tuple[list[Step], list[str]]:
    """Share the seconds: plain rungs whole, the rest of the model's on as many items as all of them can have."""
    story = []
    left = seconds - sum(step.seconds for step in steps if step.rung.approach == "plain")
    asking = [i for i, step in enumerate(steps) if step.rung.approach != "plain" and not step.skipped]
    for i in [i for i in asking if steps[i].rung.approach == "tune"]:
        share = LORA_SHARE * max(left, 0) / max(steps[i].begin, 1e-9)
        if share < 1 and fewest > 1:
            rows = int(share * bench.lora_rows)
            if rows < 4 * len(bench.task.labels) or rows < 32:
                need = seconds / 60 + (steps[i].begin - LORA_SHARE * left) / 60
                steps[i] = replace(steps[i], skipped=f"its training needs some {need:.0f} minutes in all")
                asking.remove(i)
                continue
            story.append(
                f"{steps[i].rung.name} learns from {rows} rows of {len(bench.task.train)}: the minutes allow no more."
            )
            steps[i] = replace(steps[i], begin=steps[i].begin * rows / bench.lora_rows)
            bench.lora_rows = rows
    while asking:
        each = sum(steps[i].each for i in asking)
        room = left - sum(steps[i].begin for i in asking)
        items = min(most, int(room / max(each, 1e-9)))
        if items >= min(fewest, most):
            break
        dearest = max(asking, key=lambda i: steps[i].begin + fewest * steps[i].each)
        need = (seconds - room + min(fewest, most) * each) / 60
        steps[dearest] = replace(steps[dearest], skipped=f"with it all would need some {need:.0f} minutes")
        asking.remove(dearest)
    for i in asking:
        steps[i] = replace(steps[i], items=items)
    if asking and items < len(bench.items):
        whole = (seconds - room + len(bench.items) * each) / 60
        story.append(
            f"A model is asked {items} of {count(len(bench.items), 'test item')}, the same ones on each rung: about "
            f"{100 * (0.25 / items) ** 0.5 * 1.96:.0f} points to each side, where all would give "
            f"{100 * (0.25 / len(bench.items)) ** 0.5 * 1.96:.0f} and take some {math.ceil(whole)} minutes."
        )
    return steps, story
