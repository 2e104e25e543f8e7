"""The built notebooks agree with their sources and keep the house rules."""

import json
import re
import shutil
import subprocess
import sys

import build
import execution
import jupytext
import nbformat
import pytest
import sources

from helpers.lesson import exercises
from helpers.lesson.checks import held_back
from helpers.machine import runtime

NAMES = sources.names()
BUILT = [
    pytest.param(path, name, solved, id=f"{path.parent.name}/{name}")
    for name in NAMES
    for path, solved in sources.targets(name)
]
LOCAL_PATH = re.compile(r"(?<![\w.])/(?:home|root|tmp|Users|work|content|var)/[\w./-]+")


def read(path):
    return nbformat.read(path, as_version=4)


def test_lessons_are_numbered_from_00_without_gaps():
    numbers = [sources.number_of(name) for name in sources.lessons()]
    assert numbers == [f"{i:02}" for i in range(len(numbers))]
    assert {sources.number_of(name) for name in NAMES} == set(numbers), "a lab belongs to the lesson of its number"


@pytest.mark.parametrize(("path", "name", "solved"), BUILT)
def test_built_cells_match_the_source(path, name, solved):
    assert sources.same_cells(path, sources.make(name, solved)), "run `make notebooks`"


@pytest.mark.parametrize("name", NAMES)
def test_stored_outputs_are_those_that_code_and_data_give_now(name):
    assert build.why_stale(name) == [], "run `make notebooks`"


def test_stored_solutions_match_the_sources():
    assert json.loads(sources.SOLUTION_TEXTS.read_text()) == sources.solution_texts()


@pytest.mark.parametrize(("path", "name", "solved"), BUILT)
def test_stored_notebooks_ran_in_order_without_errors(path, name, solved):
    notebook = read(path)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not [o for cell in code for o in cell.outputs if o.output_type == "error" or o.get("name") == "stderr"]
    assert "widgets" not in notebook.metadata
    assert set(notebook.metadata.language_info) == {"name"}


@pytest.mark.parametrize(("path", "name", "solved"), BUILT)
def test_checks_say_what_they_should(path, name, solved):
    outputs = [
        o.text for c in read(path).cells if c.cell_type == "code" for o in c.outputs if o.output_type == "stream"
    ]
    said = re.findall(r"^(\d\d\.\d+) (not attempted|not yet|correct)", "".join(outputs), re.M)
    asked = re.findall(r'^check\("(\d\d\.\d+)"', "\n".join(cell.source for cell in read(path).cells), re.M)
    assert [exercise for exercise, _ in said] == asked
    assert {status for _, status in said} == {"correct" if solved else "not attempted"}


@pytest.mark.parametrize("name", NAMES)
def test_pages_say_of_an_exercise_that_nobody_attempted_what_its_check_says_now(name):
    """A change to what judges answers makes no lesson stale (stamps.JUDGES), so its lines on the page are held here."""
    notebook = read(sources.targets(name)[0][0])
    for cell in notebook.cells:
        for exercise, answers in re.findall(r'^check\("(\d\d\.\d+)"((?:, \w+)*)\)', cell.source, re.M):
            now = str(exercises.judge(exercise, *[...] * answers.count(",")))
            assert now in "".join(o.text for o in cell.outputs).split("\n"), f"build.py --all {name}"


@pytest.mark.parametrize(("path", "name", "solved"), BUILT)
def test_no_local_path_and_no_token_counts_of_time_in_outputs(path, name, solved):
    text = json.dumps([cell.outputs for cell in read(path).cells if cell.cell_type == "code"])
    assert not LOCAL_PATH.findall(text)
    for cell in read(path).cells:
        if cell.cell_type == "code" and "machine" not in cell.metadata.get("tags", []):
            printed = " ".join(o.text for o in cell.outputs if o.output_type == "stream")
            printed = re.sub(r"about \d+ minutes on two cores", "", printed)  # told beforehand, by a constant
            assert not re.search(r"\b\d+(\.\d+)? ?(s|sec|seconds|ms|minutes)\b", printed), printed


@pytest.mark.parametrize(("path", "name", "solved"), BUILT)
def test_pictures_have_alternative_text_and_widgets_leave_a_picture(path, name, solved):
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"!\[\s*\]\(", cell.source)
            continue
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                assert len(output.metadata["image/png"]["alt"]) > 30
            assert execution.WIDGET not in output.get("data", {})
        if "widgets." in cell.source and "import" not in cell.source:
            assert any("text/html" in output.get("data", {}) for output in cell.outputs)


@pytest.mark.parametrize("name", NAMES)
def test_rooms_are_in_order(name):
    text = "\n".join(cell.source for cell in sources.make(name, solved=False).cells)
    rooms = [
        "colab-badge.svg",
        "\n# ",
        "After this lesson you can",
        "Time and memory",
        "Claims tested here",
        "setup.start",
    ]
    rooms += ["Your turn", "Playground", "Three things to remember"]
    positions = [text.index(room) for room in rooms]
    assert positions == sorted(positions)
    assert re.search(r"^# .+\?$", text, re.M), "the title is a question"


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_without_the_course_beside_it_names_where_its_links_lead(name):
    """As on Drive, where no link within the course leads anywhere."""
    course = sources.course()
    wanted = f"[Dead link? All pages]({course['address']}/tree/v{course['version']})"
    assert wanted in sources.make(name, solved=False).cells[0].source.splitlines()[0]


@pytest.mark.parametrize("name", sorted(set(NAMES) - set(sources.lessons())))
def test_a_lab_says_below_its_title_to_which_lesson_it_belongs(name):
    """A lab may be the first page that somebody opens: there, with a link, and once."""
    cells = [cell.source for cell in sources.make(name, solved=False).cells if cell.cell_type == "markdown"]
    (lesson,) = (other for other in sources.lessons() if sources.number_of(other) == sources.number_of(name))
    below = cells[0].split(f"\n# {sources.title_of(name)}\n")[1].strip().splitlines()[0]
    assert f"A lab of lesson {sources.number_of(name)}, [{sources.title_of(lesson)}](../{lesson}.ipynb)" in below
    assert not re.search(r"\blab of (?:\[)?lesson", " ".join(" ".join(cells).replace(below, "").split()))


@pytest.mark.parametrize("name", NAMES)
def test_style_bounds(name):
    for cell in sources.make(name, solved=True).cells:
        if cell.cell_type == "code":
            lines = [line for line in cell.source.splitlines() if line.strip() and not line.strip().startswith("#")]
            assert len(lines) <= 20, cell.source
        else:
            assert not re.search(r"\b(simply|just|obviously)\b", re.sub(r"`[^`]*`", "", cell.source), re.I), cell.source
            for part in re.split(r"\n(?=#+ )", cell.source):
                assert len(re.sub(r"\]\([^)]*\)", "]", part).split()) <= 130, part


@pytest.mark.parametrize("name", sources.lessons())
def test_a_core_lesson_stays_short(name):
    """Code as a learner gets it, without blank lines and comments; words as a page shows them, without addresses."""
    cells = sources.make(name, solved=False).cells
    code = [line.strip() for cell in cells if cell.cell_type == "code" for line in cell.source.splitlines()]
    assert len([line for line in code if line and not line.startswith("#")]) <= 280
    words = [re.sub(r"\]\([^)]*\)", "]", cell.source).split() for cell in cells if cell.cell_type == "markdown"]
    assert sum(map(len, words)) <= 1500


@pytest.mark.parametrize("solved", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name, solved):
    folder = sources.targets(name)[solved][0].parent
    for cell in sources.make(name, solved).cells:
        if cell.cell_type == "markdown":
            for target in re.findall(r"\]\((?!http)([^)#]*)(?:#([\w-]+))?\)", cell.source):
                path = (folder / target[0]).resolve()
                assert path.exists(), target
                if target[1] and path.name == "glossary.md":
                    headings = re.findall(r"^#### (.+)$", path.read_text(), re.M)
                    anchors = [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]
                    assert target[1] in anchors, f"{target}: GitHub makes {anchors}"


def test_setup_cell_is_the_same_in_every_lesson_and_short():
    cells = [sources.make(name, solved=False).cells[1].source for name in NAMES]
    assert len({re.sub(r'start\("\d\d"\)', "", cell) for cell in cells}) == 1
    assert len([line for line in cells[0].splitlines() if line.strip() and not line.startswith("#")]) <= 10


def test_the_course_address_stands_in_one_place():
    address = sources.course()["address"]
    owner = address.removeprefix("https://github.com/")
    hand_written = [p for p in runtime.ROOT.rglob("*") if p.suffix in (".py", ".md", ".toml", ".yml") and p.is_file()]
    others = {".venv", ".venv-site", "results", ".git"}
    hand_written = [p for p in hand_written if not others & set(p.relative_to(runtime.ROOT).parts)]
    assert [p.name for p in hand_written if owner in p.read_text(encoding="utf-8")] == ["pyproject.toml"]


def test_cell_ids_survive_edits_elsewhere(tmp_path, monkeypatch):
    name = NAMES[0]
    before = [cell.id for cell in sources.make(name, solved=False).cells]
    changed = jupytext.read(sources.SOURCES / f"{name}.py", fmt="py:percent")
    changed.cells.insert(3, nbformat.v4.new_markdown_cell("A new paragraph."))
    for source in sources.SOURCES.glob("*.py"):
        (tmp_path / source.name).write_text(source.read_text())
    jupytext.write(changed, tmp_path / f"{name}.py", fmt="py:percent")
    monkeypatch.setattr(sources, "SOURCES", tmp_path)
    after = [cell.id for cell in sources.make(name, solved=False).cells]
    assert [cell for cell in after if cell in before] == before
    assert len(after) == len(before) + 1


def test_pins_are_equal_and_exact():
    requirements = (runtime.ROOT / "requirements.txt").read_text()
    environment = (runtime.ROOT / "environment.yml").read_text()
    wanted = re.findall(r"^[\w-]+==[\w.]+$", requirements, re.M)
    assert wanted
    assert wanted == re.findall(r"^ +- ([\w-]+==[\w.]+)$", environment, re.M)
    assert not [line for line in requirements.splitlines() if line and not line.startswith("#") and "==" not in line]
    for forbidden in ("--no-deps", " -r ", " -c "):
        assert forbidden not in environment
    assert not (runtime.ROOT / ".binder").exists()


def test_readme_lists_the_lessons_that_exist_and_no_others():
    readme = (runtime.ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"\(notebooks/((?:labs/)?\d\d_\w+)\.ipynb\)", readme) == NAMES
    for name in NAMES:
        assert sources.title_of(name) in readme
    for target in re.findall(r"\]\((?!http)([^)#]+)", readme):
        assert (runtime.ROOT / target).exists(), target


@pytest.mark.parametrize("name", NAMES)
def test_no_lesson_touches_the_rows_that_only_checks_may_see(name):
    for cell in sources.make(name, solved=True).cells:
        assert not re.search(r"import[^\n]*\bheld_back|checks\.held_back", cell.source)
        assert "helpers.lesson.checks" not in cell.source
        assert not any(row.text in cell.source for row in held_back.load_intents() if len(row.text) > 12)


def test_outputs_of_this_machine_are_kept_only_beside_those_they_belong_to(tmp_path):
    def notebook(seconds, found):
        cells = [nbformat.v4.new_code_cell("time()", id="a"), nbformat.v4.new_code_cell("count()", id="b")]
        cells[0].metadata["tags"] = ["machine"]
        for cell, text in zip(cells, (seconds, found), strict=True):
            cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)]
        return nbformat.v4.new_notebook(cells=cells)

    stored = tmp_path / "stored.ipynb"
    nbformat.write(notebook("3 s", "17 right"), stored)
    for found, kept in (("17 right", "3 s"), ("18 right", "4 s")):
        new = notebook("4 s", found)
        execution.keep_machine_outputs(new, stored)
        assert [cell.outputs[0].text for cell in new.cells] == [kept, found]
    reworded = notebook("4 s in all", "17 right")
    execution.keep_machine_outputs(reworded, stored)
    assert reworded.cells[0].outputs[0].text == "4 s in all"  # the code says it in other words


def test_nbval_waits_longer_for_a_busy_machine_than_its_own_five_seconds(tmp_path):
    """As `make test` calls it, on copies that lie elsewhere than the notebooks."""
    (flags,) = re.findall(r"^NBVAL = \$\(VENV\)/python -m pytest (.*)$", (sources.ROOT / "Makefile").read_text(), re.M)
    copied = shutil.copy(sources.ROOT / "notebooks" / "00_start_here.ipynb", tmp_path)
    probe = f"""
import pytest, sys

class Probe:
    def pytest_collection_finish(self, session):
        print("waits", sorted({{item.output_timeout for item in session.items}}))

sys.exit(pytest.main([*{flags.split()!r}, "--collect-only", {str(copied)!r}], plugins=[Probe()]))
"""
    ran = subprocess.run([sys.executable, "-c", probe], cwd=sources.ROOT, capture_output=True, text=True, check=False)
    assert "waits [60]" in ran.stdout, ran.stdout + ran.stderr
