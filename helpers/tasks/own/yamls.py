"""YAML to a table: lists of objects, texts below their labels, and the other shapes that JSON may have.

Every scalar is a word as it is written (`no` is no, `1.10` is 1.10). References are refused, for they can grow without
end. What Rasa writes is by_line's.
"""

from typing import NoReturn

import yaml

from helpers.tasks.files import DataError
from helpers.tasks.own import records
from helpers.tasks.own.tables import Table

MOST = 5_000_000  # characters, which take some seconds
DEEPEST = 30


class _Words(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):
    """Reads all scalars as words, and refuses a name that stands twice, of which YAML would drop the first."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def parse(name: str, text: str) -> Table | None:
    """Return the table that a YAML file holds; None where it is one text and no YAML.

    Raises DataError, with the line, if it is broken, too large or too deep, or has references.
    """
    if len(text) > MOST:
        raise DataError(f"{name} is YAML of {len(text) / 1e6:.0f} million characters; save it as JSON, and name that")
    depth = 0
    try:
        for event in yaml.parse(text, Loader=_Words):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent):
                _refuse(name, event.start_mark.line, "a reference (*); write out what it stands for")
            if depth > DEEPEST:
                _refuse(name, event.start_mark.line, f"more than {DEEPEST} levels; save the list of texts alone")
        whole = list(yaml.load_all(text, Loader=_Words))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error)
        _refuse(name, mark.line if mark else 0, f"no YAML ({what}); mend it there, or rename it if it is a table")
    value = whole[0] if len(whole) == 1 else whole
    return records.of_whole(name, value, "YAML") if isinstance(value, (list, dict)) else None


def _refuse(name: str, line: int, what: str) -> NoReturn:
    raise DataError(f"{name}, line {line + 1}: holds {what}")
