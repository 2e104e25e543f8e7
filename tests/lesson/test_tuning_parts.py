"""What lesson 05 judges comes out of rows and seconds; the parts of a verdict have their names."""

import numpy as np
import pytest
from ledger_rows import of_hits

from helpers.lesson import tuning_parts
from helpers.results import rules


def parts_of(claim):
    return {part.name for one in rules.everything() if one.id == claim for part in one.parts}


def tokens(method, count):
    return of_hits(method, [1, 0, 1, 1], prompt_tokens=[count] * 4, model="m")


@pytest.mark.parametrize("also", [None, "another"])
def test_tuned_rows_are_held_against_prompts_with_the_same_labels(also):
    seeds = [of_hits(f"seed {n}", [1, 1, 1, 1], model="m") for n in range(3)]
    other = tokens("another", 90) if also else None
    found = tuning_parts.of_labels(seeds, tokens("own", 10), tokens("nearest", 100), other)
    assert set(found) == parts_of("L11")
    assert [one.note for one in found["equal labels"]] == ["nearest"] + ["another"] * bool(also)
    assert found["tokens"].interval.estimate == pytest.approx(0.1)
    assert tuning_parts.of_labels([], tokens("own", 10), tokens("nearest", 100), other)["equal labels"] == []


def test_seconds_are_held_against_those_of_the_same_and_of_the_long_prompt():
    one, four = np.ones(6), np.full(6, 4.0)
    longer = {tuning_parts.SHORT: one, **dict.fromkeys(tuning_parts.LONG.values(), four)}
    found = tuning_parts.of_seconds({"merged": four, "untuned": one}, longer, tokens("own", 10))
    assert set(found) == parts_of("L10")
    assert found["same prompt"].interval.estimate == 4
    assert {found[f"long prompt, {way}"].interval.estimate for way in tuning_parts.LONG} == {0.25}


@pytest.mark.parametrize(("count", "told"), [(1, "(1 seed) minus rival"), (3, "(3 seeds) minus rival")])
def test_what_tuning_gains_is_told_with_its_seeds(count, told, capsys):
    found = tuning_parts.gains([of_hits(f"seed {n}", [1, 1]) for n in range(count)], [of_hits("rival", [0, 0])])
    assert told in capsys.readouterr().out
    assert found["rival"].estimate == 1
