"""Checks of lesson 07, Combine."""

import random
from collections.abc import Iterable

import numpy as np

from helpers.lesson.exercises import NotYet, compare, compare_items, exercise, shown, tried
from helpers.methods import assistant
from helpers.methods import combining as own
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
        ("It  is free. ", (5,)),
        ("At 9:30, at the Oslo desk, and from May by post to P.O. Box 7 too", [12, 3]),
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


def _case(shown: list[str], rule: str) -> str:
    return f"{len(shown)} passages and {'a' if rule else 'no'} rule"


@exercise(
    "07.3",
    "Build the two texts first. enumerate(shown, start=1) numbers the passages; an empty list needs words of its own.",
    "'\\n\\n'.join(f'[{i}] {text}' for i, text in enumerate(shown, start=1)) or '(no passages)' is the first half of "
    "the user message. In the system message, assistant.TODAY + rule stands only where there is a rule.",
)
def check_ask(answer) -> str:
    """Random questions with none to three passages, with and without a rule; what was given stays as it was."""
    rng = random.Random(76)
    for count, rule in [(3, "call us."), (1, "open Orders."), (2, ""), (0, "keep the box."), (0, "")]:
        shown = [f"Returns: Fees\nFee {rng.randrange(100)} is ${rng.randrange(9)}." for _ in range(count)]
        shown[1:2] = [f" {shown[1]} {{see}} 5 %s\n"] if count > 1 else []
        question = f"What is fee {rng.randrange(100)}?" + "\nAnd  who pays {it}? " * (count == 1)
        found = tried(answer, question, shown, rule)
        case, wanted = _case(shown, rule), assistant.messages(question, shown, rule)
        if not isinstance(found, list | tuple) or not all(isinstance(one, dict) for one in found):
            raise NotYet(f"{case}: return a list of two messages, dicts of role and content, as in lesson 00")
        compare(f"{case}: the roles", [one.get("role") for one in found], ["system", "user"])
        for one, right in zip(found, wanted, strict=True):
            compare(f"{case}: the {right['role']} message", one.get("content"), right["content"])
    return "facts, rule and question each stand in their place, and either of the first two can be left out."


@exercise(
    "07.4",
    "A regular expression cannot count brackets. Find 'calc(' with text.find, then go letter by letter.",
    "Start with one open bracket; '(' adds one, ')' takes one away. Where none is left, the sum ends; at the end of "
    "the text the first call was never closed, and a later one does not count.",
)
def check_find_sum(answer) -> str:
    """Calls alone, in words, in brackets, nested, cut short, one after another; random ones; sums of the questions."""
    cases = [
        ("calc(2+3)", "2+3"),
        ("That is calc((2+3)*4) dollars (about 20).", "(2+3)*4"),
        ("First calc(1), then calc(2)", "1"),
        ("calc(((1)))", "((1))"),
        ("calc((((1)+2)*3)-4)", "(((1)+2)*3)-4"),
        ("calc(((((((7)))))))", "((((((7))))))"),
        ("no call here (only brackets)", None),
        ("", None),
        ("calc((2+3)*4", None),
        ("calc()", ""),
        ("calc(1 + calc(2)", None),
        ("calc((1), so calc(2) and calc(3)", None),
        ("(so (calc(3)))", "3"),
        ("1) calc(4) 2) calc(5", "4"),
        ("calc( 69 - 8 )", " 69 - 8 "),
        ("calc(1 + calc(2))", "1 + calc(2)"),
        ("two lines:\ncalc(2\n+3)", "2\n+3"),
    ]
    cases += [(f"You get calc({item.expression}).", item.expression) for item in refund_sums.load("dev")]
    rng = random.Random(75)
    texts = ["".join(rng.choices(["calc(", "(", ")", "7", " + "], k=9)) for _ in range(60)]
    cases += [(text, own.find_sum(text)) for text in texts]
    for text, wanted in cases:
        compare(f"in {text!r}", tried(answer, text, none_is_an_answer=True), wanted)
    return "the whole sum of the first call, and nothing where its bracket is never closed."


@exercise(
    "07.5",
    "Split the questions first: those that need no sum, and those that need one. Each share is of its own group.",
    "For the first share, take called[i] where needed[i] is false and divide by how many those are; the second counts "
    "`not called[i]` where needed[i] is true.",
)
def check_needless_and_missed(answer) -> str:
    """Random calls, as lists and as arrays; groups of different sizes."""
    rng = np.random.default_rng(77)
    cases = [([True, True, False], [True, False, True]), ([False] * 4, [True, False, False, False])]
    for size in (5, 12, 40):
        needed = rng.random(size) < 0.3
        needed[:2] = True, False
        called = rng.random(size) < 0.6
        cases += [(called.tolist(), needed.tolist()), (called, needed)]
    for called, needed in cases:
        wanted = [float(share) for share in own.needless_and_missed(called, needed)]
        case = f"called {[int(c) for c in called]}, needed {[int(n) for n in needed]}"
        compare_items(case, tried(answer, called, needed), wanted, "the needless calls and the missed ones")
    return "how often the tool is called in vain, and how often it is not called where it should be."


@exercise(
    "07.6",
    "Place 1 is the first, so place - 1 of the others stand before the gold passage.",
    "Slices make new lists: others[:place - 1], then [gold], then others[place - 1:].",
)
def check_with_distractors(answer) -> str:
    """Random lists: the gold passage at every place, and beyond the end; nothing that was given changes."""
    rng = random.Random(7)
    for count in (0, 1, 2, 5):
        others = [f"passage {rng.randrange(10_000)}" for _ in range(count)]
        others[3:] = others[1:2] * len(others[3:])  # of five, three are alike
        for place in range(1, count + 3):
            case = f"'the gold passage', the others {others} and place {place}"
            found = tried(answer, "the gold passage", others, place)
            if not isinstance(found, Iterable) or isinstance(found, str):
                raise NotYet(f"{case}: you return {shown(found)}; a list is asked for")
            found = list(found)
            wanted = [*others[: place - 1], "the gold passage", *others[place - 1 :]]
            compare(case, found, wanted)
    return "the passage stands at its place, the others in their order, and nothing given was changed."


@exercise(
    "07.7",
    "First keep the pairs whose first list is not empty: answers that cite nothing do not count.",
    "set(numbers) <= set(places) says whether every cited number is among the places that hold the answer.",
)
def check_supported(answer) -> str:
    """Answers that cite rightly, wrongly, in part, twice, or nothing at all."""
    cases = [
        ([[1], [2], [], [3]], [[1], [1], [2], [3]], 2 / 3),
        ([[1, 2]], [[1]], 0.0),
        ([[2, 1]], [[1]], 0.0),
        ([[1, 3, 2]], [[1, 2]], 0.0),
        ([[1, 2, 3]], [[2, 3]], 0.0),
        ([[1, 2], [2]], [[1, 2, 3], [2]], 1.0),
        ([[1], []], [[], []], 0.0),
        ([[4], [1, 3], [2], []], [[4], [3, 1], [1], []], 2 / 3),
        ([[2, 2], [1]], [[2], [3]], 0.5),
    ]
    for cited, holding, wanted in cases:
        compare(f"cited {cited}, held by {holding}", tried(answer, cited, holding), wanted)
    none = tried(answer, [[], []], [[1], [2]], none_is_an_answer=True)
    compare("cited [[], []], held by [[1], [2]]", none, None, "Where no answer cites anything there is no share")
    compare("answers that all cite nothing held", tried(answer, [[1], [2, 3]], [[], []]), 0.0)
    return "of the answers that cite, the share whose every citation leads to a passage that holds the answer."


@exercise(
    "07.8",
    "Take the white space around the text away first, and ask for the reply: text.startswith(voice.OPENING).",
    "re.search(passages.CITED + r'\\.?$', text) says whether a text ends with a citation. A note also has no line end "
    "inside, and at most 20 words: len(text.split()).",
)
def check_form_of(answer) -> str:
    """Notes, replies and what is neither: too long, of two lines, a citation in the middle, nearly an abstention."""
    words = " ".join(["word"] * 19)
    cases = [
        ("38 days [2]", "note"),
        ("at the front desk, from 9 [1, 3].", "note"),
        (f"  {ABSTENTION}\n", "note"),
        (f"{words} [4]", "note"),
        (f"{words} word [4]", "neither"),
        ("38 days", "neither"),
        ("[2] says 38 days", "neither"),
        ("\n 38 days [2] \n", "note"),
        ("38 days [2]!", "neither"),
        ("38 days [1, 12]", "note"),
        ("38 days [1,2,3]", "note"),
        ("Hi, 38 days", "neither"),
        ("Hi, 38 days [2]", "note"),
        ("38 days [two]", "neither"),
        ("38 days\nfrom the delivery [2]", "neither"),
        (f"{ABSTENTION} Sorry", "neither"),
        (f"Sorry. {ABSTENTION}", "neither"),
        (ABSTENTION.upper(), "neither"),
        ("[2]", "note"),
        ("First 38 days [1] [2].", "note"),
        ("Hi there,\nWe checked: 38 days [2].\nNext step: call us.\nLarkfield, at home with you.", "reply"),
        ("\nHi there, 38 days [2]", "reply"),
        ("We say Hi there, 38 days", "neither"),
        ("hi there, 38 days", "neither"),
        ("", "neither"),
    ]
    for text, wanted in cases:
        compare(f"for {text!r}", tried(answer, text), wanted)
    return "notes, replies, and what is neither."
