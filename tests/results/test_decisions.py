"""The rules say what they are documented to say, and the measured winner is found, or the call is too close."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.results import comparisons, costs, decisions, judged, overview
from helpers.results.decisions import BOTH, NONE, PROMPT, RETRIEVE, TUNE, Facts
from tests.ledger_rows import of_hits

SORTING = Facts(
    needs_facts=False,
    facts_change=False,
    behavior=False,
    narrow=True,
    stable=True,
    labels=600,
    documents=0,
    requests=10_000,
    prompt_quality=0.40,
    target=0.80,
)
POLICIES = dataclasses.replace(SORTING, needs_facts=True, facts_change=True, narrow=False, labels=300, documents=30)
FORMAT = dataclasses.replace(SORTING, behavior=True, labels=400, prompt_quality=0.72)


def advice(facts):
    return {said.article: said.approach for said in decisions.ask_all(facts)}


def test_the_five_rules_disagree_where_the_articles_do():
    assert advice(SORTING) == {"A": TUNE, "B": TUNE, "C": PROMPT, "D": PROMPT, "E": PROMPT}
    assert advice(POLICIES) == {"A": RETRIEVE, "B": RETRIEVE, "C": PROMPT, "D": RETRIEVE, "E": PROMPT}
    assert advice(FORMAT) == {"A": PROMPT, "B": TUNE, "C": PROMPT, "D": PROMPT, "E": PROMPT}


def test_each_article_is_told_in_words_with_what_the_code_adds():
    assert list(decisions.PRINTED) == list(decisions.RULES) == list("ABCDE")
    for printed, added in decisions.PRINTED.values():
        assert len(printed) > 60
        assert added.endswith(".")
    assert f"{decisions.ENOUGH_LABELS} or more" in decisions.PRINTED["A"][0].replace("there are ", "")
    assert f"{decisions.ENOUGH_LABELS} or more labels" in decisions.PRINTED["C"][0]
    assert f"read as {decisions.HUNDREDS}" in decisions.PRINTED["B"][1]


def test_thresholds_are_met_where_decimals_meet_them():
    assert dataclasses.replace(SORTING, prompt_quality=0.7).short == 0.1
    assert dataclasses.replace(SORTING, target=0.7, prompt_quality=0.5).short == 0.2


def test_a_tie_in_the_matrix_is_said():
    by = dataclasses.replace(FORMAT, requests=10_000)
    assert "a tie of prompt and tune" in decisions.matrix(by).because
    assert "tie" not in decisions.matrix(SORTING).because


@pytest.mark.parametrize(
    ("rule", "changes", "approach"),
    [
        ("A", {"prompt_quality": 0.8}, PROMPT),
        ("A", {"labels": 500}, TUNE),
        ("A", {"labels": 499}, PROMPT),
        ("A", {"labels": 499, "behavior": True}, PROMPT),
        ("A", {"needs_facts": True}, RETRIEVE),
        ("B", {"labels": 200}, TUNE),
        ("B", {"labels": 199}, PROMPT),
        ("B", {"stable": False}, PROMPT),
        ("B", {"narrow": False}, PROMPT),
        ("B", {"narrow": False, "behavior": True}, TUNE),
        ("B", {"needs_facts": True}, BOTH),
        ("B", {"needs_facts": True, "labels": 199}, RETRIEVE),
        ("C", {"special": True}, TUNE),
        ("C", {"costly": True}, TUNE),
        ("C", {"special": True, "labels": 499}, PROMPT),
        ("C", {"prompt_quality": 0.1, "costly": True}, TUNE),
        ("D", {"prompt_quality": 0.8}, PROMPT),
        ("D", {"requests": 33_334}, TUNE),
        ("D", {"requests": 33_333}, PROMPT),
        ("D", {"requests": 33_334, "narrow": False}, PROMPT),
        ("D", {"needs_facts": True, "requests": 10**6}, RETRIEVE),
        ("E", {"behavior": True, "requests": 10**6}, TUNE),
        ("E", {"stable": False, "costly": True}, PROMPT),
        ("E", {"special": True, "costly": True}, TUNE),
        ("E", {"needs_facts": True, "facts_change": True, "requests": 10**6}, BOTH),
    ],
)
def test_each_condition_that_an_article_prints_turns_its_rule(rule, changes, approach):
    assert decisions.RULES[rule](dataclasses.replace(SORTING, **changes)).approach == approach


def test_the_volume_is_the_articles_break_even():
    assert costs.requests_needed(500, 0.02, 0.005) == decisions.MANY_REQUESTS


@given(
    st.builds(
        Facts,
        *[st.booleans()] * 5,
        *[st.integers(0, 10**6)] * 3,
        *[st.floats(0, 1)] * 2,
    )
)
def test_every_rule_always_answers_with_a_reason(facts):
    for said in decisions.ask_all(facts):
        assert said.approach in (PROMPT, RETRIEVE, TUNE, BOTH, NONE)
        assert len(said.because) > 10


def test_impossible_facts_are_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        dataclasses.replace(SORTING, target=80)
    with pytest.raises(ValueError, match="counts"):
        dataclasses.replace(SORTING, labels=-1)


def row(method, hits, approach="prompt", **more):
    more = {"model": "none" if approach == "plain" else "SmolLM2-135M-Instruct"} | more
    return of_hits(method, hits, approach=approach, **{"seconds": [0.36] * len(hits)} | more)


def test_the_measured_winner_is_found_and_the_advice_judged():
    chance = np.random.default_rng(0).random(300)
    rows = [
        row("zero-shot prompt", chance < 0.3),
        row("LoRA", chance < 0.8, "tune"),
        row("TF-IDF", chance < 0.95, "plain"),
    ]
    found = decisions.measured(rows)
    assert found.approaches == ("tune",)
    verdicts = {said.article: found.judge(said) for said in decisions.ask_all(SORTING)}
    assert verdicts == {**dict.fromkeys("AB", "held"), **dict.fromkeys("CDE", "did not hold")}
    assert decisions.measured(rows, plain=True).approaches == ("plain",)


def test_a_tie_is_too_close_to_call_for_those_in_it():
    rng = np.random.default_rng(1)
    rows = [row("zero-shot prompt", rng.random(100) < 0.5), row("LoRA", rng.random(100) < 0.5, "tune")]
    found = decisions.measured(rows)
    assert found.approaches == ("prompt", "tune")
    assert found.standing.call == "too close to call"
    said = decisions.ask_all(SORTING)
    assert {found.judge(s) for s in said} == {"too close to call"}
    with pytest.raises(ValueError, match="no method of a language model"):
        decisions.measured([row("TF-IDF", [1, 0], "plain")])


def test_a_summary_holds_what_the_row_holds_and_guesses_nothing():
    counted = {"prompt_tokens": [200, 400], "new_tokens": [1, 3], "training_seconds": 5}
    known = row("few-shot", [1, 0], seconds=[0.3, 0.42], **counted)
    found = overview.summary(known, costs.Prices(1, 1, 10, ""), hour=1.0)
    assert (found.tokens, found.p50, found.by_tokens) == (302, pytest.approx(0.36), pytest.approx(0.32))
    assert found.by_machine == pytest.approx(0.1)
    assert found.change == pytest.approx(5 + 0.72)
    blank = overview.summary(row("free text", [1, 0], details={"timed": "together"}))
    assert (blank.tokens, blank.p50, blank.by_tokens) == (None, None, None)
    timed = {("toy", "few-shot"): [4.0] * 9, ("toy", "other"): [100.0]}
    assert overview.summary(row("few-shot", [1, 0]), alone=timed).p95 == 4.0
    assert overview.summary(known, alone={("intents", "few-shot"): [9.0]}).p95 < 4.0
    plain = overview.summary(row("TF-IDF", [1, 0], "plain"))
    assert (plain.tokens, plain.by_tokens) == (0, 0)


def test_the_table_has_one_line_for_each_method_fits_a_screen_and_stars_reference_rows():
    rows = [row("m|1", [1, 0]), dataclasses.replace(row("m2", [1, 1]), reference=True)]
    lines = overview.table([overview.summary(one) for one in rows]).splitlines()
    assert len(lines) == 4
    assert "m2 \\*" in lines[2]
    assert {line.replace("\\|", "").count("|") for line in lines} == {6}


def test_a_right_answer_costs_what_all_answers_cost_over_the_share_right_and_less_where_the_start_is_cached():
    counted = row("few-shot", [1, 0], prompt_tokens=[200, 400], new_tokens=[0, 0])
    prices = costs.Prices(1, 0.1, 10, "")
    assert overview.summary(counted, prices).per_right == pytest.approx(0.6)
    cached = overview.summary(counted, prices, cached={("toy", "few-shot"): 100})
    assert cached.per_right == pytest.approx(2 * (200 * 1 + 100 * 0.1) / 1000)
    assert overview.summary(row("never", [0, 0], prompt_tokens=[9, 9]), prices).per_right is None


def test_the_best_of_each_approach():
    best = overview.best_of(
        [row("LoRA", [1, 0], "tune"), row("LoRA, longer", [1, 1], "tune"), row("TF-IDF", [0, 0], "plain")]
    )
    assert {way: r.method for way, r in best.items()} == {"plain": "TF-IDF", "tune": "LoRA, longer"}
    assert isinstance(comparisons.on_same_items(list(best.values())), comparisons.Together)


def test_measures_choose_among_ties_alone_and_agree_with_the_leader_where_they_can():
    rng = np.random.default_rng(0)
    hits = {"long": rng.random(200) < 0.80, "short": rng.random(200) < 0.78, "weak": rng.random(200) < 0.3}
    tokens = {"long": 900, "short": 60, "weak": 1}
    rows = [row(name, of, prompt_tokens=[tokens[name]] * 200) for name, of in hits.items()]
    found = overview.changes_choice([overview.summary(r) for r in rows], comparisons.standing(rows))
    assert found["dollars per right answer"] == "short"
    assert found["valid answers"] == comparisons.standing(rows).leader


def test_the_board_judges_each_rule_on_each_task():
    chance = np.random.default_rng(0).random(300)
    rows = [row("zero-shot prompt", chance < 0.3), row("LoRA", chance < 0.8, "tune")]
    table, judged = decisions.board({"toy": SORTING}, {"toy": decisions.measured(rows)})
    assert judged["toy", "A"].outcome == "held"
    assert judged["toy", "D"].outcome == "did not hold"
    assert len(table.splitlines()) == 8
    assert "tune: held (32 of 32)" in table, "A asks for nothing that somebody must judge"
    assert judged["toy", "C"].held == 24, "C tunes where the language is special, the cost hurts, or both"
    assert [judged["toy", letter].mostly for letter in "AD"] == [True, False]


def test_facts_come_from_rows_where_rows_can_tell_and_are_false_unless_named():
    rows = [
        row("weak prompt", [1, 0, 0, 0], labels_used=9),
        row("best prompt", [1, 1, 0, 0]),
        row("LoRA", [1, 1, 1, 1], "tune", labels_used=400),
    ]
    facts = decisions.facts_of(rows, 1000, 0.8, "narrow", documents=3)
    assert (facts.labels, facts.prompt_quality, facts.documents) == (400, 0.5, 3)
    assert [name for name in decisions.JUDGED if getattr(facts, name)] == ["narrow"]
    assert decisions.facts_of(rows[2:], 1000, 0.8).prompt_quality == 0
    with pytest.raises(ValueError, match="narow"):
        decisions.facts_of(rows, 1000, 0.8, "narow")


def test_a_task_on_which_approaches_tie_is_no_test_of_the_rules():
    tied = decisions.Measured(None, ("prompt", "tune"))
    clear = decisions.Measured(None, ("tune",))
    judged_as = {
        ("one", "A"): decisions.Judgment("held", 32, 32),
        ("two", "A"): decisions.Judgment("did not hold", 0, 32),  # it names retrieval, and two others tie
    }
    shares = judged.named(judged_as, {"one": clear, "two": tied}, [])
    assert (shares["named"].n, shares["named"].interval.estimate) == (1, 1.0)
    assert judged.named(judged_as, {"one": tied, "two": tied}, []) == {}


def test_what_is_wanted_and_not_there_is_named(capsys):
    row("LoRA", [1, 0], "tune"), row("TF-IDF", [1, 1], "plain")
    wanted = {"LoRA": "an adapter", "TF-IDF": "word counts", "another": "a method"}
    asked = {"toy": overview.Wanted("test", "a toy", wanted), "none": overview.Wanted("test", "no task", wanted)}
    found = overview.gather(asked)
    assert [r.method for r in found["toy"].rows] == ["LoRA", "TF-IDF"]
    said = capsys.readouterr().out
    assert "another: not there" in said and "LoRA: an adapter" in said
    assert "none: 0 of 3 methods measured so far; left out" in said
