"""Files as people type, collect and mend them by hand: read right, told, or refused with the remedy that fits."""

import pytest
from own_files import PAIRS, lines, workbook
from test_own_exports import changed, exactly_pairs
from test_own_reading import adds_up, finding, rows_of, save
from test_own_tools import table

from helpers.tasks.own import reading

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
