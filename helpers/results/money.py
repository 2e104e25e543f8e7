"""Two methods of one task as a case of money: examples in every prompt, or a model tuned once.

Dollars are those of a *right* answer, at a provider's prices for tokens; people's hours are the fixed cost. Break-even
itself is the business of costs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from helpers.results import costs, markdown, overview
from helpers.results.costs import Case, People, Prices
from helpers.results.given import alone
from helpers.results.rows import LedgerRow

UNIT = "right answers"
ARTICLE = {"fixed": 500.0, "old": 0.02, "new": 0.005}  # the figures of the article that divides the one by the other


@dataclass(frozen=True)
class Rivals:
    """A prompt with examples and a tuned model on the same items.

    old, new: their rows, or None where one is missing; then the article's own figures stand in. search: dollars of the
    search that finds one message's examples. cached: as for overview.summary.
    """

    old: LedgerRow | None
    new: LedgerRow | None
    search: float = 0.0
    cached: Mapping[tuple[str, str], float] | None = None

    @property
    def rows(self) -> list[LedgerRow]:
        """Both rows; none where one is missing, or its tokens were not counted."""
        both = [row for row in (self.old, self.new) if row]
        counted = [row for row in both if self.of_one_right(row, costs.EXAMPLE_PRICES) is not None]
        return counted if len(counted) == 2 else []

    @property
    def more_labels(self) -> int:
        """How many more labels the tuned model has learned from; 0 without rows."""
        return max(0, self.new.labels_used - self.old.labels_used) if self.rows else 0

    def of_one_right(self, row: LedgerRow, prices: Prices) -> float | None:
        """Return dollars of one right answer; None where tokens were not counted, or nothing is right."""
        thousand = overview.summary(row, prices, cached=self.cached)
        if thousand.by_tokens is None or not thousand.quality.estimate:
            return None
        return (thousand.by_tokens / 1000 + self.search * (row is self.old)) / thousand.quality.estimate

    def fixed(self, people: People) -> float:
        """Return dollars before the first answer: labels that the prompt does not need, people's hours, training."""
        return people.outlay(self.more_labels, self.new.training_seconds)

    def cases(
        self, prices: Prices, people: People, a_month: int = 1_000_000, upkeep: float = 10.0, retrain_every: int = 6
    ) -> dict[str, Case]:
        """Return price list -> the tuned model against examples in the prompt, in right answers.

        Args:
            a_month: right answers a month.
            upkeep: dollars a month.
            retrain_every: months; each retraining costs the people's hours again.
        """
        shared = {"requests": a_month, "upkeep": upkeep, "retrain_every": retrain_every, "unit": UNIT}
        shared["retrain"] = people.outlay(0)
        if not self.rows:
            print("Rows of the two are missing, so an article's own figures stand in: not measured here.")
            return {"as given": Case(**ARTICLE, **shared)}
        return {
            name: Case(self.fixed(people), self.of_one_right(self.old, one), self.of_one_right(self.new, two), **shared)
            for name, (one, two) in costs.variations(prices).items()
        }


def rivals(
    rows: Sequence[LedgerRow], old: str, new: str, searcher: str, cached: Mapping[tuple[str, str], float] | None = None
) -> Rivals:
    """Return two rivals by their methods' names, the search priced by the seconds of `searcher`, a plain method."""
    by_name = {row.method: row for row in rows}
    seconds = by_name[searcher].seconds_per_item if searcher in by_name else 0.0
    return Rivals(by_name.get(old), by_name.get(new), costs.by_machine(seconds) / 1000, cached)


def table(cases: Mapping[str, Case], needed: Callable) -> str:
    """Return the cases as a table: a month's dollars, how many right answers pay back what comes first, and the end.

    Args:
        cases: price list -> case.
        needed: takes fixed, old and new; returns how many pay `fixed` back, or None. It counts neither upkeep nor
            retraining; the last two columns do.
    """
    lines = []
    for name, case in cases.items():
        count, all_counted = needed(case.fixed, case.old, case.new), costs.break_even(case)
        back = "never" if count is None else f"{int(alone(count)):,}"
        month = "no" if all_counted.month is None else f"month {all_counted.month}"
        of_a_month = (costs.in_dollars(case.requests * each) for each in (case.old, case.new))
        lines.append([name, *of_a_month, back, month, costs.in_dollars(all_counted.gain, signed=True)])
    unit, horizon = next((case.unit, case.horizon) for case in cases.values())
    head = ["prices", "a month with examples", "a month tuned", f"{unit} that pay it back, by the function"]
    return markdown.table([*head, "all counted: paid back?", f"all counted: after {horizon} months"], lines)


def pays(cases: Mapping[str, Case]) -> str:
    """Return at how many price lists tuning pays for itself with all counted, and how the first of them ends."""
    found = {name: costs.break_even(case) for name, case in cases.items()}
    paid = [name for name, each in found.items() if each.month is not None]
    count = f"{len(paid) or 'none'} of {len(found)} price list{'s' * (len(found) > 1)}"
    which = f": {', '.join(paid)}" if len(found) > 1 and paid else ""
    first, ending = next(iter(found.items()))
    return f"All counted, tuning has paid for itself at {count}{which}.\n{first.capitalize()} it is {ending.statement}."
