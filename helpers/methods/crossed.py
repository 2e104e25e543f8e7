"""Retrieval crossed with tuning: one tier of questions, read with quotes and without, by the model as it is and tuned.

Untuned readers are those of contexts, in the best form of their search on dev. A tuned one learns from the tier's
training questions and from what the search returns for them, by the best recipe of a search on dev.

    python -m helpers.methods.crossed                searches the recipes on dev, then measures test, both tiers
    python -m helpers.methods.crossed hard           of test one tier only
    python -m helpers.methods.crossed --recipes 2    tries only those two of a context that the default model did best
                                                     with on dev

What is kept in the ledger is not measured again, so a run that was stopped goes on where it was.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

from helpers.methods import reader, reader_choices
from helpers.methods.reader_choices import CLOSED, QUOTED, RECIPES, method, told_apart
from helpers.methods.reader_choices import hits as hits  # for those who count
from helpers.methods.retrieval import best_line, chunking, contexts, index, pipeline, quotes
from helpers.methods.retrieval.passages import ABSTENTION, PassagePrompt
from helpers.methods.retrieval.ranking import relevant
from helpers.methods.tuning import loop, rows
from helpers.methods.tuning.recipe import Recipe
from helpers.methods.tuning.searched import searched
from helpers.model import catalogue
from helpers.model.language_model import LanguageModel
from helpers.results import claims, evidence, rules
from helpers.results.evidence import Evidence
from helpers.results.ledger import Lab
from helpers.results.rows import LedgerRow
from helpers.tasks import files, policies
from helpers.tasks.pairs import Pair
from helpers.tasks.policies import PolicyQuestion

ALIKE = "reader, three quotes, may abstain"  # untuned, on the prompts of the tuned reader
BUDGET = 400  # tokens of a prompt
SEEDS = (0, 1, 2)
EVERY = max(map(len, RECIPES.values()))  # recipes of a context
FAST = 25  # questions, and training questions, of the fast profile
Target = Callable[[str, Sequence[int]], str]


def target(answer: str, places: Sequence[int]) -> str:
    """Return what a reader should say: the answer with the places that hold it, or that there is none.

    >>> target("38 days", [1, 3]), target("38 days", [])
    ('38 days [1, 3]', 'The policies do not say.')
    """
    return f"{answer} [{', '.join(map(str, places))}]" if len(places) else ABSTENTION


class Crossing:
    """One tier of questions, the search over the documents, and the readers that are measured on them."""

    def __init__(self, lm: LanguageModel, tier: str = "plain", rerun: bool = False):
        self.lm, self.tier, self.documents = lm, tier, policies.load_policies()
        self.lab = Lab(policies.TIERS[tier], lm, noun="questions", rerun=rerun)
        self._found: dict[str, list[chunking.Chunk]] = {}
        self.train, self.dev, self.test = (
            files.for_profile(policies.load_policy_questions(split, tier=tier), fast=FAST)
            for split in policies.QUESTION_SPLITS
        )

    @cached_property
    def search(self) -> pipeline.Pipeline:
        """The course's search, which quotes three lines."""
        cut = chunking.Chunker(chunking.token_spans(self.lm.tokenizer))
        found = index.Index.build(self.documents, catalogue.load_embedder(), cut)
        return pipeline.Pipeline(found, self.lm, pipeline.Settings(quotes=3))

    def found(self, questions: Sequence[PolicyQuestion]) -> list[list[chunking.Chunk]]:
        """Return the quotes found for each question, best first; each question is searched for once."""
        new = [question for question in questions if question.id not in self._found]
        for question, one in zip(new, self.search.retrieve([q.question for q in new]) if new else (), strict=True):
            self._found[question.id] = [hit.chunk for hit in self.search.quoted(one)]
        return [self._found[question.id] for question in questions]

    def prompts(self, questions: Sequence[PolicyQuestion], context: str = QUOTED) -> list[PassagePrompt]:
        """Return what a tuned reader reads for each question: the found quotes, or the question alone."""
        if context == QUOTED:
            return reader.write_prompts(self.lm, questions, self.found(questions), BUDGET)
        bare = [policies.CLOSED_BOOK.messages(question.question) for question in questions]
        return [PassagePrompt(messages, (), (), self.lm.count_tokens(messages)) for messages in bare]

    def examples(self, questions: Sequence[PolicyQuestion]) -> list[reader.Example]:
        """Return the prompts to learn from, with the places that hold the answer; a missed line is put in."""
        chunks = self.search.index.chunks
        lines = [quote for chunk in chunks for quote in quotes.quotes_of(chunk)]
        made = []
        for seed, (question, some) in enumerate(zip(questions, self.found(questions), strict=True)):
            near = [line for line in lines if line.document in question.documents]
            if not relevant(question, near, self.documents):  # no single line holds the evidence
                near = [chunk for chunk in chunks if chunk.document in question.documents]
            made += reader.examples(self.lm, [question], [some], near, self.documents, BUDGET, seed)
        return made

    def pairs(self, context: str = QUOTED, say: Target = target) -> list[Pair]:
        """Return the training pairs of a context; `say` writes the answers from quotes."""
        if context == CLOSED:
            answers = [q.answer if q.answerable else ABSTENTION for q in self.train]
            made = zip(self.train, self.prompts(self.train, CLOSED), answers, strict=True)
            return [Pair(prompt.messages, answer, question.id) for question, prompt, answer in made]
        shown = zip(self.train, self.examples(self.train), strict=True)
        return [Pair(one.prompt.messages, str(say(question.answer, one.places)), one.id) for question, one in shown]

    def search_recipes(self, context: str, count: int = EVERY) -> None:
        """Try the recipes of a tuned reader on dev, one seed each; a row is kept of each, and not made twice.

        count: how many; fewer than all are those worth trying.
        """
        prompts, learned, kept = self.prompts(self.dev, context), self.pairs(context), rows.Kept()
        searched(
            self.lab,
            method(context),
            reader_choices.worth_trying(context, count),
            told_apart,
            lambda one: loop.train(self.lm, learned, one, progress=False, kept=kept),
            lambda tuned, _: self._read(tuned, self.dev, prompts),
            self.dev,
            approach=_approach(context),
            prompts=prompts,
            labels_used=len(self.train),
            seed=0,
            token_limit=contexts.TOKEN_LIMIT,
        )

    @cached_property
    def recipes(self) -> dict[str, tuple[Recipe, int]]:
        """Context -> the recipe that dev chose, and among how many; see reader_choices."""
        return reader_choices.recipes(self.lm)

    @cached_property
    def best(self) -> str:
        """The context in which the untuned reader did best on dev."""
        return reader_choices.best_context(self.lm, self.tier)

    def tune(self, context: str = QUOTED, say: Target = target, seed: int = 0) -> loop.Tuned:
        """Train a reader by the recipe chosen on dev; the model itself stays as it is."""
        made = replace(self.recipes[context][0], seed=seed)
        return loop.train(self.lm, self.pairs(context, say), made)

    def kept(self, context: str, seed: int = 0) -> LedgerRow | None:
        """Return the stored row of a tuned reader, or None where there is none of the chosen recipe."""
        made = replace(self.recipes[context][0], seed=seed)
        asked = {"seed": seed, "token_limit": contexts.TOKEN_LIMIT, "settings": made.as_dict()}
        return self.lab.stored(method(context, seed=seed), self.test, **asked)

    def tuned(self, context: str, seed: int = 0) -> LedgerRow:
        """Return the row of a tuned reader: a stored one, or else one trained and measured here, which is said."""
        kept = None if self.lab.rerun else self.kept(context, seed)
        if kept:
            return kept
        print(f"{method(context, seed=seed)}: no row of it is kept for {self.lm.name}, so it is trained here")
        made = replace(self.recipes[context][0], seed=seed)
        return self._measure(context, lambda: self.tune(context, seed=seed), made)

    def _read(self, lm: LanguageModel, questions: Sequence[PolicyQuestion], prompts: Sequence[PassagePrompt]):
        return reader.read(lm, questions, prompts, max_new_tokens=contexts.TOKEN_LIMIT, progress=False)

    def _measure(self, context: str, tune: Callable[[], loop.Tuned], made: Recipe) -> LedgerRow:
        ready: dict = {}

        def prepare() -> dict:
            ready["it"] = tune()
            return {"training_seconds": ready["it"].seconds}

        prompts = self.prompts(self.test, context)
        return self.lab.measure(
            method(context, seed=made.seed),
            self.test,
            lambda _: self._read(ready["it"].lm, self.test, prompts),
            approach=_approach(context),
            prompts=prompts,
            labels_used=len(self.train),
            seed=made.seed,
            settings=made.as_dict(),
            tries=self.recipes[context][1],
            token_limit=contexts.TOKEN_LIMIT,
            prepare=prepare,
        )

    def quoted(self) -> LedgerRow:
        """Return the row of the first quote alone, without a model: right where it is the line that answers."""
        first = [some[0] if some else None for some in self.found(self.test)]
        return self.lab.measure(
            "best quote, no model",
            self.test,
            lambda _: best_line.quote_verdicts(self.test, first, self.documents),
            approach="plain",
            model=self.search.index.embedder,
        )

    def alike(self) -> LedgerRow:
        """Return the row of the untuned reader on the tuned one's prompts, which ask for a citation or for silence."""
        prompts = self.prompts(self.test)
        return self.lab.measure(
            ALIKE,
            self.test,
            lambda _: self._read(self.lm, self.test, prompts),
            approach="retrieve",
            prompts=prompts,
            token_limit=contexts.TOKEN_LIMIT,
            heavy=True,
        )

    def untuned(self, context: str) -> LedgerRow:
        """Return the untuned reader's row: in its best form where it was searched on dev, else in the plainest."""
        name = method(context, tuned=False)
        kept = self.lab.stored(name, self.test, token_limit=contexts.TOKEN_LIMIT)
        if not kept or not kept.tries:
            print(f"{name}: no form was searched on dev for {self.lm.name}, so the plainest is used")
        if kept:
            return kept
        given = contexts.contexts(self.search, self.test, self.documents)[context]
        form = contexts.forms()[0]

        def answer(_texts):
            said = form.answer(self.lm, self.test, given)
            read = [PassagePrompt(one.prompt, (), (), one.prompt_tokens) for one in said]
            told = zip(self.test, read, said, strict=True)
            return [reader.judge(question, prompt, one.text, one.new_tokens) for question, prompt, one in told]

        told = {"approach": _approach(context, tuned=False), "token_limit": contexts.TOKEN_LIMIT}
        return self.lab.measure(name, self.test, answer, settings=vars(form), **told)


def _approach(context: str, tuned: bool = True) -> str:
    closed = context == CLOSED
    return ("tune" if closed else "retrieve + tune") if tuned else ("prompt" if closed else "retrieve")


def answerable(row: LedgerRow) -> LedgerRow:
    """Return the row cut to the questions that a policy answers."""
    return row.cut([name for name, wanted in zip(row.ids, row.gold, strict=True) if wanted == "right"])


def gains(crossing: Crossing) -> dict[str, Evidence]:
    """Return what the tuned readers with quotes gain on answerable questions, over each of the two alone.

    All seeds that are stored count. Where one side was never measured, its part is missing.
    """

    def seeds(context: str) -> list[LedgerRow]:
        kept = [crossing.kept(context, seed) for seed in SEEDS]
        return [answerable(row) for row in kept if row]

    best = crossing.lab.stored(method(crossing.best, tuned=False), crossing.test, token_limit=contexts.TOKEN_LIMIT)
    rivals = {"than retrieval": [answerable(best)] if best else [], "than tuning": seeds(CLOSED)}
    both, found = seeds(QUOTED), {}
    for name, alone in rivals.items():
        if alone and both:
            note = f"{len(both)} seed{'s' * (len(both) > 1)}"
            found[f"{crossing.tier}, {name}"] = evidence.over_runs(alone, both, note=note)
    return found


def main(arguments: Sequence[str]) -> int:
    """Choose the recipes on the plain tier's dev, then measure all readers on test; return an exit status."""
    parser = argparse.ArgumentParser("python -m helpers.methods.crossed", description=main.__doc__)
    parser.add_argument("tiers", nargs="*", metavar="tier", help=f"{' or '.join(policies.TIERS)}; default: both")
    parser.add_argument("--recipes", type=int, default=EVERY, help=f"how many of the {EVERY} of a context to try")
    asked = parser.parse_args(arguments)
    tiers = asked.tiers or list(policies.TIERS)[::-1]
    if asked.recipes < reader_choices.FEWEST:
        parser.error(f"--recipes is {asked.recipes}; a search wants {reader_choices.FEWEST} at least")
    if strange := sorted(set(tiers) - set(policies.TIERS)):
        parser.error(f"no tier {strange[0]!r}; there are {', '.join(policies.TIERS)}")
    lm = LanguageModel.load()
    crossings = {tier: Crossing(lm, tier) for tier in dict.fromkeys(("plain", *tiers))}
    for context in RECIPES:
        crossings["plain"].search_recipes(context, asked.recipes)
    for tier in tiers:
        for context in RECIPES:
            made, tries = crossings[tier].recipes[context]
            print(f"{tier}, {context}: {told_apart(made)}, the best of {tries} on dev")
            for seed in SEEDS:
                crossings[tier].tuned(context, seed)
        crossings[tier].alike()
    found = gains(crossings["plain"]) | gains(crossings.get("hard") or Crossing(lm, "hard"))
    if set(found) == {part.name for part in rules.find("H1").parts}:
        claims.conclude("H1", found)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
