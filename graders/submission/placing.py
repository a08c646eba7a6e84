"""Where the files of a submission belong: which folder is its root, and whether it must be a package."""

from collections import defaultdict
from collections.abc import Container, Mapping, Sequence

from graders.submission.entries import Entry, FileKind
from graders.submission.model import Notice
from graders.submission.outline import Outline
from graders.wire.contract import MODULES

CODE_FILES = tuple(f"{module}.py" for module in MODULES)
ANSWERS = "answers.md"
PACKAGE = "submission"
# Makes `import layers` find the module that `from .layers import relu` has loaded, and not load it twice.
ALIAS = """import sys
from importlib import import_module

sys.modules[__name__] = import_module("{package}.{module}")
"""


def folder_of(path: str) -> str:
    """Return the folder of a path, "" for the top."""
    return path.rpartition("/")[0]


def roots_of(entries: Sequence[Entry]) -> list[str]:
    """Return the folders that hold the contract's files, the best one first; none if there is no such file.

    A folder with code goes before one with a notebook, and that before one with answers only; then the one with
    the most of the contract's files, the shallowest, and the first by name.
    """
    ranks: dict[str, tuple[int, int, int, str]] = {}
    folders: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        folders[folder_of(entry.path)].append(entry)
    for folder, inside in folders.items():
        code = sum(entry.name in CODE_FILES for entry in inside)
        notebooks = sum(entry.kind is FileKind.NOTEBOOK for entry in inside)
        answers = sum(entry.name.lower() == ANSWERS for entry in inside)
        level = 0 if code else 1 if notebooks else 2
        if code or notebooks or answers:
            ranks[folder] = (level, -code, folder.count("/") + bool(folder), folder)
    return sorted(ranks, key=lambda folder: ranks[folder])


def placed(entries: Sequence[Entry], roots: Sequence[str]) -> tuple[dict[str, Entry], list[Notice]]:
    """Return each entry under the path it has in the submission, and what had to be left out.

    Every root's files lie at the top; where two want the same path, the better root's is taken.
    """
    found: dict[str, Entry] = {}
    notices: list[Notice] = []
    rank = {root: index for index, root in enumerate(roots)}
    owners = {entry.path: owner(entry.path, rank) for entry in entries}
    for entry in sorted(entries, key=lambda e: (rank.get(owners[e.path] or "", len(roots)), e.path)):
        root = owners[entry.path]
        path = entry.path.removeprefix(f"{root}/") if root else entry.path
        if path not in found:
            found[path] = entry
        elif entry.name in (*CODE_FILES, ANSWERS):
            message = f"{entry.path} was left out: {found[path].path} is graded"
            notices.append(Notice(message=message, where=entry.path))
    folders = {path[:at] for path in found for at, character in enumerate(path) if character == "/"}
    return {path: entry for path, entry in found.items() if path not in folders}, notices


def owner(path: str, roots: Container[str]) -> str | None:
    """Return the innermost root that a path lies in, None if it lies in none."""
    while path:
        path = folder_of(path)
        if path in roots:
            return path
    return None


def package_for(outlines: Mapping[str, Outline], folder: str) -> str | None:
    """Return the package that the files must stand in for their imports to work; None if they need none.

    Args:
        outlines: path -> outline of each .py file.
        folder: name of the folder the files were in.
    """
    top = {path.partition("/")[0].removesuffix(".py") for path in outlines}
    if folder not in top and any(f"{folder}.{module}" in name_prefixes(outlines) for module in top):
        return folder  # `from hw3.layers import relu`, in a folder that is called hw3
    if not any(found.climbs > path.count("/") for path, found in outlines.items()):
        return None
    name = PACKAGE
    while name in top:
        name += "_"
    return name


def name_prefixes(outlines: Mapping[str, Outline]) -> set[str]:
    """Return the first two parts of every name that is imported."""
    return {".".join(name.split(".")[:2]) for found in outlines.values() for name in found.imports}


def as_package(files: Mapping[str, bytes], outlines: Mapping[str, Outline], package: str) -> dict[str, bytes]:
    """Return the files moved into a package, with an alias at the top for each module that is imported from there."""
    moved = {f"{package}/{path}": content for path, content in files.items()}
    moved.setdefault(f"{package}/__init__.py", b"")
    # Data that is opened by a path relative to the working folder stays where it is, too.
    moved.update((path, content) for path, content in files.items() if not path.endswith(".py"))
    wanted = {name.partition(".")[0] for found in outlines.values() for name in found.imports}
    for module in sorted({path.partition("/")[0].removesuffix(".py") for path in outlines} & wanted):
        moved[f"{module}.py"] = ALIAS.format(package=package, module=module).encode()
    return moved
