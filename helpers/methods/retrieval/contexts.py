"""What can stand in a reader's prompt for a question, and the forms in which it is asked.

A *context* is what the model is given: nothing, quotes, a chunk, the evidence, or all that fits. A *form* is how it is
asked: wording, first words of the answer, worked examples. Every context gets the same forms to choose from on dev.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from helpers.methods.retrieval import passages
from helpers.methods.retrieval.chunking import Chunk
from helpers.methods.retrieval.pipeline import Pipeline
from helpers.methods.retrieval.quotes import evidence_quote
from helpers.model.language_model import LanguageModel
from helpers.model.prompts import Prompt
from helpers.tasks.policies import Policy, PolicyQuestion

CONTEXTS = ("closed book", "one quote", "three quotes", "best chunk", "gold evidence", "all that fits")
LONG = "all that fits"  # the context whose prompts take longer to read than answers take to write
BUDGET = 1500  # tokens of a prompt
TOKEN_LIMIT = 20  # tokens of an answer, the same for every context
WORDINGS = {
    "numbered": passages.ANSWER,
    "above": Prompt(
        "above",
        "{passages}\n\nUse only the text above. Answer in a few words: {text}",
        system="You answer questions about a text.",
    ),
    "twice": Prompt(
        "twice",
        "Question: {text}\n\n{passages}\n\nAnswer the question in a few words: {text}",
        system="You find answers in passages.",
    ),
    "agent": Prompt(
        "agent",
        "{passages}\n\nCustomer: {text}",
        system="You answer customers from the passages, in a few words.",
    ),
}
STARTS = ("", "The answer is", "According to the text,")


@dataclass(frozen=True)
class Form:
    """How a question is asked. `shown`: with worked examples; `start`: words with which the answer begins."""

    wording: str
    start: str
    shown: bool

    def prompt(self, lm: LanguageModel, question: str, chunks: Sequence[Chunk], budget: int = BUDGET) -> list[dict]:
        """Return the chat messages for a question over its chunks, as many of these as the budget holds."""
        made = passages.write_prompt(
            question,
            chunks,
            lm.count_tokens,
            budget,
            prompt=WORDINGS[self.wording],
            cite=False,
            abstain=False,
            defend=False,
            examples=passages.EXAMPLES if self.shown else (),
        )
        return [*made.messages, *([{"role": "assistant", "content": self.start}] if self.start else [])]

    def answer(self, lm: LanguageModel, questions: Sequence[PolicyQuestion], chunks: Sequence) -> list["Said"]:
        """Let the model answer each question from its chunks."""
        prompts = [self.prompt(lm, one.question, some) for one, some in zip(questions, chunks, strict=True)]
        made = lm.generate(prompts, TOKEN_LIMIT, progress=False)
        each = zip(made.texts, prompts, made.prompt_tokens, made.new_tokens, strict=True)
        return [self.said(*one) for one in each]

    def said(self, text: str, *more) -> "Said":
        """Return an answer as it reads with its first words, which the prompt holds."""
        return Said(f"{self.start} {text}".strip(), *more)


@dataclass(frozen=True)
class Said:
    """An answer with the chat that asked for it, and the tokens read and written."""

    text: str
    prompt: list[dict]
    prompt_tokens: int
    new_tokens: int


def beside(
    lm: LanguageModel, some: Sequence[Form], questions: Sequence[PolicyQuestion], chunks: Sequence
) -> dict[Form, list[Said]]:
    """Return what `Form.answer` gives in each of several forms, asked side by side for one question after another.

    What the prompts of a question share is read once. Where the passages are long and the forms differ in the answer's
    first words alone, that is nearly all there is to read.
    """
    answers: dict[Form, list[Said]] = {form: [] for form in some}
    for question, known in zip(questions, chunks, strict=True):
        prompts = [form.prompt(lm, question.question, known) for form in some]
        made = lm.generate(prompts, TOKEN_LIMIT, progress=False)
        for form, *said in zip(some, made.texts, prompts, made.prompt_tokens, made.new_tokens, strict=True):
            answers[form].append(form.said(*said))
    return answers


def forms() -> list[Form]:
    """Return the 24 forms that every context may choose from on dev, the plainest first."""
    return [Form(wording, start, shown) for shown, start, wording in itertools.product((False, True), STARTS, WORDINGS)]


def contexts(
    pipe: Pipeline, questions: Sequence[PolicyQuestion], documents: Sequence[Policy]
) -> dict[str, list[list[Chunk]]]:
    """Return context -> the chunks for each question, best first; for want of evidence the best quote stands there."""
    found = pipe.retrieve([question.question for question in questions])
    quotes = [[hit.chunk for hit in pipe.using(quotes=3).quoted(one)] for one in found]
    chunks = [[hit.chunk for hit in one.reranked] for one in found]

    def evidence(question: PolicyQuestion) -> list[Chunk]:
        each = [replace(question, evidence=(quote,)) for quote in question.evidence]
        return list(dict.fromkeys(evidence_quote(one, pipe.index.chunks, documents) for one in each))

    gold = [evidence(question) or some[:1] for question, some in zip(questions, quotes, strict=True)]
    made = ([[]] * len(found), [some[:1] for some in quotes], quotes, [some[:1] for some in chunks], gold, chunks)
    return dict(zip(CONTEXTS, made, strict=True))
