"""Right answers to the exercises of lesson 07 in other shapes than the solution's; every check must accept them."""

import itertools
import json
import re
from fractions import Fraction

import numpy as np

from helpers.methods import assistant
from helpers.methods.retrieval import passages
from helpers.methods.retrieval.passages import ABSTENTION
from helpers.tasks import voice


def _by_stack(text):
    """Collect letters behind the first call until its bracket is closed."""
    _, call, rest = text.partition("calc(")
    depth, inside = 1, []
    for letter in rest if call else "":
        depth += (letter == "(") - (letter == ")")
        if not depth:
            return "".join(inside)
        inside.append(letter)
    return None


def _by_sums(text):
    """Where the running count of brackets first reaches -1."""
    at = text.find("calc(")
    rest = text[at + 5 :] if at >= 0 else ""
    depths = list(itertools.accumulate((c == "(") - (c == ")") for c in rest))
    return rest[: depths.index(-1)] if -1 in depths else None


def _by_numpy(text):
    _, call, rest = text.partition("calc(")
    letters = np.array(list(rest) or [""])
    depth = np.cumsum((letters == "(").astype(int) - (letters == ")"))
    closed = np.flatnonzero(depth < 0)
    return rest[: closed[0]] if call and len(closed) else None


def _by_shrinking(text):
    """Replace inner pairs by marks of the same length until the first closing bracket is the call's."""
    at = text.find("calc(")
    if at < 0:
        return None
    rest = masked = text[at + 5 :]
    while (shorter := re.sub(r"\(([^()]*)\)", lambda pair: "." * len(pair[0]), masked)) != masked:
        masked = shorter
    opened, end = masked.find("("), masked.find(")")
    return rest[:end] if end >= 0 and (opened < 0 or end < opened) else None


def _by_recursion(text, at=None, depth=1):
    if at is None:
        at = text.find("calc(") + 5
        return None if at < 5 else (lambda end: None if end is None else text[at:end])(_by_recursion(text, at))
    for place in range(at, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place
    return None


def _listed(question, shown, rule):
    parts = [assistant.ROLE]
    if rule:
        parts += [assistant.TODAY, rule]
    numbered = [f"[{i + 1}] {shown[i]}" for i in range(len(shown))] or ["(no passages)"]
    return [
        dict(role="system", content="".join([*parts, passages.DEFEND])),
        dict(role="user", content="\n\n".join([*numbered, f"Question: {question}"])),
    ]


def _added(question, shown, rule):
    user, number = "", 0
    for text in shown:
        number += 1
        user += "[" + str(number) + "] " + text + "\n\n"
    if not number:
        user = "(no passages)\n\n"
    system = assistant.ROLE
    if len(rule) > 0:
        system = system + assistant.TODAY + rule
    return {"role": "system", "content": system + passages.DEFEND}, {
        "role": "user",
        "content": user + "Question: " + question,
    }


def _formatted(question, shown, rule):
    told = "\n\n".join(map("[{}] {}".format, itertools.count(1), shown)) if shown else "(no passages)"
    today = f"{assistant.TODAY}{rule}" * bool(rule)
    contents = {
        "system": f"{assistant.ROLE}{today}{passages.DEFEND}",
        "user": told + "\n\nQuestion: " + question,
    }
    return [{"content": text, "role": role} for role, text in contents.items()]


def _shares_by_numpy(called, needed):
    called, needed = np.asarray(called, dtype=bool), np.asarray(needed, dtype=bool)
    return np.array([called[~needed].mean(), (~called[needed]).mean()])


def _shares_by_counting(called, needed):
    counts = {(c, n): 0 for c in (False, True) for n in (False, True)}
    for c, n in zip(called, needed, strict=True):
        counts[bool(c), bool(n)] += 1
    needless = counts[True, False] / (counts[True, False] + counts[False, False])
    return [needless, 1 - counts[True, True] / (counts[True, True] + counts[False, True])]


def _shares_lazily(called, needed):
    pairs = list(zip(called, needed, strict=True))
    yield np.mean([c for c, n in pairs if not n])
    yield np.mean([not c for c, n in pairs if n])


def _form_by_parts(text):
    text = text.strip()
    if text[: len(voice.OPENING)] == voice.OPENING:
        return "reply"
    if text == ABSTENTION:
        return "note"
    short = len(re.findall(r"\S+", text)) < 21 and len(text.splitlines()) == 1
    return ["neither", "note"][bool(short and re.fullmatch(rf".*{passages.CITED}\.?", text))]


def _form_by_numbers(text):
    text = text.strip()
    found = passages.cited_numbers(text[text.rfind("[") :]) if "[" in text else []
    last = found and text.rstrip(".").endswith("]")
    if text.startswith(voice.OPENING):
        return np.str_("reply")
    return "note" if (last or text == ABSTENTION) and "\n" not in text and text.count(" ") < 20 else "neither"


def _form_by_match(text):
    match (text.strip().startswith(voice.OPENING), text.strip().count("\n"), len(text.split()) <= 20):
        case (True, _, _):
            return "reply"
        case (False, 0, True) if re.search(r"\[\d+(,\s*\d+)*\]\.?\s*$", text) or text.strip() == ABSTENTION:
            return "note"
    return "neither"


def _form_by_checks(text):
    plain = text.strip()
    checks = (plain.count("\n") == 0, len(plain.split(None, 20)) <= 20, plain == ABSTENTION or _ends(plain))
    return "reply" if plain.find(voice.OPENING) == 0 else "note" if all(checks) else "neither"


def _ends(plain):
    return any(plain.removesuffix(".").endswith(found) for found in re.findall(passages.CITED, plain))


def _target_by_loop(answer, places):
    told = ""
    for place in places:
        told += ", " * bool(told) + str(place)
    return answer + " [" + told + "]" if told else ABSTENTION


def _placed_by_loop(gold, others, place):
    made = []
    for number, one in enumerate(others, start=1):
        if number == place:
            made.append(gold)
        made.append(one)
    return made if gold in made else [*made, gold]


def _supported_by_counts(cited, holding):
    good = bad = 0
    for c, h in zip(cited, holding, strict=True):
        good += bool(c) and all(n in h for n in c)
        bad += any(n not in h for n in c)
    return good / (good + bad) if good + bad else None


RIGHT = {
    "07.1": {
        "by a loop": _target_by_loop,
        "by replacing": lambda answer, places: (
            f"{answer} {tuple(places)},".replace(",)", ")").translate({40: "[", 41: "]"})[:-1] if places else ABSTENTION
        ),
        "by format": lambda answer, places: (
            "{} [{}]".format(answer, ", ".join(map("{}".format, places))) if len(places) > 0 else ABSTENTION
        ),
        "by json": lambda answer, places: f"{answer} {json.dumps(list(places))}" if places else ABSTENTION,
        "by a list's own text": lambda answer, places: answer + " " + str([*places]) if len(places) else ABSTENTION,
    },
    "07.2": {
        "a list": lambda n, r, t, b: [r - n, t - n, (b - r) - (t - n)],
        "a matrix": lambda n, r, t, b: np.array([[-1, 1, 0, 0], [-1, 0, 1, 0], [1, -1, -1, 1]]) @ [n, r, t, b],
        "a dict's values": lambda n, r, t, b: {"r": r - n, "t": t - n, "more": b - n - (r - n) - (t - n)}.values(),
        "an array": lambda n, r, t, b: np.array([r - n, t - n, b + n - r - t]),
        "a generator": lambda n, r, t, b: (gain for gain in (r - n, t - n, (b - n) - (r - n) - (t - n))),
    },
    "07.3": {
        "a list of parts": _listed,
        "added up, a tuple": _added,
        "by format": _formatted,
        "the course's own": assistant.messages,
        "keys in the other order": lambda q, s, r: [dict(reversed(one.items())) for one in assistant.messages(q, s, r)],
    },
    "07.4": {
        "collects letters": _by_stack,
        "running sums": _by_sums,
        "numpy": _by_numpy,
        "shrinks inner brackets": _by_shrinking,
        "a function in a function": _by_recursion,
    },
    "07.5": {
        "an array": _shares_by_numpy,
        "from four counts": _shares_by_counting,
        "a generator": _shares_lazily,
        "a tuple of numpy's numbers": lambda c, n: tuple(_shares_by_numpy(c, n)),
        "a map": lambda c, n: map(float, _shares_by_counting(c, n)),
    },
    "07.6": {
        "one by one": _placed_by_loop,
        "a generator": lambda gold, others, place: (
            one for part in (others[: place - 1], [gold], others[place - 1 :]) for one in part
        ),
        "a chain": lambda gold, others, place: itertools.chain(others[: place - 1], [gold], others[place - 1 :]),
        "inserts into a copy": lambda gold, others, place: (made := list(others)).insert(place - 1, gold) or made,
        "a tuple": lambda gold, others, place: (*others[: place - 1], gold, *others[place - 1 :]),
    },
    "07.7": {
        "from counts": _supported_by_counts,
        "as a fraction": lambda cited, holding: (
            Fraction(sum(not set(c) - set(h) for c, h in kept), len(kept))
            if (kept := [pair for pair in zip(cited, holding, strict=True) if pair[0]])
            else None
        ),
        "by intersection": lambda cited, holding: (lambda kept: float(np.mean(kept)) if kept else None)(
            [set(c) & set(h) == set(c) for c, h in zip(cited, holding, strict=True) if c]
        ),
        "numpy's number": lambda cited, holding: (
            np.mean(kept)
            if (kept := [set(h).issuperset(c) for c, h in zip(cited, holding, strict=True) if c])
            else None
        ),
        "one by one": lambda cited, holding: (lambda kept: sum(kept) / len(kept) if kept else None)(
            [all(number in h for number in c) for c, h in zip(cited, holding, strict=True) if len(c) > 0]
        ),
    },
    "07.8": {
        "by parts": _form_by_parts,
        "by its numbers": _form_by_numbers,
        "by match": _form_by_match,
        "by checks": _form_by_checks,
        "with a loop": lambda text: next(
            form
            for form, fits in (
                ("reply", text.strip().startswith(voice.OPENING)),
                ("note", _form_by_parts(text) == "note"),
                ("neither", True),
            )
            if fits
        ),
    },
}
