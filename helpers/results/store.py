"""JSON Lines files of results, where nothing measured is lost: torn lines, odd characters, two writers, a full disk.

What the lines mean is left to rows, claims, registry and ratings.
"""

import hashlib
import json
import os
import pathlib
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict

import filelock

from helpers.machine import runtime

PATIENCE = 60  # seconds to wait for another kernel that is writing
_said: set[str] = set()


def folder() -> pathlib.Path:
    """Return the learner's folder of results: `results` in the course's folder, or what COURSE_RESULTS names."""
    chosen = os.environ.get("COURSE_RESULTS")
    return pathlib.Path(chosen) if chosen else runtime.ROOT / "results"


def spare(target: pathlib.Path) -> pathlib.Path:
    """Return where lines of `target` go while it cannot be written: the same name in a folder for temporary files."""
    place = hashlib.sha256(str(target.parent.absolute()).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return pathlib.Path(tempfile.gettempdir()) / f"course-results-{place}" / target.name


def append(row, target: pathlib.Path) -> pathlib.Path:
    """Append a dataclass as one line of JSON to a file, under a lock; return the file that now holds it.

    Where `target` cannot be written (read-only, full, locked for a minute), the line goes to `spare(target)`, which
    `read` reads too; a warning says so once. Raises OSError if that cannot be written either.
    """
    line = _line(row).encode("ascii")
    try:
        _write(line, target)
        return target
    except OSError as error:
        other = spare(target)
        _write(line, other)
        say(f"warning: {target} cannot be written ({error}); results are kept in {other} instead. Copy it there later.")
        return other


def _write(line: bytes, target: pathlib.Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(f"{target}.lock", timeout=PATIENCE), open(target, "a+b") as file:
        end = file.seek(0, os.SEEK_END)
        if end:
            file.seek(end - 1)
            line = line if file.read(1) == b"\n" else b"\n" + line  # a torn line must not swallow this one
        try:
            file.write(line)
            file.flush()
        except OSError:
            file.truncate(end)
            raise


def read(source: pathlib.Path, kind: type, called: str) -> list:
    """Return a file's lines as `kind`, in order, and after them those of its `spare`.

    A line that is none is warned of once, left out, and stays there.

    Args:
        source: a JSON Lines file; where there is none, the list is empty.
        kind: a dataclass; its own checks may raise ValueError.
        called: the name of one in words, for the warning.
    """
    found = []
    for file in (source, spare(source)):
        if not file.exists():
            continue
        for number, line in enumerate(file.read_bytes().split(b"\n"), start=1):
            if not line.strip():
                continue
            try:
                found.append(kind(**json.loads(line)))
            except (ValueError, TypeError) as error:
                say(f"warning: {file.name}, line {number} is not {called} ({error}); left out")
    return found


def write(rows: Iterable, target: pathlib.Path) -> None:
    """Write dataclasses as a file of JSON lines, all or nothing."""
    draft = target.with_name(f"{target.name}.draft")
    draft.write_text("".join(_line(row) for row in rows), encoding="ascii")
    draft.replace(target)


def _line(row) -> str:
    return json.dumps(asdict(row), ensure_ascii=True) + "\n"


def say(text: str) -> None:
    """Print a line to stderr, once in a session."""
    if text not in _said:
        _said.add(text)
        print(text, file=sys.stderr)
