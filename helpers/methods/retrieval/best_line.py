"""Looks facts up: the line of the documents that answers a question best, quoted without a language model."""

from collections.abc import Sequence

from helpers.methods.retrieval.chunking import Chunk, Chunker, token_spans
from helpers.methods.retrieval.index import Index
from helpers.methods.retrieval.pipeline import Pipeline, Settings
from helpers.methods.retrieval.ranking import evidence_places
from helpers.model.language_model import LanguageModel
from helpers.tasks import facts
from helpers.tasks.policies import Policy, PolicyQuestion


def policy_index(documents: Sequence[Policy], embedder, lm: LanguageModel) -> Index:
    """Return the index of policies: cut by heading, searched by meaning and by words."""
    return Index.build(documents, embedder, Chunker(token_spans(lm.tokenizer), "heading", 300))


def looked_up(index: Index, texts: Sequence[str]) -> list[Chunk | None]:
    """Return for each question the line of the policies that answers it best: found and quoted, with no language model.

    A row of a table carries the names of its columns. None where nothing is found.
    """
    pipeline = Pipeline(index, None, Settings(quotes=1))  # without an answer to write, no model is needed
    found = [pipeline.quoted(one) for one in pipeline.retrieve(list(texts))]
    return [quotes[0].chunk if quotes else None for quotes in found]


def quote_verdicts(
    asked: Sequence[PolicyQuestion], quotes: Sequence[Chunk | None], documents: Sequence[Policy]
) -> list[str]:
    """Return `right` for each quoted line that is the one which holds the answer, else what its grading says.

    A line may name a second amount or keep the unit in the name of its column: it still tells a reader what was asked,
    so it counts by where it stands in `documents`, the policies as they are now.
    """
    graded = facts.verdicts(asked, [quote.text if quote else "" for quote in quotes])

    def stands_there(one: PolicyQuestion, quote: Chunk) -> bool:
        places = evidence_places(one, documents)
        return any(d == quote.document and quote.start < end and start < quote.end for d, start, end in places)

    return [
        "right" if quote and stands_there(one, quote) else verdict
        for one, quote, verdict in zip(asked, quotes, graded, strict=True)
    ]
