"""Ratings are blind, kept at once, never lost; win rate and kappa agree with the obvious ways to compute them."""

import collections
from fractions import Fraction

import numpy as np
import pytest

from helpers.results import ratings
from helpers.results.ratings import RatedPair
from helpers.statistics import Interval
from tests.ledger_rows import Item, of_hits

PAIRS = [RatedPair(f"p{i}", f"question {i}", "gold", {"plain": f"a{i}", "tuned": f"b{i}"}) for i in range(60)]


def test_a_card_hides_the_methods_and_puts_them_on_either_side():
    cards = [ratings.blind(pair, "ann") for pair in PAIRS]
    assert cards == [ratings.blind(pair, "ann") for pair in PAIRS]
    assert not any("plain" in repr(card) or "tuned" in repr(card) for card in cards)
    left = collections.Counter(card.left_name for card in cards)
    assert 15 < left["plain"] < 45
    assert [c.left_name for c in cards] != [ratings.blind(pair, "bob").left_name for pair in PAIRS]
    for card, pair in zip(cards, PAIRS, strict=True):
        assert pair.methods[card.left_name] == card.left
        assert pair.methods[card.right_name] == card.right


def test_a_rating_is_kept_at_once_and_the_next_pair_comes():
    first = ratings.to_rate(PAIRS, "ann")
    ratings.keep(ratings.rated(first, "ann", "left", 5, 2))
    kept = ratings.kept("ann")
    assert kept[0].preferred == first.left_name
    assert kept[0].scores == {first.left_name: 5, first.right_name: 2}
    assert ratings.to_rate(PAIRS, "ann").pair == "p1"
    assert ratings.to_rate(PAIRS, "bob").pair == "p0"
    ratings.keep(ratings.rated(first, "ann", "neither", 3, 3))
    assert [r.preferred for r in ratings.kept("ann")] == [""], "the newest one counts"
    assert ratings.to_rate(PAIRS[:1], "ann") is None


def test_a_torn_line_costs_no_other_rating(capsys):
    for pair in PAIRS[:3]:
        ratings.keep(ratings.rated(ratings.blind(pair, "ann"), "ann", "right", 1, 4))
        with open(ratings.path(), "a", encoding="utf-8") as file:
            file.write('{"pair": "p9", "rat\n')
    assert [rating.pair for rating in ratings.kept()] == ["p0", "p1", "p2"]
    assert "is not a rating" in capsys.readouterr().err
    assert ratings.path().read_text().count("\n") == 6, "what could not be read is still there"


@pytest.mark.parametrize(
    ("rater", "choice", "left", "right"),
    [("ann", "both", 1, 1), ("ann", "left", 0, 3), ("ann", "left", 3, 6), (" ", "left", 3, 3), ("ann", "left", 3, 3.5)],
)
def test_ratings_outside_the_rubric_are_refused(rater, choice, left, right):
    with pytest.raises(ValueError, match="got"):
        ratings.rated(ratings.blind(PAIRS[0], "ann"), rater, choice, left, right)


def rate_all(rater, judge):
    cards = [ratings.blind(pair, rater) for pair in PAIRS]
    return [ratings.rated(card, rater, *judge(card)) for card in cards]


def test_kappa_agrees_with_its_definition():
    rng = np.random.default_rng(0)
    for weights in (None, "quadratic"):
        one = rng.integers(1, 6, 200)
        two = np.where(rng.random(200) < 0.6, one, rng.integers(1, 6, 200))
        table = np.zeros((5, 5))
        for a, b in zip(one, two, strict=True):
            table[a - 1, b - 1] += 1 / 200
        gap = np.subtract.outer(np.arange(5), np.arange(5))
        cost = gap**2 if weights else gap != 0
        expected = np.outer(table.sum(axis=1), table.sum(axis=0))
        wanted = 1 - (cost * table).sum() / (cost * expected).sum()
        found = ratings.kappa(one.tolist(), two.tolist(), weights)
        assert found.estimate == pytest.approx(wanted)
        assert found.low < wanted < found.high
    with pytest.raises(ValueError, match="undefined"):
        ratings.kappa(["a", "a"], ["a", "a"])
    with pytest.raises(ValueError, match="equally long"):
        ratings.kappa(["a"], [])


def test_two_raters_who_guess_do_not_agree_and_two_who_look_do():
    rng = np.random.default_rng(1)
    guess = [
        rate_all(name, lambda card: (str(rng.choice(["left", "right"])), 3, int(rng.integers(1, 6)))) for name in "ab"
    ]
    assert ratings.agreement(*guess)[0].high < 0.5

    def look(card):
        good = (card.left_name == "tuned") == (int(card.pair[1:]) % 3 > 0)
        return ("left" if good else "right", 5 if good else 1, 1 if good else 5)

    seen = [rate_all(name, look) for name in "cd"]
    choices, scores = ratings.agreement(seen[0][::-1], seen[1])
    assert (choices.estimate, scores.estimate) == (1.0, 1.0)
    half = [*seen[1][:30], *guess[0][30:]]
    assert 0.2 < ratings.agreement(seen[0], half)[0].estimate < 0.8


def test_pairs_to_rate_differ_and_one_of_the_two_is_good():
    ids = [f"i{n}" for n in range(90)]
    hits = np.array([[n % 3 == 0, n % 3 == 1] for n in range(90)]).T  # of three pairs, one has no good answer
    texts = [{one: f"{who} {one}" for one in ids} for who in ("one", "two")]
    texts[1]["i0"] = texts[0]["i0"] + " "  # reads alike
    first, second = (
        of_hits(name, list(some), ids=ids, details={"answers": said})
        for name, some, said in zip(("one", "two"), hits, texts, strict=True)
    )
    items = [Item(one, f"text {one}", "a") for one in ids]
    found = ratings.pairs_of(first, second, items, count=40)
    numbers = [int(pair.id.rsplit("i", 1)[1]) for pair in found]
    assert len(set(numbers)) == 40
    assert all(number % 3 < 2 and number for number in numbers)
    assert found == ratings.pairs_of(first, second, items, count=40), "the same ones each time"
    assert numbers != sorted(numbers)


def test_the_shipped_ratings_are_two_raters_on_every_pair():
    pairs, given = ratings.load_pairs(), ratings.shipped()
    assert len({pair.id for pair in pairs}) == len(pairs) >= 20
    assert {tuple(pair.methods) for pair in pairs} == {tuple(pairs[0].methods)}
    by_rater = collections.Counter(rating.rater for rating in given)
    assert list(by_rater.values()) == [len(pairs)] * 2
    methods = {pair.id: pair.methods for pair in pairs}
    for rating in given:
        assert set(rating.scores) == set(methods[rating.pair])
        assert set(rating.scores.values()) <= set(ratings.RUBRIC)
        assert rating.preferred in {"", *methods[rating.pair]}
        assert rating.left == ratings.blind(next(p for p in pairs if p.id == rating.pair), rating.rater).left_name


def test_a_rating_comes_back_blind_and_is_counted_by_method():
    card = ratings.blind(ratings.RatedPair("p", "q", "", {"plain": "a", "tuned": "b"}), "ann")
    for choice in ratings.CHOICES:
        blind = ratings.as_blind(ratings.rated(card, "ann", choice, 3, 4))
        assert blind == {"left": card.left_name, "right": card.right_name, "choice": choice}


def test_two_who_always_say_the_same_have_no_kappa_and_stop_nothing():
    same = [rate_all(name, lambda card: ("left" if card.left_name == "tuned" else "right", 4, 4)) for name in "ab"]
    assert ratings.agreement(*same) == (None, None)
    assert ratings.agreement(same[0], []) == (None, None)


def test_digits_follow_the_width():
    told = [ratings.rounded(Interval(0.5, 0.5 - half, 0.5 + half)) for half in (0.3, 0.03, 0.003, 0.0)]
    assert told == ["0.5 [0.2, 0.8]", "0.50 [0.47, 0.53]", "0.500 [0.497, 0.503]", "0.500 [0.500, 0.500]"]


def test_a_share_of_any_kind_is_told_in_words():
    given = [ratings.Rating(str(n), "ann", "long", {}, "long") for n in range(4)]
    for share in (0.5, Fraction(1, 2), np.array(0.5), np.array([0.5]), np.float32(0.5)):
        assert ratings.in_words(share, given) == "preferred in 2 of 4 decided pairs"
