"""Says which parts of helpers a lesson's code can reach: functions, classes and constants, by the names they use.

Read from the texts alone, so it errs to the side of more: a name counts wherever it stands, and what cannot be followed
(a module handed on as such, one imported by its name as a text) counts whole. Statements that run on import always
count, save a module's own command line.
"""

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

WHOLE, ALWAYS = "*", ""  # a whole module; what runs whenever it is imported
# Decorators that change or keep a function and hand it nowhere else; others may register it, so it always counts.
PLAIN = {
    *("cache", "cached_property", "classmethod", "contextmanager", "dataclass", "inference_mode", "lru_cache"),
    *("no_grad", "property", "setter", "staticmethod", "total_ordering", "wraps"),
}
Place = tuple[str, str]  # a module by its dotted name, and a name in it


def digest(what) -> str:
    """Return 16 hex digits that stand for bytes or any JSON value."""
    raw = what if isinstance(what, bytes) else json.dumps(what, sort_keys=True).encode()
    return hashlib.sha256(raw).hexdigest()[:16]


def shape(node):
    """Return a syntax tree as lists without what does not run or differs between Python versions."""
    if isinstance(node, list):
        return [shape(part) for part in node]
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = {name: value for name, value in ast.iter_fields(node) if value is not None and value != []}
    body = fields.get("body")
    if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and body:
        fields["body"] = body[_is_text(body[0]) :]
    fields.pop("kind", None)  # u"text" is "text"
    return [type(node).__name__, {name: shape(value) for name, value in fields.items()}]


def hash_of_code(source: str) -> str:
    r"""Return a hash of what a Python text does: comments, docstrings and layout do not count.

    >>> hash_of_code("def f():\n    'Say one.'\n    return 1  # one") == hash_of_code("def f(): return 1")
    True
    """
    return digest(shape(ast.parse(source)))


@dataclass
class Part:
    """A piece of a module: a hash of what it does, the names that it uses with their attributes, its own imports."""

    hashed: str = ""
    uses: set[tuple[str, ...]] = field(default_factory=set)
    imports: dict[str, Place] = field(default_factory=dict)


@dataclass
class Module:
    """A module by its parts, by what its names stand for that are imported, and the modules that it names at all."""

    parts: dict[str, Part] = field(default_factory=dict)
    imports: dict[str, Place] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)


def _imported(node: ast.AST) -> Iterator[tuple[str, Place]]:
    """The names that an import statement binds, with what each stands for."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            first = alias.name.split(".")[0]
            yield (alias.asname, (alias.name, WHOLE)) if alias.asname else (first, (first, WHOLE))
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name, ("." * node.level + (node.module or ""), alias.name)


def _is_text(node: ast.stmt) -> bool:
    """Whether a statement is a text and nothing else, as a docstring is."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_command_line(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__name__" in {n.id for n in ast.walk(node.test) if isinstance(n, ast.Name)}


def _registers(node: ast.stmt) -> bool:
    """Whether a function or class has a decorator that may hand it on."""
    for decorator in node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if (called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")) not in PLAIN:
            return True
    return False


def _makes(node: ast.stmt) -> list[str]:
    """The names that a statement of a module makes; none if it does something else too."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [] if _registers(node) else [node.name]
    if not isinstance(node, (ast.Assign, ast.AnnAssign)):
        return []
    inner = [n for target in getattr(node, "targets", [getattr(node, "target", None)]) for n in ast.walk(target)]
    changes = any(isinstance(n, (ast.Attribute, ast.Subscript)) for n in inner)
    return [] if changes else [n.id for n in inner if isinstance(n, ast.Name)]


def _uses(node: ast.AST) -> Iterator[tuple[str, ...]]:
    """The names that code uses, each with the attributes that follow it: `a.b.c` is ("a", "b", "c")."""
    followed = {id(n.value) for n in ast.walk(node) if isinstance(n, ast.Attribute)}
    for one in ast.walk(node):
        path: list[str] = []
        while isinstance(one, ast.Attribute) and (path or id(one) not in followed):
            path.append(one.attr)
            one = one.value
        if isinstance(one, ast.Name) and (path or id(one) not in followed):
            yield (one.id, *reversed(path))


@cache
def read(text: str) -> Module:
    """Return a module's text by its parts."""
    module, pieces = Module(), {}
    for node in ast.parse(text).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            module.imports |= dict(_imported(node))
        elif not (_is_command_line(node) or _is_text(node)):
            for name in _makes(node) or [ALWAYS]:
                pieces.setdefault(name, []).append(node)
    for name, nodes in pieces.items():
        inner = [one for node in nodes for one in ast.walk(node)]
        found = dict(bound for one in inner for bound in _imported(one))
        module.parts[name] = Part(digest(shape(nodes)), {use for node in nodes for use in _uses(node)}, found)
    every = [*module.imports.values(), *(place for part in module.parts.values() for place in part.imports.values())]
    module.named = {name for place in every for name in (place[0], ".".join(place))}
    return module


class House:
    """All modules of helpers, by their dotted names, to be asked what a lesson's code reaches in them."""

    def __init__(self, texts: Mapping[str, str]):
        self.texts = dict(texts)

    def hashes(self, code: str, ran: Iterable[str]) -> dict[str, str]:
        """Return module -> hash of the parts that a lesson's code reaches, of the modules that its run imported."""
        found = {}
        for name, reached in sorted(self.reached(code, ran).items()):
            there = read(self.texts[name])
            parts = {part: there.parts[part] for part in reached if part in there.parts}
            bound = {use[0]: there.imports.get(use[0]) for part in parts.values() for use in part.uses}
            found[name] = digest([{part: one.hashed for part, one in parts.items()}, bound])
        return found

    def reached(self, code: str, ran: Iterable[str]) -> dict[str, list[str]]:
        """Return module -> the parts of it that a lesson's code can reach, of the modules that its run imported.

        A module that no import statement names was imported by its name as a text: it counts whole.
        """
        ran = {name for name in ran if name in self.texts}
        lesson = read(code)
        named = lesson.named.union(*(read(self.texts[name]).named for name in ran))
        packages = {name for name in ran if any(other.startswith(f"{name}.") for other in ran)}
        waiting = [(name, ALWAYS) for name in ran] + [(name, WHOLE) for name in ran - named - packages]
        waiting += [place for part in lesson.parts.values() for place in self._used(part, lesson, "")]
        seen: set[Place] = set()
        while waiting:
            module, name = waiting.pop()
            if (module, name) in seen or module not in ran:
                continue
            seen.add((module, name))
            there = read(self.texts[module])
            if name == WHOLE:
                waiting += [(module, part) for part in there.parts]
                found = [self._resolve(place, ()) for place in there.imports.values()]
                waiting += [place for place in found if place and place[1] != WHOLE]
            elif name in there.parts:
                waiting += self._used(there.parts[name], there, module)
        return {module: sorted({name for found, name in seen if found == module and name != WHOLE}) for module in ran}

    def _used(self, part: Part, there: Module, module: str) -> Iterator[Place]:
        """The places of helpers that a part of a module uses."""
        bound = {**there.imports, **part.imports}
        for name, *path in part.uses:
            found = self._resolve(bound[name], tuple(path)) if name in bound else (module, name)
            if found and (name in bound or name in there.parts):
                yield found

    def _resolve(self, place: Place, path: tuple[str, ...]) -> Place | None:
        """What a place stands for once attributes are looked up in it: a part of a module, or all of one."""
        module, name = place
        if name != WHOLE and f"{module}.{name}" in self.texts:
            module, name = f"{module}.{name}", WHOLE
        while name == WHOLE and path and f"{module}.{path[0]}" in self.texts:
            module, path = f"{module}.{path[0]}", path[1:]
        if module not in self.texts:
            return None
        if name == WHOLE and path:
            name, path = path[0], path[1:]
        there = read(self.texts[module])
        if name in there.imports and name not in there.parts:
            return self._resolve(there.imports[name], path)
        return module, name
