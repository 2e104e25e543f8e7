"""What the checks of lesson 07 must refuse: plausible wrong answers, and cheats."""

import re

from helpers.methods import assistant
from helpers.methods import combining as own
from helpers.methods.retrieval import passages
from helpers.methods.retrieval.passages import ABSTENTION
from helpers.tasks import refund_sums, voice


def _regular(pattern: str):
    def find(text):
        found = re.search(pattern, text)
        return found[1] if found else None

    return find


def _deep(n: int) -> str:
    """A pattern for a call with brackets inside each other, up to n of them."""
    inside = r"[^()]*"
    for _ in range(n):
        inside = rf"(?:[^()]|\({inside}\))*"
    return rf"calc\(({inside})\)"


def _first_closed(text):
    """The first call that is closed, also behind one that is not."""
    return next((call.expression for call in _calls(text) if call.closed), None)


def _calls(text):
    starts = [found.start() for found in re.finditer(r"calc\(", text)]
    return [refund_sums.find_calls(text[start:])[0] for start in starts]


def _stripped(text):
    found = own.find_sum(text)
    return found.strip() if found else found


def _asked(
    question, shown, rule, *, start=1, between="\n\n", nothing="(no passages)", always=False, safe=True, last=""
):
    system = assistant.ROLE + (assistant.TODAY + rule if rule or always else "") + (passages.DEFEND if safe else "")
    told = between.join(f"[{i}] {text}" for i, text in enumerate(shown, start=start)) or nothing
    user = f"{told}\n\nQuestion: {question}{last}"
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def _parts(called, needed):
    pairs = [(bool(c), bool(n)) for c, n in zip(called, needed, strict=True)]
    return pairs, [c for c, n in pairs if not n], [not c for c, n in pairs if n]


def _needless_among_calls(called, needed):
    pairs, idle, missed = _parts(called, needed)
    return sum(idle) / max(1, sum(c for c, _ in pairs)), sum(missed) / len(missed)


def _form(text, cited=passages.CITED + r"\.?$", most=20, opening=voice.OPENING):
    plain = text.strip()
    if opening in plain[: len(opening)]:
        return "reply"
    ends = plain == ABSTENTION or re.search(cited, plain)
    return "note" if ends and "\n" not in plain and len(plain.split()) <= most else "neither"


def _share(cited, holding, rule):
    citing = [(c, h) for c, h in zip(cited, holding, strict=True) if c]
    return sum(rule(number in h for number in c) for c, h in citing) / len(citing) if citing else None


WRONG = {
    "07.1": {
        "one bracket each": lambda answer, places: (
            answer + "".join(f" [{place}]" for place in places) if places else ABSTENTION
        ),
        "counts places from 0": lambda answer, places: (
            f"{answer} [{', '.join(str(place - 1) for place in places)}]" if places else ABSTENTION
        ),
        "in small letters": lambda answer, places: (
            f"{answer.lower()} [{', '.join(map(str, places))}]" if places else ABSTENTION
        ),
        "cut from how Python shows it": lambda answer, places: (
            f"{answer} [{str(places)[1:-1]}]" if places else ABSTENTION
        ),
        "the answer stripped": lambda answer, places: own.target(answer.strip(), places),
        "no period": lambda answer, places: own.target(answer.strip(" ."), places),
        "places in order": lambda answer, places: f"{answer} {sorted(places)}" if places else ABSTENTION,
        "places of one digit": lambda answer, places: (
            f"{answer} [{', '.join(str(place)[-1] for place in places)}]" if places else ABSTENTION
        ),
        "the first place alone": lambda answer, places: f"{answer} [{places[0]}]" if places else ABSTENTION,
        "never abstains": lambda answer, places: f"{answer} [{', '.join(map(str, places))}]",
    },
    "07.2": {
        "compares with the better one": lambda neither, retrieved, tuned, both: (
            retrieved - neither,
            tuned - neither,
            both - max(tuned, retrieved),
        ),
        "signs turned": lambda neither, retrieved, tuned, both: (
            neither - retrieved,
            neither - tuned,
            retrieved + tuned - neither - both,
        ),
        "forgets neither": lambda neither, retrieved, tuned, both: (
            retrieved - neither,
            tuned - neither,
            both - retrieved - tuned,
        ),
    },
    "07.3": {
        "counts from 0": lambda q, s, r: _asked(q, s, r, start=0),
        "one line end": lambda q, s, r: _asked(q, s, r, between="\n"),
        "says nothing for no passages": lambda q, s, r: _asked(q, s, r, nothing=""),
        "promises a rule that is not there": lambda q, s, r: _asked(q, s, r, always=True),
        "forgets what passages may not do": lambda q, s, r: _asked(q, s, r, safe=False),
        "the rule in the user message": lambda q, s, r: _asked(q, s, "", last=assistant.TODAY + r if r else ""),
        "a question on one line": lambda q, s, r: _asked(q.split("\n")[0], s, r),
        "passages stripped": lambda q, s, r: _asked(q, [text.strip() for text in s], r),
        "the question stripped": lambda q, s, r: _asked(q.strip(), s, r),
        "spaces made one": lambda q, s, r: _asked(" ".join(q.split()), s, r),
        "the user first": lambda q, s, r: _asked(q, s, r)[::-1],
        "texts alone": lambda q, s, r: [one["content"] for one in _asked(q, s, r)],
    },
    "07.4": {
        "ends at the first bracket": _regular(r"calc\((.*?)\)"),
        "ends at the last bracket": _regular(r"calc\((.*)\)"),
        "two brackets deep": _regular(_deep(2)),
        "five brackets deep": _regular(_deep(5)),
        "goes on to a later call": _first_closed,
        "strips the spaces": _stripped,
        "the last call": lambda text: _calls(text)[-1].expression if _calls(text) and _calls(text)[-1].closed else None,
        "an empty text for none": lambda text: own.find_sum(text) or "",
        "takes what is cut short": lambda text: refund_sums.find_calls(text)[0].expression if "calc(" in text else None,
    },
    "07.5": {
        "the other way round": lambda c, n: own.needless_and_missed(c, n)[::-1],
        "of all questions": lambda c, n: tuple(sum(part) / len(c) for part in _parts(c, n)[1:]),
        "counts": lambda c, n: tuple(sum(part) for part in _parts(c, n)[1:]),
        "of all calls": _needless_among_calls,
        "right calls": lambda c, n: (own.needless_and_missed(c, n)[0], 1 - own.needless_and_missed(c, n)[1]),
    },
    "07.6": {
        "leaves out what it replaces": lambda gold, others, place: [*others[: place - 1], gold, *others[place:]],
        "each passage once": lambda gold, others, place: [
            *dict.fromkeys(others[: place - 1]),
            gold,
            *dict.fromkeys(others[place - 1 :]),
        ],
        "looked up in the list": lambda gold, others, place: (
            [one for other in others for one in ([gold, other] if others.index(other) == place - 1 else [other])]
            + [gold] * (place > len(others))
        ),
        "counts from 0": lambda gold, others, place: [*others[:place], gold, *others[place:]],
        "changes what it was given": lambda gold, others, place: others.insert(place - 1, gold) or others,
    },
    "07.7": {
        "as a text": lambda cited, holding: str(_share(cited, holding, all)),
        "one good citation is enough": lambda cited, holding: _share(cited, holding, any),
        "the last citation alone": lambda cited, holding: _share([c[-1:] for c in cited], holding, all),
        "the first citation alone": lambda cited, holding: _share([c[:1] for c in cited], holding, all),
        "the highest citation alone": lambda cited, holding: _share(
            [[max(c)] if c else [] for c in cited], holding, all
        ),
        "silent answers count": lambda cited, holding: (
            sum(bool(c) and set(c) <= set(h) for c, h in zip(cited, holding, strict=True)) / len(cited)
            if any(cited)
            else None
        ),
    },
    "07.8": {
        "a citation anywhere": lambda text: _form(text, cited=passages.CITED),
        "any bracket": lambda text: _form(text, cited=r"\]\.?$"),
        "fewer than 20 words": lambda text: _form(text, most=19),
        "an opening in small letters": lambda text: _form(text.replace(voice.OPENING.lower(), voice.OPENING)),
        "spaces behind a note": lambda text: _form(text) if text == text.rstrip() or ABSTENTION in text else "neither",
        "begins with Hi": lambda text: "reply" if text.strip().startswith("Hi") else _form(text),
        "numbers with spaces between alone": lambda text: _form(text, cited=r"\[\d+(, \d+)*\]\.?$"),
        "any sign for the period": lambda text: _form(text, cited=passages.CITED + r".?$"),
        "abstains anywhere": lambda text: "note" if ABSTENTION in text else _form(text),
        "abstains at the end": lambda text: "note" if text.strip().endswith(ABSTENTION) else _form(text),
        "abstains in any letters": lambda text: "note" if text.strip().lower() == ABSTENTION.lower() else _form(text),
        "an opening anywhere": lambda text: "reply" if voice.OPENING in text else _form(text),
        "forgets the sentence of abstaining": lambda text: "neither" if text.strip() == ABSTENTION else _form(text),
        "keeps the spaces": lambda text: _form(text) if text == text.strip() else "neither",
    },
}
CHEATS = {
    "07.1": {
        "always abstains": lambda answer, places: ABSTENTION,
        "the answer alone": lambda answer, places: answer,
    },
    "07.2": {
        "zeros": lambda neither, retrieved, tuned, both: (0.0, 0.0, 0.0),
        "what it was given": lambda neither, retrieved, tuned, both: (retrieved, tuned, both),
    },
    "07.3": {
        "always the same": lambda q, s, r: _asked("What?", [], ""),
        "two empty messages": lambda q, s, r: [{"role": "system", "content": ""}, {"role": "user", "content": ""}],
    },
    "07.4": {
        "a constant": lambda text: "2+3",
        "the whole text": lambda text: text,
        "never any": lambda text: text[:0] or None,
    },
    "07.5": {"zeros": lambda c, n: (0.0, 0.0), "halves": lambda c, n: (0.5, 0.5)},
    "07.6": {
        "always first": lambda gold, others, place: [gold, *others],
        "gold alone": lambda gold, others, place: [gold],
    },
    "07.7": {
        "all of them": lambda cited, holding: 1.0,
        "halves": lambda cited, holding: 0.5,
    },
    "07.8": {"always a note": lambda text: "note", "by its length": lambda text: "note" if len(text) < 60 else "reply"},
}
