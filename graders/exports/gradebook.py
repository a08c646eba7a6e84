"""gradebook.csv: one line a student, one column a criterion."""

from collections.abc import Iterator, Sequence

from graders.exports.table import csv_text
from graders.ledger import StudentFigures

IDENTITY = ("name", "sid", "email", "login", "section")
HEADER = ("Name", "Student ID", "Email", "Login", "Section", "Folder", "Status", "Late", "Total", "Open", "Points")


def gradebook(results: Sequence[StudentFigures]) -> str:
    """Return the gradebook as CSV. Where there is no total the cell is empty, never 0."""
    return csv_text(_rows(results))


def _rows(results: Sequence[StudentFigures]) -> Iterator[list[object]]:
    titles = {h.name: f"{h.title} ({h.points:g})" for r in results for h in r.headings}
    yield [*HEADER, *titles.values(), "Remark"]
    for result in results:
        earned = {
            heading.name: None if standing == "ungraded" else points for heading, standing, points in result.criteria()
        }
        hand_in = result.hand_in
        yield [
            *(hand_in.identity.get(key, "") for key in IDENTITY),
            hand_in.student,
            result.status.value,
            "late" if hand_in.late else "",
            result.total,
            result.open_points if result.headings else None,
            result.points if result.headings else None,
            *(earned.get(name) for name in titles),
            result.problem,
        ]
