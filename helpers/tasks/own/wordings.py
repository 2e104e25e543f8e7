"""What is odd about texts: marks, links, codes, letters gone wrong, another language. Labels are cleaning's."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from helpers.model.prompts import without_marks
from helpers.tasks.own.findings import Finding, count

LONG = 2000  # characters from which a text is called long
CODE = re.compile(r"(?=\S*\d)[A-Za-z0-9#_.:/-]+")
LINK = re.compile(r"(?:https?://|www\.)\S+")
LETTERS = re.compile(r"[^\W\d_]")
MOJIBAKE = re.compile("[ÃÂ][\x80-\xbf€‚ƒ„…†‡ˆ‰‹‘’“”•–—™›]|â€[\x80-\xbf™œž¦˜“”]|ðŸ")
NOTHING = {"nan", "none", "null", "n/a", "<na>", "[deleted]", "[removed]", "-", "--", "."}
COMMON_WORDS = "the a an to of and in is it for on my i you this that with have not be are was but me we"
FREQUENT = frozenset(COMMON_WORDS.split())  # some of these stand in any few sentences of English

MARKUP = re.compile(  # tags and signs of HTML; an address in angle brackets is none
    r"<(?![\w.+-]+@|https?:|mailto:)[a-zA-Z/!][^<>]*>|&(?:#\d+|#x[\da-f]+|[a-z]{2,6});"
)
SHORTEST_CUT = 30  # letters
SIGNS: Mapping[str, tuple] = {
    "chat marks": (
        lambda text: without_marks(text) != text,
        "with marks of a chat, such as <|im_start|>",
        "kept; they lose their bars in prompts, so that no text can pose as a turn",
    ),
    "HTML": (
        lambda text: bool(MARKUP.search(text)),
        "with HTML",
        "kept as text, never run",
    ),
    "wrong letters": (
        lambda text: bool(MOJIBAKE.search(text)),
        "with letters such as Ã© or â€™ that stand for others, as after a wrong encoding",
        "kept as they are; mend them where the file comes from",
    ),
    "links": (
        lambda text: bool(LINK.fullmatch(text)),
        "made of a link alone",
        "kept; nobody opens it, so only its letters are read",
    ),
    "codes": (
        lambda text: bool(CODE.fullmatch(text)) and not LINK.fullmatch(text),
        "made of a number or a code alone",
        "kept; if another column holds the texts, name that",
    ),
    "no texts": (
        lambda text: text.casefold() in NOTHING,
        "that may stand for nothing, such as nan, None or [deleted]",
        "kept; if so, empty these cells, and the rows are left out",
    ),
    "formulas": (
        lambda text: bool(re.match(r"[=@+-]\s*[\w(]", text)) and not re.match(r"[-+]\s*\w+\s+\w", text),
        "that a spreadsheet would compute",
        "kept as text, never computed",
    ),
    "long texts": (
        lambda text: len(text) > LONG,
        f"of more than {LONG:,} characters",
        "kept; the language model reads start and end, alike in training and in test, and embeddings the start",
    ),
    "no words": (
        lambda text: not LETTERS.search(text),
        "without a letter",
        "kept; counting words finds nothing there",
    ),
}


def about(numbered: Sequence[tuple[int | str, str]], unit: str) -> list[Finding]:
    """Return what is odd about texts, each given with its number."""
    found = []
    for kind, (sign, what, done) in SIGNS.items():
        numbers = tuple(number for number, text in numbered if sign(text))
        if numbers:
            found.append(Finding(kind, f"{count(len(numbers), 'text')} {what}", numbers, done, unit=unit))
    most, numbers = cut_off(numbered)
    if numbers:
        what = f"{count(len(numbers), 'text')} that end at {most - 2} to {most} letters, as if an export had cut them"
        do = "if so, export them whole: what is missing nobody can read"
        found.append(Finding("cut off", what, numbers, "read as they are", do, unit=unit))
    if numbered and not english([text for _, text in numbered]):
        what = "the texts do not look English; the language model and the embeddings know little else"
        found.append(Finding("language", what, (), "", "trust the plain methods first", unit=unit))
    return found


def cut_off(numbered: Sequence[tuple[int | str, str]]) -> tuple[int, tuple]:
    """Return the length at which many texts end in the middle of a sentence, and the numbers of these; none else.

    >>> cut_off([(i, "The printer on the second floor of the new office bu"[: 20 + i % 30]) for i in range(60)])
    (0, ())
    >>> cut_off([(i, ("We wait " * i + "for the printer")[:50]) for i in range(20)])[0]
    50
    """
    lengths = Counter(len(text) for _, text in numbered)
    ends = Counter({at: sum(lengths[at - less] for less in range(3)) for at in lengths if at >= SHORTEST_CUT})
    most, _ = max(ends.items(), key=lambda one: (one[1], one[0]), default=(0, 0))
    longer = sum(times for at, times in lengths.items() if at > most)
    numbers = tuple(number for number, text in numbered if most - 2 <= len(text) <= most and text[-1].isalnum())
    many = len(numbers) >= 10 and len(numbers) > 0.15 * len(numbered) and longer < 0.1 * len(numbered)
    return (most, numbers) if many else (0, ())


def english(texts: Sequence[str]) -> bool:
    """Return whether texts look English, by its commonest words; few words are given the benefit of the doubt.

    >>> english(["Where is my refund?"] * 9), english(["Wo ist die Erstattung für meinen Kauf geblieben?"] * 9)
    (True, False)
    """
    words = re.findall(r"[^\W\d_]+", " ".join(texts[:500]).lower())
    letters = sum(map(len, words))
    latin = sum(len(word) for word in words if word.isascii())
    if letters > 50 and latin < 0.7 * letters:
        return False
    return len(words) < 50 or sum(word in FREQUENT for word in words) > 0.05 * len(words)


def words_parted(texts: Sequence[str]) -> bool:
    """Return whether these texts part their words by spaces, as Chinese, Japanese and Thai do not.

    >>> words_parted(["one two"]), words_parted(["这个产品的质量非常好"])
    (True, False)
    """
    letters = [c for text in texts[:500] for c in text[:200] if LETTERS.match(c)]
    unparted = sum("\u0e00" <= c <= "\u0eff" or "\u3040" <= c <= "\u30ff" or "\u3400" <= c <= "\u9fff" for c in letters)
    return unparted < 0.3 * max(1, len(letters))
