"""Columns of fixed width, padded with spaces, as in reports and printed tables: found by what is blank in all."""

import itertools
import re
from collections import Counter
from collections.abc import Sequence

RULE = re.compile(r"\s*[-=]{2,}(?: +[-=]{2,})+\s*")  # a line below the names of the columns
LEAST = 8  # lines below which spaces may stand one below the other by chance
MANY = 15  # lines from which some may be none of the table, such as a title or a sum
LOOKED_AT = 2000
FILLED = 0.8  # the share of lines that has something in a column
PADDED = 0.2  # the share of lines that has several spaces at the end of a column


def cut(text: str) -> list[tuple[int, list[str]]]:
    r"""Return lines, by number, cut into cells of fixed width; none where a text is nothing of the kind.

    A line that does not keep to the columns is one cell.

    >>> cut("".join(f"{('bill', 'no light')[i % 2]:9}text of {i} words\n" for i in range(8)))[:2]
    [(1, ['bill', 'text of 0 words']), (2, ['no light', 'text of 1 words'])]
    """
    lines = [(number, line.rstrip()) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    looked = [line for _, line in lines[:LOOKED_AT]]
    if len(lines) < LEAST or "\t" in text:
        return []
    odd = max(2, len(looked) // 20) if len(looked) >= MANY else 0
    gaps = _gaps(looked, odd)
    if not gaps or sum(_crosses(line, gaps) for _, line in lines) > max(odd, len(lines) // 20):
        return []
    ends = [(0, gaps[0][0]), *((a[1], b[0]) for a, b in itertools.pairwise(gaps)), (gaps[-1][1], None)]
    return [
        (number, [line.strip()] if _crosses(line, gaps) else [line[start:end].strip() for start, end in ends])
        for number, line in lines
    ]


def _gaps(lines: Sequence[str], odd: int) -> list[tuple[int, int]]:
    """Where columns are parted: from and to which character of a line; `odd` lines need not keep to it."""
    rule = next((line for line in lines[:5] if RULE.fullmatch(line)), None)
    if rule:
        runs = [run.span() for run in re.finditer(r"\S+", rule)]
        return [(a[1], b[0]) for a, b in itertools.pairwise(runs)]
    filled = Counter(at for line in lines for run in re.finditer(r"\S+", line[:LOOKED_AT]) for at in range(*run.span()))
    blank = "".join(" " if filled[at] <= odd else "x" for at in range(max(filled) + 1))
    gaps = [_core(filled, *run.span()) for run in re.finditer(r"(?<=x) +(?=x)", blank)]
    for place in range(len(gaps) - 1, -1, -1):  # what few lines have behind a gap is the end of the text before it
        end = gaps[place + 1][0] if place + 1 < len(gaps) else None
        if sum(bool(line[gaps[place][1] : end].strip()) for line in lines) < FILLED * len(lines):
            del gaps[place]
    padded = [gap[1] - gap[0] > 1 or _padded(lines, gap) for gap in gaps]
    first = padded.index(True) if any(padded) else len(gaps)
    return [gap for place, gap in enumerate(gaps) if padded[place] or place < first < len(gaps)]


def _core(filled: Counter, start: int, end: int) -> tuple[int, int]:
    """The longest part of a gap that the fewest lines cross; beside it a long text may end, or begin."""
    fewest = min(filled[at] for at in range(start, end))
    same = "".join(" " if filled[at] == fewest else "x" for at in range(start, end))
    run = max(re.finditer(" +", same), key=lambda run: run.end() - run.start())
    return start + run.start(), start + run.end()


def _padded(lines: Sequence[str], gap: tuple[int, int]) -> bool:
    start, end = gap
    return sum(" " in (line[start - 1], line[end : end + 1]) for line in lines if len(line) > start) > PADDED * len(
        lines
    )


def _crosses(line: str, gaps: Sequence[tuple[int, int]]) -> bool:
    return any(line[start:end].strip() for start, end in gaps)
