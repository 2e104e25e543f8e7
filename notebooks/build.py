"""Builds the notebooks from notebooks/source: learner copies here, solution copies in solutions/, both executed.

    python notebooks/build.py            build what changed since its last build; changed text alone runs nothing
    python notebooks/build.py --all      build everything
    python notebooks/build.py --check    build nothing; exit status 1 if a built notebook does not match its source

A source is a Python file in percent format. Beside plain cells it knows, each on a line of its own:
    {{badges}} {{measured}} {{next}}     in text cells: badges, time and memory of the last build, link to what follows
    #: setup                             a code cell that becomes the setup cell, the same in every lesson
    #: solution … #: why … #: stub … #: end    inside an exercise: the answer, its reasoning, and the learner's stub,
                                         whose lines start with "#| " in the source
"""

import argparse
import ast
import copy
import hashlib
import json
import os
import pathlib
import re
import sys
import tempfile
import time
import tomllib

import jupytext
import nbformat
from nbclient import NotebookClient
from tqdm.auto import tqdm

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
SOURCES = HERE / "source"
SOLUTIONS = HERE / "solutions"
MEASURED = HERE / "measured.json"
SOLUTION_TEXTS = ROOT / "helpers" / "lesson" / "checks" / "solutions.json"
WIDGET = "application/vnd.jupyter.widget-view+json"
CELL_TIMEOUT = 900
EXERCISE = re.compile(r"^#: solution\n(?P<code>.*?)^#: why (?P<why>.*?)^#: stub\n(?P<stub>.*?)^#: end$\n?", re.M | re.S)
SETUP = """\
# Setup, the same in every lesson: find the course on this machine, or fetch it (Colab).
import importlib.util, pathlib, subprocess, sys

if importlib.util.find_spec("helpers") is None:
    above = [folder for folder in pathlib.Path.cwd().parents if (folder / "helpers").is_dir()]
    course = above[0] if above else pathlib.Path("course").absolute()
    if not course.is_dir():
        tag, address = "{tag}", "{address}"
        subprocess.run(["git", "clone", "-q", "--depth=1", "-b", tag, address, course], check=True)
    sys.path.insert(0, str(course))
from helpers.lesson import setup; setup.start("{lesson}")"""


def course() -> dict:
    """Return the course's address and version from pyproject.toml, the only place that holds them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {"address": project["tool"]["course"]["address"], "version": project["project"]["version"]}


def names() -> list[str]:
    """Return the lessons that exist, in order, by file name without ending."""
    return sorted(path.stem for path in SOURCES.glob("[0-9][0-9]_*.py"))


def title_of(name: str) -> str:
    """Return a lesson's title: the first heading of its source."""
    return re.search(r"^# # (.+)$", (SOURCES / f"{name}.py").read_text(encoding="utf-8"), re.M)[1]


def _badges(name: str) -> str:
    address, tag = course()["address"], f"v{course()['version']}"
    owner = address.removeprefix("https://github.com/")
    colab = f"https://colab.research.google.com/github/{owner}/blob/{tag}/notebooks/{name}.ipynb"
    binder = f"https://mybinder.org/v2/gh/{owner}/{tag}?urlpath=lab/tree/notebooks/{name}.ipynb"
    return (
        f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({colab}) "
        f"[![Open in Binder](https://mybinder.org/badge_logo.svg)]({binder})"
    )


def _next(name: str) -> str:
    following = [other for other in names() if other > name]
    if not following:
        return "This is the last lesson so far. [The list of lessons](../README.md#the-lessons) grows from here."
    return f"Next: [{title_of(following[0])}]({following[0]}.ipynb)"


def _measured(name: str) -> str:
    stored = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}
    if name not in stored:
        return "not measured yet"
    return f"about {stored[name]['minutes']:g} min and {stored[name]['gigabytes']:g} GB of memory on 2 cores"


def _cell_id(cell, seen: set) -> str:
    """An id that depends on the cell's kind and text alone, so that it survives edits elsewhere."""
    base = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:10]
    name, count = base, 1
    while name in seen:
        count += 1
        name = f"{base}-{count}"
    seen.add(name)
    return name


def _exercise(source: str, solved: bool) -> str:
    def choose(match) -> str:
        if solved:
            return match["code"]
        return "".join(line.removeprefix("#| ").removeprefix("#|") for line in match["stub"].splitlines(keepends=True))

    return EXERCISE.sub(choose, source)


def make(name: str, solved: bool) -> nbformat.NotebookNode:
    """Return a lesson as a notebook without outputs: the learner's copy, or the one with every exercise solved."""
    notebook = jupytext.read(SOURCES / f"{name}.py", fmt="py:percent")
    seen: set = set()
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for key, fill in (("badges", _badges), ("next", _next), ("measured", _measured)):
                if f"{{{{{key}}}}}" in cell.source:
                    cell.source = cell.source.replace(f"{{{{{key}}}}}", fill(name))
        elif cell.source.strip() == "#: setup":
            values = course()
            cell.source = SETUP.format(tag=f"v{values['version']}", address=values["address"], lesson=name[:2])
        elif "#: solution" in cell.source:
            cell.source = _exercise(cell.source, solved)
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), "exercise"]
            if "#: " in cell.source:
                raise ValueError(f"{name}: an exercise is not marked as solution, why, stub, end:\n{cell.source}")
        cell.metadata = nbformat.NotebookNode({k: v for k, v in cell.metadata.items() if k == "tags"})
        cell.id = _cell_id(cell, seen)
    notebook.metadata = nbformat.NotebookNode(
        kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"},
        language_info={"name": "python"},
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def solution_texts() -> dict:
    """Return code and reasoning of every exercise's solution, from the sources."""
    found = {}
    for name in names():
        for cell in jupytext.read(SOURCES / f"{name}.py", fmt="py:percent").cells:
            match = EXERCISE.search(cell.source)
            if match:
                exercise = re.search(r'check\("(\d\d\.\d+)"', cell.source)[1]
                why = re.sub(r"\n#\s*", " ", match["why"]).strip()
                found[exercise] = {"code": match["code"].strip(), "why": why}
    return found


def _clean(output) -> bool:
    """Tidy one output in place; return False if it should not be stored: progress bars and emptied ones."""
    output.get("metadata", {}).pop("execution", None)
    if output.output_type == "stream" and output.name == "stderr":
        output.text = "\n".join(line for line in output.text.splitlines() if "%|" not in line and line.strip())
        return bool(output.text)
    if "data" in output and WIDGET in output.data:
        output.data.pop(WIDGET)
        return "text/html" in output.data  # a widget of the course leaves a picture; a progress bar leaves nothing
    return True


def execute(
    notebook: nbformat.NotebookNode, progress: str, results: pathlib.Path, solved: nbformat.NotebookNode | None = None
) -> dict:
    """Run a notebook in place as a learner would, its ledger in `results`; return seconds and peak memory in bytes.

    `solved`: the solution copy. It differs in its exercise cells alone, which run right after the learner's in the same
    session; it takes over all other outputs. CI runs each copy in a session of its own.
    """
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],  # the kernel's own remarks are no part of a lesson
        resources={"metadata": {"path": str(HERE)}},
    )
    started = time.perf_counter()
    with client.setup_kernel(env={**os.environ, "COURSE_RESULTS": str(results.resolve())}):
        for index, cell in enumerate(tqdm(notebook.cells, desc=progress, unit="cell")):
            client.execute_cell(cell, index)
            if solved and cell.source != solved.cells[index].source:
                client.execute_cell(solved.cells[index], index)
                notebook.cells[index] = cell  # the client has put the cell that it ran last there
        notebook.cells.append(
            nbformat.v4.new_code_cell("from helpers.machine import runtime; print(runtime.peak_memory())")
        )
        asked = client.execute_cell(notebook.cells[-1], len(notebook.cells) - 1)
        notebook.cells.pop()
    if solved:
        for cell, twin in zip(notebook.cells, solved.cells, strict=True):
            if cell.cell_type == "code" and cell.source == twin.source:
                twin.outputs = copy.deepcopy(cell.outputs)
    for ran in (notebook, solved) if solved else (notebook,):
        code = [cell for cell in ran.cells if cell.cell_type == "code"]
        for number, cell in enumerate(code, start=1):
            cell.metadata.pop("execution", None)
            cell.execution_count = number
            cell.outputs = [output for output in cell.outputs if _clean(output)]
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = number
        ran.metadata.pop("widgets", None)
        ran.metadata["language_info"] = {"name": "python"}
    return {"seconds": time.perf_counter() - started, "peak": int(asked.outputs[0].text)}


def keep_machine_outputs(new: nbformat.NotebookNode, path: pathlib.Path) -> None:
    """Keep the stored output of cells tagged `machine` if all others say what they said: those differ between machines.

    Where anything else says something new, all outputs are of the new run, so that the numbers of a notebook belong
    together.
    """
    if not path.exists():
        return
    old = {cell.id: cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"}
    code = [cell for cell in new.cells if cell.cell_type == "code"]
    ours = [cell for cell in code if "machine" in cell.metadata.get("tags", [])]
    if any(cell.id not in old or _said(old[cell.id]) != _said(cell) for cell in code if cell not in ours):
        return
    for cell in ours:
        if cell.id in old and old[cell.id].outputs:
            cell.outputs = old[cell.id].outputs


def _said(cell: nbformat.NotebookNode) -> str:
    """Return what a cell printed; pictures tell their content in words too."""
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


def modules_behind(code: str) -> list[pathlib.Path]:
    """Return the files of helpers that a lesson's code imports, directly or through others, in order of their names."""
    found: set[pathlib.Path] = set()
    waiting = [code]
    while waiting:
        for node in ast.walk(ast.parse(waiting.pop())):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "helpers":
                named = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                named = [alias.name for alias in node.names if alias.name.split(".")[0] == "helpers"]
            else:
                continue
            for name in named:
                whole = ROOT / name.replace(".", "/")
                for path in (whole.with_suffix(".py"), whole / "__init__.py"):
                    if path.is_file() and path not in found:
                        found.add(path)
                        waiting.append(path.read_text(encoding="utf-8"))
    return sorted(found)


def reference_rows_behind(code: str) -> list[str]:
    """Return the reference rows that a lesson may recall: those whose method a text of its code can spell.

    A lesson that reads the ledger as a whole may recall all of them.
    """
    rows = (ROOT / "data" / "reference_results.jsonl").read_text(encoding="utf-8").splitlines()
    if "recall(" not in code:
        return rows if "ledger.find(" in code or "reference=True" in code else []
    spelled = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, (ast.JoinedStr, ast.Constant)):
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            fixed = [str(part.value) if isinstance(part, ast.Constant) else None for part in parts]
            if sum(len(re.findall("[a-z]", part)) for part in fixed if part) >= 6:
                spelled.append("".join(".+" if part is None else re.escape(part) for part in fixed))
    any_of = re.compile("|".join(spelled) or "(?!)")
    return [row for row in rows if any_of.fullmatch(json.loads(row)["method"])]


def code_fingerprint(notebook: nbformat.NotebookNode) -> str:
    """Return a hash of all that outputs depend on: code cells, the helpers behind them, data, address, this file.

    Checks are left out (they are imported by lesson number, and only decide on exercises) but for the lesson's own.
    """
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    code = "\n".join(line for source in sources for line in source.splitlines() if not line.startswith("%"))
    digest = hashlib.sha256("\0".join(sources).encode())
    lesson = re.search(r'setup\.start\("(\d\d)"\)', code)
    checks = ROOT / "helpers" / "lesson" / "checks" / f"lesson_{lesson[1] if lesson else '..'}.py"
    behind = modules_behind(code + (f"\nimport helpers.lesson.checks.{checks.stem}" if checks.is_file() else ""))
    for part in (*behind, pathlib.Path(__file__), ROOT / "pyproject.toml", *data_behind(behind, code)):
        digest.update(part.read_bytes())
    digest.update("\n".join(reference_rows_behind(code)).encode())
    return digest.hexdigest()[:16]


def data_behind(behind: list[pathlib.Path], code: str) -> list[pathlib.Path]:
    """Return the files of each data set that a lesson or a module behind it names, and of adapters it quotes itself."""
    texts = [code, *(path.read_text(encoding="utf-8") for path in behind)]
    adapters = ROOT / "data" / "adapters"  # a lesson that uses one does not hang on the others
    sets = [folder for folder in sorted((ROOT / "data").iterdir()) if folder.is_dir() and folder != adapters]
    named = [folder for folder in sets if any(re.search(rf"\b{folder.name}\b", text) for text in texts)]
    if "tuning." in code:
        named += [folder for folder in sorted(adapters.glob("*/")) if f'"{folder.name}"' in code]
    return [path for folder in named for path in sorted(folder.rglob("*")) if path.is_file()]


def reuse_outputs(new: nbformat.NotebookNode, path: pathlib.Path) -> bool:
    """Take over the outputs of the stored notebook if nothing but text has changed since it ran; return whether."""
    if not path.exists():
        return False
    old = nbformat.read(path, as_version=4)
    if old.metadata.get("course", {}).get("ran_on") != code_fingerprint(new):
        return False
    code = [[cell for cell in notebook.cells if cell.cell_type == "code"] for notebook in (old, new)]
    for before, after in zip(*code, strict=True):
        after.outputs, after.execution_count = before.outputs, before.execution_count
    return True


def targets(name: str) -> tuple[tuple[pathlib.Path, bool], ...]:
    """Return (path, solved) of the two notebooks of a lesson."""
    return ((HERE / f"{name}.ipynb", False), (SOLUTIONS / f"{name}.ipynb", True))


def is_current(name: str) -> bool:
    """Return whether both notebooks of a lesson have the cells of their source, and ran on what is there now."""
    for path, solved in targets(name):
        expected = make(name, solved)
        if not same_cells(path, expected):
            return False
        stored = nbformat.read(path, as_version=4).metadata.get("course", {})
        if stored.get("ran_on") != code_fingerprint(expected):
            return False
    return True


def _note_measurement(name: str, measured: dict) -> None:
    """Keep rounded time and memory of a lesson; small changes do not count, so that text does not flicker."""
    stored = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}
    minutes = max(0.5, round(2 * measured["seconds"] / 60) / 2)
    gigabytes = round(measured["peak"] / 1e9 + 0.05, 1)
    old = stored.get(name)
    if old and abs(old["minutes"] - minutes) <= 0.5 and abs(old["gigabytes"] - gigabytes) <= 0.15:
        return
    stored[name] = {"minutes": minutes, "gigabytes": gigabytes}
    MEASURED.write_text(json.dumps(stored, indent=1, sort_keys=True) + "\n")


def build(name: str) -> None:
    """Make, run and store both notebooks of a lesson; where only text has changed, nothing runs."""
    paths = [path for path, _ in targets(name)]
    notebooks = [make(name, solved) for _, solved in targets(name)]
    if not all(map(reuse_outputs, notebooks, paths)):
        notebooks = [make(name, solved) for _, solved in targets(name)]
        with tempfile.TemporaryDirectory() as results:
            measured = execute(notebooks[0], name, pathlib.Path(results), notebooks[1])
        _note_measurement(name, measured)
        for notebook, path, (_, solved) in zip(notebooks, paths, targets(name), strict=True):
            for cell, again in zip(notebook.cells, make(name, solved).cells, strict=True):
                if cell.cell_type == "markdown":  # time and memory are known only now
                    cell.source, cell.id = again.source, again.id
            keep_machine_outputs(notebook, path)
    for notebook, path in zip(notebooks, paths, strict=True):
        notebook.metadata["course"] = {"ran_on": code_fingerprint(notebook)}
        path.parent.mkdir(exist_ok=True)
        nbformat.validate(notebook)
        path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")


def same_cells(path: pathlib.Path, expected: nbformat.NotebookNode) -> bool:
    """Return whether a stored notebook has exactly the cells that its source gives, whatever its outputs."""
    if not path.exists():
        return False

    def parts(notebook):
        return [(cell.id, cell.cell_type, cell.source, cell.metadata.get("tags", [])) for cell in notebook.cells]

    return parts(nbformat.read(path, as_version=4)) == parts(expected)


def main() -> int:
    """Run the command line; see the top of this file."""
    parser = argparse.ArgumentParser(description="Build the notebooks from notebooks/source.")
    parser.add_argument("--all", action="store_true", help="build everything, changed or not")
    parser.add_argument("--check", action="store_true", help="build nothing; say what does not match its source")
    parser.add_argument("lessons", nargs="*", help="lessons by number or name; default: all")
    arguments = parser.parse_args()
    chosen = [name for name in names() if not arguments.lessons or name[:2] in {x[:2] for x in arguments.lessons}]
    if arguments.check:
        stale = [
            path.name for name in chosen for path, solved in targets(name) if not same_cells(path, make(name, solved))
        ]
        print("\n".join(f"{path}: does not match its source; run `make notebooks`" for path in stale) or "all match")
        return int(bool(stale))
    SOLUTION_TEXTS.write_text(json.dumps(solution_texts(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for name in chosen:
        if arguments.all or not is_current(name):
            build(name)
        else:
            print(f"{name}: unchanged")
    return 0


if __name__ == "__main__":
    sys.exit(main())
