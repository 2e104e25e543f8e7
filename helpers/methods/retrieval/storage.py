"""Stores an index in a folder and reads it again: vectors as safetensors, the rest as JSON; nothing is unpickled.

An index remembers which embedding model, which cutting and which documents made it. One that does not fit what it is
loaded for is refused with the reason: stale vectors give wrong answers without a sign.
"""

import hashlib
import json
import os
import pathlib
from collections.abc import Iterable

import numpy as np
import safetensors
import safetensors.numpy

from helpers.methods.retrieval.chunking import Chunk, Chunker
from helpers.methods.retrieval.index import Entry, Index, hash_of
from helpers.tasks.policies import Policy

FORMAT = "course index 1"
REMEDY = "build it anew with Index.build"


class StaleIndexError(ValueError):
    """A stored index is broken, or was made from other documents, another model or another cutting."""


def fingerprint(embedder) -> str:
    """Return 16 hex digits that stand for an embedding model: of its weights, or of its attribute `fingerprint`."""
    known = getattr(embedder, "fingerprint", None)
    if known:
        return str(known)
    digest = hashlib.sha256()
    for name, tensor in sorted(embedder.state_dict().items()):
        digest.update(name.encode() + str(tuple(tensor.shape)).encode())
        digest.update(tensor.detach().cpu().float().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def save_index(index: Index, folder: str | pathlib.Path) -> pathlib.Path:
    """Write an index to a folder, replacing one that is there, and return the folder.

    The list of contents comes last and in one step, so that a run that is killed leaves the old index or the new one.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    documents = []
    for number, (name, entry) in enumerate(index.entries.items()):
        tensors[f"{number}.vectors"], tensors[f"{number}.owner"] = entry.vectors, entry.owner
        chunks = [[chunk.heading, chunk.start, chunk.end, chunk.text] for chunk in entry.chunks]
        about = {key: getattr(entry.chunks[0], key) for key in ("title", "audience", "effective")} if chunks else {}
        documents.append({"id": name, "sha256": entry.sha256, **about, "chunks": chunks})
    raw = safetensors.numpy.save(tensors)
    digest = hashlib.sha256(raw).hexdigest()
    vectors = folder / f"vectors-{digest[:16]}.safetensors"
    _write(vectors, raw)
    contents = {
        "format": FORMAT,
        "embedder": fingerprint(index.embedder),
        "chunker": index.chunker.settings,
        "by_sentence": index.by_sentence,
        "vectors": vectors.name,
        "vectors_sha256": digest,
        "documents": documents,
    }
    _write(folder / "index.json", json.dumps(contents, ensure_ascii=False, indent=1).encode())
    for old in folder.glob("vectors-*.safetensors"):
        if old != vectors:
            old.unlink()
    return folder


def _write(path: pathlib.Path, raw: bytes) -> None:
    scratch = path.with_suffix(".new")
    scratch.write_bytes(raw)
    os.replace(scratch, path)


def load_index(
    folder: str | pathlib.Path, embedder, chunker: Chunker, policies: Iterable[Policy] | None = None
) -> Index:
    """Read a stored index.

    Args:
        folder: where `save_index` wrote it.
        embedder: the model that questions will be embedded with; must be the one that made the index.
        chunker: must cut as the one that made the index did.
        policies: if given, the index must hold exactly these documents, as they are now.

    Raises:
        StaleIndexError: with the reason and the remedy.
    """
    contents, tensors = _read(pathlib.Path(folder))
    if contents["embedder"] != fingerprint(embedder):
        raise StaleIndexError(f"the index in {folder} was made with another embedding model; {REMEDY}")
    if contents["chunker"] != chunker.settings:
        raise StaleIndexError(
            f"the index in {folder} was cut with {contents['chunker']}, not {chunker.settings}; {REMEDY}"
        )
    index = Index(embedder, chunker, contents["by_sentence"])
    for number, document in enumerate(contents["documents"]):
        about = (document["id"], document.get("title"), document.get("audience"), document.get("effective"))
        chunks = tuple(
            Chunk(f"{document['id']}#{i}", *about, heading, start, end, text)
            for i, (heading, start, end, text) in enumerate(document["chunks"], start=1)
        )
        owner, vectors = tensors[f"{number}.owner"], tensors[f"{number}.vectors"]
        index.entries[document["id"]] = Entry(document["sha256"], chunks, owner, vectors)
    if policies is not None:
        _compare(index, policies, folder)
    return index


def _read(folder: pathlib.Path) -> tuple[dict, dict[str, np.ndarray]]:
    """The stored contents and vectors, their format and hash checked."""
    try:
        contents = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        if contents.get("format") != FORMAT:
            raise StaleIndexError(f"{folder / 'index.json'} is not of the format {FORMAT!r}; {REMEDY}")
        raw = (folder / contents["vectors"]).read_bytes()
    except OSError as error:
        raise StaleIndexError(f"no whole index in {folder} ({error.strerror or error}); {REMEDY}") from None
    except (ValueError, KeyError, AttributeError) as error:
        if isinstance(error, StaleIndexError):
            raise
        raise StaleIndexError(f"{folder / 'index.json'} cannot be read ({error}); {REMEDY}") from None
    if hashlib.sha256(raw).hexdigest() != contents["vectors_sha256"]:
        raise StaleIndexError(f"{contents['vectors']} has changed since it was written; {REMEDY}")
    try:
        return contents, safetensors.numpy.load(raw)
    except safetensors.SafetensorError as error:
        raise StaleIndexError(f"{contents['vectors']} cannot be read ({error}); {REMEDY}") from None


def _compare(index: Index, policies: Iterable[Policy], folder) -> None:
    now = {policy.id: hash_of(policy) for policy in policies}
    then = {name: entry.sha256 for name, entry in index.entries.items()}
    said = [
        f"{what}: {', '.join(names)}"
        for what, names in (
            ("changed since", sorted(name for name in now if name in then and now[name] != then[name])),
            ("not in it", sorted(set(now) - set(then))),
            ("no longer there", sorted(set(then) - set(now))),
        )
        if names
    ]
    if said:
        raise StaleIndexError(
            f"the index in {folder} is of other documents ({'; '.join(said)}); load it without documents and call "
            f"update for each, or {REMEDY}"
        )
