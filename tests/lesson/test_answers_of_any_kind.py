"""What no exercise accepts, whatever it asks, and what its message then says."""

import ast
import copy
import json
import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch

from helpers.lesson import exercises
from helpers.lesson.checks import lesson_02
from helpers.lesson.exercises import NotYet, compare, compare_items, number, plain, positions, tried
from helpers.model.prompts import Prompt
from helpers.tasks import intents
from tests.lesson import test_exercises
from tests.lesson.equal import Equal, EqualText

VALUES = ("00.2", "01.2", "02.3", "02.6")  # these ask for no function
FUNCTIONS = [pytest.param(entry, id=entry.id) for entry in test_exercises.ALL if entry.id not in VALUES]


class EqualNumber(Equal, int): ...


class EqualList(Equal, list): ...


class EqualDict(Equal, dict): ...


class EqualSet(Equal, set): ...


class EqualFraction(Equal, Fraction): ...


class EqualComplex(Equal, complex): ...


WILD = [Equal(), EqualText("no"), EqualNumber(-7), EqualList(["no"]), EqualDict(no=1), [Equal()], (Equal(), Equal())]
WILD += [EqualSet("no"), EqualFraction(-7, 3), EqualComplex(1j), [EqualSet("no")], [EqualFraction(-7, 3)]]
OTHER_KINDS = [object(), 3, "words", {"a": 1}, [[]], [None], (1, 2, 3), np.ones((2, 2)), np.array(3), float("nan"), len]


@pytest.mark.parametrize("entry", FUNCTIONS)
def test_what_says_that_it_equals_everything_is_refused(entry):
    for answer in WILD:
        assert exercises.judge(entry.id, lambda *_, answer=answer: answer).status == exercises.NOT_YET, answer


def test_what_equals_everything_is_refused_inside_a_list_too():
    for wild in WILD:
        for found, wanted in (
            ([wild], [{"role": "user"}]),
            ([wild, 1], [2, 1]),
            ((wild, 1), ("a", 1)),
            ([wild], ["a"]),
        ):
            with pytest.raises(NotYet):
                compare("so", found, wanted)


@pytest.mark.parametrize("entry", FUNCTIONS)
def test_an_answer_of_another_kind_is_shown_and_no_code_is_blamed(entry):
    for answer in OTHER_KINDS:
        result = exercises.judge(entry.id, lambda *_, answer=answer: answer)
        assert result.status == exercises.NOT_YET
        assert "your code stopped" not in result.message, (answer, result.message)


def spoil(value):
    """Change a list, a dict, an array or a tensor in place, and return whether it was one."""
    if isinstance(value, list):
        value.append(None)
    elif isinstance(value, dict):
        value["one more"] = None
    elif isinstance(value, np.ndarray | torch.Tensor):
        value[:1] = 1 - value[:1] if value.dtype in (np.float64, torch.float64) else value[:1] == 0
    else:
        return False
    return True


@pytest.mark.parametrize("entry", FUNCTIONS)
def test_a_right_answer_that_changes_what_it_is_given_is_told_so(entry):
    (solved,), spoiled = test_exercises.solve(entry.id), []

    def answer(*given):
        found = solved(*copy.deepcopy(given))
        found = list(found) if hasattr(found, "__next__") else found
        spoiled.append(any([spoil(value) for value in given]))
        return found

    result = exercises.judge(entry.id, answer)
    if any(spoiled):
        assert result.status == exercises.NOT_YET
        assert "change" in result.message
    else:
        assert result.status == exercises.CORRECT, result


def test_an_error_is_told_with_what_the_code_was_given():
    message = exercises.judge("03.8", lambda gold, predicted, label: 1 / (len(gold) - 4)).message
    assert message.startswith("your code stopped with ZeroDivisionError: division by zero, when it was given ['a', 'a'")
    told = exercises.judge("04.8", lambda ranks: 1).message
    assert "takes 1 positional argument but 2 were given" in told
    assert "when it was given [1, 2, 0, 4], 0.75" in told


def test_a_way_without_return_is_told_with_what_the_code_was_given():
    assert exercises.judge("04.8", lambda ranks, target: print(end="")).message.startswith(
        "your function returned nothing when it was given [1, 2, 0, 4], 0.75"
    )


def test_code_that_leaves_python_does_not_end_the_check():
    def leaves(ranks, target):
        raise SystemExit(3)

    assert exercises.judge("04.8", leaves).message.startswith("your code stopped with SystemExit: 3, when it was given")


def test_an_error_inside_a_generator_is_the_codes_own():
    def turns(examples, text):
        yield from [1 / 0]

    assert exercises.judge("03.1", turns).message.startswith("your code stopped with ZeroDivisionError")


def test_two_figures_that_round_alike_are_told_apart():
    with pytest.raises(NotYet, match=r"you return 0\.090000; 0\.089520 is right"):
        compare("so", 0.09, 0.08952)


def test_one_number_in_an_array_is_a_number():
    for found in (np.array(0.5), np.array([0.5]), np.array([[0.5]]), torch.tensor([0.5]), np.float32(0.5)):
        assert number("so", found) == 0.5
        compare("so", found, 0.5)
    compare("so", np.array([4]), 4)
    for found in ([0.5], "0.5", b"0.5", None, np.array([0.5, 1])):
        with pytest.raises(NotYet, match="a number is asked for"):
            number("so", found)


def test_an_array_of_several_is_no_number_and_says_so():
    with pytest.raises(NotYet, match=r"so: you return \[1, 2\]; 5 is right"):
        compare("so", np.array([1, 2]), 5)


def test_a_text_or_a_dict_is_no_list_of_items():
    for found, said in (("ab", "the str 'ab'"), ({"a": 1, "b": 2}, "the dict {'a': 1, 'b': 2}")):
        with pytest.raises(NotYet, match=f"so: 2 items are asked for, two numbers; you return {said}"):
            compare_items("so", found, [1, 2], "two numbers")


def test_a_text_in_an_array_is_no_text():
    for found in (np.array("a"), np.array(["a"]), np.array(["a"], dtype=object)):
        with pytest.raises(NotYet, match=r"so: you return array\(.*, a text in an array; 'a' is right"):
            compare("so", found, "a")
    compare("so", np.str_("a"), "a")
    assert "one label is asked for" in exercises.judge("03.6", lambda labels, cosines: np.array(labels[0])).message


def test_a_number_of_any_kind_is_the_whole_number_that_it_equals():
    for found in (4.0, Fraction(4), Decimal(4), np.float32(4), 4 + 0j):
        compare("so", found, 4)
    for found in (Fraction(9, 2), Decimal("4.5"), 4 + 1j, "4", {4}, True):
        with pytest.raises(NotYet, match="so: you return .*; 4 is right"):
            compare("so", found, 4)


def test_positions_in_arrays_of_their_own_are_no_positions():
    for found in (np.array([[2], [0]]), [np.array([2])], torch.tensor([[2], [0]])):
        with pytest.raises(NotYet, match=r"in your list; whole numbers are asked for, not lists of one"):
            positions(found)
    assert positions([np.array(2), torch.tensor(0)]) == [2, 0]


def test_positions_come_in_any_kind_of_list():
    for found in (
        [2, 0],
        (2, 0),
        np.array([2, 0]),
        torch.tensor([2, 0]),
        iter([2, np.int32(0)]),
        {2: "a", 0: "b"}.keys(),
    ):
        assert positions(found) == [2, 0]
    for found, said in (([True], "True"), ([0.5], "0.5"), (["0"], "'0'"), ([[0]], r"\[0\]"), ([float("nan")], "nan")):
        with pytest.raises(NotYet, match=f"you return {said} in your list; whole numbers are asked for"):
            positions(found)
    for found in (3, "01", {0: 1}, np.array(0), None):
        with pytest.raises(NotYet, match="a list of positions, counted from 0 is asked for"):
            positions(found)


def test_what_is_given_may_be_read_and_copied():
    given = [3, 1], {"a": [1]}, np.zeros(2), torch.zeros(2), "text", 1.5
    assert tried(lambda *all: sorted(all[0]), *given) == [1, 3]
    with pytest.raises(NotYet, match=r"changes what it is given: \[3, 1\] has become \[1, 3\]. Work on a copy"):
        tried(lambda *all: all[0].sort() or 1, *given)
    assert given[0] == [3, 1]
    assert plain((np.str_("a"), {"b": np.arange(2)})) == ("a", {"b": [0, 1]})


def test_a_prompt_that_quotes_a_message_is_refused_however_it_is_set(monkeypatch):
    monkeypatch.setattr(lesson_02, "_right", lambda prompt, words: (prompt is not lesson_02.FIRST,) * 108)
    words = {label: f" my word for {label}" for label in lesson_02.LABELS}
    text = next(message.text for message in intents.read("train") if len(message.text) > 40 and "{" not in message.text)

    def said(quoted):
        prompt = Prompt("mine", f"{quoted} This is billing.\n\n{{text}}\n\nWhat kind is it?", start="This is")
        return exercises.judge("02.3", prompt, words).message

    for quoted in (text, text.upper(), text.replace(" ", "  "), text.strip(".?!"), text.replace(" ", ", ")):
        assert "the prompt holds a message of the train set" in said(quoted), quoted
    assert "held-back messages" in said("Customers write about many things.")


def test_a_check_inside_an_answer_does_not_change_what_a_message_tells():
    def forgetting(before, after):
        exercises.check("04.8", lambda ranks, target: 1)
        return [np.ones(2), np.ones(2)]

    told = exercises.judge("06.2", forgetting).message
    assert told.startswith("for [True], [False] you return [array([1., 1.]), array([1., 1.])]: no list like this"), told


def test_another_number_of_answers_is_told():
    for given in (([1],), ([1], [2], [3])):
        told = exercises.judge("02.3", *given)
        assert told.status == exercises.NOT_YET
        assert told.message == f"2 answers are asked for (prompt and words), and you give {len(given)}"
    assert exercises.judge("01.1", len, len).message == "one answer is asked for (answer), and you give 2"


def test_words_as_long_as_a_message_are_refused(monkeypatch):
    monkeypatch.setattr(lesson_02, "_right", lambda prompt, words: (prompt is not lesson_02.FIRST,) * 108)
    prompt = Prompt("mine", "{text}\n\nWhat kind is it?", start="This is")
    words = {label: f" my word for {label}" for label in lesson_02.LABELS}
    assert exercises.judge("02.3", prompt, words).status == exercises.CORRECT
    longest = words | {"billing": " " + "x" * (lesson_02.LONGEST_WORDS - 1)}
    assert exercises.judge("02.3", prompt, longest).status == exercises.CORRECT
    told = exercises.judge("02.3", prompt, longest | {"other": " " + "which is " * 8}).message
    assert told.startswith("the words of other have 73 letters; keep to 60")


def by_turns(groups, room):
    """Every group that fits, from the last."""
    taken = []
    for group in reversed(list(dict.fromkeys(groups))):
        own = [i for i, one in enumerate(groups) if one == group]
        taken += own if len(taken) + len(own) <= room else []
    return sorted(taken)


def to_the_first_that_does_not_fit(groups, room):
    taken = []
    for group in dict.fromkeys(groups):
        own = [i for i, one in enumerate(groups) if one == group]
        if len(taken) + len(own) > room:
            break
        taken += own
    return sorted(taken)


BLAMED = {  # an exercise, an answer, what its message says and what it must not say
    "inserts": ("07.6", lambda gold, others, place: others.insert(place - 1, gold) or others, "changes what it", "$^"),
    "counts from 0": (
        "07.6",
        lambda gold, others, place: [*others[:place], gold, *others[place:]],
        r"'the gold passage', the others \['passage \d+'\] and place 1: you return .* is right",
        "$^",
    ),
    "not a list": (
        "07.6",
        lambda *_: 3,
        r"'the gold passage', the others \[\] and place 1: you return 3; a list",
        "$^",
    ),
    "outputs for the rank": (
        "05.1",
        lambda x, W, A, B, alpha: x @ W.T + alpha / len(B) * (x @ A.T) @ B.T,
        "by the rows of B, 5, which are the outputs; the rank is the number of rows of A",
        "Look at the order",
    ),
    "inputs for the rank": (
        "05.2",
        lambda W, A, B, alpha: W + alpha / A.shape[1] * B @ A,
        "by the columns of A, 8, which are the inputs; the rank is the number of rows of A",
        "Look at the order",
    ),
    "nan where chance is 1": (
        "05.4",
        lambda first, second: (
            float("nan") if len({*first, *second}) == 1 else test_exercises.solve("05.4")[0](first, second)
        ),
        r"you return nan; 1\.000 is right\. Where chance is 1, the formula divides 0 by 0",
        r"\(agreement",
    ),
    "stops": ("09.1", to_the_first_that_does_not_fit, "Go on after a group that does not fit", "as they first appear"),
    "from the end": ("09.1", by_turns, "Take the groups as they first appear", "Go on after"),
    "ranks from 0": (
        "04.3",
        lambda first, second, constant: test_exercises.solve("04.3")[0](first, second, constant - 1 + 1e-9),
        "ranks are counted from 1",
        "the lists are",
    ),
    "by turns": (
        "04.3",
        lambda first, second, constant: list(dict.fromkeys([*second, *first])),
        "the lists are",
        "counted from 1",
    ),
    "looked up": (
        "04.2",
        lambda vectors, query, k: [
            (vectors @ query).tolist().index(cosine) for cosine in sorted(vectors @ query, reverse=True)[:k]
        ],
        "more than once; each position counts once, and two rows that are alike have one each",
        "is right",
    ),
    "all twice": (
        "01.1",
        lambda a, b: [0, 0, 2, 3, 6, 11, 12, 14] if a else [],
        "you name 0 more than once, and not 17",
        "equals",
    ),
    "null refused": (
        "05.8",
        lambda text: (form := test_exercises.solve("05.8")[0](text)) and (None if None in form.values() else form),
        "Its keys are the three, and any values will do",
        "whole text",
    ),
    "line ends allowed": (
        "05.8",
        lambda text: json.loads(text, strict=False) if "Move\nthe" in text else test_exercises.solve("05.8")[0](text),
        "a line end inside a text of it, which JSON forbids.*None is right$",
        "whole text",
    ),
    "no numbers": (
        "03.3",
        lambda scores, neutral: scores * np.nan,
        r"row 0 is \[nan, nan\]; numbers are asked",
        "right",
    ),
    "a dict of pieces": (
        "04.1",
        lambda text, size: dict(enumerate(test_exercises.solve("04.1")[0](text, size))),
        "you return {0: 'One.',.*; a list of pieces is asked for",
        "hold the lines",
    ),
    "the first row alone": (
        "03.3",
        lambda scores, neutral: np.concatenate(
            [test_exercises.solve("03.3")[0](scores, neutral)[:1], scores[1:]],
        ),
        "your row 1 is",
        "your row 0",
    ),
    "upside down": ("01.4", lambda hits: (0.9, 0.1), r"0\.9000 lies above the upper one 0\.1000", "$^"),
}


@pytest.mark.parametrize(("exercise", "answer", "said", "unsaid"), BLAMED.values(), ids=BLAMED)
def test_a_message_blames_what_is_wrong(exercise, answer, said, unsaid):
    told = exercises.judge(exercise, answer).message
    assert re.search(said, told), told
    assert not re.search(unsaid, told), told


NUMBERS = (
    "00.3",
    "01.3",
    "01.4",
    "01.5",
    "01.6",
    "02.2",
    "02.8",
    "03.2",
    "03.7",
    "03.8",
    "04.6",
    "05.4",
    "06.1",
    "06.5",
    "06.6",
    "07.2",
    "07.5",
    "08.2",
    "08.4",
)


@pytest.mark.parametrize("exercise", NUMBERS)
def test_a_lesson_copes_with_a_number_in_an_array_or_as_a_fraction(exercise):
    """A check takes these, and neither float() nor a format does: so the lesson takes their mean."""
    code = "\n".join(test_exercises.solved_cells(test_exercises.page_of(exercise)))
    steps = [step for step in ast.walk(ast.parse(re.sub(r"(?m)^%.*", "", code))) if isinstance(step, ast.stmt)]
    name = next(
        step.targets[0].id
        for step in steps
        if isinstance(step, ast.Assign) and ast.unparse(step.value).startswith(f"yours('{exercise}'")
    )
    called, taken = (
        re.compile(rf"(?<![\w.]){name}\("),
        re.compile(rf"np\.mean\(\[?{name}\(|np\.mean\(\w+\)\) for \w+ in {name}\("),
    )
    calls = [step for step in map(ast.unparse, steps) if called.search(step) and "\n" not in step]
    assert calls
    for call in calls:
        assert taken.search(call), call
