"""What lesson 07 and its labs draw, list and judge without teaching it.

Rows and replies come in measured. Parts of a verdict are as `claims.conclude` takes them; the rules stand in
data/claims.json.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from helpers import statistics
from helpers.lesson import plots
from helpers.lesson.plots.retrieval import stages
from helpers.lesson.said import said_of_each
from helpers.methods import calculating, combining, crossed, reader
from helpers.methods.assistant import Apart
from helpers.methods.retrieval import passages, quotes
from helpers.results import evidence, ledger
from helpers.results.evidence import Evidence
from helpers.results.rows import LedgerRow
from helpers.statistics import Interval
from helpers.tasks import voice
from helpers.tasks.policies import PolicyQuestion
from helpers.tasks.refund_sums import Sum

COUNTS = ("fact", "form", "rule")  # what each reply is judged by
CLAIMED = {"fact": "facts", "form": "behavior", "rule": "policy"}  # count -> its part of H2
FORMS = ("note", "reply", "neither")  # that a text may have; see combining.form_of
BROKEN = (":", "a.m.", "p.m.")  # ends of lines that are no whole sentence
MOVES = {  # what is moved -> the case before and the case after
    "two passages more, the right one first": ("alone", "1st of 3"),
    "four passages more, the right one first": ("alone", "1st of 5"),
    "the last place instead of the first, among three": ("1st of 3", "3rd of 3"),
    "the last place instead of the first, among five": ("1st of 5", "5th of 5"),
}


def one_of_lines(crossing: crossed.Crossing, most: int = 40) -> tuple[PolicyQuestion, reader.Example]:
    """Return a training question that a policy answers, and its example: the first that shows nothing but whole lines.

    A line is a sentence or a table row; one cut behind *a.m.* is none. Where no example among the first `most` is so,
    the first of them will do.
    """
    some = crossing.train[:most]
    pairs = list(zip(some, crossing.examples(some), strict=True))
    lines = {line.text for chunk in crossing.search.index.chunks for line in quotes.quotes_of(chunk)}
    whole = {text for text in lines if not text.rstrip().endswith(BROKEN) and not text[:1].islower()}
    clear = [pair for pair in pairs if pair[1].places and all(chunk.text in whole for chunk in pair[1].prompt.used)]
    return (clear or pairs)[0]


def against(rows: Mapping[str, LedgerRow], one: str, others: Sequence[str]) -> str:
    """Return in lines how the readers `others` compare with `one`, on the questions that a policy answers."""
    hits = {name: crossed.hits(rows[name]) for name in (one, *others)}
    gains = {f"{one} against {name}:": statistics.compare_hits(hits[name], hits[one]) for name in others}
    return said_of_each(gains, above="better, {found}", below="worse, {found}", unclear="too close to call, {found}")


def lost(parts: Mapping[str, Apart], without: Mapping[str, str]) -> str:
    """Return in lines how much less often each of COUNTS is good without what it should need; see of_assistant."""
    pairs = {what: (parts[name].hits(what), parts["whole"].hits(what)) for what, name in without.items()}
    found = {f"the {what}, {without[what]}:": statistics.compare_hits(*pair) for what, pair in pairs.items()}
    above, below = "lost in {found} of the replies", "more often right, {found}"
    return said_of_each(found, above=above, below=below, unclear="too close to call, {found}")


def gained_by_calls(ways: Mapping[tuple[str, str], LedgerRow]) -> str:
    """Return in lines what a calculator call gains over a bare answer, by how the model learned to write it."""
    found = {}
    for how in (calculating.NEAREST, calculating.TUNED):
        bare, call = (ways[what, how].correct for what in (calculating.BARE, calculating.CALL))
        found[f"{how}: the call"] = statistics.compare_hits(bare, call)
    return said_of_each(found, above="helps, {found}", below="hurts, {found}", unclear="is too close to call, {found}")


def _share(hits: Sequence[bool]) -> Interval:
    return statistics.wilson_interval(sum(hits), len(hits))


GOLD = ("right", "abstained")  # what is wanted where a policy answers, and where none does
TOLD = {  # what is drawn -> of which questions, and how they were answered
    "a policy answers: right": ("right", "right"),
    "a policy answers: silent": ("right", "abstained"),
    "none does: silent": ("abstained", "abstained"),
}


def right_and_silent(rows: Mapping[str, LedgerRow], title: str) -> None:
    """Draw the shares right and left open of what a policy answers, and the share left open of what none does."""
    shares, largest = {}, {}
    for name, row in rows.items():
        pairs = list(zip(row.gold, row.predictions, strict=True))
        given = {gold: [told for one, told in pairs if one == gold] for gold in GOLD}
        shares[name] = {what: _share([told == how for told in given[gold]]) for what, (gold, how) in TOLD.items()}
        largest = {gold: max(largest.get(gold, 0), len(some)) for gold, some in given.items()}
    stages(shares, title, "share of {} questions with an answer, of {} without".format(*largest.values()))


def counted(parts: Mapping[str, Apart], title: str) -> None:
    """Draw the share of replies that are good on each of COUNTS, one line for each assistant."""
    replies = max(part.row.n for part in parts.values())
    shares = {name: {what: _share(part.hits(what)) for what in COUNTS} for name, part in parts.items()}
    stages(shares, title, f"share of {replies} replies")


def of_assistant(parts: Mapping[str, Apart], without: Mapping[str, str]) -> dict[str, Evidence]:
    """Return the parts of H2: the whole assistant minus the one without what a count should need.

    without: each of COUNTS -> which of `parts` that is.
    """
    rows = [part.row for part in parts.values()]
    return {
        CLAIMED[what]: evidence.difference(parts[name].hits(what), parts["whole"].hits(what), of=rows)
        for what, name in without.items()
    }


def wrong_sums(items: Sequence[Sum], row: LedgerRow, count: int = 3) -> str:
    """Return how many of a row's sums are wrong, and of the first `count` what was wanted and what was written."""
    wrong = [(item, said) for item, said, hit in zip(items, row.answers, row.correct, strict=True) if not hit]
    lines = [f"{len(wrong)} of {row.n} wrong"]
    lines += [f"{one.question}\n  wanted {one.expression}, wrote {said[:70]!r}" for one, said in wrong[:count]]
    return "\n".join(lines)


def of_calculator(
    ways: Mapping[tuple[str, str], LedgerRow], either: LedgerRow, called: Sequence[bool], needed: Sequence[bool]
) -> dict[str, Evidence]:
    """Return the parts of H4: what a call gains, prompted and tuned, and the share of needless calls.

    ways: (what, how) of calculating -> its row. either: the row of the prompt that says when to call; of its n
    questions, which it called for, and which need a call.
    """
    pairs = {"prompted": calculating.NEAREST, "tuned": calculating.TUNED}
    gains = {
        part: evidence.difference(ways[calculating.BARE, how], ways[calculating.CALL, how])
        for part, how in pairs.items()
    }
    in_vain = [call for call, need in zip(called, needed, strict=True) if not need]
    return gains | {"needless": evidence.share(in_vain, of=either)}


def moved(cases: Mapping[str, LedgerRow]) -> str:
    """Return in lines what each of MOVES does to the share right of one reader.

    cases: name of a case -> its row; a move whose cases are not both there is left out.
    """
    there = {what: pair for what, pair in MOVES.items() if set(pair) <= set(cases)}
    found = {f"   {what}:": ledger.compare(*(cases[case] for case in pair)) for what, pair in there.items()}
    return said_of_each(
        found,
        above="helps, {found}",
        below="hurts, {found}",
        unclear="too close to call, {found}",
        equal="no difference that matters, {found}",
    )


def forms(found: Mapping[str, Sequence[str]], title: str) -> None:
    """Draw how many texts have which of FORMS, one line for each form that was asked for, a note and a reply.

    found: the form asked for -> the form of each text.
    """
    table = np.array([[some.count(form) for form in FORMS] for some in map(list, found.values())])
    leaked = {"note": "reply", "reply": "note"}
    words = [
        f"asked for a {asked}: {list(some).count(leaked[asked])} of {len(some)} have the form of a {leaked[asked]}"
        for asked, some in found.items()
    ]
    plots.counts(table, list(found), FORMS, title, ("form written", "form asked for"), f"{'; '.join(words)}.")


def of_core(own: LedgerRow, shared: LedgerRow, replies: LedgerRow) -> dict[str, Evidence]:
    """Return the parts of H3: notes and replies of a shared adapter in their form, leaks, and notes against its own.

    own, shared: notes on the same questions, by an adapter for notes alone and by the shared one. replies: by that too.
    """
    notes, other = ([combining.form_of(text) for text in row.answers] for row in (shared, replies))
    whole = [not voice.broken(passages.without_citations(text)) for text in replies.answers]
    leaks = [form == "reply" for form in notes] + [form == "note" for form in other]
    return {
        "notes": evidence.share([form == "note" for form in notes], of=shared),
        "replies": evidence.share(whole, of=replies),
        "leaks": evidence.share(leaks, of=[shared, replies]),
        "own adapter": evidence.difference(own, shared),
    }
