"""What a model reads out of a context: rows for each context, with citations, under one budget, after tuning.

Rows of every context at its best are made by `notebooks/measure.py`, all others here. Where a row is missing, a lesson
measures fewer questions, and for contexts one form of prompt for all; it says so.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from helpers.machine import runtime
from helpers.methods import adapters, tuning
from helpers.methods.retrieval import by_hand, contexts, finding, graded, passages, ranking
from helpers.methods.retrieval.chunking import Spans
from helpers.methods.retrieval.contexts import CONTEXTS, TOKEN_LIMIT, Form
from helpers.methods.retrieval.pipeline import Pipeline
from helpers.model.language_model import LanguageModel
from helpers.results import ledger
from helpers.results.ledger import Lab
from helpers.results.measuring import hash_prompts
from helpers.results.rows import LedgerRow
from helpers.tasks import files, policies
from helpers.tasks.pairs import Pair
from helpers.tasks.policies import Policy, PolicyQuestion

LIVE = 40  # questions that are read where no row is kept
LIVE_FORM = Form("twice", "", False)
CITED, CITED_LIMIT = "three quotes, cited", 28  # a citation takes some tokens beside the answer
CHANGED = 0.05  # share of a row's prompts that may be others today: machines order two quotes of one cosine differently
TUNED_ROW = "tuned on answers, closed book"
TUNED = replace(adapters.UPPER, learning_rate=1e-3, epochs=6)  # the step is chosen on dev


def by_context(
    lab: Lab,
    pipe: Pipeline,
    questions: Sequence[PolicyQuestion],
    documents: Sequence[Policy],
    wanted: Sequence[str] = CONTEXTS[:-1],
    live: int = LIVE,
) -> dict[str, LedgerRow]:
    """Return context -> how the lab's model reads it: kept rows of all questions, or about `live` of them, read now.

    One context that is not kept, or that another text stood in, is enough for all of them to be read now, so that their
    rows can be paired.
    """
    given, kept = contexts.contexts(pipe, questions, documents), {}
    for name in wanted:
        if row := lab.stored(f"reader, {name}", questions):
            form = Form(**row.settings)
            read = [form.prompt(lab.model, q.question, some) for q, some in zip(questions, given[name], strict=True)]
            kept |= {name: row} if _still_asked(row, read) else {}
    if len(kept) == len(wanted):
        return kept
    some = spread(questions, live)
    print(f"Not every context is kept for this model: {len(some)} questions are read now, in one form of prompt.")
    given = contexts.contexts(pipe, some, documents)
    return {name: _read(lab, name, some, given[name]) for name in wanted}


def spread(items: Sequence, count: int) -> list:
    """Return at most `count` items at equal distances, from the first to the last stretch.

    >>> spread(range(10), 4)
    [0, 2, 5, 7]
    """
    count = min(count, len(items))
    return [items[i * len(items) // count] for i in range(count)]


def _still_asked(row: LedgerRow, prompts: Sequence) -> bool:
    """Whether the model would read today what it read for a kept row, but for a few prompts, which are counted."""
    changed = sum(then != now for then, now in zip(row.prompts, hash_prompts(prompts), strict=False))
    if len(row.prompts) < len(prompts) or changed > CHANGED * len(prompts):
        return False
    if changed:
        print(f"{row.method}: {changed} of {len(prompts)} prompts would be put together otherwise on this machine.")
    return True


def _kept(lab: Lab, method: str, questions: Sequence[PolicyQuestion], prompts: Sequence) -> LedgerRow | None:
    """The kept row of all questions; None where there is none, or where all is measured anew."""
    row = None if ledger.anew(lab) else lab.stored(method, questions)
    return row if row and _still_asked(row, prompts) else None


def _read(lab: Lab, context: str, questions: Sequence[PolicyQuestion], chunks: Sequence) -> LedgerRow:
    def answer(some: Sequence[PolicyQuestion]) -> list[contexts.Said]:
        return LIVE_FORM.answer(lab.model, some, chunks)

    return lab.measure(
        f"reader, {context}, one form, {len(questions)} questions",
        questions,
        graded.graded(questions, answer),
        approach="prompt" if context == CONTEXTS[0] else "retrieve",
        prompts=[LIVE_FORM.prompt(lab.model, q.question, some) for q, some in zip(questions, chunks, strict=True)],
        settings=vars(LIVE_FORM),
        token_limit=TOKEN_LIMIT,
        heavy=True,
        show=False,
    )


def closed_book(lab: Lab, questions: Sequence[PolicyQuestion], told: bool = False) -> LedgerRow:
    """Return how the lab's model answers without any policy, or told to say so where it does not know."""
    order = f' If you do not know, say "{passages.ABSTENTION}"' if told else ""
    prompt = policies.CLOSED_BOOK.edited("2", system=policies.CLOSED_BOOK.system + order)

    def answer(some: Sequence[PolicyQuestion]) -> list[graded.Written]:
        chats = [prompt.messages(question.question) for question in some]
        made = lab.model.generate(chats, TOKEN_LIMIT, progress=False)
        return [graded.Written(*one) for one in zip(made.texts, made.prompt_tokens, made.new_tokens, strict=True)]

    return lab.measure(
        "closed book, told to abstain" if told else "closed book, asked",
        questions,
        graded.graded(questions, answer),
        approach="prompt",
        prompts=lambda texts: [prompt.messages(text) for text in texts],
        token_limit=TOKEN_LIMIT,
        heavy=True,
    )


def cited(
    lab: Lab, pipe: Pipeline, questions: Sequence[PolicyQuestion], live: int = LIVE
) -> tuple[LedgerRow, dict[str, list[str]]]:
    """Return how three quotes are answered with a citation, and a question's id -> the texts of the quotes cited.

    Where the row is not kept for all questions, about `live` of them are answered now.
    """
    using = pipe.using(quotes=3, cite=True, abstain=False, defend=False, max_new_tokens=CITED_LIMIT)
    prompts = using.prompts([question.question for question in questions])
    row = _kept(lab, CITED, questions, prompts)
    if not row:
        method = CITED
        if not ledger.anew(lab) and len(questions) > live:
            questions, prompts = spread(questions, live), spread(prompts, live)
            method = f"{CITED}, {len(questions)} questions"
        answer = graded.graded(questions, lambda some: using.ask([q.question for q in some]))
        how = {"approach": "retrieve", "prompts": prompts, "token_limit": CITED_LIMIT, "heavy": True}
        row = lab.measure(method, questions, answer, **how)
    named = {}
    for question, text, prompt in zip(questions, row.answers, prompts, strict=True):
        numbers = [n for n in passages.cited_numbers(text) if n <= len(prompt.used) and n]
        named[question.id] = [prompt.used[n - 1].searched for n in numbers]
    return row, named


def right(row: LedgerRow) -> list[str]:
    """Return the ids of the answerable questions of a row that were answered right."""
    return [i for i, ok, gold in zip(row.ids, row.correct, row.gold, strict=True) if ok and gold == "right"]


def backed(row: LedgerRow, quotes: Mapping[str, Sequence[str]]) -> list[bool]:
    """Return for each right answer of a row of `cited` whether a quote that it cites supports it."""
    texts = row.details["answers"]
    return [any(by_hand.supported(passages.without_citations(texts[i]), q) for q in quotes[i]) for i in right(row)]


def filled(
    lab: Lab, pipe: Pipeline, questions: Sequence[PolicyQuestion], spans: Spans, size: int, budget: int, live: int = 16
) -> LedgerRow:
    """Return how questions are answered from whole chunks of a size, the first that `budget` tokens hold together.

    Where the row is not kept for all questions, about `live` of them are answered now.
    """
    using = pipe.using(cite=False, abstain=False, defend=False, examples=False, max_new_tokens=TOKEN_LIMIT)

    def ready(some: Sequence[PolicyQuestion]) -> list:
        found = using.retrieve([question.question for question in some])
        return [replace(one, kept=tuple(finding.first_in_budget(one.reranked, spans, budget))) for one in found]

    method, prompts = f"chunks of {size} tokens, one budget", [using.write(one) for one in ready(questions)]
    if row := _kept(lab, method, questions, prompts):
        return row
    if not ledger.anew(lab) and len(questions) > live:
        questions, prompts = spread(questions, live), spread(prompts, live)
        method = f"{method}, {len(questions)} questions"
    answer = graded.graded(questions, lambda some: using.answer(ready(some)))
    how = {"approach": "retrieve", "prompts": prompts, "token_limit": TOKEN_LIMIT, "heavy": True}
    return lab.measure(method, questions, answer, settings={"size": size, "budget": budget}, **how)


def in_form(lab: Lab, pipe: Pipeline, questions: Sequence[PolicyQuestion], documents: Sequence[Policy]) -> LedgerRow:
    """Return how the gold evidence is answered where each answer is to end with the number of its passage, [1]."""
    asked = [question for question in questions if question.answerable]
    chunks = contexts.contexts(pipe, asked, documents)["gold evidence"]
    using = pipe.using(abstain=False, defend=False, examples=False, cite=True, max_new_tokens=CITED_LIMIT)
    found = pipe.retrieve([question.question for question in asked])
    ready = [
        replace(one, kept=tuple(ranking.Hit(chunk, 1.0) for chunk in some[:1]))
        for one, some in zip(found, chunks, strict=True)
    ]
    how = {"approach": "retrieve", "prompts": [using.write(one) for one in ready], "token_limit": CITED_LIMIT}
    answer = graded.graded(asked, lambda _: using.answer(ready))
    return lab.measure("gold evidence, number asked for", asked, answer, heavy=True, **how)


def tuned(lab: Lab, questions: Sequence[PolicyQuestion]) -> list[LedgerRow]:
    """Return how the lab's model answers without any policy, tuned on the answers to all training questions; by seed.

    Some facts of the test questions stand behind hard training questions, in other words. Three trainings take half an
    hour on two cores: none is returned, which is said, where they are neither kept nor asked for (COURSE_MISSING).
    """

    def learned(split: str, tiers: Sequence[str]) -> list[Pair]:
        every = [q for tier in tiers for q in policies.load_policy_questions(split, tier=tier) if q.answerable]
        some = files.for_profile(every, fast=8)
        return [Pair(policies.CLOSED_BOOK.messages(q.question), q.answer, q.id) for q in some]

    chats = [policies.CLOSED_BOOK.messages(question.question) for question in questions]

    def answer(lm: LanguageModel, _texts: list[str]) -> list[graded.Graded]:
        return graded.graded(questions, lambda _: lm.generate(chats, TOKEN_LIMIT, progress=False).texts)(_texts)

    if not lab.affords(TUNED_ROW, [TUNED_ROW], questions, minutes_each=30):
        return []
    full = runtime.profile().value == "full"
    return tuning.repeated(
        lab.using(show=False),
        TUNED_ROW,
        [learned("train", list(policies.TIERS))],
        TUNED if full else replace(TUNED, epochs=1),
        questions,
        answer,
        seeds=(0, 1, 2) if full else (0,),
        dev_pairs=learned("dev", ["plain"]),
        prompts=chats,
        token_limit=TOKEN_LIMIT,
    )


def sureness(lm: LanguageModel, prompts: Sequence, answers: Sequence[str]) -> list[float]:
    """Return the geometric mean of the probabilities of each answer's tokens: 1 where no other token was possible.

    Empty answers are left out.
    """
    found = []
    for prompt, answer in zip(prompts, answers, strict=True):
        if not answer.strip():
            continue
        total = lm.score([prompt], [answer], end_of_turn=False, progress=False).log_probs[0, 0]
        found.append(math.exp(float(total) / max(1, len(lm.encode(answer)))))
    return found
