"""Facts in the weights, one call a measurement: asked as trained, in new words, of a neighbor, and after a change.

Names of rows, recipes and stored results live here; what is asked, and how it is judged, is said by tasks.facts.
"""

import contextlib
import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

from helpers.methods import adapters, tuning
from helpers.methods.retrieval import best_line
from helpers.model import catalogue
from helpers.model.language_model import LanguageModel
from helpers.results import ledger
from helpers.results.rows import LedgerRow, digest
from helpers.tasks import facts, files, policies

FACTS = adapters.SHIPPED["facts"].recipe
EPOCHS = {1: FACTS.epochs, 3: 6, 10: 2}  # so that a fact is seen about equally often: 16, 18 and 20 times
COUNTED = {1: "one wording", 3: "three wordings", 10: "ten wordings"}
NEW = 2  # wordings of a fact that are never trained


def by_rote(trained: Sequence[bool], new: Sequence[Sequence[bool]]) -> float:
    """Return of the facts right as trained the share that is wrong in every new wording; 0 if none is right.

    >>> by_rote([True, True, False], [[False, False], [True, False], [False, False]])
    0.5
    """
    known = [some for right, some in zip(trained, new, strict=True) if right]
    return sum(not any(some) for some in known) / len(known) if known else 0.0


class Facts:
    """Forty facts, kept in the weights of adapters and in an index of the policies; each question asked of either."""

    def __init__(self, lm: LanguageModel):
        self.lm, self.known, self.runs, self.rows = lm, facts.load(), {}, {}
        self.now = facts.as_of_now(self.known)
        self.documents = policies.load_policies()
        self.embedder = catalogue.load_embedder()
        self.lab = ledger.Lab("facts", lm, noun="questions", show=False)

    @cached_property
    def index(self):
        """The index of the policies as they were."""
        return best_line.policy_index(self.documents, self.embedder, self.lm)

    @cached_property
    def tuned(self) -> LanguageModel:
        """The adapter that learned one wording of each fact."""
        return adapters.get(self.lm, "facts")

    def asked(self, wording: str) -> list[policies.PolicyQuestion]:
        """Return the questions of a wording; those of eight facts in the fast profile."""
        return files.for_profile(facts.questions(self.known, wording), fast=8 * (NEW if wording == "new" else 1))

    def by_fact(self, wordings: LedgerRow) -> list[list[bool]]:
        """Return for each fact whether it was right in each new wording, of a row on questions in new wordings."""
        hits = [*map(bool, wordings.correct)]
        return [hits[at : at + NEW] for at in range(0, len(hits), NEW)]

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
        method = f"index, best line quoted, {wording} question"
        return self._look_up(method, self.asked(wording), lambda: self.index, self.documents, heavy=True)

    def index_after_edit(self) -> LedgerRow:
        """Look the changed facts up after their documents were edited."""
        documents = facts.edit_policies(self.documents, self.known)
        with contextlib.redirect_stdout(io.StringIO()):  # which chunks are not read whole is no matter here
            index = best_line.policy_index(self.documents, self.embedder, self.lm)
            for policy in documents:
                index.update(policy)
        return self._look_up("index, after the edit", self._asked_now(changed=True), lambda: index, documents)

    def tuned_after_edit(self) -> LedgerRow:
        """Ask the adapter for the changed facts; it heard nothing of the change."""
        told = self._told()
        return self._measure("tuned, after the edit", self._asked_now(changed=True), self.tuned, **told)

    def old_values(self) -> tuple[int, str]:
        """Return for how many changed facts the adapter still gives the old value, and its answer to the first."""
        old = facts.questions([fact for fact in self.known if fact.edit], "trained")
        old = old[: len(self._asked_now(changed=True))]
        answers = facts.from_memory(self.tuned, [one.text for one in old])
        return facts.verdicts(old, answers).count("right"), f"{old[0].text} -> {answers[0].strip()}"

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

    def of_others(self, pairs: Sequence[tuple[str, str]], which: str, hits: Sequence[bool]) -> list[bool]:
        """Return hits, one for each fact that did not change, of the facts whose question is among the pairs, or not.

        which: "rehearsed", or anything else for those that are not.
        """
        questions = {question for question, _ in pairs}
        others = [fact.question for fact, now in zip(self.known, self.now, strict=True) if fact == now]
        same = zip(others, hits, strict=False)  # fewer hits in the fast profile: those of the first facts
        return [hit for question, hit in same if (question in questions) == (which == "rehearsed")]

    def _asked_now(self, changed: bool = False) -> list[policies.PolicyQuestion]:
        some = facts.edited(self.known) if changed else self.now
        return files.for_profile(facts.questions(some, "trained"), fast=6 if changed else 8)

    def _told(self) -> dict:
        return {"approach": "tune", **adapters.row_of(self.lm, "facts")}

    def _measure(self, method: str, asked: Sequence, model: LanguageModel, **more) -> LedgerRow:
        return self.lab.measure(
            method, asked, lambda texts: self._remember(asked, model, texts), model=model, prompts=_chats, **more
        )

    def _remember(self, asked: Sequence, model: LanguageModel, texts: Sequence[str]) -> list[str]:
        return facts.verdicts(asked, facts.from_memory(model, texts))

    def _look_up(self, method: str, asked: Sequence, index: Callable, documents, **more) -> LedgerRow:
        def quoted(texts):
            return best_line.quote_verdicts(asked, best_line.looked_up(index(), texts), documents)

        return self.lab.measure(method, asked, quoted, approach="plain", model=self.embedder, **more)

    def _train(self, method: str, pairs: Sequence, asked: Sequence, start=None, **recipe) -> LedgerRow:
        if method not in self.rows:
            name = method.rsplit(", ", 1)[0] if start is None else method
            runs = {method: self.runs[name]} if name in self.runs else {}
            told = {"runs": runs, "start": start, "prompts": _chats}
            how = replace(FACTS, **recipe)
            self.rows[method] = tuning.measured(
                self.lab, method, pairs, how, asked, lambda model, texts: self._remember(asked, model, texts), **told
            )
            if method in runs:
                self.runs[name] = runs[method]  # one training answers all wordings
        return self.rows[method]


def _chats(texts: Sequence[str]) -> list[list[dict]]:
    return [*map(facts.chat, texts)]
