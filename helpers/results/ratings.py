"""Blind ratings: which of two answers would you send, and how good is each from 1 to 5? Kept as you go, and counted.

Whoever rates sees neither the methods nor always the same one on the left. Ratings are appended to
results/ratings.jsonl; the newest one of a rater and pair counts. The faces that ask stand in widgets.
"""

import hashlib
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from sklearn import metrics

from helpers import statistics
from helpers.machine import runtime
from helpers.results import store
from helpers.results.given import alone
from helpers.results.rows import LedgerRow
from helpers.statistics import Interval
from helpers.tasks import files

FOLDER = runtime.ROOT / "data" / "ratings"
RUBRIC = {
    1: "you would not know what happened, or what to do next",
    2: "you would have to ask again, or feel brushed off",
    3: "usable: it says what matters, but is long, cold or unclear in places",
    4: "good, with one thing to mend",
    5: "clear, kind and no longer than needed; you would send it as it is",
}
CHOICES = ("left", "right", "neither")


@dataclass(frozen=True)
class RatedPair:
    """What was asked, the right answer (empty if there is no one), and what two methods said (name -> text)."""

    id: str
    question: str
    answer: str
    methods: dict

    @property
    def names(self) -> tuple[str, str]:
        """The two methods' names, in the order of the file."""
        return tuple(self.methods)


@dataclass(frozen=True)
class Card:
    """A pair as a rater sees it: its methods' names stay hidden until the rating is kept."""

    pair: str
    question: str
    answer: str
    left: str
    right: str
    left_name: str = field(repr=False)
    right_name: str = field(repr=False)


@dataclass(frozen=True)
class Rating:
    """One rating: the method preferred (an empty text for neither), scores from 1 to 5, and which one was left."""

    pair: str
    rater: str
    preferred: str
    scores: dict
    left: str
    made: str = ""


def load_pairs() -> list[RatedPair]:
    """Return the course's pairs of answers."""
    return [RatedPair(**row) for row in files.read_jsonl(FOLDER / "pairs.jsonl")]


def pairs_of(first: LedgerRow, second: LedgerRow, items: Sequence, count: int = 24) -> list[RatedPair]:
    """Return pairs of what two methods answered to the same items, drawn at random, the same ones each time.

    A pair is worth a rater's time if its answers differ, and at least one row counts its own as good: where neither
    does, nobody would send either. So wins among these pairs say nothing about all items.

    items: those of the rows' test set. Raises KeyError where a row keeps no answers.
    """
    one, two = (row.details["answers"] for row in (first, second))
    good = {item for row in (first, second) for item, hit in zip(row.ids, row.correct, strict=True) if hit}
    both = [
        item
        for item in items
        if item.id in good and item.id in one and item.id in two and one[item.id].strip() != two[item.id].strip()
    ]
    order = np.random.default_rng(0).permutation(len(both))[:count]
    return [
        RatedPair(
            f"{first.task}: {first.method} / {second.method}: {both[i].id}",
            both[i].text,
            getattr(both[i], "answer", ""),
            {first.method: one[both[i].id], second.method: two[both[i].id]},
        )
        for i in order
    ]


def rounded(found: Interval) -> str:
    """Return an estimate and its interval with the digits that it bears: up to that in which half its width shows.

    >>> rounded(Interval(0.692, 0.424, 0.873)), rounded(Interval(0.899, 0.843, 0.937))
    ('0.7 [0.4, 0.9]', '0.90 [0.84, 0.94]')
    """
    half = (found.high - found.low) / 2
    digits = min(3, max(1, -math.floor(math.log10(half)))) if half > 0 else 3
    return f"{found.estimate:.{digits}f} [{found.low:.{digits}f}, {found.high:.{digits}f}]"


def in_words(share: float | None, given: Sequence[Rating]) -> str:
    """Return the share of wins among ratings with a preference as a count of these.

    >>> in_words(0.5, [Rating(str(n), "ann", "long" if n else "", {}, "long") for n in range(3)]), in_words(None, [])
    ('preferred in 1 of 2 decided pairs', 'no pair is decided')
    """
    decided = sum(bool(rating.preferred) for rating in given)
    if share is None:
        return "no pair is decided"
    return f"preferred in {float(alone(share)) * decided:.0f} of {decided} decided pairs"


def shipped() -> list[Rating]:
    """Return the ratings that the course ships; data/ratings/DATASHEET.md says who made them, and how."""
    return store.read(FOLDER / "ratings.jsonl", Rating, "a rating")


def in_step(ratings: Sequence[Rating]) -> list[list[str]]:
    """Return for each rater the method preferred for each pair ("neither" for none), pairs in the same order for all.

    >>> in_step([Rating("b", "one", "long", {}, "long"), Rating("a", "one", "", {}, "long")])
    [['neither', 'long']]
    """
    votes: dict[str, dict[str, str]] = {}
    for rating in ratings:
        votes.setdefault(rating.rater, {})[rating.pair] = rating.preferred or "neither"
    return [[seen[pair] for pair in sorted(seen)] for seen in votes.values()]


def path():
    """Return the learner's file of ratings, beside the ledger."""
    return store.folder() / "ratings.jsonl"


def kept(rater: str | None = None) -> list[Rating]:
    """Return the newest rating of each rater and pair; a line that cannot be read is warned of, and left as it is."""
    newest = {(r.rater, r.pair): r for r in store.read(path(), Rating, "a rating")}
    return [rating for rating in newest.values() if rater in (None, rating.rater)]


def blind(pair: RatedPair, rater: str) -> Card:
    """Return a pair as this rater sees it; the side is drawn from rater and pair, so it is the same each time."""
    names = pair.names
    if int(hashlib.sha256(f"{rater}\n{pair.id}".encode()).hexdigest(), 16) % 2:
        names = names[::-1]
    left, right = (pair.methods[name] for name in names)
    return Card(pair.id, pair.question, pair.answer, left, right, *names)


def to_rate(pairs: Sequence[RatedPair], rater: str) -> Card | None:
    """Return the first pair that this rater has not rated yet, blind; None if all are done."""
    done = {rating.pair for rating in kept(rater)}
    return next((blind(pair, rater) for pair in pairs if pair.id not in done), None)


def rated(card: Card, rater: str, choice: str, left_score: int, right_score: int) -> Rating:
    """Return a rating of a card, its methods named; raises ValueError if choice or a score is none of those allowed."""
    if choice not in CHOICES:
        raise ValueError(f"the choice is one of {', '.join(CHOICES)}; got {choice!r}")
    if not rater.strip() or left_score not in RUBRIC or right_score not in RUBRIC:
        raise ValueError(f"give a rater and whole scores from 1 to 5; got {rater!r}, {left_score!r}, {right_score!r}")
    preferred = {"left": card.left_name, "right": card.right_name, "neither": ""}[choice]
    scores = {card.left_name: int(left_score), card.right_name: int(right_score)}
    return Rating(card.pair, rater.strip(), preferred, scores, card.left_name, time.strftime("%Y-%m-%dT%H:%M:%S"))


def keep(rating: Rating) -> None:
    """Append a rating to the learner's file."""
    store.append(rating, path())


def as_blind(rating: Rating) -> dict:
    """Return a rating as it arrives before the names are known: `left`, `right` and `choice`."""
    right = next(name for name in rating.scores if name != rating.left)
    choice = {"": "neither", rating.left: "left"}.get(rating.preferred, "right")
    return {"left": rating.left, "right": right, "choice": choice}


def win_share(ratings: Sequence[dict], method: str) -> float | None:
    """Return how often `method` is preferred among blind ratings with a preference; None if none has one.

    >>> win_share([{"left": "a", "right": "b", "choice": "right"}], "b")
    1.0
    """
    preferred = [rating[rating["choice"]] for rating in ratings if rating["choice"] != "neither"]
    return preferred.count(method) / len(preferred) if preferred else None


def kappa(first: Sequence, second: Sequence, weights: str | None = None) -> Interval:
    """Return Cohen's kappa of two raters' answers to the same pairs, with a bootstrap interval over the pairs.

    0 is what chance gives, 1 is full agreement. weights: "quadratic" for scores, where 4 against 5 is nearly agreed.

    >>> round(kappa(["a", "b", "a", "b"], ["a", "b", "a", "a"]).estimate, 2)
    0.5
    """
    if len(first) == len(second) and len({*first, *second}) == 1:
        raise ValueError("both raters gave the same one answer throughout; kappa is undefined")

    def of_sample(one: Sequence, two: Sequence) -> float:
        same = len({*one, *two}) == 1
        return 1.0 if same else float(metrics.cohen_kappa_score(list(one), list(two), weights=weights))

    return statistics.bootstrap_interval(first, second, of_sample, resamples=500)


def agreement(one: Sequence[Rating], two: Sequence[Rating]) -> tuple[Interval | None, Interval | None]:
    """Return kappa of two raters on the pairs that both rated: on preferences, and weighted on all scores.

    None stands where kappa is not defined: no pair was rated by both, or both gave the same one answer throughout.
    """
    first, second = ({rating.pair: rating for rating in ratings} for ratings in (one, two))
    both = [pair for pair in first if pair in second]
    choices = [[by[pair].preferred for pair in both] for by in (first, second)]
    names = sorted({name for pair in both for name in first[pair].scores})
    scores = [[by[pair].scores[name] for pair in both for name in names] for by in (first, second)]
    return tuple(
        kappa(*given, weights=weights) if len({*given[0], *given[1]}) > 1 else None
        for given, weights in ((choices, None), (scores, "quadratic"))
    )
