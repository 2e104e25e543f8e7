"""Every rule can come out both ways at its n, is rarely wrong at its limit, and names the n that it needs."""

import math
from collections import Counter
from functools import cache

import numpy as np
import pytest
from scipy import stats

from helpers.results import evidence, power, rules
from helpers.results.evidence import FAILED, HELD, Evidence
from helpers.statistics import Interval

TIMES = 500
CHANCE = 3 * (0.05 * 0.95 / TIMES) ** 0.5  # what simulating so often leaves uncertain at 5 %
CLAIMS = rules.everything()
PARTS = {f"{claim.id} {part.name}": part for claim in CLAIMS for part in claim.parts}
TOLD_FROM_NOTHING = {name: part for name, part in PARTS.items() if part.n > 1}


def _shares(part, truth, rng):
    right = np.arange(part.n + 1)
    likely = stats.binom.pmf(right, part.n, truth)
    for k, p in zip(right.tolist(), likely, strict=True):
        if p > 1e-6:
            yield evidence.share([1] * k + [0] * (part.n - k)), p


def _paired(part, truth, rng):
    differing = max(part.differing, abs(truth))
    shares = [(differing - truth) / 2, (differing + truth) / 2, 1 - differing]
    for (one, two, same), count in Counter(map(tuple, rng.multinomial(part.n, shares, TIMES).tolist())).items():
        first, second = [1] * one + [0] * two, [0] * one + [1] * two
        yield evidence.difference(first + [0] * same, second + [0] * same), count / TIMES


def _two_sets(part, truth, rng):
    pairs = zip(*(rng.binomial(part.n, 0.5 + sign * truth / 2, TIMES).tolist() for sign in (-1, 1)), strict=True)
    for hits, count in Counter(pairs).items():
        yield evidence.independent(*([1] * k + [0] * (part.n - k) for k in hits)), count / TIMES


def _ranks(part, truth, rng):
    moved = 2**0.5 * stats.norm.ppf(truth)
    for _ in range(TIMES // 4):
        yield evidence.rank(rng.normal(size=part.n), rng.normal(moved, size=part.n)), 4 / TIMES


def _draws(part, truth, rng):
    """Four in ten items are open, and fall one way or the other in each draw; the others are the same in all draws."""
    places = np.linspace(-1, 1, part.draws)
    chance = 0.5 + truth * places / places.std(ddof=1) / 0.4
    for _ in range(TIMES // 4):
        hits = np.tile(rng.random(part.n) < 0.5, (part.draws, 1))
        open_items = rng.random(part.n) < 0.4
        hits[:, open_items] = rng.random((part.draws, open_items.sum())) < chance[:, None]
        yield evidence.draws(hits), 4 / TIMES


def _normal(part, truth, rng):
    error = part.spread / part.n**0.5
    for value in rng.normal(truth, error, TIMES):
        figure = Interval(value, value - 1.96 * error, value + 1.96 * error)
        yield Evidence(part.measure, figure, part.n), 1 / TIMES


SAMPLES = {"share": _shares, "paired": _paired, "shares": _two_sets, "rank": _ranks, "draws": _draws}


@cache
def outcomes(part, truth):
    """How often a part comes out how, at its smallest n, if its quantity truly is `truth`."""
    found = Counter()
    for one, weight in SAMPLES.get(part.measure, _normal)(part, truth, np.random.default_rng(0)):
        found[evidence.lies(part, one)] += weight
    return found


def as_measured(part):
    """The part without what does not touch its numbers, so that equal ones are simulated once."""
    kept = ("measure", "direction", "limit", "n", "if_true", "if_false", "worthwhile", "differing", "spread", "draws")
    return rules.Part("", "", **{name: getattr(part, name) for name in kept})


def edges(part):
    """The truths at which a part turns, with the outcomes that would be wrong there."""
    limits = part.limits
    if part.direction == "apart":
        return [(limits[0], {HELD}), (limits[0] + part.worthwhile, {FAILED})]
    if part.worthwhile:
        sign = 1 if part.direction == "above" else -1
        return [(limits[0], {HELD}), (limits[0] + sign * part.worthwhile, {FAILED})]
    return [(limit, {HELD, FAILED}) for limit in limits]


@pytest.mark.parametrize("name", TOLD_FROM_NOTHING)
def test_a_rule_comes_out_both_ways_and_is_rarely_wrong_at_its_limit(name):
    part = as_measured(PARTS[name])
    assert evidence.both_ways(part, part.n)
    assert outcomes(part, part.if_true)[HELD] > power.POWER - 0.06
    assert outcomes(part, part.if_false)[FAILED] > power.POWER - 0.06
    for truth, wrong in edges(part):
        said = outcomes(part, truth)
        assert sum(said[outcome] for outcome in wrong) <= 0.05 + CHANCE, (truth, said)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_a_rule_of_several_parts_is_rarely_called_false_where_all_of_them_just_hold(claim):
    false = [
        max(outcomes(part, truth)[FAILED] for truth, wrong in edges(part) if FAILED in wrong)
        for part in map(as_measured, (part for part in claim.parts if part.n > 1))
    ]
    # Parts joined by conditions are told one by one, so each is held to its own chance; others speak with one voice.
    together = max(false, default=0.0) if claim.join == "conditions" else 1 - math.prod(1 - one for one in false)
    assert together <= 0.05 + CHANCE


@pytest.mark.parametrize("name", [name for name in PARTS if name not in TOLD_FROM_NOTHING])
def test_a_plain_figure_decides_on_either_side_of_its_limit(name):
    part = PARTS[name]
    for dtype, limit in part.limit if part.direction != "within" and isinstance(part.limit, tuple) else (("", 0.0),):
        if part.measure == "yes":
            given = [evidence.yes(True), evidence.yes(False)]
        elif part.direction == "within":
            given = [evidence.number(np.mean(part.limit)), evidence.number(part.limit[1] + 1)]
        else:
            at = limit or part.limit
            given = [evidence.number(at + 1, dtype=dtype), evidence.number(at - 1, dtype=dtype)]
            given = given if part.direction == "above" else given[::-1]
        assert [evidence.lies(part, one) for one in given] == [HELD, FAILED]


def test_no_rule_promises_an_n_that_is_too_small():
    needed = {}
    for name, part in PARTS.items():
        key = as_measured(part)
        needed[key] = needed.get(key) or power.smallest_n(part)
        assert part.n >= needed[key], f"{name}: {part.n} items, and {needed[key]} are needed"


def test_parts_with_too_few_rows_are_listed():
    listed = {(claim, part.name) for claim, part in power.too_small()}
    for claim in (claim for claim in CLAIMS if claim.kind == "measured"):
        assert all(((claim.id, part.name) in listed) == (part.rows < part.n) for part in claim.parts)


def test_a_share_of_all_that_there_are_can_be_too_few():
    """24 of 24 leave a low end of 0.862: "above 0.95" could not come out held, whatever was measured."""
    part = PARTS["P2 valid"]
    assert not evidence.both_ways(part, 24)
    for right in (24, 0):  # not even a share far below counts, as none above could have
        assert evidence.settle(part, evidence.share([1] * right + [0] * (24 - right))) == evidence.WEAK
    assert evidence.settle(part, evidence.share([1] * part.n)) == HELD
