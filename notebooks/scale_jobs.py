"""What the course measures on the larger models, as jobs: which rows each is for, how long it may take, side by side.

A job is a lesson, a lab or `measure.py questions`, in a process of its own with COURSE_MODEL set. Its rows go into
results/scales/MODEL/ledger.jsonl as they are made, and what is there is not measured again; so a run that was stopped
goes on at the row where it was.
"""

import fnmatch
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from helpers.machine import runtime
from helpers.methods import wording
from helpers.model import catalogue
from helpers.results import lookup
from helpers.results.rows import LedgerRow
from helpers.results.store import read

HERE = pathlib.Path(__file__).resolve().parent
BYTES_A_NUMBER = 2  # of a converted model, which is in bfloat16
LOOK = 5  # seconds between two looks at how far the jobs are
SAY = 60  # seconds between two lines about one that makes no new row


@dataclass(frozen=True)
class Job:
    """One thing to run. `rows`: patterns of task/split/method.

    command: a script of notebooks or `-m` and a module, with what follows; none for the lesson or lab of that name.

    shows: what the rows are for, in words; claims: those judged by them.
    """

    name: str
    shows: str
    rows: tuple[str, ...]
    command: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()

    @property
    def arguments(self) -> list[str]:
        """The command line, after Python's own name."""
        first, *rest = self.command or ("run.py", self.name)
        return [first if first == "-m" else str(HERE / first), *rest]

    def has(self, row: LedgerRow) -> bool:
        """Whether a row is one of this job's."""
        name = f"{row.task}/{row.split}/{row.method}"
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in self.rows)


# In the order in which they are worth measuring, where time is short.
JOBS = (
    Job(
        "02_prompting",
        "messages sorted by 24 prompts, in free answers, with a role, after a thought; unclear requests",
        (
            *("intents/dev/best prompt: *", "intents/test/best prompt", "intents/test/rung *", "intents/rewritten/*"),
            *("intents/test/free answer", "intents/test/direct answer", "intents/test/with a role"),
            *("intents/test/thinking first", f"intents/test/{wording.SHIPPED}", "changes/test and fresh/risk, *"),
        ),
        claims=("P1", "P4", "P6", "P7", "P8"),
    ),
    Job(
        "questions-plain",
        "questions as customers ask them: closed book, quotes, chunk, evidence, all that fits; 24 forms each on dev",
        ("policy_qa_plain/dev/reader, *", "policy_qa_plain/test/reader, *"),
        ("measure.py", "questions", "--tier", "plain"),
        ("R1", "R10"),
    ),
    Job(
        "03_few_shot",
        "solved messages in the prompt: ten draws of eight; a form that five requests teach",
        ("intents/test/few-shot, 8 calibrated, draw *", "changes/fresh/few-shot JSON, 5 examples"),
        ("measure.py", "draws"),
        ("F1",),
    ),
    Job(
        "nearest-examples",
        "solved messages in the prompt, the nearest of all: 24 tries on dev",
        ("intents/dev/few-shot, nearest examples: *", "intents/test/few-shot, nearest examples"),
        ("measure.py", "examples"),
    ),
    Job(
        "labs/02_json",
        "change requests as JSON: strict prompt, with the schema, retried, repaired, constrained",
        ("changes/fresh/strict*", "changes/fresh/plain words"),
        claims=("P2",),
    ),
    Job(
        "05_lora_fine_tune",
        "an adapter trained on all messages, three seeds",
        ("intents/test/LoRA, 600 messages", "intents/test/LoRA, 600 messages, seed ?"),
        ("measure.py", "tuned"),
        ("L5",),
    ),
    Job(
        "04_mini_rag",
        "what retrieval gives, cites and cannot mend; a customer's own record; what is invented without it",
        ("customer_records/*", "policy_qa_plain/test/three quotes, cited", "policy_qa_plain/test/*may abstain"),
        claims=("R1", "R4", "R10", "R12"),
    ),
    Job(
        "questions-hard",
        "questions written to be hard, under the same contexts",
        ("policy_qa/dev/reader, *", "policy_qa/test/reader, *"),
        ("measure.py", "questions", "--tier", "hard"),
        ("R1",),
    ),
    Job(
        "tuned-readers",
        "a reader tuned on the same questions, with quotes and without, on both tiers, three seeds",
        ("policy_qa_plain/dev/tuned reader*", "policy_qa*/test/tuned reader*"),
        ("-m", "helpers.methods.crossed", "--recipes", "2"),
        ("H1",),
    ),
    Job("07_combine", "refunds reckoned with a calculator and without, beside the readers above", ("refund_sums/*",)),
    Job("labs/04_trust", "instructions planted in documents", ("injections/*",), claims=("R9", "R11")),
    Job(
        "labs/05_form",
        "change requests by an adapter, three seeds; how they are written",
        ("changes/fresh/LoRA JSON*", "changes/test/LoRA JSON*"),
    ),
)


def chosen(names: Sequence[str]) -> list[Job]:
    """Return the jobs of these names, in the plan's order; all where none is named.

    Raises ValueError that lists the names for one that is not there.
    """
    unknown = [name for name in names if name not in {job.name for job in JOBS}]
    if unknown:
        raise ValueError(f"no job {unknown[0]!r}; there are {', '.join(job.name for job in JOBS)}")
    return [job for job in JOBS if not names or job.name in names]


def parameters(model: str) -> float:
    """Return about how many numbers a model of the catalogue holds."""
    return catalogue.find(model).ready_bytes / BYTES_A_NUMBER


def folder_of(model: str) -> pathlib.Path:
    """Return where the rows of a model go."""
    return runtime.ROOT / "results" / "scales" / model


@dataclass(frozen=True)
class Estimate:
    """How long a job may take: minutes as on the device of the default model's rows.

    rows: how many the default model has; there: how many of them this model has already, which cost no more.
    """

    minutes: float
    rows: int
    there: int
    device: str


def seconds_of(row: LedgerRow) -> float:
    """Return what a row took, training included."""
    return sum(row.seconds) + row.training_seconds


def estimate(job: Job, model: str, known: Iterable[LedgerRow], times: float = 0.0) -> Estimate:
    """Return what those of a job's rows took with the course's default model that another model has not yet.

    known: rows of all models. A row that the default model has not, counts for nothing.
    times: how much longer the model takes; 0 for how much larger it is.
    """
    mine = [row for row in known if job.has(row)]
    has = {name_of(row) for row in mine if row.language_model == model}
    rows = [row for row in mine if row.language_model == catalogue.DEFAULT]
    left = [row for row in rows if name_of(row) not in has]
    minutes = sum(map(seconds_of, left)) / 60 * (times or parameters(model) / parameters(catalogue.DEFAULT))
    devices = sorted({row.device.split(":")[0] for row in left})
    return Estimate(minutes, len(rows), len(rows) - len(left), " and ".join(devices))


def name_of(row: LedgerRow) -> tuple[str, str, str]:
    """Return what tells a row from others of its model."""
    return row.task, row.split, row.method


def measured(model: str) -> list[LedgerRow]:
    """Return the rows of a model that its folder holds, of the profile that is set now."""
    rows, profile = read(folder_of(model) / "ledger.jsonl", LedgerRow, "a ledger row"), runtime.profile().value
    return [row for row in rows if row.language_model == model and row.profile == profile]


def pace(rows: Sequence[LedgerRow], known: Iterable[LedgerRow]) -> float:
    """Return how a model's rows compare in time with those of the default model; 0 where none can be compared."""
    theirs = {name_of(row): row for row in known if row.language_model == catalogue.DEFAULT}
    pairs = [(row, theirs.get(name_of(row))) for row in rows]
    both = [(seconds_of(row), seconds_of(other)) for row, other in pairs if other and other.n == row.n]
    before = sum(other for _, other in both)
    return sum(own for own, _ in both) / before if before else 0.0


def plan(jobs: Sequence[Job], models: Sequence[str], hours: float = 0.0) -> tuple[list[tuple[str, Job]], list[str]]:
    """Return what to run, (model, job) in order, and the plan as lines, with what is left out for want of time."""
    known = lookup.rows(reference=True, model=lookup.ANY)
    lines, todo, total = [], [], 0.0
    for model in models:
        lines.append(f"{model}, about {parameters(model) / 1e9:.1f} billion numbers:")
        for job in jobs:
            told = estimate(job, model, [*known, *measured(model)])
            about = f"about {told.minutes:.0f} min as on {told.device}" if told.rows else "no estimate"
            state = f"{told.there} of about {told.rows} rows are there"
            if finished(model, job):
                lines.append(f"  {job.name}: done")
                continue
            if hours and (total + told.minutes) / 60 > hours:
                lines.append(f"  {job.name}: LEFT OUT, does not fit into {hours:g} hours ({about})")
                continue
            total += told.minutes
            todo.append((model, job))
            lines.append(f"  {job.name}: {about}; {state}; {', '.join(job.claims) or 'no claim'}; {job.shows}")
    lines.append(f"in all about {total / 60:.1f} hours, one after the other; loading and plain methods come on top")
    return todo, lines


def _mark(model: str, job: Job) -> pathlib.Path:
    return folder_of(model) / f"{job.name.replace('/', '-')}.done"


def finished(model: str, job: Job) -> bool:
    """Return whether a job ran to its end before, in the profile that is set now."""
    path = _mark(model, job)
    return path.is_file() and path.read_text(encoding="utf-8").strip() == runtime.profile().value


@dataclass
class Running:
    """A job in its process."""

    model: str
    job: Job
    process: subprocess.Popen
    log: pathlib.Path
    began: float
    rows: int = -1
    said: float = 0.0


def start(model: str, job: Job, threads: int) -> Running:
    """Start a job in a process of its own, its words in a log beside its rows."""
    folder = folder_of(model)
    log = folder / f"{job.name.replace('/', '-')}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    settings = {"COURSE_MODEL": model, "COURSE_RESULTS": str(folder), "COURSE_THREADS": str(threads)}
    environment = {**os.environ, **settings, "PYTHONPATH": os.pathsep.join([str(HERE), str(runtime.ROOT)])}
    with open(log, "a", encoding="utf-8") as words:
        process = subprocess.Popen(
            [sys.executable, *job.arguments], cwd=runtime.ROOT, env=environment, stdout=words, stderr=subprocess.STDOUT
        )
    return Running(model, job, process, log, time.monotonic())


def run(todo: Sequence[tuple[str, Job]], at_once: int = 1, say=print) -> list[str]:
    """Run jobs, so many side by side, and say how far each is; return those that stopped, with their last words.

    Rows are kept as they come. Ctrl-C ends the jobs that run; the same command goes on there.
    """
    known = lookup.rows(reference=True, model=lookup.ANY)
    waiting, going, failed = list(todo), [], []
    threads = max(1, runtime.threads().value // at_once)
    try:
        while waiting or going:
            while waiting and len(going) < at_once:
                going.append(start(*waiting.pop(0), threads))
            time.sleep(LOOK)
            for one in list(going):
                _tell(one, known, say)
                if one.process.poll() is None:
                    continue
                going.remove(one)
                if one.process.returncode:
                    last = [line for line in one.log.read_text(encoding="utf-8").splitlines() if line.strip()][-1:]
                    failed.append(f"{one.model} {one.job.name}: {''.join(last) or 'no word'} (all of it: {one.log})")
                    say(f"stopped: {failed[-1]}")
                else:
                    _mark(one.model, one.job).write_text(runtime.profile().value, encoding="utf-8")
    finally:
        for one in going:
            one.process.terminate()
        for one in going:
            one.process.wait()
    return failed


def _tell(one: Running, known: Sequence[LedgerRow], say) -> None:
    """Say how far a job is, where it has a new row, or where a minute has passed."""
    all_rows = measured(one.model)
    rows = [row for row in all_rows if one.job.has(row)]
    now = time.monotonic()
    if len(rows) == one.rows and now - one.said < SAY and one.process.poll() is None:
        return
    one.rows, one.said = len(rows), now
    told = estimate(one.job, one.model, [*known, *all_rows], pace(all_rows, known))
    about = f"about {told.minutes:.0f} min left" if told.there < told.rows else "only unlisted rows left"
    spent = (now - one.began) / 60
    say(f"{one.model} {one.job.name}: {len(rows)} of about {told.rows} rows, {spent:.0f} min, {about}")
