"""Reference rows stand in for heavy measurements, are marked, and give way to a measurement of one's own."""

import json

import pytest

from helpers.results import ledger, reference
from helpers.tasks.files import Message

ITEMS = [Message(str(i), f"text {i}", "ab"[i % 2]) for i in range(6)]


@pytest.fixture(autouse=True)
def own_reference(monkeypatch, tmp_path):
    monkeypatch.setattr(ledger, "REFERENCE", tmp_path / "reference.jsonl")
    monkeypatch.delenv("COURSE_RERUN", raising=False)


def always_a(texts):
    return ["a"] * len(texts)


def never(texts):
    raise AssertionError("measured, where a reference row was there")


def test_without_a_reference_row_the_method_is_measured():
    row = reference.recall("toy", "m", ITEMS, always_a)
    assert not row.reference
    assert row.correct == [1, 0, 1, 0, 1, 0]


def test_kept_rows_are_recalled_cut_to_the_items_and_marked(capsys):
    ledger.measure("toy", "m", ITEMS, always_a)
    assert reference.keep(ledger.path()) == 1
    row = reference.recall("toy", "m", ITEMS[3:1:-1], never)
    assert row.reference
    assert (row.ids, row.gold, row.correct, row.n) == (["3", "2"], ["b", "a"], [0, 1], 2)
    assert row.data_sha256 == ledger.hash_of_items(["3", "2"], ["b", "a"])
    assert "(reference)" in capsys.readouterr().out


@pytest.mark.parametrize("switch", ["rerun", "environment"])
def test_either_switch_measures_again(switch, monkeypatch):
    ledger.measure("toy", "m", ITEMS, always_a)
    reference.keep(ledger.path())
    if switch == "environment":
        monkeypatch.setenv("COURSE_RERUN", "1")
    assert not reference.recall("toy", "m", ITEMS, always_a, rerun=switch == "rerun").reference


@pytest.mark.parametrize("changed", [Message("9", "new", "a"), Message("1", "text 1", "a")])
def test_a_row_measured_on_other_items_or_labels_is_not_taken(changed):
    ledger.measure("toy", "m", ITEMS, always_a)
    reference.keep(ledger.path())
    assert not reference.recall("toy", "m", [changed], always_a).reference


def test_keeping_replaces_same_methods_and_leaves_the_others(monkeypatch):
    ledger.measure("toy", "m", ITEMS, always_a)
    ledger.measure("toy", "other", ITEMS, always_a)
    reference.keep(ledger.path())
    ledger.path().unlink()
    ledger.measure("toy", "m", ITEMS, lambda texts: ["b"] * len(texts))
    monkeypatch.setenv("COURSE_PROFILE", "fast")
    ledger.measure("toy", "in a hurry", ITEMS, always_a)
    assert reference.keep(ledger.path()) == 2
    kept = {row["method"]: row for row in map(json.loads, ledger.REFERENCE.read_text().splitlines())}
    assert kept["m"]["predictions"] == ["b"] * 6
    assert all(row["reference"] for row in kept.values())
