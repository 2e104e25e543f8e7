"""The same labels used in several ways: draws, candidates, and intervals over draws and messages."""

import json

import numpy as np
import pytest

from helpers.methods import few_labels, few_shot, prompt_cost, same_labels, solved_requests
from helpers.results import evidence
from helpers.results.ledger import Lab
from helpers.tasks import change_requests, intents
from tests import ledger_rows

POOL = intents.read("dev")
PROMPT = few_shot.FewShotPrompt(intents.WORDS)


def test_a_gain_is_over_draws_and_items():
    none = ledger_rows.of_hits("none", [1, 0, 0, 0] * 20)
    draws = [ledger_rows.of_hits(f"draw {k}", hits * 20) for k, hits in enumerate(([1, 1, 0, 0], [1, 0, 1, 1]))]
    found = few_labels.gain([none], draws)
    assert found.estimate == pytest.approx(0.375)
    assert found.low < 0.25 and found.high > 0.5, "two draws that lie apart make it wide"
    assert few_labels.gain(draws, [none]).estimate == pytest.approx(-0.375)
    same = few_labels.gain(draws, draws)
    assert same.low < same.estimate == 0 < same.high, "where nothing differs the interval is no point"
    with pytest.raises(ValueError, match="in pairs"):
        few_labels.gain(draws, [*draws, none])
    with pytest.raises(ValueError, match="same items"):
        few_labels.gain([ledger_rows.of_hits("other", [1], ids=["x"])], draws)


def test_draws_are_balanced_and_differ():
    one, two = (few_labels.draw(POOL, 12, seed) for seed in (0, 1))
    assert {m.label for m in one} == set(intents.LABELS)
    assert [m.id for m in one] != [m.id for m in two]
    assert few_labels.draw(POOL, 0, 0) == []
    rows = [ledger_rows.of_hits(f"few-shot, 8, draw {number}", [1, 0]) for number in (1, 2)]
    assert [row.method for row in few_labels.by_draw(rows)] == ["draw 1", "draw 2"]


def test_candidates_are_named_apart_and_show_what_they_say():
    lab, prompts = Lab("intents"), {"one": PROMPT, "two": few_shot.FewShotPrompt(intents.NAMES)}
    tried = few_labels.candidates(lab, prompts, POOL, ["x"], k=(6, 12), draw=(1, 2, 3), calibrated=(True, False))
    assert len({one.name for one in tried}) == 24
    assert [one.more["labels_used"] for one in tried[:2]] == [6, 6]
    kept = tried[0].more["settings"]
    assert kept["words"] == "one" and kept["all words"] == [*intents.WORDS.values()] and kept["all neutral"] == ["x"]
    assert "all neutral" not in tried[1].more["settings"]
    chat = tried[0].more["prompts"](["Where is it?"])[0]
    assert len(chat) == 13

    def neighbors(texts, k):
        return [POOL[:k] for _ in texts]

    near = few_labels.nearest_candidates(lab, prompts, neighbors, k=(3,), order=list(few_labels.ORDERS))
    shown = [[turn["content"] for turn in one.more["prompts"](["Hi"])[0][:-1:2]] for one in near[:3]]
    texts = [m.text for m in POOL[:3]]
    assert shown == [texts, texts[::-1], [texts[0], texts[2], texts[1]]]


def test_what_is_held_against_a_stand_in_is_no_evidence():
    best, bare = (ledger_rows.of_hits(name, [1, 0]) for name in (few_labels.BEST, few_labels.BARE))
    found = evidence.difference(best, bare)
    assert few_labels.when_best(best, found) == [found]
    assert few_labels.when_best(bare, found) == []


def test_the_only_option_is_ahead_of_both_others():
    ways = (same_labels.SHOWN, same_labels.REGRESSION, same_labels.LORA)
    shares = dict(zip(ways, (80, 20, 90), strict=True))
    rows = {way: [ledger_rows.of_hits(way, [1] * n + [0] * (100 - n))] * 2 for way, n in shares.items()}
    one = same_labels.Compared(6, rows)
    assert [found.interval.estimate for found in same_labels.leads(one)] == pytest.approx([0.6, -0.1])
    assert same_labels.lines([one])[same_labels.LORA][0][1].estimate == pytest.approx(0.9)
    leads = same_labels.each_lead([one])
    assert list(leads) == [f" 6 labels: the prompt, against {way}," for way in ways[1:]]
    assert [found.estimate for found in leads.values()] == pytest.approx([0.6, -0.1])
    rivals = {"tuned": rows[same_labels.LORA], "near": rows[same_labels.REGRESSION][:1], "gone": None}
    ahead = same_labels.ahead_of_shown(one, rivals)
    assert {name: found.interval.estimate for name, found in ahead.items()} == pytest.approx(
        {"tuned": 0.1, "near": -0.6}
    )
    assert same_labels.ahead_of_shown(same_labels.Compared(6, {}), rivals) == {}


def test_a_corrected_example_keeps_the_form_of_answers():
    wrong, right = few_labels.corrected(POOL[0], "complaint")
    assert (wrong.text, wrong.label, right.label) == (POOL[0].text, "complaint", POOL[0].label)


def test_the_power_of_growth_is_read_off_the_times():
    tokens = np.array([50.0, 100.0, 400.0])
    noise = 1 + 0.01 * np.random.default_rng(0).normal(size=(4, 3))
    for power in (0.0, 1.0, 2.0):
        found = prompt_cost.Timed(tokens, tokens**power * noise).exponent
        assert found.low < power < found.high
        assert found.high - found.low < 0.1
    kept = prompt_cost.exponents({"whole": prompt_cost.Timed(tokens, tokens * noise)}, "a model")["whole"]
    assert (kept.n, kept.models) == (4, ("a model",)) and kept.interval.low < 1 < kept.interval.high
    with pytest.raises(ValueError, match="two lengths"):
        prompt_cost.timed(None, PROMPT, {0: []}, ["a"])


def test_a_learners_own_turns_and_calibration_are_used():
    def backwards(examples, text):
        return few_shot.turns(examples[::-1], text)

    prompt = few_shot.FewShotPrompt(intents.WORDS, turns=backwards)
    usual = PROMPT.messages(POOL[:2][::-1], "Hi")
    assert prompt.messages(POOL[:2], "Hi") == usual


def test_a_solved_request_is_answered_by_a_form_that_fits():
    solved = change_requests.load("train")[:2]
    chat = solved_requests.messages(solved, "Swap the router.")
    assert [turn["role"] for turn in chat[1:]] == ["user", "assistant"] * 2 + ["user"]
    assert json.loads(chat[2]["content"])["risk"] == solved[0].risk
    assert chat[-1]["content"] == "Swap the router."


def test_short_messages_are_enough_to_draw_from_also_where_tokens_are_bytes():
    messages = intents.read("train")
    by_words = prompt_cost.short(messages, lambda text: len(text.split()))
    assert all(len(m.text.split()) <= 20 for m in by_words)
    by_bytes = prompt_cost.short(messages, lambda text: len(text.encode()))
    assert len(by_bytes) >= len(messages) / 5
    assert max(len(m.text.encode()) for m in by_bytes) < max(len(m.text.encode()) for m in messages)


def test_without_tuned_rows_nothing_is_said_of_the_only_option():
    rows = {way: [ledger_rows.of_hits(way, [1, 0])] * 2 for way in (same_labels.SHOWN, same_labels.REGRESSION)}
    one = same_labels.Compared(6, rows)
    assert same_labels.leads(one) == []
    assert one.rivals == [same_labels.REGRESSION] and same_labels.LORA not in same_labels.lines([one])


def test_a_training_for_each_draw_is_left_out_unless_it_is_kept_or_asked_for(small, monkeypatch, capsys):
    monkeypatch.setattr(same_labels.SameLabels, "_shown", lambda *_: "shown")
    monkeypatch.setattr(same_labels.SameLabels, "_regression", lambda *_: "learned")
    monkeypatch.setattr(same_labels.SameLabels, "_lora", lambda *_: "tuned")
    lab = Lab("intents", small, labels=intents.LABELS)
    same = same_labels.SameLabels(lab, PROMPT, POOL, None, None, None)
    assert same_labels.LORA not in same.compare(6, POOL[:2]).rows
    assert "left out" in capsys.readouterr().out
    assert list(same.compare(12, POOL[:2]).rows) == [same_labels.REGRESSION], "a long prompt, too"
    monkeypatch.setenv("COURSE_MISSING", "1")
    assert same.compare(6, POOL[:2]).rows[same_labels.LORA] == ["tuned"] * same_labels.DRAWS
