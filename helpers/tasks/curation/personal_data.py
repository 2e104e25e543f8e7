"""Scans text for personal data, and redacts it.

Rules, not a model: what has a shape is found (addresses of mail, phone, card and account numbers, order and customer
numbers, streets), a name only where a cue stands before it. **Missed on purpose or by nature:**
numbers and addresses written in words ("four one five…", "jo at example dot com"), names without a cue or in small
letters, nicknames, streets without a kind of street, and what points to a person without naming one ("the only baker in
town"). `measure_scan` says how much on data/canaries/scan.jsonl; a scan that finds nothing proves nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from helpers import statistics

_WORD = r"[A-Z][\w’'-]+"
_STREETS = (
    r"Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Court|Ct|Boulevard|Blvd|Way|Place|Pl|Terrace|Square|Circle|Row|"
    r"Close|Crescent"
)
_CUES = (
    r"(?:(?i:my name is|my name's|this is|name:|dear|hello|hi|regards,?|thanks,?|thank you,?|sincerely,?|cheers,?|"
    r"on behalf of|signed,?|speaking to|spoke (?:to|with)|talked to|customer:)\s+(?:(?:Mr|Mrs|Ms|Mx|Dr|Prof)\b\.?\s+)?|"
    r"\b(?:Mr|Mrs|Ms|Mx|Dr|Prof)\b\.?\s+)"
)
_CAPITALIZED = """Larkfield Hub Mini Two One Plus Thermostat Sensor Leak Door Climate Energy Clip Smart Plug Radiator
Valve Pro Install Support Team Sir Madam Customer Customers All There Everyone Billing Monday Tuesday Wednesday
Thursday Friday Saturday Sunday January February March April May June July August September October November December
The A An I It My We You Your Our This That Please Not No Yes For In On Is Was And But So Hello Hi Dear Order"""
_NO_NAMES = frozenset(_CAPITALIZED.split())
_PATTERNS = {  # of two findings that overlap, the kind named first stays
    "email": r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    "iban": r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?!\w)",
    "card": r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])",
    "ip": r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]?\d)",
    "phone": r"(?<![\w.,$#/-])(?:\+\d{1,3}[ .-]?)?(?:\(0?\d{2,4}\) ?|\d{2,4}[ ./-])?\d{3,4}[ .-]?\d{3,4}"
    r"(?:[ .-]\d{2,4})?(?![\w/-]|[.,]\d)|(?<!\w)[2-9]\d{2}[2-9]\d{6}(?!\w)",
    "order": r"(?<![\w-])LF-\d{5}(?:-R)?(?!\w)",
    "customer": r"(?<![\w-])C-\d{4}(?!\d)",
    "address": r"(?<![\w$.,-])\d{1,5}[A-Z]? (?:(?:[NSEW]|North|South|East|West)\.? )?"
    rf"(?:{_WORD} ){{1,3}}(?:{_STREETS})\b\.?(?:,? (?:Apt|Apartment|Unit|Suite|Flat|#)\.? ?\w+)?"
    rf"(?:, {_WORD}(?: {_WORD})*)?(?:,? [A-Z]{{2}}(?: \d{{5}}(?:-\d{{4}})?)?\b)?",
    "name": rf"{_CUES}(?P<name>{_WORD}(?: (?:[A-Z]\. )?{_WORD}){{0,2}})",
}


@dataclass(frozen=True)
class Finding:
    """One stretch of personal data: its kind, where it starts and ends in the text, and the stretch itself."""

    kind: str
    start: int
    end: int
    text: str


def valid_card(number: str) -> bool:
    """Return whether a number of 13 to 19 digits passes the Luhn check, as every card number does.

    >>> valid_card("4000 0000 0000 0002"), valid_card("4000 0000 0000 0003")
    (True, False)
    """
    digits = [int(c) for c in number if c.isdigit() and c.isascii()]
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    doubled = [digit if i % 2 == 0 else sum(divmod(2 * digit, 10)) for i, digit in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def valid_iban(number: str) -> bool:
    """Return whether a bank account number in the international form passes its check (ISO 13616, modulo 97).

    >>> valid_iban("GB82 WEST 1234 5698 7654 32"), valid_iban("GB83 WEST 1234 5698 7654 32")
    (True, False)
    """
    plain = re.sub(r"[ -]", "", number).upper()
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", plain):
        return False
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


def _valid_phone(number: str) -> bool:
    """Seven digits as 555-0134, or ten and more; not a date, a range of years, a plain count, or a card."""
    digits = re.sub(r"\D", "", number)
    if re.fullmatch(r"(?:19|20)\d\d[ .-]\d\d[ .-]\d\d", number) or re.fullmatch(r"\d{4}[ .-]\d{4}", number):
        return False
    if number.startswith("+"):
        return 8 <= len(digits) <= 15
    if re.fullmatch(r"\d{3}[ .-]\d{4}", number):
        return True
    return 10 <= len(digits) <= 15 and digits[0] in "0123456789" and len(set(digits)) > 2


def _not_the_companys(address: str) -> bool:
    return not address.rstrip(".").lower().endswith("larkfield.example")


_CHECKS = {
    "email": _not_the_companys,
    "card": valid_card,
    "iban": valid_iban,
    "ip": lambda number: all(int(part) < 256 for part in number.split(".")),
    "phone": _valid_phone,
}


def _span_of_name(match: re.Match) -> tuple[int, int]:
    """Where the name stands in a match: without words that are no names at its end; empty if nothing is left."""
    words = match["name"].split(" ")
    while words and words[-1] in _NO_NAMES:
        words.pop()
    if words and words[0] in _NO_NAMES:
        words = []
    name = " ".join(words).removesuffix("'s").removesuffix("’s")
    return match.start("name"), match.start("name") + len(name)


def scan(text: str) -> list[Finding]:
    """Return the personal data found in a text, in order; mail addresses of the company itself are nobody's own.

    >>> [(f.kind, f.text) for f in scan("Order LF-48213, call (312) 555-0142 or jo@example.com")]
    [('order', 'LF-48213'), ('phone', '(312) 555-0142'), ('email', 'jo@example.com')]
    """
    found: list[Finding] = []
    for kind, pattern in _PATTERNS.items():
        for match in re.finditer(pattern, text):
            start, end = _span_of_name(match) if kind == "name" else match.span()
            stretch = text[start:end]
            fits = _CHECKS.get(kind, bool)(stretch)
            if fits and not any(other.start < end and start < other.end for other in found):
                found.append(Finding(kind, start, end, stretch))
    return sorted(found, key=lambda finding: finding.start)


def redact(text: str) -> str:
    """Return a text in which every finding of `scan` is replaced by its kind in brackets; twice is as good as once.

    >>> redact("My name is Jo Brandt, write to jo@example.com")
    'My name is [name], write to [email]'
    """
    for finding in reversed(scan(text)):
        text = f"{text[: finding.start]}[{finding.kind}]{text[finding.end :]}"
    return text


@dataclass(frozen=True)
class ScanScore:
    """How a scan did on marked texts: share of the marked stretches found, share of its findings that are right.

    missed: (text id, kind, stretch) not found.
    """

    recall: statistics.Interval
    precision: statistics.Interval
    missed: tuple[tuple[str, str, str], ...]


def measure_scan(rows: Sequence[dict]) -> ScanScore:
    """Return how `scan` does on texts in which personal data is marked by hand.

    A marked stretch counts as found if findings cover it whole, of whatever kind; a finding counts as right if it lies
    on a marked stretch. `rows`: dicts with `id`, `text` and `marked`, a list of {"kind", "text"}.
    """
    missed, hits, right, count = [], 0, 0, 0
    for row in rows:
        found = scan(row["text"])
        covered = {i for finding in found for i in range(finding.start, finding.end)}
        marked: set[int] = set()
        for mark in row["marked"]:
            spans = [match.span() for match in re.finditer(re.escape(mark["text"]), row["text"])]
            place = {i for span in spans for i in range(*span) if not row["text"][i].isspace()}
            marked |= place
            if place <= covered:
                hits += 1
            else:
                missed.append((row["id"], mark["kind"], mark["text"]))
        right += sum(not marked.isdisjoint(range(finding.start, finding.end)) for finding in found)
        count += len(found)
    if not hits + len(missed) or not count:
        raise ValueError("recall and precision need at least one marked stretch and one finding")
    recall = statistics.wilson_interval(hits, hits + len(missed))
    return ScanScore(recall, statistics.wilson_interval(right, count), tuple(missed))
