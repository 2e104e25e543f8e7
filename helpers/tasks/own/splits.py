"""What is learned from, what chooses, what tests: splits that a file gives are kept, else they are drawn.

Drawn splits hold each label in its share, and near copies of a text never stand on both sides.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from helpers.tasks.own import near
from helpers.tasks.own.cleaning import Row
from helpers.tasks.own.findings import SHOWN, count, places

TEST_SHARE, DEV_SHARE = 0.3, 0.1
MOST_TEST, MOST_DEV = 500, 120  # 500 give an interval of 4 points to each side
SPLIT_NAMES = ("train", "dev", "test")
MOST_ROWS = 30_000  # among which near copies are looked for; 12,000 take some 7 seconds
MOST_TRAIN = 20_000  # more would not fit the memory of small machines
LEAST = 3  # rows of a label that is tested


@dataclass(frozen=True)
class Divided:
    """Rows by split, and in lines what was done."""

    train: tuple[Row, ...]
    dev: tuple[Row, ...]
    test: tuple[Row, ...]
    story: tuple[str, ...]


def divide(rows: Sequence[Row], unit: str = "row", most_test: int = MOST_TEST, seed: int = 0) -> Divided:
    """Return rows by split: as given where there are a training and a test part, else drawn.

    most_test: the most rows that are tested; more are drawn from, label by label, and the story says what that costs.
    """
    if len(rows) > MOST_ROWS:
        kept = divide([rows[i] for i in sorted(sample(rows, MOST_ROWS, seed))], unit, most_test, seed)
        told = f"Of {count(len(rows), unit)} {MOST_ROWS:,} are drawn, label by label; the rest is not used."
        return replace(kept, story=(told, *kept.story))
    group = near.groups([row.text for row in rows])
    given = {row.split for row in rows}
    if {"train", "test"} <= {split or "train" for split in given}:
        return _bearable(_as_given(rows, group, unit, most_test, seed), unit, seed)
    story = []
    if given - {""}:
        story.append(f"The file names one split alone ({', '.join(sorted(given - {''}))}); splits are drawn instead.")
    counts = Counter(row.label for row in rows)
    wanted = min(most_test, round(TEST_SHARE * len(rows)))
    test = _draw(rows, group, range(len(rows)), wanted / len(rows), counts, seed)
    left = [i for i in range(len(rows)) if i not in test]
    dev = _draw(rows, group, left, min(MOST_DEV, round(DEV_SHARE * len(rows))) / max(1, len(left)), counts, seed + 1)
    parts = {name: [rows[i] for i in sorted(some)] for name, some in (("test", test), ("dev", dev))}
    train = tuple(rows[i] for i in left if i not in dev)
    story.append(f"Splits are drawn: {_sizes(train, parts['dev'], parts['test'], unit)}, labels in their shares.")
    tied = len(rows) - len(set(group.tolist()))
    if tied:
        which = _groups(rows, group, unit)
        verb = "repeats" if tied == 1 else "repeat"
        story.append(
            f"{count(tied, unit)} nearly {verb} another ({which}); such {unit}s stay on one side of the split."
        )
    if len(rows) * TEST_SHARE > most_test:
        story.append(f"The test part is kept to {most_test} {unit}s: its interval is about 4 points to each side.")
    return _bearable(Divided(train, tuple(parts["dev"]), tuple(parts["test"]), tuple(story)), unit, seed)


def _groups(rows: Sequence[Row], group: np.ndarray, unit: str) -> str:
    """The rows that hang together as near copies, by number."""
    members = defaultdict(list)
    for row, one in zip(rows, group.tolist(), strict=True):
        members[one].append(row.number)
    several = [numbers for numbers in members.values() if len(numbers) > 1]
    shown = "; ".join(_together(numbers) for numbers in several[:SHOWN])
    more = f" and {len(several) - SHOWN:,} more" if len(several) > SHOWN else ""
    return f"{unit}s {shown}{more}"


def _together(numbers: Sequence) -> str:
    more = f", {len(numbers) - SHOWN:,} more" if len(numbers) > SHOWN else ""
    first = ", ".join(map(str, numbers[: min(SHOWN, len(numbers)) - (not more)]))
    return f"{first}{more}" if more else f"{first} and {numbers[-1]}"


def _bearable(found: Divided, unit: str, seed: int) -> Divided:
    """The same with at most MOST_TRAIN rows to learn from."""
    if len(found.train) <= MOST_TRAIN:
        return found
    kept = tuple(found.train[i] for i in sorted(sample(found.train, MOST_TRAIN, seed)))
    told = f"Of {len(found.train):,} {unit}s to learn from {MOST_TRAIN:,} are drawn, label by label."
    return replace(found, train=kept, story=(*found.story, told))


def _sizes(train: Sequence, dev: Sequence, test: Sequence, unit: str) -> str:
    return f"{count(len(train), unit)} to learn from, {len(dev):,} to choose by, {len(test):,} to test"


def _draw(
    rows: Sequence[Row], group: np.ndarray, among: Sequence[int], share: float, counts: Counter, seed: int
) -> set[int]:
    """Positions of whole groups so that each label has about its share; a label with few rows has none."""
    rng = np.random.default_rng(seed)
    members = defaultdict(list)
    for i in among:
        members[group[i]].append(i)
    by_label = defaultdict(list)
    for some in members.values():
        by_label[Counter(rows[i].label for i in some).most_common(1)[0][0]].append(some)
    chosen: set[int] = set()
    for label in sorted(by_label):
        if counts[label] < LEAST:
            continue
        there = sum(map(len, by_label[label]))
        room = max(1, round(share * there)) if there > 1 and share else 0
        for place in rng.permutation(len(by_label[label])):
            some = by_label[label][place]
            rare = any(counts[rows[i].label] < LEAST for i in some)
            if len(some) <= room and len(some) < there and not rare:
                chosen.update(some)
                room -= len(some)
    return chosen


def _as_given(rows: Sequence[Row], group: np.ndarray, unit: str, most_test: int, seed: int) -> Divided:
    by_split = {name: [i for i, row in enumerate(rows) if (row.split or "train") == name] for name in SPLIT_NAMES}
    train, dev, test = by_split["train"], by_split["dev"], by_split["test"]
    story = [f"Splits are the file's own: {_sizes(train, dev, test, unit)}."]
    known = {group[i] for i in train}
    leaked = [i for i in test if group[i] in known]
    if leaked:
        where = places([rows[i].number for i in leaked], unit)
        story.append(
            f"{len(leaked):,} of {len(test):,} test {unit}s nearly repeat a training {unit} ({where}): on these a "
            "method may remember instead of understand. They stay, so that figures compare with those of others."
        )
    unseen = sorted({rows[i].label for i in test} - {rows[i].label for i in train})
    if unseen:
        story.append(f"{count(len(unseen), 'label')} of the test part cannot be learned, such as {unseen[0]!r}.")
    counts = Counter(rows[i].label for i in train)
    if not dev:
        share = min(MOST_DEV, round(DEV_SHARE * len(train))) / max(1, len(train))
        dev = sorted(_draw(rows, group, train, share, counts, seed + 1))
        train = [i for i in train if i not in set(dev)]
        story.append(f"There is no part to choose by: {count(len(dev), unit)} of the training part are taken for it.")
    for name, some, most in (("test", test, most_test), ("choosing", dev, MOST_DEV)):
        if len(some) > most:
            kept = sample([rows[i] for i in some], most, seed)
            some[:] = [some[i] for i in kept]
            story.append(f"Of the {name} part {most} are drawn, label by label; the rest is not used.")
    return Divided(*(tuple(rows[i] for i in some) for some in (train, dev, test)), tuple(story))


def sample(rows: Sequence, most: int, seed: int = 0) -> list[int]:
    """Return `most` positions of rows that have a label, mixed; whatever the number, labels come in about their shares.

    The first k of them are those that `most=k` gives, so a shorter run measures a part of a longer one.

    >>> rows = [Row(i, "", label) for i, label in enumerate("aaaabbbb")]
    >>> sorted(rows[i].label for i in sample(rows, 4))
    ['a', 'a', 'b', 'b']
    """
    rng = np.random.default_rng(seed)
    shares = Counter(row.label for row in rows)
    seen: Counter = Counter()
    order = []
    for i in rng.permutation(len(rows)).tolist():
        label = rows[i].label
        seen[label] += 1
        order.append(((seen[label] - 0.5) / shares[label], i))  # each label evenly spread over the order
    return [i for _, i in sorted(order)][:most]
