"""What a check takes of an answer: so many items and no more, and no answer that looks into the check itself."""

import dis
import inspect
import itertools
from collections.abc import Iterator, Mapping
from types import CodeType, FunctionType, ModuleType

MOST_ITEMS = 100_000  # of one answer, with all lists inside; one that never ends would keep a check going for ever
DEEPEST = 8
INTO_CALLERS = {"_getframe", "currentframe", "f_back", "f_locals", "f_globals", "tb_frame", "get_objects"}
CHECKS = __name__.rpartition(".")[0]


class NotYet(Exception):
    """Raised inside a check when the answer is not right; its message tells the learner why."""


class _Read:
    """The items of an iterator that was read to its end. It is shown as the iterator itself."""

    def __init__(self, iterator: Iterator, items: list):
        self._iterator, self._items = iterator, iter(items)

    def __iter__(self) -> Iterator:
        return self

    def __next__(self):
        return next(self._items)

    def __repr__(self) -> str:
        return repr(self._iterator)


def taken(answer):
    """Return what a learner gives or returns, with its iterators read; raise NotYet if it has too many items."""
    return _taken(answer, itertools.count(1), DEEPEST)


def _taken(value, counted: Iterator[int], deep: int):
    if isinstance(value, str | bytes | bytearray | type) or not deep:
        return value
    try:
        items = iter(value)
    except TypeError:
        return value
    read = []
    for item in items:
        if next(counted) > MOST_ITEMS:
            raise NotYet(
                f"your answer has more than {MOST_ITEMS:,} items, and maybe no end; does what makes them ever stop?"
            )
        read.append(item)
    if isinstance(value, Iterator):
        return _Read(value, [_taken(item, counted, deep - 1) for item in read])
    if hasattr(value, "shape"):
        return value
    inside = [value[key] for key in read] if isinstance(value, Mapping) else read
    new = [_taken(item, counted, deep - 1) for item in inside]
    if all(after is before for after, before in zip(new, inside, strict=True)):
        return value
    kind = dict if isinstance(value, Mapping) else tuple if isinstance(value, tuple) else list
    return kind(zip(read, new, strict=True)) if kind is dict else kind(new)


def need_own_work(answer) -> None:
    """Raise NotYet if a learner's function looks at its callers or into the checks, where right answers stand."""
    for name in _names(answer, set()):
        if name in INTO_CALLERS:
            raise NotYet(f"your function looks at who calls it ({name}); it should work with what it is given alone")
        if name.startswith(CHECKS):
            raise NotYet(f"your function uses the checks themselves ({name}); it should work with what it is given")


def _names(answer, seen: set[int]) -> Iterator[str]:
    """The names in the code of a function, and in that of the functions beside it that it calls."""
    answer = inspect.unwrap(getattr(answer, "func", answer))
    function = getattr(answer, "__func__", answer)
    if not isinstance(function, FunctionType):
        function = inspect.getattr_static(type(answer), "__call__", None)
    if not isinstance(function, FunctionType) or id(function) in seen:
        return
    seen.add(id(function))
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        codes += [value for value in code.co_consts if isinstance(value, CodeType)]
        yield from code.co_names
        yield from (value for value in code.co_consts if isinstance(value, str) and value in INTO_CALLERS)
        for value in map(function.__globals__.get, code.co_names):
            if isinstance(value, ModuleType):
                yield value.__name__
            if isinstance(value, FunctionType):
                yield value.__module__ or ""
                if value.__globals__ is function.__globals__:
                    yield from _names(value, seen)


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
