"""A class without its words: what tables and the dashboard hold of everyone at once, about two kilobytes a student."""

import functools
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from graders.ledger.results import Status, StudentResult
from graders.ledger.rows import HandInRow


class Heading(NamedTuple):
    """What a rubric says of a criterion."""

    name: str
    title: str
    points: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StudentFigures:
    """One student's result as figures; criteria are in the rubric's order, M of them.

    Args:
        hand_in: who; without the notices.
        status, problem, total, open_points, points, seconds: as in `StudentResult`.
        headings: the criteria, (M,); one object for all students of a rubric.
        earned: points earned, (M,).
        standings: full, partial, none, not attempted, open or ungraded, (M,).
        times: seconds that the criteria's questions took, (M,).
    """

    hand_in: HandInRow
    status: Status
    problem: str
    total: float | None
    open_points: float
    points: float
    seconds: float
    headings: tuple[Heading, ...]
    earned: "array[float]"
    standings: tuple[str, ...]
    times: "array[float]"

    def criteria(self) -> Iterator[tuple[Heading, str, float]]:
        """Yield heading, standing and points earned of each criterion."""
        return zip(self.headings, self.standings, self.earned, strict=True)


def figures_of(result: StudentResult) -> StudentFigures:
    """Return a result's figures; the result itself may be forgotten."""
    criteria = result.criteria
    return StudentFigures(
        hand_in=replace(result.hand_in, notices=()) if result.hand_in.notices else result.hand_in,
        status=result.status,
        problem=result.problem,
        total=result.total,
        open_points=result.open_points,
        points=result.points,
        seconds=result.seconds,
        headings=_shared(tuple(Heading(c.name, c.title, c.points) for c in criteria)),
        earned=array("d", [c.earned for c in criteria]),
        standings=tuple(sys.intern(c.standing) for c in criteria),
        times=array("d", [c.seconds for c in criteria]),
    )


@functools.lru_cache(maxsize=64)  # a class has few rubrics
def _shared(headings: tuple[Heading, ...]) -> tuple[Heading, ...]:
    return headings
