"""Which functions of the contract are not written yet, found without running anything.

Only what is certain counts: a function that is left as the template has it, or that no file binds. Everything else
is for the exam room to find out.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from graders.submission.generated import unguarded
from graders.submission.model import Submission
from graders.submission.outline import outline
from graders.submission.reach import BY_TEXT
from graders.submission.source import parse_quietly
from graders.wire.contract import MODULE_OF


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwritten:
    """A function that is not written yet.

    Args:
        message: a sentence for the student.
        where: its place, "" where there is none.
    """

    message: str
    where: str = ""


def unwritten(submission: Submission) -> Mapping[str, Unwritten]:
    """Return contract function -> how it is not written, for those that certainly are not."""
    paths = {module: f"{name.replace('.', '/')}.py" for module, name in submission.modules.items()}
    if submission.notebook_module:
        paths[""] = f"{submission.notebook_module.replace('.', '/')}.py"
    sources = {path: submission.files[path].decode() for path in paths.values() if path not in submission.faults}
    if submission.faults or not sources or any(_is_open(text) for text in sources.values()):
        return {}
    trees = {path: unguarded(parse_quietly(text)) for path, text in sources.items()}
    binds = {path: outline(text).binds for path, text in sources.items()}
    found: dict[str, Unwritten] = {}
    for function, own in MODULE_OF.items():
        expected = [paths[module] for module in (own, "") if module in paths]
        places = [path for path in dict.fromkeys([*expected, *paths.values()]) if function in binds[path]]
        if not places:
            there = f"{own}.py" if own in paths or "" not in paths else "the notebook"
            found[function] = Unwritten(message=f"{there} defines no function {function}")
            continue
        line = _stub_line(trees[places[0]], function)
        if line:
            origin = submission.origins.get(places[0])
            where = (origin and origin.describe(line)) or f"{places[0]}, line {line}"
            found[function] = Unwritten(message=f"{function} is not written yet", where=where)
    return found


def _is_open(text: str) -> bool:
    """Tell whether a file may bind names that its text does not show."""
    tree = parse_quietly(text)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    stars = any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in ast.walk(tree))
    return stars or bool(names & (BY_TEXT | {"setattr", "vars", "__import__", "__getattr__", "modules"}))


def _stub_line(tree: ast.Module, function: str) -> int:
    """Return the line on which a function refuses to work and does nothing else; 0 if it is written."""
    stubs = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function]
    bound = sum(
        (isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == function)
        or (isinstance(node, ast.Name) and node.id == function and not isinstance(node.ctx, ast.Load))
        or (isinstance(node, ast.alias) and (node.asname or node.name.partition(".")[0]) == function)
        for node in ast.walk(tree)
    )
    if len(stubs) != 1 or bound != 1 or stubs[0].decorator_list:
        return 0
    body = [node for node in stubs[0].body if not _is_text(node)]
    match body:
        case [ast.Raise(exc=ast.Name(id="NotImplementedError") | ast.Call(func=ast.Name(id="NotImplementedError")))]:
            return body[0].lineno
    return 0


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
