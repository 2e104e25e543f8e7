"""Files as ticket systems, survey tools, spreadsheets and programs for labeling export them: read right, and told."""

import csv as writer
import io
import json
import re
import zipfile

import pytest
from own_files import PAIRS, csv, lines, workbook
from test_own_reading import adds_up, finding, rows_of, save

from helpers.tasks.files import DataError
from helpers.tasks.own import documents, reading, splits

TEXTS, LABELS = [text for text, _ in PAIRS], [label for _, label in PAIRS]
NAMED = [{"message": text, "topic": label} for text, label in PAIRS]


def exactly_pairs(own):
    adds_up(own)
    assert sorted(rows_of(own).values()) == sorted(PAIRS)


SHAPES = {
    "below a name, in one line": {"meta": {"v": 1}, "data": NAMED},
    "deep below names": {"status": "ok", "response": {"data": {"items": NAMED}}},
    "attributes in an object": {"data": [{"id": str(i), "type": "t", "attributes": r} for i, r in enumerate(NAMED)]},
    "rows of a hub": {"features": [{"name": "x"}], "rows": [{"row_idx": i, "row": r} for i, r in enumerate(NAMED)]},
    "a list for each column, in one line": {"text": TEXTS, "label": LABELS},
    "an object for each column": {"message": dict(enumerate(TEXTS)), "topic": dict(enumerate(LABELS))},
    "an object for each row": dict(enumerate(NAMED)),
    "columns and data": {"columns": ["message", "topic"], "index": [*range(20)], "data": PAIRS},
    "a list of lists": PAIRS,
    "a list for each label": {label: [t for t, k in PAIRS if k == label] for label in ("billing", "fault")},
    "a list beside another": {"nlu": {"synonyms": [{"value": "x"}], "common_examples": NAMED}},
    "labels in a list of one": [{"text": t, "label": [k]} for t, k in PAIRS],
    "annotations": [
        {"data": {"text": t}, "annotations": [{"result": [{"value": {"choices": [k]}}]}]} for t, k in PAIRS
    ],
    "a choice that was accepted": [{"text": t, "options": [1, 2], "accept": [k], "answer": "accept"} for t, k in PAIRS],
}


def test_the_rows_below_a_survey_s_names_are_no_answers(tmp_path):
    ids = [[f'{{"ImportId":"QID{i}"}}' for i in (1, 2)]]
    out = io.StringIO()
    writer.writer(out).writerows([["Q1", "Q2"], ["Please tell us more", "What is it about?"], *ids, *PAIRS])
    own = reading.read(save(tmp_path, out.getvalue()))
    exactly_pairs(own)
    assert finding(own, "survey").rows == (2, 3)


@pytest.mark.parametrize("parts", ["class\t", "\tmeta include=True", "class\tmeta title=True", None])
@pytest.mark.parametrize("kinds", ["d\tstring", "discrete\tstring"])
def test_the_rows_in_which_orange_says_what_columns_hold_are_no_texts(kinds, parts, tmp_path):
    rows = [f"{label}\t{text}" for text, label in PAIRS]
    table = "\n".join(["Category\tText", kinds, *([parts] if parts else []), "", *rows])
    own = reading.read(save(tmp_path, table, "a.tab"))
    exactly_pairs(own)
    assert finding(own, "kinds").rows == ((2, 3) if parts else (2,))


def test_a_text_that_is_called_like_a_type_is_kept(tmp_path):
    rows = [("string", "d"), *PAIRS]
    own = reading.read(save(tmp_path, csv([("my words", "billing"), *rows])))
    assert sorted(rows_of(own).values()) == sorted([("my words", "billing"), *rows])


def test_a_file_of_weka_is_refused_with_the_remedy(tmp_path):
    said = "% made by hand\n@relation mails\n@attribute Text string\n@attribute class {0,1}\n@data\n'Hello',0\n"
    with pytest.raises(DataError, match="ARFF file, as Weka writes them, whatever its name says; .*CSV"):
        reading.read(save(tmp_path, said))


def split_in_two(pairs=PAIRS):
    """Tickets whose texts stand in two columns: the first three words, and the rest."""
    halves = [(" ".join(text.split()[:3]), " ".join(text.split()[3:]), label) for text, label in pairs]
    out = io.StringIO()
    writer.writer(out).writerows([["Subject", "Body", "Queue"], *halves])
    return out.getvalue()


def test_a_text_in_several_columns_is_joined_and_a_guess_names_what_it_left(tmp_path):
    path = save(tmp_path, split_in_two())
    guessed = reading.read(path)
    assert str(finding(guessed, "more text")).endswith(
        "say text=['Subject', 'Body'] (--text Subject --text Body): columns are joined, in order."
    )
    own = reading.read(path, text=["subject", "Body"], label="Queue")
    adds_up(own)
    assert {text.replace("\n", " "): label for text, label in rows_of(own).values()} == dict(PAIRS)
    assert "text from 'Subject' and 'Body', label from 'Queue'" in str(own)
    assert not any(found.kind == "more text" for found in own.findings)
    again = reading.read(path, text=["Body", 1], label=3, test=save(tmp_path, split_in_two(PAIRS[::2]), "t.csv"))
    assert again.task.test[0].text.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [(["Body", "Queue"], "the same column"), ([1, "Subject"], "twice"), (["Body", "x"], "no column 'x'")],
)
def test_columns_of_a_text_that_cannot_be_are_refused(tmp_path, text, says):
    with pytest.raises(DataError, match=says):
        reading.read(save(tmp_path, split_in_two()), text=text, label="Queue")


def test_a_blank_half_and_a_row_too_short_or_long_lose_nothing_silently(tmp_path):
    content = split_in_two() + ",only a body here,billing\nOnly a subject,,fault\nOne,two,three,billing\nOne\n"
    own = reading.read(save(tmp_path, content), text=["Subject", "Body"], label="Queue")
    adds_up(own)
    assert {"only a body here", "Only a subject"} <= {text for text, _ in rows_of(own).values()}
    assert finding(own, "ragged").rows == (24, 25)


ONE_HOT = [("T-" + str(i), t, int(k == "billing"), int(k == "fault")) for i, (t, k) in enumerate(PAIRS)]


def test_columns_that_mark_one_label_each_are_one_label(tmp_path):
    head = ("id", "comment", "billing", "fault")
    rows = [*ONE_HOT, ("T-98", "both of them", 1, 1), ("T-99", "none of them", 0, 0)]
    path = save(tmp_path, lines([map(str, row) for row in rows], header=head))
    with pytest.raises(DataError) as caught:
        reading.read(path)
    assert "say label=['billing', 'fault'] (--label billing --label fault): its name is the label" in str(caught.value)
    own = reading.read(path, label=["billing", "fault"])
    adds_up(own)
    assert sorted(pair for pair in rows_of(own).values() if pair[0] in TEXTS) == sorted(PAIRS)
    assert not {"none of them"} & {text for text, _ in rows_of(own).values()}
    with pytest.raises(DataError, match="'comment' holds 'Why was I charged"):
        reading.read(path, label=["comment", "fault"])


@pytest.mark.parametrize("value", SHAPES.values(), ids=SHAPES)
def test_json_is_read_in_whatever_shape_a_program_gave_it(tmp_path, value):
    exactly_pairs(reading.read(save(tmp_path, json.dumps(value), "a.json")))
    exactly_pairs(reading.read(save(tmp_path, json.dumps(value, indent=1), "a.json")))


@pytest.mark.parametrize(
    "cells", [lambda t, k: [t, k], lambda t, k: {"text": t, "intent": k}], ids=["lists", "objects"]
)
def test_json_by_splits_keeps_the_splits(tmp_path, cells):
    rows = [cells(*pair) for pair in PAIRS]
    value = {"about": "x", "train": rows[::2], "val": rows[1::4], "test": rows[3::4], "oos_test": []}
    own = reading.read(save(tmp_path, json.dumps(value), "a.json"))
    exactly_pairs(own)
    assert {message.text for message in own.task.test} == set(TEXTS[3::4])


@pytest.mark.parametrize(
    "turns",
    [
        lambda t, k: {
            "messages": [{"role": "system", "content": "Sort."}, *_two(t, k, "role", "content", "assistant")]
        },
        lambda t, k: {"id": "7", "conversations": _two(t, k, "from", "value", "gpt")},
    ],
    ids=["messages", "conversations"],
)
def test_conversations_for_tuning_give_text_and_label(tmp_path, turns):
    own = reading.read(save(tmp_path, "".join(json.dumps(turns(*pair)) + "\n" for pair in PAIRS), "a.jsonl"))
    exactly_pairs(own)
    assert "what is said last is the label" in finding(own, "conversations").done


def _two(text, label, who, what, answers):
    return [{who: "user", what: text}, {who: answers, what: label}]


@pytest.mark.parametrize("between", ["\n", ",\n", " "])
def test_objects_one_after_another_over_several_lines_are_read(tmp_path, between):
    text = between.join(json.dumps(row, indent=2) for row in NAMED)
    exactly_pairs(reading.read(save(tmp_path, text, "a.json")))
    exactly_pairs(reading.read(save(tmp_path, f"[{text},]", "a.json")))


def test_broken_json_is_told_with_its_place(tmp_path):
    with pytest.raises(DataError, match="broken as a whole: line 3, character 7: .*Mend it there"):
        reading.read(save(tmp_path, '[\n {"text": "a"\n}, "b": 1\n', "a.json"))
    with pytest.raises(DataError, match="begins with '// made by us', not with a brace"):
        reading.read(save(tmp_path, "// made by us", "a.json"))


def test_the_longest_of_several_lists_is_read_and_the_others_are_named(tmp_path):
    own = reading.read(save(tmp_path, json.dumps({"rows": NAMED, "notes": [{"a": 1}, {"a": 2}]}), "a.json"))
    assert "'notes' (2 items)" in finding(own, "lists").what


def test_a_column_with_the_same_in_each_row_is_no_label(tmp_path):
    rows = [("Ticket", "web", f"T-{i}", text, "", label) for i, (text, label) in enumerate(PAIRS)]
    header = ("Type", "Label", "TicketId", "Description", "Tags", "Owner")
    own = reading.read(save(tmp_path, lines(rows, header=header)))
    exactly_pairs(own)
    assert "not read: 'Type', 'Label', 'TicketId', 'Tags'" in str(own)


def test_an_id_that_comes_again_is_no_label(tmp_path):
    rows = [(f"B{i % 3}", text, str(1 + (label == "fault"))) for i, (text, label) in enumerate(PAIRS)]
    assert reading.read(save(tmp_path, lines(rows, header=("ProductId", "Text", "Score")))).task.labels == ("1", "2")


def test_a_refusal_says_which_columns_were_read_and_which_there_are(tmp_path):
    rows = [(text, "x", label) for text, label in PAIRS]
    path = save(tmp_path, lines(rows, header=("message", "label", "queue")))
    with pytest.raises(
        DataError, match="the same label, 'x'(?s:.*)text from 'message', label from 'label'; not read: 'queue'"
    ):
        reading.read(path, label="label")


HEADERS = {
    "commas after each row but the first": "text,label\n" + "".join(f"{t},{k},\n" for t, k in PAIRS),
    "commas after the first row": "text,label,,\n" + "".join(f"{t},{k},\n" for t, k in PAIRS),
    "numbers of rows without a name": '"text","label"\n' + "".join(f"{i},{t},{k}\n" for i, (t, k) in enumerate(PAIRS)),
    "a row of groups above": "Customer,,Ticket,\nCountry,Tier,Message,Topic\n"
    + lines([("D", "2", *p) for p in PAIRS], header=None),
    "questions as names": "Timestamp,Which area does your comment concern most?,What could we do better for you?\n"
    + "".join(f"2026-03-0{1 + i % 9} 10:00,{k},{t}\n" for i, (t, k) in enumerate(PAIRS)),
    "a table in Markdown": "| message | topic |\n|:--|:---:|\n" + "".join(f"| {t} | {k} |\n" for t, k in PAIRS),
    "quotes after a backslash": "text,label\n" + "".join(f'"{t}, said \\"he\\", ok",{k}\n' for t, k in PAIRS),
    "a carriage return inside rows": "text\tlabel\n" + "".join(f"{t}\rand more\t{k}\n" for t, k in PAIRS),
    "fastText": "".join(f"__label__{k} {t}\n" for t, k in PAIRS),
}


@pytest.mark.parametrize("content", HEADERS.values(), ids=HEADERS)
def test_tables_of_other_programs_lose_no_row_and_no_name(tmp_path, content):
    own = reading.read(save(tmp_path, content))
    adds_up(own)
    assert own.used == own.read == len(PAIRS)
    assert set(own.task.labels) == {"billing", "fault"}
    starts = {text.removeprefix('"')[:20] for text, _ in rows_of(own).values()}
    assert starts == {text[:20] for text in TEXTS}


def test_a_backslash_before_a_quote_changes_no_other_backslash(tmp_path):
    pairs = [(f'"C:\\new {text}, \\"yes\\""', label) for text, label in PAIRS]
    own = reading.read(save(tmp_path, lines(pairs)))
    assert rows_of(own)["row 2"] == (f'C:\\new {TEXTS[0]}, "yes"', "billing")
    assert finding(own, "mended")


def test_a_row_that_repeats_the_header_is_no_text(tmp_path):
    content = lines(PAIRS[:8]).encode() + b"\xef\xbb\xbf" + lines(PAIRS[8:]).encode()
    own = reading.read(save(tmp_path, content))
    assert finding(own, "header again").rows == (10,)
    adds_up(own)
    assert set(own.task.labels) == {"billing", "fault"}


def test_all_names_that_stand_twice_are_told(tmp_path):
    rows = [(t, k, t[::-1], k[::-1]) for t, k in PAIRS]
    own = reading.read(save(tmp_path, lines(rows, header=("text", "label", "text", "label"))))
    assert finding(own, "header").what == "the header names several columns 'label' and 'text'"


def test_a_header_alone_is_told_so(tmp_path):
    with pytest.raises(DataError, match="holds the names of columns and no row below them: 'message', 'topic'"):
        reading.read(save(tmp_path, "message,topic\n"))


FORMS = {
    "a page named like a workbook": (
        "a.xls",
        "<html><table><tr><td>x</td></tr></table></html>",
        r"a web page \(HTML\)",
    ),
    "XML": ("a.xml", '<?xml version="1.0"?>\n<rows/>', "is XML"),
    "SQL": ("a.txt", "-- made by x\nINSERT INTO t VALUES (1,'a','b');", "dump of a database"),
    "printed by Python": ("a.json", "[{'text': 'a', 'label': 'b'}]", "json.dump"),
    "RTF": ("a.csv", r"{\rtf1 a,b}", "an RTF document"),
    "pickle": ("a.pkl", b"\x80\x04\x95" + bytes(range(256)), "a pickle, which could run anything"),
    "locked": (
        "a.xlsx",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
        "locked",
    ),
    "one column": ("a.txt", "\n".join(TEXTS), "it begins with 'Why was I charged|it begins with 'The invoice"),
}


@pytest.mark.parametrize(("name", "content", "told"), FORMS.values(), ids=FORMS)
def test_files_in_another_form_are_called_by_what_they_are(tmp_path, name, content, told):
    with pytest.raises(DataError, match=told):
        reading.read(save(tmp_path, content, name))


@pytest.mark.parametrize(
    ("part", "told"),
    [("Index/Document.iwa", "Apple Numbers"), ("ppt/presentation.xml", "PowerPoint"), ("t.csv", "t.csv")],
)
def test_an_archive_is_called_by_what_it_holds(tmp_path, part, told):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(part, "x")
    with pytest.raises(DataError, match=told):
        reading.read(save(tmp_path, buffer.getvalue(), "a.zip"))


def changed(content: bytes, part: str, old: str, new: str) -> bytes:
    """A workbook with some of a part of it replaced."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(buffer, "w") as copy:
        for name in archive.namelist():
            text = archive.read(name).decode()
            copy.writestr(name, text.replace(old, new) if name == part else text)
    return buffer.getvalue()


def test_a_hidden_sheet_is_not_read_unasked(tmp_path):
    sheet = [["text", "label"], *map(list, PAIRS)]
    book = workbook({"Raw": [*sheet, *sheet[1:]], "May": sheet})
    book = changed(book, "xl/workbook.xml", '<sheet name="Raw"', '<sheet name="Raw" state="hidden"')
    path = save(tmp_path, book, "a.xlsx")
    own = reading.read(path)
    assert "sheet 'May'" in own.how[0]
    assert finding(own, "sheets").what == "the workbook has other sheets: 'Raw' (hidden)"
    assert "sheet 'Raw'" in reading.read(path, sheet="Raw").how[0]


def test_a_label_in_a_cell_merged_over_rows_holds_for_all_of_them(tmp_path):
    rows = [[label if i in (0, 10) else None, text] for i, (text, label) in enumerate(PAIRS)]
    book = workbook({"May": [["label", "text"], *rows]})
    merged = '</sheetData><mergeCells count="2"><mergeCell ref="A2:A11"/><mergeCell ref="A12:A21"/></mergeCells>'
    own = reading.read(save(tmp_path, changed(book, "xl/worksheets/sheet1.xml", "</sheetData>", merged), "a.xlsx"))
    exactly_pairs(own)
    assert finding(own, "merged").rows[:3] == (3, 4, 5)


def test_formulas_without_a_saved_value_are_told(tmp_path):
    book = workbook({"May": [["text", "label"], *map(list, PAIRS), ["=A1", "fault"]]})
    own = reading.read(save(tmp_path, changed(book, "xl/worksheets/sheet1.xml", "<v>cached</v>", "<v></v>"), "a.xlsx"))
    assert "1 cell with a formula whose value was not saved" in finding(own, "formulas without values").what
    assert finding(own, "no text").rows == (22,)


def test_line_breaks_of_other_programs_part_words(tmp_path):
    own = reading.read(save(tmp_path, csv([(text.replace(" ", "\x0b", 1), label) for text, label in PAIRS])))
    assert "\n" in rows_of(own)["row 2"][0]
    assert [" ".join(text.split()) for text, _ in rows_of(own).values() if text.startswith("Why")] == TEXTS[:1]


@pytest.mark.parametrize("joined", ["a; b", "a, b", "['a', 'b']", "a|b"])
def test_several_labels_in_a_cell_are_told(tmp_path, joined):
    buffer = io.StringIO(newline="")
    labels = [joined if i % 4 == 0 else "ab"[i % 2] for i in range(20)]
    writer.writer(buffer).writerows([("text", "label"), *zip(TEXTS, labels, strict=True)])
    own = reading.read(save(tmp_path, buffer.getvalue()))
    assert finding(own, "several labels").rows == (2, 6, 10, 14, 18)


def test_a_label_in_a_list_of_one_is_that_label(tmp_path):
    exactly_pairs(reading.read(save(tmp_path, lines([(text, f"['{label}']") for text, label in PAIRS]))))


def test_labels_that_are_numbers_ask_for_words(tmp_path):
    own = reading.read(save(tmp_path, lines([(text, str(len(label) % 3)) for text, label in PAIRS])))
    assert re.search(r"--word 1='…'", str(finding(own, "numbers")))
    assert not any(one.kind in ("numbers", "several labels") for one in reading.read(save(tmp_path, lines())).findings)


def test_a_folder_of_tables_names_one(tmp_path):
    (tmp_path / "tables").mkdir()
    save(tmp_path / "tables", lines())
    with pytest.raises(DataError, match=r"If a table is meant, name it: tables/own\.csv\. For documents"):
        reading.read(tmp_path / "tables")


def test_a_text_of_an_older_mac_is_guessed(tmp_path):
    pairs = [(f"Größe für Café: {text}", label) for text, label in PAIRS]
    own = reading.read(save(tmp_path, lines(pairs).encode("mac_roman")))
    assert "mac_roman (a guess)" in own.how[0]
    assert sorted(rows_of(own).values()) == sorted(pairs)


def test_of_very_many_rows_some_are_drawn_before_copies_are_looked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(splits, "MOST_ROWS", 12)
    own = reading.read(save(tmp_path, lines()))
    adds_up(own)
    assert own.used == 12
    assert own.story[0].startswith("Of 20 rows 12 are drawn, label by label")


ASKED = {
    "SQuAD": {
        "version": "2.0",
        "data": [
            {
                "title": "fees",
                "paragraphs": [
                    {
                        "context": "A late tool costs $2.",
                        "qas": [
                            {"question": "What does it cost?", "answers": [{"text": "$2"}, {"text": "$2"}]},
                            {"question": "When?", "answers": [], "is_impossible": True},
                        ],
                    }
                ],
            }
        ],
    },
    "a hub": [
        {"question": "What does it cost?", "answers": {"text": ["$2"], "answer_start": [3]}},
        {"question": "When?", "answers": {"text": ["not stated"], "answer_start": [0]}},
    ],
}


@pytest.mark.parametrize("value", ASKED.values(), ids=ASKED)
def test_questions_in_nested_json_are_read(tmp_path, value):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "fees.md").write_text("A late tool costs $2.")
    own = documents.read(tmp_path / "docs", save(tmp_path, json.dumps(value), "faq.json"))
    assert sorted((one.question, one.answer) for one in own.test) == [
        ("What does it cost?", "$2"),
        ("When?", "not stated"),
    ]


def test_a_folder_without_a_document_says_what_it_holds(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "fees.pdf").write_bytes(b"%PDF")
    with pytest.raises(DataError, match=r"holds no document: 1 file no text by its name .*fees\.pdf"):
        documents.read(tmp_path / "docs", save(tmp_path, lines(), "faq.csv"))
