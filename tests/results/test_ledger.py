"""The ledger keeps everything, shows the newest, and refuses comparisons that mean nothing."""

import json
import multiprocessing

import pytest

from helpers.results import ledger
from helpers.tasks import files, intents

IDS, GOLD = ["1", "2", "3", "4"], ["a", "b", "a", "b"]


def row(method="m", predictions=("a", "b", "b", "b"), **more):
    options = {"ids": IDS, "seconds": 2.0} | more
    return ledger.record("toy", method, GOLD, list(predictions), **options)


def test_a_row_comes_back_as_it_was_stored():
    stored = row(prompt_tokens=12, details={"prompt": "v1"})
    assert ledger.rows("toy") == [stored]
    assert stored.correct == [1, 1, 0, 1]
    assert stored.seconds_per_item == 0.5
    assert str(stored.interval).startswith("0.750")


def test_the_newest_row_counts_and_older_ones_stay_in_the_file():
    row()
    again = row(predictions=GOLD)
    assert ledger.rows("toy") == [again]
    assert len(ledger.path().read_text().splitlines()) == 2


def test_odd_line_ends_inside_a_prediction_do_not_split_a_row():
    stored = row(predictions=("a\u2028b", "x\x85y", "new\nline", "tab\t"))
    assert ledger.rows("toy") == [stored]


def test_profiles_do_not_mix(monkeypatch):
    row()
    monkeypatch.setenv("COURSE_PROFILE", "fast")
    assert ledger.rows("toy") == []
    row("fast one")
    assert [found.method for found in ledger.rows("toy")] == ["fast one"]


def test_reference_rows_fill_gaps_and_are_marked(tmp_path, monkeypatch):
    stored = json.loads(json.dumps(row("theirs").__dict__)) | {"reference": True}
    ledger.path().unlink()
    monkeypatch.setattr(ledger, "REFERENCE", tmp_path / "reference.jsonl")
    ledger.REFERENCE.write_text(json.dumps(stored) + "\n" + json.dumps(stored | {"method": "mine"}) + "\n")
    mine = row("mine")
    found = {r.method: r for r in ledger.rows("toy", reference=True)}
    assert found["theirs"].reference
    assert found["mine"] == mine
    assert "theirs (reference)" in ledger.table()
    assert ledger.rows("toy") == [mine]


def test_rows_on_different_items_are_not_compared():
    with pytest.raises(ValueError, match="different items"):
        ledger.compare(row("one"), row("two", ids=["1", "2", "3", "5"]))


def test_comparison_uses_judgments_not_labels():
    first = row("one", correct=[0, 0, 0, 0])
    second = row("two", correct=[1, 1, 1, 1])
    assert ledger.compare(first, second).difference.estimate == 1


def test_bad_rows_are_refused_by_name():
    with pytest.raises(ValueError, match="4, 4, 3, 3"):
        row(predictions=("a", "b", "a"))
    with pytest.raises(ValueError, match="id is repeated"):
        row(ids=["1", "1", "2", "3"])
    row("known")
    with pytest.raises(KeyError, match="measured so far: known"):
        ledger.find("toy", "unknown")


def test_a_broken_line_is_passed_over_with_a_warning_and_kept(capsys):
    stored = row()
    with open(ledger.path(), "a") as file:
        file.write('{"task": "toy", cut off\n')
    assert ledger.rows("toy") == [stored]
    assert "line 2 is not a ledger row" in capsys.readouterr().err
    row("next")
    assert "cut off" in ledger.path().read_text()


def _write_many(name):
    for i in range(20):
        row(f"{name}-{i}")


def test_processes_that_write_at_once_lose_nothing():
    with multiprocessing.get_context("fork").Pool(3) as pool:
        pool.map(_write_many, "abc")
    assert len(ledger.rows("toy")) == 60


def test_measure_times_records_and_says(capsys):
    messages = files.balanced(intents.read("dev"), 2)
    found = ledger.measure("intents", "all billing", messages, lambda texts: ["billing"] * len(texts))
    assert found.interval.estimate == pytest.approx(1 / 6)
    assert "all billing: accuracy 0.167" in capsys.readouterr().out
    assert ledger.find("intents", "all billing") == found
