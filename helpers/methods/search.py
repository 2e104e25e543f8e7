"""Searching for a method's best: variants tried on dev under one budget, every try kept, one of them tested once.

A weak prompt makes a method look weak, and the best of many tries looks better than it is. So all methods of a
comparison get the same number of tries, and what choosing adds to a figure is told beside it.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from helpers.results import lookup, markdown
from helpers.results.ledger import Lab
from helpers.results.rows import LedgerRow
from helpers.statistics.selection import Winner, winner

BUDGET = 24  # tries that each method of a comparison gets


@dataclass(frozen=True)
class Candidate:
    """One variant. `settings` tell it from the others; `predict` takes n texts, as for `ledger.measure`.

    more: further arguments of `ledger.measure`, such as prompts, labels_used, seed, or prepare for what is trained.
    """

    settings: Mapping
    predict: Callable[[list[str]], object]
    more: Mapping = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its settings in one line, as tables and rows show them."""
        return ", ".join(f"{key} {value}" for key, value in self.settings.items())


@dataclass(frozen=True)
class Search:
    """What was tried of a method on dev: candidates and their rows, n of each, in the order of trying.

    more: the arguments of `ledger.measure` that all share.
    """

    method: str
    approach: str
    candidates: tuple[Candidate, ...]
    rows: tuple[LedgerRow, ...]
    more: Mapping = field(default_factory=dict)

    @property
    def winner(self) -> Winner:
        """The best try, the first among equals, with its share right on dev and what to expect elsewhere."""
        return winner([row.correct for row in self.rows])

    @property
    def best(self) -> Candidate:
        """The candidate with the most right answers on dev, the first among equals."""
        return self.candidates[self.winner.place]

    def __str__(self) -> str:
        return f"{self.method}, {self.winner}: {self.best.name}"

    def table(self) -> str:
        """Return all tries as Markdown, best first."""
        tried = sorted(zip(self.candidates, self.rows, strict=True), key=lambda pair: -sum(pair[1].correct))
        lines = [
            [candidate.name, str(row.interval), f"{row.tokens_per_item:.0f}", "chosen" * (candidate is self.best)]
            for candidate, row in tried
        ]
        return markdown.table(["tried on dev", "right", "tokens per item", ""], lines)

    def test(self, lab: Lab, items: Sequence, **more) -> LedgerRow:
        """Measure the chosen candidate on test; the row says among how many tries it was chosen.

        Args:
            lab, items: as for `ledger.measure`.
            more: further arguments of it, instead of the candidate's.
        """
        best = self.best
        told = {**self.more, "split": "test", "tries": len(self.rows), "settings": dict(best.settings)}
        return lab.measure(self.method, items, best.predict, approach=self.approach, **{**told, **best.more, **more})


def search(
    lab: Lab,
    method: str,
    candidates: Sequence[Candidate],
    items: Sequence,
    *,
    approach: str,
    budget: int = BUDGET,
    **more,
) -> Search:
    """Measure every candidate on dev and keep all rows; stored ones are taken where they still hold.

    Args:
        lab: what the measurements share.
        method: what is searched; a try's row is called by it and the candidate's name.
        candidates: at most `budget`, in the order in which you would prefer them if they did equally well.
        items: those of dev.
        approach, more: as for `ledger.measure`.

    Raises:
        ValueError: there is no candidate, there are more than the budget allows, or two are named alike.
    """
    names = [candidate.name for candidate in candidates]
    if not 1 <= len(names) <= budget:
        raise ValueError(f"{method}: {len(names)} candidates, and every method may try from 1 to {budget}")
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"{method}: two candidates are named alike: {'; '.join(twice)}")
    shared = {"split": "dev", "approach": approach, "heavy": True, **more}
    rows = [
        lab.measure(
            f"{method}: {one.name}", items, one.predict, **{**shared, "settings": dict(one.settings), **one.more}
        )
        for one in candidates
    ]
    return Search(method, approach, tuple(candidates), tuple(rows), more)


def grid(**options: Sequence) -> list[dict]:
    """Return all combinations of the options as settings, the last option changing fastest.

    >>> grid(k=[4, 8], calibrated=[True, False])[:2]
    [{'k': 4, 'calibrated': True}, {'k': 4, 'calibrated': False}]
    """
    return [dict(zip(options, values, strict=True)) for values in itertools.product(*options.values())]


def kept(task: str, method: str, tries: Sequence[Mapping], n: int, model: str) -> list[LedgerRow | None]:
    """Return the stored row of each try, told by its settings, on all n items of dev; None where there is none."""
    rows = {row.method: row for row in lookup.rows(task, "dev", reference=True, model=model) if row.n == n}
    return [rows.get(f"{method}: {Candidate(settings, str).name}") for settings in tries]


def crossed(
    tries: Sequence[Mapping], rows: Sequence[LedgerRow | None], across: Callable[[Mapping], str], down: str
) -> str:
    """Return how many answers of each try were right, as Markdown; a dash where there is no row.

    across: names a try's column. down: the setting that tells lines apart. Below stands what the best try is worth.
    """
    columns = list(dict.fromkeys(map(across, tries)))
    cells: dict[str, dict[str, str]] = {}
    for settings, row in zip(tries, rows, strict=True):
        cells.setdefault(str(settings[down]), {})[across(settings)] = str(sum(row.correct)) if row else "–"
    lines = [[name, *(line.get(column, "–") for column in columns)] for name, line in cells.items()]
    tried = [row for row in rows if row]
    worth = f"Right of {tried[0].n} of dev; {winner([row.correct for row in tried])}." if tried else "None was tried."
    return f"{markdown.table([down, *columns], lines)}\n\n{worth}"


def unequal(rows: Sequence[LedgerRow]) -> list[str]:
    """Return what a fair comparison of methods would hold equal and these rows do not, in words.

    Equal are the number of tries on dev, the labeled examples used, the number format, and the limit of tokens that an
    answer may have. A method without a model has no number format, and one that scores labels no limit.
    """
    found = []
    for name, said in (
        ("tries", "tries on dev"),
        ("labels_used", "labels"),
        ("dtype", "number format"),
        ("token_limit", "token limit"),
    ):
        values = {getattr(row, name) for row in rows} - {"", None}
        if len(values) > 1:
            found.append(f"{said}: " + ", ".join(f"{row.method} {getattr(row, name)}" for row in rows))
    return found
