"""The house by its imports: rooms, modules, arrows and circles; writes the picture of it in README.

`python notebooks/house.py` writes the picture, the lessons (contents.py), and what the course found (found.py); every
build does so too.
"""

import ast
import graphlib
import pathlib
from functools import cache

ROOT = pathlib.Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
ROOMS = ("machine", "statistics", "model", "tasks", "results", "methods", "lesson")  # from the ground up
DOORS = ("helpers.own_task",)  # commands at the top of the house: no room imports them
OPEN, CLOSE = "<!-- the house, written by notebooks/house.py -->", "<!-- end of the house -->"


def modules() -> dict[str, pathlib.Path]:
    """Return every module of helpers by its dotted name."""
    paths = sorted((ROOT / "helpers").rglob("*.py"))
    dotted = (".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths)
    return {name.removesuffix(".__init__"): path for name, path in zip(dotted, paths, strict=True)}


def room_of(dotted: str) -> str:
    """Return the room of a module; empty for the house itself and for its doors, which may use every room.

    >>> room_of("helpers.model.scoring"), room_of("helpers.own_task")
    ('model', '')
    """
    return dotted.split(".")[1] if "." in dotted and dotted not in DOORS else ""


@cache
def imports() -> dict[str, set[str]]:
    """Return the modules of helpers that each module imports anywhere, functions included."""
    known = modules()
    found: dict[str, set[str]] = {}
    for name, path in known.items():
        named: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "helpers":
                whole = (f"{node.module}.{alias.name}" for alias in node.names)
                named |= {one if one in known else str(node.module) for one in whole}
            elif isinstance(node, ast.Import):
                named |= {alias.name for alias in node.names if alias.name.split(".")[0] == "helpers"}
        found[name] = named
    return found


def circle() -> list[str]:
    """Return the modules of one circle of imports, first and last the same; empty if there is none."""
    try:
        graphlib.TopologicalSorter(imports()).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return []


def picture() -> str:
    """Return the house as a table in Markdown: each room, what it holds, and the rooms it stands on."""
    arrows = imports()
    lines = ["| room | holds | stands on |", "|---|---|---|"]
    for room in reversed(ROOMS):
        ours = [name for name in arrows if room_of(name) == room]
        holds = sorted({name.split(".")[2] for name in ours if name.count(".") > 1})
        below = {room_of(other) for name in ours for other in arrows[name]} - {room, ""}
        stands = ", ".join(sorted(below, key=ROOMS.index, reverse=True))
        lines.append(f"| **{room}** | {', '.join(holds) or 'one module'} | {stands or 'nothing'} |")
    return "\n".join(lines)


def readme() -> str:
    """Return README's text with today's house, lessons and what was found; raises ValueError where one has no place."""
    import contents
    import found  # only here: it loads what the lessons load
    import sources

    text = README.read_text(encoding="utf-8")
    parts = (
        ("the house", OPEN, CLOSE, picture),
        ("the lessons", contents.OPEN, contents.CLOSE, contents.table),
        ("what was found", found.OPEN, found.CLOSE, found.text),
    )
    for what, begin, end, write_part in parts:
        text = sources.placed(README.name, text, what, begin, end, write_part())
    return text


def write() -> None:
    """Write all of it into README."""
    README.write_text(readme(), encoding="utf-8")


if __name__ == "__main__":
    write()
