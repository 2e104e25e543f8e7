"""What the checks of lesson 04 and its labs must take: right answers of other shapes and by other ways."""

import itertools
import re
from collections import Counter, defaultdict
from fractions import Fraction

import numpy as np

from helpers.methods.retrieval import by_hand
from helpers.tasks.grading import content_words


def _grouped(text: str, size: int):
    """Blocks by itertools, pieces one at a time."""
    piece: list[str] = []
    for table, group in itertools.groupby(text.split("\n"), key=lambda line: line.startswith("|")):
        group = list(group)
        for block in [group] if table else [[line] for line in group]:
            if piece and len(piece) + len(block) > size:
                yield "\n".join(piece)
                piece = []
            piece = piece + block
    yield "\n".join(piece)


def _by_places(text: str, size: int) -> list[str]:
    lines, found, start, at = text.split("\n"), [], 0, 0
    while at < len(lines):
        end = at + 1
        while lines[at].startswith("|") and end < len(lines) and lines[end].startswith("|"):
            end += 1
        if at > start and end - start > size:
            found.append("\n".join(lines[start:at]))
            start = at
        at = end
    return [*found, "\n".join(lines[start:])]


def _one_by_one(vectors, query, k):
    left, found = [float(np.dot(row, query)) for row in vectors], []
    for _ in range(k):
        found.append(max(range(len(left)), key=left.__getitem__))
        left[found[-1]] = -9.0
    return tuple(found)


def _counter(first, second, constant):
    scores: Counter = Counter()
    for ranked in (first, second):
        scores.update({name: Fraction(1, constant + rank) for rank, name in enumerate(ranked, start=1)})
    return [name for name, _ in scores.most_common()]


def _fused_by_index(first, second, constant):
    names, score = sorted({*first, *second}, key=str), defaultdict(float)
    for name in names:
        for ranked in (first, second):
            score[name] += 1 / (constant + ranked.index(name) + 1) if name in ranked else 0
    return iter(sorted(names, key=lambda name: -score[name]))


def _rows_by_regex(table):
    cells = [re.findall(r"[^|]+", line.strip()) for line in table]
    return tuple(
        "; ".join(f"{a.strip()}: {b.strip()}" for a, b in zip(cells[0], row, strict=True)) for row in cells[2:]
    )


def _rows_by_dict(table):
    names = [name.strip() for name in table[0].split("|")[1:-1]]
    for line in table[2:]:
        row = dict(zip(names, map(str.strip, line.split("|")[1:-1]), strict=True))
        yield "; ".join(": ".join(pair) for pair in row.items())


def _supported_loop(answer, quote):
    said, held = list(dict.fromkeys(content_words(answer))), content_words(quote)
    there = 0
    for word in said:
        if word in held:
            there += 1
        elif word[:1].isdigit():
            return False
    return len(said) > 0 and there / len(said) >= 0.5


def _blocked_by_scan(text):
    """Comments by searching for their ends, bars one at a time."""
    while True:
        if (start := text.find("<!--")) >= 0:
            end = text.find("-->", start + 4)
            text = text[:start] + (text[end + 3 :] if end >= 0 else "")
        elif "<|" in text:
            text = text.replace("<|", "<", 1)
        elif "|>" in text:
            text = text.replace("|>", ">", 1)
        else:
            return text


def _blocked_whole(text):
    changed = re.sub(r"<!--(?:(?!-->).)*(?:-->|$(?![\s\S]))", "", text, flags=re.S)
    changed = re.sub(r"<\||\|>", "", changed)
    return changed if changed == text else _blocked_whole(changed)


def _blocked_marks_first(text):
    for _ in range(40):
        text = re.sub(r"<\|", "<", re.sub(r"\|>", ">", text))
        text = re.sub(r"<!--.*?(?:-->|\Z)", "", text, flags=re.S)
    return text


def _blocked_loop_inside(text):
    while re.search(r"<!--|<\||\|>", text):
        text = re.sub(r"(?s)<!--.*?(-->|\Z)", "", text)
        text = text.replace("<|", "").replace("|>", "")
    return text


def _blocked_recursive(text):
    for old, new in ((r"(?s)<!--.*?-->", ""), (r"(?s)<!--.*", ""), (r"<\|", ""), (r"\|>", "")):
        changed = re.sub(old, new, text)
        if changed != text:
            return _blocked_recursive(changed)
    return text


def _cut_between(scores, answerable):
    """Halfway between neighbors, by sums from below."""
    order = np.argsort(scores)
    scores, answerable = np.asarray(scores, dtype=float)[order], np.asarray(answerable)[order]
    right = [int((~answerable[:i]).sum() + answerable[i:].sum()) for i in range(len(scores) + 1)]
    edges = np.concatenate([[scores[0] - 1], (scores[1:] + scores[:-1]) / 2, [scores[-1] + 1]])
    return edges[int(np.argmax(right))]


RIGHT = {
    "04.1": {
        "a generator": _grouped,
        "a tuple": lambda text, size: tuple(by_hand.pieces(text, size)),
        "by places": _by_places,
        "an array": lambda text, size: np.array(by_hand.pieces(text, size), dtype=object),
        "a map": lambda text, size: map(str, _by_places(text, size)),
    },
    "04.2": {
        "an array": lambda vectors, query, k: np.argsort(-(vectors @ query))[:k],
        "numpy numbers": lambda vectors, query, k: list(np.argsort(vectors.dot(query))[::-1][:k]),
        "by distance": lambda vectors, query, k: np.argsort(np.linalg.norm(vectors - query, axis=1))[:k].tolist(),
        "one by one": _one_by_one,
        "sorted in Python": lambda vectors, query, k: sorted(range(len(vectors)), key=lambda i: -(vectors[i] @ query))[
            :k
        ],
        "the later one of two alike first": lambda vectors, query, k: sorted(
            range(len(vectors)), key=lambda i: (-round(float(vectors[i] @ query), 12), -i)
        )[:k],
        "a generator": lambda vectors, query, k: (
            int(i) for i in (-np.einsum("nd,d->n", vectors, query)).argsort()[:k]
        ),
    },
    "04.3": {
        "a Counter of fractions": _counter,
        "an iterator": _fused_by_index,
        "a tuple": lambda first, second, constant: tuple(by_hand.fused(first, second, constant)),
        "an array": lambda first, second, constant: np.array(by_hand.fused(first, second, constant), dtype=object),
        "the keys of a dict": lambda first, second, constant: dict.fromkeys(
            by_hand.fused(first, second, constant)
        ).keys(),
    },
    "04.4": {
        "a tuple, by regex": _rows_by_regex,
        "a generator of dicts": _rows_by_dict,
        "an array": lambda table: np.array(by_hand.rows(table), dtype=object),
        "a space at the end": lambda table: [f"{row} " for row in by_hand.rows(table)],
        "empty cells left out": lambda table: [
            "; ".join(part for part in row.split("; ") if not part.endswith(": ")) for row in by_hand.rows(table)
        ],
        "no space after a name alone": lambda table: [re.sub(r": (?=;|$)", ":", row) for row in by_hand.rows(table)],
        "a map": lambda table: map(str, by_hand.rows(table)),
    },
    "04.5": {
        "a loop": _supported_loop,
        "a numpy bool": lambda answer, quote: np.bool_(by_hand.supported(answer, quote)),
        "a bool in an array": lambda answer, quote: np.array(by_hand.supported(answer, quote)),
        "a mean": lambda answer, quote: (
            len(said := {*content_words(answer)}) > 0
            and np.mean([word in content_words(quote) for word in said]) >= 0.5
            and all(word in content_words(quote) for word in said if word[0].isdigit())
        ),
        "missing words": lambda answer, quote: (
            bool(said := set(content_words(answer)))
            and len(missing := said - set(content_words(quote))) <= len(said) / 2
            and not any(word[0] in "0123456789" for word in missing)
        ),
        "fractions": lambda answer, quote: (
            bool(content_words(answer))
            and by_hand.supported(answer, quote)
            and Fraction(len({*content_words(answer)} & {*content_words(quote)}), len({*content_words(answer)}))
            >= Fraction(1, 2)
        ),
    },
    "04.7": {
        "by scanning": _blocked_by_scan,
        "marks gone whole": _blocked_whole,
        "marks first": _blocked_marks_first,
        "a search in the loop": _blocked_loop_inside,
        "by itself again": _blocked_recursive,
    },
    "04.6": {
        "between two scores": _cut_between,
        "a numpy number": lambda scores, answerable: max(
            np.append(scores, max(scores) + 1),
            key=lambda cut: np.sum((np.array(scores) >= cut) == np.array(answerable)),
        ),
        "above all by infinity": lambda scores, answerable: max(
            [*scores, float("inf")],
            key=lambda cut: sum((s >= cut) is a for s, a in zip(scores, answerable, strict=True)),
        ),
        "the last of the best": lambda scores, answerable: max(
            [max(scores) + 1, *sorted(scores, reverse=True)],
            key=lambda cut: sum((s >= cut) == a for s, a in zip(scores, answerable, strict=True)),
        ),
        "an array of one": lambda scores, answerable: np.float32(_cut_between(scores, answerable)).astype(float),
    },
    "04.8": {
        "numpy numbers": lambda ranks, target: next(
            (
                k
                for k in np.arange(1, max(ranks) + 1)
                if np.mean((np.array(ranks) > 0) & (np.array(ranks) <= k)) >= target
            ),
            0,
        ),
        "counted": lambda ranks, target: next(
            (k for k in sorted({*ranks} - {0}) if sum(1 for r in ranks if r and r <= k) >= target * len(ranks) - 1e-9),
            0,
        ),
        "all shares first": lambda ranks, target: min(
            (k for k in range(1, 100) if np.mean([0 < r <= k for r in ranks]) >= target), default=0
        ),
        "cumulated": lambda ranks, target: int(
            next(
                (
                    k + 1
                    for k, c in enumerate(np.cumsum(np.bincount(ranks, minlength=2)[1:]))
                    if c / len(ranks) >= target
                ),
                0,
            )
        ),
        "a while": lambda ranks, target: next(
            itertools.chain(
                itertools.dropwhile(
                    lambda k: sum(1 <= r <= k for r in ranks) / len(ranks) < target, range(1, max(ranks) + 1)
                ),
                [0],
            )
        ),
    },
}
