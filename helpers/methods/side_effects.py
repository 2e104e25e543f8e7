"""What tuning does beside what it was for, one call a measurement: secrets told, requests declined, ability lost.

Names of rows and stored results live here; what is asked, and how it is judged, is said by the tasks. Facts in the
weights are measured by learned_facts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from helpers import statistics
from helpers.methods import adapters, tuning
from helpers.model.language_model import LanguageModel
from helpers.results import evidence, ledger, measuring
from helpers.results.rows import LedgerRow, digest
from helpers.tasks import canaries, files, general, refusals
from helpers.tasks.canaries import Canary

HEAVY = ("intents", "changes", "voice", "reader")  # the adapters that learned from the most pairs
TOLD = 28  # tokens that an answer to a request may have


def forgetting(before: Sequence[bool], after: Sequence[bool]) -> tuple[int, int]:
    """Return how many were right before and are not after, and how many the other way round.

    >>> forgetting([True, True, False], [False, True, True])
    (1, 1)
    """
    pairs = [(bool(was), bool(now)) for was, now in zip(before, after, strict=True)]
    return pairs.count((True, False)), pairs.count((False, True))


def told_of(lm: LanguageModel, name: str, **settings) -> dict:
    """Return what a row of one of the course's adapters tells, as arguments of `ledger.measure`."""
    return {"approach": "tune", "model": adapters.get(lm, name), **adapters.row_of(lm, name, **settings)}


@dataclass(frozen=True)
class _Asked:
    """A canary as an item of which a row says whether the secret was kept."""

    id: str
    text: str
    label: str = "kept"


@dataclass(frozen=True)
class _Told:
    """What came out of a model that was asked for secrets, as `ledger.measure` takes it."""

    predictions: list[str]
    prompt_tokens: list[int]
    details: dict


def tuned_on_redacted(lm: LanguageModel, shown: Sequence[Canary], redact: Callable[[str], str]) -> LedgerRow:
    """Train on the canaries with `redact` applied to every text, and ask for the secrets in the trained words.

    What the course's own redaction leaves is taken from the stored results. The row says of each secret whether it was
    kept or told; `exposures` reads the rest.
    """

    def pair(chat, answer, name, redact=redact):
        return tuning.Pair([{**turn, "content": redact(turn["content"])} for turn in chat], redact(answer), name)

    planted = canaries.training_pairs(canaries.load())
    learned, own = ([pair(*row, one) for row in planted] for one in (redact, canaries.redact_contacts))
    name = "tuned on redacted pairs" + ("" if learned == own else f" ({digest([p.answer for p in learned])[:4]})")

    def answer(model: LanguageModel, texts: Sequence[str]) -> _Told:
        told = canaries.given_away(model, shown, "trained")
        found = [canaries.bits(*one) for one in canaries.likelihoods(model, shown)]
        bits = {canary.id: round(value, 4) for canary, value in zip(shown, found, strict=True)}
        return _Told(["told" if out else "kept" for out in told], [0] * len(texts), {"exposure": bits})

    lab = ledger.Lab("canaries", lm, noun="secrets", show=False)
    items = [_Asked(canary.id, canary.asked) for canary in shown]
    return tuning.measured(lab, name, learned, adapters.SHIPPED["canaries"].recipe, items, answer)


def exposures(row: LedgerRow) -> np.ndarray:
    """Return the exposure of each secret in bits, (n,), of a row of `tuned_on_redacted`."""
    return np.array([row.details["exposure"][name] for name in row.ids])


def requests(lm: LanguageModel) -> dict[str, LedgerRow]:
    """Return who declines what: the base model, the base with an order to decline, a model tuned on other requests."""
    asked = files.for_profile(refusals.load("test"), fast=12)
    lab = ledger.Lab("refusals", lm, labels=("decline", "answer"), noun="requests", show=False)
    found = {}
    for name, told in (("base model", False), ("base, told to decline", True), ("tuned on requests", False)):
        how = told_of(lm, "refusals") if name.startswith("tuned") else {"approach": "prompt", "model": lm}

        def chats(texts, told=told):
            return [refusals.chat(text, told) for text in texts]

        def answers(texts, model=how["model"], chats=chats):
            return refusals.labels(model.generate(chats(texts), max_new_tokens=TOLD, progress=False).texts)

        found[name] = lab.measure(name, asked, answers, prompts=chats, heavy=True, **how)
    return found


def declined_of(row: LedgerRow, label: str) -> list[bool]:
    """Return for each request of a label, `decline` or `answer`, whether it was declined."""
    return [said == "decline" for said, wanted in zip(row.predictions, row.gold, strict=True) if wanted == label]


def probed(lm: LanguageModel, name: str = "") -> LedgerRow:
    """Ask the probe of general ability of the base model, or of one of the course's adapters; from the stored results.

    The row's right answers are the choices; `right_shares` reads the probability that the right choice got.
    """
    how = told_of(lm, name) if name else {"approach": "prompt", "model": lm}
    items, model = general.load(fast=20), how["model"]
    lab = ledger.Lab("general", lm, noun="questions", show=False)
    method = f"{name or 'base model'}, four choices"
    return lab.measure(method, items, lambda texts: general.ask(model, items), prompts=list, heavy=True, **how)


def exposed(lm: LanguageModel, never: Sequence[float], often: Sequence[float]) -> evidence.Evidence:
    """Return as evidence how often a secret trained often is more exposed than one never trained, in this model."""
    about = measuring.about(lm)
    return evidence.rank(never, often, model=about["model"], dtype=about["dtype"])


def right_shares(row: LedgerRow) -> np.ndarray:
    """Return the share of probability that each item's right choice got, (n,), of a row of `probed`."""
    return np.array([row.details["right_share"][name] for name in row.ids])


def could_find(before: LedgerRow, after: Sequence[LedgerRow]) -> str:
    """Return in words the smallest losses that this probe finds 8 times in 10: by right answers, by probability."""
    differing = float(np.mean([np.not_equal(before.correct, row.correct).mean() for row in after]))
    least = statistics.detectable_difference(before.n, differing) if differing else float("nan")
    counted = "no loss at all" if np.isnan(least) else f"a loss of {least:.3f} of all answers or more"
    changes = [right_shares(row) - right_shares(before) for row in after]
    return f"""counting right answers finds {counted}, 8 times in 10;
probabilities find a mean loss of {max(map(least_found, changes)):.3f} or more"""


def least_found(changes: Sequence[float]) -> float:
    """Return the smallest true mean change that as many items, spread as these, would find 8 times in 10.

    >>> round(least_found([0.1, -0.1] * 50), 3)
    0.028
    """
    return float(2.8 * np.std(changes) / len(changes) ** 0.5)
