"""The house: seven rooms, each standing only on those below it."""

import ast
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
ROOMS = ("machine", "statistics", "model", "tasks", "results", "methods", "lesson")  # from the ground up
MODULES = sorted((ROOT / "helpers").rglob("*.py"))


def room_of(dotted: str) -> str:
    return dotted.split(".")[1] if dotted.count(".") else ""


def imports_of(path: pathlib.Path) -> set[str]:
    """The modules of the course that a file imports anywhere, functions included."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "helpers":
            found |= {node.module if node.module != "helpers" else f"helpers.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.split(".")[0] == "helpers"}
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_room_stands_on_those_below_it(path):
    own = path.relative_to(ROOT / "helpers").with_suffix("").parts[0]
    if own == "__init__":
        return
    upward = [name for name in imports_of(path) if ROOMS.index(room_of(name)) > ROOMS.index(own)]
    assert not upward, f"{own} may stand on {', '.join(ROOMS[: ROOMS.index(own)]) or 'nothing'}; it imports {upward}"
