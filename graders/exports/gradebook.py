"""gradebook.csv: one line a student, one column a criterion."""

from collections.abc import Iterable, Iterator

from graders.exports.table import csv_text
from graders.ledger import StudentResult

IDENTITY = ("name", "sid", "email", "login", "section")
HEADER = ("Name", "Student ID", "Email", "Login", "Section", "Folder", "Status", "Late", "Total", "Open", "Points")


def gradebook(results: Iterable[StudentResult]) -> str:
    """Return the gradebook as CSV. Where there is no total the cell is empty, never 0."""
    return csv_text(_rows(list(results)))


def _rows(results: list[StudentResult]) -> Iterator[list[object]]:
    titles = {c.name: f"{c.title} ({c.points:g})" for r in results for c in r.criteria}
    yield [*HEADER, *titles.values(), "Remark"]
    for result in results:
        earned = {c.name: None if c.standing == "ungraded" else c.earned for c in result.criteria}
        hand_in = result.hand_in
        yield [
            *(hand_in.identity.get(key, "") for key in IDENTITY),
            hand_in.student,
            result.status.value,
            "late" if hand_in.late else "",
            result.total,
            result.open_points if result.criteria else None,
            result.points if result.criteria else None,
            *(earned.get(name) for name in titles),
            result.problem,
        ]
