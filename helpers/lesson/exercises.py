"""`check`, `hint` and `solution`: what a learner calls under an exercise.

A check judges by behavior, mostly on rows that the lesson does not show, and answers *not attempted*, *not yet: why* or
*correct*; it never raises on a wrong answer. The checks of each lesson stand in lesson/checks/; the solutions are
taken from the lessons' sources when the notebooks are built.
"""

import copy
import importlib
import inspect
import json
import math
import numbers
import os
import pathlib
import reprlib
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from helpers.lesson.checks.patience import told_if_long
from helpers.lesson.checks.taken import NotYet, need_own_work, taken, unwritten

NOT_ATTEMPTED, NOT_YET, CORRECT = "not attempted", "not yet", "correct"
LONGEST = 2000  # letters of a message
SOLUTIONS = pathlib.Path(__file__).parent / "checks" / "solutions.json"


@dataclass(frozen=True)
class Result:
    """What a check found: a status and a sentence."""

    exercise: str
    status: str
    message: str

    def __post_init__(self) -> None:
        if len(self.message) > LONGEST:
            object.__setattr__(self, "message", f"{self.message[:LONGEST]} …")

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


_called: list = []  # what the last call of a learner's function was given and, if it came back, what it returned
_short = reprlib.Repr()
_short.maxstring, _short.maxother, _short.maxlevel = 60, 80, 4


def shown(*values) -> str:
    """Return values as a message shows them: on one line, long ones cut."""
    return ", ".join(" ".join(_short.repr(value).split()) for value in values)


def tried(answer: Callable, *given, none_is_an_answer: bool = False):
    """Call a learner's function with copies of what is given, and return what it returns, with its iterators read.

    A forgotten `return` and a change to what was given get messages of their own.
    """
    copies = copy.deepcopy(given)
    _called[:] = [given]
    returned = answer(*copies)
    _called[:] = [given]  # anew, for the answer may have called a check itself
    found = taken(returned)
    _called[:] = [given, returned]
    if unwritten(found) and not none_is_an_answer:
        raise NotYet(
            f"your function returned nothing when it was given {shown(*given)}; does every way end with `return`?"
        )
    for before, after in zip(given, copies, strict=True):
        if type(before).__eq__ is not object.__eq__ and plain(before) != plain(after):
            raise NotYet(
                f"your function changes what it is given: {shown(before)} has become {shown(after)}. Work on a copy, "
                "for later cells use it again"
            )
    return found


def plain(value):
    """Return a value in Python's own kinds, whatever it says of itself: an array as lists, or as its only number."""
    if hasattr(value, "shape") and hasattr(value, "tolist"):
        return plain(value.item() if math.prod(value.shape) == 1 else value.tolist())
    if isinstance(value, Mapping):
        items = dict.items(value) if isinstance(value, dict) else value.items()
        return {plain(key): plain(item) for key, item in items}
    if isinstance(value, list | tuple):
        kind = list if isinstance(value, list) else tuple
        return kind(map(plain, kind.__iter__(value)))
    for kind, made in ((bool, bool), (str, str.__str__), (int, int.__int__), (float, float.__float__)):
        if isinstance(value, kind):
            return made(value)
    return value


def number(case: str, found) -> float:
    """Return a learner's number as a float: plain, or alone in an array. Raise NotYet, naming the case, for others."""
    try:
        return float("no number" if isinstance(found, str | bytes) else plain(found))
    except (TypeError, ValueError):
        raise NotYet(f"{case}: you return {shown(found)}; a number is asked for") from None


def positions(found, what: str = "positions, counted from 0") -> list[int]:
    """Return positions (or `what` else is a list of whole numbers), in any order or kind of list, as integers."""
    if isinstance(found, str | Mapping) or not isinstance(found, Iterable) or getattr(found, "shape", None) == ():
        raise NotYet(f"you return {shown(found)}; a list of {what} is asked for")
    all_given = list(found)
    items = [plain(item) for item in all_given]
    for item, given in zip(items, all_given, strict=True):
        if len(getattr(given, "shape", ())) > 0:
            raise NotYet(
                f"you return {shown(given)} in your list; whole numbers are asked for, not lists of one: {what}"
            )
        if isinstance(item, bool) or not isinstance(item, int):
            raise NotYet(f"you return {shown(item)} in your list; whole numbers are asked for: {what}")
    return items


def _same(found, wanted) -> bool:
    """Whether a plain value is what is wanted. An object of another kind is not, even one that says it equals all."""
    if isinstance(wanted, list | tuple):
        return type(found) is type(wanted) and len(found) == len(wanted) and all(map(_same, found, wanted))
    if isinstance(wanted, dict):
        return (
            isinstance(found, dict) and {*found} == {*wanted} and all(_same(found[key], wanted[key]) for key in wanted)
        )
    if isinstance(found, numbers.Number) and type(found) not in (bool, int, float, complex):
        found = complex(found)  # a fraction or the like in Python's own kind, whatever it says of itself
    known = found is None or type(found) in (bool, int, float, complex, str, set, frozenset)
    return known and found == wanted and isinstance(found, bool) == isinstance(wanted, bool)


def _told(value) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 600 else f"{text[:600]} …"


def compare(case: str, found, wanted, advice: str = "") -> None:
    """Raise NotYet, naming the case, unless what was found is what is wanted; floats may differ by about 1e-6."""
    if isinstance(wanted, float):
        value = number(case, found)
        same = math.isclose(value, wanted, rel_tol=1e-5, abs_tol=1e-6)
        digits = next((n for n in (3, 6) if f"{value:.{n}f}" != f"{wanted:.{n}f}"), 9)
        found, wanted = f"{value:.{digits}f}", f"{wanted:.{digits}f}"
    elif isinstance(wanted, str) and hasattr(found, "shape") and not isinstance(found, str):
        same, found, wanted = False, f"{shown(found)}, a text in an array", _told(wanted)
    else:
        found = plain(found)
        same = _same(found, wanted)
        found, wanted = _told(found), _told(wanted)
    if not same:
        raise NotYet(f"{case}: you return {found}; {wanted} is right{advice and '. '}{advice}")


def compare_items(case: str, found, wanted: list, content: str, advice: str = "") -> None:
    """Compare item by item. A NotYet for another number of items says what `content` is asked for."""
    asked = f"{case}: {len(wanted)} item{' is' if len(wanted) == 1 else 's are'} asked for, {content}"
    if isinstance(found, str | Mapping):
        raise NotYet(f"{asked}; you return the {type(found).__name__} {shown(found)}")
    items = list(found) if isinstance(found, Iterable) and getattr(found, "shape", None) != () else [found]
    if len(items) != len(wanted):
        raise NotYet(f"{asked}; you return {len(items)}")
    for at, pair in enumerate(zip(items, wanted, strict=True)):
        compare(f"{case}, at index {at}", *pair, advice)


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


def judge(exercise: str, *answers) -> Result:
    """Return the result of a check. A learner's error becomes *not yet*, with its message.

    Nothing is shown, unless the check takes long or is stopped: what to do is said then.
    """
    entry = find(exercise)
    if not answers:
        return Result(exercise, NOT_ATTEMPTED, f'give your answer too: check("{exercise}", your_answer)')
    if any(unwritten(answer) for answer in answers):
        return Result(exercise, NOT_ATTEMPTED, "write your answer in place of ..., run the cell, and check again")
    asked = inspect.signature(entry.check).parameters.values()
    if len(answers) != len(asked) and all(one.kind is not one.VAR_POSITIONAL for one in asked):
        wanted = "one answer is" if len(asked) == 1 else f"{len(asked)} answers are"
        names = " and ".join(one.name for one in asked)
        return Result(exercise, NOT_YET, f"{wanted} asked for ({names}), and you give {len(answers)}")
    _called.clear()
    try:
        with told_if_long(exercise):
            for answer in answers:
                need_own_work(answer)
            given = [answer if callable(answer) else taken(answer) for answer in answers]
            return Result(exercise, CORRECT, entry.check(*given))
    except KeyboardInterrupt:
        inside = [f", when your function was given {shown(*given)}. Does every loop in it end?" for given in _called]
        print(Result(exercise, NOT_YET, f"you stopped the check{inside[0] if len(inside) == 1 else ''}"))
        raise
    except NotYet as why:
        return Result(exercise, NOT_YET, str(why))
    except (Exception, SystemExit) as error:  # whatever a learner's code may raise is an answer that does not work yet
        return Result(exercise, NOT_YET, _what_stopped(error, answers))


def _what_stopped(error: BaseException, answers: tuple) -> str:
    """Say what a learner can do about an error: was it in the code, or is what it returned of another kind?"""
    what = f"{type(error).__name__}: {error}"
    value = next((answer for answer in answers if not callable(answer)), None)
    if isinstance(error, TypeError) and "not callable" in str(error) and value is not None:
        return f"a function is asked for, and this is a {type(value).__name__}; give its name without ()"
    if not _called:
        return f"your answer cannot be judged as it is: {what}"
    codes = [getattr(getattr(answer, "func", answer), "__code__", None) for answer in answers]
    files = {code.co_filename for code in codes if code}
    passed = {frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)}
    if len(_called) > 1 and files and not files & passed:
        found = _called[1]
        kind = type(found).__name__
        return f"for {shown(*_called[0])} you return {shown(found)}: no {kind} like this is asked for ({what})"
    return f"your code stopped with {what}, when it was given {shown(*_called[0])}"


def check(exercise: str, *answers) -> None:
    """Check an answer and print the result.

    In the course's own tests COURSE_EXPECT names the status that every check must have; then another one raises.
    """
    result = judge(exercise, *answers)
    print(result)
    expected = os.environ.get("COURSE_EXPECT")
    if expected and result.status != expected:
        raise AssertionError(f"expected {expected!r}, got {result}")


def yours(exercise: str, answer, own):
    """Return the learner's answer for the next cells to run on if its check says *correct*; else the course's own.

    It says which in one line. Of an exercise with several answers give tuples of them.
    """
    result = judge(exercise, *(answer if isinstance(own, tuple) else (answer,)))
    if result.status == CORRECT:
        print(f"From here on the lesson runs on your answer to {exercise}.")
        return answer
    print(f"{exercise} is {result.status}: from here on the lesson runs on the course's own answer to it.")
    return own


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
