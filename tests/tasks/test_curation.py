"""Curation finds what it says, misses what it says, and its fast paths give what the slow ones give."""

import itertools
import json
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from helpers.tasks import curation, files, intents
from helpers.tasks.curation import duplicates, labels, personal_data

ROWS = files.read_jsonl(files.DATA / "canaries" / "scan.jsonl")
SHORT = st.text(alphabet="ab cé!’", max_size=14)


def slow_copies(one, two, words, one_vectors=None, two_vectors=None, meaning=1.1):
    """Every pair by itself, with Python's sets."""
    found = set()
    for i, first in enumerate(one):
        for j, second in enumerate(two):
            runs, others = duplicates.shingles(first), duplicates.shingles(second)
            close = len(runs & others) / len(runs | others) >= words
            if close or (one_vectors is not None and one_vectors[i] @ two_vectors[j] >= meaning):
                found.add((i, j))
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(SHORT, min_size=1, max_size=8), st.lists(SHORT, min_size=1, max_size=8), st.floats(0.05, 0.99))
def test_copies_are_those_that_every_pair_by_itself_gives(one, two, words):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "WORDS", words)
        across, within = curation.contamination(one, two), curation.copies(one)
    assert {(pair.first, pair.second) for pair in across} == slow_copies(one, two, words)
    firsts = [
        next(j for j in range(i + 1) if duplicates._compared(one[j]) == duplicates._compared(one[i]))
        for i in range(len(one))
    ]
    near = {(i, j) for i, j in slow_copies(one, one, words) if i < j and firsts[i] == i and firsts[j] == j}
    assert [(pair.first, pair.second) for pair in within] == sorted(
        near | {(i, j) for j, i in enumerate(firsts) if i < j}
    )
    assert all((pair.kind == "exact") == (firsts[pair.second] != pair.second) for pair in within)


def test_many_equal_texts_are_few_pairs_and_done_at_once():
    started = time.perf_counter()
    found = curation.copies(["Where is my refund?", "where is my refund"] * 2500)
    assert time.perf_counter() - started < 1
    assert len(found) == 4999
    assert {pair.first for pair in found} == {0}


def test_meaning_is_compared_where_vectors_are_given_and_in_blocks(monkeypatch):
    monkeypatch.setattr(duplicates, "ROWS_AT_ONCE", 7)
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(40, 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    texts = [f"{rng.integers(10**9)}" for _ in range(40)]
    found = {(p.first, p.second) for p in curation.contamination(texts[:25], texts[25:], vectors[:25], vectors[25:])}
    slow = slow_copies(texts[:25], texts[25:], duplicates.WORDS, vectors[:25], vectors[25:], duplicates.MEANING)
    assert found == slow
    assert found


def test_kinds_are_told_apart():
    texts = ["Where is my refund?", "WHERE is my refund", "Where is my refund now?", "Send the money back", "!!", "??"]
    vectors = np.eye(6)
    vectors[3] = vectors[0]
    found = {(p.first, p.second): p.kind for p in curation.copies(texts, vectors)}
    assert found == {(0, 1): "exact", (0, 2): "words", (0, 3): "meaning"}


def test_vectors_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="2 texts need as many vectors"):
        curation.copies(["a", "b"], np.eye(3))
    with pytest.raises(ValueError, match="or of neither"):
        curation.contamination(["a"], ["b"], np.eye(1))
    assert curation.copies([]) == []
    assert curation.contamination(["a"], []) == []


def test_a_leaked_test_message_is_found_among_the_courses_own():
    train = [message.text for message in intents.read("train")]
    test = [message.text for message in intents.read("test")]
    assert curation.contamination(train, test) == []
    leaked = [*train, test[7].upper() + " "]
    assert [(p.first, p.second, p.kind) for p in curation.contamination(leaked, test)] == [(600, 7, "exact")]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_findings_lie_in_order_in_the_text_and_redaction_leaves_nothing_to_find(text):
    found = curation.scan(text)
    assert all(finding.text == text[finding.start : finding.end] for finding in found)
    assert all(one.end <= two.start for one, two in itertools.pairwise(found))
    assert curation.scan(curation.redact(text)) == []


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**15 - 1), st.integers(0, 9))
def test_one_check_digit_in_ten_makes_a_card_number(number, last):
    valid = [personal_data.valid_card(f"{number:015}{digit}") for digit in range(10)]
    assert sum(valid) == (0 if len(set(f"{number:015}{valid.index(True) if any(valid) else 0}")) == 1 else 1)
    first = valid.index(True) if any(valid) else 0
    wrong = list(f"{number:015}{first}")
    wrong[3] = str((int(wrong[3]) + 1) % 10)
    assert not personal_data.valid_card("".join(wrong))  # Luhn sees every single wrong digit


@pytest.mark.parametrize("text", [row["text"] for row in ROWS if not row["marked"] and "Ridiculous" not in row["text"]])
def test_look_alikes_are_left_alone(text):
    assert curation.redact(text) == text


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Ring (312) 555-0142 or +44 20 7946 0958.", "Ring [phone] or [phone]."),
        ("4000 0000 0000 0002 is a card, 4000 0000 0000 0003 is none", "[card] is a card, 4000 0000 0000 0003 is none"),
        ("from GB82 WEST 1234 5698 7654 32 only", "from [iban] only"),
        ("Dear Ms. Abernathy, thanks", "Dear Ms. [name], thanks"),
        ("To 77 Old Mill Lane, Dunmore, PA 18510 now", "To [address] now"),
        ("C-1044 ordered LF-48213-R from 203.0.113.77", "[customer] ordered [order] from [ip]"),
        ("complaints@larkfield.example or ann@example.com", "complaints@larkfield.example or [email]"),
    ],
)
def test_each_kind_is_redacted(text, redacted):
    assert curation.redact(text) == redacted


def test_what_the_scan_misses_is_as_the_datasheet_says():
    found = curation.measure_scan(ROWS)
    sheet = (files.DATA / "canaries" / "DATASHEET.md").read_text(encoding="utf-8")
    assert f"recall {found.recall}, precision {found.precision}" in sheet
    kinds = {kind for _, kind, _ in found.missed}
    assert {"identity", "birthday", "code"} <= kinds
    assert found.recall.estimate > 0.7
    assert found.precision.estimate > 0.9


def test_measuring_a_scan_needs_something_to_measure():
    with pytest.raises(ValueError, match="at least one"):
        curation.measure_scan([{"id": "1", "text": "nothing", "marked": []}])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=2, max_size=30))
def test_kappa_is_scikit_learns(pairs):
    first, second = zip(*pairs, strict=True)
    if len({*first, *second}) > 1:
        assert curation.kappa(first, second) == pytest.approx(cohen_kappa_score(first, second))


def test_agreement_of_the_courses_annotators():
    rows = [row for row in files.read_agreement("intents") if row["without_guide"]]
    found = curation.agreement([row["final"] for row in rows], [row["without_guide"] for row in rows])
    assert found.kappa.low < found.kappa.estimate < found.kappa.high < 1
    assert found.share.estimate == np.mean([row["final"] == row["without_guide"] for row in rows])
    assert sum(count for _, count in found.mix_ups) == round((1 - found.share.estimate) * len(rows))
    assert curation.kappa(["a", "a"], ["a", "a"]) == 1.0
    with pytest.raises(ValueError, match="equally long"):
        curation.agreement(["a"], [])


def test_manifest_counts_what_is_wrong_and_is_json():
    texts = ["Refund please", "refund, please!", "Hello", "", "Hello"]
    found = curation.manifest(texts, ["a", "b", "c", "c", "c"])
    assert json.loads(json.dumps(found)) == found
    assert (found["rows"], found["empty"], found["conflicting"], found["copies"]) == (5, 1, 1, {"exact": 2})
    assert found["sha256"] != curation.manifest(texts[::-1], ["c", "c", "c", "b", "a"])["sha256"]
    with pytest.raises(ValueError, match="equally many"):
        curation.manifest(["a"], [])


def test_review_goes_to_the_smallest_margins():
    table = np.array([[0.6, 0.4, 0.0], [0.4, 0.3, 0.3], [0.9, 0.1, 0.0]])
    assert labels.least_certain(table, 2) == [1, 0]
    assert labels.with_review(["x", "y", "z"], ["a", "b", "c"], [0, 2]) == ["a", "y", "c"]
