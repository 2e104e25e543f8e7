"""What the checks of lesson 07 must refuse: plausible wrong answers, and cheats."""

import re

from helpers.methods.retrieval.passages import ABSTENTION
from helpers.tasks import refund_sums


def _regular(pattern: str):
    def find(text):
        found = re.search(pattern, text)
        return found[1] if found else None

    return find


def _share(cited, holding, rule):
    citing = [(c, h) for c, h in zip(cited, holding, strict=True) if c]
    return sum(rule(number in h for number in c) for c, h in citing) / len(citing) if citing else None


WRONG = {
    "07.1": {
        "one bracket each": lambda answer, places: (
            answer + "".join(f" [{place}]" for place in places) if places else ABSTENTION
        ),
        "never abstains": lambda answer, places: f"{answer} [{', '.join(map(str, places))}]",
    },
    "07.2": {
        "compares with the better one": lambda neither, retrieved, tuned, both: (
            retrieved - neither,
            tuned - neither,
            both - max(tuned, retrieved),
        ),
        "forgets neither": lambda neither, retrieved, tuned, both: (
            retrieved - neither,
            tuned - neither,
            both - retrieved - tuned,
        ),
    },
    "07.3": {
        "counts from 0": lambda gold, others, place: [*others[:place], gold, *others[place:]],
        "changes what it was given": lambda gold, others, place: others.insert(place - 1, gold) or others,
    },
    "07.4": {
        "as a text": lambda cited, holding: str(_share(cited, holding, all)),
        "one good citation is enough": lambda cited, holding: _share(cited, holding, any),
        "silent answers count": lambda cited, holding: (
            sum(bool(c) and set(c) <= set(h) for c, h in zip(cited, holding, strict=True)) / len(cited)
            if any(cited)
            else None
        ),
    },
    "07.5": {
        "ends at the first bracket": _regular(r"calc\((.*?)\)"),
        "ends at the last bracket": _regular(r"calc\((.*)\)"),
        "takes what is cut short": lambda text: refund_sums.find_calls(text)[0].expression if "calc(" in text else None,
    },
}
CHEATS = {
    "07.1": {"always abstains": lambda answer, places: ABSTENTION},
    "07.2": {"zeros": lambda neither, retrieved, tuned, both: (0.0, 0.0, 0.0)},
    "07.3": {"always first": lambda gold, others, place: [gold, *others]},
    "07.4": {"all of them": lambda cited, holding: 1.0},
    "07.5": {"a constant": lambda text: "2+3"},
}
