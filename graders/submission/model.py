"""The noun: what a student handed in, as one immutable value. Nothing of it has been run."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionLimits:
    """How much of a submission is looked at, taken and analysed.

    Args:
        max_entries: files and folders that are looked at in a folder or zip.
        max_depth: folders inside folders.
        max_files: files that are taken.
        max_code_bytes: size of one .py file.
        max_text_bytes: size of one .md, .txt, .json, .csv ... file; larger ones are left out.
        max_all_code_bytes: size of all .py files together.
        max_total_bytes: size of everything that is taken, unpacked.
        max_notebook_bytes: size of a notebook, outputs included.
        max_archive_bytes: size of the zip itself.
        max_ratio: unpacked size over packed size of one zip entry; code and text stay far below it.
        max_cells: cells of a notebook.
        max_statements: top-level statements of a notebook.
        max_answer_characters: length of the written answers; the rest is left out.
        max_notices: notices that are kept.
    """

    max_entries: int = 20_000
    max_depth: int = 16
    max_files: int = 400
    max_code_bytes: int = 512 * KIB
    max_text_bytes: int = 2 * MIB
    max_all_code_bytes: int = 2 * MIB
    max_total_bytes: int = 8 * MIB
    max_notebook_bytes: int = 20 * MIB
    max_archive_bytes: int = 100 * MIB
    max_ratio: int = 200
    max_cells: int = 5_000
    max_statements: int = 2_000
    max_answer_characters: int = 200_000
    max_notices: int = 60


DEFAULT_LIMITS = SubmissionLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something the student should know, which costs nothing by itself.

    Args:
        message: one or two sentences.
        where: the file, or the file and its cell or line; "" for the submission as a whole.
    """

    message: str
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineMap:
    """Leads from a line of a module made from a notebook back to the cell it was taken from.

    Args:
        notebook: the notebook's path, as the student knows it.
        places: for line n of the module, at index n - 1: the cell's number among all cells and the line in the
            cell, both from 1; None for a line that the student did not write.
    """

    notebook: str
    places: tuple[tuple[int, int] | None, ...]

    def cell_line(self, line: int) -> tuple[int, int] | None:
        """Return the cell number and the line in that cell, or None where there is none."""
        return self.places[line - 1] if 1 <= line <= len(self.places) else None

    def describe(self, line: int) -> str | None:
        """Return a place such as "solution.ipynb, cell 4, line 2", or None where there is none."""
        place = self.cell_line(line)
        return place and f"{self.notebook}, cell {place[0]}, line {place[1]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What a student handed in.

    Args:
        name: what to call it in a report.
        files: relative POSIX path -> content; Python code is UTF-8 with LF line ends and no byte-order mark.
        modules: contract module ("mlp_numpy", "mlp_torch", "study") -> dotted name, importable from the root of
            `files`, of the .py file that answers for it; only for the files that are there.
        notebook_module: dotted name of the module made from the notebook, in which names are looked up that the
            .py files do not define; None without a notebook.
        answers: the written answers as Markdown, "" if there are none.
        origins: path of a generated module -> the cells its lines came from.
        notices: what the student should know, and what costs nothing.
        faults: path (as in `files`, or the notebook's) -> why its code cannot be compiled. A notebook with a broken
            cell has a fault too, yet its other cells make a whole module.
        digest: SHA-256 of files and answers, in hexadecimal.
    """

    name: str
    files: Mapping[str, bytes]
    modules: Mapping[str, str]
    notebook_module: str | None = None
    answers: str = ""
    origins: Mapping[str, LineMap] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    faults: Mapping[str, str] = field(default_factory=dict)
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        for name in ("files", "modules", "origins", "faults"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        object.__setattr__(self, "digest", digest_of(self.files, self.answers))

    def fault_of(self, contract_module: str) -> str | None:
        """Return why the file that answers for a contract module cannot be compiled; None if it can, or is absent."""
        module = self.modules.get(contract_module, self.notebook_module)
        return None if module is None else self.faults.get(module.replace(".", "/") + ".py")


def digest_of(files: Mapping[str, bytes], answers: str) -> str:
    """Return the SHA-256 of a submission's content, whatever order its files were found in."""
    total = hashlib.sha256()
    for path in sorted(files):
        for part in (path.encode(), files[path]):
            total.update(len(part).to_bytes(8, "big"))
            total.update(part)
    total.update(answers.encode())
    return total.hexdigest()
