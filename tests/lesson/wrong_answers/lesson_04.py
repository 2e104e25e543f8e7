"""What the checks of lesson 04 and its labs must refuse: plausible wrong answers, and cheats."""

import functools
import re

import numpy as np

from helpers.methods.retrieval import by_hand
from helpers.methods.retrieval.passages import neutralize
from helpers.tasks.grading import content_words


def _cut_lines(text: str, size: int) -> list[str]:
    lines = text.split("\n")
    return ["\n".join(lines[i : i + size]) for i in range(0, len(lines), size)]


def _table_apart(text: str, size: int) -> list[str]:
    """Every table is a piece of its own, though lines would fit beside it."""
    found: list[list[str]] = []
    for line in text.split("\n"):
        table = line.startswith("|")
        fits = found and found[-1][-1].startswith("|") == table and (table or len(found[-1]) < size)
        if fits:
            found[-1].append(line)
        else:
            found.append([line])
    return ["\n".join(lines) for lines in found]


def _blocks(text: str, size: int, in_table) -> list[str]:
    """Pieces by another sign of a table; a mark stands for the bar that `pieces` looks for."""
    lines = text.split("\n")
    marked = "\n".join(f"|{i}" if in_table(line) else f".{i}" for i, line in enumerate(lines))
    return ["\n".join(lines[int(one[1:])] for one in piece.split("\n")) for piece in by_hand.pieces(marked, size)]


def _one_pass(text: str) -> str:
    text = re.sub(r"<!--.*?(-->|\Z)", "", text, flags=re.S)
    return text.replace("<|", "<").replace("|>", ">")


def _words(answer: str, quote: str, numbers: bool = True, unique: bool = True) -> bool:
    said, held = content_words(answer), content_words(quote)
    said = set(said) if unique else said
    there = [word for word in said if word in held]
    missing = any(word[0].isdigit() and word not in held for word in said)
    return bool(said) and 2 * len(there) >= len(said) and not (numbers and missing)


def _rows_kept(table: list[str], first: int = 2) -> list[str]:
    names, *each = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    return ["; ".join(f"{a}: {b}" for a, b in zip(names, cells, strict=False)) for cells in each[first - 1 :]]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


WRONG = {
    "04.1": {
        "every so many lines": _cut_lines,
        "drops the tables": lambda text, size: _cut_lines(
            "\n".join(line for line in text.split("\n") if not line.startswith("|")), size
        ),
        "each line": lambda text, size: text.split("\n"),
        "a piece of its own for every table": _table_apart,
        "a bar anywhere": lambda text, size: _blocks(text, size, lambda line: "|" in line),
        "a bar after spaces": lambda text, size: _blocks(text, size, lambda line: line.strip().startswith("|")),
        "a bar at both ends": lambda text, size: _blocks(text, size, lambda line: line[:1] == line[-1:] == "|"),
        "half filled": lambda text, size: by_hand.pieces(text, max(1, size // 2)),
        "splitlines": lambda text, size: by_hand.pieces("\n".join(text.splitlines()), size),
        "no empty lines": lambda text, size: by_hand.pieces(re.sub(r"\n\n+", "\n", text), size),
        "stripped": lambda text, size: [piece.strip() for piece in by_hand.pieces(text, size)],
    },
    "04.2": {
        "best last": lambda vectors, query, k: np.argsort(vectors @ query)[-k:],
        "farthest": lambda vectors, query, k: np.argsort(vectors @ query)[:k],
        "the cosines": lambda vectors, query, k: np.sort(vectors @ query)[::-1][:k],
        "either direction": lambda vectors, query, k: np.argsort(-abs(vectors @ query))[:k],
        "looked up by the cosine": lambda vectors, query, k: [
            (vectors @ query).tolist().index(cosine) for cosine in sorted(vectors @ query, reverse=True)[:k]
        ],
        "looked up by the row": lambda vectors, query, k: [
            vectors.tolist().index(vectors[i].tolist()) for i in np.argsort(-(vectors @ query))[:k]
        ],
        "one too many": lambda vectors, query, k: np.argsort(-(vectors @ query))[: k + 1],
    },
    "04.3": {
        "one after the other": lambda first, second, constant: list(dict.fromkeys([*first, *second])),
        "only what both found": lambda first, second, constant: [name for name in first if name in second],
        "by turns": lambda first, second, constant: list(
            dict.fromkeys([name for pair in zip(first, second, strict=False) for name in pair] + [*first, *second])
        ),
        "the constant ignored": lambda first, second, constant: by_hand.fused(first, second, 60),
        "ranks from 0": lambda first, second, constant: by_hand.fused(first, second, constant - 1 + 1e-9),
        "a dict of scores": lambda first, second, constant: dict.fromkeys(by_hand.fused(first, second, constant), 1.0),
        "ids with scores": lambda first, second, constant: [
            (name, 1) for name in by_hand.fused(first, second, constant)
        ],
    },
    "04.4": {
        "the names as a row": lambda table: _rows_kept(table, 1),
        "bars left": lambda table: [line.strip("| ") for line in table[2:]],
        "no line of dashes": lambda table: _rows_kept(
            [line for i, line in enumerate(table) if i == 0 or line.strip("|- :")], 1
        ),
        "no row of dashes": lambda table: [row for row in by_hand.rows(table) if not re.search(r": -+$", row)],
        "cut at bars with spaces": lambda table: [
            "; ".join(
                f"{a}: {b}"
                for a, b in zip(table[0].strip("| ").split(" | "), line.strip("| ").split(" | "), strict=False)
            )
            for line in table[2:]
        ],
        "empty cells skipped": lambda table: [
            "; ".join(
                f"{a}: {b}" for a, b in zip(_cells(table[0]), [cell for cell in _cells(line) if cell], strict=False)
            )
            for line in table[2:]
        ],
        "names in small letters": lambda table: by_hand.rows([table[0].lower(), *table[1:]]),
        "a dict by cells": lambda table: [
            "; ".join(f"{a}: {b}" for b, a in dict(zip(_cells(line), _cells(table[0]), strict=True)).items())
            for line in table[2:]
        ],
        "each row once": lambda table: list(dict.fromkeys(by_hand.rows(table))),
        "whatever is not the first line": lambda table: [
            row for row, line in zip(by_hand.rows(table), table[2:], strict=True) if line != table[0]
        ],
        "rows with an empty cell left out": lambda table: [
            row for line, row in zip(table[2:], by_hand.rows(table), strict=True) if all(_cells(line))
        ],
        "one text": lambda table: "\n".join(by_hand.rows(table)),
        "the first row": lambda table: by_hand.rows(table)[:1],
    },
    "04.5": {
        "parts of words": lambda answer, quote: all(word in quote.lower() for word in answer.lower().split()),
        "any number": lambda answer, quote: _words(answer, quote, numbers=False),
        "words counted often": lambda answer, quote: _words(answer, quote, unique=False),
        "numbers alone": lambda answer, quote: all(
            word in content_words(quote) for word in content_words(answer) if word[0].isdigit()
        ),
        "more than half": lambda answer, quote: (
            by_hand.supported(answer, quote)
            and 2 * len({*content_words(answer)} & {*content_words(quote)}) > len({*content_words(answer)})
        ),
        "the share": lambda answer, quote: float(by_hand.supported(answer, quote)),
    },
    "04.7": {
        "chat marks only": lambda text: text.replace("<|im_start|>", "").replace("<|im_end|>", ""),
        "all signs": lambda text: re.sub(r"[^\w\s.]", "", neutralize(text)),
        "one pass": _one_pass,
        "two passes": lambda text: _one_pass(_one_pass(text)),
        "eight passes": lambda text: functools.reduce(lambda left, _: _one_pass(left), range(8), text),
        "up to the last end of a comment": lambda text: neutralize(re.sub(r"<!--.*-->", "", text, flags=re.S)),
        "one line of a comment that is never closed": lambda text: by_hand.blocked(
            re.sub("<!--.*", "", re.sub(r"(?s)<!--.*?-->", "", text))
        ),
        "all but the last line end": lambda text: by_hand.blocked(re.sub(r"(?s)<!--.*?(-->|$)", "", text)),
        "stripped": lambda text: neutralize(text).strip(),
        "all bars": lambda text: _one_pass(_one_pass(_one_pass(text))).replace("|", ""),
        "ends of comments left": lambda text: by_hand.blocked(re.sub(r"(?s)<!--.*?(?=-->|\Z)", "", text)),
        "a comment up to the next >": lambda text: by_hand.blocked(re.sub(r"(?s)<!--.*?(>|\Z)", "", text)),
        "ends of comments taken out": lambda text: by_hand.blocked(text).replace("-->", ""),
        "a space for a comment": lambda text: by_hand.blocked(re.sub(r"(?s)<!--.*?-->", " ", text)),
        "a comment needs its end": lambda text: re.sub(r"<!--.*?-->", "", text, flags=re.S).replace("|>", ">"),
    },
    "04.6": {
        "the mean": lambda scores, answerable: float(np.mean(scores)),
        "hundredths from 0 to 1": lambda scores, answerable: max(
            np.arange(0, 1.01, 0.01),
            key=lambda cut: sum((s >= cut) == a for s, a in zip(scores, answerable, strict=True)),
        ),
        "2 as what is above all": lambda scores, answerable: max(
            [*scores, 2.0], key=lambda cut: sum((s >= cut) == a for s, a in zip(scores, answerable, strict=True))
        ),
        "never at the last score": lambda scores, answerable: max(
            [*scores[:-1], max(scores) + 1],
            key=lambda cut: sum((s >= cut) == a for s, a in zip(scores, answerable, strict=True)),
        ),
        "never at the first score": lambda scores, answerable: max(
            [*scores[1:], max(scores) + 1],
            key=lambda cut: sum((s >= cut) == a for s, a in zip(scores, answerable, strict=True)),
        ),
        "never above all": lambda scores, answerable: max(
            scores, key=lambda cut: sum((s >= cut) == a for s, a in zip(scores, answerable, strict=True))
        ),
        "the lowest answerable": lambda scores, answerable: min(
            s for s, a in zip(scores, answerable, strict=True) if a
        ),
        "the highest unanswerable": lambda scores, answerable: max(
            s for s, a in zip(scores, answerable, strict=True) if not a
        ),
    },
    "04.8": {
        "counts never found as found": lambda ranks, target: next(
            (k for k in range(1, max(ranks) + 1) if np.mean([rank <= k for rank in ranks]) >= target), 0
        ),
        "the largest": lambda ranks, target: max(ranks),
        "up to 50": lambda ranks, target: next(
            (k for k in range(1, 51) if np.mean([0 < rank <= k for rank in ranks]) >= target), 0
        ),
        "more than the target": lambda ranks, target: next(
            (k for k in range(1, max(ranks) + 1) if np.mean([0 < rank <= k for rank in ranks]) > target), 0
        ),
    },
}
CHEATS = {
    "04.1": {"one piece": lambda text, size: [text], "nothing": lambda text, size: []},
    "04.2": {
        "the first chunks": lambda vectors, query, k: list(range(k)),
        "nothing": lambda vectors, query, k: [],
    },
    "04.3": {
        "the first list": lambda first, second, constant: first,
        "in alphabetical order": lambda first, second, constant: sorted({*first, *second}, key=str),
    },
    "04.4": {"as they are": lambda table: table[2:], "empty texts": lambda table: [""] * (len(table) - 2)},
    "04.5": {"always": lambda answer, quote: True, "never": lambda answer, quote: False},
    "04.7": {"nothing at all": lambda text: "Keep the receipt.", "empty": lambda text: ""},
    "04.6": {"never abstain": lambda scores, answerable: -1.0, "never answer": lambda scores, answerable: 9.0},
    "04.8": {"always four": lambda ranks, target: 4, "one": lambda ranks, target: 1},
}
