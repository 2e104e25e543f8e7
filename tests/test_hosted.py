"""The rehearsal of a lent machine begins where a lesson finds no course, with what such a machine trips over."""

import re
import subprocess
import time

import hosted
import pytest
import sources
from packaging.version import Version

from helpers.lesson import setup
from helpers.machine import runtime

PINS = dict(re.findall(r"^([\w-]+)==(\S+)", hosted.PINS.read_text(encoding="utf-8"), re.MULTILINE))


def test_it_refuses_a_folder_from_which_a_lesson_would_find_the_course():
    with pytest.raises(SystemExit, match="lies inside a course"):
        hosted.main(str(runtime.ROOT / "results" / "colab"))


def test_it_has_what_stops_a_lesson_unless_it_is_removed():
    for package, lowest in setup.REFUSED.items():
        assert Version(PINS[package]) < Version(lowest)


def test_it_lacks_what_the_first_cell_lays_over():
    listed = set(re.findall(r"^[\w-]+", hosted.PINS.read_text(encoding="utf-8"), re.MULTILINE))
    assert {"gguf", "llguidance", "bm25s", "usearch"} <= set(setup.AT_LEAST) - listed


def test_its_machine_is_colab_and_fetches_from_the_copy(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", "somewhere")
    variables = hosted.settings(tmp_path)
    assert variables[runtime.PLACES["colab"]] and "PYTHONPATH" not in variables
    assert variables["GIT_CONFIG_KEY_0"] == f"url.file://{tmp_path}.insteadOf"


def test_its_copy_of_the_course_is_tagged_as_the_first_cell_asks(tmp_path):
    copy = hosted.origin(tmp_path)
    tags = subprocess.run(["git", "tag"], cwd=copy, capture_output=True, text=True).stdout.split()
    assert tags == [f"v{sources.course()['version']}"]
    assert (copy / "helpers" / "lesson" / "setup.py").is_file()


def test_the_first_lesson_has_laid_over_what_all_need_before_another_begins(monkeypatch, tmp_path, capsys):
    """Two first cells at once remove and install in one environment, and one finds half of a package."""
    began, ended = [], []

    def run_alone(name, *_):
        began.append((name, len(ended)))
        time.sleep(0.05)
        ended.append(name)
        return f"OK   {name}"

    monkeypatch.setattr(hosted, "run_alone", run_alone)
    monkeypatch.setattr(hosted, "environment", lambda folder: folder)
    monkeypatch.setattr(hosted, "origin", lambda folder: folder)
    assert hosted.main(str(tmp_path)) == 0
    assert began[0] == (sources.lessons()[0], 0) and all(others for _, others in began[1:])
    assert sorted(ended) == sources.lessons()
    monkeypatch.setattr(hosted, "run_alone", lambda name, *_: f"FAIL {name}")
    assert hosted.main(str(tmp_path), "02") == 1
