"""Text in Markdown: whatever stands in a table's cell, nothing in it is taken for markup, HTML or a formula."""

import re
from collections.abc import Sequence
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
