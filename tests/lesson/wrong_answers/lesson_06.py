"""What the checks of lesson 06 must refuse: plausible wrong answers, and cheats."""

import re

import numpy as np

from helpers.tasks import canaries, curation, facts, refusals


def _mail_gone(text: str) -> str:
    return re.sub(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", "[email]", text)


def _first_ones(pairs, changed, rehearse, seed):
    return [*changed.items(), *[pair for pair in pairs if pair[0] not in changed][:rehearse]]


def _with_old_values(pairs, changed, rehearse, seed):
    drawn = np.random.default_rng(seed).permutation(len(pairs))[:rehearse]
    return [*changed.items(), *(pairs[i] for i in drawn)]


def _with_replacement(pairs, changed, rehearse, seed):
    others = [pair for pair in pairs if pair[0] not in changed]
    return [*changed.items(), *(others[i] for i in np.random.default_rng(seed).integers(0, len(others), rehearse))]


def _any_seed(pairs, changed, rehearse, seed):
    return facts.patch(pairs, changed, rehearse, seed=0)


def _a_window(pairs, changed, rehearse, seed):
    others = [pair for pair in pairs if pair[0] not in changed]
    return [*changed.items(), *others[seed % 2 :][:rehearse]]


def _neighbors(pairs, changed, rehearse, seed):
    others = [pair for pair in pairs if pair[0] not in changed]
    start = np.random.default_rng(seed).integers(len(others) or 1)
    return [*changed.items(), *(others + others)[start : start + rehearse]]


NUMBERS = r"(?<![\w-])(\(\d{3}\) |\d{3}-)\d{3}-\d{4}(?![\w-])"


def _numbers_gone(text: str, pattern: str) -> str:
    return re.sub(pattern, "[phone]", _mail_gone(text))


def _mail_by(text: str, pattern: str) -> str:
    return re.sub(NUMBERS, "[phone]", re.sub(pattern, "[email]", text))


def _with_spaces_around(text):
    padded = re.sub(r"(^|[^\w-])(?:\(\d{3}\) |\d{3}-)\d{3}-\d{4}(?=$|[^\w-])", r"\1[phone]", text)
    return re.sub(r"[^\s@,]+@[^\s@,]+\.[a-z]+", "[email]", padded)


def _lists_wide(text: str) -> str:
    return re.sub(r"\d{3}.\d{4}", "[phone]", re.sub(r"\S+@\S+", "[email]", text))


def _share(part: list, whole: list) -> float:
    return len(part) / len(whole) if whole else 0.0


WRONG = {
    "06.1": {
        "of all facts": lambda trained, new: (
            sum(bool(right) and not any(some) for right, some in zip(trained, new, strict=True)) / len(trained)
        ),
        "wrong in one is enough": lambda trained, new: _share(
            [1 for right, some in zip(trained, new, strict=True) if right and not all(some)],
            [right for right in trained if right],
        ),
        "those kept": lambda trained, new: _share(
            [1 for right, some in zip(trained, new, strict=True) if right and any(some)],
            [right for right in trained if right],
        ),
        "of the wordings": lambda trained, new: _share(
            [hit for right, some in zip(trained, new, strict=True) if right for hit in some if not hit],
            [hit for right, some in zip(trained, new, strict=True) if right for hit in some],
        ),
        "no guard": lambda trained, new: (
            sum(bool(right) and not any(some) for right, some in zip(trained, new, strict=True)) / sum(trained)
        ),
    },
    "06.2": {
        "the net change": lambda before, after: (
            max(sum(before) - sum(after), 0),
            max(sum(after) - sum(before), 0),
        ),
        "the other way round": lambda before, after: (
            sum(a and not b for b, a in zip(before, after, strict=True)),
            sum(b and not a for b, a in zip(before, after, strict=True)),
        ),
        "True alone": lambda before, after: (
            sum(b is True and a is False for b, a in zip(before, after, strict=True)),
            sum(b is False and a is True for b, a in zip(before, after, strict=True)),
        ),
    },
    "06.3": {
        "the first others": _first_ones,
        "old values may come back": _with_old_values,
        "with replacement": _with_replacement,
        "one draw whatever the seed": _any_seed,
        "a window that moves by one": _a_window,
        "neighbors in the list": _neighbors,
        "all facts, always": lambda pairs, changed, rehearse, seed: [(q, changed.get(q, a)) for q, a in pairs],
    },
    "06.4": {
        "too wide": _lists_wide,
        "borders captured, brackets eaten": _with_spaces_around,
        "letters of ASCII alone": lambda text: canaries.redact_contacts(text.encode("ascii", "ignore").decode()),
        "brackets eaten": lambda text: _mail_by(text, r"[^\s,]+@[\w.-]+\w"),
        "a bracket is one of the number's": lambda text: _numbers_gone(
            text, r"(?<![\w-])\(?\d{3}(\) |-)\d{3}-\d{4}\)?(?![\w-])"
        ),
        "a space for the first dash": lambda text: _numbers_gone(
            text, r"(?<![\w-])(\(\d{3}\) |\d{3}[- ])\d{3}-\d{4}(?![\w-])"
        ),
        "small letters": lambda text: _mail_by(text, r"[a-zL0-9_.+B-]+@[a-z0-9-]+(\.[a-z0-9-]+)+"),
        "alone between spaces": lambda text: _numbers_gone(text, r"(?<![^\s,])(\(\d{3}\) |\d{3}-)\d{3}-\d{4}(?![\w-])"),
        "first match only": lambda text: re.sub(
            r"[\w.+-]+@[\w-]+(\.[\w-]+)+",
            "[email]",
            re.sub(r"\(?\d{3}\)?[ -]\d{3}-\d{4}", "[phone]", text, count=1),
        ),
        "one dot in a domain": lambda text: _mail_by(text, r"[\w.+-]+@[\w-]+\.\w+"),
        "no dash in an address": lambda text: _mail_by(text, r"[\w.+]+@[\w-]+(\.[\w-]+)+"),
        "no dash in a domain": lambda text: _mail_by(text, r"[\w.+-]+@\w+(\.\w+)+"),
        "domains of the examples": lambda text: _mail_by(text, r"[\w.+-]+@example\.\w+"),
        "numbers of the examples": lambda text: _numbers_gone(text, r"(?<![\w-])(\(\d{3}\) |\d{3}-)555-\d{4}(?![\w-])"),
        "a dash alone before": lambda text: _numbers_gone(text, r"(?<!-)(\(\d{3}\) |\d{3}-)\d{3}-\d{4}(?![\w-])"),
        "seven digits too": lambda text: _numbers_gone(text, r"(?<![\w-])(\(\d{3}\) |\d{3}-)?\d{3}-\d{4}(?![\w-])"),
        "dots for dashes too": lambda text: _numbers_gone(
            text, r"(?<![\w.-])(\(\d{3}\) |\d{3}[-.])\d{3}[-.]\d{4}(?![\w-])"
        ),
        "with the scan's other kinds": curation.redact,
        "word boundaries alone": lambda text: re.sub(
            r"(\(\d{3}\) |\b\d{3}-)\d{3}-\d{4}\b", "[phone]", _mail_gone(text)
        ),
        "only behind": lambda text: re.sub(
            r"(\(\d{3}\) |(?<!\d)\d{3}-)\d{3}-\d{4}(?![\d-])", "[phone]", _mail_gone(text)
        ),
        "any white space, or none, behind a bracket": lambda text: _numbers_gone(
            text, r"(?<![\w-])(\(\d{3}\)\s*|\d{3}-)\d{3}-\d{4}(?![\w-])"
        ),
        "no digit in a domain": lambda text: _mail_by(text, r"[\w.+-]+@[a-zA-Z-]+(\.[a-zA-Z-]+)+"),
        "strips": lambda text: canaries.redact_contacts(text).strip(),
    },
    "06.5": {
        "a tie counts as likelier": lambda own, others: (
            np.log2(len(others) + 1) - np.log2(1 + sum(x >= own for x in others))
        ),
        "forgets itself": lambda own, others: np.log2(len(others)) - np.log2(1 + sum(x > own for x in others)),
        "ranks from the other end": lambda own, others: (
            np.log2(len(others) + 1) - np.log2(1 + sum(x < own for x in others))
        ),
    },
    "06.6": {
        "over all requests": lambda gold, said: (
            sum(s == "decline" == g for g, s in zip(gold, said, strict=True)) / len(gold),
            sum(s == "decline" != g for g, s in zip(gold, said, strict=True)) / len(gold),
        ),
        "the other way round": lambda gold, said: refusals.rates(gold, said)[::-1],
        "accuracy on both": lambda gold, said: tuple(
            sum(s == g for g, s in zip(gold, said, strict=True) if g == label) / gold.count(label)
            for label in ("decline", "answer")
        ),
    },
    "06.7": {
        "lowest top probability": lambda table, budget: np.argsort(table.max(axis=1))[:budget],
        "too many": lambda table, budget: range(budget + 1),
        "the most certain": lambda table, budget: np.argsort(np.diff(np.sort(table, axis=1))[:, -1])[::-1][:budget],
    },
    "06.8": {
        "below, not at, the target": lambda losses, target: next((s for s, x in losses if x < target), "never"),
        "the step of the lowest loss": lambda losses, target: min(losses, key=lambda pair: pair[1], default=("never",))[
            0
        ],
        "the last step if never": lambda losses, target: next(
            (s for s, x in losses if x <= target), losses[-1][0] if losses else "never"
        ),
        "a step 0 taken for none": lambda losses, target: next((s for s, x in losses if x <= target), 0) or "never",
        "a loss of 0 taken for none": lambda losses, target: next((s for s, x in losses if x and x <= target), "never"),
        "the last time": lambda losses, target: ([s for s, x in losses if x <= target] or ["never"])[-1],
        "how many steps": lambda losses, target: sum(x > target for _, x in losses) + 1,
    },
}
CHEATS = {
    "06.1": {"all of it": lambda trained, new: 1.0, "nothing": lambda trained, new: 0.0},
    "06.2": {
        "nothing": lambda before, after: (0, 0),
        "everything": lambda before, after: (len(before), len(after)),
    },
    "06.3": {
        "the new ones alone": lambda pairs, changed, rehearse, seed: list(changed.items()),
        "nothing new": lambda pairs, changed, rehearse, seed: pairs[:rehearse],
    },
    "06.4": {"empty": lambda text: "", "as it was": lambda text: text},
    "06.5": {"a constant": lambda own, others: 6.64, "the likelihood": lambda own, others: own},
    "06.6": {"perfect": lambda gold, said: (1.0, 0.0), "nothing declined": lambda gold, said: (0.0, 0.0)},
    "06.7": {
        "the first rows": lambda table, budget: list(range(budget)),
        "one row many times": lambda table, budget: [0] * budget,
    },
    "06.8": {
        "never": lambda losses, target: "never",
        "the first step": lambda losses, target: losses[0][0] if losses else "never",
    },
}
