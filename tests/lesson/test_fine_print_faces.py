"""Pictures and the widget of the fine print: they say their numbers, escape, and ask each model."""

import numpy as np

from helpers import statistics
from helpers.lesson.plots import tuning as pictures
from helpers.lesson.widgets import tuning as widgets
from helpers.tasks import facts, refusals


def test_pictures_say_their_numbers(capsys):
    interval = statistics.Interval(-0.1, -0.2, -0.02)
    pictures.differences({"facts": interval}, "Change", "points", "no change")
    pictures.grouped({"tuned": {"new": statistics.wilson_interval(3, 10)}}, "Shares", "share", [("tuned", "new")])
    bits = {"never": np.array([1.0, 2.0, 6.0])}
    pictures.exposures(bits, bits, most=6.64)
    said = capsys.readouterr().out
    assert "facts -0.100 [-0.200, -0.020]" in said
    assert "tuned: new 0.300" in said
    assert "never: median 2.0 bits before, 2.0 after" in said


def test_the_widget_escapes_and_asks_each_model():
    class Echo:
        def __init__(self, word):
            self.word = word

        def chat(self, messages, max_new_tokens):
            return f"<b>{self.word}</b> {messages[-1]['content']} {max_new_tokens}"

    shown = widgets.answers_html({"base": Echo("one"), "<tuned>": Echo("two")}, "<i>Hi</i>", refusals.SYSTEM, 7)
    assert "&lt;b&gt;one&lt;/b&gt; &lt;i&gt;Hi&lt;/i&gt; 7" in shown
    assert "&lt;tuned&gt;" in shown
    assert "Hi" in widgets.answers_html({"base": Echo("one")}, "Hi", facts.SYSTEM)
