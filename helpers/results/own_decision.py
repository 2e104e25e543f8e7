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

UP = (statistics.ABOVE, statistics.LITTLE_ABOVE)
DOWN = (statistics.BELOW, statistics.LITTLE_BELOW)
TARGET = 0.85  # the share right that would do, where nobody says another


@dataclass(frozen=True)
class Decision:
    """Which method to take, in sentences.

    rows: cut to the items that all of them measured. shown: whose answers are worth a look, label by label: the chosen
    one's, or, where that is always the same answer, those of the best that reads the items.
    """

    chosen: LedgerRow
    standing: Standing
    rows: tuple[LedgerRow, ...]
    sentences: tuple[str, ...]
    shown: LedgerRow

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
        rows: of one task, one for each method; they are compared on the items that all of them measured. Where those
            that fall behind had fewer items than the others, these are compared once more, on all of theirs.
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
    compared = _again(rows, together)
    standing = comparisons.standing(compared)
    shares, p_values = comparisons.against_leader([row.correct for row in compared])
    summaries = [overview.summary(row, prices) for row in compared]
    place = regret.cheapest_tie(shares, p_values, overview.dollars(summaries))
    chosen = compared[place]
    others = [row for row in compared if row.method in standing.tied and row is not chosen]
    whole = next(row for row in rows if row.method == chosen.method)
    reading = [row for row in compared if not _constant(row)]
    shown = max(reading, key=lambda row: row.interval.estimate) if _constant(chosen) and reading else chosen
    sentences = [
        _taken(chosen, whole, shown, noun),
        _same_to_all(others),
        *doubts,
        _out(together, compared, noun),
        _standing(chosen, standing, others, noun),
        _target(whole, target, given),
        *_model_or_not(together, against, f" on the {together[0].n} that all were asked" * (compared is not together)),
        _leaning(together, noun),
        _price(chosen.method, summaries[place], requests, prices),
        _doubt(chosen, others, noun),
    ]
    return Decision(chosen, standing, together, tuple(filter(None, sentences)), shown)


def _again(rows: Sequence[LedgerRow], together: tuple[LedgerRow, ...]) -> tuple[LedgerRow, ...]:
    """The rows to choose from: those that are not behind on what all were asked, if they share more items than that."""
    tied = comparisons.standing(together).tied
    left = [row for row in rows if row.method in tied]
    again = comparisons.on_same_items(left, covered=0).rows if len(left) > 1 else together
    return again if again[0].n > together[0].n else together


def _constant(row: LedgerRow) -> bool:
    """Whether a method gives the same answer to everything, though there are several."""
    return "answers" not in row.details and len(set(row.predictions)) == 1 < len(set(row.gold))


def _taken(chosen: LedgerRow, whole: LedgerRow, shown: LedgerRow, noun: str) -> str:
    fewer = f" On the {chosen.n} that all were asked it is right on {chosen.interval}." if whole.n > chosen.n else ""
    if not _constant(chosen):
        return f"Take {chosen.method}: it is right on {whole.interval} of {whole.n} {noun}.{fewer}"
    told = (
        f"Nothing measured here is known to be right more often than {chosen.method}, which says "
        f"{chosen.predictions[0]!r} to everything: right on {whole.interval} of {whole.n} {noun}, and no sorting."
        f"{fewer}"
    )
    if shown is chosen:
        return told
    return f"{told} Of those that read the {noun}, {shown.method} has the highest share: {shown.interval} of {shown.n}."


def _out(together: Sequence[LedgerRow], compared: Sequence[LedgerRow], noun: str) -> str:
    """Which methods were behind on fewer items, and are not in the comparison on all."""
    left = {row.method for row in compared}
    names = [row.method for row in together if row.method not in left]
    if not names:
        return ""
    told = ", ".join(names)
    return (
        f"Behind on the {together[0].n} {noun} that all were asked, and out: {told}. The others are compared on the "
        f"{compared[0].n} that they share."
    )


def _leaning(rows: Sequence[LedgerRow], noun: str) -> str:
    """Whether the best prompt does worse than a constant answer would: then it says little of prompting."""
    prompt = overview.best_of(rows).get("prompt")
    if prompt is None or "answers" in prompt.details:
        return ""
    most = max(Counter(prompt.gold).values()) / prompt.n
    (label, times), *_ = Counter(prompt.predictions).most_common(1)
    if prompt.interval.high >= most:
        return ""
    return (
        f"{prompt.method} says {label!r} to {times} of {prompt.n} {noun}, and does worse than one answer to all would "
        f"({most:.2f}): this wording, or this model, sorts little here, which is no verdict on prompting. Look at such "
        "answers, and look for better words."
    )


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


def _same_to_all(others: Sequence[LedgerRow]) -> str:
    """Whether a constant answer cannot be told from what is taken: then nothing is shown to sort."""
    flat = next((row for row in others if _constant(row)), None)
    if flat is None:
        return ""
    return (
        f"It is not shown that anything sorts here: {flat.method}, which says {flat.predictions[0]!r} to everything, "
        "cannot be told from it."
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
        f"{chosen.method} reaches {called}."
        if where in UP
        else f"{chosen.method} does not reach {called}, and nothing else measured here surely does."
        if where in DOWN
        else f"Whether {chosen.method} reaches {called} is too close to call: its estimate is {place} it, and the "
        "interval holds both. Do not count on it."
    )
    most = max(Counter(chosen.gold).values()) / chosen.n
    if "answers" in chosen.details or most < target:
        return told
    return f"{told} So does always saying the most frequent label ({most:.2f}): a target above that would say more."


def _model_or_not(rows: Sequence[LedgerRow], against: Sequence[tuple[str, str, str]], where: str) -> list[str]:
    """What a language model adds to the best plain method, and tuning to the model untuned; best is by estimate."""
    best = overview.best_of(rows)
    model = [best[way] for way in best if way != "plain"]
    found = []
    if "plain" in best and model:
        top = max(model, key=lambda row: row.interval.estimate)
        found.append(_against(top, best["plain"], f"the best plain method{where}"))
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


def _price(method: str, summary: overview.Summary, requests: int, prices: costs.Prices) -> str:
    if not summary.tokens:
        return f"{method} reads no tokens of a language model: {requests:,} requests a month cost next to nothing."
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
