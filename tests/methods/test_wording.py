"""Ways to ask for a label: one reading for two candidates, calibration beside it, and what is made of their rows."""

import numpy as np
import pytest

from helpers.methods import few_shot, search, wording
from helpers.model.prompts import Prompt
from helpers.model.scoring import LabelScores
from helpers.results import ledger
from helpers.tasks import intents
from helpers.tasks.files import Message
from tests import ledger_rows

WORDS = {"a": " an apple", "b": " a bee"}
ITEMS = [Message(f"dev-{i}", f"text {i}", "ab"[i % 2]) for i in range(10)]
PROMPT = Prompt("1 bare", "{text}?", start="This is")


class Scorer:
    """Stands for a model: leans towards the first label, whatever a text says."""

    name = "a scorer"

    def __init__(self):
        self.read = 0

    def parameters(self):
        return iter(())

    def score(self, prompts, words, progress=True, **_):
        self.read += len(prompts)
        number = [int("".join(filter(str.isdigit, chat[0]["content"])) or 0) for chat in prompts]
        scores = np.array([[2.0, number % 2 * 1.0] for number in number])
        count = np.ones(len(prompts), dtype=int)
        return LabelScores(tuple(words), scores, np.ones(len(words), dtype=int), count, 0, 0.0)


def test_a_prompt_is_read_once_for_both_candidates_and_calibration_takes_the_lean_away():
    lm = Scorer()
    plain, even = wording.ways(lm, PROMPT, WORDS, "things", ["none", "nothing"])
    texts = [item.text for item in ITEMS]
    assert plain.predict(texts).predictions == ["a"] * 10
    assert even.predict(texts).predictions == [item.label for item in ITEMS]
    assert lm.read == 12
    assert (plain.name, even.name) == ("1 bare, things", "1 bare, things, calibrated")
    assert plain.settings["words"] == [" an apple", " a bee"]
    others = wording.ways(lm, PROMPT, WORDS, "things", ["none", "nothing"], end_of_turn=False)
    assert [way.settings.get("end_of_turn") for way in (plain, even, *others)] == [None, None, False, False]


def test_calibration_is_that_of_few_shot_and_own_weight_sums_to_one():
    found = wording.read(Scorer(), PROMPT, WORDS, ["text 1"], ["none"])
    assert sum(found.own_weight.values()) == pytest.approx(1)
    assert found.own_weight["a"] > found.own_weight["b"]
    assert np.allclose(found.calibrated.log_probs, few_shot.calibrate(np.array([[2.0, 1.0]]), np.array([[2.0, 0.0]])))


def test_a_search_is_told_by_rung_and_the_better_of_two_is_found():
    lab = ledger.Lab("toy", labels=("a", "b"), show=False)
    pair = wording.ways(Scorer(), PROMPT, WORDS, "things", ["none"])
    found = search.search(lab, "ways", pair, ITEMS, approach="prompt")
    assert {name: list(rungs) for name, rungs in wording.by_rung(found).items()} == {
        "things": ["1"],
        "things, calibrated": ["1"],
    }
    assert wording.better(found, "1 bare", "things").settings["calibrated"]
    with pytest.raises(ValueError, match="no try of the prompt '2 more'"):
        wording.better(found, "2 more", "things")


def test_what_a_change_does_is_told_both_ways_and_rows_go_by_their_prompts():
    lab, prompts = (
        ledger.Lab("toy", labels=("a", "b"), show=False),
        [PROMPT, Prompt("2 more", "{text} 1", start="This is")],
    )
    tried = wording.tries(Scorer(), prompts, WORDS, "things", ["none"])
    assert [way.name for way in tried] == [
        "1 bare, things",
        "1 bare, things, calibrated",
        "2 more, things",
        "2 more, things, calibrated",
    ]
    found = search.search(lab, "ways", tried, ITEMS, approach="prompt")
    assert [row.method for row in wording.by_prompt(found)] == ["1 bare", "1 bare", "2 more", "2 more"]
    effect = wording.effects(found, {"more": ("1 bare, things", "2 more, things"), "none": ("1 bare, things",) * 2})
    told = {change: {how: one.difference.estimate for how, one in hows.items()} for change, hows in effect.items()}
    assert told == {"more": {"as scored": 0, "calibrated": -0.5}, "none": {"as scored": 0, "calibrated": 0}}
    with pytest.raises(KeyError):
        wording.effects(found, {"x": ("1 bare, things", "3, things")})
    both = wording.measure_both(lab, "mine", tried[:2], ITEMS, split="dev", heavy=False)
    assert [(row.method, sum(row.correct)) for row in both] == [("mine", 5), ("mine, calibrated", 10)]
    better = wording.measure_better(lab, found, "1 bare", "things", ITEMS)
    assert (better.method, sum(better.correct)) == ("rung 1 bare, things", 10)


def test_a_mean_loss_pairs_a_rewritten_message_with_its_original():
    before = ledger_rows.of_hits("way", [1, 0, 1], ids=["test-1", "test-2", "test-3"])
    after = ledger_rows.of_hits("way", [0, 1, 1], ids=["test-1-sms", "test-1-voice", "test-2-non_native"])
    assert wording.mean_loss(before, after).estimate == pytest.approx((0.5 - 1) / 2)
    assert wording.mean_loss(before, after, lambda hits, again: [len(hits), len(again)]).estimate == 3
    originals, rewritten = intents.read_rewritten()
    assert {m.id.rsplit("-", 1)[0] for m in intents.rewritten_of(originals[3:5], rewritten)} == {
        m.id for m in originals[3:5]
    }


def test_minutes_are_those_of_training_and_measuring():
    lab = ledger.Lab("toy", labels=("a", "b"), show=False)
    row = lab.measure("a", ITEMS, lambda texts: ["a"] * 10, approach="plain", training_seconds=30.0)
    assert wording.minutes([row, row]) == pytest.approx((60 + 2 * sum(row.seconds)) / 60)


def test_what_is_told_apart_and_lost_is_paired_by_item():
    assert wording.losses({"x": 1, "y": 0, "z": 1}, [("y", 1), ("x", 0), ("x", 1)]) == [0.5, -1.0]
    assert (wording.halves(7, 5).sum(axis=1) == 4).all()
    assert wording.steady([["a", "b", "c"], ["a", "b", "a"], ["a", "a", "a"]]) == pytest.approx(1 / 3)
