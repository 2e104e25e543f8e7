"""What a lesson defines, without running the lesson: so that a measurement asks with the lesson's own prompts."""

import ast
import pathlib
from collections.abc import Iterable

from sources import SOURCES


def named(statement: ast.stmt) -> set[str]:
    """Return the names that a statement defines: of a function, or those on the left of an assignment."""
    if isinstance(statement, ast.FunctionDef):
        return {statement.name}
    if isinstance(statement, ast.Assign):
        found = (ast.walk(target) for target in statement.targets)
        return {node.id for target in found for node in target if isinstance(node, ast.Name)}
    return set()


def definitions(lesson: str, wanted: Iterable[str], known: dict, folder: pathlib.Path = SOURCES) -> dict:
    """Return name -> what a lesson's source defines under it, in the order in which the source does.

    Imports are run, and only those statements of a cell's top level that define a wanted name: what they need must be
    wanted, too, or known. Of a name that is defined several times the last definition counts.

    known: name -> value for what is not to be taken from the lesson, such as the model. Raises ValueError for a name
    that the source does not define.
    """
    wanted = set(wanted) - set(known)
    path = folder / f"{lesson}.py"
    body = ast.parse(path.read_text(encoding="utf-8")).body
    if missing := wanted - set().union(*map(named, body)):
        raise ValueError(f"{path.name} does not define {', '.join(sorted(missing))}")
    space = {"__name__": lesson, **known}
    for statement in body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)) or named(statement) & wanted:
            exec(compile(ast.Module([statement], []), str(path), "exec"), space)
            space.update(known)
    return {name: space[name] for name in (*wanted, *known)}
