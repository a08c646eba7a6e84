"""Names that are nearly right: files and functions that the student will have meant for the contract's."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from graders.foundation.errors import BadSubmission
from graders.submission.entries import Entry, FileKind, Found
from graders.submission.model import Notice
from graders.submission.outline import Outline
from graders.submission.placing import ANSWERS, CODE_FILES
from graders.submission.source import plain
from graders.submission.statements import Kind
from graders.submission.workbook import Workbook
from graders.wire.contract import MODULE_OF

EXPECTED = (*CODE_FILES, ANSWERS)
SHOWN = 10
LIBRARIES = sys.stdlib_module_names | {"numpy", "torch", "matplotlib"}


def meant(name: str, expected: Sequence[str] = EXPECTED) -> str | None:
    """Return the contract's file that a file name is nearly, None if it is near none, or is one."""
    plain_name = name.lower().replace(" ", "_").replace("-", "_").removesuffix(".txt")
    near = get_close_matches(plain_name, expected, n=1, cutoff=0.75)
    return near[0] if near and name not in EXPECTED else None


def nothing_found(found: Found) -> BadSubmission:
    """Return the error for files of which none is the contract's."""
    if not found.entries:
        left = " ".join(notice.message for notice in found.notices[:3])
        msg = f"{plain(found.name)} holds no file that can be graded" + (f". {left}" if left else "")
        return BadSubmission(msg, remedy=f"put {', '.join(EXPECTED)} or one notebook in it")
    names = sorted({entry.name for entry in found.entries})
    close = [(name, meant(name)) for name in names[:200]]
    hints = [f"{plain(name)}: did you mean {right}?" for name, right in close if right][:SHOWN]
    listed = ", ".join(plain(name, 60) for name in names[:SHOWN])
    listed += f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    msg = f"{plain(found.name)} has none of {', '.join(EXPECTED)}, and no notebook. Found: {listed}"
    hints += ["unpack the zip that lies inside and hand in what it holds"] * any(n.endswith(".zip") for n in names)
    return BadSubmission(msg, remedy=" ".join(hints) or "name the files as the assignment does")


def misnamed_files(entries: Mapping[str, Entry], taken: Mapping[str, bytes], *, has_notebook: bool) -> Iterator[Notice]:
    """Yield a notice for each file that is nearly one of the contract's which is missing."""
    code = [] if has_notebook else [name for name in CODE_FILES if name not in taken]
    present = {entry.name.lower() for entry in entries.values()}
    missing = [*code, *([ANSWERS] if ANSWERS not in present and not has_notebook else [])]
    for path, entry in sorted(entries.items())[:200]:
        right = meant(entry.name, missing) if missing and entry.kind in (FileKind.CODE, FileKind.TEXT) else None
        if right:
            message = f"{right} is missing, and there is {plain(path)}; did you mean that?"
            yield Notice(message=message, where=plain(path))


def misplaced_names(outlines: Mapping[str, Outline], workbook: Workbook | None) -> Iterator[Notice]:
    """Yield a notice for each missing function of the contract that another function is nearly named as."""
    bound = {name for found in outlines.values() for name in found.binds} | (workbook.binds if workbook else set())
    missing = [name for name in MODULE_OF if name not in bound]
    defined = {name: path for path, found in sorted(outlines.items()) for name in found.defines}
    for statement in workbook.statements if workbook else ():
        if workbook and statement.kind is Kind.DEFINITION:
            defined |= dict.fromkeys(statement.binds, f"{workbook.path}, cell {statement.cell}")
    candidates = [name for name in defined if name not in MODULE_OF][:500]
    for right in missing:
        near = get_close_matches(right, candidates, n=1, cutoff=0.8)
        if near:
            message = f"{right} is not defined, but {near[0]} is; did you mean that?"
            yield Notice(message=message, where=defined[near[0]])


def library_names(outlines: Mapping[str, Outline]) -> Iterator[Notice]:
    """Yield a notice for each file at the top whose name is a library's that the submission imports."""
    imported = {name.partition(".")[0] for found in outlines.values() for name in found.imports}
    for path in sorted(outlines):
        if path.removesuffix(".py") in imported & LIBRARIES:
            message = f"{path} has the name of a library, and an import may find either; rename the file"
            yield Notice(message=message, where=path)
