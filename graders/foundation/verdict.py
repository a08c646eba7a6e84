"""What a grader concludes: checks with their reasons, and exhibits for the report. Refuses NaN at birth."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curves:
    """An exhibit: lines over a common axis, such as the loss per epoch.

    Args:
        title: what is shown.
        x_label: the horizontal axis, with its unit.
        y_label: the vertical axis, with its unit.
        x: positions, one for each value of every line.
        lines: name and values of each line.
    """

    title: str
    x_label: str
    y_label: str
    x: tuple[float, ...]
    lines: tuple[tuple[str, tuple[float, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GapOverSeeds:
    """An exhibit: the accuracy gap of each seed, the interval of their mean, and what is allowed (all in points)."""

    title: str
    seeds: tuple[int, ...]
    gaps: tuple[float, ...]
    low: float
    high: float
    allowed: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ErrorMap:
    """An exhibit: the absolute error of every entry of a matrix, where a gradient is wrong."""

    title: str
    errors: np.ndarray
    allowed: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AgainstReference:
    """An exhibit: what the submission reached on each seed, beside what the reference reaches over many.

    Args:
        title: what is shown.
        label: the axis, with its unit.
        reference: one value of the reference for each seed of the calibration.
        submission: one value of the submission for each of its runs.
        threshold: from where there is full credit.
    """

    title: str
    label: str
    reference: tuple[float, ...]
    submission: tuple[float, ...]
    threshold: float


Exhibit: TypeAlias = Curves | GapOverSeeds | ErrorMap | AgainstReference


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Check:
    """One thing that was looked at, and what was seen.

    Args:
        title: what a right answer does, as a statement: "rows sum to one".
        credit: the share earned, in [0, 1].
        weight: its share of the criterion, relative to the other checks; positive.
        reason: one or two sentences with the measured number, the allowed number and the place.
        asked: what was asked, in short ("softmax(z), z of shape (7, 5)").
        got: what came back, in short.
        expected: what was expected, in short.
        fix: the next thing for the student to try; never the solution's line.
        where: file and line in the submission, if known.
        attempted: False when the function is not written yet.
        charged_at: titles of the criteria at which the mistake behind this check was charged already; it is right
            once right functions stand in for the wrong ones there.
        inside: the function of the contract inside which it looked, where that is another one than the criterion's.
    """

    title: str
    credit: float
    weight: float = 1.0
    reason: str = ""
    asked: str = ""
    got: str = ""
    expected: str = ""
    fix: str = ""
    where: str = ""
    attempted: bool = True
    charged_at: tuple[str, ...] = ()
    inside: str = ""
    exhibits: tuple[Exhibit, ...] = ()

    def __post_init__(self) -> None:
        within = 0.0 <= self.credit <= 1.0 and 0.0 < self.weight < math.inf
        if not within:
            msg = f"{self.title}: credit {self.credit} or weight {self.weight} is out of range"
            raise ValueError(msg)


class Standing(StrEnum):
    """How a criterion came out."""

    FULL = "full"
    PARTIAL = "partial"
    NONE = "none"
    NOT_ATTEMPTED = "not attempted"
    OPEN = "open"
    UNGRADED = "ungraded"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Verdict:
    """A grader's conclusion.

    Args:
        checks: at least one.
        exhibits: pictures that belong to the criterion as a whole.
        remarks: things worth knowing that cost nothing.
        open_for_reviewer: a person must award the points of the checks with full credit.
    """

    checks: tuple[Check, ...]
    exhibits: tuple[Exhibit, ...] = ()
    remarks: tuple[str, ...] = ()
    open_for_reviewer: bool = False

    def __post_init__(self) -> None:
        if not self.checks:
            msg = "a verdict needs at least one check"
            raise ValueError(msg)

    @property
    def share(self) -> float:
        """The share of the criterion's points earned (or, when open, within a reviewer's reach), in [0, 1]."""
        return math.fsum(c.weight * c.credit for c in self.checks) / math.fsum(c.weight for c in self.checks)

    @property
    def standing(self) -> Standing:
        """How the criterion came out."""
        if not any(check.attempted for check in self.checks):
            return Standing.NOT_ATTEMPTED
        if not any(check.credit > 0 for check in self.checks):
            return Standing.NONE
        if self.open_for_reviewer:
            return Standing.OPEN
        return Standing.FULL if all(check.credit == 1.0 for check in self.checks) else Standing.PARTIAL


def verdict(*checks: Check, exhibits: Sequence[Exhibit] = (), remarks: Sequence[str] = ()) -> Verdict:
    """Gather checks into a verdict."""
    return Verdict(checks=checks, exhibits=tuple(exhibits), remarks=tuple(remarks))
