"""An answer may hold so many items and no more, and may not look into the check that judges it."""

import inspect
import itertools
import sys

import pytest

from helpers.lesson import exercises
from helpers.lesson.checks import taken
from helpers.lesson.exercises import tried
from tests.lesson import test_exercises
from tests.lesson.test_answers_of_any_kind import FUNCTIONS, VALUES


class Endless:
    def __iter__(self):
        return itertools.count()


class EndlessByPlace:
    def __getitem__(self, place):
        return place


class EndlessList(list):
    def __iter__(self):
        return itertools.count()


class EndlessDict(dict):
    def __iter__(self):
        return itertools.count()


ENDLESS = {
    "a generator": itertools.count,
    "of its own kind": Endless,
    "by its places": EndlessByPlace,
    "a list": EndlessList,
    "a dict": lambda: EndlessDict(a=1),
    "a long range": lambda: range(10**15),
    "inside a list": lambda: [itertools.count()],
    "inside a dict": lambda: {"a": itertools.repeat("x")},
    "inside a generator": lambda: itertools.repeat(itertools.count(), 2),
    "messages": lambda: itertools.repeat({"role": "user", "content": "Hello"}),
}


@pytest.mark.parametrize("made", ENDLESS.values(), ids=ENDLESS)
@pytest.mark.parametrize("entry", test_exercises.ALL, ids=lambda entry: entry.id)
def test_an_answer_without_end_is_told_so(entry, made):
    answer = made() if entry.id in VALUES else lambda *_: made()
    told = exercises.judge(entry.id, *[answer] * len(test_exercises.asked(entry.id)))
    assert told.status == exercises.NOT_YET
    assert f"more than {taken.MOST_ITEMS:,} items, and maybe no end" in told.message, told


def test_as_many_items_as_may_be_are_taken():
    most = range(taken.MOST_ITEMS)
    assert "at position 1, is no leak" in exercises.judge("01.1", lambda train, test: most).message
    assert [*tried(lambda: (place for place in most))] == [*most]
    letters, pairs = taken.taken([iter("ab"), {"a": zip("a", "b", strict=True)}])
    assert [*letters] == ["a", "b"]
    assert [*pairs["a"]] == [("a", "b")]


def test_a_message_does_not_list_all_that_was_returned():
    told = exercises.judge("09.1", lambda groups, room: range(taken.MOST_ITEMS)).message
    assert len(told) < exercises.LONGEST + 9


def test_what_is_read_from_an_iterator_is_shown_as_the_iterator():
    told = exercises.judge("01.5", lambda accuracy, margin: (n for n in [300])).message
    assert "you return <generator object" in told and "a number is asked for" in told, told


def own_caller(*_):
    frame = sys._getframe(1)
    while frame:
        if frame.f_locals.get("wanted") is not None:
            return frame.f_locals["wanted"]
        frame = frame.f_back
    return 0


def by_inspect(*_):
    found = [frame.frame.f_locals["wanted"] for frame in inspect.stack() if "wanted" in frame.frame.f_locals]
    return found[0] if found else 0


class Caller:
    def __call__(self, *given):
        return own_caller(*given)


@pytest.mark.parametrize("entry", FUNCTIONS)
@pytest.mark.parametrize("answer", [own_caller, by_inspect, Caller(), lambda *given: own_caller(*given)])
def test_an_answer_that_looks_at_its_callers_is_refused(entry, answer):
    told = exercises.judge(entry.id, answer)
    assert told.status == exercises.NOT_YET
    assert "looks at who calls it" in told.message


def test_an_answer_that_looks_into_the_checks_is_refused():
    def planted(train, test):
        from helpers.lesson.checks.lesson_01 import LEAKED

        return [*LEAKED] if train else []

    for answer in (planted, lambda train, test: taken.taken([])):
        assert "uses the checks themselves" in exercises.judge("01.1", answer).message
