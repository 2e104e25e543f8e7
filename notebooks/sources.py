"""Makes notebooks without outputs from the sources in notebooks/source, and begins new sources from the template.

A source is a Python file in percent format. Beside plain cells it knows, each on a line of its own:
    {{badges}} {{measured}} {{next}}     in text cells: badges, time and memory of the last build, link to what follows
    #: setup                             a code cell that becomes the setup cell, the same in every lesson
    #: solution … #: why … #: stub … #: end    inside an exercise: the answer, its reasoning, and the learner's stub,
                                         whose lines start with "#| " in the source; after them, in the same cell and
                                         at the start of a line, check("04.7", answer)
"""

import hashlib
import json
import os
import pathlib
import re
import tomllib

import jupytext
import nbformat

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
SOURCES = HERE / "source"
SOLUTIONS = HERE / "solutions"
MEASURED = HERE / "measured.json"
CHECKS = ROOT / "helpers" / "lesson" / "checks"
WRONG_ANSWERS = ROOT / "tests" / "lesson" / "wrong_answers"
SOLUTION_TEXTS = CHECKS / "solutions.json"
TEMPLATE = "_template.py"  # of a lesson 99 with an exercise 99.1
EXERCISE = re.compile(r"^#: solution\n(?P<code>.*?)^#: why (?P<why>.*?)^#: stub\n(?P<stub>.*?)^#: end$\n?", re.M | re.S)
CHECK = re.compile(r"^check\(\"([^\"]*)\"(?:, ([^)]*))?\)", re.M)
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)")
SETUP = """\
# Setup, the same in every lesson: find the course on this machine, or fetch it (Colab).
import importlib.util, pathlib, subprocess, sys

if importlib.util.find_spec("helpers") is None:
    above = [folder for folder in pathlib.Path.cwd().parents if (folder / "helpers").is_dir()]
    course = above[0] if above else pathlib.Path("course").absolute()
    if not course.is_dir():
        tag, address = "{tag}", "{address}"
        clone = ["git", "-c", "advice.detachedHead=false", "clone", "-q", "--depth=1", "-b"]
        subprocess.run([*clone, tag, address, course], check=True)
    sys.path.insert(0, str(course))
from helpers.lesson import setup; setup.start("{lesson}")"""


def course() -> dict:
    """Return the course's address and version from pyproject.toml, the only place that holds them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {"address": project["tool"]["course"]["address"], "version": project["project"]["version"]}


def names() -> list[str]:
    """Return the lessons that exist, in order, then the labs: `04_mini_rag`, `labs/04_scale`."""
    return [
        path.relative_to(SOURCES).with_suffix("").as_posix()
        for pattern in ("[0-9][0-9]_*.py", "labs/[0-9][0-9]_*.py")
        for path in sorted(SOURCES.glob(pattern))
    ]


def lessons() -> list[str]:
    """Return the lessons alone: the core path."""
    return [name for name in names() if "/" not in name]


def number_of(name: str) -> str:
    """Return the number of a lesson, or of the lesson that a lab belongs to.

    >>> number_of("04_mini_rag"), number_of("labs/04_scale")
    ('04', '04')
    """
    return pathlib.PurePath(name).name[:2]


def choose(wanted: list[str], among: list[str]) -> list[str]:
    """Return the lessons that are named by number (with its labs) or by name, or as `labs`; all where none is.

    Raises ValueError naming those there are.
    """
    chosen = []
    for word in wanted:
        found = [n for n in among if word in (n, number_of(n)) or (word == "labs" and n.startswith("labs/"))]
        if not found and word != "labs":
            raise ValueError(f"there is no lesson {word!r}; there are {', '.join(among)}")
        chosen += found
    return [name for name in among if name in chosen] if wanted else among


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
        f"[![Open in Binder](https://mybinder.org/badge_logo.svg)]({binder}) "
        f"[Dead link? All pages]({address}/tree/{tag})"  # a copy on Drive has no pages beside it
    )


def _lesson_of(lab: str) -> str:
    """Return a link to the lesson that a lab belongs to."""
    lesson = next(other for other in lessons() if number_of(other) == number_of(lab))
    return f"[{title_of(lesson)}](../{lesson}.ipynb)"


def _with_its_lesson(top: str, lab: str) -> str:
    """Return a lab's first cell with its lesson below the title: a lab may be the first page that somebody opens."""
    where = f"A lab of lesson {number_of(lab)}, {_lesson_of(lab)} It runs alone, and no later lesson needs it."
    return re.sub(r"(?m)^# .+$", lambda title: f"{title[0]}\n\n{where}", top, count=1)


def _next(name: str) -> str:
    if "/" in name:
        return f"Back to its lesson: {_lesson_of(name)}"
    following = [other for other in lessons() if other > name]
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


def _exercise(source: str, name: str, place: int) -> tuple[str, re.Match]:
    """Return id and parts of the exercise in a cell; raises ValueError saying which rule of exercises is broken."""
    where, lesson = f"{name}, cell {place}", number_of(name)
    match = EXERCISE.search(source)
    if not match or "#: " in EXERCISE.sub("", source):
        raise ValueError(
            f"{where}: an exercise has lines #: solution, #: why, #: stub, #: end, in this order:\n{source}"
        )
    asked = CHECK.findall(EXERCISE.sub("", source))
    form = f'check("{lesson}.1", answer), at the start of a line after #: end'
    if len(asked) != 1:
        raise ValueError(f"{where}: an exercise ends with one line {form}; this cell has {len(asked)}")
    exercise, answers = asked[0]
    if not re.fullmatch(rf"{lesson}\.[1-9]\d*", exercise):
        raise ValueError(f"{where}: {exercise!r} is no exercise of lesson {lesson}; its check is {form}")
    if not answers or not all(answer.strip().isidentifier() for answer in answers.split(",")):
        raise ValueError(f"{where}: the check of {exercise} is handed names alone, as in {form}; got {answers!r}")
    return exercise, match


def _answered(source: str, solved: bool) -> str:
    def choose_part(match) -> str:
        if solved:
            return match["code"]
        return "".join(line.removeprefix("#| ").removeprefix("#|") for line in match["stub"].splitlines(keepends=True))

    return EXERCISE.sub(choose_part, source)


def _from_solutions(text: str, name: str) -> str:
    """Return a lesson's text with links that lead to the same places from its solved copy: notebooks stay neighbors."""
    (lesson, _), (copy, _) = targets(name)

    def lead(link: re.Match) -> str:
        path = link[1] if link[1].endswith(".ipynb") else os.path.relpath(lesson.parent / link[1], copy.parent)
        return f"]({path}"

    return LINK.sub(lead, text)


def make(name: str, solved: bool) -> nbformat.NotebookNode:
    """Return a lesson as a notebook without outputs: the learner's copy, or the one with every exercise solved."""
    notebook = jupytext.read(SOURCES / f"{name}.py", fmt="py:percent")
    seen: set = set()
    for place, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "markdown":
            for key, fill in (("badges", _badges), ("next", _next), ("measured", _measured)):
                if f"{{{{{key}}}}}" in cell.source:
                    cell.source = cell.source.replace(f"{{{{{key}}}}}", fill(name))
            if place == 1 and "/" in name:
                cell.source = _with_its_lesson(cell.source, name)
        elif cell.source.strip() == "#: setup":
            values = course()
            cell.source = SETUP.format(tag=f"v{values['version']}", address=values["address"], lesson=number_of(name))
        elif "#: solution" in cell.source:
            _exercise(cell.source, name, place)
            cell.source = _answered(cell.source, solved)
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), "exercise"]
        cell.metadata = nbformat.NotebookNode({k: v for k, v in cell.metadata.items() if k == "tags"})
        cell.id = _cell_id(cell, seen)
        if solved and cell.cell_type == "markdown":
            cell.source = _from_solutions(cell.source, name)
    notebook.metadata = nbformat.NotebookNode(
        kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"},
        language_info={"name": "python"},
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def solution_texts() -> dict:
    """Return code and reasoning of every exercise's solution, by id; raises ValueError if a source breaks a rule."""
    found: dict[str, dict] = {}
    for name in names():
        for place, cell in enumerate(jupytext.read(SOURCES / f"{name}.py", fmt="py:percent").cells, start=1):
            if cell.cell_type != "code" or "#: solution" not in cell.source:
                continue
            exercise, match = _exercise(cell.source, name, place)
            if exercise in found:
                raise ValueError(f"{name}, cell {place}: there is an exercise {exercise} already; take the next number")
            why = re.sub(r"\n#\s*", " ", match["why"]).strip()
            found[exercise] = {"code": match["code"].strip(), "why": why}
    return found


def targets(name: str) -> tuple[tuple[pathlib.Path, bool], ...]:
    """Return (path, solved) of the two notebooks of a lesson."""
    return ((HERE / f"{name}.ipynb", False), (SOLUTIONS / f"{name}.ipynb", True))


def same_cells(path: pathlib.Path, expected: nbformat.NotebookNode) -> bool:
    """Return whether a stored notebook has exactly the cells that its source gives, whatever its outputs."""
    if not path.exists():
        return False

    def parts(notebook):
        return [(cell.id, cell.cell_type, cell.source, cell.metadata.get("tags", [])) for cell in notebook.cells]

    return parts(nbformat.read(path, as_version=4)) == parts(expected)


def begin(name: str) -> list[pathlib.Path]:
    """Begin a lesson, or a lab (`labs/04_scale`), from the template; return the files written.

    A lesson gets a file for its checks, and one for what they must refuse; a lab's exercises go on with the numbers of
    its lesson and in its files.
    Raises ValueError if the name is not of that form or taken.
    """
    if not re.fullmatch(r"(labs/)?\d\d_[a-z0-9_]+", name):
        raise ValueError(f"a lesson is called like 10_my_lesson, a lab like labs/04_scale; got {name!r}")
    pairs = [(SOURCES / TEMPLATE, SOURCES / f"{name}.py")]
    if "/" not in name:
        pairs += [(folder / TEMPLATE, folder / f"lesson_{number_of(name)}.py") for folder in (CHECKS, WRONG_ANSWERS)]
    for _, target in pairs:
        if target.exists():
            raise ValueError(f"{target.name} is there already; choose another number")
    number = number_of(name)
    taken = [int(exercise.split(".")[1]) for exercise in solution_texts() if exercise.startswith(f"{number}.")]
    for source, target in pairs:
        target.parent.mkdir(exist_ok=True)
        text = source.read_text(encoding="utf-8").replace("99.1", f"{number}.{max(taken, default=0) + 1}")
        target.write_text(text.replace("99", number), encoding="utf-8")
    return [target for _, target in pairs]


def placed(where: str, text: str, what: str, begin: str, end: str, part: str) -> str:
    r"""Return a page's text with `part` between the lines `begin` and `end`; raises ValueError where there is no place.

    >>> placed("a.md", "one\n<!-- a -->\nold\n<!-- b -->\ntwo", "it", "<!-- a -->", "<!-- b -->", "new")
    'one\n<!-- a -->\nnew\n<!-- b -->\ntwo'
    """
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{where} has no place for {what}: a line {begin!r}, and below it {end!r}")
    return f"{before}{begin}\n{part}\n{end}{after}"
