"""Every claim has one place in the table of verdicts; what the course ships is what a run has left."""

import json
import sys

import pytest

from helpers.results import claims, evidence, rules, store, verdicts
from helpers.results.evidence import FAILED, HELD, MISSING


@pytest.fixture(autouse=True)
def own_reference(monkeypatch, tmp_path):
    monkeypatch.setattr(verdicts, "REFERENCE", tmp_path / "shipped.jsonl")
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path / "run"))


def concluded(claim, up, down, reference=False):
    """A verdict on a claim of one paired part: `up` items gained and `down` lost of 420."""
    (part,) = rules.find(claim).parts
    first, second = [0] * up + [1] * (420 - up), [1] * up + [0] * down + [1] * (420 - up - down)
    return claims.conclude(claim, {part.name: evidence.difference(first, second, reference=reference, model="tiny")})


def left():
    """The verdicts that the run has left in its file."""
    return store.read(claims.path(), claims.Verdict, "a verdict")


def test_what_the_course_ships_is_of_the_rules_as_they_stand(monkeypatch):
    monkeypatch.undo()
    lines = verdicts.REFERENCE.read_text(encoding="utf-8").splitlines()
    if not lines:
        pytest.skip("no run has left verdicts under these rules yet")
    ids = [verdict.id for verdict in verdicts.shipped()]
    assert len(ids) == len(lines), "a rule has changed since; run the lesson and keep its verdicts"
    assert sorted(ids) == sorted(claim.id for claim in rules.everything())


def test_every_claim_is_in_the_table_with_its_lesson_rule_and_kind_and_none_twice():
    lines = verdicts.table().splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    assert {len(row) for row in cells} == {lines[0].count("|") - 1}
    assert [(row[0], row[2], row[3], row[-1]) for row in cells] == [
        (claim.id, claim.lesson, claim.kind, claim.rule) for claim in rules.everything()
    ]
    listed = json.loads(rules.SOURCE.read_text(encoding="utf-8"))["claims"]
    assert sorted(row[0] for row in cells) == sorted({claim["id"] for claim in listed})


def test_ones_own_verdict_comes_first_and_the_courses_is_marked(known_rules):
    concluded("P3", 60, 0), concluded("F4", 60, 0)
    assert verdicts.keep(left()) == 2
    claims.path().unlink()
    concluded("P3", 0, 60)
    found = {told.claim.id: told for told in verdicts.gather()}
    assert (found["P3"].outcome, found["P3"].whose) == (FAILED, "yours")
    assert (found["F4"].outcome, found["F4"].whose) == (HELD, "reference")
    assert (found["P8"].outcome, found["P8"].whose) == (MISSING, "")
    (line,) = [line for line in verdicts.table().splitlines() if line.startswith("| F4 ")]
    assert "| measured | held |" in line and "| reference | tiny |" in line
    concluded("L16", 60, 0, reference=True)
    assert {told.claim.id: told.whose for told in verdicts.gather()}["L16"] == "yours, from reference rows"


def test_no_cell_of_a_table_is_broken_by_what_a_note_says():
    share = evidence.share([1] * 20 + [0] * 4, note="mine | and | more\nlines")
    claims.conclude("P2", {"valid": share})
    (line,) = [line for line in verdicts.table().splitlines() if line.startswith("| P2 ")]
    assert "mine / and / more lines" in line


def test_a_tally_counts_what_was_measured_and_nothing_else(known_rules):
    concluded("P3", 60, 0), concluded("F4", 0, 60)
    claims.conclude("L12", {"log-probabilities": evidence.number(1e-5, dtype="float32")})
    told = verdicts.gather()
    counted, others = verdicts.tally(told), verdicts.apart(told)
    kinds = [claim.kind for claim in rules.everything()]
    assert counted == {HELD: 1, FAILED: 1, MISSING: kinds.count("measured") - 2}
    assert others == {kind: kinds.count(kind) for kind in ("demonstration", "arithmetic")}


def test_keeping_replaces_leaves_the_others_and_takes_full_runs_only(monkeypatch, known_rules):
    concluded("P3", 60, 0), concluded("F4", 60, 0)
    verdicts.keep(left())
    concluded("P3", 0, 60)
    monkeypatch.setenv("COURSE_PROFILE", "fast")
    concluded("L16", 60, 0)
    assert verdicts.keep(left()) == 2
    assert {v.id: v.outcome for v in verdicts.shipped()} == {"P3": FAILED, "F4": HELD}


def test_a_verdict_of_an_older_rule_is_not_shipped(monkeypatch):
    concluded("P3", 60, 0)
    verdicts.keep(left())
    monkeypatch.setattr(rules.Claim, "rule_sha256", "another")
    assert verdicts.shipped() == []


def test_handing_out_a_shipped_verdict_tells_what_was_read():
    concluded("P3", 60, 0)
    verdicts.keep(left())
    seen, listening = [], True
    sys.addaudithook(lambda event, arguments: seen.append(arguments) if listening and event == "course.read" else None)
    verdicts.shipped()
    before = [sha for name, sha in seen if name == "verdicts/P3"]
    concluded("P3", 0, 60)
    verdicts.keep(left())
    seen.clear()
    verdicts.shipped()
    after = [sha for name, sha in seen if name == "verdicts/P3"]
    listening = False
    assert len(before) == len(after) == 1 and before != after


def test_the_command_takes_a_file_or_says_that_there_is_none(tmp_path, capsys):
    concluded("P3", 60, 0)
    assert verdicts.main([str(claims.path())]) == 0
    assert verdicts.shipped()[0].id == "P3"
    assert verdicts.main([str(tmp_path / "missing")]) == 1
    assert "there is no file" in capsys.readouterr().err


def test_the_short_table_fits_a_screen_and_shows_dollars_as_they_are():
    lines = verdicts.brief(verdicts.gather()).splitlines()
    assert len(lines) == 2 + len(rules.everything())
    assert {line.replace("\\|", "").count("|") for line in lines} == {6}
    assert all("\\$" in line for line in lines if "$" in line)
