"""From rows to labeled texts: what cannot be used is left out, what differs by a space is one label; all of it is said.

Nothing a cell says is obeyed: formulas, HTML, Markdown and chat marks stay text. Splitting is left to splits.
"""

import re
import shlex
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from helpers.tasks.own import wordings
from helpers.tasks.own.findings import Finding, count, quoted

MOST_LABELS = 150  # beside one for what lies outside of them
INVISIBLE = ("Cf", "Cc", "Co", "Cs", "Cn")
PLACEHOLDERS = {"null", "none", "nan", "na", "n/a", "<na>", "-", "--", "?", "tbd", "missing", "unlabeled", "(blank)"}
PLACEHOLDERS |= {"#n/a", "#ref!", "#value!", "#name?", "#div/0!", "not labeled", "[deleted]", "[removed]"}
OUTSIDE = ("oos", "out of scope", "outofscope", "outside", "no intent", "none of these")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
BREAKS = re.compile(r"[\x0b\x0c\x85]")  # line breaks of spreadsheets, pages and large computers
PARTED = re.compile(r"\s*[;|,/+#]\s*")
QUOTED = re.compile(r"""(['"])(.*?)\1""")
NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?")
AMOUNT = re.compile(r"[-+]?[$€£¥]? ?\d[\d.,' ]*(?:[eE][-+]?\d+)? ?[%$€£¥]?")


@dataclass(frozen=True)
class Row:
    """One labeled text: its number in the file, text, label, and the split it was given, or an empty word."""

    number: int | str
    text: str
    label: str
    split: str = ""


@dataclass(frozen=True)
class Cleaned:
    """Rows that can be used, and what was found: `lost` in the findings and `rows` add up to what was given."""

    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]


def visible(text: str) -> str:
    """Return a text without what nobody sees: marks of direction, zero-width letters, control characters, lone halves.

    Line breaks and tabs stay; so does the joiner between emoji and in scripts that need it.

    >>> visible("a" + chr(0x200b) + "b" + chr(0xd83d)) == "ab" + chr(0xfffd), visible(chr(0x200b))
    (True, '')
    """
    if text.isascii() and not CONTROL.search(text):
        return text if text.strip() else ""
    text = BREAKS.sub("\n", text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    kept = "".join(c for c in text if c in "\n\r\t\u200c\u200d" or unicodedata.category(c) not in INVISIBLE)
    return kept if kept.strip("\u200c\u200d \n\r\t") else ""


def one_spelling(label: str) -> str:
    """Return a label as labels are compared: letter case, spaces and forms of the same letter do not matter.

    >>> one_spelling(" Refund" + chr(0xa0) + " request") == one_spelling("REFUND REQUEST")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", visible(label)).casefold().split())


def clean(rows: Sequence[Row], unit: str = "row", outside: str | None = None) -> Cleaned:
    """Return the rows that can be used, and every finding at once, the stopping ones first.

    Left out are rows without a text or a label, and copies of an earlier row (same text, same label) unless another
    split holds that. Labels that differ in letter case, spaces or forms of letters are one, in its commonest spelling.
    `outside` is the label of what belongs to none of the others; it is not counted among them.
    """
    findings: list[Finding] = []
    texts = [visible(row.text).strip() for row in rows]
    labels = [_one_cell(" ".join(visible(row.label).split())) for row in rows]
    plain = [BREAKS.sub("\n", row.text).strip() for row in rows]
    changed = tuple(row.number for row, old, new in zip(rows, plain, texts, strict=True) if old != new and new)
    if changed:
        what = f"{count(len(changed), 'text')} with characters that nobody sees, or halves of characters"
        findings.append(Finding("invisible", what, changed, "these are taken out, the rest is kept", unit=unit))
    blank_text = [row.number for row, text in zip(rows, texts, strict=True) if not text]
    no_label = [row.number for row, text, label in zip(rows, texts, labels, strict=True) if text and not label]
    for what, numbers in (("text", blank_text), ("label", no_label)):
        if numbers:
            told = f"{count(len(numbers), unit)} without a {what}"
            do = "fill them if they matter"
            found = Finding(f"no {what}", told, tuple(numbers), "left out", do, len(numbers), unit=unit)
            findings.append(found)
    filled = [
        Row(row.number, text, label, row.split)
        for row, text, label in zip(rows, texts, labels, strict=True)
        if text and label
    ]
    filled, merged = _merge_labels(filled, unit)
    filled, copies = _without_copies(filled, unit)
    findings += [
        *merged,
        *copies,
        *_about_labels(filled, unit, outside),
        *wordings.about([(row.number, row.text) for row in filled], unit),
    ]
    return Cleaned(tuple(filled), tuple(sorted(findings, key=lambda finding: not finding.stops)))


def _one_cell(label: str) -> str:
    """A label as it stands; of a list, as programs write it into one cell, what it holds, in order of the alphabet.

    The mark of fastText before it is none of it.
    """
    label = label.removeprefix("__label__") or label
    inner = re.fullmatch(r"""(?:\{['"]\w+['"]: ?)?\[(.*)\]\}?""", label)
    if not inner or QUOTED.sub("", inner[1]).strip(" ,"):
        return label
    return "; ".join(sorted({said for _, said in QUOTED.findall(inner[1]) if said}))


def _merge_labels(rows: Sequence[Row], unit: str) -> tuple[list[Row], list[Finding]]:
    spellings: dict[str, Counter] = defaultdict(Counter)
    for row in rows:
        spellings[one_spelling(row.label)][row.label] += 1
    name = {key: max(found, key=lambda one: (found[one], one)) for key, found in spellings.items()}
    findings = []
    several = {key: found for key, found in spellings.items() if len(found) > 1}
    if several:
        told = "; ".join(", ".join(map(quoted, found)) for found in list(several.values())[:5])
        numbers = tuple(row.number for row in rows if row.label != name[one_spelling(row.label)])
        what = f"labels that differ in letter case, spaces or forms of letters alone: {told}"
        findings.append(Finding("spellings", what, numbers, "taken as one, in the commonest spelling", unit=unit))
    squeezed: dict[str, list[str]] = defaultdict(list)
    for key in name:
        squeezed[key if NUMBER.fullmatch(key) else re.sub(r"[\W_]+", "", key) or key].append(name[key])
    alike = [names for names in squeezed.values() if len(names) > 1]
    if alike:
        told = "; ".join(" and ".join(map(quoted, names)) for names in alike[:5])
        do = "if they are the same, spell them alike in the file"
        findings.append(Finding("alike", f"labels that look alike: {told}", (), "kept apart", do, unit=unit))
    return [Row(row.number, row.text, name[one_spelling(row.label)], row.split) for row in rows], findings


def _without_copies(rows: Sequence[Row], unit: str) -> tuple[list[Row], list[Finding]]:
    seen: dict[tuple, Row] = {}
    kept, copies = [], []
    labels_of: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        key = " ".join(row.text.split())
        labels_of[key].add(row.label)
        if (key, row.label, row.split) in seen:
            copies.append(row)
        else:
            seen[key, row.label, row.split] = row
            kept.append(row)
    findings = []
    if copies:
        numbers = tuple(row.number for row in copies)
        what = f"{count(len(copies), unit)} with the text and the label of an earlier one"
        done = "left out, since a copy tells nothing new, and in the test set it would count twice"
        findings.append(Finding("copies", what, numbers, done, "", len(copies), unit=unit))
    torn = [row for row in kept if len(labels_of[" ".join(row.text.split())]) > 1]
    if torn:
        texts = len({" ".join(row.text.split()) for row in torn})
        what = f"{count(texts, 'text')} with several labels, such as {quoted(torn[0].text)}"
        done = "kept, and all copies of one go to the same split; no method can be right on each of them"
        numbers = tuple(row.number for row in torn)
        findings.append(Finding("conflicts", what, numbers, done, "decide which label holds", unit=unit))
    return kept, findings


def _about_labels(rows: Sequence[Row], unit: str, outside: str | None) -> list[Finding]:
    counts = Counter(row.label for row in rows)
    if not rows:
        do = "look at what else was found, and at which columns were read"
        return [Finding("nothing left", "no row has both a text and a label", (), "", do, stops=True, unit=unit)]
    told = any(one_spelling(label) == one_spelling(outside or "") for label in counts)
    many = len(counts) - (told or outside_of(counts) is not None) > MOST_LABELS
    found, amounts = [], sum(bool(AMOUNT.fullmatch(label)) for label in counts)
    if len(counts) == 1:
        what = f"all {count(len(rows), unit)} have the same label, {quoted(rows[0].label)}: there is nothing to sort"
        found.append(Finding("one label", what, (), "", "name another column for the label", stops=True, unit=unit))
    elif amounts > 0.9 * len(counts) and many:
        what = f"{len(counts):,} different labels, more than {MOST_LABELS}, and {amounts:,} of them are numbers"
        do = "if these are a scale, cut it into a few classes, such as low and high, in a column of its own, and name "
        do += "that; if they stand for classes, join rare ones or keep the commonest; else name another column"
        found.append(Finding("many labels", what, (), "", do, stops=True, unit=unit))
    elif len(counts) == len(rows) and len(rows) > 4:
        what = f"every {unit} has a label of its own, such as {quoted(rows[0].label)}: nothing can be learned from that"
        do = "is this a number or a second text? Name another column for the label"
        found.append(Finding("labels all differ", what, (), "", do, stops=True, unit=unit))
    elif many:
        what = f"{len(counts):,} different labels, more than {MOST_LABELS}"
        do = "join rare labels into one, or keep the commonest; if these are names, name another column"
        found.append(Finding("many labels", what, (), "", do, stops=True, unit=unit))
    rare = {label for label, times in counts.items() if times < 3}
    if rare and len(counts) > 1:
        numbers = tuple(row.number for row in rows if row.label in rare)
        what = f"{count(len(rare), 'label')} with fewer than three {unit}s: {_listed(sorted(rare))}"
        done = "these are learned from and not tested"
        found.append(Finding("rare labels", what, numbers, done, "add some, or join labels", unit=unit))
    top, times = counts.most_common(1)[0]
    if len(counts) > 1 and times > 0.6 * len(rows):
        what = f"{times / len(rows):.0%} of the {unit}s are {quoted(top)}: always saying so looks good"
        found.append(Finding("one label leads", what, (), "", "read macro-F1 beside accuracy", unit=unit))
    odd = tuple(row.number for row in rows if row.label.casefold() in PLACEHOLDERS)
    if odd:
        what = f"{count(len(odd), 'label')} that may stand for nothing, such as {quoted(_at(rows, odd[0]).label)}"
        do = "if so, empty these cells, and the rows are left out"
        found.append(Finding("placeholders", what, odd, "kept as labels", do, unit=unit))
    joined = _joined(counts)
    if joined:
        numbers = tuple(row.number for row in rows if row.label in joined)
        what = f"{count(len(numbers), unit)} with several labels in one cell, such as {quoted(min(joined))}"
        done = "each such cell is a label of its own, for here a text has one label"
        found.append(Finding("several labels", what, numbers, done, "keep the main one in the file", unit=unit))
    if len(counts) > 1 and all(map(NUMBER.fullmatch, counts)):
        what = "the labels are numbers; what they stand for, a language model cannot know"
        do = f"unless they are ratings, give it words, with {worded([min(counts)])}"
        found.append(Finding("numbers", what, (), "", do, unit=unit))
    long = [label for label in counts if len(label) > 100]
    if long:
        numbers = tuple(row.number for row in rows if len(row.label) > 100)
        what = f"{count(len(long), 'label')} of more than 100 letters; is this the column of labels?"
        found.append(Finding("long labels", what, numbers, "kept, and cut in pictures", unit=unit))
    return found


def says_nothing(label: str) -> bool:
    """Return whether a label is a number or a code, of which nobody knows what it stands for without a list.

    >>> [says_nothing(label) for label in ("0", "GRP_7", "B", "billing", "5G network", "no")]
    [True, True, True, False, False, False]
    """
    words = re.findall(r"[^\W\d_]+", label)
    if not label.isascii():  # one sign can be a word
        return not words
    return sum(map(len, words)) < 2 or (len(words) == 1 and len(words[0]) < 4 and bool(re.search(r"\d", label)))


def worded(labels: Sequence[str]) -> str:
    """Return how labels get words, in Python and in a command.

    >>> print(worded(["0", "GRP 7"]))
    own.with_words({'0': '…', 'GRP 7': '…'}) or the same command and --word 0='…' --word 'GRP 7'='…'
    """
    call = ", ".join(f"{label!r}: '…'" for label in labels)
    options = " ".join(f"--word {shlex.quote(label)}='…'" for label in labels)
    return f"own.with_words({{{call}}}) or the same command and {options}"


def _joined(labels: Sequence[str]) -> set[str]:
    """Labels made of others: of their parts each stands alone somewhere, or in another such cell."""
    parts = {label: set(PARTED.split(re.sub(r"[\[\]'\"]", "", one_spelling(label)))) - {""} for label in labels}
    within = Counter(part for some in parts.values() for part in some)
    return {label for label, some in parts.items() if len(some) > 1 and all(within[part] > 1 for part in some)}


def _at(rows: Sequence[Row], number) -> Row:
    return next(row for row in rows if row.number == number)


def _listed(labels: Sequence[str]) -> str:
    return ", ".join(map(quoted, labels[:5])) + (f" and {len(labels) - 5} more" if len(labels) > 5 else "")


def outside_of(labels: Sequence[str]) -> str | None:
    """Return the label that stands for what belongs to none of the others, where one is called so.

    >>> outside_of(["refund", "out_of_scope"])
    'out_of_scope'
    """
    return next((label for label in labels if one_spelling(label).replace("_", " ") in OUTSIDE), None)
