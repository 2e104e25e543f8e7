"""Files as people type, collect and mend them by hand: read right, told, or refused with the remedy that fits."""

import io
import json
import random
import unicodedata
import zipfile

import pytest
from own_files import PAIRS, lines, workbook
from test_own_exports import changed, exactly_pairs
from test_own_reading import adds_up, finding, rows_of, save
from test_own_tools import table

from helpers import own_task
from helpers.tasks.files import DataError
from helpers.tasks.own import documents, folders, headers, reading, tables, workbooks, yamls

TEXTS = [text for text, _ in PAIRS]
BY_LABEL = {label: [text for text, one in PAIRS if one == label] for label in ("billing", "fault")}


def test_a_row_of_control_characters_alone_is_told_as_an_empty_one(tmp_path):
    own = reading.read(save(tmp_path, lines().replace("fault\n", 'fault\n"\x02",""\n', 1)))
    exactly_pairs(own)
    assert finding(own, "control characters").rows == (13,)
    assert finding(own, "blank rows").rows == (13,)


def test_columns_that_a_sheet_hides_are_told(tmp_path):
    rows = [["text", "note", "label"], *([text, "n", label] for text, label in PAIRS)]
    book = workbook({"Notes": [["a"]], "Q&A": rows})
    hides = '<cols><col min="2" max="2" hidden="1"/><col min="3" max="3"/><col min="9" max="99" hidden="1"/></cols>'
    book = changed(book, "xl/worksheets/sheet2.xml", "<sheetData>", f"{hides}<sheetData>")
    book = changed(book, "xl/worksheets/sheet2.xml", '<row r="5">', '<row r="5" hidden="true">')
    own = reading.read(save(tmp_path, book, "a.xlsx"))
    exactly_pairs(own)
    rows, columns = [str(one) for one in own.findings if one.kind == "hidden"]
    assert rows.startswith("1 row hidden or filtered out (row 5). Read like the others.")
    assert columns.startswith("1 column hidden (column B). Read like the others.")


def test_a_formula_without_a_value_on_another_sheet_is_not_told(tmp_path):
    book = workbook({"Sums": [["=A1"]], "May": [["text", "label"], *map(list, PAIRS)]})
    own = reading.read(save(tmp_path, changed(book, "xl/worksheets/sheet1.xml", "<v>cached</v>", ""), "a.xlsx"))
    assert not any(one.kind == "formulas without values" for one in own.findings)


@pytest.mark.parametrize("head", ["# exported by a program\n", ""])
def test_comments_inside_a_table_are_told_as_comments(tmp_path, head):
    rows = lines().split("\n")
    rows[5:5] = ["# from here on it is April", "# asked, and asked again, twice", "# by Ann, maybe"]
    own = reading.read(save(tmp_path, head + "\n".join(rows)))
    exactly_pairs(own)
    first = 7 if head else 6
    assert (finding(own, "comments").rows, finding(own, "comments").lost) == ((first, first + 1, first + 2), 3)
    assert not any(one.kind in ("ragged", "rare labels") for one in own.findings)


def test_a_text_that_begins_as_a_comment_does_is_kept(tmp_path):
    more = [("#fail again", "fault"), ("# 1 of my wishes", "billing"), ("#late, and cold", "fault"), ("# see", "odd")]
    own = reading.read(save(tmp_path, "# exported\n" + lines([*PAIRS, *more])))
    adds_up(own)
    assert set(more) <= set(rows_of(own).values())


def test_codes_and_links_are_the_same_for_columns_and_texts(tmp_path):
    odd = [("T-17/4", "fault"), ("https://x.org/1", "fault"), ("see /17/4 please", "fault")]
    own = reading.read(save(tmp_path, table(["text", "label"], [*PAIRS, *odd])))
    assert (finding(own, "codes").rows, finding(own, "links").rows) == ((22,), (23,))
    rows = [(f"www.example.org/pages-of-help/{text[:9]}-and-more".replace(" ", "-"), *pair) for pair in PAIRS
            for text in pair[:1]]  # fmt: skip
    exactly_pairs(reading.read(save(tmp_path, table(["where", "what", "which"], rows))))


HEADS = [
    "Text Kategorie",
    "Nachricht Abteilung",
    "texte étiquette",
    "commentaire catégorie",
    "texto etiqueta",
    "mensaje categoría",
    "texto rótulo",
    "testo etichetta",
    "tekst onderwerp",
    "tekst etykieta",
    "текст метка",
    "metin etiket",
    "النص التصنيف",
    "本文 ラベル",
    "文本 标签",
    "内容 类别",
    "문장 레이블",
]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_of_columns_in_other_languages_are_known(tmp_path, head, form):
    text, label = (unicodedata.normalize(form, name) for name in head.split())
    rows = [(i, k, f"2024-01-{i + 1:02}", t, ("ja", "nein")[i % 2]) for i, (t, k) in enumerate(PAIRS)]
    exactly_pairs(reading.read(save(tmp_path, table(["Nr", label, "Datum", text, "Z"], rows))))


def test_other_columns_that_could_be_the_label_are_named(tmp_path):
    rows = [(t, k, ("hoch", "tief")[i % 2], i % 4, "x") for i, (t, k) in enumerate(PAIRS)]
    path = save(tmp_path, table(["Was", "Wo", "Wie eilig", "Mal", "Ort"], rows))
    own = reading.read(path)
    assert "'Wo' could be the label as well as 'Wie eilig'" in str(finding(own, "other labels"))
    assert finding(own, "other labels").do == "if one of them is meant, say label='Wo' (--label Wo)"
    exactly_pairs(reading.read(path, label="Wo"))
    assert not any(one.kind == "other labels" for one in reading.read(path, label="Wo").findings)
    path = save(tmp_path, table(["Text", "Label", "Wie eilig"], [row[:3] for row in rows]))
    assert not any(one.kind == "other labels" for one in reading.read(path).findings)


@pytest.mark.parametrize("row", [("Total", 20, ""), ("", "Summe:", "20"), ("合计", "", "100%")])
def test_a_row_that_adds_up_the_others_is_no_text(tmp_path, row):
    own = reading.read(save(tmp_path, table(["text", "label", "n"], [*((*pair, 1) for pair in PAIRS), row])))
    exactly_pairs(own)
    assert (finding(own, "total").rows, finding(own, "total").lost) == ((22,), 1)


def test_a_short_row_that_adds_up_the_others_is_none_and_a_review_is(tmp_path):
    own = reading.read(save(tmp_path, table(["text", "label", "n"], [*((*pair, 1) for pair in PAIRS), ("Total", 20)])))
    exactly_pairs(own)
    reviews = [*((t, 1 + i % 5) for i, t in enumerate(TEXTS)), ("Total", 5)]
    own = reading.read(save(tmp_path, table(["review", "stars"], reviews)))
    assert rows_of(own)["row 22"] == ("Total", "5")


SHORT = [["label", "count", ""], ["billing", 10, ""], ["fault", 10, ""]]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("above", [False, True])
def test_of_two_tables_on_a_sheet_the_longest_is_read(tmp_path, kind, above):
    long = [["text", "label", "n"], *([*pair, 1] for pair in PAIRS)]
    rows = [*SHORT, ["", "", ""], *long] if above else [*long, ["", "", ""], *SHORT]
    content = table(rows[0], rows[1:]) if kind == "csv" else workbook({"A": rows})
    own = reading.read(save(tmp_path, content, f"a.{kind}"))
    exactly_pairs(own)
    assert finding(own, "another table").rows == ((1, 2, 3) if above else (23, 24, 25))
    assert finding(own, "another table").lost == 3


def test_an_empty_row_between_labels_parts_no_table(tmp_path):
    pairs = [*PAIRS[:10], ("", ""), *PAIRS[10:], ("", ""), ("Hello you", "feedback"), ("Hi all of you", "feedback")]
    own = reading.read(save(tmp_path, lines(pairs)))
    adds_up(own)
    assert own.used == len(PAIRS) + 2
    own = reading.read(save(tmp_path, lines(PAIRS) + ",\n" + lines(PAIRS).replace("?", "!").replace(".", "!")))
    assert own.used == 2 * len(PAIRS)  # the names again, and more rows


OBJECTS = [{"text": f"{text} // # /* ,]", "label": label} for text, label in PAIRS]
BY_HAND = {
    "comments": "// ours\n[\n" + ", // so\n".join(map(json.dumps, OBJECTS)) + "\n] # all /* of them */",
    "a block of them": "/* ours\n\n* and yours */" + json.dumps(OBJECTS),
    "commas": json.dumps(OBJECTS, indent=1).replace("\n }", ",\n }")[:-2] + ",\n]",
    "lines": "# ours\n" + "".join(json.dumps(one) + "\n" for one in OBJECTS),
}


@pytest.mark.parametrize("content", BY_HAND.values(), ids=BY_HAND)
def test_json_with_what_people_write_into_it_is_read_and_told(tmp_path, content):
    own = reading.read(save(tmp_path, content, "a.jsonl"))
    adds_up(own)
    assert sorted(rows_of(own).values()) == sorted((one["text"], one["label"]) for one in OBJECTS)
    assert "taken out" in finding(own, "comments").done


YAMLS = {
    "a list": "".join(f"- text: {t!r}\n  label: {k}\n" for t, k in PAIRS),
    "below a name": "version: 1\ndata:\n" + "".join(f"  - {{text: {t!r}, label: {k}}}\n" for t, k in PAIRS),
    "texts below labels": "".join(f"{k}:\n" + "".join(f"  - {t!r}\n" for t in some) for k, some in BY_LABEL.items()),
    "documents": "".join(f"---\ntext: {t!r} # {k}\nlabel: {k}\n" for t, k in PAIRS),
}


@pytest.mark.parametrize("content", YAMLS.values(), ids=YAMLS)
def test_yaml_is_read_as_json_is(tmp_path, content):
    exactly_pairs(reading.read(save(tmp_path, content, "a.yaml")))


def test_words_of_yaml_stay_as_they_are_written(tmp_path):
    rows = "".join(f"- {{text: {t!r}, label: {('no', '1.10')[k == 'fault']}}}\n" for t, k in PAIRS)
    assert reading.read(save(tmp_path, rows, "a.yml")).task.labels == ("1.10", "no")
    exactly_pairs(reading.read(save(tmp_path, lines(), "a.yml")))


BOMB = "a: &a [x, x]\n" + "".join(f"{n}: &{n} [*{b}, *{b}]\n" for b, n in zip("abcdefgh", "bcdefghi", strict=True))
BAD_YAML = {
    "a bomb": (BOMB, r"line 2: holds a reference \(\*\)"),
    "too deep": ("[" * 100, "line 1: holds more than 30 levels"),
    "broken": ("- text: 'a\n- text: b\n", r"line \d: holds no YAML .*mend it there"),
    "a label twice": ("billing: [a]\nfault: [b]\nbilling: [c]\n", "line 3: holds no YAML .*'billing' stands twice"),
    "no texts": ("name: x\nsteps: 3\n", "one YAML object, and no list in it"),
    "an object of Python": (
        "- !!python/object/apply:os.system ['true']\n- !!python/object/apply:os.system ['true']\n",
        r"has one column alone \(UTF-8, YAML, a list of lists.*begins with 'true'",
    ),
}


@pytest.mark.parametrize(("content", "told"), BAD_YAML.values(), ids=BAD_YAML)
def test_yaml_that_cannot_be_used_is_refused_with_its_line(tmp_path, content, told):
    with pytest.raises(DataError, match=rf"(?s)a\.yaml.*{told}"):
        reading.read(save(tmp_path, content, "a.yaml"))


def test_yaml_that_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(yamls, "MOST", 100)
    with pytest.raises(DataError, match="save it as JSON"):
        reading.read(save(tmp_path, YAMLS["a list"], "a.yaml"))


def sheets(columns, called):
    return workbook({name: [list(columns), *map(list, rows)] for name, rows in called.items()})


def test_sheets_called_like_labels_are_read_together(tmp_path, capsys):
    book = sheets(["text"], {label: [[text] for text in some] for label, some in BY_LABEL.items()})
    path = save(tmp_path, book, "a.xlsx")
    with pytest.raises(DataError, match=r"2 sheets have the same columns: 'billing', 'fault'.*--sheet every"):
        reading.read(path)
    own = reading.read(path, sheet="every")
    exactly_pairs(own)
    assert "row billing 2" in rows_of(own)
    assert "2 sheets ('billing', 'fault')" in own.how[0]
    assert own_task.main([str(path), "--only-read", "--sheet", "every"]) == 0
    assert "label from 'sheet'" in capsys.readouterr().out


def test_sheets_called_like_splits_are_splits(tmp_path):
    path = save(tmp_path, sheets(["text", "label"], {"Train": PAIRS[::2], "Test": PAIRS[1::2]}), "a.xlsx")
    assert "say sheet='every'" in str(finding(reading.read(path), "sheets alike"))
    own = reading.read(path, sheet="every")
    exactly_pairs(own)
    assert {message.text for message in own.task.test} == set(TEXTS[1::2])


def test_sheets_of_other_columns_are_not_read_together(tmp_path):
    book = workbook({"A": [["text", "label"], *map(list, PAIRS)], "B": [["text", "n"], ["a", 1], ["b", 2]]})
    path = save(tmp_path, book, "a.xlsx")
    assert not any(one.kind == "sheets alike" for one in reading.read(path).findings)
    with pytest.raises(DataError, match="takes sheets with the same names of columns; 'B' has others than 'A'"):
        reading.read(path, sheet="every")


def test_what_is_odd_in_one_of_several_sheets_is_told_with_its_name(tmp_path):
    book = sheets(["text", "label"], {"A": [*PAIRS[:9], ("", ""), *PAIRS[9:10]], "B": PAIRS[10:]})
    own = reading.read(save(tmp_path, book, "a.xlsx"), sheet="every")
    exactly_pairs(own)
    assert finding(own, "blank rows").rows == ("A 11",)


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_texts_in_a_column_for_each_label_are_read_once_told(tmp_path, capsys, name):
    rows = list(zip(*BY_LABEL.values(), strict=True))[:8]
    rows += [(BY_LABEL["billing"][8], ""), (BY_LABEL["billing"][9], "")]
    content = table(["billing", "fault"], rows)
    path = save(tmp_path, content if name == "a.csv" else sheets(["billing", "fault"], {"A": rows}), name)
    with pytest.raises(
        DataError, match=r"'billing', 'fault' all read like texts(?s:.*)--text fault\) and label='header'"
    ):
        reading.read(path)
    for told in (["billing", "fault"], None):
        own = reading.read(path, text=told, label="header")
        adds_up(own)
        assert sorted(rows_of(own).values()) == sorted(PAIRS[:18])
        assert rows_of(own)["cell B2"] == PAIRS[10]
    assert own_task.main([str(path), "--only-read", "--label", "header"]) == 0
    assert "18 cells; text from 'text', label from 'label'" in capsys.readouterr().out


def test_rows_too_long_or_short_below_labels_are_told(tmp_path):
    content = "billing,fault\n" + "".join(f"{a},{b}\n" for a, b in zip(*BY_LABEL.values(), strict=True))
    own = reading.read(save(tmp_path, f"{content}One more bill\nA bill, or two,A fault\n"), label="header")
    assert rows_of(own)["cell A12"] == ("One more bill", "billing")
    assert finding(own, "ragged").rows == (13,)


def test_a_column_that_is_called_header_is_that_column(tmp_path):
    exactly_pairs(reading.read(save(tmp_path, table(["text", "header"], PAIRS)), label="header"))


def folder(place, files):
    for name, content in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        save((place / name).parent, content, (place / name).name)
    return place


def test_a_folder_with_tables_called_like_splits_is_read(tmp_path):
    parts = {"train": PAIRS[::2], "dev": PAIRS[1::4], "test": PAIRS[3::4]}
    place = folder(tmp_path / "set", {f"my_{name}.csv": lines(some) for name, some in parts.items()})
    save(place, "about", "README.md")
    own = reading.read(place)
    exactly_pairs(own)
    assert own.name.startswith("own:set:")
    assert {message.text for message in own.task.test} == set(TEXTS[3::4])
    assert "row test 2" in rows_of(own)
    save(place, lines(), "old_test.csv")
    with pytest.raises(DataError, match=r"name it: set/my_dev\.csv; one to test on is named by test=… \(--test\)"):
        reading.read(place)


def test_where_a_finding_of_the_file_to_test_on_is(tmp_path):
    train, test = save(tmp_path, lines(PAIRS[::2])), save(tmp_path, lines([*PAIRS[1::2], ("", "fault")]), "t.csv")
    blank = lines(PAIRS[1::2]).replace("\n", "\n,\n", 1)
    assert finding(reading.read(train, test=save(tmp_path, blank, "u.csv")), "blank rows").rows == ("test 2",)
    assert finding(reading.read(train, test=test), "no text").rows == ("test 12",)
    with pytest.raises(DataError, match="is a folder: name the table in it to learn from"):
        reading.read(tmp_path, test=test)


def test_a_file_to_test_on_may_lie_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    save(tmp_path, lines(PAIRS[1::2]), "t.csv")
    exactly_pairs(reading.read(save(tmp_path, lines(PAIRS[::2])), test="~/t.csv"))


@pytest.mark.parametrize("kind", ["csv", "txt"])
def test_files_called_like_labels_are_read_together(tmp_path, kind):
    head = "text\n" if kind == "csv" else ""
    place = folder(tmp_path / "set", {f"{k}.{kind}": head + "\n".join(some) for k, some in BY_LABEL.items()})
    with pytest.raises(DataError, match="If each file holds the texts of one label.*--sheet every"):
        save(place, "one line more", "c.txt")
        reading.read(place)
    (place / "c.txt").unlink()
    exactly_pairs(reading.read(place, sheet="every"))


def test_lines_of_files_that_differ_by_their_ending_alone_keep_it(tmp_path):
    files = {f"rt.{'neg' if k == 'fault' else 'pos'}": "\n".join(some) for k, some in BY_LABEL.items()}
    assert reading.read(folder(tmp_path / "set", files), sheet="every").task.labels == ("rt.neg", "rt.pos")


def test_texts_and_labels_in_two_files_are_to_be_put_side_by_side(tmp_path):
    place = folder(tmp_path / "a set", {"x.txt": "\n".join(TEXTS), "x.labels": "\n".join(k for _, k in PAIRS) + "\n"})
    for path in (place, place / "x.txt"):
        with pytest.raises(DataError, match=r"as many lines, 20: .*`paste x\.\w+ x\.\w+ > both\.tsv`"):
            reading.read(path)


def test_numbers_are_words_as_they_are():
    assert reading.words_for(["-1", "0", "2.5", "a.b"]) == {"-1": "-1", "0": "0", "2.5": "2.5", "a.b": "a b"}


NAMED = {
    "the last word": ("ticket_no", "customer_message", "assigned_team", "channel", "opened_on"),
    "the last hump": ("TicketNo", "MessageText", "IssueCategory", "Channel", "OpenedOn"),
    "two languages": ("Nr. / No.", "Text/Texte", "Kategorie / Category", "Kanal", "am"),
    "a word and a remark": ("No", "Message (as typed)", "Category (yours)", "Channel", "On"),
}


@pytest.mark.parametrize("head", NAMED.values(), ids=NAMED)
def test_a_usual_name_may_be_a_part_of_a_column_s_name(tmp_path, head):
    rows = [(f"T{i}", t, k, ("web", "mail")[i % 2], f"2024-01-{i + 1:02}") for i, (t, k) in enumerate(PAIRS)]
    exactly_pairs(reading.read(save(tmp_path, table(head, rows))))


def test_a_column_s_own_name_in_it_is_a_mark(tmp_path):
    rows = [(text, *(label if label == one else "" for one in BY_LABEL)) for text, label in PAIRS]
    path = save(tmp_path, table(["text", *BY_LABEL], rows))
    exactly_pairs(reading.read(path))
    exactly_pairs(reading.read(path, label=["billing", "fault"]))


def test_a_table_on_its_side_is_told(tmp_path):
    with pytest.raises(DataError, match="has 21 columns and 2 rows, so it seems to lie on its side: turn it"):
        reading.read(save(tmp_path, table(["text", *TEXTS], [["label", *(label for _, label in PAIRS)]])))


def test_numbers_that_differ_by_their_sign_do_not_look_alike(tmp_path):
    own = reading.read(save(tmp_path, table(["text", "label"], [(t, i % 3 - 1) for i, t in enumerate(TEXTS)])))
    assert not any(one.kind == "alike" for one in own.findings)


def test_a_long_list_on_another_sheet_is_not_the_table(tmp_path):
    book = workbook({"Data": [["text", "label"], *map(list, PAIRS)], "Lists": [["a"]] * 40})
    exactly_pairs(reading.read(save(tmp_path, book, "a.xlsx")))


@pytest.mark.parametrize("marks", ["“”", "„“", "«»"])
def test_curly_quotes_around_texts_are_quotes(tmp_path, marks):
    pairs = [(f"{text} Well, yes, or {marks} so", label) for text, label in PAIRS]
    own = reading.read(save(tmp_path, lines([(marks[0] + text + marks[1], label) for text, label in pairs])))
    adds_up(own)
    assert sorted(rows_of(own).values()) == sorted(pairs)
    assert "in curls" in str(finding(own, "mended"))


def test_a_text_cut_at_its_comma_is_no_name_of_a_row(tmp_path):
    content = lines([(f"{text[:-1]}, yes?", label) for text, label in PAIRS])
    assert "'column 1', label from 'label'" not in str(reading.read(save(tmp_path, content)))


def test_a_sheet_of_what_has_none_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"is no spreadsheet, and sheet='May' \(--sheet\)"):
        reading.read(save(tmp_path, lines()), sheet="May")


def test_a_file_to_test_on_without_labels_says_what_to_do(tmp_path):
    place = folder(tmp_path / "set", {"train.csv": lines(), "test.csv": table(["n", "text"], enumerate(TEXTS))})
    with pytest.raises(DataError, match="no column 'label' .*To test on a part of train.csv instead, name that alone"):
        reading.read(place)


GROUPED = {
    "intents": {"intents": [{"tag": k, "patterns": some, "responses": ["Hi"]} for k, some in BY_LABEL.items()]},
    "a list": [{"intent": k, "text": some, "extension": {"f": ""}} for k, some in BY_LABEL.items()],
    "below labels": {k: {"examples": some} for k, some in BY_LABEL.items()},
}


@pytest.mark.parametrize("value", GROUPED.values(), ids=GROUPED)
def test_lists_of_texts_in_objects_with_a_label_are_texts(tmp_path, value):
    exactly_pairs(reading.read(save(tmp_path, json.dumps(value), "a.json")))
    exactly_pairs(reading.read(save(tmp_path, json.dumps(value, indent=1), "a.yaml")))


def test_a_sheet_is_that_of_the_questions(tmp_path):
    held = save(tmp_path, table(["title", "context"], [("fees", "A tool costs $2."), ("hours", "We open at nine.")]))
    asked = workbook({"Old": [["a"]], "May": [["question", "answer"], ["What does it cost?", "$2"], ["When?", "nine"]]})
    assert documents.read(held, save(tmp_path, asked, "q.xlsx"), sheet="May").used == 2


UPPER = "label,count,\nbilling,10,\nfault\n,,\n"


def test_a_short_row_of_a_table_above_is_left_out_with_it(tmp_path):
    long = table(["text", "label", "n"], [(*pair, 1) for pair in PAIRS])
    own = reading.read(save(tmp_path, UPPER + long))
    exactly_pairs(own)
    assert (finding(own, "another table").rows, finding(own, "another table").lost) == ((1, 2, 3), 3)
    assert own.read == len(PAIRS) + 3


@pytest.mark.parametrize("below", ["label,count,\nbilling,10\nfault,10\n", "label,count\nbilling,10\nfault,10\n"])
def test_short_rows_of_a_table_below_are_no_texts(tmp_path, below):
    rows = [(*pair, 1) for pair in PAIRS]
    own = reading.read(save(tmp_path, table(["text", "label", "n"], [*rows[:-1], PAIRS[-1]]) + "\n" + below))
    exactly_pairs(own)
    assert finding(own, "ragged, mended").rows == (21,)
    assert (finding(own, "another table").rows, finding(own, "another table").lost) == ((23, 24, 25), 3)


def test_short_rows_after_an_empty_one_are_no_other_table(tmp_path):
    rows = [(*pair, 1) for pair in PAIRS]
    own = reading.read(save(tmp_path, table(["text", "label", "n"], [*rows[:-2], ()]) + lines(PAIRS[-2:], header=None)))
    exactly_pairs(own)


@pytest.mark.parametrize("label", ["label {0}", "query", "kind {1}"])
def test_empty_rows_between_all_others_cost_no_more_than_the_rows(monkeypatch, label):
    calls = []
    monkeypatch.setattr(headers, "plain", lambda name: calls.append(name) or name.lower())
    rows = [tables.Record(2 * i + 1, (f"text {i}", label.format(i, i % 3))) for i in range(400)]
    headers.named(tables.Table("a.csv", tuple(rows), 2, "by hand"))
    assert len(calls) < 10 * len(rows)


def test_what_lies_beside_tables_called_like_splits_is_told(tmp_path):
    files = {"train.csv": lines(PAIRS[::2]), "test.csv": lines(PAIRS[1::2]), "extra.csv": lines(), "README.md": "us"}
    place = folder(tmp_path / "set", {**files, "billing/1.txt": TEXTS[0], ".hidden/1.txt": "no"})
    own = reading.read(place)
    exactly_pairs(own)
    assert str(finding(own, "not read")) == (
        "Beside files called like splits there are others (files billing/, extra.csv). Not read. Name one alone if it "
        "is meant."
    )
    save(place, lines(), "extra.csv").unlink()
    (place / "billing" / "1.txt").unlink()
    (place / "billing").rmdir()
    assert not any(one.kind == "not read" for one in reading.read(place).findings)


def test_text_files_called_like_splits_are_read_as_such_where_no_folders_tell_labels(tmp_path):
    """Emotion data sets come so: train.txt, val.txt and test.txt, each line a text, a semicolon and a label."""
    written = {
        "train.txt": "".join(f"{text};{label}\n" for text, label in PAIRS[::2]),
        "test.txt": "".join(f"{text};{label}\n" for text, label in PAIRS[1::2]),
    }
    own = reading.read(folder(tmp_path / "set", written))
    exactly_pairs(own)
    assert len(own.task.test) == len(PAIRS[1::2])
    by_label = {f"{label}/{i}.txt": text for i, (text, label) in enumerate(PAIRS)}
    exactly_pairs(reading.read(folder(tmp_path / "labels", {**written, **by_label})))
    beside = {"classes.txt": "a\nb", "readme.txt": "ours", "images/1.png": "", "__MACOSX/._train.txt": ""}
    place = folder(tmp_path / "more", {**written, **beside})
    assert finding(reading.read(place), "not read").rows == ("__MACOSX/", "classes.txt", "images/")
    alone = folder(tmp_path / "alone", {"train.txt": "\n".join(TEXTS), "test.txt": "\n".join(TEXTS)})
    with pytest.raises(DataError):
        reading.read(alone)


def test_of_files_with_as_many_lines_the_labels_of_the_same_split_are_named_first(tmp_path):
    labels = "joy\nfear\n" * 3
    both = {f"{split}_{kind}.txt": text for split in ("test", "train", "val") for kind, text in (("labels", labels),)}
    place = folder(tmp_path / "set", {**both, "train_text.txt": "\n".join(TEXTS[:6]), "a.txt": labels})
    assert folders.beside(place / "train_text.txt").startswith("train_labels.txt beside train_text.txt has as many")


def test_sheets_that_are_left_out_of_all_are_told(tmp_path):
    book = workbook({"A": [["text", "label"], *map(list, PAIRS)], "B": [["text", "label"]], "C": [], "D": [["a"], [1]]})
    book = changed(book, "xl/workbook.xml", '<sheet name="D"', '<sheet name="D" state="hidden"')
    own = reading.read(save(tmp_path, book, "a.xlsx"), sheet="every")
    exactly_pairs(own)
    assert str(finding(own, "sheets left out")) == (
        "2 sheets are not among those read: 'B' (one row), 'D' (hidden). Left out. Name one alone if it is meant."
    )


def test_a_sheet_of_one_text_is_read_where_there_are_no_names_of_columns(tmp_path):
    book = workbook({"A": [*map(list, PAIRS[:-1])], "B": [list(PAIRS[-1])]})
    own = reading.read(save(tmp_path, book, "a.xlsx"), 1, 2, sheet="every", header=False)
    exactly_pairs(own)


def test_of_all_sheets_none_is_read_twice(tmp_path, monkeypatch):
    seen, parse = [], workbooks.parse
    monkeypatch.setattr(workbooks, "parse", lambda *told: seen.append(told[2:]) or parse(*told))
    book = sheets(["text", "label"], {"A": PAIRS[::2], "B": PAIRS[1::2]})
    exactly_pairs(reading.read(save(tmp_path, book, "a.xlsx"), sheet="every"))
    assert seen == [("A",), ("B",)]


def test_an_empty_sheet_that_is_named_is_told_so(tmp_path):
    path = save(tmp_path, workbook({"A": [["text", "label"], *map(list, PAIRS)], "B": []}), "a.xlsx")
    with pytest.raises(DataError, match="sheet 'B' holds no filled cell"):
        reading.read(path, sheet="B")


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("xl/_rels/workbook.xml.rels", "worksheets/sheet1.xml", "Worksheets/sheet1.xml"),
        ("xl/_rels/workbook.xml.rels", 'Id="r1"', 'Id="r9"'),
        ("xl/workbook.xml", 'r:id="r1"', 'n="1"'),
    ],
)
def test_a_workbook_whose_parts_are_called_otherwise_is_read_or_refused_in_words(tmp_path, part, old, new):
    book = changed(workbook({"A": [["text", "label"], *map(list, PAIRS)]}), part, old, new)
    try:
        exactly_pairs(reading.read(save(tmp_path, book, "a.xlsx")))
    except DataError as error:
        assert "cannot be read as a spreadsheet" in str(error)


def test_a_part_that_is_not_in_the_archive_hides_nothing():
    book = workbook({"A": [["text", "label"]]})
    for part, old, new in (
        ("xl/_rels/workbook.xml.rels", "worksheets/sheet1.xml", "worksheets/sheet2.xml"),
        ("xl/_rels/workbook.xml.rels", 'Id="r1"', 'Id="r9"'),
        ("xl/workbook.xml", 'r:id="r1"', 'n="1"'),
        ("xl/_rels/workbook.xml.rels", ' Target="worksheets/sheet1.xml"', ""),
    ):
        with zipfile.ZipFile(io.BytesIO(changed(book, part, old, new))) as archive:
            assert workbooks._part(archive, "A") == ""


def below(pairs):
    """Texts below the names of their labels."""
    some = {label: [text for text, one in pairs if one == label] for label in ("billing", "fault")}
    return table(list(some), zip(*some.values(), strict=True))


def test_files_to_test_on_may_have_texts_below_their_labels_too(tmp_path):
    parts = {"train.csv": PAIRS[:6] + PAIRS[10:16], "test.csv": PAIRS[6:8] + PAIRS[16:18]}
    parts["dev.csv"] = PAIRS[8:10] + PAIRS[18:]
    place = folder(tmp_path / "set", {name: below(some) for name, some in parts.items()})
    for text in (None, ["billing", "fault"]):
        exactly_pairs(reading.read(place, text=text, label="header"))
        own = reading.read(place / "train.csv", text, "header", test=place / "test.csv", dev=place / "dev.csv")
        exactly_pairs(own)
        assert "test B3" in str(rows_of(own))


@pytest.mark.parametrize("names", [("A", "B"), ("Train", "Test")])
def test_texts_below_their_labels_on_several_sheets_are_read(tmp_path, names):
    some = {
        names[0]: [*zip(*BY_LABEL.values(), strict=True)][:7],
        names[1]: [*zip(*BY_LABEL.values(), strict=True)][7:],
    }
    book = sheets(["billing", "fault"], some)
    own = reading.read(save(tmp_path, book, "a.xlsx"), label="header", sheet="every")
    exactly_pairs(own)
    assert own.task.labels == ("billing", "fault")
    assert rows_of(own)[f"cell {names[1]} B2"] == PAIRS[17]
    if names[1] == "Test":
        assert {message.text for message in own.task.test} == {text for row in some["Test"] for text in row}


def test_of_copies_on_several_sheets_the_earlier_is_kept(tmp_path):
    pairs = [*PAIRS, (PAIRS[1][0] + " ", "billing")]  # rows 3 and 22
    own = reading.read(
        save(tmp_path, sheets(["text", "label"], {"B": pairs, "A": [PAIRS[2]]}), "a.xlsx"), sheet="every"
    )
    exactly_pairs(own)
    assert {"row B 3", "row B 4"} <= set(rows_of(own))


def test_short_and_long_rows_of_several_files_are_mended_as_those_of_one(tmp_path):
    head = [("text", "label", "n")]
    one = [*((*pair, "1") for pair in PAIRS[:12]), PAIRS[12]]
    two = [*((*pair, "1") for pair in PAIRS[13:19]), (*PAIRS[19], "1")]
    odd = [("Well, yes, or so", "billing", "1"), ("A text alone",), (PAIRS[0][0] + "  ", "billing", "1")]
    files = {"b.csv": "\n".join(",".join(row) for row in head + one), "a.csv": ""}
    files["a.csv"] = "\n".join(",".join(row) for row in head + two + odd)
    own = reading.read(folder(tmp_path / "set", files), "text", "label", sheet="every")
    adds_up(own)
    assert finding(own, "ragged, mended").rows == ("a 9", "b 14")
    assert finding(own, "ragged").rows == ("a 10",)
    assert rows_of(own)["row b 14"] == PAIRS[12]
    assert rows_of(own)["row a 9"] == ("Well, yes, or so", "billing")


def test_rows_with_marks_that_are_too_long_or_short_are_left_out(tmp_path):
    head, rows = ["text", "billing", "fault"], [(t, *(int(k == one) for one in BY_LABEL)) for t, k in PAIRS]
    content = table(head, rows) + "Well, yes or no,1,0\nA text alone\n"
    for own in (
        reading.read(save(tmp_path, content), "text", list(BY_LABEL)),
        reading.read(folder(tmp_path / "set", {"a.csv": content}), "text", list(BY_LABEL), sheet="every"),
    ):
        exactly_pairs(own)
        assert [str(row).rpartition(" ")[2] for row in finding(own, "ragged").rows] == ["22", "23"]
        assert not any(one.kind == "ragged, mended" for one in own.findings)


def test_what_is_no_file_of_texts_refuses_no_folder_of_files(tmp_path):
    files = {f"{k}.txt": "\n".join(some) for k, some in BY_LABEL.items()}
    more = {
        "README.md": "about us",
        "LICENSE": "yours",
        "empty.txt": "\n",
        "none.csv": "",
        "a.png": b"\x89PNG\r\n\x1a\n\0",
    }
    own = reading.read(folder(tmp_path / "set", {**files, **more, "old/a.txt": "x"}), sheet="every")
    exactly_pairs(own)
    assert own.task.labels == ("billing", "fault")
    assert finding(own, "not read").rows == ("LICENSE", "README.md", "a.png", "empty.txt", "none.csv", "old/")


def test_a_sheet_is_that_of_the_workbooks_among_several_files(tmp_path):
    path = save(tmp_path, workbook({"Old": [["a"]], "May": [["text", "label"], *map(list, PAIRS[::2])]}), "a.xlsx")
    test = save(tmp_path, lines(PAIRS[1::2]), "t.csv")
    for sheet in ("May", "every"):
        if sheet == "every":
            path = save(tmp_path, sheets(["text", "label"], {"A": PAIRS[::4], "B": PAIRS[2::4]}), "b.xlsx")
        exactly_pairs(reading.read(path, "text", "label", test=test, sheet=sheet))
    with pytest.raises(DataError, match="is no spreadsheet, and sheet='May'"):
        reading.read(test, test=path, sheet="May")
    head = ["text", "label"]
    train = save(tmp_path, sheets(head, {"May": PAIRS[4:16], "Old": PAIRS[:2]}), "c.xlsx")
    test = save(tmp_path, lines(PAIRS[16:] + PAIRS[:1]), "t.csv")
    dev = save(tmp_path, sheets(head, {"May": PAIRS[1:4], "Old": PAIRS}), "d.xlsx")
    exactly_pairs(reading.read(train, "text", "label", test=test, dev=dev, sheet="May"))


def test_a_file_with_one_row_and_many_columns_does_not_lie_on_its_side_where_they_are_named(tmp_path):
    head = ["text", "label", *(f"n{i}" for i in range(8))]
    rows = [(*pair, *range(8)) for pair in PAIRS]
    train, test = save(tmp_path, table(head, rows[:-1])), save(tmp_path, table(head, rows[-1:]), "t.csv")
    exactly_pairs(reading.read(train, "text", "label", test=test))


@pytest.mark.parametrize(
    "when", ["Mon, {} Jan 2015 10:1{} +0200", "{} days ago", "Feb {}, 2015", "{} février 2015 10:0{}", "{}. März 2015"]
)
def test_a_date_in_words_is_no_part_of_a_text(tmp_path, when):
    rows = [(t, when.format(1 + i % 28, i % 10), k) for i, (t, k) in enumerate(PAIRS)]
    own = reading.read(save(tmp_path, table(["title", "received", "category"], rows)))
    assert "may hold a part of the text" not in str(own)


def test_a_column_called_tipologia_is_the_label(tmp_path):
    rows = [("SN"[i % 3 > 0], k, t) for i, (t, k) in enumerate(PAIRS)]
    own = reading.read(save(tmp_path, table(["Original", "Tipología", "Observaciones"], rows)))
    assert set(own.task.labels) == {k for _, k in PAIRS}


@pytest.mark.parametrize("outside", ["oos", "something else"])
def test_a_hundred_and_fifty_labels_may_have_one_outside_of_them(tmp_path, outside):
    def rows(count):
        names = [*(f"class {chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(count)), outside]
        draw = random.Random(0)
        words = ["".join(draw.choices("abcdefghij", k=5)) for _ in range(3000)]
        return [(" ".join(draw.sample(words, 8)), name) for name in names for _ in range(6)]

    told = None if outside == "oos" else outside
    own = reading.read(save(tmp_path, table(["text", "intent"], rows(150))), outside=told)
    assert len(own.task.labels) == 151 and own.task.outside == outside
    with pytest.raises(DataError, match="152 different labels, more than 150"):
        reading.read(save(tmp_path, table(["text", "intent"], rows(151)), "more.csv"), outside=told)
    if told:
        with pytest.raises(DataError, match="151 different labels, more than 150"):
            reading.read(save(tmp_path, table(["text", "intent"], rows(150)), "untold.csv"))
