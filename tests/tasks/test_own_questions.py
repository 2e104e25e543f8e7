"""Questions on documents as programs write them: which column holds the answer, how it is written, where it stands."""

import json

import pytest

from helpers.tasks.files import DataError
from helpers.tasks.own import documents, questions, reading

FEES, HOURS = "A late tool costs $2 a day.", "We open at nine."
COST, WHEN = "What does a late tool cost?", "When do you open?"


def save(folder, content, name):
    (folder / name).write_text(content, encoding="utf-8")
    return folder / name


@pytest.fixture
def docs(tmp_path):
    (tmp_path / "docs" / "desk").mkdir(parents=True)
    (tmp_path / "docs" / "desk" / "fees.md").write_text(FEES)
    (tmp_path / "docs" / "hours.md").write_text(HOURS)
    return tmp_path


def asked(docs, rows, **options):
    return documents.read(docs / "docs", save(docs, json.dumps(rows), "asked.json"), **options)


def said(own):
    return [(one.question, one.answer, *one.accepted) for one in own.test]


@pytest.mark.parametrize("name", ["ground_truth", "expected_answer", "reference", "gold_answer"])
def test_what_a_person_wrote_down_is_the_answer(docs, name):
    own = asked(docs, [{"user_input": COST, "response": "I cannot say.", name: "$2"}])
    assert said(own) == [(COST, "$2")]
    (found,) = (str(one) for one in own.findings if one.kind == "answers")
    assert "'response' could be the answer as well as" in found
    assert "(--answer response)" in found


@pytest.mark.parametrize("name", ["answer_contains", "expected_snippet", "the_gold_text"])
def test_a_name_that_holds_a_usual_word_will_do_where_there_is_no_other(docs, name):
    own = asked(docs, [{"question": COST, name: "$2", "answer_id": 7, "expected_doc": "fees.md"}])
    assert said(own) == [(COST, "$2")]


def test_columns_that_are_not_read_are_named_and_the_remedy_has_both_forms(docs):
    own = asked(docs, [{"question": COST, "answer": "$2", "source": "fees.md", "level": "easy"}])
    assert "question from 'question', answer from 'answer', document from 'source'; not read: 'level'" in str(own)
    with pytest.raises(DataError, match=r"say answer=… \(--answer …\)\. If none does, add one"):
        asked(docs, [{"question": COST, "relevant": "fees.md"}])


@pytest.mark.parametrize(
    ("cell", "ways"),
    [
        ("$2|two dollars", ["$2", "two dollars"]),
        (["$2", "two dollars"], ["$2", "two dollars"]),
        ("['$2', 'two dollars']", ["$2", "two dollars"]),
        ("{'text': array(['$2', 'two dollars'], dtype=object), 'answer_start': array([20, 3])}", ["$2", "two dollars"]),
        ({"answer_start": [20, 3], "text": ["$2", "two dollars"]}, ["$2", "two dollars"]),
        ("a number, as in price: Annotated[int | None]", ["a number, as in price: Annotated[int | None]"]),
        ('["either | or"]', ["either | or"]),
        ("[see the table", ["[see the table"]),
    ],
)
def test_an_answer_is_read_as_programs_write_it(docs, cell, ways):
    assert said(asked(docs, [{"question": COST, "answer": cell}])) == [(COST, *ways)]


NONE = ("not stated", "CANNOTANSWER", "OUT_OF_SCOPE", "N/A", "I don't know.", "None - not present in these documents")
NONE += ("Not answerable from the documents", "모름. 문서에 없다", {"text": [], "answer_start": []})


@pytest.mark.parametrize("none", NONE, ids=str)
def test_the_ways_to_say_that_no_document_answers(docs, none):
    one = {"text": ["$2"], "answer_start": [17]} if isinstance(none, dict) else "$2"
    own = asked(docs, [{"question": COST, "answers": one}, {"question": WHEN, "answers": none}])
    assert [one.answerable for one in own.test] == [True, False]
    assert not own.findings


@pytest.mark.parametrize("real", ["none", "no", "unknown", "not covered", "not found by the scanner", "nothing"])
def test_an_answer_that_only_sounds_like_none_stays_one(real):
    assert not questions.says_none(real)


@pytest.mark.parametrize(
    ("beside", "silent"),
    [
        ({"must_refuse": True}, {"must_refuse": False}),
        ({"should_answer": "no"}, {"should_answer": "yes"}),
        ({"type": "unanswerable"}, {"type": "lookup"}),
    ],
)
def test_a_column_beside_may_say_that_no_document_answers(docs, beside, silent):
    own = asked(docs, [{"question": WHEN, "answer": "", **beside}, {"question": COST, "answer": "$2", **silent}])
    assert said(own) == [(WHEN, "not stated"), (COST, "$2")]
    assert f"no answer where '{next(iter(beside))}' says so" in str(own)


@pytest.mark.parametrize(
    "name", ["fees.md", "desk/fees.md", "data/docs/desk/fees.md", "fees", ["fees.md"], r"desk\fees.md"]
)
def test_a_document_is_named_by_its_file_by_its_path_or_in_a_list(docs, name):
    own = asked(docs, [{"question": COST, "answer": "$2", "source": name}])
    assert own.test[0].documents == ("desk/fees.md",)
    assert not own.findings


def test_a_name_that_two_documents_have_is_bound_to_none(docs):
    (docs / "docs" / "fees.md").write_text("Fees of the library: $1.")
    own = asked(docs, [{"question": COST, "answer": "$2", "source": "fees"}])
    assert own.test[0].documents == ()
    assert "a document of which there are several (item 1)" in str(own.findings[0])
    assert asked(docs, [{"question": COST, "answer": "$2", "source": "desk/fees"}]).test[0].documents == ()
    assert asked(docs, [{"question": COST, "answer": "$2", "source": "desk/fees.md"}]).test[0].documents


def test_a_folder_stands_for_its_index(docs):
    (docs / "docs" / "desk" / "index.md").write_text(HOURS)
    own = asked(docs, [{"question": WHEN, "answer": "nine", "source": "manual/desk/"}])
    assert own.test[0].documents == ("desk/index.md",)


QA = {"question": COST, "answers": [{"text": "$2"}]}
BELOW = {
    "articles in a list": [{"title": "fees", "paragraphs": [{"context": FEES, "qas": [QA]}]}],
    "one article": {"title": "fees", "paragraphs": [{"context": FEES, "qas": [QA]}]},
    "one without answers": {
        "data": [{"title": "fees", "paragraphs": [{"context": FEES, "qas": [QA, {"question": "?"}]}]}]
    },
    "DROP": {"p1": {"passage": FEES, "qa_pairs": [{"question": COST, "answer": {"number": "", "spans": ["$2"]}}]}},
    "DuoRC": [{"plot": FEES, "title": "fees", "qa": [{"question": COST, "answers": ["$2"], "no_answer": False}]}],
    "CoQA": {"data": [{"story": FEES, "questions": [{"input_text": COST}], "answers": [{"input_text": "$2"}]}]},
}


@pytest.mark.parametrize("value", BELOW.values(), ids=BELOW)
def test_questions_below_their_text_are_one_row_each(tmp_path, value):
    path = save(tmp_path, json.dumps(value), "set.json")
    own = documents.read(path, path)
    assert said(own) == [(COST, "$2")]
    assert [one.text for one in own.documents] == [FEES]
    assert "not read" not in str(own)
    with pytest.raises(DataError, match="no labels: name it twice.*set.json --questions set.json"):
        reading.read(path)


@pytest.mark.parametrize(
    "contexts",
    [[FEES, HOURS], [["fees", ["A late tool costs $2", " a day."]], ["hours", [HOURS]]], f"['{FEES}', '{HOURS}']"],
    ids=["a list", "titles and sentences", "as Python writes it"],
)
def test_each_member_of_a_list_of_contexts_is_a_document(tmp_path, contexts):
    rows = [{"question": COST, "ground_truth": "$2", "contexts": contexts}]
    path = save(tmp_path, json.dumps(rows), "testset.json")
    own = documents.read(path, path)
    assert [one.text for one in own.documents] == [FEES, HOURS]
    assert own.findings == ()


def test_answers_of_frequent_questions_are_documents_where_nothing_else_is(tmp_path):
    faq = save(tmp_path, f"question,answer\n{COST},{FEES}\n{WHEN},{HOURS}\n", "faq.csv")
    own = documents.read(faq, faq)
    assert [one.text for one in own.documents] == [FEES, HOURS]
    assert "each answer one, since no column holds documents" in str(own)
    other = save(tmp_path, "question,answer\nHow much is late?,$2\n", "asked.csv")
    own = documents.read(faq, other)
    assert [one.text for one in own.documents] == [f"{COST}\n{FEES}", f"{WHEN}\n{HOURS}"]


def test_a_value_that_is_nested_deep_is_refused_in_words(tmp_path):
    path = save(tmp_path, "[" * 900 + '{"text": "x"}' + "]" * 900, "deep.json")
    with pytest.raises(DataError):
        reading.read(path)


def test_an_answer_that_no_short_sentence_can_hold_is_told(docs):
    long = "We open at nine and close at five, but on Fridays we close at four already, since the street is loud then."
    (docs / "docs" / "hours.md").write_text(long)
    own = asked(docs, [{"question": WHEN, "answer": long}, {"question": COST, "answer": ["$2", f"It costs {long}"]}])
    (found,) = own.findings
    assert str(found).startswith(
        "1 item with an answer of more than 15 words (item 1). Kept; hardly an answer will hold"
    )
    assert "write the few words that matter" in str(found).lower()


def test_documents_of_a_table_are_named_by_their_ids_too(tmp_path):
    rows = [{"_id": "d7", "title": "Fees", "text": FEES}, {"_id": "d8", "title": "Hours", "text": HOURS}]
    held = save(tmp_path, "".join(json.dumps(row) + "\n" for row in rows), "corpus.jsonl")
    path = save(tmp_path, f"question,answer,source\n{COST},$2,d7\n", "asked.csv")
    (one,) = documents.read(held, path).test
    assert one.documents == ("Fees",)
