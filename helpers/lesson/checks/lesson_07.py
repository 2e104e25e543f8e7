"""Checks of lesson 07, Combine."""

import random
import re

import numpy as np

from helpers.lesson.exercises import Exercise, NotYet, collect, returned
from helpers.methods.retrieval.passages import ABSTENTION
from helpers.tasks import refund_sums


def check_target(answer) -> str:
    """Answers with no, one and several places, as lists and as tuples."""
    cases = (
        ("38 days", [2]),
        ("at the front desk", (1, 3)),
        ("never", []),
        ("$6 for each ring", ()),
        ("no", [4, 1, 2]),
    )
    for said, places in cases:
        found = returned(answer(said, places))
        wanted = f"{said} [{', '.join(map(str, places))}]" if places else ABSTENTION
        if found != wanted:
            raise NotYet(f"for {said!r} held by the passages {list(places)} you return {found!r}; {wanted!r} is right")
    return "an answer with its passages, or the sentence that says there is none."


def check_adding_up(answer) -> str:
    """Random accuracies in a 2 x 2."""
    rng = np.random.default_rng(77)
    for neither, retrieved, tuned, both in [(0.1, 0.2, 0.3, 0.4), *rng.uniform(0, 1, size=(30, 4)).round(2).tolist()]:
        found = returned(answer(neither, retrieved, tuned, both))
        wanted = (retrieved - neither, tuned - neither, both - retrieved - tuned + neither)
        try:
            numbers = [float(value) for value in found]
        except (TypeError, ValueError):
            raise NotYet(f"three numbers are asked for; you return {found!r}") from None
        if len(numbers) != 3 or not np.allclose(numbers, wanted, atol=1e-6):
            shown = ", ".join(f"{value:+.2f}" for value in wanted)
            raise NotYet(
                f"neither {neither:.2f}, retrieved {retrieved:.2f}, tuned {tuned:.2f}, both {both:.2f}: {shown} is "
                f"right, and you return {', '.join(f'{value:+.2f}' for value in numbers)}"
            )
    return "each gain alone, and what the two give together beyond their sum."


def check_with_distractors(answer) -> str:
    """Random lists: the gold passage at every place, and beyond the end; nothing that was given changes."""
    rng = random.Random(7)
    for count in (0, 1, 2, 5):
        others = [f"passage {rng.randrange(10_000)}" for _ in range(count)]
        for place in range(1, count + 3):
            given = list(others)
            found = list(returned(answer("the gold passage", given, place)))
            wanted = [*others[: place - 1], "the gold passage", *others[place - 1 :]]
            if given != others:
                raise NotYet("the list of the other passages has changed; make a new list, for they are used again")
            if found != wanted:
                raise NotYet(f"{count} others and place {place}: you return {found}; {wanted} is right")
    return "the passage stands at its place, the others in their order, and nothing given was changed."


def check_supported(answer) -> str:
    """Answers that cite rightly, wrongly, in part, twice, or nothing at all."""
    cases = [
        ([[1], [2], [], [3]], [[1], [1], [2], [3]], 2 / 3),
        ([[1, 2]], [[1]], 0.0),
        ([[1, 2], [2]], [[1, 2, 3], [2]], 1.0),
        ([[1], []], [[], []], 0.0),
        ([[4], [1, 3], [2], []], [[4], [3, 1], [1], []], 2 / 3),
    ]
    for cited, holding, wanted in cases:
        found = returned(answer([list(row) for row in cited], [list(row) for row in holding]))
        if not isinstance(found, (int, float)) or abs(found - wanted) > 1e-6:
            raise NotYet(f"cited {cited}, held by {holding}: you return {found!r}; {wanted:.3f} is right")
    if answer([[], []], [[1], [2]]) is not None:
        raise NotYet("where no answer cites anything there is no share; return None then")
    return "of the answers that cite, the share whose every citation leads to a passage that holds the answer."


def check_find_sum(answer) -> str:
    """Texts with one call, two, brackets inside, none, and one cut short; also the sums of the training questions."""
    cases = [
        ("calc(2+3)", "2+3"),
        ("That is calc((2+3)*4) dollars (about 20).", "(2+3)*4"),
        ("First calc(1), then calc(2)", "1"),
        ("calc(((1)))", "((1))"),
        ("no call here (only brackets)", None),
        ("", None),
        ("calc((2+3)*4", None),
        ("calc()", ""),
    ]
    cases += [(f"You get calc({item.expression}).", item.expression) for item in refund_sums.load("dev")]
    for text, wanted in cases:
        found = answer(text)
        if found != wanted:
            raise NotYet(f"in {text!r} you find {found!r}; {wanted!r} is right")
    return "the whole sum of the first call, and nothing where the bracket is never closed."


def _regular(pattern: str):
    def find(text):
        found = re.search(pattern, text)
        return found[1] if found else None

    return find


EXERCISES = collect(
    Exercise(
        "07.1",
        check_target,
        hints=(
            "Without places the answer is passages.ABSTENTION, whatever `answer` says.",
            "', '.join(str(place) for place in places) makes '1, 3'; put it into square brackets after a space.",
        ),
        wrong={
            "one bracket each": lambda answer, places: (
                answer + "".join(f" [{place}]" for place in places) if places else ABSTENTION
            ),
            "never abstains": lambda answer, places: f"{answer} [{', '.join(map(str, places))}]",
        },
        cheats={"always abstains": lambda answer, places: ABSTENTION},
    ),
    Exercise(
        "07.2",
        check_adding_up,
        hints=(
            "A gain alone is measured from `neither`: retrieved - neither, and tuned - neither.",
            "If the gains added up, `both` would be neither + the two gains. The third number is both minus that.",
        ),
        wrong={
            "compares with the better one": lambda neither, retrieved, tuned, both: (
                retrieved - neither,
                tuned - neither,
                both - max(tuned, retrieved),
            ),
            "forgets neither": lambda neither, retrieved, tuned, both: (
                retrieved - neither,
                tuned - neither,
                both - retrieved - tuned,
            ),
        },
        cheats={"zeros": lambda neither, retrieved, tuned, both: (0.0, 0.0, 0.0)},
    ),
    Exercise(
        "07.3",
        check_with_distractors,
        hints=(
            "Place 1 is the first, so place - 1 of the others stand before the gold passage.",
            "Slices make new lists: others[:place - 1], then [gold], then others[place - 1:].",
        ),
        wrong={
            "counts from 0": lambda gold, others, place: [*others[:place], gold, *others[place:]],
            "changes what it was given": lambda gold, others, place: others.insert(place - 1, gold) or others,
        },
        cheats={"always first": lambda gold, others, place: [gold, *others]},
    ),
    Exercise(
        "07.4",
        check_supported,
        hints=(
            "First keep the pairs whose first list is not empty: answers that cite nothing do not count.",
            "set(numbers) <= set(places) says whether every cited number is among the places that hold the answer.",
        ),
        wrong={
            "one good citation is enough": lambda cited, holding: _share(cited, holding, any),
            "silent answers count": lambda cited, holding: (
                sum(bool(c) and set(c) <= set(h) for c, h in zip(cited, holding, strict=True)) / len(cited)
                if any(cited)
                else None
            ),
        },
        cheats={"all of them": lambda cited, holding: 1.0},
    ),
    Exercise(
        "07.5",
        check_find_sum,
        hints=(
            "A regular expression cannot count brackets. Find 'calc(' with text.find, then go letter by letter.",
            "Start with one open bracket; '(' adds one, ')' takes one away. Where none is left, the sum ends.",
        ),
        wrong={
            "ends at the first bracket": _regular(r"calc\((.*?)\)"),
            "ends at the last bracket": _regular(r"calc\((.*)\)"),
            "takes what is cut short": lambda text: (
                refund_sums.find_calls(text)[0].expression if "calc(" in text else None
            ),
        },
        cheats={"a constant": lambda text: "2+3"},
    ),
)


def _share(cited, holding, rule):
    citing = [(c, h) for c, h in zip(cited, holding, strict=True) if c]
    return sum(rule(number in h for number in c) for c, h in citing) / len(citing) if citing else None
