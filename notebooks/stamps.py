"""Says whether a lesson's stored outputs still stand, by what its last run really read.

A lesson's stamp holds hashes of its code, of what that can reach in each module of helpers that it imported (comments
and docstrings aside, see reach.py), of each file under data/ and helpers/ that it opened, of each stored row, claim,
verdict and entry of the manifest that it asked for, and of the outputs that all this gave. Stamps are written by
`build.py` after a run, into stamps.json.
"""

import hashlib
import json
import pathlib
import platform
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version

import house
import nbformat
from reach import House
from reach import digest as _hash

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
STAMPS = HERE / "stamps.json"
ABSENT = "none"
CODE = "its code changed"  # a reason why a lesson is stale
BUILT = ("helpers/lesson/checks/solutions.json",)  # the build writes it, from cells that count themselves
# Files whose readers report what they take from them, by the first part of what they report.
REPORTED = {
    "row": "data/reference_results.jsonl",
    "claims": "data/claims.json",
    "verdicts": "data/reference_verdicts.jsonl",
    "manifest": "data/manifest.json",
}
REMEDY = "run `make notebooks`"
# Makes a machine ready and computes nothing that a lesson shows, so that a change of it makes no lesson stale.
READY = "helpers.lesson.setup"
# Judges what a learner wrote, and on a stored page nobody has: what its lines say there is held by a test of its own.
JUDGES = ("helpers.lesson.exercises", "helpers.lesson.checks")
CALL = re.compile(r"^from helpers\.lesson import setup; setup\.start\(.*\)$", re.MULTILINE)


def _state(path: pathlib.Path) -> tuple[int, int]:
    """Return what tells that a file is as it was when it was read last: its time and its size."""
    return path.stat().st_mtime_ns, path.stat().st_size


def hash_of_file(path: str) -> str:
    """Return the hash of a file's bytes, or of a folder's names; `path` is seen from the course's folder."""
    whole = ROOT / path
    if whole.is_dir():
        return _hash(sorted(entry.name for entry in whole.iterdir() if not entry.name.startswith((".", "__"))))
    return _hash(whole.read_bytes()) if whole.is_file() else ABSENT


@cache
def _stored(path: pathlib.Path, kind: str, _changed: tuple[int, int]) -> dict[str, list]:
    """Return all that is stored of a kind, a key of `REPORTED`, by the names under which it is reported.

    A name that ends with * stands for the list of what there is. Rows also stand under `NAME by MODEL`.
    """
    text, found = path.read_text(encoding="utf-8"), {}
    if kind == "manifest":
        return {name: [entry] for name, entry in json.loads(text).items()}
    if kind == "claims":
        held = json.loads(text)
        for claim in held["claims"]:
            found[claim["id"]] = [claim, [held["articles"][letter] for letter in claim["sources"]]]
            for every in ("*", f"of {claim['lesson']}/*"):
                found.setdefault(every, []).append(claim["id"])
        return found
    for line in filter(str.strip, text.split("\n")):
        row = json.loads(line)
        sha = _digest(row)
        row.pop("made", None)  # measured again to the same end is the same
        if kind == "verdicts":
            found[row["id"]] = [row]
            found.setdefault("*", []).append(row["id"])
            continue
        name, model = "/".join((row["task"], row["split"], row["method"])), row.get("model")
        for each in (name, f"{name} by {model}"):
            found.setdefault(each, []).append(row)
        for every in ("*", f"{row['task']}/*", f"{row['task']}/{row['split']}/*"):
            found.setdefault(every, []).append([name, model])
        found[f"#{sha}"] = [f"{name} by {model}"]
    return found


def _digest(row: dict) -> str:
    """Return the hash by which the ledger reports a row that it hands out."""
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:12]


def _held(kind: str) -> dict[str, list]:
    if kind not in REPORTED:
        raise ValueError(f"{kind!r} was reported as read; names start with {', '.join(REPORTED)}")
    path = ROOT / REPORTED[kind]
    return _stored(path, kind, _state(path)) if path.is_file() else {}


def named(reported: str, sha: str) -> str:
    """Return what a report stands for from now on: the row of one model, where the row that was read is known."""
    kind, _, name = reported.partition("/")
    exact = _held(kind).get(f"#{sha}", [name])[0]
    return f"{kind}/{exact if exact.startswith(name) else name}"


def hash_of_stored(reported: str) -> str:
    """Return the hash of all that a name now stands for; `none` if there is nothing.

    Names are those that readers report: `row/TASK/SPLIT/METHOD`, `claims/ID`, `verdicts/ID`, lists of them that end
    with *, and `manifest/FILE`. Raises ValueError if a name is of no such kind.
    """
    kind, _, name = reported.partition("/")
    held = _held(kind).get(name)
    return _hash(held) if held else ABSENT


def code_of_cells(notebooks: Iterable[nbformat.NotebookNode], passing: Iterable[str]) -> str:
    """Return the code of a lesson's copies, cell after cell, with texts that change nothing (`passing`) left out."""
    code = "\n\n".join(cell.source for notebook in notebooks for cell in notebook.cells if cell.cell_type == "code")
    for text in passing:
        code = code.replace(text, "")
    return code


def hashes_of_modules(code: str, ran: Iterable[str], modules: House, lesson: str = "") -> dict[str, str]:
    """Return module -> hash of what a lesson's code reaches in it.

    Left out is what only makes the machine ready, or judges answers; what the judging reaches elsewhere counts, that of
    the lesson of this name (or its number) even if it is not among those that ran.
    """
    judging = judges_of(lesson.rpartition("/")[-1][:2], modules.texts)
    found = modules.hashes(CALL.sub("", code), sorted({name for name in ran if name != READY} | judging))
    return {name: hashed for name, hashed in found.items() if not name.startswith(JUDGES)}


def judges_of(number: str, texts: Mapping[str, str]) -> set[str]:
    """Return the modules that judge the answers of the lesson and labs of this number, with those that they import."""
    exercises, checks = JUDGES
    found, new = set(), {exercises, checks, f"{checks}.lesson_{number}"} & set(texts)
    while new:
        found |= new
        code = "\n".join(texts[name] for name in new)
        new = {
            name
            for name in set(texts) - found
            for package, _, last in [name.rpartition(".")]
            if package == checks and re.search(rf"from {checks}(\.{last} import| import .*\b{last}\b)", code)
        }
    return found


def hash_of_outputs(path: pathlib.Path) -> str:
    """Return the hash of all outputs that a stored notebook shows; `none` if there is no such notebook."""
    if not path.is_file():
        return ABSENT
    return _hash([cell.outputs for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"])


HASHES = {"files": hash_of_file, "stored": hash_of_stored}


def now() -> House:
    """Return all modules of helpers as they are, to be taken before a run that may last while they are edited."""
    return House({name: path.read_text(encoding="utf-8") for name, path in house.modules().items()})


def stamp(code: str, read: Mapping[str, list], modules: House, copies: Iterable[pathlib.Path], own: set[str]) -> dict:
    """Return the stamp of a run.

    Args:
        code: the lesson's code, see `code_of_cells`.
        read: what the run has read, see recorder.py.
        modules: those of helpers as they were when the run began, see `now`.
        copies: the notebooks that hold its outputs, as stored.
        own: ids of the claims that the run has judged itself; their stored verdicts are its work, not its ground.
    """
    stored = {named(*report) for report in read["stored"]} - {f"verdicts/{claim}" for claim in own}
    told = {REPORTED[name.partition("/")[0]] for name in stored}
    files = [path for path in (*read["files"], *read["folders"]) if path not in told and path not in BUILT]
    found = {
        "code": _hash(code),
        "modules": hashes_of_modules(code, read["modules"], modules),  # all that ran, what judges among it
        "files": {path: hash_of_file(path) for path in sorted(files)},
        "stored": {name: hash_of_stored(name) for name in sorted(stored)},
        "outputs": {path.relative_to(HERE).as_posix(): hash_of_outputs(path) for path in copies},
        "versions": _versions(),
    }
    return {**found, "seal": _hash(found)}


def _versions() -> dict[str, str]:
    """Return the versions that a run had: for the reader of a stamp; another version makes no lesson stale."""
    found = {"python": platform.python_version()}
    for package in ("torch", "transformers"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = ABSENT
    return found


def read_stamps() -> dict[str, dict]:
    """Return the stamps of all lessons that were built."""
    return json.loads(STAMPS.read_text(encoding="utf-8")) if STAMPS.exists() else {}


def keep(name: str, found: dict) -> None:
    """Store a lesson's stamp in place of its last one."""
    text = json.dumps({**read_stamps(), name: found}, indent=1, sort_keys=True, ensure_ascii=False)
    STAMPS.write_text(text + "\n", encoding="utf-8")


def why_stale(name: str, code: str) -> list[str]:
    """Return why a lesson's stored outputs no longer stand, one reason an entry; an empty list means that they do.

    Args:
        name: the lesson, as in `build.names`.
        code: its code as the source has it now.
    """
    kept = read_stamps().get(name)
    if kept is None:
        return ["it was never built here"]
    found = {key: value for key, value in kept.items() if key != "seal"}
    if kept.get("seal") != _hash(found):
        return ["its stamp was changed by hand"]
    reasons = [] if kept["code"] == _hash(code) else [CODE]
    modules = hashes_of_modules(code, kept["modules"], now(), name)
    for name, hashed in kept["modules"].items():
        if modules.get(name) != hashed and not name.startswith(JUDGES):
            reasons.append(f"{name.replace('.', '/')}.py changed")
    for kind, hash_of in HASHES.items():
        for what, hashed in kept[kind].items():
            if hash_of(what) != hashed:
                reasons.append(f"{what} {'changed' if hashed != ABSENT else 'is there now'}")
    reasons += [
        f"the outputs of {path} are not those of its last run"
        for path, hashed in kept["outputs"].items()
        if hash_of_outputs(HERE / path) != hashed
    ]
    return reasons
