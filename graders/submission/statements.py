"""The top-level statements of notebook cells: which names each one binds, changes, and reads now or later.

"Now" is while the statement runs: a default, a decorator, a base class, the right side of an assignment.
"Later" is when a function that it defines is called.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from graders.submission.scopes import names_of
from graders.submission.source import parse_quietly

# Methods that change the object they are called on.
CHANGING = frozenset(
    {
        "append",
        "extend",
        "insert",
        "update",
        "add",
        "setdefault",
        "pop",
        "popitem",
        "remove",
        "discard",
        "clear",
        "sort",
        "reverse",
        "fill",
        "setflags",
        "load_state_dict",
        "add_module",
        "register_buffer",
        "to",
        "eval",
        "apply",
        "double",
    }
)
# Functions that change their first argument.
CHANGING_ARGUMENT = frozenset({"shuffle", "copyto", "fill_diagonal", "heappush", "setattr", "put", "place"})
# Settings of a library, which hold for everything that is computed with it afterwards.
SETTINGS = frozenset(
    {
        "seed",
        "manual_seed",
        "set_default_dtype",
        "set_num_threads",
        "seterr",
        "use",
        "switch_backend",
        "filterwarnings",
        "simplefilter",
        "setrecursionlimit",
        "use_deterministic_algorithms",
        "set_printoptions",
    }
)
PATH = "sys.path"  # stands for the list of folders that modules are looked for in; no identifier, so no clash

FunctionNode = (ast.FunctionDef, ast.AsyncFunctionDef)


class Kind(Enum):
    """What a statement is for."""

    FUTURE = auto()
    IMPORT = auto()
    STAR = auto()
    DEFINITION = auto()
    ASSIGNMENT = auto()
    BLOCK = auto()
    EXPRESSION = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One top-level statement.

    Args:
        cell: number of its cell.
        line: its first line in the cell.
        lines: its source, without the rest of lines that it shares with others.
        kind: what it is for.
        binds: names that it binds.
        replaces: those of `binds` whose earlier value is gone for certain afterwards.
        changes: names whose value it changes without binding them, as `params["W1"] = W` does.
        now: names that are read while it runs.
        later: names that are read when the functions it defines are called.
        sets_global: names that its functions bind with a `global` statement.
        calls: base names of what it calls while it runs (`trainer` for `trainer.fit()`).
        fits: whether it calls a method `fit` or `backward`.
        loops: whether it holds a `for` or `while` statement that runs with it.
        module: the module that it imports from, "" for any other statement.
    """

    cell: int
    line: int
    lines: tuple[str, ...]
    kind: Kind
    binds: frozenset[str]
    replaces: frozenset[str]
    changes: frozenset[str]
    now: frozenset[str]
    later: frozenset[str]
    sets_global: frozenset[str]
    calls: frozenset[str]
    fits: bool
    loops: bool
    module: str


def statements_of(cell: int, text: str) -> list[Statement]:
    """Return the top-level statements of a cell's Python that can stand in a module.

    A statement that awaits, which only a notebook may do at top level, is left out, and so is `del`.

    Args:
        cell: number of the cell.
        text: Python that compiles.
    """
    body = parse_quietly(text).body
    lines = text.split("\n")
    spans = [(first_line(node), node.end_lineno or node.lineno) for node in body]
    found = []
    for index, node in enumerate(body):
        alone_above = index == 0 or spans[index - 1][1] < spans[index][0]
        alone_below = index == len(body) - 1 or spans[index][1] < spans[index + 1][0]
        if isinstance(node, ast.Delete) or awaits(node):
            continue
        source = cut(lines, node, alone_above=alone_above, alone_below=alone_below)
        found.append(examine(cell, node, source))
    return found


def first_line(node: ast.stmt) -> int:
    """Return the line a statement begins on, its decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def cut(lines: Sequence[str], node: ast.stmt, *, alone_above: bool, alone_below: bool) -> tuple[str, ...]:
    """Return a statement's lines; of a line shared with another statement only its own part."""
    last = node.end_lineno or node.lineno
    kept = list(lines[first_line(node) - 1 : last])
    if not alone_below and node.end_col_offset is not None:
        kept[-1] = kept[-1].encode()[: node.end_col_offset].decode()
    if not alone_above:
        kept[0] = kept[0].encode()[node.col_offset :].decode()
    return tuple(kept)


def awaits(node: ast.AST) -> bool:
    """Return whether a statement awaits something while it runs."""
    return any(
        isinstance(part, ast.Await | ast.AsyncFor | ast.AsyncWith)
        or (isinstance(part, ast.comprehension) and part.is_async)
        for part in running(node)
    )


def running(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run with a statement: all but the bodies of the functions it defines."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, ast.Lambda):
            waiting += [*part.args.defaults, *(d for d in part.args.kw_defaults if d)]
        elif isinstance(part, FunctionNode):
            waiting += [*part.decorator_list, part.args, *([part.returns] if part.returns else [])]
        else:
            waiting += ast.iter_child_nodes(part)


def base_name(node: ast.AST) -> str:
    """Return the name that an attribute, an item or a call starts from, "" if it starts from none."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def changed_by(node: ast.AST) -> str:
    """Return the name whose value a node changes in place, "" if it changes none."""
    if isinstance(node, ast.AugAssign):
        return base_name(node.target)
    if isinstance(node, ast.Attribute | ast.Subscript):
        return base_name(node) if isinstance(node.ctx, ast.Store | ast.Del) else ""
    if not isinstance(node, ast.Call):
        return ""
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    name = getattr(node.func, "attr", base_name(node.func))
    in_place = name.endswith("_") and not name.endswith("__")
    if owner is not None and own_name(owner) == "path" and base_name(owner) == "sys":
        return PATH
    if owner is not None and (name in CHANGING or (in_place and own_name(owner) != "init")):
        return base_name(owner)
    if node.args and (name in CHANGING_ARGUMENT or in_place):
        return base_name(node.args[0])
    return next((base_name(keyword.value) for keyword in node.keywords if keyword.arg == "out"), "")


def own_name(node: ast.AST) -> str:
    """Return the last name of `a.b.c` or of `c`, "" for anything else."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def set_by(node: ast.stmt) -> str:
    """Return the library whose setting a whole statement changes, as `np` for `np.random.seed(0)`.

    A loop that seeds NumPy on every turn is no part of NumPy's set-up, so only a statement of its own counts.
    """
    call = node.value if isinstance(node, ast.Expr) else None
    is_setting = isinstance(call, ast.Call) and own_name(call.func) in SETTINGS
    return base_name(call) if is_setting and call is not None else ""


def kind_of(node: ast.stmt) -> Kind:
    """Return what a statement is for."""
    match node:
        case ast.ImportFrom(module="__future__", level=0):
            return Kind.FUTURE
        case ast.ImportFrom(names=[ast.alias(name="*")]):
            return Kind.STAR
        case ast.Import() | ast.ImportFrom():
            return Kind.IMPORT
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return Kind.DEFINITION
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
            return Kind.ASSIGNMENT
        case ast.Expr() | ast.Assert() | ast.Pass() | ast.Raise():
            return Kind.EXPRESSION
    # `type Row = list[float]`, which this Python may be too old to know, binds like an assignment.
    return Kind.ASSIGNMENT if type(node).__name__ == "TypeAlias" else Kind.BLOCK


def examine(cell: int, node: ast.stmt, lines: tuple[str, ...]) -> Statement:
    """Return what a statement binds, changes, reads and calls."""
    kind = kind_of(node)
    names = names_of("\n".join(lines))
    parts = list(running(node))
    changes = {changed_by(part) for part in parts} | {set_by(node)}
    if isinstance(node, ast.AnnAssign) and node.value is None:
        names.binds.clear()
    # Not `import scipy.special`: after it and `import scipy.stats`, both are there under the one name.
    certain = kind is Kind.DEFINITION or isinstance(node, ast.Assign | ast.AnnAssign | ast.ImportFrom)
    targets = {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    replaced = targets if kind is Kind.ASSIGNMENT else names.binds
    calls = [part for part in parts if isinstance(part, ast.Call)]
    return Statement(
        cell=cell,
        line=first_line(node),
        lines=lines,
        kind=kind,
        binds=frozenset(names.binds),
        replaces=frozenset(names.binds & replaced) if certain else frozenset(),
        changes=frozenset(changes - {""} - names.binds),
        now=frozenset(names.now | read_by_classes(parts) | (changes - {"", PATH})),
        later=frozenset(names.later),
        sets_global=frozenset(names.sets_global),
        calls=frozenset(base_name(call) for call in calls) | decorators_of(parts),
        fits=any(own_name(call.func) in ("fit", "backward") for call in calls),
        loops=any(isinstance(part, ast.For | ast.While) for part in parts),
        module=(node.module or "") if isinstance(node, ast.ImportFrom) else "",
    )


def read_by_classes(parts: Sequence[ast.AST]) -> set[str]:
    """Return the names that class bodies read before they bind them: globals, as in `softmax = softmax`."""
    found = set()
    for part in parts:
        bound: set[str] = set()
        for node in part.body if isinstance(part, ast.ClassDef) else ():
            names = [name for name in running(node) if isinstance(name, ast.Name)]
            found |= {name.id for name in names if isinstance(name.ctx, ast.Load)} - bound
            bound |= {name.id for name in names if isinstance(name.ctx, ast.Store)}
            bound |= {node.name} if isinstance(node, (*FunctionNode, ast.ClassDef)) else set()
    return found


def decorators_of(parts: Sequence[ast.AST]) -> frozenset[str]:
    """Return the base names of the decorators that run."""
    return frozenset(
        base_name(decorator)
        for part in parts
        if isinstance(part, (*FunctionNode, ast.ClassDef))
        for decorator in part.decorator_list
    )
