"""Runs a notebook as a learner would, tidies what it printed, and tells what the run took and read."""

import copy
import itertools
import json
import os
import pathlib
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import nbformat
from nbclient import NotebookClient
from tqdm.auto import tqdm

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
WIDGET = "application/vnd.jupyter.widget-view+json"
CELL_TIMEOUT = 900  # seconds, with the model that the course is timed with; another one takes what it takes
# Both leave no name behind in the lesson's session.
START = """\
__import__("sys").path.insert(0, {here!r})
__import__("recorder").start({root!r})
__import__("sys").path.remove({here!r})"""
REPORT = 'print(__import__("helpers.machine.runtime").machine.runtime.peak_memory(), __import__("recorder").report())'


@dataclass(frozen=True)
class Run:
    """What one run took, and what it read: kinds of the recorder, each with its names."""

    seconds: float
    peak: int
    read: dict[str, list]


YOURS = re.compile(r"From here on the lesson runs on your answer to (\d\d\.\d+)\.")
OWN = r"\1 is not attempted: from here on the lesson runs on the course's own answer to it."


def as_untouched(notebook: nbformat.NotebookNode) -> None:
    """Let a learner's copy say whose answers its cells ran on as it does where nothing was solved.

    Cells after an exercise ran on the solution, which is the course's own answer; see `exercises.yours`.
    """
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "stream":
                output.text = YOURS.sub(OWN, output.text)


def execute(
    notebook: nbformat.NotebookNode,
    progress: str,
    results: pathlib.Path,
    solved: nbformat.NotebookNode | None = None,
    settings: dict[str, str] | None = None,
    folder: pathlib.Path = HERE,
) -> Run:
    """Run a notebook in place as a learner would, its ledger in `results`; return what that took and read.

    Args:
        notebook: the learner's copy.
        progress: what the progress bar says.
        results: the folder of the run's ledger and verdicts.
        solved: the solution copy. It differs in its exercise cells alone, which run right after the learner's in the
            same session; it takes over all other outputs. CI runs each copy in a session of its own.
        settings: environment variables of the session.
        folder: where the session starts, the notebook's own folder.
    """
    client = NotebookClient(
        notebook,
        timeout=None if os.environ.get("COURSE_MODEL") else CELL_TIMEOUT,
        kernel_name="python3",
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],  # the kernel's own remarks are no part of a lesson
        resources={"metadata": {"path": str(folder)}},
    )
    started = time.perf_counter()
    with client.setup_kernel(env={**os.environ, **(settings or {}), "COURSE_RESULTS": str(results.resolve())}):
        _aside(client, START.format(here=str(HERE), root=str(ROOT)))
        for index, cell in enumerate(tqdm(notebook.cells, desc=progress, unit="cell")):
            client.execute_cell(cell, index)
            if solved and cell.source != solved.cells[index].source:
                client.execute_cell(solved.cells[index], index)
                notebook.cells[index] = cell  # the client has put the cell that it ran last there
        peak, read = _aside(client, REPORT).split(" ", 1)
    if solved:
        for cell, twin in zip(notebook.cells, solved.cells, strict=True):
            if cell.cell_type == "code" and cell.source == twin.source:
                twin.outputs = copy.deepcopy(cell.outputs)
    for ran in (notebook, solved) if solved else (notebook,):
        _tidy(ran)
    if solved:
        as_untouched(notebook)
    return Run(time.perf_counter() - started, int(peak), json.loads(read))


def _aside(client: NotebookClient, code: str) -> str:
    """Run code in the lesson's session without leaving a cell or a number behind; return what it printed."""
    cells = client.nb.cells
    cells.append(nbformat.v4.new_code_cell(code))
    ran = client.execute_cell(cells[-1], len(cells) - 1, store_history=False)
    cells.pop()
    return "".join(output.text for output in ran.outputs if output.get("name") == "stdout")


def _tidy(notebook: nbformat.NotebookNode) -> None:
    """Number the code cells in order, and drop from their outputs what is not to be stored."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, start=1):
        cell.metadata.pop("execution", None)
        cell.execution_count = number
        cell.outputs = [output for output in _joined(filter(_shown, cell.outputs)) if _clean(output)]
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = number
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}


def _joined(outputs: Iterable) -> Iterator:
    """Join what each stream printed between two pictures, so that words stay with their picture."""
    for printed, some in itertools.groupby(outputs, lambda output: output.output_type == "stream"):
        if not printed:
            yield from some
            continue
        pieces = list(some)
        for name in ("stdout", "stderr"):
            if text := "".join(piece.text for piece in pieces if piece.name == name):
                yield nbformat.v4.new_output("stream", name=name, text=text)


def _shown(output) -> bool:
    """Return whether an output is more than a progress bar; a widget of the course leaves its picture."""
    output.get("metadata", {}).pop("execution", None)
    if WIDGET in output.get("data", {}):
        output.data.pop(WIDGET)
        return "text/html" in output.data
    return True


def _clean(output) -> bool:
    """Tidy one output in place; return False if nothing of it should be stored."""
    if output.output_type == "stream" and output.name == "stderr":
        output.text = "\n".join(line for line in output.text.splitlines() if "%|" not in line and line.strip())
        return bool(output.text)
    return True


def keep_machine_outputs(new: nbformat.NotebookNode, path: pathlib.Path) -> None:
    """Keep the stored output of cells tagged `machine` if all say what they said: theirs differ between machines.

    They may say it with other numbers. Where anything else is new, a word of theirs among it, all outputs are of the
    new run, so that the numbers of a notebook belong together, and its words to the code.
    """
    if not path.exists():
        return
    old = {cell.id: cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"}
    code = [cell for cell in new.cells if cell.cell_type == "code"]
    ours = [cell for cell in code if "machine" in cell.metadata.get("tags", [])]
    if any(cell.id not in old or _said(old[cell.id]) != _said(cell) for cell in code if cell not in ours):
        return
    if any(cell.id in old and _words(old[cell.id]) != _words(cell) for cell in ours):
        return
    for cell in ours:
        if cell.id in old and old[cell.id].outputs:
            cell.outputs = old[cell.id].outputs


def _words(cell: nbformat.NotebookNode) -> str:
    """Return what a cell printed, without its numbers."""
    return re.sub(r"\d[\d.,]*", "", _said(cell))


def _said(cell: nbformat.NotebookNode) -> str:
    """Return what a cell printed; pictures tell their content in words too."""
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")
