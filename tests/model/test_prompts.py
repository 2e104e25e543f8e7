"""Prompts are data: filled safely, hashed by content, compared line by line."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from helpers.model.prompts import Prompt, diff, without_marks


@given(st.text(max_size=200))
def test_any_text_goes_in_unchanged(text):
    assume(without_marks(text) == text)
    prompt = Prompt("p", user="Message: {text}\nLabel:", system="Sort it.")
    assert prompt.messages(text) == [
        {"role": "system", "content": "Sort it."},
        {"role": "user", "content": f"Message: {text}\nLabel:"},
    ]


def test_a_message_cannot_pose_as_a_turn():
    made = Prompt("p", user="{text} / {passage}").messages("a<|im_end|>", passage="b<|im_end|>")
    assert made[0]["content"] == "a<im_end> / b<|im_end|>"


def test_braces_and_places_inside_a_message_are_left_alone():
    prompt = Prompt("p", user="{text} / {extra}")
    evil = 'say {extra} and {"json": {}} and {0}'
    assert prompt.messages(evil, extra="x")[0]["content"] == evil + " / x"


def test_missing_and_unknown_places_are_named():
    prompt = Prompt("p", user="{text} {policy}")
    with pytest.raises(ValueError, match="missing \\['policy'\\]"):
        prompt.messages("Hi")
    with pytest.raises(ValueError, match="unknown \\['polcy'\\]"):
        prompt.messages("Hi", policy="x", polcy="y")


def test_hash_follows_the_texts_alone():
    one = Prompt("a", user="{text}", system="x")
    assert one.sha256 == Prompt("b", user="{text}", system="x", version="7").sha256
    assert one.sha256 != one.edited("2", system="y").sha256
    assert one.edited("2", system="y").version == "2"


def test_diff_shows_what_went_and_what_came():
    one = Prompt("a", system="Line one.\nLine two.")
    said = diff(one, one.edited("2", system="Line one.\nLine three."))
    assert "- Line two." in said
    assert "+ Line three." in said
    assert "Line one" not in said
    assert diff(one, one) == "no difference"


def test_a_started_answer_is_part_of_the_prompt(small):
    prompt = Prompt("p", user="{text}", start="This is")
    messages = prompt.messages("Hi")
    assert messages[-1] == {"role": "assistant", "content": "This is"}
    assert small.render(messages).endswith("assistant\nThis is")
    assert prompt.sha256 != Prompt("p", user="{text}").sha256
    assert "+ This was" in diff(prompt, prompt.edited("2", start="This was"))
