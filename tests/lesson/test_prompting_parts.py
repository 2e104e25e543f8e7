"""What stands behind lesson 02's cells: a plain rival, which points are the course's, and the parts of its verdicts."""

import json
import pathlib

import pytest
from ledger_rows import of_hits, row

from helpers.lesson import prompting_lines, prompting_parts
from helpers.lesson.scales import size_of
from helpers.methods import recorded, search, wording
from helpers.model.catalogue import size_in_words
from helpers.results import ledger
from helpers.statistics import Interval
from helpers.tasks.files import Message


@pytest.fixture(autouse=True)
def own_ledger(monkeypatch, tmp_path):
    monkeypatch.setattr(ledger, "path", lambda: tmp_path / "ledger.jsonl")


def test_the_parts_of_each_verdict_are_those_of_its_rule():
    rules = json.loads((pathlib.Path(__file__).parents[2] / "data" / "claims.json").read_text(encoding="utf-8"))
    wanted = {claim["id"]: {part["name"] for part in claim["parts"]} for claim in rules["claims"]}
    one, two = of_hits("one", [1, 0, 0, 1]), of_hits("two", [1, 1, 0, 1])
    found = {
        "P1": prompting_parts.of_ladder(two, one, two),
        "P4": prompting_parts.of_medium(([True, False], [True, True]), one),
        "P6": prompting_parts.of_loss(Interval(0.1, 0.0, 0.2), one, two, 4),
        "P7": prompting_parts.of_readable(one),
        "P8": prompting_parts.of_additions(one, two, two),
    }
    assert {claim: set(parts) for claim, parts in found.items()} == {claim: wanted[claim] for claim in found}
    assert found["P1"]["ladder"].interval.estimate == found["P8"]["role"].interval.estimate == 0.25
    assert found["P4"]["medium"].interval.estimate == 0.5


def test_an_answer_is_readable_unless_its_row_says_otherwise():
    written = row("written", ["a", recorded.UNREADABLE, "b"] * 2)
    assert prompting_parts.readable(written) == [True, False, True] * 2


def test_only_points_that_the_course_measured_are_hollow():
    ways, rows = [], []
    for number, called, calibrated, theirs in (
        (1, "names", False, True),
        (2, "names", False, False),
        (2, "w", True, True),
    ):
        settings = {"prompt": f"{number} a prompt", "called": called, "calibrated": calibrated}
        ways.append(wording.Way(settings, lambda texts: texts, {}, f"{number}"))
        rows.append(of_hits(f"{number}", [1, 0], reference=theirs))
    found = prompting_parts.reference_points(search.Search("best prompt", "prompt", tuple(ways), tuple(rows)))
    assert found == [("names", "1"), ("w, calibrated", "2")]


def test_the_plain_rival_learns_from_what_it_is_given():
    train = [
        Message(f"{i}", text, label) for i, (text, label) in enumerate([("pay the bill", "a"), ("app stops", "b")])
    ]
    lab = ledger.Lab("intents", None, labels=("a", "b"), noun="messages", show=False)
    classifier, measured = prompting_parts.plain_rival(lab, train, train)
    assert measured.interval.estimate == 1
    assert measured.labels_used == 2
    assert list(classifier.predict(["my bill"])) == ["a"]


@pytest.mark.parametrize(
    ("clear", "unclear", "said"),
    [
        ([False] * 40, [True] * 40, "The rule tells the two kinds apart"),
        ([True] * 40, [False] * 40, "more of clear requests than of unclear ones"),
        ([True, False] * 5, [True, False] * 5, "Whether the rule tells the two kinds apart is not shown"),
    ],
)
def test_whether_the_rule_works_is_said_by_the_figures(clear, unclear, said):
    assert said in prompting_lines.rule_at_work(clear, unclear)


def test_a_model_has_one_size_in_tables_and_pictures():
    rows = [
        of_hits("m", [1], model=f"m{count}", parameters=count) for count in (134_515_008, 494_032_768, 1_543_714_304)
    ]
    assert [size_of(one) for one in rows] == ["135M", "0.5B", "1.5B"] == [size_in_words(one.parameters) for one in rows]
