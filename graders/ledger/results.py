"""The class as tables, exports and the dashboard see it: one student after another, with what people awarded."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from graders.ledger.criteria import CriterionRow
from graders.ledger.hand_ins import hand_in_of
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


STUDENTS = """
    SELECT h.student, h.identity, h.source, h.late, h.problem, h.notices, h.sitting, s.key, s.parcel, s.fault, s.seconds
    FROM hand_in h LEFT JOIN sitting s ON s.key = h.sitting
    ORDER BY h.place
"""
CRITERIA = """
    SELECT name, title, heading, points, earned, open_points, standing, reason, feedback, seconds, visibility
    FROM criterion WHERE sitting = ? ORDER BY place
"""


def results_of(ledger: Ledger) -> Iterator[StudentResult]:
    """Yield the class in its order; one student at a time is in memory."""
    awards: dict[str, dict[str, Award]] = {}
    for (student, criterion), award in ledger.awards().items():
        awards.setdefault(student, {})[criterion] = award
    # The criteria are asked for student by student: one query for all would sort every word of the class.
    for row in ledger.each(STUDENTS):
        hand_in = hand_in_of(row)
        given = awards.get(hand_in.student, {})
        criteria = tuple(_criteria(ledger, row["key"], given)) if row["key"] is not None else ()
        status, problem = _status(hand_in, row["key"], row["fault"], criteria)
        yield StudentResult(
            hand_in=hand_in,
            status=status,
            problem=problem,
            criteria=criteria,
            seconds=row["seconds"] or 0.0,
            submission=row["parcel"] or "",
        )


def _criteria(ledger: Ledger, sitting: str, given: Mapping[str, Award]) -> Iterator[CriterionRow]:
    for row in ledger.rows(CRITERIA, (sitting,)):
        name, title, group, points, earned, open_points, standing, reason, feedback, seconds, visibility = row
        criterion = CriterionRow(
            name=name,
            title=title,
            group=group,
            points=points,
            earned=earned,
            open_points=open_points,
            standing=standing,
            reason=reason,
            feedback=feedback,
            seconds=seconds,
            visibility=visibility,
        )
        yield awarded(criterion, given.get(name))


def awarded(row: CriterionRow, award: Award | None) -> CriterionRow:
    """Return a criterion with what a person gave in place of what the grader gave."""
    if award is None:
        return row
    standing = "none" if award.points <= 0 else "full" if award.points >= row.points else "partial"
    told = f"{award.points:g} points given by {award.who} on {award.at[:10]}" + (f": {award.why}" if award.why else "")
    return replace(row, earned=award.points, open_points=0.0, standing=standing, reason=told, feedback=told)


def _status(
    hand_in: HandInRow, key: str | None, fault: str | None, criteria: tuple[CriterionRow, ...]
) -> tuple[Status, str]:
    if not hand_in.source:
        return Status.MISSING, "nothing was handed in"
    if hand_in.problem:
        return Status.UNOPENED, hand_in.problem
    if key is None:
        return Status.WAITING, "the batch has not come to it yet"
    ungraded = [f"{c.title}: {c.reason}" for c in criteria if c.standing == "ungraded"]
    if fault or ungraded:
        return Status.UNGRADED, fault or "; ".join(ungraded)
    return Status.GRADED, ""
