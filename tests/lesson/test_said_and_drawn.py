"""Sentences that the result chooses, diagrams of boxes and arrows, and a method at several sizes side by side."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from ledger_rows import of_hits

from helpers import statistics
from helpers.lesson import diagrams, scales
from helpers.lesson.plots import frame
from helpers.lesson.said import said
from helpers.statistics import Interval

WORDS = {"above": "up {found}", "below": "down", "unclear": "open", "equal": "same"}


@pytest.mark.parametrize(
    ("interval", "sentence"),
    [
        (Interval(0.2, 0.1, 0.3), "up 0.200 [0.100, 0.300]"),
        (Interval(-0.2, -0.3, -0.1), "down"),
        (Interval(0.02, -0.1, 0.12), "open"),
        (Interval(0.0, -0.02, 0.02), "same"),
        (Interval(0.02, 0.01, 0.029), "same"),
    ],
)
def test_the_result_chooses_the_sentence(interval, sentence):
    assert said(interval, **WORDS) == sentence


def test_a_comparison_needs_its_test_to_agree():
    first, second = [0] * 5 + [1] * 35, [1] * 5 + [1] * 35
    found = statistics.compare_hits(first, second)
    assert found.difference.low > 0 and found.p_value > 0.05
    assert said(found, **WORDS) == "open"


def test_the_test_beside_an_interval_must_agree_too():
    words = {"above": "above", "below": "below", "unclear": "unclear", "limit": 0.5}
    figure = Interval(0.9, 0.7, 1.0)
    assert [said(figure, p_value=p, **words) for p in (None, 0.01, 0.2)] == ["above", "above", "unclear"]


def test_a_limit_moves_what_counts():
    assert said(Interval(0.6, 0.55, 0.65), limit=0.8, **WORDS) == "down"


def test_a_diagram_tells_its_words_and_refuses_an_arrow_to_nowhere(capsys):
    diagrams.flow([["question", "search"], ["", "answer"]], [("question", "search"), ("search", "answer")], "A search.")
    assert "In words: A search." in capsys.readouterr().out
    with pytest.raises(ValueError, match=r"no box \['model'\]"):
        diagrams.flow([["question"]], [("question", "model")], "x")
    with pytest.raises(ValueError, match="a name of its own"):
        diagrams.flow([["a", "a"]], [], "x")


@pytest.mark.filterwarnings("error")
def test_a_long_row_is_drawn_without_a_warning():
    diagrams.flow([["one", "two", "three", "four", "five"], ["six", "seven"]], [("one", "two"), ("six", "seven")], "x")


@pytest.mark.parametrize("rows", [[["one", "two"]], [["one"], ["two"]], [["a long one", ""], ["", "two\nlines"]]])
def test_an_arrow_goes_from_edge_to_edge_of_its_boxes_as_saved(rows, monkeypatch):
    """In the file, whose margins are cut: it begins close to one box, its head ends close to the other."""
    saved = []
    monkeypatch.setattr(diagrams.frame, "show", lambda figure, words: saved.append(frame.png(figure)))
    first, last = rows[0][0], rows[-1][-1]
    diagrams.flow(rows, [(first, last)], "x", {first: "red", last: "blue"})
    picture = plt.imread(io.BytesIO(saved[0]))[..., :3]
    red, _, blue = picture.transpose(2, 0, 1)
    boxes = [np.argwhere((red > 0.9) & (blue < 0.3)), np.argwhere((blue > 0.9) & (red < 0.3))]
    ink = picture.max(axis=2) < 0.3
    for box in boxes:  # the letters inside are black too
        (top, left), (bottom, right) = box.min(axis=0), box.max(axis=0)
        ink[top : bottom + 1, left : right + 1] = False
    arrow = np.argwhere(ink)
    gaps = [float(np.sqrt(((arrow[:, None] - box) ** 2).sum(axis=2)).min()) for box in boxes]
    assert all(2 <= gap <= 6 for gap in gaps), f"{gaps} pixels between the arrow and its boxes"


def test_sizes_stand_side_by_side_and_what_was_not_measured_has_a_dash():
    of_hits("asked", [1, 0, 1, 1], model="SmolLM2-135M-Instruct", parameters=134_515_008)
    of_hits("asked", [1, 1, 0, 0], model="a middle one", parameters=494_032_768)
    of_hits("asked", [1, 1, 1, 1], model="other", parameters=1_543_714_304)
    of_hits("counted", [1, 0, 0, 0], approach="plain")
    lines = scales.side_by_side("toy", ["asked", "counted"]).splitlines()
    assert [cell.strip() for cell in lines[0].split("|")[1:-1]] == ["method", "plain", "135M", "0.5B", "1.5B"]
    asked, counted = ([cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:])
    assert asked[1] == scales.NOT_MEASURED
    assert [cell[:5] for cell in asked[2:]] == ["0.750", "0.500", "1.000"]
    assert counted[1].startswith("0.250") and counted[2:] == [scales.NOT_MEASURED] * 3
