"""Text in Markdown: whatever stands in a table's cell, nothing in it is taken for markup, HTML or a formula."""

import re
from collections.abc import Mapping, Sequence
from html import escape


def plain(text: str) -> str:
    r"""Return a text in one line in which Markdown, HTML and mathtext find nothing to interpret.

    >>> plain("a | b <img> costs $5")
    'a \\| b &lt;img&gt; costs \\$5'
    """
    shown = " ".join(text.split()).encode("utf-8", "replace").decode("utf-8")
    return re.sub(r"([\\`*\[\]|#!$]|(?<!\w)_|_(?!\w))", r"\\\1", escape(shown, quote=False))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; each cell is shown as it stands."""
    lines = ["| " + " | ".join(map(plain, row)) + " |" for row in (head, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])


def crossed(corner: str, cells: Mapping[str, Mapping[str, object]]) -> str:
    """Return a table of named lines and columns; every line has the columns of the first, in its order.

    Args:
        corner: what stands above the lines' names.
        cells: line -> column -> what is shown there, as `str` gives it.

    >>> print(crossed("", {"a": {"x": 1, "y": 2}}).splitlines()[-1])
    | a | 1 | 2 |
    """
    columns = list(next(iter(cells.values()), {}))
    return table(
        [corner, *columns], [[name, *(str(line[column]) for column in columns)] for name, line in cells.items()]
    )
