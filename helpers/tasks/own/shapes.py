"""The shapes in which programs put a table into JSON, and what lies inside an object as columns."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from helpers.tasks.own.columns import NAMES, SPLITS, plain

DEEPEST = 8  # levels of an object that become columns; what lies deeper stays JSON
ANSWERS = {"assistant", "gpt", "model", "bot", "ai"}  # who speaks last in a conversation for tuning


@dataclass(frozen=True)
class Shape:
    """A table found in a value of JSON: its rows (objects, or lists of cells), what it was, and where it lay."""

    rows: list
    how: str
    path: str = ""


def tables_in(value, path: str = "", depth: int = 0) -> Iterator[Shape]:
    """Yield what can be read as a table in a value of JSON, at any depth of its objects.

    >>> [(one.rows, one.how) for one in tables_in({"a": {"text": ["x", "y"], "label": ["k", "k"]}})]
    [([{'text': 'x', 'label': 'k'}, {'text': 'y', 'label': 'k'}], 'a list for each column')]
    """
    if isinstance(value, list):
        kinds = {type(one) for one in value}
        if any(issubclass(kind, dict) for kind in kinds) or kinds == {list}:
            kind = "the list" if path else "a list of lists" if kinds == {list} else "a list of objects"
            yield Shape(value, kind, path)
    elif isinstance(value, dict) and value and depth <= DEEPEST:
        found = _squad(value) or _by_split(value) or _pandas(value) or _by_column(value) or _by_label(value)
        if found:
            yield Shape(*found, path)
        else:
            for key, inner in value.items():
                yield from tables_in(inner, f"{path}.{key}" if path else key, depth + 1)


def _squad(value: dict) -> tuple[list, str] | None:
    """Questions below paragraphs below articles, as SQuAD holds them; what has no answer is `not stated`."""
    try:
        rows = [
            {
                "question": asked["question"],
                "answer": list(dict.fromkeys(one["text"] for one in asked["answers"])) or ["not stated"],
                "document": article.get("title", ""),
                "context": paragraph["context"],
            }
            for article in value["data"]
            for paragraph in article["paragraphs"]
            for asked in paragraph["qas"]
        ]
    except (KeyError, TypeError, AttributeError):
        return None
    return (rows, "questions below paragraphs, as in SQuAD") if rows else None


def _split_of(key: str) -> str | None:
    return SPLITS.get(key.lower()) or SPLITS.get(key.lower().rpartition("_")[2])


def _by_split(value: dict) -> tuple[list, str] | None:
    parts = {key: part for key, part in value.items() if isinstance(part, list) and part}
    if not parts or not all(map(_split_of, parts)):
        return None
    rows = [(_split_of(key), row) for key, part in parts.items() for row in part]
    if all(isinstance(row, dict) for _, row in rows):
        return [{"split": split, **row} for split, row in rows], "a list for each split"
    if all(isinstance(row, list) and len(row) == 2 for _, row in rows):
        return [{"text": row[0], "label": row[1], "split": split} for split, row in rows], "a list for each split"
    return None


def _pandas(value: dict) -> tuple[list, str] | None:
    """What pandas writes: rows beside the names of columns, or an object for each column or each row."""
    names, data = value.get("columns"), value.get("data")
    if isinstance(names, list) and isinstance(data, list) and len(set(map(str, names))) == len(names):
        whole = all(isinstance(row, list) and len(row) == len(names) for row in data)
        return ([dict(zip(map(str, names), row, strict=True)) for row in data], "columns and data") if whole else None
    inner = list(value.values())
    if len(inner) < 2 or not all(isinstance(one, dict) and one for one in inner):
        return None
    if len({tuple(one) for one in inner}) > 1:
        return None
    if all(key.isdecimal() for key in inner[0]):
        return [{key: value[key][i] for key in value} for i in inner[0]], "an object for each column"
    return [{"key": key, **row} for key, row in value.items()], "an object for each row"


def _by_column(value: dict) -> tuple[list, str] | None:
    columns = list(value.values())
    if len(columns) < 2 or not all(isinstance(one, list) and one for one in columns):
        return None
    if len({len(one) for one in columns}) > 1 or any(isinstance(cell, (dict, list)) for one in columns for cell in one):
        return None
    known = {name for names in NAMES.values() for name in names}
    repeats = any(len(set(map(str, one))) < len(one) for one in columns)
    words = all(isinstance(cell, str) for one in columns for cell in one)
    if words and not repeats and not any(plain(key) in known for key in value):
        return None  # more likely texts by their labels
    return [dict(zip(value, cells, strict=True)) for cells in zip(*columns, strict=True)], "a list for each column"


def _by_label(value: dict) -> tuple[list, str] | None:
    if len(value) < 2 or not all(isinstance(one, list) for one in value.values()):
        return None
    if not all(isinstance(text, str) for texts in value.values() for text in texts):
        return None
    return [{"text": text, "label": key} for key, texts in value.items() for text in texts], "a list for each label"


def is_talk(value) -> bool:
    """Return whether a value is a conversation that ends with an answer, as files for tuning hold it."""
    return (
        isinstance(value, list)
        and len(value) > 1
        and all(isinstance(turn, dict) and isinstance(_said(turn), str) for turn in value)
        and _speaker(value[-1]) in ANSWERS
    )


def _speaker(turn: dict) -> str:
    return str(turn.get("role") or turn.get("from")).lower()


def _said(turn: dict):
    return turn.get("content", turn.get("value"))


def flat(value, name: str = "", depth: int = 0) -> Iterator[tuple[str, object]]:
    """Yield the fields of an object as names and cells; a list of one is what it holds, other lists stay.

    >>> list(flat({"id": 1, "row": {"text": "x", "tags": ["k"]}}))
    [('id', 1), ('row.text', 'x'), ('row.tags', 'k')]
    """
    if is_talk(value):
        yield f"{name}.text", "\n".join(_said(turn) for turn in value[:-1] if _speaker(turn) != "system")
        yield f"{name}.label", _said(value[-1])
    elif isinstance(value, dict) and value and depth <= DEEPEST:
        for key, inner in value.items():
            yield from flat(inner, f"{name}.{key}" if name else key, depth + 1)
    elif isinstance(value, list) and len(value) == 1 and depth <= DEEPEST:
        yield from flat(value[0], name, depth + 1)
    else:
        yield name, value


def cell(value) -> str:
    """Return a value of JSON as the text of a cell: words as they are, nothing for null, the rest as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
