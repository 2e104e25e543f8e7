"""Methods that the course sets side by side are equal in all that is not told as a difference."""

import pytest

from helpers.lesson import few_shot_parts, main_rows
from helpers.methods import json_prompts
from helpers.methods.reader_choices import QUOTED, RECIPES
from helpers.methods.recipe_choices import CHOICES
from helpers.methods.search import BUDGET, unequal
from helpers.model.catalogue import DEFAULT
from helpers.results import lookup

UNLIKE = {  # task -> in what its rows may differ beside the method: what it costs to use, and part of the answer
    "intents": ("tries on dev", "labels"),
    "changes": ("tries on dev", "labels"),
    main_rows.QUESTIONS: ("tries on dev", "labels"),
    "voice": ("labels",),
    "refusals": ("labels",),
    "facts": ("labels",),
}
OTHERWISE = {
    "prompt edit",  # lab 02_changes: the six edits that a person would try in minutes are its subject
    few_shot_parts.COURSES,  # 4,096 tables of words: what examples and tuning must beat, never a method to be praised
}
COMPARED = [
    *((task, wanted.split, tuple(wanted.methods)) for task, wanted in main_rows.MAIN.items()),
    *((one.task, one.split, (*one.prompts, *one.tuned)) for one in main_rows.BEFORE_AFTER),
]


def rows_of(task, split, methods):
    kept = lookup.rows(task, split, reference=True, model=DEFAULT)
    return [row for row in kept if row.reference and row.method in methods]


@pytest.mark.parametrize(("task", "split", "methods"), COMPARED)
def test_number_format_and_token_limit_are_equal_and_what_differs_is_declared(task, split, methods):
    rows = rows_of(task, split, methods)
    assert {row.method for row in rows} == set(methods)
    differs = {line.split(":")[0] for line in unequal(rows)}
    declared = set(UNLIKE.get(task, ()))
    assert differs <= declared
    assert declared <= {"tries on dev", "labels"}, "no difference of format or length is ever declared away"
    texts = {frozenset(zip(row.ids, row.texts, strict=True)) for row in rows}
    assert len(texts) == 1, "the same items, word for word"


@pytest.mark.parametrize("task", UNLIKE)
def test_no_difference_is_declared_that_is_not_there(task):
    there = {line.split(":")[0] for one in COMPARED if one[0] == task for line in unequal(rows_of(*one))}
    assert there == set(UNLIKE[task])


def test_methods_that_search_on_dev_had_as_many_tries_as_any_other():
    kept = lookup.rows(reference=True, model=DEFAULT)
    tries = {row.method: row.tries for row in kept if row.split != "dev" and row.tries and "tune" not in row.approach}
    searched = {name: n for name, n in tries.items() if name not in OTHERWISE}
    assert set(searched.values()) == {BUDGET}, searched
    assert json_prompts.METHOD in searched


def test_recipes_that_are_searched_on_dev_had_as_many_trainings_each():
    kept = lookup.rows(reference=True, model=DEFAULT)
    tries = {(row.task, row.method): row.tries for row in kept if row.split != "dev" and "tune" in row.approach}
    searched = {name: n for name, n in tries.items() if n}
    assert set(searched.values()) == {len(CHOICES["changes"].recipes)} == {len(RECIPES[QUOTED])}
    # on the hard questions (policy_qa) stands the recipe that the plain ones of dev chose
    assert {task for task, _ in searched} == {"assistant", "changes", "policy_qa_plain", "policy_qa"}
