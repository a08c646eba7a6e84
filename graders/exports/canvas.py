"""Canvas: the instructor's own gradebook export with one assignment's column filled in."""

import difflib
import re
from collections.abc import Iterable
from pathlib import Path

from graders.exports.sheet import Sheet, read_sheet, scaled
from graders.foundation.errors import BadUsage
from graders.intake.roster import name_forms, plain
from graders.ledger import StudentFigures

STUDENT_COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
ASSIGNMENT = re.compile(r"(?P<title>.*) \((?P<id>\d+)\)", re.DOTALL)
POSSIBLE = "points possible"


def canvas_text(path: Path, assignment: str, results: Iterable[StudentFigures]) -> tuple[str, list[str]]:
    """Return the CSV to upload, and the names of students of the class whom it has no line for.

    Only the student columns and the one assignment are in it: other columns, uploaded again, would overwrite what has
    been changed in Canvas meanwhile.

    Raises:
        BadUsage: the file is no gradebook export, or has no such assignment.
    """
    sheet = read_sheet(path)
    header = [name.strip() for name in sheet.rows[0]]
    places = _student_places(sheet, header)
    column = _assignment_place(sheet, header, assignment)
    by_identity: dict[str, StudentFigures] = {}
    for each in results:
        for form in _forms(each):
            by_identity.setdefault(form, each)
    possible = _possible(sheet, places["Student"], column)
    rows: list[list[object]] = [[*places, header[column]]]
    found = set()
    for row in sheet.rows[1:]:
        cells = [*row, *[""] * (len(header) - len(row))]
        kept: list[object] = [cells[place] for place in places.values()]
        result = _result_of(cells, places, by_identity)
        if result is None:
            is_figure = plain(cells[places["Student"]]) == POSSIBLE
            rows.append([*kept, cells[column] if is_figure or not cells[places["ID"]].strip() else None])
            continue
        found.add(result.hand_in.student)
        total = None if result.total is None else scaled(result.total, result.points, possible)
        rows.append([*kept, total])
    missing = [r.hand_in.name for r in dict.fromkeys(by_identity.values()) if r.hand_in.student not in found]
    return sheet.text(rows), missing


def _student_places(sheet: Sheet, header: list[str]) -> dict[str, int]:
    """Return the student columns that the file has, in its order; Section must be the last of them."""
    places = {name: header.index(name) for name in STUDENT_COLUMNS if name in header}
    for name in ("Student", "ID", "Section"):
        if name not in places:
            message = f"{sheet.path}: the header has no column {name}"
            raise BadUsage(message, remedy="Use the file that Canvas gives under Grades, Export.")
    if places["Section"] != max(places.values()):
        message = f"{sheet.path}: Section is not the last student column, and Canvas would refuse the file"
        raise BadUsage(message, remedy="Use the file that Canvas gives under Grades, Export, without moving columns.")
    return dict(sorted(places.items(), key=lambda item: item[1]))


def _assignment_place(sheet: Sheet, header: list[str], wanted: str) -> int:
    """Return the assignment's column, by its heading 'Title (123)', its number, or its title if no other has it."""
    known = {name: place for place, name in enumerate(header) if ASSIGNMENT.fullmatch(name)}
    matches = []
    for name, place in known.items():
        parts = ASSIGNMENT.fullmatch(name)
        assert parts is not None
        if wanted.strip() in (name, parts["id"], parts["title"]):
            matches.append(place)
    if len(matches) == 1:
        return matches[0]
    near = difflib.get_close_matches(wanted, list(known), n=1, cutoff=0.4)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    what = "several assignments" if matches else "no assignment"
    message = f"{sheet.path} has {what} '{wanted}', and Canvas would make a new one of an unknown title.{hint}"
    raise BadUsage(message, remedy=f"Name one with --assignment: {', '.join(known) or 'the file has none'}.")


def _possible(sheet: Sheet, student: int, column: int) -> str:
    for row in sheet.rows[1:4]:
        if len(row) > max(student, column) and plain(row[student]) == POSSIBLE:
            return row[column]
    return ""


def _forms(result: StudentFigures) -> list[str]:
    identity = result.hand_in.identity
    forms = [f"id {identity['lms'].strip()}"] if identity.get("lms") else []
    forms += [f"sis {plain(identity[key])}" for key in ("sid", "login", "email") if identity.get(key)]
    return [*forms, *(f"name {form}" for form in name_forms(identity.get("name", "")))]


def _result_of(cells: list[str], places: dict[str, int], known: dict[str, StudentFigures]) -> StudentFigures | None:
    """Return whose line it is: by Canvas's number, then by the school's, then by name."""
    if not cells[places["ID"]].strip():
        return None
    forms = [f"id {cells[places['ID']].strip()}"]
    forms += [
        f"sis {plain(cells[places[name]])}"
        for name in ("SIS User ID", "SIS Login ID")
        if name in places and cells[places[name]].strip()
    ]
    forms += [f"name {form}" for form in name_forms(cells[places["Student"]])]
    return next((known[form] for form in forms if form in known), None)
