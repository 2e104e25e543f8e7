"""Checks of lesson 07, Combine."""

import random
from functools import partial

import numpy as np

from helpers.lesson.exercises import NotYet, compare, compare_items, exercise, tried
from helpers.methods.retrieval.passages import ABSTENTION
from helpers.tasks import refund_sums


@exercise(
    "07.1",
    "Without places the answer is passages.ABSTENTION, whatever `answer` says.",
    "', '.join(str(place) for place in places) makes '1, 3'; put it into square brackets after a space.",
)
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
        wanted = f"{said} [{', '.join(map(str, places))}]" if places else ABSTENTION
        compare(f"for {said!r} held by the passages {list(places)}", tried(answer, said, places), wanted)
    return "an answer with its passages, or the sentence that says there is none."


@exercise(
    "07.2",
    "A gain alone is measured from `neither`: retrieved - neither, and tuned - neither.",
    "If the gains added up, `both` would be neither + the two gains. The third number is both minus that.",
)
def check_adding_up(answer) -> str:
    """Random accuracies in a 2 x 2."""
    rng = np.random.default_rng(77)
    for neither, retrieved, tuned, both in [(0.1, 0.2, 0.3, 0.4), *rng.uniform(0, 1, size=(30, 4)).round(2).tolist()]:
        case = f"neither {neither:.2f}, retrieved {retrieved:.2f}, tuned {tuned:.2f}, both {both:.2f}"
        wanted = [retrieved - neither, tuned - neither, both - retrieved - tuned + neither]
        found = tried(answer, neither, retrieved, tuned, both)
        compare_items(case, found, wanted, "each gain alone and what both give beyond their sum")
    return "each gain alone, and what the two give together beyond their sum."


@exercise(
    "07.3",
    "Place 1 is the first, so place - 1 of the others stand before the gold passage.",
    "Slices make new lists: others[:place - 1], then [gold], then others[place - 1:].",
)
def check_with_distractors(answer) -> str:
    """Random lists: the gold passage at every place, and beyond the end; nothing that was given changes."""
    rng = random.Random(7)
    for count in (0, 1, 2, 5):
        others = [f"passage {rng.randrange(10_000)}" for _ in range(count)]
        for place in range(1, count + 3):
            given = list(others)
            found = list(tried(partial(answer, "the gold passage", given, place)))
            wanted = [*others[: place - 1], "the gold passage", *others[place - 1 :]]
            if given != others:
                raise NotYet("the list of the other passages has changed; make a new list, for they are used again")
            compare(f"{count} others and place {place}", found, wanted)
    return "the passage stands at its place, the others in their order, and nothing given was changed."


@exercise(
    "07.4",
    "First keep the pairs whose first list is not empty: answers that cite nothing do not count.",
    "set(numbers) <= set(places) says whether every cited number is among the places that hold the answer.",
)
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
        compare(f"cited {cited}, held by {holding}", tried(answer, cited, holding), wanted)
    if answer([[], []], [[1], [2]]) is not None:
        raise NotYet("where no answer cites anything there is no share; return None then")
    return "of the answers that cite, the share whose every citation leads to a passage that holds the answer."


@exercise(
    "07.5",
    "A regular expression cannot count brackets. Find 'calc(' with text.find, then go letter by letter.",
    "Start with one open bracket; '(' adds one, ')' takes one away. Where none is left, the sum ends.",
)
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
        compare(f"in {text!r}", answer(text), wanted)
    return "the whole sum of the first call, and nothing where the bracket is never closed."
