"""The plan for the larger models names what is there, says what it costs and leaves out, and goes on where it was."""

import json
import textwrap

import ledger_rows
import measure
import pytest
import scale_jobs
import scale_verdicts
import sources
from scale_jobs import Job

from helpers.lesson import four_scales
from helpers.machine import runtime
from helpers.model import catalogue
from helpers.model.language_model import LanguageModel
from helpers.results import lookup, rules, store, verdicts
from helpers.results.claims import Verdict
from helpers.results.rows import LedgerRow

LARGER = catalogue.SCALES[1]
ASKED_FOR = {"P1", "P2", "P7", "P8", "F1", "R1", "R4", "R9", "R10", "R11", "R12", "L5", "H1"}
REFERENCE = store.read(lookup.REFERENCE, LedgerRow, "a ledger row")


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Results of larger models go into a folder of the test."""
    monkeypatch.setattr(scale_jobs, "folder_of", lambda model: tmp_path / model)
    monkeypatch.setattr(scale_jobs, "LOOK", 0.05)
    return tmp_path


def row_of(method, seconds, model=LARGER, **more):
    told = {"model": model, "task": "toy", "split": "test", "seconds": [seconds / 2] * 2, **more}
    return ledger_rows.of_hits(method, [1, 0], **told)


def test_every_claim_asked_for_has_a_job_and_every_job_is_there():
    known = {claim["id"] for claim in json.loads((runtime.ROOT / "data/claims.json").read_text())["claims"]}
    named = {claim for job in scale_jobs.JOBS for claim in job.claims}
    assert named <= known
    assert named >= ASKED_FOR
    for job in scale_jobs.JOBS:
        assert job.command or job.name in sources.names()


@pytest.mark.parametrize(("job", "pattern"), [(job, p) for job in scale_jobs.JOBS for p in job.rows])
def test_every_pattern_names_rows_that_the_default_model_has(job, pattern):
    one = Job(job.name, "", (pattern,))
    assert any(one.has(row) for row in REFERENCE), "a renamed method, or a slip of the pen"


def test_every_method_of_the_picture_is_some_jobs():
    for panel in four_scales.PANELS:
        for method in panel.methods:
            row = row_of(method, 1, task=panel.task, split=panel.split)
            assert any(job.has(row) for job in scale_jobs.JOBS), f"{panel.task}: {method}"


def test_time_grows_with_the_model_and_is_none_where_nothing_is_known():
    job = Job("toy", "", ("toy/test/a*",))
    times = scale_jobs.parameters(LARGER) / scale_jobs.parameters(catalogue.DEFAULT)
    default = [row_of("a", 60, catalogue.DEFAULT, training_seconds=60), row_of("b", 999, catalogue.DEFAULT)]
    told = scale_jobs.estimate(job, LARGER, default)
    assert told.minutes == pytest.approx(2 * times)
    assert (told.rows, told.there) == (1, 0)
    told = scale_jobs.estimate(job, LARGER, [*default, row_of("a", 7)])
    assert (told.minutes, told.rows, told.there) == (0, 1, 1), "what the course keeps of it is not measured again"
    assert scale_jobs.estimate(job, LARGER, default, times=2).minutes == pytest.approx(4)
    assert scale_jobs.estimate(job, LARGER, []).rows == 0
    assert 3 < times < 4
    assert scale_jobs.pace([row_of("a", 240)], default) == pytest.approx(2)
    assert scale_jobs.pace([row_of("c", 240)], default) == 0


def test_what_does_not_fit_is_left_out_by_name(course, monkeypatch):
    default = [row for row in REFERENCE if row.language_model == catalogue.DEFAULT]
    monkeypatch.setattr(lookup, "rows", lambda reference, model: default)
    jobs = scale_jobs.chosen(["02_prompting", "03_few_shot"])
    everything, lines = scale_jobs.plan(jobs, [LARGER])
    assert [job.name for _, job in everything] == ["02_prompting", "03_few_shot"]
    assert "P1, P4, P6, P7, P8" in "\n".join(lines)
    some, lines = scale_jobs.plan(jobs, [LARGER], hours=1e-6)
    assert some == []
    assert sum("LEFT OUT" in line for line in lines) == 2
    with pytest.raises(ValueError, match="no job '99'; there are 02_prompting, "):
        scale_jobs.chosen(["99"])


def test_the_plan_counts_the_rows_that_the_course_keeps(course):
    """They are taken and not measured again, so they cost nothing; before, they were counted as missing."""
    mine = [row for row in REFERENCE if row.language_model == LARGER]
    job = next(job for job in scale_jobs.JOBS if any(map(job.has, mine)))
    _, lines = scale_jobs.plan([job], [LARGER])
    assert not any("; 0 of about " in line for line in lines)


def test_a_claim_has_a_verdict_for_each_size_that_reached_one(course, tmp_path, monkeypatch):
    monkeypatch.setattr(verdicts, "OTHERS", tmp_path / "kept")
    claim = next(claim for claim in rules.everything() if claim.id == "P7")
    part = {"name": "readable", "outcome": "held", "words": "1.00 of 300", "n": 300, "reference": False}
    verdict = Verdict("P7", "held", [{**part, "models": [LARGER], "dtypes": [], "condition": ""}], claim.rule_sha256)
    other = Verdict("P1", "held", [], "a rule of old")
    for one in (verdict, other):
        store.append(one, course / LARGER / "verdicts.jsonl")
    lines = {line.split("|")[1].strip(): line for line in scale_verdicts.table().splitlines()}
    assert "held: 1.00 of 300" in lines["P7"]
    assert lines["P7"].split("|")[-2].strip() == scale_verdicts.NONE
    assert lines["P1"].split("|")[-3].strip() == scale_verdicts.NONE, "reached by another rule"
    assert scale_verdicts.shipped(LARGER) == {}
    assert scale_verdicts.keep(LARGER) == 1
    assert scale_verdicts.keep(catalogue.SCALES[2]) == 0 and len(list(verdicts.OTHERS.iterdir())) == 1
    assert scale_verdicts.shipped(LARGER)["P7"].outcome == "held"
    assert f"| {LARGER} | held | 1.00 of 300 |" in verdicts.elsewhere("P1", "P7")
    assert verdicts.elsewhere("P1", "P2") == "P1, P2: not judged with a larger model yet."


def test_few_tries_are_those_best_on_dev_at_the_default_model_in_their_own_order(monkeypatch):
    rows = [ledger_rows.of_hits(name, hits) for name, hits in (("a", [1, 0]), ("b", [0, 0]), ("c", [1, 1]))]
    monkeypatch.setattr(lookup, "rows", lambda task, split, reference, model: rows)
    assert measure.worth_trying("toy", ["a", "b", "c"], 2) == [0, 2]
    assert measure.worth_trying("toy", ["a", "b", "unseen"], 3) == [0, 1, 2]
    with pytest.raises(ValueError, match="no row of 'unseen' on dev"):
        measure.worth_trying("toy", ["a", "unseen"], 1)


def test_the_three_seeds_of_the_default_model_are_those_that_the_course_keeps(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path))
    monkeypatch.setattr(measure.tuning, "train", lambda *_, **__: pytest.fail("a kept row is measured again"))
    lm = LanguageModel.load()
    measure.ALONE["tuned"](lm, False, 24)
    kept = verdicts.shipped()
    mine = store.read(tmp_path / "verdicts.jsonl", Verdict, "a verdict")
    assert [(one.id, one.numbers) for one in mine] == [(one.id, one.numbers) for one in kept if one.id == "L5"]


def test_the_prompts_for_a_form_are_searched_and_tested_by_the_rows_that_the_course_keeps(
    monkeypatch, tmp_path, capsys
):
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path))
    lm = LanguageModel.load()
    monkeypatch.setattr(lm, "generate", lambda *_, **__: pytest.fail("a kept row is measured again"))
    measure.ALONE["forms"](lm, False, 24)
    assert "best of 24" in capsys.readouterr().out
    assert not (tmp_path / "ledger.jsonl").exists()


SCRIPT = """
import dataclasses, json, os, pathlib, sys, time
ledger = pathlib.Path(os.environ["COURSE_RESULTS"]) / "ledger.jsonl"
rows = json.loads({rows!r})
there = ledger.read_text().count("\\n") if ledger.exists() else 0
for row in rows[there:]:
    print("row", row["method"], os.environ["COURSE_MODEL"], flush=True)
    with open(ledger, "a") as file:
        file.write(json.dumps(row) + "\\n")
    {then}
"""


def job_of(folder, then="pass", methods=("a", "b")):
    """A job that makes rows which are not there yet, and then does something after each."""
    rows = json.dumps([vars(row_of(method, 1)) for method in methods])
    script = folder / "job.py"
    script.write_text(textwrap.dedent(SCRIPT).format(rows=rows, then=then))
    return Job("a job", "", ("toy/test/*",), (str(script),))


def test_jobs_run_and_are_not_run_again(course):
    said = []
    job = job_of(course)
    assert scale_jobs.run([(LARGER, job)], 2, said.append) == []
    assert [row.method for row in scale_jobs.measured(LARGER)] == ["a", "b"]
    assert any(f"{LARGER} a job: 2 of about 0 rows" in line for line in said)
    todo, lines = scale_jobs.plan([job], [LARGER])
    assert todo == []
    assert any("a job: done" in line for line in lines)


def test_a_job_that_stops_is_named_with_its_last_word_and_goes_on(course):
    failed = scale_jobs.run([(LARGER, job_of(course, then="sys.exit('the disk is full')"))], 1, lambda line: None)
    assert failed[0].startswith(f"{LARGER} a job: the disk is full (all of it: ")
    assert [row.method for row in scale_jobs.measured(LARGER)] == ["a"]
    job = job_of(course)
    assert scale_jobs.plan([job], [LARGER])[0]
    assert scale_jobs.run([(LARGER, job)], 1, lambda line: None) == []
    assert [row.method for row in scale_jobs.measured(LARGER)] == ["a", "b"]
    log = (course / LARGER / "a job.log").read_text()
    assert log.count("row a") == log.count("row b") == 1


def test_ctrl_c_ends_what_runs_and_keeps_its_rows(course):
    def interrupt(line):
        if "1 of about" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scale_jobs.run([(LARGER, job_of(course, then="time.sleep(60)"))], 1, interrupt)
    assert [row.method for row in scale_jobs.measured(LARGER)] == ["a"]
    assert not scale_jobs.finished(LARGER, job_of(course))
