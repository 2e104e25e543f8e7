"""Reads and checks the course's data sets.

The course's sets are fixed: data/manifest.json holds counts and hashes; `python -m helpers.tasks.files` verifies them.
What a set holds is said by a module of its own, measuring is left to statistics, cleaning to curation.
"""

import csv
import hashlib
import io
import json
import pathlib
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from helpers.machine import runtime

DATA = runtime.ROOT / "data"
MEASURED = ("*/*.jsonl", "*/*.csv", "*/*.json", "policies/documents/*.md")  # what the manifest holds


class DataError(ValueError):
    """A data file is missing, broken or not as it should be; the message names file, line and remedy."""


@dataclass(frozen=True)
class Message:
    """One labeled text. `shift` names the kind of distribution shift, in the shifted split only."""

    id: str
    text: str
    label: str
    tags: tuple[str, ...] = ()
    shift: str = ""


def read_agreement(name: str) -> list[dict]:
    """Return the annotators' labels of a set (`intents` or `changes`), a dict a row, every value a text."""
    return list(csv.DictReader(io.StringIO(read_text(DATA / name / "agreement.csv"), newline="")))


def read_jsonl(path: pathlib.Path) -> list[dict]:
    """Return a JSON Lines file as a list of objects; raises DataError naming the first bad line."""
    rows = []
    for number, line in enumerate(read_text(path).split("\n"), start=1):  # not splitlines: a text may hold U+2028
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise DataError(f"{path.name}, line {number}: not JSON ({error}); each line must be one object") from None
        if not isinstance(row, dict):
            raise DataError(f"{path.name}, line {number}: holds {type(row).__name__}, not an object in braces")
        rows.append(row)
    return rows


def read_text(path: pathlib.Path) -> str:
    """Return a file's text: UTF-8 (with or without a mark), or UTF-16 if it says so."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    if raw[:4] == b"PK\x03\x04":
        raise DataError(f"{path.name} is a zip archive or a spreadsheet (.xlsx), not text; export it as CSV (UTF-8)")
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DataError(f"{path.name}, line {line}: not UTF-8 text; save the file as UTF-8 and try again") from None
    if "\0" in text:
        raise DataError(f"{path.name} is not a text file")
    return text


def read_split(folder: str, split: str, splits: Sequence[str], begins: str = "") -> list[dict]:
    """Return one split of a data set, from the file whose name `begins` so; raises DataError that lists `splits`."""
    if split not in splits:
        raise DataError(f"no split {split!r}; choose one of {', '.join(splits)}")
    return read_jsonl(DATA / folder / f"{begins}{split}.jsonl")


def for_profile(items: Sequence, fast: int) -> list:
    """Return all items in the full profile; in the fast one the first `fast` of them, balanced over the labels.

    With more labels than `fast`, the first item of each of `fast` labels; this is said.
    """
    if runtime.profile().value == "full" or len(items) <= fast:
        return list(items)
    labels = len({_group(item) for item in items})
    if fast < labels:
        print(f"fast profile: {fast} of {len(items)} items, one of each of {fast} labels; {labels - fast} have none")
    return balanced(items, max(1, fast // labels))[:fast]


def balanced(items: Sequence, per_label: int) -> list:
    """Return the first `per_label` items of each label, or of each `group` where items have one, in their order.

    Raises ValueError if that is less than one.

    >>> [m.label for m in balanced([Message("1", "a", "x"), Message("2", "b", "x"), Message("3", "c", "y")], 1)]
    ['x', 'y']
    """
    if per_label < 1:
        raise ValueError(f"per_label must be at least 1, or nothing is left; got {per_label}")
    seen: Counter = Counter()
    chosen = []
    for item in items:
        seen[_group(item)] += 1
        if seen[_group(item)] <= per_label:
            chosen.append(item)
    return chosen


def _group(item) -> str:
    return getattr(item, "group", item.label)


def manifest() -> dict:
    """Return data/manifest.json: for each file of the course's data its bytes and SHA-256, and a table's rows."""
    return json.loads((DATA / "manifest.json").read_text(encoding="utf-8"))


def describe() -> dict:
    """Return what data/manifest.json should say of the files as they stand now; a table also has rows and labels."""
    read_rows = {".jsonl": read_jsonl, ".csv": lambda path: read_agreement(path.parent.name)}
    found = {}
    for path in sorted(path for kind in MEASURED for path in DATA.glob(kind)):
        raw = path.read_bytes()
        rows = read_rows[path.suffix](path) if path.suffix in read_rows else []
        entry = {"rows": len(rows)} if rows else {}
        entry |= {"bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
        if rows and "label" in rows[0]:
            entry["labels"] = dict(sorted(Counter(row["label"] for row in rows).items()))
        found[path.relative_to(DATA).as_posix()] = entry
    return found


def verify() -> list[str]:
    """Return one line per data file that is missing, new or changed against the manifest; empty if all is well."""
    expected, found = manifest(), describe()
    wrong = [f"{name}: not in the manifest" for name in found if name not in expected]
    for name, entry in expected.items():
        if found.get(name) != entry:
            how = "changed" if name in found else "missing"
            wrong.append(f"{name}: {how}; restore it with: git checkout data")
    return wrong


def fingerprint(name: str) -> str:
    """Return the first 12 hex digits of a data file's SHA-256, as the manifest has it (`intents/test.jsonl`).

    What is read is told to a build by the event `course.read`.
    """
    sha256 = manifest()[name]["sha256"]
    sys.audit("course.read", f"manifest/{name}", sha256)
    return sha256[:12]


def main(arguments: Sequence[str]) -> int:
    """Verify the data against its manifest; with `--write`, write the manifest anew."""
    if "--write" in arguments:
        (DATA / "manifest.json").write_text(json.dumps(describe(), indent=1) + "\n", encoding="utf-8")
    wrong = verify()
    print("\n".join(wrong) or f"{len(manifest())} data files agree with data/manifest.json")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
