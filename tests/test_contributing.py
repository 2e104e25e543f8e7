"""What CONTRIBUTING.md tells a newcomer to run and edit is there, and its recipes work as written."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys

import build
import pytest
import sources
import stamps

from helpers.machine import install, runtime

PAGE = (runtime.ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAKEFILE = (runtime.ROOT / "Makefile").read_text(encoding="utf-8")


def test_the_commands_and_files_that_it_names_are_there():
    for target in re.findall(r"`(?:[A-Z_]+=\S+ )*make (\w+)`", PAGE):
        assert re.search(rf"^{target}:", MAKEFILE, re.M), target
    for module in re.findall(r"python -m ([\w.]+)", PAGE):
        assert importlib.util.find_spec(module), module
    for script in re.findall(r"python (notebooks/\w+\.py)", PAGE):
        assert (runtime.ROOT / script).is_file(), script
    for path in re.findall(r"`((?:notebooks|helpers|tests|data|docs)/[\w/.]+\.\w+)`", PAGE):
        assert (runtime.ROOT / path).is_file() or "10_my_lesson" in path, path
    for target in re.findall(r"\]\(([^)#]+)", PAGE):
        assert (runtime.ROOT / target).exists(), target


def test_the_options_that_it_names_are_known():
    for script in ("build", "run"):
        text = (runtime.ROOT / "notebooks" / f"{script}.py").read_text(encoding="utf-8")
        for option in set(re.findall(rf"{script}\.py [^`\n]*(--\w+)", PAGE)):
            assert f'"{option}"' in text, option


def test_make_finds_the_pythons_that_the_installation_takes():
    low, high = re.search(r"FITS = .*\((3, \d+)\) <= .* <= \((3, \d+)\)", MAKEFILE).groups()
    assert (low, high) == tuple(", ".join(map(str, version)) for version in (install.LOWEST, install.HIGHEST))
    listed = set(re.findall(r"python3\.(\d+)", MAKEFILE.partition("CANDIDATES = ")[2].partition("\n")[0]))
    assert listed == {str(minor) for minor in range(install.LOWEST[1], install.HIGHEST[1] + 1)}


@pytest.mark.skipif(not shutil.which("make"), reason="no make here")
@pytest.mark.parametrize(("user", "allows"), [("0", True), ("1000", False)])
def test_options_reach_jupyterlab_and_root_may_start_it(tmp_path, user, allows):
    (tmp_path / "id").write_text(f"#!/bin/sh\necho {user}\n")
    (tmp_path / "id").chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["make", "-n", "lab", "LAB=--no-browser --ip=0.0.0.0"],
        cwd=runtime.ROOT,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
    )
    started = [line for line in done.stdout.splitlines() if "jupyter lab" in line]
    assert started and started[0].endswith("--no-browser --ip=0.0.0.0"), done
    assert ("--allow-root" in started[0]) == allows


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A copy of what a new lesson is written into."""
    listed = ("helpers", "notebooks/source", "tests")
    for name in listed:
        shutil.copytree(runtime.ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (*(runtime.ROOT / "notebooks").glob("*.py"), runtime.ROOT / "pyproject.toml"):
        shutil.copy(path, tmp_path / path.relative_to(runtime.ROOT))
    (tmp_path / "data").symlink_to(runtime.ROOT / "data")
    for name in ("HERE", "SOURCES", "CHECKS", "WRONG_ANSWERS", "SOLUTION_TEXTS"):
        monkeypatch.setattr(sources, name, tmp_path / getattr(sources, name).relative_to(runtime.ROOT))
    return tmp_path


def test_a_lesson_begun_from_the_template_has_its_rooms_and_its_exercise_works(course):
    paths = sources.begin("77_new_lesson")
    assert [path.relative_to(course).as_posix() for path in paths] == [
        "notebooks/source/77_new_lesson.py",
        "helpers/lesson/checks/lesson_77.py",
        "tests/lesson/wrong_answers/lesson_77.py",
    ]
    notebook = sources.make("77_new_lesson", solved=False)
    assert "77.1" in notebook.cells[4].source
    sources.SOLUTION_TEXTS.write_text(json.dumps(sources.solution_texts()))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-k",
        "77.1 or rooms and 77 or style and 77",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(
        [*command, "tests/lesson/test_exercises.py", "tests/test_notebooks.py"],
        cwd=course,
        env={**os.environ, "PYTHONPATH": str(course)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert done.stdout.split()[0] == "." * 17, done.stdout[-300:]


def test_a_lab_goes_on_with_the_numbers_of_its_lesson(course):
    taken = [exercise for exercise in sources.solution_texts() if exercise.startswith("04.")]
    (path,) = sources.begin("labs/04_scale")
    assert "labs/04_scale" in sources.names()
    assert "labs/04_scale" not in sources.lessons()
    assert {"04_mini_rag", "labs/04_scale"} <= set(sources.choose(["04"], sources.names()))
    assert all(name.startswith("labs/") for name in sources.choose(["labs"], sources.names()))
    assert f'check("04.{len(taken) + 1}", share_right)' in path.read_text()
    (learner, _), _ = sources.targets("labs/04_scale")
    assert learner.relative_to(course).as_posix() == "notebooks/labs/04_scale.ipynb"
    cells = [cell.source for cell in sources.make("labs/04_scale", solved=True).cells]
    assert "(../04_mini_rag.ipynb)" in cells[-1]
    assert 'setup.start("04")' in cells[1]


@pytest.mark.parametrize("name", ["9_x", "09 my task", "04_mini_rag", "04_another", "labs/x"])
def test_a_name_that_cannot_be_begun_is_refused(course, name):
    with pytest.raises(ValueError, match="is called like 10_my_lesson|is there already"):
        sources.begin(name)


BREAKS = {
    "no check": ('check("{id}", share_right)', "", r"77_new, cell 6: an exercise ends with one line check\("),
    "not at the start of a line": ('check("{id}"', '  check("{id}"', "cell 6: .*this cell has 0"),
    "of another lesson": ('check("{id}"', 'check("04.7"', "cell 6: '04.7' is no exercise of lesson 77"),
    "no name": ('"{id}", share_right', '"{id}", share_right([])', "cell 6: the check of 77.1 is handed names alone"),
    "no end": ("#: end\n", "", "cell 6: an exercise has lines #: solution, #: why"),
    "a marker too many": ("#: end\n", "#: end\n#: hint\n", "cell 6: an exercise has lines #: solution"),
}


@pytest.mark.parametrize("kind", BREAKS)
def test_a_broken_exercise_is_told_by_lesson_cell_and_rule(course, kind):
    before, after, said = BREAKS[kind]
    path, *_ = sources.begin("77_new")
    text = path.read_text()
    assert before.format(id="77.1") in text
    path.write_text(text.replace(before.format(id="77.1"), after.format(id="77.1")))
    for asked in (sources.solution_texts, lambda: sources.make("77_new", solved=False)):
        with pytest.raises(ValueError, match=said):
            asked()


def test_an_exercise_that_is_there_twice_is_told(course):
    sources.begin("77_new")
    (path,) = sources.begin("labs/77_lab")
    path.write_text(path.read_text().replace("77.2", "77.1"))
    with pytest.raises(ValueError, match=r"labs/77_lab, cell 6: there is an exercise 77\.1 already"):
        sources.solution_texts()


def test_a_new_lesson_is_said_to_be_unbuilt(course, monkeypatch):
    sources.begin("77_new")
    monkeypatch.setattr(stamps, "STAMPS", course / "notebooks" / "stamps.json")
    assert build.why_stale("77_new") == ["it was never built here"]
