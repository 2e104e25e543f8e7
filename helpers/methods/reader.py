"""Reads an answer out of numbered passages, and makes the examples that teach a model to do so.

A reader is any LanguageModel: with an adapter or without.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from helpers.methods.retrieval import passages
from helpers.methods.retrieval.chunking import Chunk
from helpers.methods.retrieval.passages import ABSTENTION, PassagePrompt
from helpers.methods.retrieval.ranking import relevant
from helpers.model.language_model import LanguageModel
from helpers.tasks import grading
from helpers.tasks.policies import Policy, PolicyQuestion

MAX_NEW_TOKENS = 32
ABSENT_SHOWN = 1.0  # of the questions whose passage the search missed, how many get it put in for training


@dataclass(frozen=True)
class Reading:
    """One answer out of passages: the prompt, the text as written, and the grade.

    `right` says whether the grade is what the question deserves: right, or abstained where nothing holds the answer.
    """

    prompt: PassagePrompt
    text: str
    verdict: str
    right: bool
    new_tokens: int

    @property
    def prompt_tokens(self) -> int:
        return self.prompt.tokens


@dataclass(frozen=True)
class Example:
    """One example to learn from: the prompt, the answer to give, and the places of the passages that hold it."""

    id: str
    prompt: PassagePrompt
    answer: str
    places: tuple[int, ...]


def write_prompts(
    lm: LanguageModel, questions: Sequence[PolicyQuestion], chunks: Sequence[Sequence[Chunk]], budget: int = 400
) -> list[PassagePrompt]:
    """Return each question's prompt over its chunks, best first (none: closed book), of at most `budget` tokens."""
    return [
        passages.write_prompt(question.question, some, lm.count_tokens, budget, examples=())
        for question, some in zip(questions, chunks, strict=True)
    ]


def read(
    lm: LanguageModel, questions: Sequence[PolicyQuestion], prompts: Sequence[PassagePrompt], **options
) -> list[Reading]:
    """Let a model answer questions from prompts that `write_prompts` made. Options: those of `generate`."""
    made = lm.generate([p.messages for p in prompts], **{"max_new_tokens": MAX_NEW_TOKENS, **options})
    return [
        judge(question, prompt, text, tokens)
        for question, prompt, text, tokens in zip(questions, prompts, made.texts, made.new_tokens, strict=True)
    ]


def judge(question: PolicyQuestion, prompt: PassagePrompt, text: str, new_tokens: int = 0) -> Reading:
    """Grade an answer."""
    verdict = grading.grade(question, passages.without_citations(text)).verdict
    return Reading(prompt, text, verdict, grading.correct(question, verdict), new_tokens)


def holders(question: PolicyQuestion, used: Sequence[Chunk], policies: Sequence[Policy]) -> tuple[int, ...]:
    """Return the places, from 1, of the passages that an answer should cite; none if they do not hold it.

    A passage that holds an evidence quote and an accepted answer is enough: the first of them. Without one, all quotes
    must stand among the passages: then the answer follows from these together.
    """
    sure, together = _holding(question, used, policies)
    return sure[:1] or together


def leading(question: PolicyQuestion, used: Sequence[Chunk], policies: Sequence[Policy]) -> tuple[int, ...]:
    """Return the places, from 1, of all passages that lead to the answer: a citation of any of them is a good one."""
    sure, together = _holding(question, used, policies)
    return sure or together


def _holding(question, used, policies) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The places of passages that hold the answer alone, and of those that hold it together."""
    quoted = relevant(question, used, policies)
    places = [i for i, chunk in enumerate(used, start=1) if chunk.id in quoted]
    sure = [i for i in places if _says(question, used[i - 1])]
    shown = " ".join(used[i - 1].text for i in places)
    whole = places and all(quote in shown for quote in question.evidence)
    return tuple(sure), tuple(places) if whole else ()


def _says(question: PolicyQuestion, chunk: Chunk) -> bool:
    return any(grading.holds(chunk.searched, option) for option in (question.answer, *question.accepted))


def examples(
    lm: LanguageModel,
    questions: Sequence[PolicyQuestion],
    found: Sequence[Sequence[Chunk]],
    every: Sequence[Chunk],
    policies: Sequence[Policy],
    budget: int = 400,
    seed: int = 0,
) -> list[Example]:
    """Return one example for each question: what the search found, the answer, and the citation that holds.

    The passages are those of the real search, mistakes included. Where none holds the answer, the right passage is put
    in (ABSENT_SHOWN); an answer that needs two passages and has one, and a question that no document answers, teach to
    abstain. The order is shuffled in half of the examples, so that the first place is not always right. Follows Zhang
    et al., "RAFT" (2024), but for its reasoning before the answer: tried with the evidence quoted first, this model
    abstained nearly always.

    Args:
        found: for each the chunks found, best first.
        every: all chunks of the index, to put in what was missed.
    """
    rng = random.Random(seed)
    made = []
    for question, some in zip(questions, found, strict=True):
        used = rng.sample(list(some), len(some)) if rng.random() < 0.5 else list(some)
        prompt = write_prompts(lm, [question], [used], budget)[0]
        if question.answerable and not holders(question, prompt.used, policies) and rng.random() < ABSENT_SHOWN:
            prompt = _with_the_right_one(lm, question, prompt.used, every, policies, budget, rng)
        places = holders(question, prompt.used, policies) if question.answerable else ()
        answer = f"{question.answer} [{', '.join(map(str, places))}]" if places else ABSTENTION
        made.append(Example(question.id, prompt, answer, places))
    return made


def _with_the_right_one(lm, question, used, every, policies, budget, rng) -> PassagePrompt:
    """The prompt with a passage that holds the answer put in first or second, whichever the budget holds."""
    right = [chunk for chunk in every if holds_alone(question, chunk, policies)]
    right = right or [chunk for chunk in every if chunk.id in relevant(question, every, policies)]
    others = [chunk for chunk in used if chunk not in right]
    chosen = rng.choice(right)
    first = rng.randrange(2)
    prompt = write_prompts(lm, [question], [[*others[:first], chosen, *others[first:]]], budget)[0]
    return prompt if chosen in prompt.used else write_prompts(lm, [question], [[chosen, *others]], budget)[0]


def holds_alone(question: PolicyQuestion, chunk: Chunk, policies: Sequence[Policy]) -> bool:
    """Return whether one passage alone holds the answer."""
    return bool(holders(question, [chunk], policies))


def placed(
    questions: Sequence[PolicyQuestion],
    found: Sequence[Sequence[Chunk]],
    every: Sequence[Chunk],
    policies: Sequence[Policy],
    count: int,
    place: int,
) -> list[list[Chunk]]:
    """Return each question's right passage at `place`, from 1, among `count` found ones that do not hold its answer.

    Raises ValueError for a question whose answer no single passage holds.
    """
    made = []
    for question, some in zip(questions, found, strict=True):
        held = [chunk for chunk in every if holds_alone(question, chunk, policies)][:1]
        if not held:
            raise ValueError(f"{question.id}: no single passage holds the answer, so none can be placed")
        others = [chunk for chunk in some if not _says(question, chunk)][:count]
        made.append([*others[: place - 1], *held, *others[place - 1 :]])
    return made
