"""Splits of a reader's own rows: shares, whole groups of near copies, given splits kept and their copies told."""

from collections import Counter

import numpy as np
import pytest
from own_files import PAIRS

from helpers.tasks.curation import copies
from helpers.tasks.curation.duplicates import WORDS as WORDS_IN_COMMON
from helpers.tasks.curation.duplicates import shingles
from helpers.tasks.own import near, splits
from helpers.tasks.own.cleaning import Row

WORDS = ["the", "a", "pump", "hub", "bill", "card", "door", "night", "money", "blinks", "fails"]
WORDS += ["again", "today", "please", "help", "with", "my", "your"]


def sentences(count, seed=0, length=12):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, length)) for _ in range(count)]


def rows_of(texts, labels, splits=None):
    given = splits or [""] * len(texts)
    return [Row(i, *one) for i, one in enumerate(zip(texts, labels, given, strict=True), start=2)]


@pytest.mark.parametrize("seed", range(10))
def test_near_copies_are_those_of_the_slow_way(seed):
    rng = np.random.default_rng(seed)
    texts = sentences(20, seed)
    for _ in range(12):
        words = texts[int(rng.integers(len(texts)))].split()
        words[int(rng.integers(len(words)))] = str(rng.choice(["x", "again", ""]))
        texts.append(" ".join(words))
    groups = near.groups(texts)
    assert all(groups[pair.first] == groups[pair.second] for pair in copies(texts))
    for one, two in near.pairs(texts):
        runs = shingles(texts[one]), shingles(texts[two])
        assert len(runs[0] & runs[1]) >= WORDS_IN_COMMON * len(runs[0] | runs[1])


def test_a_thousand_copies_take_no_million_pairs():
    texts = ["Where is my refund?"] * 1000 + sentences(50)
    found = near.pairs(texts)
    assert len(found) < 5000
    assert len(set(near.groups(texts)[:1000].tolist())) == 1


def test_labels_have_their_shares_and_the_rest_is_learned_from():
    texts = sentences(400, length=14)
    labels = ["a"] * 280 + ["b"] * 100 + ["c"] * 18 + ["d"] * 2
    found = splits.divide(rows_of(texts, labels))
    parts = (found.train, found.dev, found.test)
    assert sorted(row.number for part in parts for row in part) == list(range(2, 402))
    tested = Counter(row.label for row in found.test)
    assert set(tested) == {"a", "b", "c"}
    assert abs(tested["a"] - 84) <= 4
    assert abs(tested["b"] - 30) <= 3
    assert "labels in their shares" in " ".join(found.story)
    assert splits.divide(rows_of(texts, labels)) == found, "the same rows are split alike"


def test_no_near_copy_stands_on_both_sides():
    texts = sentences(60, length=14)
    texts += [f"{text} please" for text in texts[::2]]
    found = splits.divide(rows_of(texts, ["ab"[i % 2] for i in range(60)] + ["a"] * 30))
    group = dict(zip(range(2, 92), near.groups(texts).tolist(), strict=True))
    sides = [{group[row.number] for row in part} for part in (found.train, found.dev, found.test)]
    assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])
    assert (
        "30 rows nearly repeat another (rows 2 and 62; 4 and 63; 6 and 64; 8 and 65; 10 and 66 and 25 more);"
        in " ".join(found.story)
    )


def test_given_splits_are_kept_and_their_copies_are_told():
    texts = [text for text, _ in PAIRS]
    labels = [label for _, label in PAIRS]
    given = ["train"] * 12 + ["test"] * 8
    found = splits.divide(rows_of([*texts, f"{texts[0]}!"], [*labels, "billing"], [*given, "test"]))
    assert [row.number for row in found.test] == list(range(14, 23))
    story = " ".join(found.story)
    assert "Splits are the file's own" in story
    assert "1 of 9 test rows nearly repeat a training row (row 22)" in story
    assert "no part to choose by" in story
    assert {row.number for row in (*found.train, *found.dev)} == set(range(2, 14))


def test_a_large_test_part_is_sampled_and_this_is_said():
    texts = sentences(900, length=14)
    labels = ["ab"[i % 2] for i in range(900)]
    found = splits.divide(rows_of(texts, labels, ["train"] * 300 + ["test"] * 600), most_test=100)
    assert len(found.test) == 100
    assert Counter(row.label for row in found.test) == {"a": 50, "b": 50}
    assert "Of the test part 100 are drawn" in " ".join(found.story)
    assert "one split alone (test)" in " ".join(splits.divide(rows_of(texts[:60], labels[:60], ["test"] * 60)).story)


def test_a_sample_of_fewer_is_the_start_of_a_sample_of_more():
    rows = rows_of(sentences(50), ["abcde"[i % 5] for i in range(50)])
    assert splits.sample(rows, 20)[:10] == splits.sample(rows, 10)
    assert Counter(rows[i].label for i in splits.sample(rows, 10)) == dict.fromkeys("abcde", 2)


def test_rows_that_no_memory_would_hold_are_sampled(monkeypatch):
    monkeypatch.setattr(splits, "MOST_TRAIN", 50)
    found = splits.divide(rows_of(sentences(200, length=14), ["ab"[i % 2] for i in range(200)]))
    assert Counter(row.label for row in found.train) == {"a": 25, "b": 25}
    assert "to learn from 50 are drawn" in found.story[-1]
