"""The articles' claims and the rules of their verdicts, as data: data/claims.json, checked and put into words.

A rule is made of parts: a quantity, how it is measured, on which side of which limit it must lie, and how many items
it takes to come out either way. The rule in one line is written from the parts, so that it cannot drift.
"""

import hashlib
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache

from helpers import statistics
from helpers.machine import runtime

SOURCE = runtime.ROOT / "data" / "claims.json"
KINDS = ("measured", "demonstration", "arithmetic")
JOINS = ("all", "conditions")
SCALES = ("model", "free")
MEASURES = ("share", "paired", "shares", "rank", "draws", "number", "yes")
DIRECTIONS = ("above", "below", "within", "apart")
_DIFFERENCES = ("paired", "shares", "draws")


@dataclass(frozen=True)
class Part:
    """One quantity of a rule.

    Attributes:
        name: by which evidence is given for it.
        quantity: in words; completes "held if … is above 0".
        measure: what kind of evidence it takes, one of MEASURES.
        direction: where the quantity must lie; "apart" is away from the limit, on either side.
        limit: a number; (low, high) for "within".
        n: smallest number of items at which both outcomes come out with a power of 80 %.
        if_true, if_false: the truths for which n is computed.
        worthwhile: smallest distance from the limit that counts; for differences from nothing only.
        differing: for "paired", the share of items assumed to be right under one method only.
        spread: for "number", the standard deviation of one item assumed; 0 if the figure has no interval.
        draws: for "draws", how many measurements there are of the same items.
        rows: items in the rows that the course ships today.
        condition: for rules joined by conditions, the one that this part stands for.
    """

    name: str
    quantity: str
    measure: str
    direction: str
    limit: float | tuple
    n: int = 1
    if_true: float = 1.0
    if_false: float = 0.0
    worthwhile: float = 0.0
    differing: float = 0.2
    spread: float = 0.0
    draws: int = 3
    rows: int = 0
    condition: str = ""

    @property
    def limits(self) -> tuple[float, ...]:
        """The limit, or both of "within"."""
        return self.limit if isinstance(self.limit, tuple) else (self.limit,)

    def __str__(self) -> str:
        if self.measure == "yes":
            return self.quantity
        worth = f", by at least {self.worthwhile:g}" if self.worthwhile else ""
        return f"{self.quantity} {self._where()}{worth}"

    def _where(self) -> str:
        if self.direction == "within":
            return "is within {:g} to {:g}".format(*self.limit)
        return f"is {self.direction}{' from' * (self.direction == 'apart')} {self.limit:g}"


@dataclass(frozen=True)
class Claim:
    """One piece of the articles' advice, and the rule of its verdict.

    sources: letters of the articles. scale: whether the verdict belongs to a model ("model") or not ("free").
    frozen: the day on which the rule was fixed. changed: what differs from the first edition's rule, and why.
    sha256: of the claim as it stands in the file.
    """

    id: str
    sources: tuple[str, ...]
    lesson: str
    claim: str
    kind: str
    frozen: str
    join: str
    scale: str
    parts: tuple[Part, ...]
    changed: str = ""
    sha256: str = ""

    @property
    def rule(self) -> str:
        """The rule in one line."""
        if self.join == "conditions":
            told = "; ".join(f"{part.condition}: held if {part}" for part in self.parts)
            return f"{told}; depends if these differ"
        return "held if " + " and ".join(map(str, self.parts))

    @property
    def rule_sha256(self) -> str:
        """Twelve hex digits over what decides a verdict; words may change."""
        decides = [(p.name, p.measure, p.direction, p.limit, p.n, p.worthwhile, p.condition) for p in self.parts]
        return hashlib.sha256(json.dumps([self.join, decides]).encode()).hexdigest()[:12]


def _check_fields(row: Mapping, kind: type, called: str) -> None:
    known = [field.name for field in fields(kind) if field.name != "sha256"]
    strange = sorted(set(row) - set(known))
    if strange:
        raise ValueError(f"unknown fields {strange}; {called} has {', '.join(known)}")


def _part(row: Mapping) -> Part:
    _check_fields(row, Part, "a part")
    limit = row["limit"]
    limit = tuple(limit) if isinstance(limit, list) else limit
    worth = statistics.WORTHWHILE if row["measure"] in _DIFFERENCES and limit == 0 else 0.0
    part = Part(**{"worthwhile": worth, **row, "limit": limit})
    if part.measure not in MEASURES or part.direction not in DIRECTIONS:
        raise ValueError(f"measure is one of {MEASURES}, direction one of {DIRECTIONS}; got {part}")
    within = part.direction == "within"
    if within != isinstance(limit, tuple) or not all(isinstance(x, int | float) for x in part.limits):
        raise ValueError(
            f"part {part.name!r}: a limit is a number; with a direction of within, and then only, [low, high]"
        )
    return part


def _claim(row: Mapping, articles: Mapping[str, str]) -> Claim:
    try:
        _check_fields(row, Claim, "a claim")
        parts = tuple(map(_part, row["parts"]))
        sha = hashlib.sha256(json.dumps(row, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
        claim = Claim(**{**row, "sources": tuple(row["sources"]), "parts": parts, "sha256": sha})
        named = [(claim.kind, KINDS), (claim.join, JOINS), (claim.scale, SCALES)]
        for value, allowed in [*named, *((letter, articles) for letter in claim.sources)]:
            if value not in allowed:
                raise ValueError(f"{value!r} is none of {', '.join(allowed)}")
        if not (isinstance(claim.lesson, str) and re.fullmatch("[0-9]{2}", claim.lesson)):
            raise ValueError(f"a lesson is two digits; got {claim.lesson!r}")
        if not parts or len({part.name for part in parts}) != len(parts):
            raise ValueError("a rule has at least one part, and each its own name")
        if any(bool(part.condition) != (claim.join == "conditions") for part in parts):
            raise ValueError("each part names its condition if parts are joined by conditions, and only then")
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{SOURCE.name}, claim {row.get('id', '?')}: {error}") from error
    return claim


@cache
def _read() -> tuple[dict[str, str], dict[str, Claim]]:
    held = json.loads(SOURCE.read_text(encoding="utf-8"))
    known: dict[str, Claim] = {}
    for row in held["claims"]:
        claim = _claim(row, held["articles"])
        if claim.id in known:
            raise ValueError(f"{SOURCE.name}, claim {claim.id}: it stands twice; give one of them another id")
        known[claim.id] = claim
    return held["articles"], known


def _looked_up(claim: Claim) -> Claim:
    sys.audit("course.read", f"claims/{claim.id}", claim.sha256)
    return claim


def find(claim: str) -> Claim:
    """Return a claim by id; raises KeyError naming the ids there are.

    >>> find("P2").kind
    'measured'
    """
    known = _read()[1]
    if claim not in known:
        raise KeyError(f"there is no claim {claim!r}; there are {', '.join(known)}")
    return _looked_up(known[claim])


def everything() -> list[Claim]:
    """Return all claims, lesson by lesson."""
    sys.audit("course.read", "claims/*", "")
    return [_looked_up(claim) for claim in sorted(_read()[1].values(), key=lambda claim: claim.lesson)]


def of_lesson(lesson: str) -> list[Claim]:
    """Return the claims that a lesson tests, in their order; a lesson is named by its two digits."""
    sys.audit("course.read", f"claims/of {lesson}/*", "")
    return [_looked_up(claim) for claim in _read()[1].values() if claim.lesson == lesson]


def titles(sources: tuple[str, ...]) -> str:
    """Return the articles of these letters with their titles; "common advice" where there is none.

    >>> titles(("C",))
    'C "Fine-Tuning vs Prompting: Which Is Right?"'
    """
    return ", ".join(f'{letter} "{_read()[0][letter]}"' for letter in sources) or "common advice"
