"""What a class's points say of the criteria: difficulty, discrimination, reliability; and how the totals are spread."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graders.ledger import CriterionRow, Status, StudentResult

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


def statistics(results: Sequence[StudentResult]) -> ClassStatistics:
    """Return the figures of a class; students without a total are counted and nothing else."""
    graded = [r for r in results if r.total is not None]
    totals = np.array([r.total for r in graded], dtype=float)  # (N,)
    points = max((r.points for r in results), default=0.0)
    shares = np.array([r.total / r.points for r in graded if r.total is not None and r.points > 0])
    places = np.clip((shares * BINS).astype(int), 0, BINS - 1)
    rows: dict[str, list[CriterionRow]] = {}
    for result in results:
        for c in result.criteria:
            rows.setdefault(c.name, []).append(c)
    names = list(rows)
    earned = earned_matrix(graded, names)  # (N, M), NaN where undecided
    decided = ~np.isnan(earned).any(axis=0) if graded else np.zeros(len(names), dtype=bool)
    return ClassStatistics(
        counts={status: sum(r.status is status for r in results) for status in Status},
        totals=len(graded),
        points=points,
        mean=float(totals.mean()) if len(totals) else None,
        median=float(np.median(totals)) if len(totals) else None,
        deviation=float(totals.std(ddof=1)) if len(totals) > 1 else None,
        bins=tuple(np.bincount(places, minlength=BINS).tolist()),
        alpha=cronbach_alpha(earned[:, decided]) if graded else None,
        criteria=tuple(_criterion(rows[name], earned, place) for place, name in enumerate(names)),
    )


def earned_matrix(results: Sequence[StudentResult], names: Sequence[str]) -> np.ndarray:
    """Return points earned, (students, criteria); NaN where a criterion is open or was not in the student's rubric."""
    place = {name: number for number, name in enumerate(names)}
    earned = np.full((len(results), len(names)), np.nan)
    for row, result in enumerate(results):
        for c in result.criteria:
            if c.standing in DECIDED:
                earned[row, place[c.name]] = c.earned
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


def _criterion(rows: Sequence[CriterionRow], earned: np.ndarray, column: int) -> CriterionStatistics:
    standings = [c.standing for c in rows]
    shares = [c.earned / c.points for c in rows if c.standing in DECIDED and c.points > 0]
    return CriterionStatistics(
        name=rows[0].name,
        title=rows[0].title,
        points=rows[0].points,
        judged=len(shares),
        difficulty=math.fsum(shares) / len(shares) if shares else None,
        discrimination=corrected_item_total(earned, column) if len(earned) else None,
        full=standings.count("full"),
        partial=standings.count("partial"),
        none=standings.count("none"),
        not_attempted=standings.count("not attempted"),
        open=standings.count("open"),
        ungraded=standings.count("ungraded"),
    )
