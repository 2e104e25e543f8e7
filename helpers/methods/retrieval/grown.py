"""Grows a small collection with real text: documentation that stands in the installed packages, cut into passages.

It speaks of software and not of thermostats, so it shows what size alone does to a search; texts on the same subject
would be harder.
"""

import ast
import importlib.util
import inspect
import pathlib
import time
from collections.abc import Iterator, Sequence

import numpy as np

from helpers.methods.retrieval import reading
from helpers.methods.retrieval.chunking import Chunker
from helpers.methods.retrieval.index import Index
from helpers.methods.retrieval.pipeline import Pipeline, Settings
from helpers.results import ledger
from helpers.results.ledger import LedgerRow
from helpers.tasks.files import Message
from helpers.tasks.policies import Policy, PolicyQuestion

PACKAGES = ("sklearn", "numpy", "scipy", "transformers", "torch", "matplotlib", "IPython", "huggingface_hub")
WORDS = 90  # of a passage, about as many as the median chunk of the policies has


def passages(count: int) -> list[Policy]:
    """Return `count` passages of documentation, each a document of its own; raises ValueError if there are fewer."""
    found: list[Policy] = []
    for name, text in _documentation():
        words = text.split()
        for start in range(0, len(words) - WORDS // 2, WORDS):
            body = " ".join(words[start : start + WORDS])
            found.append(Policy(f"more-{len(found):06d}", name, "public", "2026-01-31", body))
            if len(found) == count:
                return found
    raise ValueError(f"the installed packages hold {len(found)} passages of documentation, and {count} are asked for")


def _documentation() -> Iterator[tuple[str, str]]:
    """Yield name and text of every docstring of the packages, in the order of their files, each text once."""
    seen = set()
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            for path in sorted(pathlib.Path(folder).rglob("*.py")):
                try:
                    tree = ast.parse(path.read_text(encoding="utf-8"))
                except (SyntaxError, UnicodeDecodeError):
                    continue
                for node in ast.walk(tree):
                    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
                        text = inspect.cleandoc(ast.get_docstring(node) or "")
                        if text not in seen:
                            seen.add(text)
                            yield f"{package}: {getattr(node, 'name', path.stem)}", text


def row(
    embedder, documents: Sequence[Policy], questions: Sequence[PolicyQuestion], cutter: Chunker, more: int, rerun=False
) -> LedgerRow:
    """Return for each answerable question whether its evidence is in the first four chunks, with `more` passages added.

    Searched by meaning, one vector a chunk, exactly; `details`: chunks, megabytes of vectors, p50 and p95 of a query in
    seconds, the question's own embedding included.
    """
    asked = [question for question in questions if question.answerable]
    told: dict = {}

    def predict(_texts: list[str]) -> list[str]:
        index = Index.build([*documents, *passages(more)], embedder, cutter, by_sentence=False)
        pipe = Pipeline(index, None, Settings(search="dense", retrieve=4, rerank=False))
        index.dense(asked[0].question, 4)  # the view is made once
        seconds, first = [], {}
        for question in asked:
            started = time.perf_counter()
            pipe.retrieve([question.question])
            seconds.append(time.perf_counter() - started)
            first |= reading.ranks(pipe, [question], documents)
        p50, p95 = np.quantile(seconds, [0.5, 0.95])
        size = sum(entry.vectors.nbytes for entry in index.entries.values()) / 1e6
        told.update(chunks=len(index), megabytes=size, p50=float(p50), p95=float(p95))
        return ["found" if hit else "missed" for hit in reading.hits(first, 4)]

    items = [Message(question.id, question.question, "found") for question in asked]
    how = {"approach": "plain", "model": embedder, "settings": {"more": more, "words": WORDS}}
    told_row = {"details": told, "heavy": True, "rerun": rerun, "show": False}
    return ledger.measure("policy_search", f"{more} passages more", items, predict, **how, **told_row)


def at_hand(embedder, documents, questions, cutter: Chunker, more: int, live: int) -> LedgerRow | None:
    """Return `row` where it is kept, or where at most `live` passages must be embedded for it; else None."""
    asked = [Message(question.id, question.question, "found") for question in questions if question.answerable]
    kept = ledger.stored("policy_search", f"{more} passages more", asked, model=embedder)
    return row(embedder, documents, questions, cutter, more) if kept or more <= live else None
