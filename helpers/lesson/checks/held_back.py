"""Rows that only checks may see. They are stored packed, so that reading them takes intent; no lesson loads them.

    python -m helpers.lesson.checks.held_back read intents               prints the rows, one a line
    python -m helpers.lesson.checks.held_back write intents FILE.jsonl   stores these in place of all that are there

So to change one: read into a file, change the file, write it.
"""

import base64
import json
import pathlib
import sys
import zlib
from collections.abc import Callable

from helpers.tasks import change_requests, files, intents
from helpers.tasks.change_requests import ChangeRequest
from helpers.tasks.files import DataError, Message

FOLDER = pathlib.Path(__file__).parent


def _path(name: str) -> pathlib.Path:
    return FOLDER / f"held_back_{name}.b85"


def _rows(name: str) -> list[dict]:
    packed = _path(name).read_text().strip()
    return [json.loads(line) for line in zlib.decompress(base64.b85decode(packed)).decode().splitlines()]


def _message(row: dict) -> Message:
    return Message(**{**row, "tags": tuple(row["tags"])})


def _change(row: dict) -> ChangeRequest:
    return ChangeRequest(row["id"], row["request"], **row["answer"], ambiguous=row["ambiguous"])


def load_intents() -> list[Message]:
    """Return the held-back customer messages: as the test set, and in no other split."""
    return [_message(row) for row in _rows("intents")]


def load_changes() -> list[ChangeRequest]:
    """Return the held-back change requests: as the test set, and in no other split."""
    return [_change(row) for row in _rows("changes")]


# By name of the set: how a row becomes an item, and all items of the open splits.
SETS: dict[str, tuple[Callable, Callable]] = {
    "intents": (_message, lambda: [item for split in intents.SPLITS for item in intents.read(split)]),
    "changes": (
        _change,
        lambda: [item for split in change_requests.SPLITS for item in change_requests.load(split)],
    ),
}


def write(name: str, source: pathlib.Path) -> int:
    """Store the rows of a JSON Lines file as a set's held-back rows; return how many.

    Raises DataError naming the row: its fields or label are wrong, or its id or text is one of an open split, or
    repeated.
    """
    make, in_the_open = SETS[name]
    rows, known = files.read_jsonl(source), in_the_open()
    labels = sorted({item.label for item in known})
    taken = {found for item in known for found in (item.id, item.text)}
    for number, row in enumerate(rows, start=1):
        where = f"{source.name}, row {number}"
        try:
            item = make(row)
        except (KeyError, TypeError) as error:
            wanted = ", ".join(_rows(name)[0])
            raise DataError(f"{where}: not a row of {name} ({error}); a row has {wanted}") from None
        if item.label not in labels:
            raise DataError(f"{where}: the label {item.label!r} is none of {', '.join(labels)}")
        if not item.text.strip():
            raise DataError(f"{where}: its text is empty")
        for found in (item.id, item.text):
            if found in taken:
                raise DataError(f"{where}: {found!r} is there already; held-back rows are new ones")
            taken.add(found)
    if not rows:
        raise DataError(f"{source.name} holds no row; nothing was stored")
    lines = "\n".join(json.dumps(row) for row in rows)  # escaped, so that no text holds a line's end
    _path(name).write_text(base64.b85encode(zlib.compress(lines.encode(), 9)).decode() + "\n")
    return len(rows)


def main(arguments: list[str]) -> int:
    """Run the command line; see the top of this file."""
    match arguments:
        case ["read", name] if name in SETS:
            print("\n".join(json.dumps(row, ensure_ascii=False) for row in _rows(name)))
        case ["write", name, source] if name in SETS:
            try:
                print(f"{write(name, pathlib.Path(source))} held-back rows of {name} are stored")
            except DataError as error:
                print(f"error: {error}", file=sys.stderr)
                return 1
        case _:
            print(f"usage: held_back read NAME | write NAME FILE.jsonl; NAME is {' or '.join(SETS)}", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
