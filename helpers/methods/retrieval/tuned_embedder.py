"""Tunes an embedder on questions and the chunks that answer them, with the other chunks of a batch as wrong ones.

In-batch negatives as in Henderson et al., "Efficient natural language response suggestion" (2017), which
sentence-transformers calls MultipleNegativesRankingLoss; written out here, because the loop is the lesson.
"""

import copy
from collections.abc import Sequence

import torch
from torch.nn import functional

from helpers.methods.retrieval.chunking import Chunk
from helpers.methods.retrieval.ranking import evidence_places, relevant
from helpers.tasks.policies import Policy, PolicyQuestion

SCALE = 20.0  # what cosines are multiplied by before the softmax, as in sentence-transformers


def apart(
    questions: Sequence[PolicyQuestion], others: Sequence[PolicyQuestion], documents: Sequence[Policy]
) -> list[PolicyQuestion]:
    """Return the questions whose evidence touches that of no other question, such as one of a test set.

    Within a tier of the course's questions that holds anyway; a fact of one tier may be asked about in the other.
    """
    taken = [place for other in others for place in evidence_places(other, documents)]

    def free(question: PolicyQuestion) -> bool:
        return not any(
            name == at and start < end and begin < stop
            for name, start, stop in evidence_places(question, documents)
            for at, begin, end in taken
        )

    return [question for question in questions if free(question)]


def pairs(
    questions: Sequence[PolicyQuestion], chunks: Sequence[Chunk], documents: Sequence[Policy]
) -> list[tuple[str, Chunk]]:
    """Return (question, a chunk that holds its evidence) for each answerable question that has one."""
    found = []
    for question in questions:
        held = relevant(question, chunks, documents) if question.answerable else set()
        found += [(question.question, chunk) for chunk in chunks if chunk.id in held][:1]
    return found


def tune(
    embedder,
    learned: Sequence[tuple[str, Chunk]],
    epochs: int = 3,
    rate: float = 3e-5,
    batch: int = 32,
    seed: int = 0,
):
    """Return a tuned copy of an embedder; the one that is given stays as it is."""
    tuned = copy.deepcopy(embedder)
    tuned.name = f"{embedder.name}, tuned on {len(learned)} questions"
    optimizer = torch.optim.AdamW(tuned.parameters(), lr=rate)
    order = torch.Generator().manual_seed(seed)
    tuned.train()
    torch.manual_seed(seed)
    for _ in range(epochs):
        for places in torch.randperm(len(learned), generator=order).split(batch):
            some = [learned[place] for place in places.tolist()]
            asked = _vectors(tuned, [question for question, _ in some])
            held = _vectors(tuned, [chunk.searched for _, chunk in some])
            same = torch.tensor([[one.id == other.id for _, other in some] for _, one in some])
            same.fill_diagonal_(False)  # another question's chunk that is also this one's is not wrong
            scores = SCALE * asked @ held.T
            scores = scores.masked_fill(same.to(scores.device), float("-inf"))
            right = torch.arange(len(some), device=scores.device)  # the chunk in the question's own place
            loss = functional.cross_entropy(scores, right)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    tuned.eval()
    return tuned


def _vectors(embedder, texts: Sequence[str]) -> torch.Tensor:
    features = embedder.preprocess(list(texts))
    features = {name: value.to(embedder.device) for name, value in features.items() if torch.is_tensor(value)}
    return functional.normalize(embedder(features)["sentence_embedding"], dim=1)
