"""Tables and lines of lesson 02 say what its rows hold; the answer that stands in for 02.3 is its solution."""

import json

import pytest
from ledger_rows import of_hits, row

from helpers.lesson import exercises, own_02, prompting_lines
from helpers.methods import forms, recorded, search, wording
from helpers.model.prompts import Prompt
from helpers.results import ledger
from helpers.statistics import Interval
from helpers.tasks import change_requests

WORSE, BETTER = [1, 0, 0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1, 1, 0]


@pytest.fixture(autouse=True)
def own_ledger(monkeypatch, tmp_path):
    monkeypatch.setattr(ledger, "path", lambda: tmp_path / "ledger.jsonl")


def test_the_course_s_own_answer_to_02_3_is_the_solution_that_the_stored_page_ran_on():
    found = {"Prompt": Prompt}
    exec(json.loads(exercises.SOLUTIONS.read_text(encoding="utf-8"))["02.3"]["code"], found)
    assert (found["my_prompt"], found["my_words"]) == (own_02.MINE, own_02.MY_WORDS)
    assert own_02.WORDS != own_02.MY_WORDS


def test_differences_are_after_minus_before():
    before, after = of_hits("before", WORSE), of_hits("after", BETTER)
    assert prompting_lines.differences({"up": (before, after)}).startswith("up  +0.750 [")
    assert prompting_lines.differences({"down": (after, before), "up": (before, after)}).startswith("down  -0.750 [")
    assert prompting_lines.differences({}) == ""


def tried():
    """Rung 4 gains under everyday words alone, and only calibrated."""
    candidates, rows = [], []
    for prompt in (prompting_lines.BARE, prompting_lines.FULL):
        for called in ("names", "everyday words"):
            for end in wording.HOWS.values():
                name = f"{prompt}, {called}{end}"
                good = name == f"{prompting_lines.FULL}, everyday words, calibrated"
                candidates.append(wording.Way({"prompt": prompt}, lambda texts: texts, {}, name))
                rows.append(of_hits(name, BETTER if good else WORSE))
    return search.Search("best prompt", "prompt", tuple(candidates), tuple(rows))


def test_gains_cross_words_and_rungs():
    lines = prompting_lines.gains(tried()).splitlines()
    assert lines[0] == "| what is changed | as scored | calibrated |"
    gained = [line for line in lines if "+0.750" in line]
    assert [line.split("|")[1].strip() for line in gained] == [
        "everyday words instead of names, rung 4",
        "rung 4 instead of the bare question, under everyday words",
    ]
    assert all("+0.750" in line.split("|")[3] for line in gained)


def test_calibration_is_told_for_each_prompt_under_the_words_asked_for():
    lines = prompting_lines.calibration(tried(), "everyday words").splitlines()
    assert [line.split("  ")[0] for line in lines] == [prompting_lines.BARE, prompting_lines.FULL]
    assert "+0.000" in lines[0] and "+0.750" in lines[1]
    one_way = search.Search("best prompt", "prompt", tried().candidates[1:2], tried().rows[1:2])
    assert prompting_lines.calibration(one_way, "names") == ""


def test_shares_of_medium_stand_under_the_kind_of_request_they_belong_to():
    said = prompting_lines.told_apart({"with": ([True, False, False, False], [True, True])})
    assert said.startswith("with: medium for 1.00 of unclear requests, 0.25 of clear ones\n")
    assert "unclear minus clear: 0.750 [" in said


def test_a_loss_stands_beside_what_was_right_of_the_changed_messages_alone():
    before = of_hits("m", [1, 0, 0, 0])
    said = prompting_lines.lost({"m": (before, Interval(0.1, 0.0, 0.2))}, before.ids[:2])
    assert said == "m  0.50 right of these 2, loses 0.100 [0.000, 0.200]"


def test_objects_are_told_apart_by_the_words_they_share_with_their_requests():
    requests = change_requests.load("fresh")[:3]
    title = " ".join(requests[2].text.split()[:5])
    said = {0: {"title": "zzz", "rationale": "qqq"}, 2: {"title": title, "rationale": "qqq"}}
    assert prompting_lines.most_and_fewest_words(said, requests) == [2, 0]
    assert prompting_lines.most_and_fewest_words({0: said[0]}, requests) == [0]
    assert prompting_lines.most_and_fewest_words({}, requests) == []


def test_rows_that_the_course_measured_are_marked_and_others_are_not():
    fits = ["low", "high", forms.NO_JSON, forms.INSIDE]
    more = {"items": change_requests.load("fresh")[:4], "new_tokens": [10, 20, 30, 40]}
    mine, stored = row("mine", fits, **more), row("stored", fits, reference=True, **more)
    lines = prompting_lines.fitting([mine, stored]).splitlines()
    assert lines[0] == "mine" and lines[2] == "stored (reference)"
    assert "fits 0.500 [" in lines[1] and lines[1].endswith("25 tokens written a request")


def test_whole_json_is_counted_at_each_size_and_for_the_methods_asked_for(monkeypatch):
    items = change_requests.load("fresh")[:2]
    answers = dict(zip([item.id for item in items], ['{"a": 1}', 'So: {"a": 1}'], strict=True))
    more = {"task": "changes", "split": "fresh", "items": items, "details": {"answers": answers}}
    made = [
        row(method, ["low", "low"], model=f"m{size}", parameters=size, **more)
        for method, size in (("strict", 2_000_000_000), ("strict", 135_000_000), ("plain words", 135_000_000))
    ]
    monkeypatch.setattr(ledger, "rows", lambda *_, **__: made)
    monkeypatch.setattr(recorded, "rows", list)
    lines = prompting_lines.whole_json(["strict"], change_requests.schema()).splitlines()
    assert [line.split(" [")[0] for line in lines] == ["135M, strict: JSON 0.500", "2.0B, strict: JSON 0.500"]
