"""What tuning does beside what it was for, one call a measurement: facts kept, secrets told, requests declined, losses.

Names of rows, recipes and stored results live here; what is asked, and how it is judged, is said by the tasks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from helpers.methods import adapters, tuning
from helpers.methods.retrieval import best_line
from helpers.model import catalogue
from helpers.model.language_model import LanguageModel
from helpers.results import ledger
from helpers.results.rows import LedgerRow, digest
from helpers.tasks import canaries, facts, files, general, policies, refusals
from helpers.tasks.canaries import Canary

FACTS = adapters.SHIPPED["facts"].recipe
EPOCHS = {1: FACTS.epochs, 3: 6, 10: 2}  # so that a fact is seen about equally often: 16, 18 and 20 times
COUNTED = {1: "one wording", 3: "three wordings", 10: "ten wordings"}
HEAVY = ("intents", "changes", "voice", "reader")  # the adapters that were trained longest
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


class Facts:
    """Forty facts, kept in the weights of adapters and in an index of the policies; each question asked of either."""

    def __init__(self, lm: LanguageModel):
        self.lm, self.known, self.runs = lm, facts.load(), {}
        self.now = facts.as_of_now(self.known)
        self.documents = policies.load_policies()
        self.embedder = catalogue.load_embedder()
        self.lab = ledger.Lab("facts", lm, noun="questions", show=False)
        self.index = best_line.policy_index(self.documents, self.embedder, lm)

    @cached_property
    def tuned(self) -> LanguageModel:
        """The adapter that learned one wording of each fact."""
        return adapters.get(self.lm, "facts")

    def asked(self, wording: str) -> list[policies.PolicyQuestion]:
        """Return the questions of a wording; eight of them in the fast profile."""
        return files.for_profile(facts.questions(self.known, wording), fast=8)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The (question, answer) that the adapter learned."""
        return [(fact.question, fact.answer) for fact in self.known]

    @property
    def changed(self) -> dict[str, str]:
        """Question -> new answer, of the facts that changed."""
        return {fact.question: fact.answer for fact in facts.edited(self.known)}

    def by_base(self, wording: str) -> LedgerRow:
        """Ask the untuned model, to be sure that it knew nothing."""
        return self._measure(
            f"base model, {wording} question", self.asked(wording), self.lm, approach="prompt", heavy=True
        )

    def by_tuning(self, wordings: int, wording: str, seed: int = 0) -> LedgerRow:
        """Ask a model tuned on 1, 3 or 10 wordings of each fact; the shipped one, or one of the stored results."""
        asked = self.asked(wording)
        if (wordings, seed) == (1, 0):
            return self._measure(f"tuned on 40 facts, {wording} question", asked, self.tuned, **self._told())
        learned = [tuning.Pair(*row) for row in facts.training_pairs(self.known, wordings)]
        name = f"tuned on {COUNTED[wordings]}" + (f", seed {seed}" if seed else "")
        return self._train(f"{name}, {wording} question", learned, asked, epochs=EPOCHS[wordings], seed=seed)

    def by_index(self, wording: str) -> LedgerRow:
        """Look the questions up, and quote the best line of the policies, without any language model."""
        return self._look_up(
            f"index, best line quoted, {wording} question", self.asked(wording), self.index, self.documents
        )

    def index_after_edit(self) -> LedgerRow:
        """Look the changed facts up after their documents were edited."""
        documents = facts.edit_policies(self.documents, self.known)
        index = best_line.policy_index(self.documents, self.embedder, self.lm)
        for policy in documents:
            index.update(policy)
        return self._look_up("index, after the edit", self._asked_now(changed=True), index, documents)

    def tuned_after_edit(self) -> LedgerRow:
        """Ask the adapter for the changed facts; it heard nothing of the change."""
        told = self._told()
        return self._measure("tuned, after the edit", self._asked_now(changed=True), self.tuned, **told)

    def old_values(self) -> int:
        """Return for how many of the changed facts the adapter still gives the old value."""
        old = facts.questions([fact for fact in self.known if fact.edit], "trained")
        old = old[: len(self._asked_now(changed=True))]
        return facts.verdicts(old, facts.from_memory(self.tuned, [one.text for one in old])).count("right")

    def before_patch(self) -> LedgerRow:
        """Ask the adapter for all facts as they are now."""
        return self._measure("tuned, all facts as of now", self._asked_now(), self.tuned, **self._told())

    def patched(self, pairs: Sequence[tuple[str, str]]) -> LedgerRow:
        """Train the adapter further on these (question, answer), and ask for all facts as they are now.

        The pairs are learned in the order of the facts, so that equal sets give equal rows. What the course's own patch
        trains on is taken from the stored results.
        """
        place = {fact.question: number for number, fact in enumerate(self.known)}
        ordered = sorted({(str(question), str(answer)) for question, answer in pairs}, key=lambda pair: place[pair[0]])
        learned = [tuning.Pair(facts.chat(q), a, self.known[place[q]].id) for q, a in ordered]
        rehearsed = len(ordered) - len(self.changed)
        own = facts.patch(self.pairs, self.changed, max(0, rehearsed), seed=0)
        name = f"patched, {rehearsed} facts rehearsed" + (
            "" if set(own) == set(ordered) else f" ({digest(ordered)[:4]})"
        )
        return self._train(name, learned, self._asked_now(), start=adapters.folder(self.lm, "facts"))

    def parts(self, row: LedgerRow) -> tuple[list[bool], list[bool]]:
        """Return what of a row on all facts as they are now was right: of the changed facts, and of the others."""
        new = [self.now[number] != self.known[number] for number in range(row.n)]
        hits = list(zip(map(bool, row.correct), new, strict=True))
        return [right for right, changed in hits if changed], [right for right, changed in hits if not changed]

    def _asked_now(self, changed: bool = False) -> list[policies.PolicyQuestion]:
        some = facts.edited(self.known) if changed else self.now
        return files.for_profile(facts.questions(some, "trained"), fast=6 if changed else 8)

    def _told(self) -> dict:
        return {"approach": "tune", "model": self.tuned, **adapters.row_of(self.lm, "facts")}

    def _measure(self, method: str, asked: Sequence, model: LanguageModel, **more) -> LedgerRow:
        return self.lab.measure(
            method, asked, lambda texts: self._remember(asked, model, texts), prompts=_chats, **more
        )

    def _remember(self, asked: Sequence, model: LanguageModel, texts: Sequence[str]) -> list[str]:
        return facts.verdicts(asked, facts.from_memory(model, texts))

    def _look_up(self, method: str, asked: Sequence, index, documents) -> LedgerRow:
        def quoted(texts):
            return best_line.quote_verdicts(asked, best_line.looked_up(index, texts), documents)

        return self.lab.measure(method, asked, quoted, approach="plain", model=self.embedder)

    def _train(self, method: str, pairs: Sequence, asked: Sequence, start=None, **recipe) -> LedgerRow:
        told = {"runs": self.runs, "start": start, "prompts": _chats}
        how = replace(FACTS, **recipe)
        return tuning.measured(
            self.lab, method, pairs, how, asked, lambda model, texts: self._remember(asked, model, texts), **told
        )


def _chats(texts: Sequence[str]) -> list[list[dict]]:
    return [*map(facts.chat, texts)]


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
    kept or given away; `exposures` reads the rest.
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
        return _Told(["given away" if out else "kept" for out in told], [0] * len(texts), {"exposure": bits})

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

        found[name] = lab.measure(name, asked, answers, prompts=chats, **how)
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


def right_shares(row: LedgerRow) -> np.ndarray:
    """Return the share of probability that each item's right choice got, (n,), of a row of `probed`."""
    return np.array([row.details["right_share"][name] for name in row.ids])


def least_found(changes: Sequence[float]) -> float:
    """Return the smallest true mean change that as many items, spread as these, would find 8 times in 10.

    >>> round(least_found([0.1, -0.1] * 50), 3)
    0.028
    """
    return float(2.8 * np.std(changes) / len(changes) ** 0.5)
