"""Second, blind answers and labels agree as often as the datasheets say, and come from mixed sheets."""

import collections
import itertools
import re

import pytest
from sklearn.metrics import cohen_kappa_score

from helpers.tasks import change_requests, files, grading, policies

SETS = ("dev", "test", "notes", "replies")
NOWHERE = "not in the documents"


@pytest.fixture(scope="module")
def asked():
    return {q.id: (name, q) for name in SETS for q in policies.load_policy_questions(name, tier="plain")}


@pytest.fixture(scope="module")
def answers():
    return files.read_jsonl(files.DATA / "policy_qa/second_answers.jsonl")


def datasheet(name):
    return files.read_text(files.DATA / name / "DATASHEET.md")


def verdict(question, row):
    text = "The policies do not say." if row["answer"] == NOWHERE else row["answer"]
    return grading.grade(question, text).verdict


def mixed(rows, kind):
    """Whether a sheet is neither sorted by id nor of one kind of item after another."""
    ids, kinds = [row["id"] for row in rows], [kind(row) for row in rows]
    runs = sum(one != other for one, other in itertools.pairwise(kinds))
    return ids != sorted(ids) and runs > 3 * len(set(kinds))


def test_every_question_of_the_plain_tier_but_those_to_train_on_has_one_second_answer(asked, answers):
    assert sorted(row["id"] for row in answers) == sorted(asked)
    places = collections.defaultdict(list)
    for row in answers:
        places[row["sheet"]].append(row)
    for rows in places.values():
        assert [row["place"] for row in rows] == list(range(1, len(rows) + 1))
        assert mixed(rows, lambda row: asked[row["id"]][0])


def test_second_answers_agree_by_the_grader_as_the_datasheet_says(asked, answers):
    agreed, nowhere = collections.Counter(), collections.Counter()
    for row in answers:
        name, question = asked[row["id"]]
        good = grading.correct(question, verdict(question, row))
        agreed[name] += good
        nowhere[name] += good and not question.answerable
    for name in SETS:
        part = [q for where, q in asked.values() if where == name]
        without = sum(not q.answerable for q in part)
        said = f"{nowhere[name]} of {without}" if without else "–"
        assert f"| {name} | {len(part)} | {agreed[name]} | {said} |" in datasheet("policy_qa")
        assert agreed[name] >= 0.95 * len(part)


def test_second_answers_name_a_document_that_answers_and_quote_it(asked, answers, documents):
    def plain(text):
        return re.sub(r"\s+", " ", text).strip()

    elsewhere = 0
    for row in answers:
        _, question = asked[row["id"]]
        assert bool(row["quote"]) == (row["answer"] != NOWHERE)
        if row["quote"]:
            assert plain(row["quote"]) in plain(documents[row["document"]].text), row["id"]
            elsewhere += row["document"] not in question.documents
    assert elsewhere <= 0.05 * len(answers)
    doubts = sum(bool(row["doubt"]) for row in answers)
    assert f"There were {doubts} doubts" in datasheet("policy_qa")


def test_second_labels_of_the_four_channels_agree_as_the_datasheet_says():
    gold = {row["id"]: row for row in files.read_jsonl(files.DATA / "intents/paired.jsonl")}
    rows = files.read_jsonl(files.DATA / "intents/paired_second.jsonl")
    assert sorted(row["id"] for row in rows) == sorted(gold)
    assert len({(row["sheet"], gold[row["id"]]["of"]) for row in rows}) == len(rows), "two versions on one sheet"
    for sheet in {row["sheet"] for row in rows}:
        assert mixed([row for row in rows if row["sheet"] == sheet], lambda row: gold[row["id"]]["label"])
    agreed = sum(row["label"] == gold[row["id"]]["label"] for row in rows)
    assert f"Again {agreed} of {len(rows)} agree" in datasheet("intents")


def test_second_labels_of_the_fresh_requests_agree_as_the_datasheet_says():
    gold = {request.id: request for request in change_requests.load("fresh")}
    rows = files.read_jsonl(files.DATA / "changes/fresh_second.jsonl")
    assert sorted(row["id"] for row in rows) == sorted(gold)
    assert mixed(rows, lambda row: gold[row["id"]].risk)
    told = " ".join(datasheet("changes").split())
    risks = [(gold[row["id"]].risk, row["risk"]) for row in rows]
    clear = [(gold[row["id"]].ambiguous, row["ambiguous"]) for row in rows]
    same, kappa = sum(one == other for one, other in risks), cohen_kappa_score(*zip(*risks, strict=True))
    assert f"gave {same} of {len(rows)} the same risk (κ = {kappa:.2f})" in told
    same, kappa = sum(one == other for one, other in clear), cohen_kappa_score(*zip(*clear, strict=True))
    assert f"and {same} the same on ambiguity (κ = {kappa:.2f})" in told
    others = sorted(row["id"] for row, (one, other) in zip(rows, risks, strict=True) if one != other)
    assert f"{others[0]}, {', '.join(name.split('-')[1] for name in others[1:])}" in told
