"""Writes what `make test` runs of each lesson: the learner's copy, then every exercise solved, in one session.

`python tests/rehearse.py FOLDER NUMBER…` takes the lessons of these numbers (`labs` for all labs) from the built
notebooks. After the learner's copy come, in their order, the exercise cells as solved, and the cells that read what
those made, directly or through others: all others would do again what they did, which takes half of the time. What
a lesson took of memory, up to each of the two ends, comes into FOLDER/peaks.txt.
"""

import copy
import pathlib
import symtable
import sys

import nbformat
import sources

PEAK = "__import__('helpers.machine.runtime').machine.runtime.peak_memory()"  # bytes; binds no name of the lesson's
TELL = "print({name!r} + ':', format({peak} / 1e9, '.2f'), 'GB at its peak, {when}', file=open({file!r}, 'a'))"
EXPECT = '__import__("os").environ["COURSE_EXPECT"] = {status!r}'


def made_and_read(code: str) -> tuple[set[str], set[str]]:
    """Return the names that a cell binds, and those that it or a function in it reads.

    >>> made, read = made_and_read("import numpy as np\\ndef f(x):\\n    y = x + k\\n    return np.ones(y)")
    >>> sorted(made), sorted(read)
    (['f', 'np'], ['k', 'np'])
    """
    top = symtable.symtable(code, "cell", "exec")
    made = {name.get_name() for name in top.get_symbols() if name.is_assigned() or name.is_imported()}
    read = {name.get_name() for name in top.get_symbols() if name.is_referenced()}
    inner = top.get_children()
    while inner:
        table = inner.pop()
        read |= {name.get_name() for name in table.get_symbols() if name.is_global() and name.is_referenced()}
        inner += table.get_children()
    return made, read


def changed(learner: nbformat.NotebookNode, solved: nbformat.NotebookNode) -> list[int]:
    """Return the places of the cells that can do something else once the exercises are solved."""
    touched: set[str] = set()
    places = []
    for place, (cell, twin) in enumerate(zip(learner.cells, solved.cells, strict=True)):
        if twin.cell_type == "code":
            made, read = made_and_read(twin.source)
            if cell.source != twin.source or read & touched:
                touched |= made
                places.append(place)
    return places


def rehearsal(
    learner: nbformat.NotebookNode, solved: nbformat.NotebookNode, name: str = "", peaks: pathlib.Path | None = None
) -> nbformat.NotebookNode:
    """Return the notebook to run; its checks raise unless they say *not attempted*, and later *correct*.

    peaks: a file that gets two lines on the memory that a lesson of this name took.
    """

    def expecting(status: str) -> nbformat.NotebookNode:
        return nbformat.v4.new_code_cell(EXPECT.format(status=status))

    def told(when: str) -> list[nbformat.NotebookNode]:
        code = TELL.format(name=name, peak=PEAK, when=when, file=str(peaks))
        return [nbformat.v4.new_code_cell(code)] if peaks else []

    again = [copy.deepcopy(solved.cells[place]) for place in changed(learner, solved)]
    for number, cell in enumerate(again):
        cell.id = f"solved-{number}"
    both = copy.deepcopy(learner)
    first = [expecting("not attempted"), *both.cells, *told("untouched")]
    both.cells = [*first, expecting("correct"), *again, *told("with its exercises solved as well")]
    return both


def main(folder: str, *numbers: str) -> None:
    """Write the rehearsals of some lessons into a folder."""
    peaks = pathlib.Path(folder).absolute() / "peaks.txt"
    for name in sources.choose(list(numbers), sources.names()):
        learner, solved = (nbformat.read(path, as_version=4) for path, _ in sources.targets(name))
        target = pathlib.Path(folder) / f"{name}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(rehearsal(learner, solved, name, peaks), target)


if __name__ == "__main__":
    main(*sys.argv[1:])
