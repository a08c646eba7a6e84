"""The template as one notebook: the same functions in cells, the questions in Markdown, nothing kept twice."""

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

import nbformat
from nbformat import NotebookNode

INTRODUCTION = """\
# A two-layer network from scratch

The task is in `README.md`. Fill in the functions here, in this notebook; it is what you hand in. Cells of your own may
stand wherever you like. To check yourself, save the notebook and run `pytest` in its folder, or `grade.py check`.
"""


def notebook_of(code: Mapping[str, str], answers: str) -> NotebookNode:
    """Return the notebook.

    Args:
        code: file name -> source of the template's modules, in the order of the task.
        answers: the Markdown of the questions.
    """
    cells = [("markdown", INTRODUCTION)]
    seen: set[str] = set()
    for name, text in code.items():
        local = {other.removesuffix(".py") for other in code}
        cells.append(("markdown", f"# {name.removesuffix('.py')}\n\n{ast.get_docstring(ast.parse(text)) or ''}"))
        cells += [("code", cell) for cell in code_cells(text, local, seen)]
    cells.append(("markdown", "# Answers"))
    cells += [("markdown", section) for section in sections(answers)]
    v4: Any = nbformat.v4  # it ships no annotations
    made: NotebookNode = v4.new_notebook(
        metadata={"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    )
    for number, (kind, source) in enumerate(cells, start=1):
        new = v4.new_code_cell if kind == "code" else v4.new_markdown_cell
        made.cells.append(new(source=source.strip(), id=f"cell-{number:02}"))  # the same notebook every time
    nbformat.validate(made)
    return made


def code_cells(text: str, local: set[str], seen: set[str]) -> Iterator[str]:
    """Yield a module's code: first what it begins with, then one cell for each function with what follows it.

    Args:
        text: the module's source.
        local: names of the template's modules; in a notebook there is nothing to import from them.
        seen: statements that an earlier module brought; they are left out, and this module's are added.
    """
    lines = text.splitlines()
    cell: list[str] = []
    for node in ast.parse(text).body:
        source = "\n".join(lines[node.lineno - 1 : node.end_lineno])
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_local = isinstance(node, ast.ImportFrom) and node.module in local
        if is_docstring or is_local or source in seen:
            continue
        seen.add(source)
        if isinstance(node, ast.FunctionDef) and cell:
            yield "\n".join(cell)
            cell = []
        cell.append(source)
    if cell:
        yield "\n".join(cell)


def sections(answers: str) -> Iterator[str]:
    """Yield the answers' sections, each with its heading."""
    yield from (part for part in re.split(r"(?=^## )", answers, flags=re.MULTILINE) if part.strip())
