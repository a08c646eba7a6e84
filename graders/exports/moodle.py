"""Moodle: the instructor's downloaded grading worksheet, edited in place: Grade and Feedback comments, nothing else."""

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from graders.exports.sheet import Sheet, read_sheet, scaled
from graders.exports.table import number
from graders.foundation.errors import BadUsage
from graders.intake.roster import name_forms, plain
from graders.ledger import StudentResult

IDENTIFIER = "identifier"
GRADE = "grade"
FEEDBACK = "feedback comments"
MAXIMUM = "maximum grade"
LOCKED = "grade can be changed"
DIGITS = re.compile(r"(\d+)\s*$")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Entry:
    """What goes into a student's line.

    Args:
        name, student: what to call the student, and the folder.
        forms: what the student may be found by, the surest first.
        total, points: None and anything where there is no total.
        feedback: as Moodle takes it; "" where there is no total.
    """

    name: str
    student: str
    forms: tuple[str, ...]
    total: float | None
    points: float
    feedback: str


def moodle_text(path: Path, entries: Iterable[Entry]) -> tuple[str, list[str]]:
    """Return the worksheet with grades and feedback, and the names of students whom it has no line for.

    Who has no total, and whose grade Moodle has locked, keeps the line as it was.

    Raises:
        BadUsage: the file is no grading worksheet.
    """
    sheet = read_sheet(path)
    columns = {plain(name): place for place, name in reversed(list(enumerate(sheet.rows[0])))}
    for name in (IDENTIFIER, GRADE, FEEDBACK):
        if name not in columns:
            message = f"{sheet.path}: the header has no column '{name.capitalize()}'"
            remedy = (
                "Download it under 'View all submissions', 'Download grading worksheet', with comments switched on."
            )
            raise BadUsage(message, remedy=remedy)
    known: dict[str, Entry] = {}
    for entry in entries:
        for form in entry.forms:
            known.setdefault(form, entry)
    rows: list[list[object]] = [list(sheet.rows[0])]
    found = set()
    for row in sheet.rows[1:]:
        cells: list[object] = list(row)
        own = _entry_of(row, columns, known)
        if own is not None and len(row) == len(sheet.rows[0]):
            found.add(own.student)
            _fill(cells, row, columns, own, sheet)
        rows.append(cells)
    missing = [entry.name for entry in dict.fromkeys(known.values()) if entry.student not in found]
    return sheet.text(rows), missing


def _fill(cells: list[object], row: list[str], columns: dict[str, int], entry: Entry, sheet: Sheet) -> None:
    locked = LOCKED in columns and plain(row[columns[LOCKED]]) in ("no", "0", "nein", "non")
    if entry.total is None or locked:
        return
    maximum = row[columns[MAXIMUM]] if MAXIMUM in columns else ""
    grade = number(scaled(entry.total, entry.points, maximum))
    cells[columns[GRADE]] = grade.replace(".", ",") if sheet.delimiter == ";" else grade
    cells[columns[FEEDBACK]] = entry.feedback


def entry_of(result: StudentResult) -> Entry:
    """Return what goes into a student's line."""
    return Entry(
        name=result.hand_in.name,
        student=result.hand_in.student,
        forms=tuple(_forms(result.hand_in.identity)),
        total=result.total,
        points=result.points,
        feedback="" if result.total is None else feedback_of(result),
    )


def feedback_of(result: StudentResult) -> str:
    """Return what a student reads in Moodle, which takes comments as HTML: on one line, with every word escaped."""
    lines = [f"{result.total:g} of {result.points:g} points."]
    if result.open_points:
        lines.append(f"{result.open_points:g} points are open for a reviewer.")
    lines += [
        f"{c.title} ({c.earned:g} of {c.points:g}): {c.reason}"
        for c in result.criteria
        if c.standing not in ("full", "open") and c.visibility == "visible"
    ]
    return "<br>".join(html.escape(" ".join(line.split())) for line in lines)


def _forms(identity: Mapping[str, str]) -> list[str]:
    forms = [f"id {identity['lms'].strip()}"] if identity.get("lms") else []
    forms += [f"mail {plain(identity['email'])}"] if identity.get("email") else []
    return [*forms, *(f"name {form}" for form in name_forms(identity.get("name", "")))]


def _entry_of(row: list[str], columns: dict[str, int], known: dict[str, Entry]) -> Entry | None:
    """Return whose line it is: by 'Participant 12345', then by address, then by name."""

    def cell(name: str) -> str:
        place = columns.get(name)
        return row[place] if place is not None and place < len(row) else ""

    digits = DIGITS.search(cell(IDENTIFIER))
    forms = [f"id {digits[1]}"] if digits else []
    forms += [f"mail {plain(cell('email address'))}"] if cell("email address") else []
    forms += [f"name {form}" for form in name_forms(cell("full name"))]
    return next((known[form] for form in forms if form in known), None)
