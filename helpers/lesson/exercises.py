"""`check`, `hint` and `solution`: what a learner calls under an exercise.

A check judges by behavior, mostly on rows that the lesson does not show, and answers *not attempted*, *not yet: why* or
*correct*; it never raises on a wrong answer. The checks of each lesson stand in lesson/checks/; the solutions are
taken from the lessons' sources when the notebooks are built.
"""

import copy
import dis
import importlib
import json
import os
import pathlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

NOT_ATTEMPTED, NOT_YET, CORRECT = "not attempted", "not yet", "correct"
SOLUTIONS = pathlib.Path(__file__).parent / "checks" / "solutions.json"


class NotYet(Exception):
    """Raised inside a check when the answer is not right; its message tells the learner why."""


@dataclass(frozen=True)
class Result:
    """What a check found: a status and a sentence."""

    exercise: str
    status: str
    message: str

    def __str__(self) -> str:
        return f"{self.exercise} {self.status}{': ' if self.message else ''}{self.message}"


@dataclass(frozen=True)
class Exercise:
    """One exercise: its check raises NotYet, or returns a sentence that says what was right."""

    id: str
    check: Callable[..., str]
    hints: tuple[str, ...]


def exercise(id: str, *hints: str) -> Callable[[Callable[..., str]], Exercise]:
    """Make an exercise of the check that stands below."""
    return lambda check: Exercise(id, check, hints)


def tried(answer: Callable, *given):
    """Call a learner's function with copies of what is given; a forgotten `return` gets a message of its own."""
    found = answer(*copy.deepcopy(given))
    if unwritten(found):
        raise NotYet("your function returned nothing; does it end with `return`?")
    return found


def compare(case: str, found, wanted, advice: str = "") -> None:
    """Raise NotYet, naming the case, unless what was found is what is wanted; floats may differ by about 1e-6."""
    if isinstance(wanted, float):
        try:
            number = float("no number" if isinstance(found, str) else found)
        except (TypeError, ValueError):
            raise NotYet(f"{case}: you return {found!r}; a number is asked for") from None
        same, found, wanted = np.isclose(number, wanted, atol=1e-6), f"{number:.3f}", f"{wanted:.3f}"
    else:
        same = found == wanted and isinstance(found, bool) == isinstance(wanted, bool)
        found, wanted = (repr(value) if isinstance(value, str) else value for value in (found, wanted))
    if not same:
        raise NotYet(f"{case}: you return {found}; {wanted} is right{advice and '. '}{advice}")


def compare_items(case: str, found, wanted: list, content: str) -> None:
    """Compare item by item. A NotYet for another number of items says what `content` is asked for."""
    items = list(found) if isinstance(found, Iterable) else [found]
    if len(items) != len(wanted):
        raise NotYet(f"{case}: {len(wanted)} items are asked for, {content}; you return {len(items)}")
    for at, pair in enumerate(zip(items, wanted, strict=True)):
        compare(f"{case}, at index {at}", *pair)


def lesson_exercises(lesson: str) -> dict[str, Exercise]:
    """Return the exercises of a lesson (`"01"`) by id; raises ValueError if an id is given twice."""
    module = importlib.import_module(f"helpers.lesson.checks.lesson_{lesson}")
    found = [value for value in vars(module).values() if isinstance(value, Exercise)]
    by_id = {entry.id: entry for entry in found}
    if len(by_id) < len(found):
        raise ValueError(f"an exercise id is given twice among {[entry.id for entry in found]}")
    return by_id


def find(exercise: str) -> Exercise:
    """Return an exercise by id (`"01.3"`); raises KeyError naming the ids of its lesson, ValueError if not a text."""
    if not isinstance(exercise, str):
        raise ValueError(f"an exercise id is a text in quotes, like '01.3'; got {exercise!r}")
    lesson = exercise.split(".")[0]
    try:
        known = lesson_exercises(lesson)
    except ModuleNotFoundError:
        raise KeyError(f"there is no lesson {lesson!r} with exercises; ids look like '01.3'") from None
    if exercise not in known:
        raise KeyError(f"there is no exercise {exercise!r}; lesson {lesson} has {', '.join(known)}")
    return known[exercise]


def unwritten(answer) -> bool:
    """Return whether an answer is still the `...` of the exercise: the value, or a function that holds only that."""
    if answer is ... or answer is None:
        return True
    code = getattr(answer, "__code__", None)
    if code is None:
        return False
    steps = [step for step in dis.get_instructions(code) if step.opname not in ("RESUME", "NOP")]
    returned = [step.argval for step in steps if step.opname in ("LOAD_CONST", "RETURN_CONST")]
    return returned == [None] and all(step.opname in ("LOAD_CONST", "RETURN_CONST", "RETURN_VALUE") for step in steps)


def judge(exercise: str, *answers) -> Result:
    """Return the result of a check without showing it. A learner's error becomes *not yet*, with its message."""
    entry = find(exercise)
    if not answers:
        return Result(exercise, NOT_ATTEMPTED, f'give your answer too: check("{exercise}", your_answer)')
    if any(unwritten(answer) for answer in answers):
        return Result(exercise, NOT_ATTEMPTED, "write your answer in place of ..., run the cell, and check again")
    try:
        return Result(exercise, CORRECT, entry.check(*answers))
    except NotYet as why:
        return Result(exercise, NOT_YET, str(why))
    except Exception as error:  # whatever a learner's code may raise is an answer that does not work yet
        why = f"your code stopped with {type(error).__name__}: {error}"
        value = next((answer for answer in answers if not callable(answer)), None)
        if isinstance(error, TypeError) and "not callable" in str(error) and value is not None:
            why = f"a function is asked for, and this is a {type(value).__name__}; give its name without ()"
        return Result(exercise, NOT_YET, why)


def check(exercise: str, *answers) -> None:
    """Check an answer and print the result.

    In the course's own tests COURSE_EXPECT names the status that every check must have; then another one raises.
    """
    result = judge(exercise, *answers)
    print(result)
    expected = os.environ.get("COURSE_EXPECT")
    if expected and result.status != expected:
        raise AssertionError(f"expected {expected!r}, got {result}")


_hints_given: dict[str, int] = {}


def hint(exercise: str) -> None:
    """Print the next hint; after the last one, start again."""
    hints = find(exercise).hints
    given = _hints_given.get(exercise, 0)
    _hints_given[exercise] = given + 1
    print(f"Hint {given % len(hints) + 1} of {len(hints)} for {exercise}: {hints[given % len(hints)]}")


def solution(exercise: str) -> None:
    """Print the answer of an exercise and the reasoning behind it."""
    find(exercise)
    stored = json.loads(SOLUTIONS.read_text(encoding="utf-8"))[exercise]
    print(f"One solution of {exercise}:\n\n{stored['code']}\n\nWhy: {stored['why']}")
