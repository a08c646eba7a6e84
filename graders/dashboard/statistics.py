"""What a class's points say of the criteria: difficulty, discrimination, reliability; and how the totals are spread."""

import math
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from graders.ledger import Status, StudentFigures
from graders.ledger.figures import Heading

BINS = 20
DECIDED = ("full", "partial", "none", "not attempted")


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionStatistics:
    """One criterion over the class.

    Args:
        name, title, points: the rubric's.
        judged: students for whom it is decided.
        difficulty: mean share of its points earned, from 0 (nobody) to 1 (everybody); None where nobody is judged.
        discrimination: correlation of its points with those of all other criteria (corrected item-total correlation);
            None where it is undefined, as where everybody earned the same.
        full, partial, none, not_attempted, open, ungraded: students of each standing.
    """

    name: str
    title: str
    points: float
    judged: int
    difficulty: float | None
    discrimination: float | None
    full: int
    partial: int
    none: int
    not_attempted: int
    open: int
    ungraded: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassStatistics:
    """The class in figures.

    Args:
        counts: students by status.
        totals: how many have one; mean, median, standard deviation of the totals, in points (None without any).
        bins: students by total, in twentieths of the points.
        alpha: Cronbach's alpha over the decided criteria; None where it is undefined.
        criteria: in the rubric's order.
    """

    counts: dict[Status, int]
    totals: int
    points: float
    mean: float | None
    median: float | None
    deviation: float | None
    bins: tuple[int, ...]
    alpha: float | None
    criteria: tuple[CriterionStatistics, ...]


@dataclass(slots=True, kw_only=True)
class Column:
    """One criterion over the class: its heading, how many students are of each standing, and the decided shares."""

    heading: Heading
    standings: Counter[str] = field(default_factory=Counter)
    shares: "array[float]" = field(default_factory=lambda: array("d"))


def statistics(results: Sequence[StudentFigures]) -> ClassStatistics:
    """Return the figures of a class; students without a total are counted and nothing else."""
    graded = [r for r in results if r.total is not None]
    counts = Counter(r.status for r in results)
    totals = np.array([r.total for r in graded], dtype=float)  # (N,)
    points = max((r.points for r in results), default=0.0)
    shares = np.array([r.total / r.points for r in graded if r.total is not None and r.points > 0])
    places = np.clip((shares * BINS).astype(int), 0, BINS - 1)
    columns = columns_of(results)
    names = list(columns)
    earned = earned_matrix(graded, names)  # (N, M), NaN where undecided
    decided = ~np.isnan(earned).any(axis=0) if graded else np.zeros(len(names), dtype=bool)
    return ClassStatistics(
        counts={status: counts[status] for status in Status},
        totals=len(graded),
        points=points,
        mean=float(totals.mean()) if len(totals) else None,
        median=float(np.median(totals)) if len(totals) else None,
        deviation=float(totals.std(ddof=1)) if len(totals) > 1 else None,
        bins=tuple(np.bincount(places, minlength=BINS).tolist()),
        alpha=cronbach_alpha(earned[:, decided]) if graded else None,
        criteria=tuple(_criterion(column, earned, place) for place, column in enumerate(columns.values())),
    )


def columns_of(results: Sequence[StudentFigures]) -> dict[str, Column]:
    """Return the criteria by name, in the order in which students have them."""
    columns: dict[str, Column] = {}
    for result in results:
        for heading, standing, earned in result.criteria():
            column = columns.get(heading.name)
            if column is None:
                column = columns[heading.name] = Column(heading=heading)
            column.standings[standing] += 1
            if standing in DECIDED and heading.points > 0:
                column.shares.append(earned / heading.points)
    return columns


def earned_matrix(results: Sequence[StudentFigures], names: Sequence[str]) -> np.ndarray:
    """Return points earned, (students, criteria); NaN where a criterion is open or was not in the student's rubric."""
    place = {name: number for number, name in enumerate(names)}
    earned = np.full((len(results), len(names)), np.nan)
    for row, result in enumerate(results):
        for heading, standing, points in result.criteria():
            if standing in DECIDED:
                earned[row, place[heading.name]] = points
    return earned


def corrected_item_total(earned: np.ndarray, column: int) -> float | None:
    """Return the correlation of one criterion's points with the sum of all others', over those who have both.

    Args:
        earned: points, (students, criteria); NaN where undecided, which counts as nothing in the others' sum.
        column: the criterion.
    """
    judged = ~np.isnan(earned[:, column])
    item = earned[judged, column]  # (n,)
    rest = np.nansum(np.delete(earned[judged], column, axis=1), axis=1)  # (n,)
    if len(item) < 3 or np.ptp(item) == 0 or np.ptp(rest) == 0:
        return None
    r = float(np.corrcoef(item, rest)[0, 1])
    return r if math.isfinite(r) else None


def cronbach_alpha(earned: np.ndarray) -> float | None:
    """Return Cronbach's alpha (Cronbach 1951) of decided points, (students, criteria)."""
    students, items = earned.shape
    if students < 2 or items < 2:
        return None
    total = earned.sum(axis=1).var(ddof=1)
    if not total > 0:
        return None
    return float(items / (items - 1) * (1 - earned.var(axis=0, ddof=1).sum() / total))


def _criterion(column: Column, earned: np.ndarray, place: int) -> CriterionStatistics:
    standings, shares = column.standings, column.shares
    return CriterionStatistics(
        name=column.heading.name,
        title=column.heading.title,
        points=column.heading.points,
        judged=len(shares),
        difficulty=math.fsum(shares) / len(shares) if shares else None,
        discrimination=corrected_item_total(earned, place) if len(earned) else None,
        full=standings["full"],
        partial=standings["partial"],
        none=standings["none"],
        not_attempted=standings["not attempted"],
        open=standings["open"],
        ungraded=standings["ungraded"],
    )
