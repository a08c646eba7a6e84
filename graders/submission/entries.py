"""A file that may be taken, wherever it lies: its path, its size as stated, and a way to read it within a limit."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import PurePosixPath

from graders.foundation.errors import BadSubmission
from graders.submission.model import KIB, MIB, Notice, SubmissionLimits
from graders.submission.source import plain

JUNK = frozenset({"__MACOSX", "__pycache__", "venv", "node_modules", "site-packages", "Thumbs.db", "desktop.ini"})
# Python runs these by itself when it starts, before any exam room can say what may be run.
STARTS_BY_ITSELF = frozenset({"sitecustomize.py", "usercustomize.py"})
TEXT_SUFFIXES = frozenset({".md", ".txt", ".json", ".csv", ".tsv", ".yaml", ".yml", ".toml", ".cfg", ".ini"})
WEIGHTS = frozenset({".npy", ".npz", ".pt", ".pth", ".pkl", ".pickle", ".joblib", ".h5", ".safetensors", ".ckpt"})
ARCHIVES = frozenset({".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".whl", ".egg"})
COMPILED = frozenset({".so", ".pyd", ".dll", ".dylib", ".pyc"})
SPLIT = re.compile(r"[/\\]")
LONGEST_NAME = 200


class FileKind(Enum):
    """What a file is to the grader."""

    CODE = auto()
    NOTEBOOK = auto()
    TEXT = auto()
    WEIGHTS = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file that may be taken.

    Args:
        path: relative POSIX path, free of ".." and of control characters.
        size: bytes as the folder or the zip states them; not to be trusted.
        read: reads the content, at most as many bytes as its argument says and one more.
    """

    path: str
    size: int
    read: Callable[[int], bytes]

    @property
    def kind(self) -> FileKind:
        """What the file is, by its name."""
        return kind_of(self.path)

    @property
    def name(self) -> str:
        """The file's name without its folders."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a folder, a zip or a single file holds.

    Args:
        name: what to call the submission.
        entries: its files, sorted by path.
        notices: what was left out while looking.
    """

    name: str
    entries: Sequence[Entry]
    notices: Sequence[Notice] = ()


def kind_of(path: str) -> FileKind:
    """Return what a file is to the grader, by its name."""
    suffix = PurePosixPath(path).suffix.lower()
    if suffix == ".py":
        return FileKind.CODE
    if suffix == ".ipynb":
        return FileKind.NOTEBOOK
    if suffix in TEXT_SUFFIXES:
        return FileKind.TEXT
    return FileKind.WEIGHTS if suffix in WEIGHTS else FileKind.OTHER


def reason_not_to_take(path: str) -> str:
    """Return why a file of another kind is not taken, where a student may expect that it is; else ""."""
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in ARCHIVES:
        return "archives inside a hand-in are not opened"
    return "compiled code is not taken, only its source" if suffix in COMPILED else ""


def is_junk(part: str) -> bool:
    """Return whether a file or folder name is no student's work: hidden, cached or installed."""
    return part.startswith(".") or part in JUNK


def path_parts(name: str) -> list[str]:
    """Return the parts of a path written with either slash; ".." is kept, for the caller to refuse."""
    return [part for part in SPLIT.split(name) if part not in ("", ".")]


def usable(parts: Sequence[str]) -> bool:
    """Return whether a path can be written to any disk and shown in any report."""
    return all(
        part.isprintable() and len(part.encode(errors="surrogatepass")) <= LONGEST_NAME and _encodes(part)
        for part in parts
    )


def _encodes(part: str) -> bool:
    try:
        part.encode()
    except UnicodeEncodeError:
        return False
    return True


def left_out(path: str, why: str) -> Notice:
    """Return the notice that a file was not taken."""
    return Notice(message=f"{plain(path)} was left out: {why}.", where=plain(path))


def size_text(size: int) -> str:
    """Return a size as a person reads it."""
    return f"{size / MIB:.1f} MB" if size >= MIB else f"{size / KIB:.1f} kB"


class Intake:
    """Reads entries within the limits of one submission."""

    def __init__(self, limits: SubmissionLimits) -> None:
        self._limits = limits
        self._total = 0
        self._code = 0
        self._files = 0

    def code(self, entry: Entry) -> bytes:
        """Return a code file's bytes.

        Raises:
            BadSubmission: it is too large, alone or with the others.
        """
        raw = self.bounded(entry, self._limits.max_code_bytes, "a code file")
        self._code += len(raw)
        if self._code > self._limits.max_all_code_bytes:
            msg = f"the .py files hold more than {size_text(self._limits.max_all_code_bytes)} together"
            raise BadSubmission(msg, remedy="hand in your own code only, without installed packages")
        return self._count(raw)

    def text(self, entry: Entry) -> bytes | Notice:
        """Return a text file's bytes, or the notice that it is too large to be taken."""
        room = min(self._limits.max_text_bytes, self._limits.max_total_bytes - self._total)
        why = f"text and data files may have at most {size_text(self._limits.max_text_bytes)} each, "
        why += f"{size_text(self._limits.max_total_bytes)} together"
        if entry.size > room:
            return left_out(entry.path, f"it has {size_text(entry.size)}; {why}")
        raw = entry.read(room)
        return self._count(raw) if len(raw) <= room else left_out(entry.path, why)

    def notebook(self, entry: Entry) -> bytes:
        """Return a notebook's bytes.

        Raises:
            BadSubmission: it is too large.
        """
        remedy = "clear its outputs (in Jupyter: Edit, Clear Outputs of All Cells) and save it again"
        return self.bounded(entry, self._limits.max_notebook_bytes, "a notebook", remedy)

    def bounded(self, entry: Entry, limit: int, what: str, remedy: str = "hand in a smaller file") -> bytes:
        """Return an entry's bytes; the stated size is asked before anything is read.

        Raises:
            BadSubmission: there are more than `limit`.
        """
        raw = b"" if entry.size > limit else entry.read(limit)
        if entry.size > limit or len(raw) > limit:
            size = f"has {size_text(entry.size)}" if entry.size > limit else "unpacks to more than it states"
            msg = f"{plain(entry.path)} {size}; {what} may have at most {size_text(limit)}"
            raise BadSubmission(msg, remedy=remedy)
        return raw

    def _count(self, raw: bytes) -> bytes:
        self._total += len(raw)
        self._files += 1
        if self._files > self._limits.max_files:
            msg = f"the submission has more than {self._limits.max_files} files of code and text"
            raise BadSubmission(msg, remedy="hand in only what your solution needs")
        return raw
