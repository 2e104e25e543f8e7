"""Agents of Dialogflow, as they are exported into a folder (ES and CX): the phrases of each intent, with its name."""

import json
import pathlib

from helpers.tasks.files import DataError
from helpers.tasks.own import opened
from helpers.tasks.own.cleaning import Row

CALLED = "_usersays_"  # what stands between an intent's name and its language, in the name of a file
MOST_BYTES = 20_000_000
KIND = "an agent of Dialogflow"


def files_of(folder: pathlib.Path) -> dict[pathlib.Path, str]:
    """Return the files below a folder that hold phrases, with the intent of each; none where it holds no agent."""
    if not (folder / "agent.json").is_file() or not (folder / "intents").is_dir():
        return {}
    flat = {path: path.stem.rpartition(CALLED)[0] for path in sorted((folder / "intents").glob(f"*{CALLED}*.json"))}
    deep = sorted((folder / "intents").glob("*/trainingPhrases/*.json"))
    return flat or {path: path.parent.parent.name for path in deep}


def rows_of(folder: pathlib.Path, path: pathlib.Path, intent: str) -> list[Row]:
    """Return the phrases of a file, their pieces joined; raises DataError if it holds none."""
    name = path.relative_to(folder).as_posix()
    try:
        value = json.loads(opened.decode(name, opened.raw(path, MOST_BYTES))[0])
        phrases = value["trainingPhrases"] if isinstance(value, dict) else value
        pieces = [one.get("parts", one.get("data")) for one in phrases]
        texts = ["".join(part["text"] for part in some) for some in pieces]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(f"{name} does not hold the phrases of an intent ({error})") from None
    return [Row(f"{name}, phrase {i}", text, intent) for i, text in enumerate(texts, start=1)]
