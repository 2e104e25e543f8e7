"""What the rows of a reader's own task say: figures beside accuracy, and a decision in sentences that the rows choose.

Nothing is measured here, and nothing drawn.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from helpers import statistics
from helpers.results import comparisons, costs, overview, regret
from helpers.results.comparisons import Standing
from helpers.results.rows import LedgerRow
from helpers.statistics import Interval

UP = (statistics.ABOVE, statistics.LITTLE_ABOVE)
DOWN = (statistics.BELOW, statistics.LITTLE_BELOW)
WORST, MIXED = 10, 15  # labels and kinds of mistake that a page lists
TARGET = 0.85  # the share right that would do, where nobody says another


@dataclass(frozen=True)
class Scope:
    """How a method does inside and outside: right among what has a label, found among what belongs to none."""

    inside: Interval
    outside: Interval


def scope(row: LedgerRow, outside: str) -> Scope | None:
    """Return how a row does inside and outside of the labels; None where its items lack one of the two."""
    hits = {True: [0, 0], False: [0, 0]}
    for gold, right in zip(row.gold, row.correct, strict=True):
        hits[gold == outside][0] += right
        hits[gold == outside][1] += 1
    if not (hits[True][1] and hits[False][1]):
        return None
    return Scope(statistics.wilson_interval(*hits[False]), statistics.wilson_interval(*hits[True]))


def table(
    rows: Sequence[LedgerRow], outside: str | None = None, shared: Sequence[LedgerRow] = ()
) -> list[tuple[str, ...]]:
    """Return a table of methods as texts, its head first, best first: accuracy, macro-F1, scope, tokens and seconds.

    shared: the same methods on the items that all of them measured; they have a column where these are fewer.
    """
    graded = bool(rows) and "answers" in rows[0].details
    alike = {row.method: row for row in shared if any(other.n > row.n for other in rows)}
    head = ["method", *(f"right on the same {row.n}" for row in [*alike.values()][:1])]
    head += ["right, 95 % interval", "items"]
    head += ["abstained"] if graded else ["macro-F1"]
    head += ["right inside", f"found: {outside}"] if outside else []
    head += ["labeled rows", "tokens each", "seconds each"]
    lines = [tuple(head)]
    for row in sorted(rows, key=lambda row: -alike.get(row.method, row).interval.estimate):
        line = [row.method, *([f"{alike[row.method].interval.estimate:.3f}"] if alike else [])]
        line += [str(row.interval), str(row.n)]
        if graded:
            line.append(f"{row.predictions.count('abstained') / row.n:.2f}")
        else:
            line.append(f"{statistics.macro_f1(row.gold, row.predictions):.2f}")
        if outside:
            found = scope(row, outside)
            line += [f"{found.inside.estimate:.2f}", f"{found.outside.estimate:.2f}"] if found else ["–", "–"]
        tokens = f"{row.tokens_per_item:.0f}" if row.tokens_per_item else "–"
        lines.append((*line, f"{row.labels_used:,}", tokens, _seconds(row.seconds_per_item)))
    return lines


def _seconds(each: float) -> str:
    """Return seconds as people write them: no powers of ten.

    >>> [_seconds(each) for each in (1.2e-05, 0.0493, 0.57, 12.3)]
    ['under 0.001', '0.049', '0.57', '12']
    """
    return "under 0.001" if each < 0.001 else f"{each:.2g}" if each < 1 else f"{each:.0f}"


def mix_ups(row: LedgerRow, most: int = MIXED) -> list[tuple[str, str, int]]:
    """Return (right label, what was said, how often) of a row's commonest mistakes."""
    wrong = Counter((gold, said) for gold, said in zip(row.gold, row.predictions, strict=True) if gold != said)
    return [(gold, said, times) for (gold, said), times in sorted(wrong.items(), key=lambda one: (-one[1], one[0]))][
        :most
    ]


def by_label(row: LedgerRow) -> list[tuple[str, str, str]]:
    """Return (label, recall, precision) in words that count: of its items those found, of its uses those right.

    >>> row = LedgerRow("t", "m", "test", "plain", ["1", "2", "3"], ["a", "a", "b"], ["a", "b", "b"], [1, 0, 1], [])
    >>> by_label(row)
    [('a', '0.50 (1 of 2)', '1.00 (1 of 1)'), ('b', '1.00 (1 of 1)', '0.50 (1 of 2)')]
    """
    items, said = Counter(row.gold), Counter(row.predictions)
    right = Counter(gold for gold, hit in zip(row.gold, row.correct, strict=True) if hit)
    return [(label, _share(right[label], items[label]), _share(right[label], said[label])) for label in sorted(items)]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2f} ({part} of {whole})" if whole else "– (0 of 0)"


def worst_labels(row: LedgerRow, most: int = WORST, least: int = 3) -> list[tuple[str, int, int]]:
    """Return (label, right, items) of the labels with the smallest share right, of those with `least` items or more."""
    items, right = Counter(row.gold), Counter()
    for gold, hit in zip(row.gold, row.correct, strict=True):
        right[gold] += hit
    told = [(label, right[label], count) for label, count in items.items() if count >= least]
    return sorted(told, key=lambda one: (one[1] / one[2], one[0]))[:most]


@dataclass(frozen=True)
class Decision:
    """Which method to take, in sentences. rows: cut to the items that all of them measured."""

    chosen: LedgerRow
    standing: Standing
    rows: tuple[LedgerRow, ...]
    sentences: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.sentences)


def decide(
    rows: Sequence[LedgerRow],
    target: float | None = None,
    requests: int = 10_000,
    noun: str = "texts",
    prices: costs.Prices = costs.EXAMPLE_PRICES,
    against: Sequence[tuple[str, str, str]] = (),
    doubts: Sequence[str] = (),
) -> Decision:
    """Return the cheapest of the methods that the items cannot tell from the leader, and why, in sentences.

    Args:
        rows: of one task, one for each method; they are compared on the items that all of them measured.
        target: the share right that would do; None takes TARGET, and says that nobody chose it.
        requests: how many are expected in a month.
        noun: what the items are called.
        prices: of a language model's tokens.
        against: (beginning of a method's name, of another's, what that is) of further pairs worth a sentence.
        doubts: sentences on the data that the first sentence must not be read without.

    Raises ValueError without rows, and where target or requests are out of range.
    """
    if not rows:
        raise ValueError("no rung has been measured yet; climb the plan first, or leave fewer rungs out")
    given = target is not None
    target = target if given else TARGET
    if not 0 < target <= 1 or requests < 0:
        raise ValueError(f"target is a share above 0 and up to 1, requests a count; got {target} and {requests}")
    together = comparisons.on_same_items(rows, covered=0).rows
    standing = comparisons.standing(together)
    shares, p_values = comparisons.against_leader([row.correct for row in together])
    summaries = [overview.summary(row, prices) for row in together]
    place = regret.cheapest_tie(shares, p_values, overview.dollars(summaries))
    chosen = together[place]
    others = [row for row in together if row.method in standing.tied and row is not chosen]
    whole = next(row for row in rows if row.method == chosen.method)
    fewer = f" On the {chosen.n} that all were asked it is right on {chosen.interval}." if whole.n > chosen.n else ""
    sentences = [
        f"Take {chosen.method}: it is right on {whole.interval} of {whole.n} {noun}.{fewer}",
        *doubts,
        _standing(chosen, standing, others, noun),
        _target(whole, target, given),
        *_model_or_not(together, against),
        _price(summaries[place], requests, prices),
        _doubt(chosen, others, noun),
    ]
    return Decision(chosen, standing, together, tuple(filter(None, sentences)))


def _standing(chosen: LedgerRow, standing: Standing, others: Sequence[LedgerRow], noun: str) -> str:
    if not standing.rivals:
        return "Nothing else was measured, so nothing is known of what would do better."
    if not others:
        return "Every other method is measurably behind it."
    mine = chosen.interval.estimate
    ranked = sorted(others, key=lambda row: -row.interval.estimate)
    named = ", ".join(f"{row.method} ({row.interval.estimate - mine:+.2f})" for row in ranked)
    return (
        f"{chosen.n} {noun} cannot tell it from {named}: with so many comparisons at once, none of these differences "
        "is beyond chance and worth having. That is not the same as equal. None of them costs less to run."
        f"{_labels(chosen, ranked)}"
    )


def _labels(chosen: LedgerRow, others: Sequence[LedgerRow]) -> str:
    """Which of a tie learned from fewer labeled rows: labeling is mostly what a method costs before it runs."""
    fewer = [
        f"{row.method} needs {row.labels_used or 'none'}" for row in others if row.labels_used < chosen.labels_used
    ]
    if not fewer:
        return ""
    told = ", ".join(fewer[:-1]) + " and " * (len(fewer) > 1) + fewer[-1]
    return f" Labeling costs, too: {chosen.method} learned from {chosen.labels_used:,} labeled rows; of these, {told}."


def _target(chosen: LedgerRow, target: float, given: bool = True) -> str:
    """Whether a method reaches a target; and that nobody named it, or that a constant answer reaches it as well."""
    called = f"your target of {target:.2f}" if given else f"a target of {target:.2f} (taken since none was named)"
    where = statistics.decide(chosen.interval, limit=target)
    gap = chosen.interval.estimate - target
    place = f"{abs(gap):.2f} {'above' if gap >= 0 else 'below'}"
    told = (
        f"It reaches {called}."
        if where in UP
        else f"It does not reach {called}; nothing measured here does so surely."
        if where in DOWN
        else f"Whether it reaches {called} is too close to call: its estimate is {place} it, and the interval holds "
        "both. Do not count on it."
    )
    most = max(Counter(chosen.gold).values()) / chosen.n
    if "answers" in chosen.details or most < target:
        return told
    return f"{told} So does always saying the most frequent label ({most:.2f}): a target above that would say more."


def _model_or_not(rows: Sequence[LedgerRow], against: Sequence[tuple[str, str, str]] = ()) -> list[str]:
    """What a language model adds to the best plain method, and tuning to the model untuned; best is by estimate."""
    best = overview.best_of(rows)
    model = [best[way] for way in best if way != "plain"]
    found = []
    if "plain" in best and model:
        top = max(model, key=lambda row: row.interval.estimate)
        found.append(_against(top, best["plain"], "the best plain method"))
    for way, name, without in (("tune", "Tuning", "training"), ("retrieve", "Retrieval", "retrieval")):
        if way in best and "prompt" in best:
            said = _against(best[way], best["prompt"], f"the model's best without {without}")
            found.append(f"{name}: {said}")
    for one, other, called in against:
        pair = [row for start in (one, other) for row in rows if row.method.startswith(start)]
        if len(pair) == 2 and not any(pair[0].method in line and pair[1].method in line for line in found):
            found.append(_against(*pair, called))
    return found


def _against(one: LedgerRow, other: LedgerRow, called: str) -> str:
    pair = statistics.compare_hits(other.correct, one.correct)  # the second minus the first
    gap = pair.difference
    where = statistics.decide(gap, pair.p_value)
    said = "is ahead of" if where in UP else "is behind" if where in DOWN else "is too close to call against"
    return f"{one.method} {said} {called}, {other.method}: {gap}, for this pair alone."


def _price(summary: overview.Summary, requests: int, prices: costs.Prices) -> str:
    if not summary.tokens:
        return f"It reads no tokens of a language model: {requests:,} requests a month cost next to nothing."
    dollars = summary.by_tokens * requests / 1000
    return (
        f"At {prices.read:g} dollars per million tokens read ({prices.note}), {requests:,} requests a month cost "
        f"{dollars:,.2f} dollars."
    )


def _doubt(chosen: LedgerRow, others: Sequence[LedgerRow], noun: str) -> str:
    apart = [sum(a != b for a, b in zip(row.correct, chosen.correct, strict=True)) / chosen.n for row in others]
    shares = [share for share in apart if share]
    disagree = sum(shares) / len(shares) if shares else 0.2
    least = statistics.detectable_difference(chosen.n, disagree)
    if least == least:
        told = (
            f"in one pair compared alone, {chosen.n} {noun} often miss differences below about {100 * least:.0f} points"
        )
        told += "; with all pairs compared at once, as above, a gap must be wider"
    else:
        told = f"{chosen.n} {noun} can hardly say which of two such methods is better, though one may be"
    return (
        f"{_pair(chosen, others, shares)} disagree on {100 * disagree:.0f} of 100 {noun}: {told}. These {noun} "
        f"have also chosen the method, and flatter it a little: measure it again on {noun} that nobody has looked at."
    )


def _pair(chosen: LedgerRow, others: Sequence[LedgerRow], shares: Sequence[float]) -> str:
    """Which pairs the size of a test is reckoned for."""
    if not shares:
        return "Suppose that two methods"
    if len(shares) > 1:
        return f"{chosen.method} and one of those that cannot be told from it, on average,"
    (other,) = (row for row in others if row.correct != chosen.correct)
    return f"{chosen.method} and {other.method}"
