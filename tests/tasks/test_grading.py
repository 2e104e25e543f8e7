"""The grader agrees with grading by hand, and is not taken in by numbers inside numbers or by two answers at once."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from helpers.tasks import files, grading, policies
from helpers.tasks.policies import PolicyQuestion


def question(answer, *accepted, kind="numeric", text="How long?"):
    if kind == "unanswerable":
        return PolicyQuestion("q", text, "not stated", (), kind, (), ())
    return PolicyQuestion("q", text, answer, accepted, kind, ("a",), ("quote",))


@pytest.mark.parametrize(
    ("answer", "said", "verdict"),
    [
        ("6 days", "It takes 6 days.", "right"),
        ("6 days", "Six DAYS!", "right"),
        ("6 days", "a 6-day wait", "right"),
        ("6 days", "It takes 26 days.", "wrong"),
        ("9 months", "19 months", "wrong"),
        ("$18", "You get 18 dollars.", "right"),
        ("$18", "You get $18.00.", "right"),
        ("$18", "You get $182.", "wrong"),
        ("$18", "You get $18.50.", "wrong"),
        ("$18", "You get 18 days.", "wrong"),
        ("$2,400", "up to $2400", "right"),
        ("$2,400", "up to $2,400.", "right"),
        ("9 percent", "9 % of the price", "right"),
        ("9 percent", "9.5 % of the price", "wrong"),
        ("thirty-eight days", "38 days", "right"),
        ("the green hut", "In THE green  hut [1].", "right"),
        ("6 days", "It takes 6 days, or maybe 9 days.", "wrong"),
        ("6 days", "It takes 6 days and costs $9.", "right"),
        ("6 days", "", "wrong"),
        ("6 days", "The policies do not say.", "abstained"),
        ("6 days", "The passages do not mention this.", "abstained"),
        ("6 days", "I don't know.", "abstained"),
        ("6 days", "I'm not sure, sorry.", "abstained"),
        ("6 days", "That is not possible.", "wrong"),
        ("6 days", "The policies do not say so directly, but it is 6 days.", "right"),
    ],
)
def test_answers_are_graded_as_a_person_would(answer, said, verdict):
    assert grading.grade(question(answer), said).verdict == verdict


def test_a_value_of_the_question_is_no_second_answer():
    asked = question("11 days", text="I waited 38 days. How long is the label valid?")
    assert grading.grade(asked, "After 38 days it is still valid for 11 days.").verdict == "right"
    assert grading.grade(asked, "It is valid for 11 days or 40 days.").reason == "also says 40 day"


def test_an_unanswerable_question_is_answered_by_abstaining():
    nothing = question("", kind="unanswerable")
    assert grading.grade(nothing, "The policies do not say.").verdict == "abstained"
    assert grading.grade(nothing, "It takes 6 days.").verdict == "wrong"
    assert grading.correct(nothing, "abstained")
    assert not grading.correct(question("6 days"), "abstained")


@given(st.text(max_size=200))
def test_normalizing_twice_changes_nothing(text):
    once = grading.normalize(text)
    assume(not re.search(r"\d \d{3}\b", once))  # of "1:450" it makes "1 450", which it reads as thousands
    assert grading.normalize(once) == once


@given(st.text(max_size=200))
def test_every_answer_gets_a_grade(text):
    assert grading.grade(question("6 days"), text).verdict in grading.GRADES


def test_the_grader_agrees_with_grading_by_hand():
    rows = files.read_jsonl(files.DATA / "policy_qa" / "graded_answers.jsonl")
    known = {q.id: q for split in ("train", "dev") for q in policies.load_policy_questions(split)}
    by_hand = [row["grade"] for row in rows]
    by_rule = [grading.grade(known[row["question"]], row["answer"]).verdict for row in rows]
    assert len(rows) >= 100
    assert set(by_hand) == set(grading.GRADES)
    agreement = sum(a == b for a, b in zip(by_hand, by_rule, strict=True)) / len(rows)
    kappa = cohen_kappa_score(by_hand, by_rule)
    assert agreement >= 0.95
    assert kappa >= 0.85
    sheet = (files.DATA / "policy_qa" / "DATASHEET.md").read_text(encoding="utf-8")
    assert f"{agreement:.3f} of the answers, κ = {kappa:.2f}" in sheet
