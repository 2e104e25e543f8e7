"""The limits under which CI runs the lessons bind, the course reads them, and where none can be set it is said."""

import subprocess
import sys

import limited
import pytest

SCRIPT = limited.__file__
TAKE = "x = b'a' * {}"
HERE = limited.pathlib.Path(SCRIPT).parents[1]


def run(limit, *command):
    done = subprocess.run([sys.executable, SCRIPT, limit, *command], capture_output=True, text=True, cwd=HERE)
    if "no hard limit" in done.stdout:
        pytest.skip(done.stdout)
    return done


def test_what_takes_more_than_the_limit_is_killed_and_what_takes_less_is_not():
    assert run("3e8", sys.executable, "-c", TAKE.format(50_000_000)).returncode == 0
    too_much = run("3e8", sys.executable, "-c", TAKE.format(600_000_000))
    assert too_much.returncode == 137
    assert "limit 0.30 GB" in too_much.stdout and "took more and was killed" in too_much.stdout


def test_who_waits_for_one_that_was_killed_does_not_wait_on():
    code = "import subprocess, sys, time; subprocess.run([sys.executable, '-c', {!r}]); time.sleep(600)"
    assert run("3e8", sys.executable, "-c", code.format(TAKE.format(600_000_000))).returncode == 137


def test_its_peak_counts_what_it_took_and_not_what_it_read(tmp_path):
    large = tmp_path / "large"
    large.write_bytes(bytes(150_000_000))
    code = f"import time; x = b'a' * 80_000_000; open({str(large)!r}, 'rb').read(100_000_000); time.sleep(1)"
    said = run("3e8", sys.executable, "-c", code).stdout
    assert 0.08 <= float(said.split("; ")[1].split(" GB")[0]) < 0.1, said


def test_the_course_reads_the_limit_as_in_a_container():
    code = "from helpers.machine import runtime; choice = runtime.memory(); print(choice.value, choice)"
    told = run("1e9", sys.executable, "-c", code).stdout.splitlines()[0]
    assert abs(int(told.split()[0]) - 1e9) < 1e6 and "the container's limit" in told


def test_the_status_of_the_command_is_handed_on_and_no_group_is_left():
    assert limited.main("1e9", sys.executable, "-c", "raise SystemExit(3)") == 3
    assert not any(group.exists() for group in limited.wanted(0))


def test_where_no_group_can_be_made_the_command_runs_and_it_is_said(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(limited, "GROUPS", tmp_path / "none")
    assert limited.main("1e9", sys.executable, "-c", "print('ran')") == 0
    said = capfd.readouterr().out
    assert "ran" in said and "no hard limit" in said and "none" in said
