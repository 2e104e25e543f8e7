"""One page for one task: what to try first at each size of model, what it costs, what would change the decision.

All of it comes from rows; a size that has none says so. It suggests where to begin, and never replaces a measurement.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from helpers.lesson import main_rows, scales
from helpers.methods import recorded
from helpers.results import comparisons, costs, lookup, overview
from helpers.results.given import alone
from helpers.results.overview import Summary, Wanted
from helpers.results.rows import LedgerRow
from helpers.statistics import WORTHWHILE

SIZES = {"135M": 135e6, "0.5B": 494e6, "1.5B": 1543e6}  # parameters
ORDER = ("no language model", *SIZES, "large")
HEAD = ("size of model", "try first", "right", "$ per 1,000 right answers", "compared with it")
ONLY = "no choice: only “{}” was measured"  # in place of what to try first, where a method had no rival
FEW = "no choice: only “{}” does with so few labels"  # where its rivals learned from more
LESS, MORE, UNCLEAR = "right less often", "right more often", "neither measurably better nor worse"  # a plain method
LARGE = {  # a large model's recorded rows that were answers to a question, and not help in making the test set
    "free answer": "asked without examples",
    "closed book": "asked from memory",
    "whole document": "with the right document, whole, in the prompt",
    "strict JSON prompt": "strict JSON prompt",
    "strict JSON prompt, schema": "strict JSON prompt, schema",
}
CHANGING = (
    "Not measured here: labels that change, a new one or one that comes to mean something else. After such a change, "
    "label some messages anew, and measure again."
)
COUNTED = (
    "Dollars are for tokens, at the prices named here. People, training, the machine, and what a wrong answer costs "
    "you are not in them. In brackets: the 95 % interval of the share right, over the items of test."
)
CEILING = (
    "Large is a hosted model whose answers to the same items were recorded once. A model of its kind wrote these "
    "items, so take it for a ceiling, and measure such a model on your own."
)
AGAIN = "Then measure what you choose on messages that nobody has looked at: these here chose it, and flatter it."
Choice = Callable[[list[float], list[float], list[float]], int]


@dataclass(frozen=True)
class Line:
    """What the page says of one size."""

    size: str
    method: str  # chosen, or the only one; empty where none can be
    told: str  # under *try first*: the method, or why none is chosen
    right: str = "–"
    dollars: str = "–"
    compared: str = "–"
    rivals: int = 0  # other methods measured on the same items
    plain: str = ""  # how the best plain method does against it: LESS, MORE or UNCLEAR; empty where not compared

    @property
    def cells(self) -> tuple[str, ...]:
        """The line as it is shown below HEAD."""
        return self.size, self.told, self.right, self.dollars, self.compared


def cells(lines: Sequence[Line]) -> list[tuple[str, ...]]:
    """Return the page as a table, HEAD first."""
    return [HEAD, *(line.cells for line in lines)]


def size_of(row: LedgerRow) -> str:
    """Return which of ORDER a row belongs to; a size that is none of these under its own name."""
    known = scales.size_of(row)
    if known == "plain":
        return ORDER[0]
    near = [name for name, size in SIZES.items() if abs(row.parameters / size - 1) < 0.25]
    return near[0] if near else known


def rows_of(task: str, wanted: Wanted, also: Mapping[str, str] | None = None) -> dict[str, list[LedgerRow]]:
    """Return size -> rows of the methods wanted, whoever measured them, and of LARGE.

    also: other methods -> what their rows are called here. Annotators' labels are left out: they helped to decide which
    messages are in the test set.
    """
    rows = main_rows.with_stand_ins(lookup.rows(task, wanted.split, reference=True, model=lookup.ANY))
    called = dict.fromkeys(wanted.methods) | (also or {})
    found = [replace(row, method=called[row.method] or row.method) for row in rows if row.method in called]
    large = [row for row in recorded.rows() if (row.task, row.split) == (task, wanted.split)]
    found += [replace(row, method=LARGE[row.method]) for row in large if row.method in LARGE]
    by_size: dict[str, list[LedgerRow]] = {}
    for row in found:
        by_size.setdefault(size_of(row), []).append(row)
    return by_size


def lines(
    task: str,
    wanted: Wanted,
    labels: int,
    choose: Choice,
    prices: costs.Prices = costs.EXAMPLE_PRICES,
    cached: Mapping[tuple[str, str], float] | None = None,
    adjust: Callable = comparisons.holm,
) -> list[Line]:
    """Return the page: one line for each size, that without a language model first.

    Args:
        task, wanted: whose rows take part; each was chosen on dev.
        labels: how many solved examples you have; methods that used more are left out, and named, and rows of fewer
            labels take part (main_rows.FEWER) at each size where some are left out.
        choose: takes shares right, adjusted p-values against the highest share, and dollars per 1,000 right answers;
            returns the position of one.
        prices, cached: as for overview.summary.
        adjust: as for comparisons.all_p_values.
    """
    fewer, by_size = main_rows.FEWER.get(task, {}), {}
    for size, rows in rows_of(task, wanted, fewer).items():
        main = [row for row in rows if row.method not in fewer.values()]
        if main:
            by_size[size] = rows if any(row.labels_used > labels for row in main) else main
    plain = by_size.get(ORDER[0], [])
    told = []
    for size in (*ORDER, *(size for size in by_size if size not in ORDER)):
        rows = by_size.get(size, [])
        able = [row for row in rows if row.labels_used <= labels]
        if not able:
            then = "more labels" if rows else "measure one method at this size"
            told.append(Line(size, "", _nothing(rows, labels), compared=then))
            continue
        kept = comparisons.on_same_items(able, covered=0.0).rows
        chosen, tied = _choice(kept, choose, prices, cached, adjust)
        beyond = [row for row in rows if row.labels_used > labels]
        known = [row for row in plain if row.labels_used <= labels and size != ORDER[0]]
        best, found = _plain(known, kept, chosen)
        against = [f"{best}, without a language model, is {found}"] if found else []
        reasons = [*_ties(tied, chosen), *against, *_labels(beyond, chosen)]
        price = "tokens not known" if chosen.per_right is None else f"{chosen.per_right:.3f}"
        lone = len(kept) == 1 and size != ORDER[0]
        told.append(
            Line(
                size,
                chosen.method,
                (FEW if beyond else ONLY).format(chosen.method) if lone else chosen.method,
                str(chosen.quality),
                price,
                "; ".join(reasons) or "–",
                rivals=len(kept) - 1,
                plain=found,
            )
        )
    return told


def first(lines: Sequence[Line]) -> str:
    """Return in a sentence whether a method without a language model will do, beside the other sizes on the page."""
    plain = next((line for line in lines if line.size == ORDER[0] and line.method), None)
    small = [line for line in lines if line.size in SIZES and line.method]
    if not plain or not small:
        return "No method without a language model can be compared with the small models here."
    large = [line for line in lines if line.size == ORDER[-1] and line.plain == LESS]
    beside = f" Where a hosted model may be asked, measure one beside it: large had {large[0].right}." if large else ""
    ahead = [line.size for line in small if line.plain == LESS]
    if ahead:
        return f"{plain.method} needs no language model, and is measurably behind at {' and '.join(ahead)}.{beside}"
    sizes = ", ".join(line.size for line in small)
    begin = f"Begin with {plain.method}: it needs no language model"
    return f"{begin}, and at {sizes} nothing that was measured is measurably better.{beside}"


def _nothing(rows: Sequence[LedgerRow], labels: int) -> str:
    if rows:
        return f"what was measured needs {min(row.labels_used for row in rows)} labels, and you have {labels}"
    return "not measured for this task"


def differs(lines: Sequence[Line]) -> str:
    """Return in a sentence whether the page's first try changes with the size, as far as there was a choice."""
    here = [line for line in lines if line.method and line.size in SIZES]
    tried = {line.size: line.method for line in here if line.rivals}
    alone = [line.size for line in here if not line.rivals]
    more = f" At {' and '.join(alone)} there was one method alone: nothing was chosen." if alone else ""
    if len(tried) < 2:
        few = f"Several methods were measured at {len(tried)} of the {len(SIZES)} small sizes"
        return f"{few}: they cannot say whether size matters.{more}"
    if len(set(tried.values())) == 1:
        same = f"{' and '.join(tried)}: {next(iter(tried.values()))}"
        return f"With a language model the first thing to try is the same at {same}.{more}"
    named = "; ".join(f"{name} at {size}" for size, name in tried.items())
    return f"The first thing to try changes with the size: {named}.{more}"


def _choice(rows: Sequence[LedgerRow], choose: Choice, prices, cached, adjust) -> tuple[Summary, list[str]]:
    """Return what is chosen of rows on the same items, and the names of those not measurably behind the leader."""
    summaries = [overview.summary(row, prices, cached=cached) for row in rows]
    shares, p_values = comparisons.against_leader(np.array([row.correct for row in rows], dtype=bool), adjust)
    dollars = overview.dollars(summaries)
    tied = [row.method for row, p in zip(rows, p_values, strict=True) if p >= 0.05]
    return summaries[int(alone(choose(shares, p_values, dollars)))], tied


def _ties(tied: Sequence[str], chosen: Summary) -> list[str]:
    others = [name for name in tied if name != chosen.method]
    return [f"not measurably behind: {', '.join(others)}"] if others else []


def _plain(plain: Sequence[LedgerRow], kept: Sequence[LedgerRow], chosen: Summary) -> tuple[str, str]:
    """Return the best plain method, and how it does against what was chosen on the same items; empty without one."""
    if not plain:
        return "", ""
    own = next(row for row in kept if row.method == chosen.method)
    best = max(plain, key=lambda row: row.interval.estimate)
    pair = comparisons.on_same_items([own, best], covered=0.0).rows
    gap = lookup.compare(*pair, across_models=True)
    words = {"worse": LESS, "better": MORE}
    return best.method, next((words[start] for start in words if gap.verdict.startswith(start)), UNCLEAR)


def _labels(beyond: Sequence[LedgerRow], chosen: Summary) -> list[str]:
    better = [row for row in beyond if row.interval.estimate > chosen.quality.estimate + WORTHWHILE]
    if not better:
        return []
    first = min(better, key=lambda row: row.labels_used)
    told = "" if f"{first.labels_used} " in first.method else f"with {first.labels_used} labels "
    return [f"{told}{first.method} had {first.interval.estimate:.2f}"]
