"""Texts with a label on each line, or above several: fastText, Rasa, LUIS, trees of SST, a label beside a sign.

Other tables go to tables. A word a line (CoNLL) and features by number (LIBSVM) are refused, for they are no texts.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from helpers.tasks.files import DataError

FASTTEXT = re.compile(r"((?:__label__[^\s,]+[ \t,]*)+)(.*)")
BARE = re.compile(r"__label__[^\s,]+[ \t]")
FASTTEXT_LAST = re.compile(r"(.*?)[ \t,]*((?:__label__\S+\s*)+)")
FORMS = {  # how a line shows its label
    "what a line begins with": re.compile(
        r"(?P<label>\d+|[^\s:]+[:_][^\s:]+)[ \t]+(?P<text>[^\s,;|].*)"
    ),  # 3 …, NUM:date …
    "what stands before a colon": re.compile(r"(?P<label>[^\s:]{1,40}(?: [^\s:]{1,20})?):[ \t]*(?P<text>[^\s,;|].*)"),
    "what stands in brackets before a text": re.compile(
        r"[\[(<{](?P<label>[^\[\]()<>{}]{1,60})[\])>}][ \t:,-]*(?P<text>\S.*)"
    ),
    "what stands in brackets behind a text": re.compile(
        r"(?P<text>.*\S)[ \t]*[\[(<{](?P<label>[^\[\]()<>{}]{1,60})[\])>}]\.?"
    ),
    "what stands behind #": re.compile(r"(?P<text>.*\S)[ \t]+#(?P<label>[^\s#]{1,60})"),
    "what stands before a dash": re.compile(r"(?P<label>\S.{0,39}?)[ \t]+[-–—]+[ \t]+(?P<text>\S.*)"),
    "what stands behind a dash": re.compile(r"(?P<text>.*\S)[ \t]+[-–—]+[ \t]+(?P<label>\S.{0,39})"),
}
TREE = re.compile(r"\(\d (?:[^()]+|\(.*\))\)")
LEAF = re.compile(r"\(\d ([^()]+)\)")
FEATURES = re.compile(r"[-+]?[\d.]+(?:,\d+)*(?: +(?:qid:)?\d+:[-+.\deE]+)+\s*(?:#.*)?")
NEARLY = 0.9  # of all lines
RASA = re.compile(r"(?m)^## intent:|^\s*- intent: .*\n(?:.*\n){0,3}?\s+examples: \|")
HEADING = re.compile(r"## (\w+):\s*(.+)|\s*- (intent|synonym|regex|lookup): *(.+)|()examples: \|\s*")
ENTITY = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")
TITLE = re.compile(r"#{1,6}\s*([^\s#].*?)[\s#]*")
ITEM = re.compile(r"\s*[-*+]\s+(\S.*)")
SLOT = re.compile(r"\{@?[\w ]+=\s*([^{}]*)\}")  # {city=Rome}, as LUIS marks an entity
LEAST = 8  # lines below which a label that comes again proves nothing


@dataclass(frozen=True)
class Lines:
    """Lines with a text and a label: number, text, label; and how they were read."""

    rows: list[tuple[int, str, str]]
    how: str


def read(name: str, text: str) -> Lines | None:
    """Return what fastText, Rasa or LUIS would read, or lists below headings; None where a text is nothing of the kind.

    Raises DataError for a word a line with its tags.
    """
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if RASA.search(text[:100_000]):
        return _rasa(lines)
    front, end = FASTTEXT.match(text), FASTTEXT_LAST.fullmatch(lines[0][1].strip()) if lines else None
    if not front and not end:  # a comment may stand above; names of columns make a table of it
        front = len(lines) > LEAST and sum(bool(BARE.match(line)) for _, line in lines) > NEARLY * len(lines)
    if front or end:
        return _fasttext(lines, bool(front))
    if lines and all(TREE.fullmatch(line.strip()) for _, line in lines):
        rows = [(number, _words_of(line), line.strip()[1]) for number, line in lines]
        return Lines(rows, "trees of sentiment as in SST; the number of a whole text is its label")
    if len(lines) > 1 and all(FEATURES.fullmatch(line.strip()) for _, line in lines):
        raise DataError(
            f"{name} holds numbers of features, as files for LIBSVM do: the words themselves are not in it. Give the "
            "texts that these were made from, each with its label"
        )
    listed = _below_headings(lines)
    if listed:
        return listed
    if _a_word_a_line(text):
        raise DataError(
            f"{name} holds a word a line with its tags, as CoNLL files do: it labels words, not texts. Give a table "
            "with a row for each text and its label"
        )
    return None


def first_is_label(text: str) -> Lines | None:
    r"""Return lines that nearly all show a label of few, as `3 text`, `refund: text`, `[refund] text`, `text (refund)`.

    None where they do not. A line in another form has no label.

    >>> first_is_label("".join(f"{i % 2} text number {i}\n" for i in range(9))).rows[1]
    (2, 'text number 1', '1')
    """
    lines = [(number, line.strip()) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    for called, form in FORMS.items():
        if sum(bool(form.fullmatch(line)) for _, line in lines[:100]) < NEARLY * len(lines[:100]):
            continue
        found = [(number, form.fullmatch(line), line) for number, line in lines]
        labels = Counter(one["label"].strip() for _, one, _ in found if one)
        if labels.total() >= max(LEAST, NEARLY * len(lines)) and 2 <= len(labels) <= labels.total() / 3:
            rows = [(i, one["text"], one["label"].strip()) if one else (i, line, "") for i, one, line in found]
            return Lines(rows, f"no sign parts cells, so {called} is taken for its label (if wrong, say delimiter=…)")
    return None


def _words_of(tree: str) -> str:
    """The words of a tree of SST, brackets written as such."""
    words = " ".join(LEAF.findall(tree))
    return words.replace("-LRB-", "(").replace("-RRB-", ")")


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


def _below_headings(lines: Sequence[tuple[int, str]]) -> Lines | None:
    """Texts listed below headings that name their label, as in LUIS or Markdown; None where that is not so.

    Comments of LUIS are left aside, and what it lists below an entity, which begins with a sign.
    """
    rows, label = [], ""
    for number, line in lines:
        title, item = TITLE.fullmatch(line.strip()), ITEM.fullmatch(line)
        if title or line.startswith(("$", "@")):
            label = title[1] if title else None
        elif item and label is not None:
            rows.append((number, SLOT.sub(r"\1", item[1]).strip(), label))
        elif not item and not line.startswith(">"):
            rows.append((number, line.strip(), ""))
    times = Counter(label for *_, label in rows if label)
    if len(times) < 2 or times.total() < max(2 * len(times), NEARLY * len(rows)):
        return None
    return Lines(rows, "the heading above a list is the label of its texts; comments and entities are left aside")


def _a_word_a_line(text: str) -> bool:
    """Whether lines of a word and its tags stand in groups: always as many pieces, and a blank line after a few."""
    lines = [line for line in text[:100_000].split("\n") if not line.startswith(("#", "-DOCSTART-"))]
    pieces = Counter(len(line.split()) for line in lines[:-1] if line.strip())
    blank = sum(not line.strip() for line in lines[:-1])
    if len(pieces) != 1 or not 2 <= next(iter(pieces)) <= 14:
        return False
    return blank >= 3 and 2 * blank < pieces.total()
