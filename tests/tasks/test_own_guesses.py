"""What a file's parts are taken for: lists below labels, headings above texts, and which column is which."""

import json

import pytest
from own_files import PAIRS, csv
from test_own_exports import exactly_pairs
from test_own_reading import adds_up, finding, rows_of, save
from test_own_tools import table
from test_own_wild import BY_LABEL, TEXTS

from helpers.tasks.files import DataError
from helpers.tasks.own import reading

ENTITIES = [{"type": "entity", "name": name, "values": ["a"]} for name in ("place", "time")]
INTENTS = [
    {"type": "intent", "name": k, "slots": [{"name": "place", "samples": ["in {place}"]}], "utterances": some}
    for k, some in BY_LABEL.items()
]
EMPTY = [{"name": name, "samples": []} for name in ("Stop", "Help", "Cancel")]
NESTED = [
    {"intent": "all", "sub_intents": [{"name": k, "description": "d", "examples": some}]}
    for k, some in BY_LABEL.items()
]
PARTLY = {
    "beside entities": ([*ENTITIES, *INTENTS], "'place', 'time'"),
    "beside empty lists": (
        {"model": {"types": [], "intents": [*EMPTY, *({"name": k, "samples": some} for k, some in BY_LABEL.items())]}},
        "'Stop', 'Help', 'Cancel'",
    ),
    "a level below": ({"intents": NESTED}, ""),
    "on two levels": (
        [{"intent": "billing", "utterances": BY_LABEL["billing"], "sub_intents": [NESTED[1], {"name": "none"}]}],
        "'none'",
    ),
    "without a name": (
        [{"name": k, "sampleUtterances": some} for k, some in BY_LABEL.items()] + [{"sampleUtterances": ["Hi"]}],
        "'sampleUtterances'",
    ),
}


@pytest.mark.parametrize(("value", "out"), PARTLY.values(), ids=PARTLY)
@pytest.mark.parametrize("name", ["a.json", "a.yaml"])
def test_objects_that_hold_texts_are_spread_and_the_others_are_named(tmp_path, value, out, name):
    own = reading.read(save(tmp_path, json.dumps(value, indent=1), name))
    exactly_pairs(own)
    told = [str(one) for one in own.findings if one.kind == "without texts"]
    assert bool(told) == bool(out) and all(out in one and "Left out" in one for one in told)


def test_objects_of_which_few_hold_a_list_of_texts_are_rows(tmp_path):
    rows = [{"text": t, "category": k, "queries": ["a b", "c d"] * (i < 2)} for i, (t, k) in enumerate(PAIRS)]
    exactly_pairs(reading.read(save(tmp_path, json.dumps(rows), "a.json")))


def headed(mark="#", item="-"):
    return "\n\n".join(f"{mark} {k}\n" + "\n".join(f"{item} {t}" for t in some) for k, some in BY_LABEL.items())


HEADED = {
    "as LUIS": f"> ours\n\n{headed()}\n\n$city:rome=\n- roma\n",
    "Markdown": "# All of them\n\n" + headed("##", "*"),
    "indented": headed("###", "  -"),
}


@pytest.mark.parametrize("content", HEADED.values(), ids=HEADED)
@pytest.mark.parametrize("name", ["a.lu", "a.md"])
def test_a_heading_is_the_label_of_the_texts_listed_below_it(tmp_path, content, name):
    own = reading.read(save(tmp_path, content, name))
    exactly_pairs(own)
    assert "the heading above a list" in own.how[0]


def test_marks_of_entities_below_headings_leave_the_words_they_mark(tmp_path):
    content = headed().replace("card", "{thing=card}").replace("year", "{@time = year}")
    exactly_pairs(reading.read(save(tmp_path, content, "a.lu")))


def test_a_line_outside_of_lists_below_headings_is_told(tmp_path):
    own = reading.read(save(tmp_path, "- and before\n" + headed() + "\nand so on\n", "a.md"))
    exactly_pairs(own)
    assert finding(own, "no label").lost == 2


@pytest.mark.parametrize(
    "content",
    [
        "# billing\n" + "\n".join(f"- {t}" for t in TEXTS),
        "# a\n# b\n" + "\n".join(TEXTS),
        headed() + "\nWe say more about this below.\nAnd more.\nAnd more.\n",
    ],
    ids=["one heading", "comments", "prose"],
)
def test_what_is_no_lists_below_headings_is_refused_as_before(tmp_path, content):
    with pytest.raises(DataError, match="one column alone"):
        reading.read(save(tmp_path, content, "a.md"))


def test_a_table_in_which_nothing_reads_like_texts_is_refused_until_one_is_named(tmp_path):
    rows = [
        (f"INC-{i}", f"2026-09-0{1 + i % 9}", ("Open", "Closed")[i % 2], k, ("Sales", "Human Resources", "IT")[i % 3])
        for i, (_, k) in enumerate(PAIRS)
    ]
    path = save(tmp_path, table(["ticket_id", "opened_at", "status", "category", "department of whom"], rows))
    with pytest.raises(DataError) as told:
        reading.read(path)
    assert "No column reads like texts: 'department of whom', the likeliest, holds few words" in str(told.value)
    assert "say text='department of whom' (--text 'department of whom'), or another" in str(told.value)
    assert reading.read(path, text="department of whom", label="category").used


def test_single_words_that_differ_are_texts(tmp_path):
    rows = [(f"Name{chr(97 + i)}", "mf"[i % 2]) for i in range(20)]
    assert reading.read(save(tmp_path, table(["given", "sex"], rows))).used == 20


@pytest.mark.parametrize(("text", "label"), [("avis", "note"), ("recensione", "nota"), ("comentário", "voto")])
def test_a_grade_is_the_label_and_a_note_in_words_is_none(tmp_path, text, label):
    rows = [(i, ("Chez Margot", "Le Fournil")[i % 2], 1 + (k == "fault"), t) for i, (t, k) in enumerate(PAIRS)]
    own = reading.read(save(tmp_path, table(["nr", "commerce", label, text], rows)))
    assert own.task.labels == ("1", "2")
    rows = [(i, k, ("as said", "as seen")[i % 2], t) for i, (t, k) in enumerate(PAIRS)]
    assert reading.read(save(tmp_path, table(["nr", "kind", label, text], rows))).task.labels == ("billing", "fault")


def test_where_no_name_decides_all_columns_that_sort_are_named_as_labels(tmp_path):
    names = ["device_type", "os", "place", "prio", "needs_upgrade", "dept", "age"]
    rows = [
        (t, k, "LW"[i % 2], "ABC"[i % 3], "hl"[i // 10], i % 2, "XYZ"[i % 3], i % 4) for i, (t, k) in enumerate(PAIRS)
    ]
    told = str(finding(reading.read(save(tmp_path, table(["problem_description", *names], rows))), "other labels"))
    assert "'age'" not in told and "and 1 more" not in told
    assert all(repr(name) in told for name in names[1:-1])
    more = [(*row, "PQ"[i % 2], "RS"[i % 2]) for i, row in enumerate(rows)]
    path = save(tmp_path, table(["problem_description", *names, "one", "two"], more))
    assert "and 2 more could be the label" in str(finding(reading.read(path), "other labels"))


def test_a_column_called_label_is_the_label(tmp_path):
    rows = [{"id": i, "kind": "text", "label": k, "text": t} for i, (t, k) in enumerate(PAIRS)]
    for one in rows[:2]:
        one["kind"] = "file"
    own = reading.read(save(tmp_path, json.dumps(rows), "a.json"))
    exactly_pairs(own)
    assert "'kind' could be the label as well" in str(finding(own, "other labels"))


@pytest.mark.parametrize("words", ["label_text", "category", "kind"])
def test_a_column_called_label_of_numbers_is_the_label_unless_words_say_the_same(tmp_path, words):
    rows = [(int(k == "fault"), t, k) for t, k in PAIRS]
    exactly_pairs(reading.read(save(tmp_path, table(["label", "text", words], rows))))
    rows = [(one, t, k if i else "other") for i, (one, t, k) in enumerate(rows)]
    assert reading.read(save(tmp_path, table(["label", "text", words], rows))).task.labels == ("0", "1")


@pytest.mark.parametrize("when", ["Rédigé le {} décembre 2024", "Reviewed in Spain on May {}, 2021", "seen 2024-12-{}"])
def test_the_same_words_and_a_date_are_no_part_of_a_text(tmp_path, when):
    rows = [(when.format(1 + i), t, k) for i, (t, k) in enumerate(PAIRS)]
    own = reading.read(save(tmp_path, table(["date_avis", "avis", "category"], rows)))
    adds_up(own)
    assert set(rows_of(own).values()) == set(PAIRS)
    assert not any(one.kind == "more text" for one in own.findings)
    rows = [(f"{t[:12]} 1{i % 10} May 2024", t, k) for i, (t, k) in enumerate(PAIRS)]
    own = reading.read(save(tmp_path, table(["title", "avis", "category"], rows)))
    assert "'title' may hold a part" in str(finding(own, "more text"))


def test_an_address_in_angle_brackets_is_no_html(tmp_path):
    pairs = [*PAIRS, ("Write to Ann <ann@desk.org> or see <https://desk.org>", "fault")]
    own = reading.read(save(tmp_path, csv(pairs)))
    assert not [one for one in own.findings if one.kind == "HTML"]


def test_texts_that_an_export_cut_are_told(tmp_path):
    long = [(f"{text} and that is why I write to you about it again today"[:50], label) for text, label in PAIRS]
    own = reading.read(save(tmp_path, csv([*PAIRS, *long])))
    (found,) = (one for one in own.findings if one.kind == "cut off")
    assert "that end at 48 to 50 letters, as if an export had cut them" in str(found)
    assert not [one for one in reading.read(save(tmp_path, csv(PAIRS))).findings if one.kind == "cut off"]
