"""Every claim has one place in the table of verdicts; what the course ships is what its built notebooks say."""

import json

import pytest

from helpers import statistics
from helpers.machine import runtime
from helpers.results import claims, verdicts
from helpers.results.claims import Verdict


@pytest.fixture
def own_reference(monkeypatch, tmp_path):
    monkeypatch.setattr(verdicts, "REFERENCE", tmp_path / "verdicts.jsonl")


def test_what_the_course_ships_is_what_its_notebooks_show():
    shown = {v.id: (v.outcome, v.numbers) for v in verdicts.from_notebooks()}
    shipped = {v.id: (v.outcome, v.numbers) for v in verdicts.shipped()}
    assert shown == shipped, "run: python -m helpers.results.verdicts"
    assert set(shown) <= set(verdicts._known())


def test_both_copies_of_the_lessons_judge_the_same_claims():
    one, two = (verdicts.from_notebooks(runtime.ROOT / "notebooks" / f) for f in ("", "solutions"))
    assert [v.id for v in one] == [v.id for v in two]
    assert {v.id for v in one} <= set(verdicts._known())


def test_every_claim_is_in_the_table_with_its_lesson_and_none_twice():
    lines = verdicts.table().splitlines()[2:]
    ids = [line.split("|")[1].strip() for line in lines]
    assert ids == list(verdicts._known())
    assert len(ids) == len(set(ids)) == len(json.loads(claims.SOURCE.read_text())["claims"])
    assert {line.count("|") for line in lines} == {7}


def test_ones_own_verdict_comes_first_and_the_courses_is_marked(own_reference):
    verdicts.keep([Verdict("P1", "held", "theirs"), Verdict("P2", "held", "theirs")])
    claims.conclude("P1", "did not hold", "mine | and | more")
    found = {told.claim.id: told for told in verdicts.gather()}
    assert (found["P1"].verdict.numbers, found["P1"].reference) == ("mine | and | more", False)
    assert (found["P2"].verdict.numbers, found["P2"].reference) == ("theirs", True)
    assert found["P3"].outcome == "not tested yet"
    assert "| P2 | A | 02 | held (reference) | theirs |" in verdicts.table()
    assert "mine / and / more" in verdicts.table()
    assert verdicts.tally(verdicts.gather())["not tested yet"] == len(verdicts._known()) - 2


def test_a_printed_verdict_is_read_back_as_it_was_kept(capsys):
    claims.conclude("P4", "too close to call", "0.078 [-0.065, 0.164]: (half) of it")
    claims.conclude("F6", "it depends", "spread 0.12")
    read = verdicts.read_output("before\n" + capsys.readouterr().out + "P1  no verdict\n    SHOUTING: nothing\n")
    kept = claims.verdicts()
    assert [(v.id, v.outcome, v.numbers) for v in read] == [(v.id, v.outcome, v.numbers) for v in kept.values()]


def test_keeping_replaces_and_leaves_the_others_and_takes_full_runs_only(own_reference):
    verdicts.keep([Verdict("P1", "held", "old"), Verdict("F1", "held", "stays")])
    assert verdicts.keep([Verdict("P1", "held", "new"), Verdict("P2", "held", "quick", profile="fast")]) == 2
    assert {v.id: v.numbers for v in verdicts.shipped()} == {"P1": "new", "F1": "stays"}


def test_the_command_takes_a_file_or_says_that_there_is_none(own_reference, tmp_path, capsys):
    claims.conclude("P1", "held", "0.1")
    assert verdicts.main([str(claims.path())]) == 0
    assert verdicts.shipped()[0].id == "P1"
    assert verdicts.main([str(tmp_path / "missing")]) == 1
    assert "there is no file" in capsys.readouterr().err
    assert set(statistics.OUTCOMES) == {"held", "did not hold", "it depends", "too close to call"}


def test_no_claim_of_the_course_is_missing():
    """The list is written out once more here, so that a lost row is noticed."""
    wanted = {"P": 8, "F": 8, "R": 12, "L": 18, "H": 4, "D": 10}
    ids = [f"{letter}{number}" for letter, count in wanted.items() for number in range(1, count + 1)]
    assert sorted(verdicts._known()) == sorted(ids)


def test_every_claim_has_a_verdict_with_numbers_and_its_lesson():
    for told in verdicts.gather():
        assert told.verdict is not None, f"{told.claim.id} has no verdict; build lesson {told.claim.lesson}"
        assert len(told.verdict.numbers) > 15
