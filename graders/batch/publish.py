"""Writing students' files from what the ledger keeps: whole or not at all, and only where something has changed."""

import contextlib
import functools
import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from graders.batch.assignment import ROOT
from graders.batch.work import Presentation
from graders.foundation.errors import BadUsage
from graders.grading.scorecard import Award
from graders.ledger import HandInRow, Ledger
from graders.report.whole_file import write_whole

STUDENTS = "students"
FILES = ("report.html", "results.json")


class Publisher:
    """Keeps RESULTS/students/ as the ledger says.

    Args:
        ledger: the ledger of the class.
        folder: the folder of the results.
    """

    def __init__(self, ledger: Ledger, folder: Path) -> None:
        self._ledger = ledger
        self._folder = folder / STUDENTS
        self._published = ledger.published()
        self._awards: dict[str, dict[str, Award]] = {}
        for (student, criterion), a in ledger.awards().items():
            self._awards.setdefault(student, {})[criterion] = Award(points=a.points, who=a.who, at=a.at, why=a.why)

    def presentation(self, student: HandInRow) -> Presentation:
        """Return what a student's files say beside the scorecard."""
        return Presentation(name=student.name, notices=student.notices, awards=self._awards.get(student.student, {}))

    def stale(self, student: HandInRow) -> str:
        """Return the digest of what a student's files are to be made from; "" if they are right as they are."""
        content = self._content(student)
        there = all((self._folder / student.student / name).is_file() for name in FILES)
        return "" if there and self._published.get(student.student) == content else content

    def _content(self, student: HandInRow) -> str:
        shown = asdict(self.presentation(student))
        made_from = json.dumps([student.sitting, shown, view_version()], sort_keys=True)
        return hashlib.sha256(made_from.encode()).hexdigest()

    def write(self, student: HandInRow, content: str, html: str, record: str) -> None:
        """Write a student's files.

        Raises:
            BadUsage: they cannot be written.
        """
        folder = self._folder / student.student
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, text in zip(FILES, (html, record), strict=True):
                write_whole(folder / name, text)
        except OSError as error:
            message = f"cannot write to {folder} ({error.strerror or error})"
            remedy = "Make room, or give write permission, and run the same command again; what was graded is kept."
            raise BadUsage(message, remedy=remedy) from error
        self._ledger.keep_published(student.student, content)
        self._published[student.student] = content

    def restamp(self, student: HandInRow, old_rubric: str, new_rubric: str) -> bool:
        """Name another rubric in a student's files, of which nothing else has changed; tells whether they were there.

        Raises:
            BadUsage: they cannot be written.
        """
        folder = self._folder / student.student
        try:
            html, record = ((folder / name).read_text(encoding="utf-8") for name in FILES)
        except (OSError, UnicodeDecodeError):
            return False
        stamped = (text.replace(old_rubric, new_rubric) for text in (html, record))
        self.write(student, self._content(student), *stamped)
        return True

    def remove(self, student: str) -> None:
        """Remove a student's files that were written from a result which holds no longer."""
        if student not in self._published:
            return
        folder = self._folder / student
        with contextlib.suppress(OSError):
            for name in FILES:
                (folder / name).unlink(missing_ok=True)
            folder.rmdir()
        self._ledger.keep_published(student, None)
        del self._published[student]

    def remove_all_but(self, students: set[str]) -> None:
        """Remove the files of those who are in the class no longer."""
        for student in sorted(self._published.keys() - students):
            self.remove(student)


@functools.cache
def view_version() -> str:
    """Return the digest of all source that decides how a scorecard looks."""
    total = hashlib.sha256()
    for path in sorted(p for p in (ROOT / "graders" / "report").rglob("*") if p.is_file() and p.suffix != ".pyc"):
        total.update(path.read_bytes())
    return total.hexdigest()[:16]
