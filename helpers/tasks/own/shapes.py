"""The shapes in which programs put a table into JSON, and what lies inside an object as columns."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from helpers.tasks.own import asked, grouped
from helpers.tasks.own.columns import NAMES, SPLITS, plain

DEEPEST = 8  # levels of an object that become columns; what lies deeper stays JSON
MOST_TOLD = 20  # objects of a list whose fields become columns; a longer list stays JSON
SCORED = {"label", "score"}  # one of several labels, as a classifier gives them
ANSWERS = {"assistant", "gpt", "model", "bot", "ai"}  # who speaks last in a conversation for tuning


@dataclass(frozen=True)
class Shape:
    """A table found in a value of JSON: its rows (objects, or lists of cells), what it was, and where it lay.

    left: objects beside these that hold no texts, by their names.
    """

    rows: list
    how: str
    path: str = ""
    left: tuple[str, ...] = ()


def tables_in(value, path: str = "", depth: int = 0) -> Iterator[Shape]:
    """Yield what can be read as a table in a value of JSON, at any depth of its objects.

    >>> [(one.rows, one.how) for one in tables_in({"a": {"text": ["x", "y"], "label": ["k", "k"]}})]
    [([{'text': 'x', 'label': 'k'}, {'text': 'y', 'label': 'k'}], 'a list for each column')]
    """
    if isinstance(value, list):
        below = None if depth else asked.rows(value)  # it looks at any depth by itself
        if below:
            yield Shape(*below, path)
            return
        if value and all(isinstance(one, list) and _is_pair(one) for one in value):  # spaCy
            value = [{"text": text, **rest} for text, rest in value]
        kinds = {type(one) for one in value}
        if any(issubclass(kind, dict) for kind in kinds) or kinds == {list}:
            kind = "the list" if path else "a list of lists" if kinds == {list} else "a list of objects"
            yield _spread(value, kind, path)
    elif isinstance(value, dict) and value and depth <= DEEPEST:
        ways = (_hub, _by_split, _snips, _pandas, _by_column, _by_label, _by_text)
        ways = ways if depth else (asked.rows, *ways)
        found = next(filter(None, (way(value) for way in ways)), None)
        if found:
            yield _spread(*found, path)
        else:
            for key, inner in value.items():
                yield from tables_in(inner, f"{path}.{key}" if path else key, depth + 1)


def _spread(rows: list, how: str, path: str) -> Shape:
    rows, how, left = grouped.spread(rows, how)
    return Shape(rows, how, path, left)


def _hub(value: dict) -> tuple[list, str] | None:
    """Rows as a hub's viewer gives them; numbers that stand for labels become their names."""
    rows, features = value.get("rows"), value.get("features")
    if not isinstance(rows, list) or not isinstance(features, list) or not rows:
        return None
    if not all(isinstance(one, dict) and isinstance(one.get("row"), dict) for one in rows):
        return None
    kinds = {one.get("name"): one.get("type") for one in features if isinstance(one, dict)}
    names = {name: kind["names"] for name, kind in kinds.items() if isinstance(kind, dict) and kind.get("names")}

    def said(name, cell):
        known = names.get(name, ())
        return known[cell] if isinstance(cell, int) and 0 <= cell < len(known) else cell

    told = f"; names for the numbers in {', '.join(map(repr, names))}" if names else ""
    return [{name: said(name, cell) for name, cell in one["row"].items()} for one in rows], f"rows of a hub{told}"


def _snips(value: dict) -> tuple[list, str] | None:
    """Utterances in pieces below their intents."""
    lists = {key: one.get("utterances") if isinstance(one, dict) else one for key, one in value.items()}
    if not all(isinstance(one, list) and one for one in lists.values()):
        return None
    if not all(isinstance(one, dict) and _pieces(one.get("data")) for some in lists.values() for one in some):
        return None
    rows = [{"text": _pieces(one["data"]), "label": key} for key, some in lists.items() for one in some]
    return rows, "utterances in pieces below intents"


def _pieces(value) -> str:
    """What pieces of one text say together; nothing where a value is no list of such pieces."""
    if not isinstance(value, list) or not all(
        isinstance(one, dict) and isinstance(one.get("text"), str) for one in value
    ):
        return ""
    known = {"text", "entity", "slot_name", "alias", "meta", "userDefined"}
    return "".join(one["text"] for one in value) if all(set(one) <= known for one in value) else ""


def _is_pair(row: list) -> bool:
    return len(row) == 2 and isinstance(row[0], str) and isinstance(row[1], dict) and "text" not in row[1]


def _by_text(value: dict) -> tuple[list, str] | None:
    """A label for each text: values that come again, below keys of several words."""
    labels = list(value.values())
    if len(labels) < 4 or not all(isinstance(one, str | int) for one in labels):
        return None
    if len(set(map(str, labels))) > len(labels) / 2 or sum(" " in key for key in value) < len(value) / 2:
        return None
    return [{"text": key, "label": label} for key, label in value.items()], "a label for each text"


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

    Of several objects in a list, as of several annotators, each field holds what they say, once. Labels with scores,
    as a classifier gives them, stay together.

    >>> list(flat({"id": 1, "row": {"text": "x", "tags": ["k"]}, "said": [{"by": "a", "k": 1}, {"by": "b", "k": 1}]}))
    [('id', 1), ('row.text', 'x'), ('row.tags', 'k'), ('said.by', ['a', 'b']), ('said.k', 1)]
    """
    if is_talk(value):
        yield f"{name}.text", "\n".join(_said(turn) for turn in value[:-1] if _speaker(turn) != "system")
        yield f"{name}.label", _said(value[-1])
    elif _pieces(value) and name.rpartition(".")[2] == "data":
        yield name, _pieces(value)
    elif isinstance(value, dict) and value and depth <= DEEPEST:
        for key, inner in value.items():
            yield from flat(inner, f"{name}.{key}" if name else key, depth + 1)
    elif isinstance(value, list) and all(isinstance(one, dict) and set(one) == SCORED for one in value):
        yield name, value
    elif isinstance(value, list) and len(value) == 1 and depth <= DEEPEST:
        yield from flat(value[0], name, depth + 1)
    elif _said_by_several(value, name):
        leaves: dict[str, list] = {}
        for one in value:
            for key, leaf in flat(one, name, depth + 1):
                said = leaves.setdefault(key, [])
                said.extend(one for one in (leaf if isinstance(leaf, list) else [leaf]) if one not in said)
        yield from ((key, said[0] if len(said) == 1 else said) for key, said in leaves.items())
    else:
        yield name, value


def _said_by_several(value, name: str) -> bool:
    """Whether a value is a list of a few objects, as several annotators give them; words of a text are none."""
    if not isinstance(value, list) or name.rpartition(".")[2] == "tokens":
        return False
    return 1 < len(value) <= MOST_TOLD and all(isinstance(one, dict) for one in value)


def cell(value) -> str:
    """Return a value of JSON as the text of a cell: words as they are, nothing for null or [], the rest as JSON."""
    if value is None or value in ([], {}):
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
