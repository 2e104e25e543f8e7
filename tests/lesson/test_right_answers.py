"""Right answers to the exercises in other shapes than the solutions': every check accepts them."""

import importlib
import pathlib

import pytest

from helpers.lesson import exercises

RIGHT = [
    pytest.param(exercise, answer, id=f"{exercise}: {name}")
    for path in sorted((pathlib.Path(__file__).parent / "right_answers").glob("lesson_*.py"))
    for exercise, answers in importlib.import_module(f"tests.lesson.right_answers.{path.stem}").RIGHT.items()
    for name, answer in answers.items()
]


@pytest.mark.parametrize(("exercise", "answer"), RIGHT)
def test_right_answers_of_other_shapes_pass(exercise, answer):
    result = exercises.judge(exercise, *(answer if isinstance(answer, tuple) else (answer,)))
    assert result.status == exercises.CORRECT, result
