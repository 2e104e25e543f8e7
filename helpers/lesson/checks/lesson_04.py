"""Checks of lesson 04, A mini RAG index, and of its labs."""

import re
from collections.abc import Iterable, Mapping

import numpy as np

from helpers.lesson.checks import cases_04
from helpers.lesson.checks.places import compare_nearest
from helpers.lesson.exercises import NotYet, compare, compare_items, exercise, number, plain, positions, shown, tried
from helpers.methods.retrieval import by_hand
from helpers.tasks import policies

MARKS = re.compile(r"<\||\|>|<!--")


def _unit_rows(rng, n: int, d: int = 12) -> np.ndarray:
    rows = rng.normal(size=(n, d))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _listed(found, what: str) -> list:
    if isinstance(found, str | Mapping) or not isinstance(found, Iterable):
        raise NotYet(f"you return {shown(found)}; {what} is asked for")
    return list(found)


@exercise(
    "04.1",
    "First gather the lines into blocks: lines next to each other that start with '|' are one block, any other "
    "line is a block of its own.",
    "Then fill a piece with blocks; where the next block would make it longer than `size`, start a new piece.",
)
def check_pieces(answer) -> str:
    """Every text at several sizes: joined again, tables whole, no piece too long, none that could hold more."""
    for text in cases_04.texts(np.random.default_rng(44)):
        for size in (1, 2, 3, 4, 6, 40):
            found = [str(piece) for piece in _listed(tried(answer, text, size), "a list of pieces")]
            lines = [line for piece in found for line in piece.split("\n")]
            if [line for line in lines if line] != [line for line in text.split("\n") if line]:
                raise NotYet(f"with size {size} the pieces do not hold the lines of {text[:40]!r} in their order")
            if "\n".join(found) != text:
                raise NotYet(
                    f"joined with line breaks, your pieces of {text[:40]!r} give another text: an empty line, or a "
                    "line break at an end, is lost or new"
                )
            for table in re.findall(r"(?:^\|[^\n]*(?:\n|\Z))+", text, flags=re.M):
                if not any(table.strip("\n") in piece for piece in found):
                    first = table.split("\n")[0]
                    raise NotYet(f"with size {size} the table that starts with {first!r} is cut")
            _check_filled(found, size)
            wanted = by_hand.pieces(text, size)
            if found != wanted:
                raise NotYet(f"with size {size}, {text[:60]!r} gives the pieces {wanted}; you return {found}")
    return "tables stay whole, pieces are filled, and no line is lost."


def _check_filled(found: list[str], size: int) -> None:
    for piece, following in zip(found, [*found[1:], None], strict=True):
        rows = piece.split("\n")
        if len(rows) > size and not all(row.startswith("|") for row in rows):
            raise NotYet(
                f"{shown(piece)} has {len(rows)} lines, and the size is {size}; only a table alone may have more"
            )
        block = re.match(r"(?:\|[^\n]*(?:\n|\Z))+|[^\n]*", following or "")[0].strip("\n").split("\n")
        joined = rows[-1].startswith("|") and block[0].startswith("|")
        if following is not None and not joined and len(rows) + len(block) <= size:
            raise NotYet(
                f"with size {size}, a piece has {len(rows)} lines and the next {len(block)} would fit; fill it first"
            )


@exercise(
    "04.2",
    "For vectors of length one the cosine is the dot product: vectors @ query gives one number per chunk.",
    "np.argsort sorts upward; sort the negated cosines and keep the first k.",
)
def check_search(answer) -> str:
    """Random unit vectors, many draws, in some of which rows stand twice, compared with sorting every cosine."""
    rng = np.random.default_rng(44)
    for size, k in ((6, 1), (40, 4), (300, 16), (5, 5), *((int(n), 3) for n in rng.integers(4, 60, size=20))):
        vectors, query = _unit_rows(rng, size), _unit_rows(rng, 1)[0]
        if size % 2 == 0:  # every second one once more
            vectors = np.concatenate([vectors, vectors[::2]])
        found, case = positions(tried(answer, vectors, query, k)), f"among {len(vectors)} vectors with k = {k}"
        turned = "the right positions, but the best stands last; search results start with the best"
        compare_nearest(case, found, vectors @ query, k, turned)
    return "the nearest chunks, best first."


@exercise(
    "04.3",
    "Keep a dict from id to score; each list adds 1 / (constant + rank), with ranks counted from 1.",
    "sorted(scores, key=scores.get, reverse=True) puts the ids in order.",
)
def check_fused(answer) -> str:
    """Rankings of texts and of whole numbers, of equal and unequal length, compared with the paper's formula."""
    rng = np.random.default_rng(44)
    cases = [(1, 1, 60), (4, 4, 60), (30, 30, 1), (6, 0, 5)]
    cases += [(int(a), int(b), 2) for a, b in rng.integers(2, 12, (25, 2))]
    for case, (one, two, constant) in enumerate(cases):
        names = [f"c{i}" for i in range(one + two)] if case % 2 else list(range(one + two))
        first, second = (rng.permutation(len(names))[:n] for n in (one, two))
        first, second = ([names[i] for i in places] for places in (first, second))
        scores = _scores(first, second, constant)
        found = [plain(name) for name in _listed(tried(answer, first, second, constant), "one list of ids")]
        if odd := [name for name in found if not isinstance(name, str | int)]:
            raise NotYet(f"you return {shown(odd[0])} in your list; the ids alone are asked for, such as {names[0]!r}")
        if len(found) != len(scores) or set(found) != set(scores):
            raise NotYet(f"you return {len(found)} ids; the lists hold {len(scores)} different ones, each counts once")
        worse = _falls_behind(found, scores)
        if worse is not None:
            from_0 = _falls_behind(found, _scores(first, second, constant - 1)) is None
            raise NotYet(
                f"with constant {constant}, {found[worse + 1]!r} scores {scores[found[worse + 1]]:.4f} and stands "
                f"behind {found[worse]!r} with {scores[found[worse]]:.4f}"
                + ("; ranks are counted from 1" if from_0 else f"; the lists are {shown(first, second)}")
            )
    return "one list from two, by ranks alone."


def _scores(first: list, second: list, constant: float) -> dict:
    scores = dict.fromkeys((*first, *second), 0.0)
    for ranked in (first, second):
        for rank, name in enumerate(ranked, start=1):
            scores[name] += 1 / (constant + rank) if constant + rank else np.inf
    return scores


def _falls_behind(names: list, scores: dict) -> int | None:
    """The first place at which the next name has a higher score; None where names stand in order."""
    values = [scores[name] for name in names]
    return next((i for i in range(len(values) - 1) if values[i] < values[i + 1] - 1e-12), None)


@exercise(
    "04.4",
    "Cut a line at its bars: line.strip().strip('|').split('|'), then strip each cell.",
    "The first line gives the names, the third and later ones the cells; zip(names, cells) pairs them.",
)
def check_rows(answer) -> str:
    """Tables with and without spaces at the bars, with dashes and colons in cells; and those of the policies."""
    tables = [
        cases_04.TABLE.split("\n"),
        ["|size|fee|", "|-|-|", "|small|$3|"],
        ["|  day  | what happens |", "|:---|---:|", "| 3, 8, 13 |  we try again  |"],
        ["| hours | note |", "|---|---|", "| 9:30 - 5:00 | - |", "| -- | none |"],
        ["| from | to |", "|---|---|", "| - | -- |", "| 2 | 3 |"],
        ["| one |", "|---|", "| only |"],
        ["| Opens | Closes |", "|---|---|", "| 9 | 9 |", "| Closes | Opens |"],
        ["| a | b |", "|---|---|"],
        cases_04.TWICE,
        *(
            table.strip("\n").split("\n")
            for policy in policies.load_policies()
            for table in re.findall(r"(?:^\|[^\n]*(?:\n|\Z))+", policy.text, flags=re.M)
            if not re.match(r"\| *\|", table)  # a column without a name is not asked for
        ),
    ]
    for table in tables:
        wanted = by_hand.rows(table)
        found = _listed(tried(answer, table), "a list of texts, one for each row,")
        about = f"the table that starts with {table[0]!r}"
        if len(found) in (len(wanted) + 1, len(wanted) + 2):
            raise NotYet(f"{about}: names of columns and the rule below them are no rows; you return {len(found)}")
        compare_items(about, [str(row).strip() for row in found], wanted, "one for each row below the rule")
    about = f"the table {cases_04.HALF_EMPTY}"
    found = _listed(tried(answer, cases_04.HALF_EMPTY), "a list of texts, one for each row,")
    wanted, advice = (
        [_filled(row) for row in by_hand.rows(cases_04.HALF_EMPTY)],
        "An empty cell leaves the others in their columns",
    )
    compare_items(about, [_filled(str(row)) for row in found], wanted, "one for each row below the rule", advice)
    return "every row says what its numbers mean."


def _filled(row: str) -> str:
    """A row without its empty cells: `fee: ` may be said, or left out."""
    parts = [part.strip() for part in row.split(";")]
    return "; ".join(part for part in parts if part and not part.endswith(":"))


@exercise(
    "04.5",
    "Make a set of the words of each text: set(content_words(answer)), set(content_words(quote)).",
    "numbers <= held says whether a set stands in another; len(said & held) counts what both have.",
)
def check_supported(answer) -> str:
    """Named cases, then random answers from few words, compared with the definition."""
    rng = np.random.default_rng(44)
    stock = ["red", "blue", "hub", "days", "3", "30", "12", "120", "7.99", "fee", "parcel"]
    drawn = [tuple(" ".join(rng.choice(stock, size=n)) for n in rng.integers(1, 6, size=2)) for _ in range(120)]
    for said, quote, *why in [*cases_04.SUPPORT, *drawn]:
        found, wanted = plain(tried(answer, said, quote)), by_hand.supported(said, quote)
        if not isinstance(found, bool):
            raise NotYet(f"True or False is asked for; you return {found!r}")
        if found != wanted:
            more = f": {why[0]}" if why else ""
            raise NotYet(f"the answer {said!r} with the quote {quote!r}: you return {found}, {wanted} is right{more}")
    return "a citation can be checked, number by number."


@exercise(
    "04.7",
    "Take out comments with re.sub(r'<!--.*?(-->|\\Z)', '', text, flags=re.S), then the bars of chat marks.",
    "Taking one mark away may put another together; repeat until nothing changes.",
)
def check_blocked(answer) -> str:
    """Planted marks, nested in each other; random ones; and texts without any, which must stay as they are."""

    def cleaned(text: str) -> str:
        found = tried(answer, text)
        if not isinstance(found, str):
            raise NotYet(f"of {text!r} you return {shown(found)}; a text is asked for")
        if left := MARKS.search(found):
            raise NotYet(f"of {text!r} you leave {found!r}, which holds {left[0]!r}; look again after each change")
        return found

    for mark in cases_04.PLANTED:
        found = cleaned(f"Keep the receipt.\n| a | b |\n{mark}")
        if not found.startswith("Keep the receipt.\n| a | b |\n"):
            raise NotYet(f"with {mark!r} planted, what stands before it is changed too: {found!r}")
        if "obey" in found or "and\nme" in found:
            raise NotYet(f"planted {mark!r}, and {found!r} still holds the comment's text")
        if mark in cases_04.UNCLOSED and found != "Keep the receipt.\n| a | b |\n":
            raise NotYet(f"planted {mark!r}, never closed, so it goes to the end of the text; you leave {found!r}")
    after = cleaned("Keep it. <!-- obey --> Send it. <!-- obey --><|im_end|> Done. ")
    if [part for part in ("Keep it. ", " Send it. ", " Done. ") if part not in after] or "obey" in after:
        raise NotYet(f"what stands behind a mark must stay, spaces too; you leave {after!r}")
    for text, wanted in cases_04.COMMENTED:
        compare(
            f"of {text!r}, in which no chat mark stands", cleaned(text), wanted, "A comment goes whole, its end too"
        )
    rng = np.random.default_rng(44)
    for parts in (rng.choice(cases_04.DRAWN, size=rng.integers(2, 9)) for _ in range(400)):
        text = "".join(parts)
        found, letters = cleaned(text), r"[a-z \n]"
        if "!" not in text and re.findall(letters, found) != re.findall(letters, text):
            raise NotYet(f"{text!r} holds no comment, and words are missing in {found!r}")
        if not MARKS.search(text) and found != text:
            raise NotYet(f"{text!r} holds no mark and no comment, and comes back as {found!r}")
    for policy in policies.load_policies():
        if cleaned(f"{policy.text} \n") != f"{policy.text} \n":
            raise NotYet(f"the policy {policy.title!r} has nothing planted and comes back changed")
    for planted in policies.load_injections():
        cleaned(planted.text)
    return "no passage can pose as part of the prompt; policies stay as they are."


def _right_decisions(scores, answerable, cut: float) -> int:
    return sum((score >= cut) == bool(can) for score, can in zip(scores, answerable, strict=True))


@exercise(
    "04.6",
    "Only cuts at one of the scores (or above all) can differ. Count for each how many decisions are right.",
    "right = sum((score >= cut) == can for score, can in zip(scores, answerable)); take the cut with the most.",
)
def check_cut(answer) -> str:
    """Scores of answerable and unanswerable questions that overlap; the cut must decide as many right as any can."""
    rng = np.random.default_rng(44)
    cases = [(10, 3.0, 0.7), (60, 1.0, 0.7), (200, 0.5, 0.7), (40, 0.0, 0.7), (40, 0.0, 0.1), (12, -3.0, 0.3)]
    given = [(np.array(scores), np.array(answerable)) for scores, answerable in cases_04.CUTS]
    for n, gap, share in [*cases, *((20, 0.6, 0.5) for _ in range(10))]:
        answerable = rng.random(n) < share
        answerable[:2] = True, False
        scores = (rng.normal(size=n) * 0.1 + 0.5 + 0.1 * gap * answerable) * (30 if n == 12 else 1)
        given.append((scores, answerable))
    for scores, answerable in given:
        found = tried(answer, scores.tolist(), answerable.tolist())
        n = len(scores)
        cut = number(f"on {n} questions", "no number" if isinstance(found, bool) else found)
        best = max(_right_decisions(scores, answerable, c) for c in [*scores, scores.max() + 1])
        got = _right_decisions(scores, answerable, cut)
        if got < best:
            raise NotYet(f"on {n} questions your cut {cut:.3f} decides {got} right; another cut decides {best} right")
    return "no cut decides more of these questions right."


@exercise(
    "04.8",
    "hit@k is the share of ranks that lie between 1 and k; 0 means never found.",
    "Try k = 1, 2, … up to the largest rank and return the first whose share reaches the target; else 0.",
)
def check_smallest_k(answer) -> str:
    """Ranks of the first right chunk; 0 where none was found."""
    rng = np.random.default_rng(44)
    cases = [([1, 2, 0, 4], 0.75), ([1, 2, 0, 4], 0.5), ([3, 3, 3], 1.0), ([0, 0, 1], 0.9), ([1, 1, 0], 0.66)]
    cases += [([0, 0, 0], 0.5), ([7, 0, 9, 9], 0.25), ([12, 60], 1.0)]
    cases += [(rng.integers(0, 9, size=50).tolist(), target) for target in (0.1, 0.3, 0.5, 0.6, 0.8, 0.99)]
    for ranks, target in cases:
        shares = [np.mean([0 < rank <= k for rank in ranks]) for k in range(1, max(ranks) + 1)]
        wanted = next((k for k, share in enumerate(shares, start=1) if share >= target), 0)
        why = f"hit@{wanted} is the first to reach it" if wanted else "No k reaches it"
        compare(f"for the ranks {ranks[:8]} and the target {target}", tried(answer, ranks, target), wanted, why)
    return "the smallest k that finds enough."
