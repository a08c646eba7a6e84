"""The right functions that stand in for wrong ones: the worked solution, cut down to what a question needs.

A room gets the functions that are replaced and what those are made of, and nothing else: what a criterion is about is
never among them, so a submission cannot earn points with code that it finds there.
"""

import ast
import functools
from collections.abc import Iterable, Mapping
from pathlib import Path

REFERENCE = Path(__file__).resolve().parents[2] / "reference"
MODULES = ("mlp_numpy", "mlp_torch")


@functools.cache
def right_functions(names: tuple[str, ...]) -> Mapping[str, str]:
    """Return module name -> source that defines these functions and the names they need."""
    wanted: dict[str, set[str]] = {module: set() for module in MODULES}
    for name in names:
        home = next(module for module in MODULES if name in _definitions(module))
        wanted[home].add(name)
    sources: dict[str, str] = {}
    for module in reversed(MODULES):  # the port may need functions of the NumPy half, never the other way round
        needed = _closure(module, wanted[module])
        sources[module] = _source(module, needed)
        for sibling, imported in _sibling_imports(module, needed):
            wanted[sibling].add(imported)
    return {module: sources[module] for module in MODULES if wanted[module]}


@functools.cache
def _tree(module: str) -> ast.Module:
    return ast.parse((REFERENCE / f"{module}.py").read_text(encoding="utf-8"))


@functools.cache
def _definitions(module: str) -> Mapping[str, ast.stmt]:
    """Return name -> the top-level statement that binds it; imports of siblings are left out."""
    found: dict[str, ast.stmt] = {}
    for node in _tree(module).body:
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                found[node.name] = node
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                found[name] = node
    return found


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _closure(module: str, names: Iterable[str]) -> set[str]:
    """Return all top-level names of a module that these need, themselves included."""
    known = _definitions(module)
    needed: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        needed.add(name)
        waiting |= {n for n in _names(known[name]) if n in known} - needed
    return needed


def _sibling_imports(module: str, needed: set[str]) -> Iterable[tuple[str, str]]:
    """Yield (sibling module, name) for what the needed statements use of the other half."""
    used = set().union(*(_names(_definitions(module)[name]) for name in needed))
    for node in _tree(module).body:
        if isinstance(node, ast.ImportFrom) and node.module in MODULES:
            yield from ((node.module, alias.name) for alias in node.names if (alias.asname or alias.name) in used)


def _source(module: str, needed: set[str]) -> str:
    siblings = set(_sibling_imports(module, needed))
    kept: list[ast.stmt] = []
    for node in _tree(module).body:
        if isinstance(node, ast.ImportFrom) and node.module in MODULES:
            names = [alias for alias in node.names if (node.module, alias.name) in siblings]
            kept += [ast.ImportFrom(module=node.module, names=names, level=0)] if names else []
        elif isinstance(node, ast.Import | ast.ImportFrom) or node in [_definitions(module)[n] for n in needed]:
            kept.append(node)
    return ast.unparse(ast.Module(body=kept, type_ignores=[]))
