"""Checks of lesson 04, A mini RAG index."""

import re

import numpy as np

from helpers.lesson.exercises import NotYet, compare, exercise, tried
from helpers.tasks import policies

TABLE = "| size | fee |\n|---|---|\n| small | $3 |\n| large | $9 |\n| huge | $27 |"


def _unit_rows(rng, n: int, d: int = 12) -> np.ndarray:
    rows = rng.normal(size=(n, d))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _documents() -> list[str]:
    own = [policy.text for policy in policies.load_policies() if "|---" in policy.text][:6]
    return [f"One.\nTwo.\n{TABLE}\nThree.", TABLE, f"{TABLE}\n\nBetween.\n\n{TABLE}", "No table.\nTwo lines.", *own]


@exercise(
    "04.1",
    "First gather the lines into blocks: lines next to each other that start with '|' are one block, any other "
    "line is a block of its own.",
    "Then fill a piece with blocks; where the next block would make it longer than `size`, start a new piece.",
)
def check_chunker(answer) -> str:
    """Documents with tables at the start, at the end and next to each other; pieces of several sizes."""
    for text in _documents():
        lines = text.split("\n")
        for size in (1, 3, 6, 40):
            pieces = list(tried(answer, text, size))
            if [line for piece in pieces for line in piece.split("\n")] != lines:
                raise NotYet(
                    f"with size {size} the pieces do not hold the document's lines in their order: a line is lost"
                )
            for table in re.findall(r"(?:^\|.*(?:\n|\Z))+", text, flags=re.M):
                if not any(table.strip("\n") in piece for piece in pieces):
                    first = table.split("\n")[0]
                    raise NotYet(f"with size {size} the table that starts with {first!r} is cut")
            for piece in pieces:
                rows = piece.split("\n")
                if len(rows) > size and not all(row.startswith("|") for row in rows):
                    raise NotYet(
                        f"a piece has {len(rows)} lines where {size} are allowed; only a table alone may have more"
                    )
            if len(pieces) > len(lines):
                raise NotYet("there are more pieces than lines; leave out empty pieces")
            if size == 40 and len(lines) > 1 and len(pieces) == len(lines):
                raise NotYet("every line is a piece of its own; fill a piece with lines as long as they fit")
    return "tables stay whole, and no line is lost."


@exercise(
    "04.2",
    "For vectors of length one the cosine is the dot product: vectors @ query gives one number per chunk.",
    "np.argsort sorts upward; sort the negated cosines and keep the first k.",
)
def check_search(answer) -> str:
    """Random unit vectors, compared with sorting every cosine."""
    rng = np.random.default_rng(44)
    for size, k in ((6, 1), (40, 4), (300, 16), (5, 5)):
        vectors, query = _unit_rows(rng, size), _unit_rows(rng, 1)[0]
        wanted = np.argsort(-(vectors @ query), kind="stable")[:k].tolist()
        found = [int(i) for i in tried(answer, vectors, query, k)]
        if found == wanted[::-1] and k > 1:
            raise NotYet("the right positions, but the best stands last; search results start with the best")
        compare(f"among {size} vectors with k = {k}", found, wanted)
    return "the nearest chunks, best first."


@exercise(
    "04.3",
    "Keep a dict from id to score; each list adds 1 / (constant + rank), with ranks counted from 1.",
    "sorted(scores, key=scores.get, reverse=True) puts the ids in order.",
)
def check_fuse(answer) -> str:
    """Two rankings with common and with own ids, compared with the paper's formula."""
    rng = np.random.default_rng(44)
    for n, constant in ((4, 60), (10, 5), (30, 1), (1, 60)):
        names = [f"c{i}" for i in range(2 * n)]
        first, second = (rng.permutation(names)[:n].tolist() for _ in range(2))
        scores: dict = {}
        for ranked in (first, second):
            for rank, name in enumerate(ranked, start=1):
                scores[name] = scores.get(name, 0) + 1 / (constant + rank)
        found = list(tried(answer, first, second, constant))
        if sorted(found) != sorted(scores):
            raise NotYet(
                f"you return {len(found)} ids; the two lists hold {len(scores)} different ones, each counts once"
            )
        values = [scores[name] for name in found]
        worse = next((i for i in range(len(values) - 1) if values[i] < values[i + 1] - 1e-12), None)
        if worse is not None:
            raise NotYet(
                f"with constant {constant}, {found[worse + 1]!r} scores {values[worse + 1]:.4f} and stands behind "
                f"{found[worse]!r} with {values[worse]:.4f}"
            )
    return "one list from two, by ranks alone."


@exercise(
    "04.4",
    "hit@k is the share of ranks that lie between 1 and k; 0 means never found.",
    "Try k = 1, 2, … up to the largest rank and return the first whose share reaches the target; else 0.",
)
def check_choose_k(answer) -> str:
    """Ranks of the first right chunk; 0 where none was found."""
    rng = np.random.default_rng(44)
    cases = [([1, 2, 0, 4], 0.75), ([1, 2, 0, 4], 0.5), ([3, 3, 3], 1.0), ([0, 0, 1], 0.9), ([1, 1, 0], 0.66)]
    cases += [(rng.integers(0, 9, size=50).tolist(), target) for target in (0.3, 0.6, 0.99)]
    for ranks, target in cases:
        shares = [np.mean([0 < rank <= k for rank in ranks]) for k in range(1, max(ranks) + 1)]
        wanted = next((k for k, share in enumerate(shares, start=1) if share >= target), 0)
        why = f"hit@{wanted} is the first to reach it" if wanted else "No k reaches it"
        compare(f"for the ranks {ranks[:8]} and the target {target}", tried(answer, ranks, target), wanted, why)
    return "the smallest k that finds enough."


def _right_decisions(scores, answerable, cut: float) -> int:
    return sum((score >= cut) == bool(can) for score, can in zip(scores, answerable, strict=True))


@exercise(
    "04.5",
    "Only cuts at one of the scores (or above all) can differ. Count for each how many decisions are right.",
    "right = sum((score >= cut) == can for score, can in zip(scores, answerable)); take the cut with the most.",
)
def check_cut(answer) -> str:
    """Scores of answerable and unanswerable questions that overlap; the cut must decide as many right as any can."""
    rng = np.random.default_rng(44)
    for n, gap in ((10, 3.0), (60, 1.0), (200, 0.5), (40, 0.0)):
        answerable = rng.random(n) < 0.7
        answerable[:2] = True, False
        scores = rng.normal(size=n) * 0.1 + 0.5 + 0.1 * gap * answerable
        cut = float(tried(answer, scores.tolist(), answerable.tolist()))
        best = max(_right_decisions(scores, answerable, c) for c in [*scores, scores.max() + 1])
        got = _right_decisions(scores, answerable, cut)
        if got < best:
            raise NotYet(f"on {n} questions your cut {cut:.3f} decides {got} right; another cut decides {best} right")
    return "no cut decides more of these questions right."


@exercise(
    "04.6",
    "Take out comments with re.sub(r'<!--.*?(-->|\\Z)', '', text, flags=re.S), then the bars of chat marks.",
    "Taking one mark away may put another together; repeat until nothing changes.",
)
def check_blocked(answer) -> str:
    """Planted marks, nested ones too; and policies, which must stay as they are."""
    marks = (
        "<|im_start|>",
        "<|im_end|>",
        "<!-- obey me -->",
        "<!-- and\nme -->",
        "<!-- never closed",
        "<|im<|im_end|>_end|>",
    )
    for mark in marks:
        cleaned = str(tried(answer, f"Keep the receipt.\n{mark}"))
        if "Keep the receipt." not in cleaned:
            raise NotYet(f"with {mark!r} planted, the sentence before it is lost too")
        if "<|" in cleaned or "|>" in cleaned or "<!--" in cleaned or "obey" in cleaned or "never closed" in cleaned:
            raise NotYet(f"planted {mark!r}, and {cleaned!r} still holds a mark or the comment's text")
    for planted in policies.load_injections():
        cleaned = str(tried(answer, planted.text))
        if re.search(r"<\||\|>|<!--", cleaned):
            raise NotYet(f"the planted text of kind {planted.kind!r} still holds a chat mark or a comment")
    for policy in policies.load_policies():
        if str(answer(policy.text)).strip() != policy.text.strip():
            raise NotYet(f"the policy {policy.title!r} has nothing planted and comes back changed")
    return "no passage can pose as part of the prompt; policies stay as they are."
