"""The claims are complete data, and verdicts on them are computed, kept and found again."""

import pytest

from helpers import statistics
from helpers.results import claims


@pytest.fixture(autouse=True)
def _own_results(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path))


def test_claims_of_the_lessons_that_exist_are_complete():
    assert [claim.id for claim in claims.of_lesson("02")] == [f"P{i}" for i in range(1, 9)]
    for claim in claims.of_lesson("02"):
        assert set(claim.sources) <= set("ABCDE")
        assert "holds" in claim.rule
        assert claim.claim.endswith(".")


def test_the_newest_verdict_counts(capsys):
    claims.conclude("P1", "did not hold", "first 0.1 [0.0, 0.2]")
    claims.conclude("P1", "held", "then 0.3 [0.2, 0.4]", {"gain": 0.3})
    assert claims.verdicts()["P1"].outcome == "held"
    assert claims.verdicts()["P1"].figures == {"gain": 0.3}
    assert "HELD: then 0.3" in capsys.readouterr().out


def test_only_the_four_outcomes_are_verdicts():
    with pytest.raises(ValueError, match="too close to call"):
        claims.conclude("P1", "proved", "0.1")
    with pytest.raises(KeyError, match="no claim 'Z9'"):
        claims.find("Z9")


def test_a_broken_line_costs_no_other_verdict(capsys):
    claims.conclude("P2", "held", "1.0")
    with open(claims.path(), "a", encoding="utf-8") as file:
        file.write('{"id": "P3"\n')
    claims.conclude("P4", "it depends", "0.5")
    assert set(claims.verdicts()) == {"P2", "P4"}
    assert "line 2 is not a verdict" in capsys.readouterr().err


def test_any_sentence_can_be_kept():
    """A model's words may hold U+2028, which Python takes for the end of a line."""
    claims.conclude("P2", "held", "it wrote \u2028 and \x85")
    assert claims.verdicts()["P2"].numbers == "it wrote \u2028 and \x85"


def test_verdicts_of_another_profile_do_not_count(monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "fast")
    claims.conclude("P2", "held", "1.0")
    monkeypatch.setenv("COURSE_PROFILE", "full")
    assert claims.verdicts() == {}


def test_unpaired_differences_follow_newcombe():
    """Examples (a), (b) and (h) of table II in Newcombe (1998), method 10."""
    for (a, m, b, n), (low, high) in (
        ((48, 80, 56, 70), (0.0524, 0.3339)),
        ((3, 10, 9, 10), (0.1705, 0.8090)),
        ((0, 10, 10, 10), (0.6075, 1.0)),
    ):
        found = statistics.difference_of_shares([1] * a + [0] * (m - a), [1] * b + [0] * (n - b))
        assert found.low == pytest.approx(low, abs=2e-4)
        assert found.high == pytest.approx(high, abs=2e-4)
