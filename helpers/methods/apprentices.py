"""Trains the adapters that work beside retrieval and tools: `python -m helpers.methods.apprentices reader assistant`.

What each learns from stands in `reading`, `assistant` and `calculator`; how, in `tuning`. The course ships the results.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from helpers.methods import assistant, reader, tuning
from helpers.methods.retrieval import chunking, index, pipeline
from helpers.methods.retrieval.chunking import Chunk
from helpers.methods.tuning.adapters import ADAPTERS
from helpers.model import catalogue
from helpers.model.language_model import LanguageModel
from helpers.tasks import policies, refund_sums
from helpers.tasks.policies import Policy, PolicyQuestion

CHUNK_TOKENS = 80  # a small reader reads small passages
KEEP = 3
TRAINING_BUDGET = 360  # tokens of a training prompt
VIEWS = (0, 1, 3)  # found passages in a question's examples: the right one alone, then with more and more beside it
READER = tuning.Recipe(target_modules="all-linear", layers=16, batch_size=8, epochs=1, max_tokens=640, row_tokens=1024)
ASSISTANT = replace(READER, epochs=3, learning_rate=1e-3, max_tokens=700)  # goes on from the reader
SUMS = tuning.Recipe(layers=16, batch_size=8, epochs=4)
REPLIES, NOTES = 100, 40  # examples of the assistant, of each kind
NAMES = ("reader", "assistant", "calculator", "sums")


def search_of(lm: LanguageModel, documents: Sequence[Policy]) -> pipeline.Pipeline:
    """Return the search whose passages the reader learns from: small chunks by heading, fused, reranked."""
    cut = chunking.Chunker(chunking.token_spans(lm.tokenizer), size=CHUNK_TOKENS)
    return pipeline.Pipeline(index.Index.build(documents, catalogue.load_embedder(), cut), lm)


def find(search: pipeline.Pipeline, questions: Sequence[PolicyQuestion], keep: int = KEEP) -> list[list[Chunk]]:
    """Return the passages found for each question, best first."""
    found = search.retrieve([question.question for question in questions])
    return [[hit.chunk for hit in one.reranked[:keep]] for one in found]


def reader_lessons(
    lm: LanguageModel,
    questions: Sequence[PolicyQuestion],
    found: Sequence[Sequence[Chunk]],
    every: Sequence[Chunk],
    documents: Sequence[Policy],
) -> list[reader.Lesson]:
    """Return what the reader learns from: each question in several views, with more and more passages around.

    The last view is as found. A question that no document answers has at least one passage, for an empty prompt would
    give it away.
    """
    learned, least = [], [0 if question.answerable else 1 for question in questions]
    for seed, keep in enumerate(VIEWS):
        some = [chunks[: max(keep, few)] for chunks, few in zip(found, least, strict=True)]
        learned += reader.lessons(lm, questions, some, every, documents, TRAINING_BUDGET, seed)
    return learned


def reader_pairs(learned: Sequence[reader.Lesson]) -> list[tuning.Pair]:
    """Return the reader's examples as pairs of prompt and answer."""
    return [tuning.Pair(one.prompt.messages, one.answer, f"{one.id} {i}") for i, one in enumerate(learned)]


def assistant_pairs(
    lm: LanguageModel, questions: Sequence[PolicyQuestion], learned: Sequence[reader.Lesson], seed: int = 0
) -> list[tuning.Pair]:
    """Return replies in the voice, each with a rule of its day, and notes as the reader writes them.

    Both are made from the last view of the reader's examples, as found.
    """
    learned = learned[-len(questions) :]
    replies = assistant.lessons(lm, questions, learned, assistant.load_next_steps("train"))
    rng = np.random.default_rng(seed)
    chosen = [replies[i] for i in sorted(rng.permutation(len(replies))[:REPLIES])]
    notes = [learned[i] for i in sorted(rng.permutation(len(learned))[:NOTES])]
    return [tuning.Pair(messages, text, f"reply {name}") for name, messages, text in chosen] + [
        tuning.Pair(one.prompt.messages, one.answer, f"note {one.id}") for one in notes
    ]


def sum_pairs(called: bool) -> list[tuning.Pair]:
    """Return the solved questions about money, answered by a call of the calculator or by the bare amount."""
    return [
        tuning.Pair(refund_sums.chat(item.question, called), refund_sums.spoken(item, called), item.id)
        for item in refund_sums.load("train")
    ]


def make(names: Sequence[str], folder=ADAPTERS, learned=None, progress: bool = True, on_step=None) -> dict:
    """Train adapters and save each in its folder; the assistant goes on from the reader, which must be there by then.

    Args:
        names: some of NAMES.
        folder: where the adapters' folders stand.
        learned: the reader's examples, if they are at hand; else the search is run for all training questions.
        progress, on_step: see tuning.train.

    Returns:
        What tuning.train returned, by name.
    """
    lm, questions = LanguageModel.shared(), policies.load_policy_questions("train")
    if learned is None and {"reader", "assistant"} & set(names):
        documents = policies.load_policies()
        search = search_of(lm, documents)
        learned = reader_lessons(lm, questions, find(search, questions), search.index.chunks, documents)
    made = {}
    for name in names:
        start = None
        if name == "reader":
            pairs, recipe, note = reader_pairs(learned), READER, "reads an answer out of numbered passages"
        elif name == "assistant":
            pairs, recipe = assistant_pairs(lm, questions, learned), ASSISTANT
            start, note = folder / "reader", "replies in the voice, or notes, from passages; went on from the reader"
        else:
            pairs, recipe = sum_pairs(name == "calculator"), SUMS
            note = "writes calls of the calculator" if name == "calculator" else "answers refund sums in the head"
        made[name] = tuning.train(lm, pairs, recipe, progress=progress, start=start, on_step=on_step)
        tuning.save(made[name], folder / name, note, dtype=torch.bfloat16)
    return made


def main(arguments: Sequence[str]) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m helpers.methods.apprentices", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+", choices=NAMES)
    for name, tuned in make(parser.parse_args(arguments).names).items():
        print(f"{name}: {tuned.report}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
