"""Makes one module of a notebook's cells: what the contract's functions need, and nothing that merely ran beside."""

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from graders.foundation.errors import BadSubmission
from graders.submission.cells import CellCode, clean
from graders.submission.generated import module_of
from graders.submission.model import LineMap, Notice, SubmissionLimits
from graders.submission.notebook import Cell
from graders.submission.reach import Reach
from graders.submission.source import compile_fault, parse_quietly
from graders.submission.statements import Kind, Statement, statements_of
from graders.wire.contract import MODULE_OF

# A cell may await at top level and a module may not; such statements are left out one by one.
CELL_FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
DEFINITION_LINE = re.compile(r"^[ \t]*(?:def|class)[ \t]+(\w+)", re.MULTILINE)
PYTHON_FILE = re.compile(r"(?:\./|/content/)?((?:[A-Za-z_]\w*/){0,3}[A-Za-z_]\w*\.py)", re.ASCII)
NOTEBOOK_NAMES = ("display", "get_ipython")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenFile:
    """A file that a `%%writefile` cell writes."""

    text: str
    origin: LineMap


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbook:
    """A notebook, read.

    Args:
        path: the notebook's path, as the student knows it.
        statements: the top-level statements of all cells that compile, in document order.
        files: the .py files its cells write.
        markdown: its text cells.
        faults: for each cell that does not compile, what is wrong and where.
        notices: what the student should know.
    """

    path: str
    statements: Sequence[Statement]
    files: dict[str, WrittenFile]
    markdown: Sequence[str]
    faults: Sequence[str]
    notices: Sequence[Notice]

    @property
    def binds(self) -> frozenset[str]:
        """The names that the cells bind."""
        return frozenset(name for statement in self.statements for name in statement.binds)

    @property
    def imports_from(self) -> dict[str, str]:
        """For each name whose last value is imported, the module it is imported from."""
        return {name: s.module if s.kind is Kind.IMPORT else "" for s in self.statements for name in s.binds}


def read_workbook(cells: Sequence[Cell], path: str, limits: SubmissionLimits) -> Workbook:
    """Return what a notebook's cells say.

    Raises:
        BadSubmission: they hold too many statements.
    """
    statements: list[Statement] = []
    files: dict[str, WrittenFile] = {}
    faults: list[str] = []
    notices: list[Notice] = []
    for cell in cells:
        if cell.kind != "code":
            continue
        code = clean(cell.text)
        if code.file:
            write_file(files, cell.number, code, path)
            continue
        fault = compile_fault(code.text, in_cell(path, cell.number), CELL_FLAGS)
        if code.dropped:
            notices += [] if fault else lost_to_magic(cell.number, code, path)
        elif fault:
            faults.append(fault)
            notices.append(Notice(message=f"{fault}\n{lost_to_fault(code.text)}", where=f"{path}, cell {cell.number}"))
        else:
            statements += statements_of(cell.number, code.text)
    if len(statements) > limits.max_statements:
        msg = f"{path} has {len(statements):,} statements at top level; at most {limits.max_statements:,} are read"
        raise BadSubmission(msg, remedy="hand in a notebook with your solution only")
    markdown = [cell.text for cell in cells if cell.kind == "markdown"]
    return Workbook(path=path, statements=statements, files=files, markdown=markdown, faults=faults, notices=notices)


def in_cell(path: str, number: int) -> Callable[[int], str]:
    """Return a function that names a line of a cell."""
    return lambda line: f"{path}, cell {number}, line {line}"


def write_file(files: dict[str, WrittenFile], cell: int, code: CellCode, notebook: str) -> None:
    """Add the file that a `%%writefile` cell writes, if it is a .py file of the submission's own folder."""
    match = PYTHON_FILE.fullmatch(code.file)
    if match is None:
        return
    lines = code.text.split("\n")
    begin = next((i for i, line in enumerate(lines) if line.strip()), 0)
    body = [*lines[begin:], ""]
    places: list[tuple[int, int] | None] = [(cell, begin + i + 1) for i in range(len(body))]
    before = files.get(match[1]) if code.appends else None
    if before:
        body = [*before.text.split("\n")[:-1], *body]
        places = [*before.origin.places[: len(body) - len(places)], *places]
    files[match[1]] = WrittenFile(text="\n".join(body), origin=LineMap(notebook=notebook, places=tuple(places)))


def lost_to_magic(cell: int, code: CellCode, path: str) -> Iterator[Notice]:
    """Yield a notice if a cell whose magic runs it elsewhere defines something of the contract."""
    names = sorted({name for s in statements_of(cell, code.text) for name in s.binds} & set(MODULE_OF))
    if names:
        message = f"the cell begins with %%{code.dropped}, so what it defines ({', '.join(names)}) does not count"
        yield Notice(message=message, where=f"{path}, cell {cell}")


def lost_to_fault(text: str) -> str:
    """Return what a cell that does not compile takes with it."""
    names = [name for name in dict.fromkeys(DEFINITION_LINE.findall(text)) if name in MODULE_OF]
    lost = f"what it should define ({', '.join(names)}) is missing" if names else "this cell is left out"
    return f"The rest of the notebook is graded; {lost}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """The module made from a notebook: source, where its lines came from, what the student should know."""

    text: str
    origin: LineMap
    notices: Sequence[Notice]
    fault: str | None


def without_imports_of(workbook: Workbook, absent: Iterable[str]) -> Workbook:
    """Return a notebook that takes from itself what it imports from a .py file that was not handed in.

    It was pasted together from the student's own files, say, and still holds `from mlp_numpy import train as fit`.
    """
    missing = set(absent)
    kept: list[Statement] = []
    notices = list(workbook.notices)
    for statement in workbook.statements:
        if statement.kind is not Kind.IMPORT or statement.module not in missing:
            kept.append(statement)
            continue
        (node,) = parse_quietly("\n".join(statement.lines)).body
        names = node.names if isinstance(node, ast.ImportFrom) else []
        renamed = "\n".join(f"{name.asname} = {name.name}" for name in names if name.asname not in (None, name.name))
        kept += [replace(s, line=statement.line) for s in statements_of(statement.cell, renamed)]
        message = (
            f"{statement.module}.py was not handed in; the notebook's own {', '.join(n.name for n in names)} counts"
        )
        where = f"{workbook.path}, cell {statement.cell}, line {statement.line}"
        notices.append(Notice(message=message, where=where))
    return replace(workbook, statements=kept, notices=notices)


def module_from(workbook: Workbook, roots: Iterable[str]) -> Module:
    """Return the module that defines the given names and what they need."""
    selection = Reach(workbook.statements).select(roots)
    chosen = [workbook.statements[i] for i in selection.order]
    unbound = {name for s in chosen for name in s.now | s.later} - workbook.binds
    text, origin = module_of(workbook.path, chosen, displays=any(name in unbound for name in NOTEBOOK_NAMES))
    notices = list(redefinitions(workbook, chosen))
    for index, names in selection.repeated.items():
        message = f"functions of the assignment read {' and '.join(names)} from this cell, which trains; so the grader "
        message += "has to train here again. Passing it to the function as an argument avoids that"
        notices.append(notice_at(workbook, index, message))
    for index, names in selection.passed_over.items():
        message = f"this cell trains, so the grader does not run it; {' and '.join(names)} keeps the value from before"
        notices.append(notice_at(workbook, index, message))
    fault = compile_fault(text, lambda line: origin.describe(line) or workbook.path)
    return Module(text=text, origin=origin, notices=notices, fault=fault)


def notice_at(workbook: Workbook, index: int, message: str) -> Notice:
    """Return a notice about one statement."""
    statement = workbook.statements[index]
    return Notice(message=message, where=f"{workbook.path}, cell {statement.cell}, line {statement.line}")


def redefinitions(workbook: Workbook, chosen: Iterable[Statement]) -> Iterator[Notice]:
    """Yield a notice for each needed function that the notebook defines more than once."""
    needed = {name for s in chosen if s.kind is Kind.DEFINITION for name in s.binds}
    cells: dict[str, list[int]] = defaultdict(list)
    for statement in workbook.statements:
        for name in statement.binds & needed if statement.kind is Kind.DEFINITION else ():
            cells[name].append(statement.cell)
    for name, places in sorted(cells.items()):
        if len(places) > 1:
            spelled = " and again in ".join(f"cell {cell}" for cell in places)
            yield Notice(message=f"{name} is defined in {spelled}; the last one counts", where=workbook.path)
