"""An export on its way: it is given one student after another, and keeps no more of each than it must."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TextIO, TypeVar

from graders.exports.junit import END, START, junit_suite
from graders.ledger import StudentResult
from graders.report.whole_file import write_whole

T = TypeVar("T")
NO_LINE = "the platform's file has no line for them"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFiles:
    """What some platforms need beside the results.

    Args:
        canvas_csv: the gradebook as Canvas exported it.
        assignment: the assignment's heading in it.
        moodle_csv: the grading worksheet as Moodle exported it.
    """

    canvas_csv: Path | None = None
    assignment: str = ""
    moodle_csv: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written: the file or folder, and who is not in it and why."""

    path: Path
    left_out: Sequence[str] = ()
    why: str = "they have no total yet"


class Export(Protocol):
    """Takes in a class."""

    def add(self, result: StudentResult) -> None:
        """Take in the next student.

        Raises:
            OSError: nothing can be written.
        """

    def written(self) -> Exported:
        """Write what is not written yet, and tell of it.

        Raises:
            BadUsage: the platform's file is not what it should be.
            OSError: nothing can be written.
        """


class FileEach:
    """A results.json for each student.

    Args:
        folder: where each student has a folder.
        text_of: returns the file; None where a student has no total.
    """

    def __init__(self, folder: Path, text_of: Callable[[StudentResult], str | None]) -> None:
        self._folder = folder
        self._text_of = text_of
        self._left_out: list[str] = []
        folder.mkdir(exist_ok=True)

    def add(self, result: StudentResult) -> None:
        """Write the student's file, or remove an earlier one."""
        target = self._folder / result.hand_in.student / "results.json"
        text = self._text_of(result)
        if text is None:
            self._left_out.append(result.hand_in.name)
            target.unlink(missing_ok=True)
            return
        # After a review most files are right already, and replacing one takes six times as long as reading it.
        if not _has(target, text):
            target.parent.mkdir(exist_ok=True)
            write_whole(target, text)

    def written(self) -> Exported:
        """Tell of the folder."""
        return Exported(path=self._folder, left_out=self._left_out)


class JunitExport:
    """One file for the class, which grows with each student.

    Args:
        path: the file, for the message.
        file: the same, open.
    """

    def __init__(self, path: Path, file: TextIO) -> None:
        self._path = path
        self._file = file
        file.write(START)

    def add(self, result: StudentResult) -> None:
        """Write the student's suite."""
        self._file.write(junit_suite(result))

    def written(self) -> Exported:
        """Write the end."""
        self._file.write(END)
        return Exported(path=self._path, why=NO_LINE)


class TableExport(Generic[T]):
    """The instructor's own table with a column filled in, in its own order: it needs everyone before the first line.

    Args:
        path: the file to write.
        kept: returns what is kept of a student.
        filled_in: returns the table, and the names of those whom it has no line for.
    """

    def __init__(
        self, path: Path, kept: Callable[[StudentResult], T], filled_in: Callable[[list[T]], tuple[str, list[str]]]
    ) -> None:
        self._path = path
        self._kept = kept
        self._filled_in = filled_in
        self._class: list[T] = []

    def add(self, result: StudentResult) -> None:
        """Keep the student."""
        self._class.append(self._kept(result))

    def written(self) -> Exported:
        """Write the table."""
        text, missing = self._filled_in(self._class)
        write_whole(self._path, text)
        return Exported(path=self._path, left_out=missing, why=NO_LINE)


def _has(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode()
    except OSError:
        return False
