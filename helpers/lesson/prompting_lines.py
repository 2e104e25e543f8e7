"""Tables and lines that lesson 02 and its lab on JSON print: what stands beside what, and in which words.

Nothing is measured here; rows come in, texts go out. Shares and differences are between 0 and 1.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from helpers import statistics
from helpers.lesson import scales
from helpers.lesson.said import said
from helpers.methods import forms, recorded, structured, wording
from helpers.methods.search import Search
from helpers.results import ledger, markdown
from helpers.results.rows import LedgerRow
from helpers.tasks.change_requests import RISKS, ChangeRequest

BARE, FULL = "1 bare question", "4 + constraints and format"  # rungs of the ladder that claim P1 compares


def differences(pairs: Mapping[str, tuple[LedgerRow, LedgerRow]]) -> str:
    """Return a line for each name: the accuracy of the second row minus that of the first, on the same items."""
    width = max(map(len, pairs), default=0)
    return "\n".join(f"{name:{width}}  {ledger.compare(*pair)}" for name, pair in pairs.items())


def gains(tried: Search) -> str:
    """Return a Markdown table of what everyday words and rung 4 each gain on dev, alone and with the other.

    tried: a search over BARE and FULL, each under "names" and "everyday words". KeyError if one of them is missing.
    """
    names, words = "names", "everyday words"
    changes = {
        "everyday words instead of names, bare question": (f"{BARE}, {names}", f"{BARE}, {words}"),
        "everyday words instead of names, rung 4": (f"{FULL}, {names}", f"{FULL}, {words}"),
        "rung 4 instead of the bare question, under names": (f"{BARE}, {names}", f"{FULL}, {names}"),
        "rung 4 instead of the bare question, under everyday words": (f"{BARE}, {words}", f"{FULL}, {words}"),
    }
    return markdown.crossed("what is changed", wording.effects(tried, changes))


def calibration(tried: Search, called: str) -> str:
    """Return a line for each prompt under a table of words: accuracy calibrated minus as scored, on the same items.

    Prompts of which both were not tried are left out.
    """
    row = {way.name: row for way, row in zip(tried.candidates, tried.rows, strict=True)}
    end = f", {called}, calibrated"
    found = [name.removesuffix(end) for name in row if name.endswith(end)]
    pairs = {name: (row.get(f"{name}, {called}"), row[name + end]) for name in found}
    return differences({name: pair for name, pair in pairs.items() if pair[0]})


def told_apart(named: Mapping[str, tuple[Sequence[bool], Sequence[bool]]]) -> str:
    """Return two lines for each prompt: its shares of medium on unclear and on clear requests, and their difference.

    named: name of the prompt -> for each clear request, and for each unclear one, whether `medium` was said.
    """
    lines = []
    for name, (clear, unclear) in named.items():
        lines += [
            f"{name}: medium for {np.mean(unclear):.2f} of unclear requests, {np.mean(clear):.2f} of clear ones",
            f"   unclear minus clear: {statistics.difference_of_shares(clear, unclear)}",
        ]
    return "\n".join(lines)


def rule_at_work(clear: Sequence[bool], unclear: Sequence[bool]) -> str:
    """Return a sentence: whether a rule for unclear requests tells them apart; see `told_apart`."""
    return said(
        statistics.difference_of_shares(clear, unclear),
        above="The rule tells the two kinds apart: {found}.",
        below="Under the rule, medium is said more of clear requests than of unclear ones: {found}.",
        unclear="Whether the rule tells the two kinds apart is not shown: {found}.",
    )


def lost(losses: Mapping[str, tuple[LedgerRow, object]], ids: Sequence[str]) -> str:
    """Return a line for each method: what share of some messages it had right, and what it loses when they change.

    losses: method -> its row before the change, and its loss, a number or an Interval. ids: of the n messages changed.
    """
    width = max(map(len, losses), default=0)
    return "\n".join(
        f"{method:{width}}  {before.cut(ids).interval.estimate:.2f} right of these {len(ids)}, loses {loss}"
        for method, (before, loss) in losses.items()
    )


def most_and_fewest_words(objects: Mapping[int, dict], requests: Sequence[ChangeRequest]) -> list[int]:
    """Return at which requests an object shares most and fewest words with its request; one place if both are one.

    objects: place of the request -> object with `title` and `rationale`. The first of equals; none of no objects.
    """

    def words(text: str) -> set[str]:
        return set(re.findall(r"\w+", text.lower()))

    shared = {
        place: len(words(f"{one['title']} {one['rationale']}") & words(requests[place].text))
        for place, one in objects.items()
    }
    return list(
        dict.fromkeys([max(shared, key=shared.__getitem__), min(shared, key=shared.__getitem__)] if shared else [])
    )


def fitting(rows: Sequence[LedgerRow]) -> str:
    """Return two lines for each row of answers: its method, what share fits the schema, and tokens a request."""
    return "\n".join(
        f"{row.method}{' (reference)' * row.reference}\n"
        f"   fits {statistics.wilson_interval(sum(forms.fits(row)), row.n)}, "
        f"{row.new_tokens_per_item:.0f} tokens written a request"
        for row in rows
    )


def outcomes(named: Mapping[str, Sequence[str | None]], gold: Sequence[str]) -> dict[str, tuple[int, int, int]]:
    """Return way -> how many answers fit and name the right risk, fit and name a wrong one, and do not fit.

    named: way -> for each of n requests the risk that its answer names; anything else where the answer does not fit.

    >>> outcomes({"a": ["low", "high", None]}, ["low", "low", "low"])
    {'a': (1, 1, 1)}
    """
    counts = {}
    for way, found in named.items():
        right = sum(risk == label for risk, label in zip(found, gold, strict=True))
        fit = sum(risk in RISKS for risk in found)
        counts[way] = right, fit - right, len(gold) - fit
    return counts


def risks_named(named: Mapping[str, Sequence[str | None]]) -> str:
    """Return a line for each way: how often it names each risk; see `outcomes`.

    >>> risks_named({"a": ["low", "high", None]})
    'a  low   1   medium   0   high   1'
    """
    width = max(map(len, named), default=0)
    return "\n".join(
        f"{way:{width}}  " + "   ".join(f"{risk} {Counter(found)[risk]:3}" for risk in RISKS)
        for way, found in named.items()
    )


def whole_json(methods: Sequence[str], schema: dict) -> str:
    """Return a line for each size of model and method: what share of the fresh requests got JSON from end to end."""
    rows = ledger.rows("changes", "fresh", reference=True, model=ledger.ANY)
    rows += [row for row in recorded.rows() if (row.task, row.split) == ("changes", "fresh")]
    lines = []
    for row in sorted(rows, key=lambda row: row.parameters or 1e12):
        if row.method in methods:
            hits = forms.whole(row, lambda text: structured.read(text, schema, False).value)
            share = statistics.wilson_interval(sum(hits), row.n)
            lines.append(f"{scales.size_of(row)}, {row.method}: JSON {share}{' (reference)' * row.reference}")
    return "\n".join(lines)
