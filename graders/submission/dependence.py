"""What of a submission's source each function of the contract can depend on, found without running anything.

A change outside of it cannot change what the function does. Where names are found in ways that the source does not
show, a function depends on everything.
"""

import ast
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from graders.submission.generated import unguarded
from graders.submission.model import Submission
from graders.submission.reach import BY_TEXT
from graders.submission.source import parse_quietly
from graders.submission.statements import Kind, Statement, statements_of
from graders.wire.contract import MODULE_OF

UNSEEN = BY_TEXT | {"__import__", "importlib", "vars", "setattr"}
WHOLE, IMPORTED = "(whole)", "(imported)"  # no identifiers: the whole file, and what runs when it is imported
Reference = tuple[str, str]  # a file, and a name in it or one of the two above


def fingerprints(submission: Submission) -> Mapping[str, str]:
    """Return contract function -> digest of all that its behaviour can depend on; comments do not count."""
    code = {path: content.decode() for path, content in submission.files.items() if path.endswith(".py")}
    data = [content for path, content in sorted(submission.files.items()) if path not in code]
    modules = {path: Module(path, text, code) for path, text in code.items() if path not in submission.faults}
    dotted = [*submission.modules.values(), *filter(None, [submission.notebook_module])]
    homes = [f"{name.replace('.', '/')}.py" for name in dotted]
    opaque = len(modules) < len(code) or any(module.opaque for module in modules.values())
    found = {}
    for function in MODULE_OF:
        # Every file in which it may be looked for is followed, whichever of them it is found in.
        texts = sorted(code.values()) if opaque else _reached([(home, function) for home in homes], modules)
        total = hashlib.sha256()
        for part in (*(text.encode() for text in texts), *data):
            total.update(len(part).to_bytes(8, "big") + part)
        found[function] = total.hexdigest()
    return found


def _reached(start: Iterable[Reference], modules: Mapping[str, "Module"]) -> list[str]:
    """Return the text of every statement that these names can lead to."""
    waiting = [*start]
    seen: set[Reference] = set()
    texts: set[str] = set()
    while waiting:
        path, name = waiting.pop()
        if (path, name) in seen or path not in modules:
            continue
        seen.add((path, name))
        module = modules[path]
        for index in module.named(name):
            texts.add(f"{path}\n{module.texts[index]}")
            waiting += module.leads_to(index, name)
        if name in module.binding:
            waiting.append((path, IMPORTED))
    return sorted(texts)


class Module:
    """One file of a submission: its top-level statements, by the names that they bind."""

    def __init__(self, path: str, text: str, code: Mapping[str, str]) -> None:
        self._path = path
        plain = ast.unparse(unguarded(parse_quietly(text)))
        self._statements = [s for s in statements_of(0, plain) if not _is_main_block(_node(s))]
        nodes = [_node(s) for s in self._statements]
        self.texts = [ast.unparse(node) for node in nodes]
        self._references = [list(_local_imports(node, path, code)) for node in nodes]
        self.binding: dict[str, list[int]] = defaultdict(list)
        for index, statement in enumerate(self._statements):
            for name in statement.binds | statement.sets_global:
                self.binding[name].append(index)
        names = set().union(*(s.now | s.later for s in self._statements))
        self.opaque = bool(names & UNSEEN) or any(s.kind is Kind.STAR for s in self._statements)

    def named(self, name: str) -> Iterable[int]:
        """Return the statements that a reference to this file means."""
        if name == WHOLE:
            return range(len(self._statements))
        if name == IMPORTED:
            return [i for i, s in enumerate(self._statements) if s.kind not in (Kind.DEFINITION, Kind.FUTURE)]
        return self.binding.get(name, [])

    def leads_to(self, index: int, name: str) -> Iterator[Reference]:
        """Yield what a statement needs, when it was reached under a name."""
        statement = self._statements[index]
        for bound, reference in self._references[index]:
            if statement.kind is not Kind.IMPORT or name in (bound, WHOLE):
                yield reference
            else:  # another name of the same import: the module is imported, and that is all
                yield reference[0], IMPORTED
        if name == IMPORTED and not _acts(statement):
            return
        for used in statement.now | statement.later:
            yield self._path, used


def _acts(statement: Statement) -> bool:
    """Tell whether a statement does more, when its module is imported, than to give names to values."""
    return statement.kind in (Kind.BLOCK, Kind.EXPRESSION) or bool(statement.calls)


def _node(statement: Statement) -> ast.stmt:
    return parse_quietly("\n".join(statement.lines)).body[0]


def _is_main_block(node: ast.stmt) -> bool:
    """Tell whether a statement does nothing when its module is imported."""
    match node:
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()]), orelse=[]):
            return True
    return False


def _local_imports(statement: ast.stmt, path: str, code: Mapping[str, str]) -> Iterator[tuple[str, Reference]]:
    """Yield what imports bind, and where in the submission that stands; libraries are not followed."""
    folder = path.split("/")[:-1]
    for node in ast.walk(statement):
        match node:
            case ast.Import(names=aliases):
                for alias in aliases:
                    for file in _files_of(alias.name.split("."), code):
                        yield alias.asname or alias.name.partition(".")[0], (file, WHOLE)
            case ast.ImportFrom(module=module, names=aliases, level=level):
                start = folder[: len(folder) - level + 1] if level else []
                parts = [*start, *(module.split(".") if module else [])]
                for alias in aliases:
                    name = alias.asname or alias.name
                    for file in _files_of(parts, code):
                        yield name, (file, alias.name)
                    for file in _files_of([*parts, alias.name], code):
                        yield name, (file, WHOLE)


def _files_of(parts: list[str], code: Mapping[str, str]) -> Iterator[str]:
    """Yield the files of a dotted name: the module, and each package on the way, whose __init__ runs with it."""
    for length in range(1, len(parts) + 1):
        stem = "/".join(parts[:length])
        if f"{stem}/__init__.py" in code:
            yield f"{stem}/__init__.py"
        if length == len(parts) and f"{stem}.py" in code:
            yield f"{stem}.py"
