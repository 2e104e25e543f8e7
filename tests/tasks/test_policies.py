"""The policies and questions are what their datasheets say, and a learner's own folder is read or refused."""

import collections
import json
import re

import graded
import near_copies
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.tasks import files, policies

SIZES = {"train": 300, "dev": 60, "test": 150}
UNANSWERABLE = {"train": 60, "dev": 10, "test": 30}
GOOD = "---\nid: {id}\ntitle: A title\naudience: public\neffective: 2026-01-31\n---\nSome text.\n"


@pytest.fixture(scope="module")
def splits():
    return {split: policies.load_policy_questions(split) for split in policies.QUESTION_SPLITS}


@pytest.fixture(scope="module")
def questions(splits):
    return [question for part in splits.values() for question in part]


def test_there_are_thirty_documents_of_150_to_500_words(documents):
    assert len(documents) == 30
    assert set(collections.Counter(policy.audience for policy in documents.values())) == set(policies.AUDIENCES)
    for policy in documents.values():
        prose = re.sub(r"^\|[-|\s:]+\|$", "", policy.text, flags=re.MULTILINE)
        assert 150 <= len([word for word in prose.split() if re.search(r"\w", word)]) <= 500, policy.id


def test_documents_refer_to_each_other_by_title(documents):
    titles = {policy.title for policy in documents.values()}
    assert len(titles) == 30
    referring = [p for p in documents.values() if titles & set(re.findall(r"\*([^*\n]+)\*", p.text))]
    assert len(referring) >= 20


@pytest.mark.parametrize("split", policies.QUESTION_SPLITS)
def test_sizes_types_and_ids(splits, split):
    part = splits[split]
    types = collections.Counter(question.type for question in part)
    assert len(part) == SIZES[split]
    assert types["unanswerable"] == UNANSWERABLE[split]
    assert set(types) == set(policies.QUESTION_TYPES)
    assert [question.id for question in part] == [f"{split}-{i:03d}" for i in range(1, len(part) + 1)]


def test_evidence_stands_word_for_word_in_its_document(questions, documents):
    for question in questions:
        for quote in question.evidence:
            assert len(quote) <= 200, question.id
            assert any(quote in documents[name].text for name in question.documents), question.id
        for name in question.documents:
            assert any(quote in documents[name].text for quote in question.evidence), question.id


def test_answers_have_what_their_type_asks_for(questions):
    for question in questions:
        empty = not (question.accepted or question.documents or question.evidence)
        assert question.answerable != empty, question.id
        assert (question.answer == "not stated") != question.answerable, question.id
        assert (len(question.documents) == 2) == (question.type == "two_documents"), question.id


def test_no_question_gives_its_answer_away(questions):
    leaks = [q.id for q in questions if any(variant.lower() in q.question.lower() for variant in q.accepted)]
    assert leaks == []


def test_every_answer_is_graded_right_and_no_question_grades_itself_right(questions):
    graded.assert_right(questions)


def test_the_jargon_questions_are_marked(splits):
    assert all(sum(question.jargon for question in part) >= 4 for part in splits.values())


@pytest.mark.weights
def test_no_question_is_near_one_of_another_split(questions):
    near_copies.assert_none([question.question for question in questions])


def test_datasheets_say_what_is_there(questions, documents):
    about = (policies.FOLDER / "DATASHEET.md").read_text(encoding="utf-8")
    counts = collections.Counter(policy.audience for policy in documents.values())
    assert f"{counts['public']} public, {counts['staff']} for staff" in about
    assert f"{len(policies.load_customers())} customers" in about
    assert f"{len(policies.load_injections())} instructions" in about
    sheet = (files.DATA / "policy_qa" / "DATASHEET.md").read_text(encoding="utf-8")
    types = collections.Counter(question.type for question in questions)
    for kind, count in types.items():
        assert f"| `{kind}` | {count} |" in sheet
    assert f"{sum(question.jargon for question in questions)} of the {len(questions)} questions" in sheet
    assert "CC BY 4.0" in about
    assert "CC BY 4.0" in sheet


def test_injections_are_of_many_kinds_and_recognizable():
    planted = policies.load_injections()
    assert len({injection.kind for injection in planted}) == len({i.id for i in planted}) == len(planted) >= 20
    documents = " ".join(policy.text for policy in policies.load_policies())
    assert not [injection.id for injection in planted if injection.obeyed_if in documents]


def test_customers_have_tickets_and_are_dated():
    customers = policies.load_customers()
    assert len({customer["customer_id"] for customer in customers}) == len(customers)
    assert all(customer["open_ticket"] for customer in customers)
    assert json.loads((policies.FOLDER / "customers.json").read_text())["as_of"] == "2026-10-05"


def test_a_folder_of_ones_own_is_read(tmp_path):
    (tmp_path / "b.md").write_bytes(GOOD.format(id="b").replace("\n", "\r\n").encode("utf-8-sig"))
    (tmp_path / "a.md").write_text(GOOD.format(id="a").replace("A title", '"Tea: a guide"'))
    (tmp_path / "notes.txt").write_text("not read")
    found = policies.load_policies(tmp_path)
    assert [policy.id for policy in found] == ["a", "b"]
    assert found[0].title == "Tea: a guide"
    assert found[1].text == "Some text."


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"Just text.\n", "a.md has no front matter; begin the file with"),
        (b"", "no front matter"),
        (b"---\nid: a\ntitle: A\n---\ntext", "front matter lacks audience, effective"),
        (b"---\nid: a\ntitle: A\naudience: all\neffective: 2026-01-31\n---\ntext", "audience 'all' must be one of"),
        (b"---\nid: a\ntitle: A\naudience: staff\neffective: soon\n---\ntext", "must be a date"),
        (b"---\nid: a b\ntitle: A\naudience: staff\neffective: 2026-01-31\n---\ntext", "the id 'a b' may hold only"),
        (b"---\nid: a\ncolor: red\n---\ntext", "line 3: 'color: red'"),
        (b"---\nid: a\ntitle: A\naudience: staff\neffective: 2026-01-31\n---\n \n", "nothing stands below"),
        (GOOD.format(id="a").replace("text", "caf\xe9").encode("latin-1"), "line 7: not UTF-8 text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not UTF-8 text"),
        (b"a\0b", "not a text file"),
        (b"PK\x03\x04\x14", "zip archive"),
        (GOOD.format(id="a").encode() + b"x" * 10_000_000, "holds 10.0 MB; split it"),
    ],
)
def test_broken_documents_are_refused_with_file_and_remedy(tmp_path, content, says):
    (tmp_path / "a.md").write_bytes(content)
    with pytest.raises(files.DataError, match=re.escape(says)) as refused:
        policies.load_policies(tmp_path)
    assert "a.md" in str(refused.value)


def test_folders_without_policies_and_doubled_ids_are_refused(tmp_path):
    with pytest.raises(files.DataError, match="is not a folder"):
        policies.load_policies(tmp_path / "nowhere")
    with pytest.raises(files.DataError, match="holds no .md file"):
        policies.load_policies(tmp_path)
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_text(GOOD.format(id="same"))
    with pytest.raises(files.DataError, match="b.md has the id 'same', as a.md does"):
        policies.load_policies(tmp_path)


def test_unknown_split_lists_the_known_ones():
    with pytest.raises(files.DataError, match="train, dev, test"):
        policies.load_policy_questions("validation")


@given(st.text())
def test_any_text_is_read_or_refused_in_words(text):
    try:
        assert policies.parse_policy("a.md", text).text.strip()
    except files.DataError as error:
        assert "a.md" in str(error)


def test_manifest_covers_documents_and_json():
    names = set(files.manifest())
    assert {"policies/customers.json", "policies/documents/plus-billing.md", "policy_qa/test.jsonl"} <= names
    assert json.loads((files.DATA / "manifest.json").read_text()) == files.describe()
