"""Figures of rules that lessons type out are those that the helpers reckon with."""

import re

import pytest

from helpers.machine import runtime
from helpers.methods.retrieval import contexts
from helpers.results import decisions, registry, regret
from helpers.statistics import WORTHWHILE
from helpers.statistics.intervals import LEVEL

FIGURES = {  # lesson -> phrases, each with the figure that a helper holds
    "04_mini_rag": [f"as many chunks as {contexts.BUDGET:,} tokens hold"],
    "07_combine": [f"to within {WORTHWHILE}:"],
    "08_decide": [
        f"A {1 - LEVEL:.0%} test".replace("%", " %"),
        f"once in {1 / (1 - LEVEL):.0f}",
        f"under {WORTHWHILE}, too small",
        f"p-value against the leader is {round(1 - LEVEL, 2)} or more",
        f"less than {WORTHWHILE}.",
        f"{WORTHWHILE} was our answer",
        f"the {2 ** len(decisions.JUDGED)} ways",
    ],
    "labs/04_search": [f"by at least {WORTHWHILE}*", f"at least {WORTHWHILE}."],
    "labs/04_trust": [f"by at least {WORTHWHILE}*"],
    "labs/08_after": [f"becomes {1 / registry.ALARM:.0f} in at most 1 run of {1 / registry.ALARM:.0f}"],
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_that_a_lesson_types_is_that_of_a_helper(name):
    source = (runtime.ROOT / f"notebooks/source/{name}.py").read_text(encoding="utf-8")
    words = " ".join(re.sub(r"(?m)^# ?", "", source).split())
    assert [phrase for phrase in FIGURES[name] if phrase not in words] == []


def test_a_tie_is_what_the_exercise_says():
    tie = regret.cheapest_tie
    assert tie([0.8, 0.8 - WORTHWHILE / 2], [1.0, 0.0], [2.0, 1.0]) == 1
    assert tie([0.8, 0.7], [1.0, round(1 - LEVEL, 2)], [2.0, 1.0]) == 1
    assert tie([0.8, 0.7], [1.0, 1 - LEVEL - 0.01], [2.0, 1.0]) == 0
