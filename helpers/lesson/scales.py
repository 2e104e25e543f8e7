"""The same method at several sizes of model, side by side: your rows, the course's, a large model's recorded ones."""

from collections.abc import Sequence

from helpers.methods import recorded
from helpers.model import catalogue
from helpers.results import lookup, markdown
from helpers.results.rows import LedgerRow
from helpers.statistics import wilson_interval

NOT_MEASURED = "–"


def size_of(row: LedgerRow) -> str:
    """Return the size of a row's model, as people name it: 135M, 0.5B, large, or plain for a method without one.

    A model whose size is not known, behind an endpoint, is called by its name.
    """
    if row.model == recorded.MODEL:
        return "large"
    if not row.language_model:
        return "plain"
    if not row.parameters:  # behind an endpoint
        return row.language_model
    return catalogue.size_in_words(row.parameters)


def side_by_side(task: str, methods: Sequence[str], split: str = "test", only: str = "") -> str:
    """Return a Markdown table of share right with its interval: a line for each method, a column for each size.

    A large model's rows stand under the name of what was asked (see methods.recorded); a size at which a method was not
    measured has a dash. `(reference)` marks the course's own rows. `only`: of all items those whose right answer is
    this, such as "abstained" for questions that no document answers.
    """
    rows = [row for row in lookup.rows(task, split, reference=True, model=lookup.ANY) if row.method in methods]
    rows += [row for row in recorded.rows() if (row.task, row.split) == (task, split) and row.method in methods]
    ordered = sorted(rows, key=lambda row: (row.model == recorded.MODEL, row.parameters))
    sizes = list(dict.fromkeys(size_of(row) for row in ordered))
    found = {(row.method, size_of(row)): row for row in rows}

    def cell(method: str, size: str) -> str:
        row = found.get((method, size))
        hits = [hit for hit, gold in zip(row.correct, row.gold, strict=True) if only in ("", gold)] if row else []
        if not hits:
            return NOT_MEASURED
        share = wilson_interval(sum(hits), len(hits)) if only else row.interval
        return f"{share}{' (reference)' * row.reference}"

    lines = [[method, *(cell(method, size) for size in sizes)] for method in methods]
    return markdown.table(["method", *sizes], lines)
