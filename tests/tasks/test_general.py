"""The probe of general ability: its counts, its balance, and nothing of the course's company."""

import collections
import re

import near_copies
import numpy as np
import pytest

from helpers.tasks import general

ITEMS = general.load()
KINDS = ("everyday", "science", "words", "story", "number")


def test_counts_and_fields():
    assert [item.id for item in ITEMS] == [f"general-{i:03}" for i in range(1, 121)]
    assert collections.Counter(item.kind for item in ITEMS) == dict.fromkeys(KINDS, 24)
    for item in ITEMS:
        assert len(set(item.choices)) == 4, item
        assert item.label == item.choices[item.answer]


@pytest.mark.parametrize("kind", [None, *KINDS])
def test_positions_are_balanced(kind):
    places = collections.Counter(item.answer for item in ITEMS if kind in (None, item.kind))
    assert len(set(places.values())) == 1
    assert len(places) == 4


@pytest.mark.parametrize("pick", [min, max])
def test_length_does_not_tell_the_answer(pick):
    hits = 0.0
    for item in ITEMS:
        lengths = [len(choice) for choice in item.choices]
        candidates = [i for i, length in enumerate(lengths) if length == pick(lengths)]
        hits += (item.answer in candidates) / len(candidates)
    assert 0.18 < hits / len(ITEMS) < 0.32


def test_nothing_of_the_company_and_no_near_copies():
    for item in ITEMS:
        whole = " ".join((item.question, *item.choices))
        assert not re.search(r"larkfield|thermostat|sensor|subscription|refund|customer|invoice", whole, re.I), whole
    near_copies.assert_none([item.question + " " + " ".join(item.choices) for item in ITEMS])


def test_probe_chooses_the_likeliest_answer_as_each_by_itself_says(small):
    items = ITEMS[:5]
    found = general.ask(small, items)
    for i, item in enumerate(items):
        each = [small.score([item.question], [choice], progress=False).log_probs[0, 0] for choice in item.choices]
        best = max(range(4), key=lambda j: each[j])
        assert found.predictions[i] == item.choices[best]
        assert found.right_share[i] == pytest.approx(np.exp(each[item.answer]) / np.exp(each).sum(), rel=1e-3)


def test_the_probe_is_short_in_the_fast_profile(monkeypatch):
    assert len(general.load(fast=20)) == 120
    monkeypatch.setenv("COURSE_PROFILE", "fast")
    assert len({item.kind for item in general.load(fast=20)}) == 5
