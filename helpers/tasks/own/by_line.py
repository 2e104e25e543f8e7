"""Texts with a label on each line, or above several: fastText, Rasa, a label before a sign. Other tables go to tables.

What holds a word a line (CoNLL) is refused, for it is no table of texts.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from helpers.tasks.files import DataError

FASTTEXT = re.compile(r"((?:__label__\S+[ \t,]*)+)(.*)")
FASTTEXT_LAST = re.compile(r"(.*?)[ \t,]*((?:__label__\S+\s*)+)")
FIRST = (  # 3 …, NUM:date …; refund: …, refund:…
    re.compile(r"(\d+|[^\s:]+[:_][^\s:]+)[ \t]+(\S.*)"),
    re.compile(r"([^\s:]{1,40}(?: [^\s:]{1,20})?):[ \t]*(\S.*)"),
)
RASA = re.compile(r"(?m)^## intent:|^\s*- intent: .*\n(?:.*\n){0,3}?\s+examples: \|")
HEADING = re.compile(r"## (\w+):\s*(.+)|\s*- (intent|synonym|regex|lookup): *(.+)|()examples: \|\s*")
ENTITY = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")
LEAST = 8  # lines below which a label that comes again proves nothing


@dataclass(frozen=True)
class Lines:
    """Lines with a text and a label: number, text, label; and how they were read."""

    rows: list[tuple[int, str, str]]
    how: str


def read(name: str, text: str) -> Lines | None:
    """Return what fastText or Rasa would read; None where a text is nothing of the kind.

    Raises DataError for a word a line with its tags.
    """
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if RASA.search(text[:100_000]):
        return _rasa(lines)
    front, end = FASTTEXT.match(text), FASTTEXT_LAST.fullmatch(lines[0][1].strip()) if lines else None
    if front or end:
        return _fasttext(lines, bool(front))
    if _a_word_a_line(text):
        raise DataError(
            f"{name} holds a word a line with its tags, as CoNLL files do: it labels words, not texts. Give a table "
            "with a row for each text and its label"
        )
    return None


def first_is_label(text: str) -> Lines | None:
    r"""Return lines that begin with a label, as `3 text`, `NUM:date text` or `refund: text`; None where these do not.

    >>> first_is_label("".join(f"{i % 2} text number {i}\n" for i in range(9))).rows[1]
    (2, 'text number 1', '1')
    """
    lines = [(number, line.strip()) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    for form in FIRST:
        found = [(number, form.fullmatch(line)) for number, line in lines]
        rows = [(number, one[2], one[1]) for number, one in found if one]
        times = len({label for _, _, label in rows})
        if len(rows) >= max(LEAST, len(lines)) and 2 <= times <= len(rows) / 3:
            how = "no sign parts cells, so what a line begins with is taken for its label (if wrong, say delimiter=…)"
            return Lines(rows, how)
    return None


def _fasttext(lines: Sequence[tuple[int, str]], front: bool) -> Lines:
    """Lines as fastText takes them, `__label__x` before or behind each text; several labels stand in one cell."""
    rows = []
    for number, line in lines:
        found = FASTTEXT.match(line) if front else FASTTEXT_LAST.fullmatch(line.strip())
        labels, said = (found[1], found[2]) if found and front else (found[2], found[1]) if found else ("", line)
        names = [one.strip(" \t,") for one in labels.split("__label__")[1:]]
        rows.append((number, said.strip(), ";".join(names)))
    return Lines(rows, f"fastText, __label__ {'before' if front else 'behind'} each text")


def _rasa(lines: Sequence[tuple[int, str]]) -> Lines:
    """Examples below their intents, in Markdown or YAML; marks of entities leave the words that they mark."""
    rows, intent = [], ""
    for number, line in lines:
        heading = HEADING.fullmatch(line.rstrip()) or HEADING.fullmatch(line.strip())
        example = re.match(r"\s*[-*] +(.+)", line)
        if heading:
            kind, value = (heading[1], heading[2]) if heading[1] else (heading[3], heading[4])
            intent = value.strip().strip("\"'") if kind == "intent" else "" if kind else intent
        elif re.match(r"## |\w+:", line):
            intent = ""
        elif example and intent:
            rows.append((number, ENTITY.sub(r"\1", example[1]).strip(), intent))
    return Lines(rows, "examples below intents, as in Rasa; synonyms, lookups and stories are left aside")


def _a_word_a_line(text: str) -> bool:
    """Whether lines of a word and its tags stand in groups: always as many pieces, and a blank line after a few."""
    lines = [line for line in text[:100_000].split("\n") if not line.startswith(("#", "-DOCSTART-"))]
    pieces = Counter(len(line.split()) for line in lines[:-1] if line.strip())
    blank = sum(not line.strip() for line in lines[:-1])
    if len(pieces) != 1 or not 2 <= next(iter(pieces)) <= 14:
        return False
    return blank >= 3 and 2 * blank < pieces.total()
