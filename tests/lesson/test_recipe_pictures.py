"""Pictures of recipes: the title names what is drawn, the axes are logarithmic, and a broken run breaks no picture."""

import math

import pytest

from helpers.lesson.plots import frame, recipes
from helpers.statistics import Interval

SHARE = Interval(0.5, 0.4, 0.6)


@pytest.fixture
def drawn(monkeypatch):
    """The axes of every picture, as they are shown."""
    caught = []
    usual = frame.show

    def show(figure, words):
        caught.append(figure.axes[0])
        usual(figure, words)

    monkeypatch.setattr(frame, "display", lambda *_, **__: None)
    monkeypatch.setattr(frame, "show", show)
    return caught


def title_of(axes):
    return axes.get_title(loc="left")


def test_the_title_names_the_lines_that_are_drawn_and_no_other(drawn, capsys):
    every = {"LoRA": [(25, SHARE), (500, SHARE)], "regression $x$": [(25, SHARE), (50, SHARE)]}
    recipes.by_labels({**every, "nearest": []}, "120 messages")
    recipes.by_labels({**every, "LoRA": []}, "120 messages")
    assert [title_of(axes).split(": ")[1] for axes in drawn] == ["LoRA, regression $x$", "regression $x$"]
    assert drawn[0].get_xscale() == "log"
    assert [label.get_text() for label in drawn[0].get_xticklabels()] == ["25", "50", "500"]
    said = capsys.readouterr().out
    assert "share right, 120 messages: LoRA: 0.5 at 25, 0.5 at 500; regression $x$: 0.5 at 25" in said


def test_low_losses_can_be_told_apart_and_what_is_no_number_is_left_out(drawn, capsys):
    recipes.losses(
        {"slow": [(6, 8.3), (12, 5.6)], "fast": [(6, 0.5), (12, math.nan)], "broken": [(6, math.nan)]}, "Rates"
    )
    assert drawn[0].get_yscale() == "log" and drawn[0].get_xscale() == "linear"
    names = [text.get_text() for text in drawn[0].texts]
    assert names == ["slow", "fast"]
    said = capsys.readouterr().out
    assert "slow: 8.30 at 6, 5.60 at 12; fast: 0.50 at 6; broken: no loss is a number" in said


def test_names_at_the_ends_of_lines_that_meet_do_not_lie_over_each_other(drawn):
    recipes.losses({"one": [(1, 9.0), (2, 0.41)], "two": [(1, 2.0), (2, 0.40)]}, "Rates")
    figure = drawn[0].figure
    figure.canvas.draw()
    first, second = (text.get_window_extent() for text in drawn[0].texts)
    assert not first.overlaps(second)
