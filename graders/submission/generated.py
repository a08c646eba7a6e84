"""Writes the module that stands for a notebook, and keeps for each of its lines the cell it came from.

In a notebook a statement that fails leaves everything else as it was. So it is here: a statement that may fail when
the module is imported stands in a `try`, and what it raised is kept in the module's `__cell_errors__`.
"""

import ast
from collections.abc import Iterable, Sequence

from graders.submission.cells import LineScan, is_python
from graders.submission.model import LineMap
from graders.submission.reach import BUILTINS
from graders.submission.statements import Kind, Statement

CELL_ERRORS = "__cell_errors__"
CAUGHT = "_cell_error"
# What only a notebook has; where it is missing, calls of it do nothing.
NOTEBOOK_LIBRARIES = ("IPython", "google.colab", "ipywidgets")
NOTHING = "(lambda *objects, **options: None)"


def module_of(notebook: str, statements: Iterable[Statement], *, displays: bool) -> tuple[str, LineMap]:
    """Return a module's source and its line map.

    Args:
        notebook: the notebook's path, as the student knows it.
        statements: what the module holds, in order, `from __future__` first.
        displays: whether IPython's `display` is used without being imported.
    """
    ordered = list(statements)
    head = [s for s in ordered if s.kind is Kind.FUTURE]
    lines: list[str] = []
    places: list[tuple[int, int] | None] = []

    def add(statement: Statement, written: Sequence[str]) -> None:
        last = len(statement.lines) - 1
        shift = len(written) - len(statement.lines) - 1 if len(written) > len(statement.lines) else 0
        for index, line in enumerate(written):
            lines.append(line)
            places.append((statement.cell, statement.line + min(max(index - shift, 0), last)))

    for statement in head:
        add(statement, statement.lines)
    own = [f"{CELL_ERRORS}: list[tuple[str, str]] = []", *([f"display = get_ipython = {NOTHING}"] * displays)]
    lines += own
    places += [None] * len(own)
    for statement in ordered[len(head) :]:
        add(statement, guarded(notebook, statement) if may_fail(statement) else statement.lines)
    return "\n".join([*lines, ""]), LineMap(notebook=notebook, places=tuple(places))


def may_fail(statement: Statement) -> bool:
    """Return whether a statement can raise while the module is imported; a plain function or number cannot."""
    return statement.kind in (Kind.IMPORT, Kind.STAR, Kind.BLOCK) or bool(statement.now - BUILTINS or statement.calls)


def guarded(notebook: str, statement: Statement) -> Sequence[str]:
    """Return a statement's lines inside a `try` that keeps what it raised, and the other lines unchanged."""
    place = f"{notebook}, cell {statement.cell}, line {statement.line}"
    keep = f'{CELL_ERRORS}.append(({place!r}, f"{{type({CAUGHT}).__name__}}: {{{CAUGHT}}}"))'
    if statement.module.startswith(NOTEBOOK_LIBRARIES) and statement.binds:
        keep = " = ".join([*sorted(statement.binds), NOTHING])
    handler = f"except Exception as {CAUGHT}: {keep}"
    if statement.kind in (Kind.DEFINITION, Kind.BLOCK):
        written = ["try:", *indented(statement.lines), handler]
    else:
        written = [f"try: {statement.lines[0]}", *statement.lines[1:], handler]
    return written if is_python("\n".join(written)) else statement.lines


def unguarded(tree: ast.Module) -> ast.Module:
    """Return a generated module's tree as the student wrote it, each statement without the `try` around it."""
    body: list[ast.stmt] = []
    for node in tree.body:
        match node:
            case ast.Try(handlers=[ast.ExceptHandler(name=name)]) if name == CAUGHT:
                body += node.body
            case _:
                body.append(node)
    return ast.Module(body=body, type_ignores=[])


def indented(lines: Sequence[str]) -> list[str]:
    """Indent lines by four columns, but for those that begin inside a string."""
    scan = LineScan()
    kept = []
    for line in lines:
        kept.append(line if scan.in_string or not line.strip() else "    " + line)
        scan.read(line)
    return kept
