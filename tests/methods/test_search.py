"""Searching a method's best: one budget, every try kept, the winner's curse told, one look at test."""

import numpy as np
import pytest

from helpers.methods import search
from helpers.results import ledger
from helpers.statistics.selection import winner
from helpers.tasks.files import Message

DEV = [Message(f"dev-{i}", f"text {i}", "ab"[i % 2]) for i in range(40)]
TEST = [Message(f"test-{i}", f"other text {i}", "ab"[i % 2]) for i in range(40)]


def answering(share, seed=0):
    """A method that is right on about a share of whatever it is asked."""

    def predict(texts):
        truth = {message.text: message.label for message in (*DEV, *TEST)}
        lucky = np.random.default_rng(seed).random(len(texts)) < share
        return [truth[text] if hit else "neither" for text, hit in zip(texts, lucky, strict=True)]

    return predict


def candidates(*shares):
    return [search.Candidate({"share": share, "seed": i}, answering(share, i)) for i, share in enumerate(shares)]


@pytest.fixture
def lab():
    return ledger.Lab("toy", show=False, labels=("a", "b"))


def test_every_try_is_a_row_and_the_best_is_tested_once(lab):
    found = search.search(lab, "guessing", candidates(0.3, 0.9, 0.6), DEV, approach="prompt")
    assert [row.split for row in found.rows] == ["dev"] * 3
    assert found.best.settings["share"] == 0.9
    row = found.test(lab, TEST)
    assert (row.split, row.method, row.tries, row.looks) == ("test", "guessing", 3, 0)
    assert row.settings == {"share": 0.9, "seed": 1}
    assert found.test(lab, TEST).looks == 1
    assert found.table().count("chosen") == 1 and found.table().index("share 0.9") < found.table().index("share 0.6")


def test_equal_tries_go_to_the_one_named_first(lab):
    same = [search.Candidate({"name": name}, answering(0.5, 3)) for name in ("cheap", "dear")]
    assert search.search(lab, "twins", same, DEV, approach="prompt").best.name == "name cheap"


def test_a_stored_try_is_not_measured_again(lab):
    asked = []

    def predict(texts):
        asked.append(len(texts))
        return ["a"] * len(texts)

    for _ in range(2):
        search.search(lab, "kept", [search.Candidate({"k": 1}, predict)], DEV, approach="prompt")
    assert asked == [40]


def test_the_budget_holds_for_all_and_names_tell_tries_apart(lab):
    with pytest.raises(ValueError, match="guessing: 25 candidates, and every method may try from 1 to 24"):
        search.search(lab, "guessing", candidates(*[0.5] * 25), DEV, approach="prompt")
    with pytest.raises(ValueError, match="0 candidates"):
        search.search(lab, "guessing", [], DEV, approach="prompt")
    with pytest.raises(ValueError, match="two candidates are named alike: k 4"):
        search.search(lab, "g", [search.Candidate({"k": 4}, answering(0.5))] * 2, DEV, approach="prompt")


def test_the_best_of_equals_is_not_better_than_they_are():
    flattered, honest = [], []
    for seed in range(40):
        hits = np.random.default_rng(seed).random((24, 60)) < 0.5
        found = winner(hits, resamples=300)
        flattered.append(found.seen)
        honest.append(found.honest)
    assert np.mean(flattered) > 0.6
    assert abs(np.mean(honest) - 0.5) < 0.03


def test_one_that_is_truly_better_keeps_its_figure():
    hits = np.random.default_rng(0).random((24, 300)) < np.linspace(0.1, 0.3, 24)[:, None]
    hits[7] = np.random.default_rng(1).random(300) < 0.9
    found = winner(hits)
    assert found.place == 7 and abs(found.honest - found.seen) < 0.01


def test_a_single_try_has_no_curse_and_a_wrong_shape_is_refused():
    assert winner([[1, 0, 1, 1]]).honest == winner([[1, 0, 1, 1]]).seen == 0.75
    for wrong in ([], [1, 0], [[]]):
        with pytest.raises(ValueError, match="shape"):
            winner(wrong)


def test_what_all_tries_share_holds_for_the_test_too_and_the_split_is_test(lab):
    found = search.search(lab, "m", candidates(0.5), DEV, approach="prompt", labels_used=8, token_limit=40, seed=3)
    row = found.test(lab.using(split="dev"), TEST)
    assert (row.split, row.labels_used, row.token_limit, row.seed) == ("test", 8, 40, 3)


def test_a_row_with_another_limit_is_measured_again(lab):
    for limit in (40, 200):
        found = search.search(lab, "m", candidates(0.5), DEV, approach="prompt", token_limit=limit)
        assert found.rows[0].token_limit == limit


def test_what_is_not_equal_in_a_comparison_is_named(lab):
    one = search.search(lab, "one", candidates(0.5, 0.6), DEV, approach="prompt").test(lab, TEST)
    two = search.search(lab, "two", candidates(0.5, 0.6, 0.7), DEV, approach="prompt").test(lab, TEST, labels_used=8)
    assert search.unequal([one, one]) == []
    assert search.unequal([one, two]) == ["tries on dev: one 2, two 3", "labels: one 0, two 8"]
