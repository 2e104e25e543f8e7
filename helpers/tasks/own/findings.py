"""What a file's reader noticed: what, where as the spreadsheet counts, what was done, and what a person can do."""

from collections.abc import Sequence
from dataclasses import dataclass

SHOWN = 5  # places named before the rest is only counted


@dataclass(frozen=True)
class Finding:
    """One thing noticed in a file.

    kind: a short name. what: what was found. rows: where, by the spreadsheet's numbers (or lines of JSON Lines, files
    of a folder). done: what was done about it; empty where nothing was. do: what a person can do. lost: how many rows
    are not used because of it. stops: the file cannot be used until it is mended.
    """

    kind: str
    what: str
    rows: tuple = ()
    done: str = ""
    do: str = ""
    lost: int = 0
    stops: bool = False
    unit: str = "row"

    def __str__(self) -> str:
        where = f" ({places(self.rows, self.unit)})" if self.rows else ""
        parts = [f"{self.what}{where}", *filter(None, (self.done, self.do))]
        return ". ".join(part[0].upper() + part[1:] for part in parts) + "."


def places(rows: Sequence, unit: str = "row") -> str:
    """Return where something is, in words.

    >>> places([3, 7]), places(range(2, 30))
    ('rows 3, 7', 'rows 2, 3, 4, 5, 6 and 23 more')
    """
    shown = ", ".join(str(row) for row in rows[:SHOWN])
    more = f" and {len(rows) - SHOWN:,} more" if len(rows) > SHOWN else ""
    return f"{unit}{'s' if len(rows) != 1 else ''} {shown}{more}"


def count(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> count(1, "row"), count(2000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def quoted(text: str, most: int = 40) -> str:
    """Return the start of a text in quotes, in one line, with what cannot be printed spelled out."""
    line = " ".join(text.split())
    return repr(line if len(line) <= most else line[: most - 1] + "…")
