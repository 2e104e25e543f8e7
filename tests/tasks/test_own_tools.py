"""Exports of programs for labeling, ticket systems and data sets, as found: read right, or refused with the remedy."""

import csv as writer
import io
import json
import pickle
import tarfile

import pytest
from own_files import PAIRS, lines, workbook
from test_own_exports import changed, exactly_pairs
from test_own_reading import adds_up, finding, rows_of, save

from helpers import own_task
from helpers.tasks.files import DataError
from helpers.tasks.own import documents, reading

TEXTS = [text for text, _ in PAIRS]
BY_LABEL = {label: [text for text, one in PAIRS if one == label] for label in ("billing", "fault")}


def table(header, rows, delimiter=","):
    out = io.StringIO(newline="")
    writer.writer(out, delimiter=delimiter).writerows([header, *rows])
    return out.getvalue()


def json_lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def in_pieces(text):
    words = text.split()
    return {"data": [{"text": f"{' '.join(words[:2])} "}, {"text": " ".join(words[2:]), "entity": "x"}]}


def label_studio(text, label, annotators=1, cancelled=False):
    result = {"value": {"choices": [label]}, "from_name": "topic", "to_name": "text", "type": "choices"}
    said = [
        {"id": i, "completed_by": i, "was_cancelled": cancelled, "result": [result], "lead_time": 2.5 + i}
        for i in range(annotators)
    ]
    return {"id": 7, "annotations": said, "drafts": [], "predictions": [], "data": {"text": text}, "meta": {}}


READ = {
    "Label Studio, some by several": (
        "a.json",
        json.dumps([label_studio(*p, 1 + (i % 3)) for i, p in enumerate(PAIRS)]),
    ),
    "Rasa, Markdown": (
        "nlu.md",
        "".join(f"## intent:{k}\n" + "".join(f"- {t}\n" for t in texts) + "\n" for k, texts in BY_LABEL.items())
        + "## synonym:bill\n- invoice\n\n## lookup:x\n- y\n",
    ),
    "Rasa, YAML": (
        "nlu.yml",
        'version: "3.1"\nnlu:\n'
        + "".join(
            f"- intent: {k}\n  examples: |\n" + "".join(f"    - {t}\n" for t in texts) for k, texts in BY_LABEL.items()
        )
        + "- synonym: bill\n  examples: |\n    - invoice\n",
    ),
    "Snips": ("a.json", json.dumps({k: [in_pieces(t) for t in texts] for k, texts in BY_LABEL.items()})),
    "Snips NLU": (
        "a.json",
        json.dumps(
            {
                "language": "en",
                "intents": {k: {"utterances": list(map(in_pieces, texts))} for k, texts in BY_LABEL.items()},
                "entities": {"x": {"data": [], "use_synonyms": True}},
            }
        ),
    ),
    "a hub's rows with names for numbers": (
        "a.json",
        json.dumps(
            {
                "features": [
                    {"name": "text", "type": {"dtype": "string"}},
                    {"name": "label", "type": {"names": ["billing", "fault"], "_type": "ClassLabel"}},
                ],
                "rows": [{"row_idx": 0, "row": {"text": t, "label": int(k == "fault")}} for t, k in PAIRS],
            }
        ),
    ),
    "a label for each text": ("a.json", json.dumps(dict(PAIRS))),
    "words beside numbers": (
        "a.jsonl",
        json_lines([{"text": t, "label": int(k == "fault"), "label_text": k} for t, k in PAIRS]),
    ),
    "a row without a number": (
        "a.json",
        '[{"text": NaN, "label": "fault"},' + json.dumps([{"text": t, "label": k} for t, k in PAIRS])[1:],
    ),
    "fastText, label last": ("a.txt", "".join(f"{t} __label__{k}\n" for t, k in PAIRS)),
    "label and colon": ("a.txt", "".join(f"{k}:{t}\n" for t, k in PAIRS)),
    "rows in quotes as a whole": ("a.csv", "".join(f'"{t},{k}"\n' for t, k in [("text", "label"), *PAIRS])),
    "a page named like a workbook": (
        "a.xls",
        "<html><head><style>td {}</style></head><table><tr><th>text<th>label</tr>"
        + "".join(f"<tr><td>{t}</td><td>{k}</td></tr>" for t, k in PAIRS)
        + "</table></html>",
    ),
    "a workbook in XML": (
        "a.xls",
        '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook '
        'xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
        "<Worksheet><Table>"
        + "".join(
            f'<Row><Cell><Data ss:Type="String">{t}</Data></Cell><Cell ss:Index="3"><Data>{k}</Data></Cell></Row>'
            for t, k in [("text", "label"), *PAIRS]
        )
        + "</Table></Worksheet></Workbook>",
    ),
    "titles of two cells": (
        "a.csv",
        "Report,,\nMade on,2024-05-01,\nBy,Ann,\n,,\nid,text,label\n" + "".join(f"1,{t},{k}\n" for t, k in PAIRS),
    ),
    "ids called messages": (
        "a.csv",
        table(["message", "what it says", "label"], [(f"M-{i:05}", *p) for i, p in enumerate(PAIRS)]),
    ),
}
READ |= {
    f"cells parted by {sign!r}": ("a.txt", "".join(f"{t}{sign}{k}\n" for t, k in [("text", "label"), *PAIRS]))
    for sign in ("\x1f", "\x01", ":::", "::", "@@", "###", " -> ", "^", "~", "\\t")
}


@pytest.mark.parametrize(("name", "content"), READ.values(), ids=READ)
def test_files_of_programs_are_read_right(tmp_path, name, content):
    exactly_pairs(reading.read(save(tmp_path, content, name)))


@pytest.mark.parametrize("typed", ["\\t", "tab", "\t", ";;"])
def test_a_sign_between_cells_may_be_typed(tmp_path, typed):
    sign = ";;" if typed == ";;" else "\t"
    exactly_pairs(reading.read(save(tmp_path, lines(delimiter=sign)), delimiter=typed))


def test_numbers_and_classes_before_a_text_are_its_labels(tmp_path):
    content = "".join(f"{'NUM:count' if k == 'fault' else 'DESC:manner'} {t}\n" for t, k in PAIRS)
    own = reading.read(save(tmp_path, content, "a.label"))
    assert own.task.labels == ("DESC:manner", "NUM:count")
    assert "taken for its label (if wrong, say delimiter=…)" in own.how[0]


@pytest.mark.parametrize("encoding", ["cp850", "cp437"])
def test_letters_of_a_console_are_guessed(tmp_path, encoding):
    pairs = [(f"Der Zähler für {text}", label) for text, label in PAIRS]
    assert sorted(rows_of(reading.read(save(tmp_path, lines(pairs).encode(encoding)))).values()) == sorted(pairs)


def prodigy(text, label, answer):
    return {"text": text, "label": label, "_input_hash": -33, "answer": answer, "_timestamp": 1700000000}


def test_answers_that_reject_a_label_are_none(tmp_path):
    odd = [prodigy("Who are you?", "fault", "reject"), prodigy("What a day", "billing", "ignore")]
    path = save(tmp_path, json_lines([*odd, *(prodigy(*pair, "accept") for pair in PAIRS)]), "a.jsonl")
    own = reading.read(path)
    exactly_pairs(own)
    assert (finding(own, "refused").rows, finding(own, "refused").lost) == ((1, 2), 2)
    assert set(reading.read(path, text="text", label="answer").task.labels) == {"accept", "ignore", "reject"}


def test_of_one_question_a_rejected_row_is_the_other_label(tmp_path):
    rows = [prodigy(t, "billing", "accept" if k == "billing" else "reject") for t, k in PAIRS]
    own = reading.read(save(tmp_path, json_lines([*rows, prodigy("Hm", "billing", "ignore")]), "a.jsonl"))
    adds_up(own)
    assert own.task.labels == ("billing", "not billing")
    assert "rejected rows are called 'not billing'" in str(finding(own, "one question"))
    assert finding(own, "refused").rows == (21,)


def test_rows_that_a_person_skipped_or_discarded_are_left_out(tmp_path):
    rows = [label_studio("A text that was skipped", "fault", cancelled=True), *(label_studio(*pair) for pair in PAIRS)]
    own = reading.read(save(tmp_path, json.dumps(rows), "a.json"))
    exactly_pairs(own)
    assert finding(own, "refused").rows == (1,)
    argilla = [
        {"fields": {"text": t}, "responses": {"label": [{"value": k, "status": status}]}}
        for t, k, status in [("Not this", "fault", "discarded"), *((*pair, "submitted") for pair in PAIRS)]
    ]
    exactly_pairs(reading.read(save(tmp_path, json.dumps(argilla), "b.json")))


def test_annotators_who_disagree_give_several_labels(tmp_path):
    row = label_studio("Both of it", "fault", 2)
    row["annotations"][1]["result"] = [{"value": {"choices": ["billing"]}}]
    own = reading.read(save(tmp_path, json.dumps([row, *(label_studio(*pair) for pair in PAIRS)]), "a.json"))
    assert finding(own, "several labels").rows == (1,)
    assert "billing; fault" in own.task.labels


SPANS = {
    "Doccano": [{"text": t, "label": [[0, 3, k], [4, 6, "x"]]} for t, k in PAIRS],
    "Doccano, one a text": [{"text": t, "label": [[0, 3 + i % 3, k]]} for i, (t, k) in enumerate(PAIRS)],
    "Doccano, entities": [
        {"text": t, "entities": [{"label": k, "start_offset": 0, "end_offset": 3}]} for t, k in PAIRS
    ],
    "Prodigy": [
        {"text": t, "tokens": [{"text": w, "id": i} for i, w in enumerate(t.split())], "spans": [{"label": k}]}
        for t, k in PAIRS
    ],
    "spaCy": [[t, {"entities": [[0, 3, k]]}] for t, k in PAIRS],
}


@pytest.mark.parametrize("value", SPANS.values(), ids=SPANS)
def test_labels_of_parts_of_a_text_are_no_labels_of_it(tmp_path, value):
    with pytest.raises(DataError, match="labels parts of a text, .* Export labels of whole texts"):
        reading.read(save(tmp_path, json.dumps(value), "a.json"))


@pytest.mark.parametrize(
    ("several", "none"),
    [('["fault", "billing"]', "[]"), ("['billing' 'fault']", "[]"), ('{"choices":["billing","fault"]}', "")],
)
def test_lists_of_labels_in_a_cell_are_labels(tmp_path, several, none):
    rows = [
        *((t, f'["{k}"]') for t, k in PAIRS),
        *((f"{t} {i}", several) for i, t in enumerate(TEXTS[:4])),
        ("no", none),
    ]
    own = reading.read(save(tmp_path, table(["text", "labels"], rows)))
    adds_up(own)
    assert own.task.labels == ("billing", "billing; fault", "fault")
    assert finding(own, "no label").rows == (26,)


JIGSAW = [(t, int(i % 4 == 0), int(i % 8 == 0), 0, int(i in (1, 3))) for i, t in enumerate(TEXTS)]
TOXIC = ("comment_text", "toxic", "threat", "insult", "obscene")


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_columns_of_marks_tell_rows_with_none_and_several(tmp_path, name):
    content = workbook({"A": [list(TOXIC), *map(list, JIGSAW)]}) if name == "a.xlsx" else table(TOXIC, JIGSAW)
    path = save(tmp_path, content, name)
    with pytest.raises(DataError) as caught:
        reading.read(path)
    hint = str(caught.value)
    assert "'toxic', 'threat', 'obscene' seem to mark" in hint
    assert "(4 of 20 rows have one mark, 13 none, the rest several)" in hint
    assert "if one column alone is the label, name it, such as label='obscene' (--label obscene)" in hint
    assert reading.read(path, label="obscene").task.labels == ("0", "1")
    marked = ["toxic", "threat", "obscene"]
    own = reading.read(path, text=1, label=marked)
    adds_up(own)
    none, several = (one for one in own.findings if one.kind == "marks")
    assert len(none.rows) == 13
    assert "outside='none of them'" in none.do
    assert several.rows == (2, 10, 18)
    kept = reading.read(path, text=1, label=marked, outside="clean")
    assert kept.used == 20
    assert kept.task.outside == "clean"


def test_columns_that_mark_one_label_in_each_row_are_read_as_labels(tmp_path):
    rows = [(t, int(k == "billing"), int(k == "fault")) for t, k in PAIRS]
    header = ["text", "billing", "fault"]
    path, more = save(tmp_path, table(header, rows[5:])), save(tmp_path, table(header, rows[:5]), "more.csv")
    own = reading.read(path, test=more)
    adds_up(own)
    assert own.task.labels == ("billing", "fault")
    assert [message.label for message in own.task.test] == [label for _, label in PAIRS[:5]]
    assert own.guessed == ("text", "label")
    assert "'billing', 'fault' mark one label in each row" in str(finding(own, "one mark"))
    assert not [one for one in own.findings if one.kind == "marks"]
    assert reading.read(path, label="fault", test=more).task.labels == ("0", "1")


@pytest.mark.parametrize("odd", [(1, 1), (0, 0)])
def test_marks_that_are_not_one_in_every_row_are_not_guessed(tmp_path, odd):
    rows = [*((t, int(k == "billing"), int(k == "fault")) for t, k in PAIRS), ("one more of them", *odd)]
    path = save(tmp_path, table(["text", "billing", "fault"], rows))
    with pytest.raises(DataError, match="seem to mark one label each"):
        reading.read(path)
    assert reading.read(path, label=["billing", "fault"]).used == len(PAIRS) + (odd == (1, 1))


def test_a_usual_name_speaks_for_a_label_among_marks(tmp_path):
    rows = [(t, int(k == "billing"), i % 3 % 2) for i, (t, k) in enumerate(PAIRS)]
    own = reading.read(save(tmp_path, table(["text", "label", "urgent"], rows)))
    assert own.task.labels == ("0", "1")
    assert finding(own, "marks").done == "read as they stand"


@pytest.mark.parametrize(("yes", "no"), [("✓", ""), ("ja", "nein"), ("X", ""), ("TRUE", "FALSE"), ("1.0", "0.0")])
def test_marks_may_be_of_any_usual_kind(tmp_path, yes, no):
    rows = [(t, yes if k == "billing" else no, yes if k == "fault" else no) for t, k in PAIRS]
    path = save(tmp_path, table(["text", "billing", "fault"], rows))
    exactly_pairs(reading.read(path, label=["billing", "fault"]))


def test_marks_in_an_object_are_called_by_their_own_names(tmp_path):
    rows = [[t, {"cats": {"billing": float(k == "billing"), "fault": float(k == "fault")}}] for t, k in PAIRS]
    path = save(tmp_path, json.dumps(rows), "a.json")
    exactly_pairs(reading.read(path))
    exactly_pairs(reading.read(path, label=["cats.billing", "cats.fault"]))


REFUSED = {
    "CoNLL": (
        "a.conll",
        "".join(" X\n".join(f"{t} .".split()) + " X\n\n" for t in TEXTS),
        "a word a line with its tags",
    ),
    "Git LFS": ("a.csv", "version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 12\n", "run `git lfs pull`"),
    "git-annex": ("a.csv", "/annex/objects/MD5E-s123--abc.csv\n", "run `git annex get`"),
    "not found": ("a.csv", "404: Not Found", "no such file, .* download it again"),
    "sign in": (
        "a.csv",
        "<!DOCTYPE html><html><form><input></form></html>",
        "a web page .* sign in and download again",
    ),
    "Python": ("a.py", f"TRAIN_DATA = {[(t, {'cats': {k: True}}) for t, k in PAIRS]!r}", "Python prints .* json.dump"),
    "Arrow": ("a.arrow", b"\xff\xff\xff\xff\x70\x00" + bytes(99), "a stream of Arrow"),
    **{f"pickle {n}": ("a.csv", pickle.dumps(PAIRS, protocol=n), "a pickle, which could run") for n in range(6)},
}


@pytest.mark.parametrize(("name", "content", "told"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_table_of_texts_is_called_by_what_it_is(tmp_path, name, content, told):
    with pytest.raises(DataError, match=rf"{name} .*{told}"):
        reading.read(save(tmp_path, content, name))


def test_a_file_that_breaks_off_inside_a_character_is_read_up_to_there(tmp_path):
    own = reading.read(save(tmp_path, (lines() + "die Gebühr, ü").encode()[:-1]))
    adds_up(own)
    assert ("die Gebühr", "") not in rows_of(own).values()
    assert "breaks off in the middle of a character (line 22)" in str(finding(own, "torn"))
    assert "UTF-8" in own.how[0]


def test_two_rows_of_different_lengths_are_told_so(tmp_path):
    with pytest.raises(DataError, match="none of them has the 2 cells of a table"):
        reading.read(save(tmp_path, "!,\n!"))


def test_a_column_that_is_named_and_stands_in_the_first_row_is_a_header(tmp_path):
    rows = [
        (f"{word}s", "ab"[i % 2])
        for i, word in enumerate(["pump", "hub", "bill", "card", "door", "night", "key", "lamp"])
    ]
    own = reading.read(save(tmp_path, lines(rows, header=("frage", "wo"))), text="frage", label="wo")
    assert "text from 'frage', label from 'wo'" in own.how[0]
    assert own.read == 8


@pytest.mark.parametrize("header", [("# text", "label"), ("#Frage", "Wo")])
def test_names_behind_a_sign_for_comments_are_names(tmp_path, header):
    own = reading.read(save(tmp_path, lines(header=header)))
    exactly_pairs(own)
    assert f"text from {header[0].strip('# ')!r}, label from {header[1]!r}" in own.how[0]


def test_one_column_in_quotation_marks_is_not_cut_at_its_commas(tmp_path):
    content = "".join(f'"{row}"\n' for row in ["text", *(f"{t}, and so, {k}" for t, k in PAIRS)])
    with pytest.raises(DataError, match="one column alone .*a cell in each row"):
        reading.read(save(tmp_path, content))


def test_a_tar_archive_is_called_so(tmp_path):
    save(tmp_path, lines())
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.add(tmp_path / "own.csv", "own.csv")
    with pytest.raises(DataError, match="a tar archive; unpack it"):
        reading.read(tmp_path / "a.tar")


TOLD = {
    "links": ["https://x.org/1", "www.x.org"],
    "codes": ["T-00017", "4711"],
    "no texts": ["nan", "[deleted]"],
    "wrong letters": ["cafÃ© again", "donâ€™t do it"],
    "HTML": ["R&amp;D says so", "it &#39;works&#39;"],
}


@pytest.mark.parametrize("kind", TOLD)
def test_texts_that_are_none_are_told(tmp_path, kind):
    own = reading.read(save(tmp_path, table(["text", "label"], [*PAIRS, *((t, "fault") for t in TOLD[kind])])))
    assert finding(own, kind).rows == (22, 23)
    assert not any(one.kind in TOLD for one in reading.read(save(tmp_path, lines(), "b.csv")).findings)


def test_rows_that_a_sheet_hides_are_told(tmp_path):
    book = workbook({"Notes": [["a"]], "May": [["text", "label"], *map(list, PAIRS)]})
    book = changed(book, "xl/worksheets/sheet2.xml", '<row r="5">', '<row r="5" hidden="1">')
    own = reading.read(save(tmp_path, book, "a.xlsx"))
    exactly_pairs(own)
    assert str(finding(own, "hidden")).startswith("1 row hidden or filtered out (row 5). Read like the others.")


def test_texts_that_nobody_labeled_are_no_label(tmp_path):
    for i, (text, label) in enumerate([*PAIRS, ("nobody said", "unsup")]):
        (tmp_path / "imdb" / "train" / label).mkdir(parents=True, exist_ok=True)
        (tmp_path / "imdb" / "train" / label / f"{i}.txt").write_text(text)
    own = reading.read(tmp_path / "imdb")
    exactly_pairs(own)
    assert "1 file in a folder of texts without a label" in str(own)


ASKED = [("What does it cost?", "$2", "fees"), ("Who pays?", "the borrower|you", "fees"), ("Why?", "not stated", "")]


@pytest.fixture
def tools(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "fees.md").write_text("A late tool costs $2 a day. The borrower pays.")
    (tmp_path / "docs" / "hours.md").write_text("We open at nine.")
    return tmp_path


def test_an_answer_that_no_document_holds_is_told(tools):
    rows = [*ASKED, ("How much is it?", "twenty", "fees"), ("When?", "nine", "fees"), ("At what time?", "nine", "")]
    own = documents.read(tools / "docs", save(tools, table(["question", "answer", "document"], rows), "q.csv"))
    (told,) = (one for one in own.findings if "in none of the documents" in one.what)
    assert told.rows == (5, 6)
    assert "write it as the document words it" in str(told).lower()
    assert own.used == 6


def test_columns_of_questions_are_named_by_options(tools, capsys):
    path = save(tools, table(["kysymys", "vastaus", "missä"], ASKED), "q.csv")
    command = [str(tools / "docs"), "--questions", str(path), "--only-read"]
    assert own_task.main(command) == 1
    assert "which column holds the question?" in capsys.readouterr().err
    assert own_task.main([*command, "--question", "kysymys", "--answer", "2", "--document", "missä"]) == 0
    assert "question from 'kysymys', answer from 'vastaus'" in capsys.readouterr().out
    assert own_task.main([*command, "--label", "missä"]) == 1
    assert "--label: with --questions this says nothing" in capsys.readouterr().err
    assert own_task.main([str(path), "--answer", "vastaus"]) == 1
    assert "that --questions gives" in capsys.readouterr().err


def test_documents_may_stand_in_the_table_of_the_questions(tmp_path):
    rows = [("What does it cost?", "$2", "A late tool costs $2."), ("And lost?", "$40", "A lost tool costs $40.")]
    path = save(tmp_path, table(["question", "answer", "context"], [*rows, ("Late?", "$2", rows[0][2])]), "q.csv")
    own = documents.read(path, path)
    assert sorted(one.text for one in own.documents) == sorted({row[2] for row in rows})
    assert (own.used, own.findings) == (3, ())
    squad = [
        {
            "title": title,
            "paragraphs": [{"context": c, "qas": [{"question": q, "answers": [{"text": a}]}]} for q, a, c in some],
        }
        for title, some in (("fees", rows), ("hours", [("When?", "nine", "We open at nine.")]))
    ]
    path = save(tmp_path, json.dumps({"data": squad}), "squad.json")
    own = documents.read(path, path)
    assert [(one.id, one.text.count("\n\n")) for one in own.documents] == [("fees", 1), ("hours", 0)]
    assert all(one.documents for one in own.test)
    with pytest.raises(DataError, match="has no column of documents; call one 'context'"):
        documents.read(save(tmp_path, lines(header=("a", "b"))), path)
    with pytest.raises(DataError, match="nowhere is not there; give a folder"):
        documents.read(tmp_path / "nowhere", path)


def test_the_command_says_whether_there_is_a_header(tmp_path, capsys):
    path = save(tmp_path, lines())
    assert own_task.main([str(path), "--only-read", "--header", "no"]) == 0
    assert "21 rows" in capsys.readouterr().out


BY_SHARE = [
    (t, json.dumps({"billing": 0.9, "fault": 0.1} if k == "billing" else {"fault": 0.7, "billing": 0.3}))
    for t, k in PAIRS
]
MARKED = [(t, str({"billing": k == "billing", "fault": k == "fault"})) for t, k in PAIRS]


@pytest.mark.parametrize("rows", [BY_SHARE, MARKED], ids=["shares in JSON", "marks as Python prints them"])
def test_a_cell_of_labels_with_shares_is_read_as_the_highest(tmp_path, rows):
    own = reading.read(save(tmp_path, table(["text", "scores"], rows)))
    exactly_pairs(own)
    assert "the label of the highest is read" in finding(own, "shares in a cell").done.lower()


def test_where_two_shares_are_as_high_a_row_has_no_label(tmp_path):
    rows = [*BY_SHARE, ("both of them", '{"billing": 0.5, "fault": 0.5}'), ("nothing at all", "")]
    own = reading.read(save(tmp_path, table(["text", "scores"], rows)))
    adds_up(own)
    assert finding(own, "shares in a cell").rows == (len(PAIRS) + 2,)
    assert finding(own, "no label").rows == (len(PAIRS) + 2, len(PAIRS) + 3)


@pytest.mark.parametrize(
    "cell",
    ['{"billing": 3.5, "fault": 4.1}', '{"billing": "0.9", "fault": "0.1"}', "{0.9, 0.1}", '{"a": 1', '{"a": 1}'],
)
def test_objects_that_are_no_shares_stay_as_they_are(tmp_path, cell):
    rows = [(t, cell if i else "{}") for i, (t, _) in enumerate(PAIRS)]
    path = save(tmp_path, table(["text", "scores"], rows))
    try:
        found = reading.read(path).findings
    except DataError as error:
        assert "shares or votes" not in str(error)
    else:
        assert not [one for one in found if one.kind == "shares in a cell"]


def test_a_scale_of_numbers_is_told_with_what_to_do(tmp_path):
    rows = [(f"{t} {i}", f"{i / 7 - 10:.4f}") for i in range(10) for t in TEXTS]
    rows = [(t, f"{n / 7 - 10:.4f}") for n, (t, _) in enumerate(rows)]
    with pytest.raises(
        DataError, match="200 different labels, more than 150, and 200 of them are numbers.*a few classes"
    ):
        reading.read(save(tmp_path, table(["text", "sentiment"], rows)))
    rows = [(t, f"${n + 0.99}") if n else (t, "n/a") for n, (t, _) in enumerate(rows)]
    with pytest.raises(DataError, match="and 199 of them are numbers"):
        reading.read(save(tmp_path, table(["text", "price"], rows), "b.csv"))


OPEN = [(t, int(i % 3 > 0), int(i % 3 == 0)) for i, t in enumerate(TEXTS)]  # two flags that exclude each other


def test_a_usual_name_or_another_column_that_sorts_is_no_mark(tmp_path):
    named = reading.read(save(tmp_path, table(["text", "label", "ham"], OPEN)))
    assert named.task.labels == ("0", "1")
    kinds = ["Versand und Lager" if k == "billing" else "Konto" for _, k in PAIRS]
    told = [(t, *("yes" if flag else "no" for flag in flags)) for t, *flags in OPEN]
    rows = [(t, kind, *flags) for (t, *flags), kind in zip(told, kinds, strict=True)]
    path = save(tmp_path, table(["text", "Sachgebiet", "open", "resolved"], rows), "b.csv")
    with pytest.raises(DataError, match=r"name it, such as label='Sachgebiet' \(--label Sachgebiet\)"):
        reading.read(path)
    assert reading.read(path, label="Sachgebiet").task.labels == ("Konto", "Versand und Lager")


def test_a_flag_beside_marks_is_none_of_them(tmp_path):
    rows = [(t, int(k == "billing"), int(k == "fault"), int(i % 5 < 2)) for i, (t, k) in enumerate(PAIRS)]
    own = reading.read(save(tmp_path, table(["text", "billing", "fault", "urgent"], rows)))
    exactly_pairs(own)


def test_a_label_without_rows_may_come_in_a_further_file(tmp_path):
    head = ["text", "billing", "fault", "rare"]
    rows = [(t, int(k == "billing"), int(k == "fault"), 0) for t, k in PAIRS]
    path = save(tmp_path, table(head, rows))
    more = save(tmp_path, table(head, [("one more", 0, 0, 1), ("and another", 1, 0, 0)]), "more.csv")
    assert sorted(message.label for message in reading.read(path, test=more).task.test) == ["billing", "rare"]
    fewer = save(tmp_path, table(["fault", "text"], [(1, "one more"), (0, "and another")]), "fewer.csv")
    own = reading.read(path, test=fewer)
    assert [message.label for message in own.task.test] == ["fault"]
    adds_up(own)
    none = save(tmp_path, table(["text", "label"], PAIRS), "none.csv")
    with pytest.raises(DataError, match="none of the columns that mark labels in own.csv"):
        reading.read(path, test=none)


def test_names_that_are_numbers_are_names(tmp_path):
    rows = [(t, int(k == "billing"), int(k == "fault")) for t, k in PAIRS]
    path = save(tmp_path, table(["text", "1", "2"], rows))
    assert set(reading.read(path, text="text", label=[1, 2]).task.labels) == {"1", "2"}


def test_objects_that_are_not_the_label_stay_as_they_are(tmp_path):
    rows = [(t, k, f'{{"up": {i}, "down": {i % 3}}}') for i, (t, k) in enumerate(PAIRS)]
    exactly_pairs(reading.read(save(tmp_path, table(["text", "Sachgebiet", "votes"], rows))))
    told = [(f'{{"width": {i}, "height": 2}}', k) for i, (_, k) in enumerate(PAIRS)]
    own = reading.read(save(tmp_path, table(["features", "label"], told), "b.csv"), text="features", label="label")
    assert all(message.text.startswith("{") for message in own.task.train)


SCORED = {
    "Hugging Face": [json.dumps([{"label": k, "score": 0.9}, {"label": "x", "score": 0.1}]) for _, k in PAIRS],
    "the best alone": [str({"label": k, "score": 0.7 + i / 100}) for i, (_, k) in enumerate(PAIRS)],
    "one name": [json.dumps({k: 0.5 + i / 50}) for i, (_, k) in enumerate(PAIRS)],
}


@pytest.mark.parametrize("cells", SCORED.values(), ids=SCORED)
def test_what_a_classifier_says_in_a_cell_is_its_best_label(tmp_path, cells):
    rows = [(t, cell) for (t, _), cell in zip(PAIRS, cells, strict=True)]
    exactly_pairs(reading.read(save(tmp_path, table(["text", "prediction"], rows))))


@pytest.mark.parametrize("best", [1, 3])
def test_what_a_classifier_says_in_json_lines_is_its_best_label(tmp_path, best):
    def said(label, i):
        shares = [{"label": label, "score": 0.6 + i / 100}, *({"label": x, "score": 0.2 - i / 200} for x in "xy")]
        return shares[: best if i % 5 else 1]

    rows = [{"text": t, "prediction": said(k, i)} for i, (t, k) in enumerate(PAIRS)]
    exactly_pairs(reading.read(save(tmp_path, "\n".join(map(json.dumps, rows)), "a.jsonl")))


def test_several_marks_in_a_cell_are_a_label_together(tmp_path):
    rows = [(t, json.dumps({"billing": i % 2 == 0, "fault": i % 4 > 0})) for i, (t, _) in enumerate(PAIRS)]
    rows += [("none of them", '{"billing": false, "fault": false}'), ("not looked at", "nan")]
    own = reading.read(save(tmp_path, table(["text", "cats"], rows)))
    adds_up(own)
    assert own.task.labels == ("billing", "billing; fault", "fault")
    assert finding(own, "no label").rows == (len(PAIRS) + 2, len(PAIRS) + 3)


def test_objects_that_hold_no_shares_stop_with_what_to_do(tmp_path):
    rows = [(t, json.dumps({"billing": 3.1 + i, "fault": 0.2})) for i, (t, _) in enumerate(PAIRS)]
    with pytest.raises(DataError, match="'logits' holds objects with numbers that are no shares of labels"):
        reading.read(save(tmp_path, table(["text", "logits"], rows)))


def test_a_further_file_must_hold_labels_as_the_first_does(tmp_path):
    path = save(tmp_path, table(["text", "scores"], BY_SHARE))
    more = save(tmp_path, table(["text", "scores"], [("one more", '{"fault": 1.0}')]), "more.csv")
    assert [message.label for message in reading.read(path, test=more).task.test] == ["fault"]
    other = save(tmp_path, table(["text", "scores"], [("one more", "fault")]), "other.csv")
    with pytest.raises(DataError, match="should hold labels with shares, as in the file before; row 2 has 'fault'"):
        reading.read(path, test=other)


def test_columns_of_marks_are_not_said_to_be_unread(tmp_path):
    rows = [(i, t, int(k == "billing"), int(k == "fault")) for i, (t, k) in enumerate(PAIRS)]
    path = save(tmp_path, table(["id", "text", "billing", "fault"], rows))
    for own in (reading.read(path), reading.read(path, label=[3, "fault"])):
        assert own.how[0].endswith("whichever is marked; not read: 'id'")


@pytest.mark.parametrize(("yes", "no"), [("WAHR", "FALSCH"), ("VRAI", "FAUX"), ("да", "нет"), ("sim", "não")])
def test_marks_may_be_written_in_other_languages(tmp_path, yes, no):
    rows = [(t, yes if k == "billing" else no, yes if k == "fault" else no) for t, k in PAIRS]
    exactly_pairs(reading.read(save(tmp_path, table(["text", "billing", "fault"], rows))))
