"""Retrieval crossed with tuning: one tier of questions, read with quotes and without, by the model as it is and tuned.

Untuned readers are those of contexts and of its search over forms; a tuned one learns from the tier's training
questions and from what the search returns for them, misses included. `python -m helpers.methods.crossed` measures all
of it on the model in use.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

from helpers import statistics
from helpers.methods import reader
from helpers.methods.retrieval import best_line, chunking, contexts, index, pipeline, quotes
from helpers.methods.retrieval.passages import ABSTENTION, PassagePrompt
from helpers.methods.retrieval.ranking import relevant
from helpers.methods.tuning import loop, recipe
from helpers.model import catalogue
from helpers.model.language_model import LanguageModel
from helpers.results import evidence
from helpers.results.evidence import Evidence
from helpers.results.ledger import Lab
from helpers.results.rows import LedgerRow
from helpers.tasks import files, policies
from helpers.tasks.pairs import Pair
from helpers.tasks.policies import PolicyQuestion

CLOSED, QUOTED = "closed book", "three quotes"  # contexts that are crossed with tuning
BEST_UNTUNED = "one quote"  # the context with the most right answers on dev without tuning
BUDGET = 400  # tokens of a prompt
SEEDS = (0, 1, 2)
RECIPE = replace(recipe.RECIPE, epochs=2)
FAST = 25  # questions, and training questions, of the fast profile
Target = Callable[[str, Sequence[int]], str]


def target(answer: str, places: Sequence[int]) -> str:
    """Return what a reader should say: the answer with the places that hold it, or that there is none.

    >>> target("38 days", [1, 3]), target("38 days", [])
    ('38 days [1, 3]', 'The policies do not say.')
    """
    return f"{answer} [{', '.join(map(str, places))}]" if len(places) else ABSTENTION


def method(context: str, tuned: bool = True, seed: int = 0) -> str:
    """Return the name of a reader in tables: "reader, three quotes", "tuned reader, closed book, seed 1"."""
    return f"{'tuned ' * tuned}reader, {context}{f', seed {seed}' * bool(seed)}"


class Crossing:
    """One tier of questions, the search over the documents, and the readers that are measured on them."""

    def __init__(self, lm: LanguageModel, tier: str = "plain", rerun: bool = False):
        self.lm, self.tier, self.documents = lm, tier, policies.load_policies()
        self.lab = Lab(policies.TIERS[tier], lm, noun="questions", rerun=rerun)
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
        """Return the quotes found for each question, best first."""
        every = self.search.retrieve([question.question for question in questions])
        return [[hit.chunk for hit in self.search.quoted(one)] for one in every]

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

    def tune(self, context: str = QUOTED, say: Target = target, seed: int = 0) -> loop.Tuned:
        """Train a reader; the model itself stays as it is."""
        return loop.train(self.lm, self.pairs(context, say), replace(RECIPE, seed=seed))

    def measure(self, tuned: loop.Tuned, context: str = QUOTED) -> LedgerRow:
        """Measure a reader trained here on the test questions."""
        return self._measure(context, lambda: tuned, tuned.recipe.seed, prepared=tuned)

    def kept(self, context: str, seed: int = 0) -> LedgerRow | None:
        """Return the stored row of a tuned reader, or None where there is none."""
        return self.lab.stored(method(context, seed=seed), self.test, seed=seed, token_limit=contexts.TOKEN_LIMIT)

    def tuned(self, context: str, seed: int = 0) -> LedgerRow:
        """Return the row of a tuned reader: a stored one, or else one trained and measured here."""
        kept = None if self.lab.rerun else self.kept(context, seed)
        return kept or self._measure(context, lambda: self.tune(context, seed=seed), seed)

    def _measure(self, context: str, tune: Callable[[], loop.Tuned], seed: int, prepared: loop.Tuned | None = None):
        made: dict = {}

        def prepare() -> dict:
            made["it"] = prepared or tune()
            return {"training_seconds": made["it"].seconds}

        prompts = self.prompts(self.test, context)
        limit = {"max_new_tokens": contexts.TOKEN_LIMIT}
        return self.lab.measure(
            method(context, seed=seed),
            self.test,
            lambda _: reader.read(made["it"].lm, self.test, prompts, **limit),
            approach="tune" if context == CLOSED else "retrieve + tune",
            prompts=prompts,
            labels_used=len(self.train),
            seed=seed,
            settings=RECIPE.as_dict(),
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
        )

    def untuned(self, context: str) -> LedgerRow:
        """Return the untuned reader's row: in its best form where it was searched on dev, else in the plainest."""
        name = method(context, tuned=False)
        kept = self.lab.stored(name, self.test, token_limit=contexts.TOKEN_LIMIT)
        if kept:
            return kept
        print(f"{name}: no form was searched on dev for {self.lm.name}, so the plainest is used")
        given = contexts.contexts(self.search, self.test, self.documents)[context]
        form = contexts.forms()[0]

        def answer(_texts):
            said = form.answer(self.lm, self.test, given)
            nothing = PassagePrompt([], (), (), 0)
            return [reader.judge(q, nothing, one.text, one.new_tokens) for q, one in zip(self.test, said, strict=True)]

        approach = "prompt" if context == CLOSED else "retrieve"
        return self.lab.measure(
            name, self.test, answer, approach=approach, settings=vars(form), token_limit=contexts.TOKEN_LIMIT
        )


def hits(row: LedgerRow, answerable: bool = True) -> list[bool]:
    """Return which of a row's answerable questions were answered right; or which of the others were left open."""
    gold = "right" if answerable else "abstained"
    return [bool(hit) for wanted, hit in zip(row.gold, row.correct, strict=True) if wanted == gold]


def gains(crossing: Crossing, own: LedgerRow | None = None) -> dict[str, Evidence]:
    """Return what the tuned readers with quotes gain on answerable questions, over each of the two alone.

    All seeds that are stored count; `own` stands for seed 0. Where one side was never measured, its part is missing.
    """

    def seeds(context: str, first: LedgerRow | None = None) -> list[LedgerRow]:
        return [row for seed in SEEDS if (row := first if first and not seed else crossing.kept(context, seed))]

    best = crossing.lab.stored(method(BEST_UNTUNED, tuned=False), crossing.test)
    rivals = {"than retrieval": [best] if best else [], "than tuning": seeds(CLOSED)}
    both, found = seeds(QUOTED, own), {}
    for name, rows in rivals.items():
        if rows and both:
            figure = statistics.gap_over_draws(*([hits(row) for row in some] for some in (rows, both)))
            told = {"n": len(hits(both[0])), "of": [*rows, *both], "note": f"{len(both)} seeds"}
            found[f"{crossing.tier}, {name}"] = evidence.number(figure, **told)
    return found


if __name__ == "__main__":
    model = LanguageModel.load()
    for level in policies.TIERS:
        crossing = Crossing(model, level)
        for where in (CLOSED, QUOTED):
            for number in SEEDS:
                crossing.tuned(where, number)
