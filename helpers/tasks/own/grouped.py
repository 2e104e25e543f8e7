"""Lists of texts in objects that hold their label, as files of intents have them: a row for each text."""

from collections.abc import Iterator

from helpers.tasks.own.columns import plain

TEXTS = "patterns examples utterances text texts sentences phrases queries trainingphrases samples sampleutterances"
TAGS = {"tag", "intent", "name", "label", "category", "topic", "class", "key"}  # what names a list of texts
GROUPS = ("intents", "topics", "categories", "classes", "children")  # how a list of such objects in another one ends
DEEPEST = 5  # levels of these


def spread(rows: list, how: str) -> tuple[list, str, tuple[str, ...]]:
    """Return rows and how they were read; where objects hold a label and a list of its texts, a row for each text.

    Last come the objects that hold no texts or no label, by their names, which are left out then.

    >>> spread([{"name": "hi", "samples": ["Hello", "Hey there"]}, {"name": "stop", "samples": []}], "a list")[1:]
    ("a list, 'name' the label of all its 'samples'", ('stop',))
    """
    if not all(isinstance(one, dict) for one in rows):
        return rows, how, ()
    objects = list(_objects(rows))
    texts = [k for k in _texts(objects) if all(not one.get(k) or _all(one[k], str) for one in objects)]
    tags = [key for key in _names(objects) if plain(key) in TAGS]
    held, left = [], []
    for one in objects:
        tag = next((key for key in tags if isinstance(one.get(key), str)), None)
        some = next((key for key in texts if one.get(key)), None)
        if tag and some:
            held.append((one, tag, some))
        else:
            left.append(one[tag] if tag else str(one))
    found = [{"text": text, "label": one[tag]} for one, tag, some in held for text in one[some]]
    if len(found) < 2 * len(held) or len(found) < len(objects):
        return rows, how, ()
    _, tag, some = held[0]
    return found, f"{how}, {tag!r} the label of all its {some!r}", tuple(left)


def _objects(rows: list[dict], depth: int = 0) -> Iterator[dict]:
    """The objects of a list; in place of one without texts those of a list in it, as of intents below an intent."""
    groups, texts = [key for key in _names(rows) if plain(key).endswith(GROUPS)], _texts(rows)
    for one in rows:
        lists = (one[key] for key in groups if depth < DEEPEST and _all(one.get(key), dict))
        inner = next(lists, [])
        if not inner or any(key in one for key in texts):
            yield one
        yield from _objects(inner, depth + 1)


def _names(rows: list[dict]) -> list[str]:
    return list(dict.fromkeys(key for one in rows for key in one))


def _texts(rows: list[dict]) -> list[str]:
    return [key for key in _names(rows) if plain(key).replace("_", "") in TEXTS.split()]


def _all(value, kind: type) -> bool:
    return isinstance(value, list) and all(isinstance(one, kind) for one in value)
