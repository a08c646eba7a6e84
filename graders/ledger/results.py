"""The class as tables, exports and the dashboard see it: one student after another, with what people awarded."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby

from graders.ledger.criteria import CriterionRow
from graders.ledger.rows import Award, HandInRow
from graders.ledger.store import Ledger


class Status(StrEnum):
    """How a student stands."""

    GRADED = "graded"
    UNGRADED = "ungraded"
    UNOPENED = "cannot be opened"
    WAITING = "not graded yet"
    MISSING = "nothing handed in"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StudentResult:
    """One student of the class and how their work came out.

    Args:
        hand_in: who, and what was handed in.
        status: how they stand.
        problem: why there is no total; "" where there is one.
        criteria: in the rubric's order, awards applied; empty where nothing was graded.
        seconds: what grading took.
        submission: digest of what was handed in; "" where nothing was opened.
    """

    hand_in: HandInRow
    status: Status
    problem: str
    criteria: tuple[CriterionRow, ...]
    seconds: float
    submission: str = ""

    @property
    def total(self) -> float | None:
        """Points earned for certain; None where there is no total."""
        if self.status is not Status.GRADED:
            return None
        return round(math.fsum(c.earned for c in self.criteria), 2)

    @property
    def open_points(self) -> float:
        """Points that a reviewer may still award."""
        return round(math.fsum(c.open_points for c in self.criteria), 2)

    @property
    def points(self) -> float:
        """The most that all criteria can give."""
        return round(math.fsum(c.points for c in self.criteria), 2)


QUERY = """
    SELECT h.student, h.place AS hand_in_place, h.source, h.problem,
           s.key, s.parcel, s.fault, s.seconds AS sitting_seconds,
           c.name, c.title, c.heading, c.points, c.earned, c.open_points, c.standing, c.reason, c.feedback, c.seconds,
           c.visibility
    FROM hand_in h LEFT JOIN sitting s ON s.key = h.sitting LEFT JOIN criterion c ON c.sitting = s.key
    ORDER BY h.place, c.place
"""


def results_of(ledger: Ledger) -> Iterator[StudentResult]:
    """Yield the class in its order; one student at a time is in memory."""
    awards: dict[str, dict[str, Award]] = {}
    for (student, criterion), award in ledger.awards().items():
        awards.setdefault(student, {})[criterion] = award
    students = {row.student: row for row in ledger.hand_ins()}
    for student, group in groupby(ledger.each(QUERY), key=lambda row: row["student"]):
        rows = list(group)
        first = rows[0]
        given = awards.get(student, {})
        criteria = tuple(
            awarded(
                CriterionRow(
                    name=row["name"],
                    title=row["title"],
                    group=row["heading"],
                    points=row["points"],
                    earned=row["earned"],
                    open_points=row["open_points"],
                    standing=row["standing"],
                    reason=row["reason"],
                    feedback=row["feedback"],
                    seconds=row["seconds"],
                    visibility=row["visibility"],
                ),
                given.get(row["name"]),
            )
            for row in rows
            if row["name"] is not None
        )
        status, problem = _status(first["source"], first["problem"], first["key"], first["fault"], criteria)
        yield StudentResult(
            hand_in=students[student],
            status=status,
            problem=problem,
            criteria=criteria,
            seconds=first["sitting_seconds"] or 0.0,
            submission=first["parcel"] or "",
        )


def awarded(row: CriterionRow, award: Award | None) -> CriterionRow:
    """Return a criterion with what a person gave in place of what the grader gave."""
    if award is None:
        return row
    standing = "none" if award.points <= 0 else "full" if award.points >= row.points else "partial"
    told = f"{award.points:g} points given by {award.who} on {award.at[:10]}" + (f": {award.why}" if award.why else "")
    return replace(row, earned=award.points, open_points=0.0, standing=standing, reason=told, feedback=told)


def _status(
    source: str, problem: str, key: str | None, fault: str | None, criteria: tuple[CriterionRow, ...]
) -> tuple[Status, str]:
    if not source:
        return Status.MISSING, "nothing was handed in"
    if problem:
        return Status.UNOPENED, problem
    if key is None:
        return Status.WAITING, "the batch has not come to it yet"
    ungraded = [f"{c.title}: {c.reason}" for c in criteria if c.standing == "ungraded"]
    if fault or ungraded:
        return Status.UNGRADED, fault or "; ".join(ungraded)
    return Status.GRADED, ""
