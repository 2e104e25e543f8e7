"""Runs lessons without a screen, as learners' copies untouched, then prints methods measured and claims judged.

    python notebooks/run.py              every lesson
    python notebooks/run.py 04 labs      lesson 04 and its labs, and all labs
    python notebooks/run.py 04 --rerun   measure also what it takes from the reference results, and keep that as such

The executed copies are left in results/course, the ledger in results (or where COURSE_RESULTS says); with --rerun both
in a new folder below results/reference.
"""

import argparse
import os
import pathlib
import sys
import time

import nbformat
from execution import execute
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from sources import choose, lessons, make, names

from helpers.machine import runtime
from helpers.results import ledger, verdicts


def run(chosen: list[str], results: pathlib.Path) -> list[str]:
    """Run lessons in order, their executed copies in results/course; return those that stopped."""
    failed = []
    for name in chosen:
        notebook = make(name, solved=False)
        target = results / "course" / f"{name}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            ran = execute(notebook, name, results)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            failed.append(name)
            print(f"{name} stopped:\n{error}\nWhat it had computed is in {target}", file=sys.stderr)
        else:
            print(f"{name}: {ran.seconds:.0f} s, {ran.peak / 1e9:.2f} GB at its peak")
        nbformat.write(notebook, target)
    return failed


def show() -> None:
    """Print the methods measured so far, and all claims with their verdicts."""
    rows = ledger.rows(reference=True)
    for title, chosen in (
        ("On dev and the shifted set, where lessons try things out", [row for row in rows if row.split != "test"]),
        ("On the frozen test sets", [row for row in rows if row.split == "test"]),
    ):
        print(f"\n## {title}\n\n{ledger.table(chosen)}")
    told = verdicts.gather()
    counts = [verdicts.tally(told), verdicts.apart(told)]
    measured, others = (", ".join(f"{count} {what}" for what, count in part.items()) for part in counts)
    print(f"\n## All {len(told)} claims\n\nMeasured: {measured}. Not counted: {others or 'none'}.\n")
    print(verdicts.table(told))


def keep(measured: pathlib.Path) -> None:
    """Take the rows of a ledger into the reference results, and print which."""
    rows = ledger.read(measured, ledger.LedgerRow, "a ledger row")
    names = dict.fromkeys(f"{row.task}/{row.split}: {row.method}" for row in rows)
    print("\n## Kept as reference results\n\n" + ("\n".join(names) or "nothing was measured"))
    ledger.keep(measured)
    print("\nLessons that use one whose numbers changed are stale now: `make notebooks` builds those again.")


def main() -> int:
    """Run the command line; exit status 1 if a lesson fails, with a readable line if a setting is wrong."""
    parser = argparse.ArgumentParser(description="Run lessons without a screen.")
    parser.add_argument("--rerun", action="store_true", help="measure everything, and keep it as reference results")
    parser.add_argument("lessons", nargs="*", help="lessons by number or name, or `labs`; default: every lesson")
    arguments = parser.parse_args()
    if arguments.rerun:
        folder = runtime.ROOT / "results" / "reference" / time.strftime("%Y-%m-%dT%H-%M-%S")
        os.environ |= {"COURSE_RERUN": "1", "COURSE_PROFILE": "full", "COURSE_RESULTS": str(folder)}
    try:
        runtime.profile()
        chosen = choose(arguments.lessons, names()) if arguments.lessons else lessons()
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    failed = run(chosen, ledger.path().parent)
    show()
    if arguments.rerun and not failed:
        keep(ledger.path())
    elif arguments.rerun:
        command = f"python -m helpers.results.ledger keep {ledger.path()}"
        print(f"\nNothing was kept as reference, since {', '.join(failed)} stopped; to keep it: {command}")
    folder = ledger.path().parent / "course"
    shown = folder.relative_to(pathlib.Path.cwd()) if folder.is_relative_to(pathlib.Path.cwd()) else folder
    print(f"\nThe executed lessons are in {shown}.")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
