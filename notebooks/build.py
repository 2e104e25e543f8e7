"""Builds the notebooks from notebooks/source: learner copies here, solution copies in solutions/, both executed.

    python notebooks/build.py            build what changed since its last build; changed text alone runs nothing
    python notebooks/build.py 04         the same for one lesson and its labs
    python notebooks/build.py --all      build everything
    python notebooks/build.py --check    build nothing; say what is stale and why, with exit status 1
    python notebooks/build.py --new 10_my_lesson    begin a lesson (or labs/04_scale, a lab) from the template

How a source is written stands at the top of sources.py; how staleness is found out, in stamps.py.
"""

import argparse
import json
import pathlib
import sys
import tempfile
from collections.abc import Sequence

import found
import house
import nbformat
import sources
import stamps
import workshop
from execution import Run, execute, keep_machine_outputs
from sources import HERE, MEASURED, ROOT, make, names, same_cells, targets

from helpers.results import ledger, verdicts

# Whatever the builder's own settings are. float32, as the stored rows: a comparison needs one number format.
AS_SHIPPED = {"COURSE_PROFILE": "full", "COURSE_MODEL": "", "COURSE_DTYPE": "float32", "COURSE_MISSING": ""}
LAST = "08"  # it shows the verdicts of all others, so it is built after them


def code_of(name: str) -> str:
    """Return a lesson's code in both copies; a new version or address of the course is no new code."""
    passing = (sources.course()["address"], f"v{sources.course()['version']}")
    return stamps.code_of_cells((make(name, solved) for _, solved in targets(name)), passing)


def why_stale(name: str) -> list[str]:
    """Return why a lesson must run again, one reason an entry; empty if its stored outputs stand."""
    return stamps.why_stale(name, code_of(name))


def unlike_source(name: str) -> list[str]:
    """Return the notebooks of a lesson whose cells are not those of its source."""
    copies = targets(name)
    return [path.relative_to(HERE).as_posix() for path, solved in copies if not same_cells(path, make(name, solved))]


def _note_measurement(name: str, run: Run) -> None:
    """Keep rounded time and memory of a lesson; small changes do not count, so that text does not flicker."""
    stored = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}
    minutes = max(0.5, round(2 * run.seconds / 60) / 2)
    gigabytes = round(run.peak / 1e9 + 0.05, 1)
    old = stored.get(name)
    if old and abs(old["minutes"] - minutes) <= 0.5 and abs(old["gigabytes"] - gigabytes) <= 0.15:
        return
    stored[name] = {"minutes": minutes, "gigabytes": gigabytes}
    MEASURED.write_text(json.dumps(stored, indent=1, sort_keys=True) + "\n")


def _store(notebook: nbformat.NotebookNode, path: pathlib.Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.validate(notebook)
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")


def reword(name: str) -> None:
    """Store both notebooks of a lesson with the texts of its source and the outputs that they have; nothing runs."""
    for path, solved in targets(name):
        notebook = make(name, solved)
        code = [[c for c in nb.cells if c.cell_type == "code"] for nb in (nbformat.read(path, as_version=4), notebook)]
        for before, after in zip(*code, strict=True):
            after.outputs, after.execution_count = before.outputs, before.execution_count
        _store(notebook, path)


def run(name: str, reasons: Sequence[str] = ()) -> None:
    """Make, run and store both notebooks of a lesson in the full profile, keep its verdicts, and stamp it.

    Where all that changed is code, machine outputs are kept if nothing else says something new. What new data says, and
    what was asked for, is stored.
    """
    copies = targets(name)
    notebooks = [make(name, solved) for _, solved in copies]
    code, modules, folder = code_of(name), stamps.now(), copies[0][0].parent
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as results:
        left = pathlib.Path(results) / "verdicts.jsonl"
        ran = execute(notebooks[0], name, left.parent, notebooks[1], AS_SHIPPED, folder)
        judged = ledger.read(left, verdicts.Verdict, "a verdict")
    if judged:
        verdicts.keep(judged)
    _note_measurement(name, ran)
    for notebook, (path, solved) in zip(notebooks, copies, strict=True):
        for cell, again in zip(notebook.cells, make(name, solved).cells, strict=True):
            if cell.cell_type == "markdown":  # time and memory are known only now
                cell.source, cell.id = again.source, again.id
        if reasons and all(reason == stamps.CODE or reason.endswith(".py changed") for reason in reasons):
            keep_machine_outputs(notebook, path)
        _store(notebook, path)
    stamps.keep(
        name, stamps.stamp(code, ran.read, modules, [path for path, _ in copies], {verdict.id for verdict in judged})
    )


def in_order(chosen: list[str]) -> list[str]:
    """Return lessons in the order in which they are built: the one that shows all verdicts comes last."""
    return sorted(chosen, key=lambda name: name.startswith(LAST))


def check(chosen: list[str]) -> int:
    """Print what is stale among the chosen lessons, and why; return 1 if anything is."""
    found = [f"{path}: its cells are not those of its source" for name in chosen for path in unlike_source(name)]
    found += [f"{name}: {reason}" for name in chosen for reason in why_stale(name)]
    print("\n".join([*found, stamps.REMEDY]) if found else "all is as its sources, helpers and data give it")
    return int(bool(found))


def write_pages() -> None:
    """Write what is made of the lessons beside the notebooks: README's parts, findings, plans, handouts, citation."""
    found.write()
    house.write()
    workshop.write()


def main() -> int:
    """Run the command line; see the top of this file."""
    parser = argparse.ArgumentParser(description="Build the notebooks from notebooks/source.")
    parser.add_argument("--all", action="store_true", help="build everything, changed or not")
    parser.add_argument("--check", action="store_true", help="build nothing; say what is stale and why")
    parser.add_argument("--new", metavar="NAME", help="begin a lesson (10_my_lesson) or a lab (labs/04_scale)")
    parser.add_argument("lessons", nargs="*", help="lessons by number or name, or `labs`; default: all")
    arguments = parser.parse_args()
    try:
        if arguments.new:
            print("\n".join(f"{path.relative_to(ROOT)}: to be filled" for path in sources.begin(arguments.new)))
            return 0
        chosen = sources.choose(arguments.lessons, names())
        texts = sources.solution_texts()
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if arguments.check:
        return check(chosen)
    sources.SOLUTION_TEXTS.write_text(json.dumps(texts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    write_pages()
    for name in in_order(chosen):
        reasons = why_stale(name)
        if arguments.all or reasons:
            print(f"{name}: {'; '.join(reasons) or 'asked for'}")
            run(name, reasons)
        elif unlike_source(name):
            reword(name)
            print(f"{name}: new text, nothing ran")
        else:
            print(f"{name}: unchanged")
    write_pages()  # once more: verdicts and minutes may be new
    return 0


if __name__ == "__main__":
    sys.exit(main())
