"""Reviewing in a spreadsheet: open points out as CSV, points and comments back in."""

from collections.abc import Mapping
from pathlib import Path

from graders.exports.sheet import read_sheet
from graders.exports.table import FORMULA_STARTS, csv_text
from graders.foundation.errors import BadUsage
from graders.ledger import Award, Ledger
from graders.review.points import OpenPoint, answer_to, evidence_for, points_of, scorecard_for
from graders.review.walk import award, points_in

HEADER = ("student", "name", "criterion", "title", "possible", "given", "comment", "reviewer", "answer", "evidence")
NEEDED = ("student", "criterion", "given")
CELL_CAP = 30_000  # a spreadsheet holds 32,767 characters in a cell


def review_csv(ledger: Ledger, *, everything: bool = False) -> str:
    """Return what there is to review as CSV; the column 'given' is to be filled in."""
    rows: list[list[object]] = [list(HEADER)]
    for point in points_of(ledger, everything=everything):
        card = scorecard_for(ledger, point)
        given = point.award
        rows.append(
            [
                point.result.hand_in.student,
                point.result.hand_in.name,
                point.row.name,
                point.row.title,
                point.row.points,
                given.points if given else None,
                given.why if given else "",
                given.who if given else "",
                answer_to(card, point.row.name)[:CELL_CAP] if card else "",
                "\n".join(evidence_for(card, point.row.name))[:CELL_CAP] if card else "",
            ]
        )
    return "\ufeff" + csv_text(rows)  # the mark tells spreadsheets that it is UTF-8


def awards_in(path: Path, ledger: Ledger, who: str) -> list[Award]:
    """Return the awards that a filled-in CSV gives; lines without points, or with those given before, give none.

    Raises:
        BadUsage: any line is wrong; nothing is kept then.
    """
    sheet = read_sheet(path)
    columns = {name.strip().casefold(): place for place, name in enumerate(sheet.rows[0])}
    for name in NEEDED:
        if name not in columns:
            message = f"{path}: the header has no column '{name}'"
            raise BadUsage(message, remedy="Fill in the file that 'grade.py review RESULTS --export FILE' writes.")
    known = {(p.result.hand_in.student, p.row.name): p for p in points_of(ledger, everything=True)}
    found = []
    for number, row in enumerate(sheet.rows[1:], start=2):
        cells = {name: undefused(row[place]) if place < len(row) else "" for name, place in columns.items()}
        if cells["given"].strip():
            found += _award(path, number, cells, known, who)
    return found


def _award(
    path: Path, number: int, cells: Mapping[str, str], known: Mapping[tuple[str, str], OpenPoint], who: str
) -> list[Award]:
    point = known.get((cells["student"].strip(), cells["criterion"].strip()))
    if point is None:
        message = f"{path}, row {number}: no student '{cells['student']}' with a criterion '{cells['criterion']}'"
        raise BadUsage(message, remedy="Keep the columns student and criterion as they were exported.")
    points = points_in(cells["given"].strip(), point.row.points)
    if points is None:
        message = f"{path}, row {number}: '{cells['given']}' is no number from 0 to {point.row.points:g}"
        raise BadUsage(message, remedy="Mend the cell and import again; nothing was kept.")
    given = award(point, points, cells.get("reviewer", "").strip() or who, cells.get("comment", "").strip())
    before = point.award
    same = before is not None and (before.points, before.why) == (given.points, given.why)
    return [] if same else [given]


def undefused(cell: str) -> str:
    """Return a cell's text as it was before it was defused."""
    return cell[1:] if cell.startswith("'") and cell[1:].lstrip(" \u00a0\ufeff").startswith(FORMULA_STARTS) else cell
