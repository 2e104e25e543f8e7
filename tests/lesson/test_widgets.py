"""Widgets are thin faces on pure functions, escape what they show, and leave a picture for readers without a kernel."""

import ast

import all_widgets
import ipywidgets
import parts
import pytest

from helpers.lesson import plots, widgets
from helpers.methods import few_shot
from helpers.tasks import files, intents
from helpers.tasks.task import Task

EVIL = '<script>alert(1)</script> & "quotes"'


@pytest.fixture
def shown(monkeypatch):
    """Catch what a widget displays, and hand out its controls."""
    caught = []
    monkeypatch.setattr(widgets.basics, "display", lambda bundle, raw: caught.append(bundle))
    boxes = []
    original = ipywidgets.VBox.__init__

    def remember(self, children=(), **options):
        boxes.append(children)
        original(self, children, **options)

    monkeypatch.setattr(ipywidgets.VBox, "__init__", remember)
    return caught, boxes


def test_tokens_are_escaped_and_counted():
    html = widgets.tokens_html(["<b>", " a", "\n"], [1, 2, 3])
    assert "<b>3 tokens</b>" in html
    assert "&lt;b&gt;" in html
    assert "␣a" in html
    assert "↵" in html


def test_token_viewer_updates_and_escapes(real, shown):
    widgets.token_viewer(real, EVIL)
    bundle, (box, chat, output) = shown[0][0], shown[1][0]
    assert "script" in bundle["text/html"]
    assert "<script>" not in bundle["text/html"]
    before = output.value
    chat.value = True
    assert output.value != before
    assert "im_start" in output.value
    box.value = ""
    assert "tokens" in output.value


def test_next_token_explorer_follows_its_slider(real, shown):
    widgets.next_token_explorer(real, "The capital of France is")
    _, slider, output = shown[1][0]
    assert "Paris" in output.value
    sharp = output.value
    slider.value = 2.0
    assert output.value != sharp
    assert "temperature 2" in output.value


def test_keyword_playground_measures_what_is_typed(shown):
    messages = files.balanced(intents.read("dev"), 3)
    widgets.keyword_playground(intents.load(), messages, {"billing": ["charge"]})
    controls, output = shown[1][0][:-1], shown[1][0][-1]
    assert len(controls) == 5
    assert "accuracy on 18 messages" in output.value
    controls[0].value = "e"
    assert "accuracy on 18 messages: 0.167" in output.value


def test_keyword_playground_has_a_box_for_each_label_of_another_task(shown):
    reviews = [files.Message("a", "dull", "0"), files.Message("b", "a joy", "1"), files.Message("c", "so good", "1")]
    widgets.keyword_playground(
        Task("films", {"0": "bad", "1": "good"}, train=reviews, noun="reviews"), reviews, {"0": ["dull"]}
    )
    controls, output = shown[1][0][:-1], shown[1][0][-1]
    assert [box.description for box in controls] == ["0", "1"]
    assert "accuracy on 3 reviews: 1.000" in output.value  # what no rule matches gets the most frequent label


def test_keyword_picture_escapes_messages():
    items = [files.Message("1", EVIL, "other")]
    html = widgets.keyword_html(intents.load(), items, {"billing": ["script"]}, "other")
    assert "<script>" not in html


def test_a_readers_picture_stands_beside_the_widget(real, shown):
    widgets.token_viewer(real, "Hi")
    bundle = shown[0][0]
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"]
    assert "run the cell to use it" in bundle["text/html"]


def test_temperature_is_checked():
    assert plots.at_temperature([0.5, 0.5], 3).tolist() == [0.5, 0.5]
    with pytest.raises(ValueError, match="above 0"):
        plots.at_temperature([1.0], 0)
    assert plots.at_temperature([1.0, 0.0], 1).tolist() == [1.0, 0.0]


def test_prompt_playground_shows_what_reaches_the_model_and_escapes_it(real, shown):
    widgets.prompt_playground(real, EVIL, "Be brief.", ["billing", "other"])
    system, user, labels, _, length, output = shown[1][0]
    assert "<script>" not in output.value
    assert "&lt;script&gt;" in output.value
    assert "tokens reach the model" in output.value
    assert "billing" in output.value
    length.value = 1
    labels.value = ""
    assert "Share of each label" not in output.value
    system.value = "Answer in one word."
    assert "Answer in one word." in output.value
    user.value = ""
    assert "Its answer" in output.value


def test_few_shot_explorer_measures_the_selection_and_escapes(real, shown):
    pool = [files.Message("p", EVIL, "billing"), *intents.read("train")[:5]]
    items = intents.read("dev")[:4]
    prompt = few_shot.FewShotPrompt({label: label for label in intents.LABELS}, "Sort.")
    choose = {
        "first": lambda k, seed: [pool[:k]] * len(items),
        "shifted by the seed": lambda k, seed: [pool[seed : seed + k]] * len(items),
    }
    widgets.few_shot_explorer(real, prompt, choose, items)
    bundle, (how, k, _, output) = shown[0][0], shown[1][0]
    assert "accuracy on 4 messages" in bundle["text/html"]
    assert "&lt;script&gt;" in bundle["text/html"]
    assert "<script>" not in bundle["text/html"]
    before = output.value
    k.value = 0
    assert output.value != before
    assert "script" not in output.value
    how.value = "shifted by the seed"
    assert "accuracy on 4 messages" in output.value


def test_what_the_widgets_are_shown_with_is_defined_in_the_lesson():
    """A name that moved to a helper stops the notebook of all widgets, and the browser waits for it in vain."""
    body = ast.parse((parts.SOURCES / "08_decide.py").read_text(encoding="utf-8")).body
    assert set(all_widgets.MONEY.split()) <= set().union(*map(parts.named, body))
