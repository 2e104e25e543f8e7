"""Grows a small collection with real text: documentation and comments of the software that the course runs on.

It speaks of software and not of thermostats, so it shows what size alone does to a search; texts on the same subject
would be harder. Which software and how much of each is kept with the row, for it differs from machine to machine. The
time of a query hangs on how many vectors there are, not on what they say, so it is measured apart, in a moment.
"""

import importlib.metadata
import pathlib
import re
import sys
import sysconfig
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from helpers.methods.retrieval import nearest, scale
from helpers.methods.retrieval.chunking import Chunk, Chunker
from helpers.methods.retrieval.ranking import relevant
from helpers.model import embedding
from helpers.results import ledger
from helpers.results.ledger import LedgerRow
from helpers.results.rows import digest
from helpers.tasks.files import Message
from helpers.tasks.policies import Policy, PolicyQuestion

TASK = "policy_search"
# What the course needs anyway, and Python itself: about 115,000 passages. Others are read only where these do not do.
FIRST = ("torch", "transformers", "scipy", "sklearn", "numpy", "sympy", "networkx", "matplotlib", "python")
ENOUGH = 100_000  # passages, after which no further package is read
WORDS = 60  # of a passage
AT_ONCE = 10_000  # vectors made at a time
MINUTES = 60 / 100_000  # to embed a passage, on two cores
INSTALLED = {"site-packages", "dist-packages"}
PROSE = re.compile(r'("""|\'\'\')(.*?)\1|^[ \t]*#+[ \t]?([^\n]*)$', re.DOTALL | re.MULTILINE)


def passages(count: int) -> list[tuple[str, str]]:
    """Return `count` pairs of package and passage, drawn at random; fewer are among the first of more.

    Raises ValueError where the installed packages hold fewer.
    """
    every = _every()
    if len(every) < count:
        raise ValueError(f"the installed packages hold {len(every)} passages of text, and {count} are asked for")
    return [every[place] for place in np.random.default_rng(0).permutation(len(every))[:count]]


@lru_cache(maxsize=1)
def _every() -> list[tuple[str, str]]:
    """All passages of the first packages, and of others by name until there are ENOUGH."""
    found: list[tuple[str, str]] = []
    seen: set[int] = set()
    places = _places()
    for package in [*FIRST, *sorted(set(places) - set(FIRST))]:
        if package not in FIRST and len(found) >= ENOUGH:
            break
        for path in _sources(places.get(package)):
            words = prose(path.read_text(encoding="utf-8", errors="replace"), seen).split()
            starts = range(0, len(words) - WORDS // 2, WORDS)
            found += [(package, " ".join(words[start : start + WORDS])) for start in starts]
    return found


def prose(source: str, seen: set[int] | None = None) -> str:
    r"""Return the texts in triple quotes and the comments of a Python file; those `seen` before are left out.

    >>> prose('\"\"\"Adds.\"\"\"\n# Two numbers.\nx = 1 + 1\n# Two numbers.\n', set())
    'Adds. Two numbers.'
    """
    seen = set() if seen is None else seen
    kept = []
    for match in PROSE.finditer(source):
        text = (match[2] or match[3] or "").strip()
        if text and hash(text) not in seen:
            seen.add(hash(text))
            kept.append(text)
    return " ".join(kept)


def _places() -> dict[str, pathlib.Path]:
    """Return package -> its folder, for all that is installed, and Python's own library."""
    roots = [pathlib.Path(entry) for entry in sys.path if pathlib.Path(entry).name in INSTALLED]
    found = {folder.name: folder for root in reversed(roots) for folder in sorted(root.glob("[A-Za-z]*/"))}
    found = {name: folder for name, folder in found.items() if folder.is_dir() and name.isidentifier()}
    return found | {"python": pathlib.Path(sysconfig.get_path("stdlib"))}


def _sources(folder: pathlib.Path | None) -> Iterator[pathlib.Path]:
    """Yield the Python files below a folder in order; not those of packages that are installed inside it."""
    for path in sorted(folder.rglob("*.py")) if folder else ():
        if path.is_file() and not INSTALLED & set(path.relative_to(folder).parts):
            yield path


def _told(some: Sequence[tuple[str, str]]) -> dict:
    """Return of which packages passages are: version and count of each, and a hash over all."""
    counts = Counter(package for package, _ in some)
    named = importlib.metadata.packages_distributions()
    versions = {package: importlib.metadata.version(named[package][0]) for package in counts if package in named}
    versions["python"] = sys.version.split()[0]
    told = {package: [versions.get(package, ""), count] for package, count in counts.most_common()}
    return {"packages": told, "text": digest([text for _, text in some])}


def row(
    embedder, documents: Sequence[Policy], questions: Sequence[PolicyQuestion], cutter: Chunker, more: int
) -> LedgerRow:
    """Return for each answerable question whether its evidence is among the nearest four, with `more` passages added.

    Searched by meaning, one vector a chunk, every vector compared. `details`: chunks, megabytes of vectors, and what
    the passages are of.
    """
    asked = [question for question in questions if question.answerable]
    told: dict = {}

    def predict(_texts: list[str]) -> list[str]:
        chunks = _chunks(documents, cutter)
        some = passages(more) if more else []
        vectors = embedding.embed(embedder, [*(chunk.searched for chunk in chunks), *(text for _, text in some)])
        every, hits = nearest.Exact(vectors), []
        for question, asks in zip(asked, embedding.embed(embedder, [one.question for one in asked]), strict=True):
            gold = relevant(question, chunks, documents)
            places, _ = every.search(asks, 4)
            hits.append(any(place < len(chunks) and chunks[place].id in gold for place in places))
        told.update(chunks=len(vectors), megabytes=vectors.nbytes / 1e6, **(_told(some) if some else {}))
        return ["found" if hit else "missed" for hit in hits]

    how = {"approach": "plain", "model": embedder, "settings": {"more": more, "words": WORDS}}
    told_row = {"details": told, "heavy": True, "show": False}
    return ledger.measure(TASK, _method(more), _items(asked), predict, **how, **told_row)


def seconds(
    embedder, documents: Sequence[Policy], questions: Sequence[PolicyQuestion], cutter: Chunker, more: int
) -> np.ndarray:
    """Return the seconds that each question takes, embedded and searched alone, with `more` vectors added.

    Those added are made at random from the documents' own (scale.many_vectors); every one is compared.
    """
    own = _vectors(embedder, tuple(chunk.searched for chunk in _chunks(documents, cutter)))
    vectors = np.empty((len(own) + more, own.shape[1]), dtype=np.float32)
    vectors[: len(own)] = own
    for at in range(len(own), len(vectors), AT_ONCE):
        part = vectors[at : at + AT_ONCE]
        part[:] = scale.many_vectors(own, len(part), seed=at)
    every = nearest.Exact(vectors)
    every.search(embedding.embed(embedder, [questions[0].question])[0], 4)  # warms up
    took = []
    for question in questions:
        started = time.perf_counter()
        every.search(embedding.embed(embedder, [question.question])[0], 4)
        took.append(time.perf_counter() - started)
    return np.array(took)


@lru_cache(maxsize=1)
def _vectors(embedder, texts: tuple[str, ...]) -> np.ndarray:
    """Return the unit vectors of texts, (n, d): sizes that are timed one after the other share them."""
    return embedding.embed(embedder, list(texts))


def _chunks(documents: Sequence[Policy], cutter: Chunker) -> list[Chunk]:
    return [chunk for document in documents for chunk in cutter.split(document)]


def _method(more: int) -> str:
    return f"{more} passages of software's text more"


def _items(questions: Sequence[PolicyQuestion]) -> list[Message]:
    return [Message(question.id, question.question, "found") for question in questions if question.answerable]


def at_hand(embedder, documents, questions, cutter: Chunker, more: int, live: int) -> LedgerRow | None:
    """Return `row` where it is kept, where at most `live` passages must be embedded, or where all is measured anew.

    Else None; so it is where the installed packages hold too little text. Either is said.
    """
    lab, method, items = ledger.Lab(TASK, embedder), _method(more), _items(questions)
    if more > live and not lab.affords(f"{more:,} more", [method], items, minutes_each=MINUTES * more, fast=False):
        return None
    if more and (ledger.anew(lab) or not lab.stored(method, items)) and len(_every()) < more:
        print(f"{more:,} more: not measured; the packages installed here hold {len(_every()):,} passages.")
        return None
    return row(embedder, documents, questions, cutter, more)
