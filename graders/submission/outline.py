"""What a .py file defines and imports at top level, found without running it."""

import ast
import symtable
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from graders.submission.model import Notice
from graders.submission.source import no_warnings, parse_quietly

Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A module seen from outside.

    Args:
        binds: names that it binds at top level.
        defines: functions and classes that it defines at top level, under no condition -> their lines.
        imports: dotted names that it imports without leading dots, anywhere; `a.b` for `from a import b`.
        climbs: the most leading dots of a relative import, 0 without any.
    """

    binds: frozenset[str]
    defines: dict[str, tuple[int, ...]]
    imports: frozenset[str]
    climbs: int


def outline(text: str) -> Outline:
    """Return the outline of Python source that compiles."""
    tree = parse_quietly(text)
    with no_warnings():
        symbols = symtable.symtable(text, "<submission>", "exec").get_symbols()
    defines: dict[str, list[int]] = defaultdict(list)
    for node in tree.body:
        if isinstance(node, Definition) and not is_one_of_several(node):
            defines[node.name].append(node.lineno)
    imports = list(imported(tree))
    return Outline(
        binds=frozenset(s.get_name() for s in symbols if s.is_assigned() or s.is_imported()),
        defines={name: tuple(lines) for name, lines in defines.items()},
        imports=frozenset(name for name, level in imports if not level),
        climbs=max((level for _, level in imports), default=0),
    )


def imported(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield what a module imports: a dotted name and the number of leading dots."""
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, 0) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((f"{node.module or ''}.{alias.name}".strip("."), node.level) for alias in node.names)


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield every statement, and what holds statements; expressions, most of a tree, hold none."""
    left: list[ast.AST] = [tree]
    while left:
        node = left.pop()
        yield node
        left += [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr)]


def is_one_of_several(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """Return whether a definition shares its name on purpose: `@overload`, `@f.register`, `@x.setter`, `_`."""
    names = {part.id for d in node.decorator_list for part in ast.walk(d) if isinstance(part, ast.Name)}
    attributes = {part.attr for d in node.decorator_list for part in ast.walk(d) if isinstance(part, ast.Attribute)}
    return node.name == "_" or node.name in names or "overload" in names | attributes


def repeated_definitions(path: str, found: Outline) -> Iterator[Notice]:
    """Yield a notice for each function that a file defines more than once."""
    for name, lines in found.defines.items():
        if len(lines) > 1:
            places = " and again on ".join(f"line {line}" for line in lines)
            yield Notice(message=f"{name} is defined on {places}; the last one counts", where=path)
