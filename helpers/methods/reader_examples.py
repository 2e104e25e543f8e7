"""Makes the examples that a reader of passages and the assistant learn from: found passages, in several views.

One example is made in reader and assistant; adapters trains on them.
"""

from collections.abc import Sequence

import numpy as np

from helpers.methods import assistant, reader
from helpers.methods.retrieval import chunking, index, pipeline
from helpers.methods.retrieval.chunking import Chunk
from helpers.model import catalogue
from helpers.model.language_model import LanguageModel
from helpers.tasks import policies
from helpers.tasks.pairs import Pair
from helpers.tasks.policies import Policy, PolicyQuestion

CHUNK_TOKENS = 80  # a small reader reads small passages
KEEP = 3
TRAINING_BUDGET = 360  # tokens of a training prompt
VIEWS = (0, 1, 3)  # found passages in a question's examples: the right one alone, then with more and more beside it
REPLIES, NOTES = 100, 40  # examples of the assistant, of each kind


def search_of(lm: LanguageModel, documents: Sequence[Policy]) -> pipeline.Pipeline:
    """Return the search whose passages the reader learns from: small chunks by heading, fused, reranked."""
    cut = chunking.Chunker(chunking.token_spans(lm.tokenizer), size=CHUNK_TOKENS)
    return pipeline.Pipeline(index.Index.build(documents, catalogue.load_embedder(), cut), lm)


def find(search: pipeline.Pipeline, questions: Sequence[PolicyQuestion], keep: int = KEEP) -> list[list[Chunk]]:
    """Return the passages found for each question, best first."""
    found = search.retrieve([question.question for question in questions])
    return [[hit.chunk for hit in one.reranked[:keep]] for one in found]


def in_views(
    lm: LanguageModel,
    questions: Sequence[PolicyQuestion],
    found: Sequence[Sequence[Chunk]],
    every: Sequence[Chunk],
    documents: Sequence[Policy],
) -> list[reader.Example]:
    """Return what the reader learns from: each question in several views, with more and more passages around.

    The last view is as found. A question that no document answers has at least one passage, for an empty prompt would
    give it away.
    """
    learned, least = [], [0 if question.answerable else 1 for question in questions]
    for seed, keep in enumerate(VIEWS):
        some = [chunks[: max(keep, few)] for chunks, few in zip(found, least, strict=True)]
        learned += reader.examples(lm, questions, some, every, documents, TRAINING_BUDGET, seed)
    return learned


def reader_pairs(learned: Sequence[reader.Example]) -> list[Pair]:
    """Return the reader's examples as pairs of prompt and answer."""
    return [Pair(one.prompt.messages, one.answer, f"{one.id} {i}") for i, one in enumerate(learned)]


def assistant_pairs(
    lm: LanguageModel, questions: Sequence[PolicyQuestion], learned: Sequence[reader.Example], seed: int = 0
) -> list[Pair]:
    """Return replies in the voice, each with a rule of its day, and notes as the reader writes them.

    Both are made from the last view of the reader's examples, as found.
    """
    learned = learned[-len(questions) :]
    replies = assistant.examples(lm, questions, learned, assistant.load_next_steps("train"))
    rng = np.random.default_rng(seed)
    chosen = [replies[i] for i in sorted(rng.permutation(len(replies))[:REPLIES])]
    notes = [learned[i] for i in sorted(rng.permutation(len(learned))[:NOTES])]
    return [Pair(messages, text, f"reply {name}") for name, messages, text in chosen] + [
        Pair(one.prompt.messages, one.answer, f"note {one.id}") for one in notes
    ]


def all_examples(lm: LanguageModel) -> list[reader.Example]:
    """Return the reader's examples for all training questions, from a search of the model's own making."""
    documents, questions = policies.load_policies(), policies.load_policy_questions("train")
    search = search_of(lm, documents)
    return in_views(lm, questions, find(search, questions), search.index.chunks, documents)
