"""Runs every lesson without a screen, as a learner's copy untouched, then prints methods measured and claims judged.

The executed copies are left in results/course, the ledger in results (or where COURSE_RESULTS says).
"""

import pathlib
import sys

import nbformat
from build import execute, make, names
from nbclient.exceptions import CellExecutionError

from helpers.machine import runtime
from helpers.results import ledger, verdicts


def main() -> int:
    """Run the lessons in order; exit status 1 if one fails, with a readable line if a setting is wrong."""
    try:
        runtime.profile()
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    results = ledger.path().parent
    folder = results / "course"
    folder.mkdir(parents=True, exist_ok=True)
    failed = []
    for name in names():
        notebook = make(name, solved=False)
        target = folder / f"{name}.ipynb"
        try:
            measured = execute(notebook, name, results)
        except CellExecutionError as error:
            failed.append(name)
            print(f"{name} stopped:\n{error}\nWhat it had computed is in {target}", file=sys.stderr)
        else:
            print(f"{name}: {measured['seconds']:.0f} s, {measured['peak'] / 1e9:.2f} GB at its peak")
        nbformat.write(notebook, target)
    rows = ledger.rows(reference=True)
    for name, chosen in (
        ("On dev and the shifted set, where lessons try things out", [row for row in rows if row.split != "test"]),
        ("On the frozen test sets", [row for row in rows if row.split == "test"]),
    ):
        print(f"\n## {name}\n\n{ledger.table(chosen)}")
    told = verdicts.gather()
    counted = ", ".join(f"{count} {outcome}" for outcome, count in verdicts.tally(told).items())
    print(f"\n## All {len(told)} claims: {counted}\n\n{verdicts.table(told)}")
    shown = (
        target.parent.relative_to(pathlib.Path.cwd()) if target.is_relative_to(pathlib.Path.cwd()) else target.parent
    )
    print(f"\nThe executed lessons are in {shown}.")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
