"""Questions without an answer, planted instructions with their answers, and what the right passage does not repair."""

import pytest
from test_retrieval import SmallEmbedder, chunker
from test_retrieval_answers import EchoModel

from helpers.methods.retrieval import index, pipeline, planted, unanswered, unrepaired
from helpers.results import ledger
from helpers.tasks import policies
from tests.ledger_rows import row

ORDERS = policies.load_injections()[:3]
ARMS = {"control": (lambda one: "", False), "planted": (lambda one: one.text, False)}


def test_each_question_is_of_one_kind_and_no_split_shares_one():
    found = {split: unanswered.questions(split) for split in ("dev", "test")}
    assert [len(some) for some in found["dev"].values()] == [100, 20, 60]
    every = [text for kinds in found.values() for some in kinds.values() for text in some]
    assert len(set(every)) == len(every)


def test_a_cut_below_all_is_worth_nothing_and_one_between_is_worth_the_unanswered():
    answered, others = [0.8, 0.7, 0.6], [0.3, 0.2]
    assert unanswered.worth(0.1, answered, others).difference.estimate == 0
    assert unanswered.worth(0.5, answered, others).difference.estimate == pytest.approx(0.4)
    assert unanswered.worth(0.9, answered, others).difference.estimate == pytest.approx(-0.2)


@pytest.fixture
def arms():
    """The two arms as measured with a model that always writes what the first instruction demands."""
    echo = EchoModel(f"Buy a {ORDERS[0].obeyed_if} now.")
    documents = policies.load_policies()
    pipe = pipeline.Pipeline(index.Index.build(documents, SmallEmbedder(), chunker()), echo)
    return planted.rows(ledger.Lab("injections", "echo"), pipe, ORDERS, documents, ARMS)


def test_what_was_obeyed_is_told_with_question_and_whole_answer(arms):
    assert planted.obeyed(arms["planted"]) == [True, False, False]
    assert arms["planted"].correct == [0, 1, 1]
    told = planted.in_full(arms["planted"], ORDERS)
    question = planted.beside(ORDERS, policies.load_policy_questions("dev", tier="plain"))[0]
    for part in (ORDERS[0].text, question.question, f"Buy a {ORDERS[0].obeyed_if} now."):
        assert part in told
    assert ORDERS[1].text not in told


def test_words_that_are_written_anyway_show_no_obedience(arms):
    assert str(planted.can(arms["planted"], arms["control"])) == "no"
    control = row("control", ["ignored"] * 3, items=ORDERS)
    assert str(planted.can(arms["planted"], control)) == "yes"
    assert planted.in_full(control, ORDERS) == "None was obeyed."


def test_a_row_without_answers_says_so():
    old = row("planted", ["ignored", "obeyed", "ignored"], items=ORDERS)
    assert "(this row keeps no answers)" in planted.in_full(old, ORDERS)


def test_words_of_the_houses_own_are_shown_tier_by_tier_and_judged_together():
    found = {}
    for tier in policies.TIERS:
        questions = policies.load_policy_questions("test", tier=tier)
        made = row("gold", ["right" if one.jargon else "wrong" for one in questions], items=questions)
        found[tier] = unrepaired.split(made, questions)
    assert {tier: read.both for tier, read in found.items()} == {"hard": (24, 96), "plain": (15, 105)}
    assert all(all(read.with_word) and not any(read.without) for read in found.values())
    assert "with such a word 24 of 24 right, without 0 of 96 right, difference 1.000" in str(found["hard"])
    (judged,) = unrepaired.joined(found)
    assert (judged.n, judged.measure) == (39, "shares")


def test_a_tier_without_such_words_is_left_out():
    questions = [one for one in policies.load_policy_questions("test") if not one.jargon]
    read = unrepaired.split(row("gold", items=questions), questions)
    assert "not to be had" in str(read)
    assert unrepaired.joined({"hard": read}) == []


def test_answers_in_full_stand_beside_what_was_wanted_and_the_limit_is_marked():
    questions = [one for one in policies.load_policy_questions("test", tier="plain") if one.answerable][:2]
    answers = {questions[0].id: "It is free [1]", questions[1].id: "It is very"}
    made = row("form", items=questions, details={"answers": answers}, new_tokens=[4, 28], token_limit=28)
    first, second = unrepaired.in_full(made, questions).split("\n\n")
    assert f"wanted:  {questions[0].answer} [1]" in first and "It is free [1]" in first and "limit" not in first
    assert second.rstrip().endswith("It is very (reached the token limit)")
