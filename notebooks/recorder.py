"""Runs inside the session of a lesson that is being built: notes what the lesson reads, by Python's audit events.

Noted are files under data/ and helpers/ that are opened for reading (code aside), folders under data/ whose names are
listed, stored rows, claims, verdicts and entries of the manifest (their readers raise the event `course.read` with a
name and a hash), and, at the end, the modules of helpers that were imported. A file that a library opens outside Python
is not seen, so helpers take its hash first; what a second process reads is not seen either.
"""

import json
import os
import sys

_seen: dict[str, set] = {"files": set(), "folders": set(), "stored": set()}
_WRITES = os.O_WRONLY | os.O_RDWR


def start(root: str) -> None:
    """Note from now on what is read below `root`, the course's folder."""
    above = os.path.join(root, "")

    def path_of(given) -> str:
        """Return a path below data/ or helpers/ as seen from `root`, else an empty text."""
        if not isinstance(given, (str, bytes, os.PathLike)):
            return ""
        path = os.path.abspath(os.fsdecode(given))
        below = path.removeprefix(above).replace(os.sep, "/") if path.startswith(above) else ""
        return below if below.split("/")[0] in ("data", "helpers") else ""

    def note(event: str, arguments: tuple) -> None:
        if event == "open" and not (arguments[2] or 0) & _WRITES:
            path = path_of(arguments[0])
            if path and not path.endswith((".py", ".pyc")) and not os.path.isdir(os.path.join(root, path)):
                _seen["files"].add(path)
        elif event in ("os.scandir", "os.listdir"):
            path = path_of(arguments[0])
            if path.startswith("data"):
                _seen["folders"].add(path)
        elif event == "course.read":
            _seen["stored"].add((str(arguments[0]), str(arguments[1])))

    sys.addaudithook(note)


def report() -> str:
    """Return all that was noted so far as JSON: files, folders, stored, modules; each a sorted list."""
    modules = [name for name in sys.modules if name == "helpers" or name.startswith("helpers.")]
    return json.dumps({**{kind: sorted(found) for kind, found in _seen.items()}, "modules": sorted(modules)})
