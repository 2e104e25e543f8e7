"""The plain questions are what their datasheet says: asked as customers ask, answered by one sentence or table row."""

import collections
import re

import graded
import near_copies
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from helpers.tasks import files, policies

SIZES = {"train": 300, "dev": 60, "test": 150}
UNANSWERABLE = {"train": 50, "dev": 10, "test": 30}
FRESH = {"notes": (120, 30), "replies": (60, 0)}  # how many, and how many of them unanswerable


@pytest.fixture(scope="module")
def fresh():
    return {name: policies.load_policy_questions(name, tier="plain") for name in FRESH}


@pytest.fixture(scope="module")
def splits():
    return {split: policies.load_policy_questions(split, tier="plain") for split in SIZES}


def test_each_tier_has_its_own_questions_and_task_and_another_is_refused(splits):
    plain, hard = splits["dev"], policies.load_policy_questions("dev", tier="hard")
    assert hard == policies.load_policy_questions("dev")
    assert not {question.id for question in plain} & {question.id for question in hard}
    assert len(set(policies.TIERS.values())) == 2
    with pytest.raises(files.DataError, match="no tier 'easy' of policy questions; choose one of hard, plain"):
        policies.load_policy_questions("dev", tier="easy")
    with pytest.raises(files.DataError, match="choose one of train, dev, test, notes, replies"):
        policies.load_policy_questions("validation", tier="plain")


@pytest.mark.parametrize("split", SIZES)
def test_sizes_types_and_ids(splits, split):
    types = collections.Counter(question.type for question in splits[split])
    assert len(splits[split]) == SIZES[split] and types["unanswerable"] == UNANSWERABLE[split]
    assert set(types) == {"lookup", "numeric", "negation", "unanswerable"}
    assert [question.id for question in splits[split]] == [f"plain-{split}-{i:03d}" for i in range(1, SIZES[split] + 1)]


def test_one_quote_holds_the_answer_word_for_word_and_no_split_shares_it(splits, documents):
    told = collections.defaultdict(set)
    for split, part in splits.items():
        for question in part:
            assert len(question.evidence) == question.answerable, question.id
            empty = not (question.accepted or question.documents)
            assert question.answerable != empty, question.id
            for quote in question.evidence:
                told[quote].add(split)
                assert quote in documents[question.documents[0]].text, question.id
    assert [quote for quote, where in told.items() if len(where) > 1] == []


def test_every_split_asks_about_every_document(splits, documents):
    for part in splits.values():
        assert {name for question in part for name in question.documents} == set(documents)


@pytest.mark.parametrize("name", FRESH)
def test_fresh_questions_ask_about_every_document_and_for_nothing_that_was_trained_on(name, fresh, splits, documents):
    part = fresh[name]
    assert (len(part), sum(not question.answerable for question in part)) == FRESH[name]
    learned = [*splits["train"], *policies.load_policy_questions("train")]
    trained = {quote for question in learned for quote in question.evidence}
    for question in part:
        assert len(question.evidence) == len(question.documents) == question.answerable, question.id
        assert not trained & set(question.evidence), question.id
        for quote in question.evidence:
            assert quote in documents[question.documents[0]].text, question.id
    assert {place for question in part for place in question.documents} == set(documents)


def test_answers_are_short_not_given_away_and_graded_right(splits, fresh):
    questions = [question for part in (*splits.values(), *fresh.values()) for question in part]
    for question in questions:
        assert len(question.answer.split()) <= 8 and 3 <= len(question.question.split()) <= 24, question.id
        assert question.answerable or question.answer == "not stated", question.id
        for variant in question.accepted:
            word = re.escape(variant.lower())
            assert not re.search(rf"(?<!\w){word}(?!\w)", question.question.lower()), (question.id, variant)
    graded.assert_right(questions)


def test_search_by_words_finds_most_but_not_all(splits, documents):
    asked = [question for question in splits["test"] if question.answerable]
    vectors = TfidfVectorizer(sublinear_tf=True)
    names = list(documents)
    texts = vectors.fit_transform(f"{documents[name].title} {documents[name].text}" for name in names)
    nearest = (vectors.transform(question.question for question in asked) @ texts.T).toarray().argmax(axis=1)
    found = sum(names[at] in question.documents for at, question in zip(nearest, asked, strict=True)) / len(asked)
    assert 0.60 <= found <= 0.95


@pytest.mark.weights
def test_no_question_is_near_one_of_another_split_or_of_the_hard_tier(splits, fresh):
    hard = [question for split in policies.QUESTION_SPLITS for question in policies.load_policy_questions(split)]
    parts = (*splits.values(), *fresh.values(), hard)
    near_copies.assert_none([question.question for part in parts for question in part])


def test_the_datasheet_counts_them(splits):
    sheet = (files.DATA / "policy_qa" / "DATASHEET.md").read_text(encoding="utf-8")
    types = collections.Counter(question.type for part in splits.values() for question in part)
    for kind, count in types.items():
        assert f"| `{kind}` | {count} of the plain tier |" in sheet
