"""Tunes an embedder on questions and the chunks that answer them, with the other chunks of a batch as wrong ones.

In-batch negatives as in Henderson et al., "Efficient natural language response suggestion" (2017), which
sentence-transformers calls MultipleNegativesRankingLoss; written out here, because the loop is the lesson. Gradients go
back a few texts at a time, as in Gao et al., "Scaling deep contrastive learning batch size under memory limited setup"
(2021): the batch is as large as before, and the memory is that of a few texts.
"""

import copy
from collections.abc import Sequence

import torch
from torch.nn import functional

from helpers.machine import runtime
from helpers.methods.retrieval.chunking import Chunk
from helpers.methods.retrieval.ranking import evidence_places, relevant
from helpers.tasks.policies import Policy, PolicyQuestion

AT_ONCE = 4  # texts whose layers are kept for the way back
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
    epochs: int = 1,
    rate: float = 3e-5,
    batch: int = 32,
    seed: int = 0,
):
    """Return a tuned copy of an embedder; the one that is given stays as it is.

    Without dropout, so that a text has the same vector on the way there and when its gradient goes back.
    """
    tuned = copy.deepcopy(embedder).eval()
    tuned.name = f"{embedder.name}, tuned on {len(learned)} questions"
    optimizer = torch.optim.AdamW(tuned.parameters(), lr=rate)
    order = torch.Generator().manual_seed(seed)
    for _ in range(epochs):
        for places in torch.randperm(len(learned), generator=order).split(batch):
            some = [learned[place] for place in places.tolist()]
            texts = [question for question, _ in some] + [chunk.searched for _, chunk in some]
            with torch.no_grad():
                vectors = torch.cat([_vectors(tuned, part) for part in _parts(texts)])
            asked, held = vectors.requires_grad_().split(len(some))
            same = torch.tensor([[one.id == other.id for _, other in some] for _, one in some])
            same.fill_diagonal_(False)  # another question's chunk that is also this one's is not wrong
            scores = SCALE * asked @ held.T
            scores = scores.masked_fill(same.to(scores.device), float("-inf"))
            right = torch.arange(len(some), device=scores.device)  # the chunk in the question's own place
            loss = functional.cross_entropy(scores, right)
            optimizer.zero_grad()
            loss.backward()  # as far as the vectors; from there on, a few texts at a time
            for part, wanted in zip(_parts(texts), vectors.grad.split(AT_ONCE), strict=True):
                _vectors(tuned, part).backward(wanted)
            optimizer.step()
    optimizer.zero_grad()
    runtime.release_memory()
    return tuned


def _parts(texts: Sequence[str]) -> list[Sequence[str]]:
    return [texts[start : start + AT_ONCE] for start in range(0, len(texts), AT_ONCE)]


def _vectors(embedder, texts: Sequence[str]) -> torch.Tensor:
    features = embedder.preprocess(list(texts))
    features = {name: value.to(embedder.device) for name, value in features.items() if torch.is_tensor(value)}
    return functional.normalize(embedder(features)["sentence_embedding"], dim=1)
