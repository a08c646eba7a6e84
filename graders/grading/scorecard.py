"""The outcome of one sitting: what every view shows and the record keeps. Views compute nothing beyond it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from graders.foundation.diagnosis import Diagnosis, Evidence, SmallestFailure
from graders.foundation.page import CriterionPage
from graders.foundation.verdict import Standing, Verdict

__all__ = ["Award", "CriterionPage", "CriterionResult", "Notice", "Scorecard"]


SHORT = 60  # characters; a reason as short as this needs its check's title to be understood


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """Points that a person gave in place of the grader's.

    Args:
        points: how many.
        who: the person.
        at: ISO 8601 time in UTC.
        why: their reason.
    """

    points: float
    who: str
    at: str
    why: str

    @property
    def told(self) -> str:
        """The award in one line."""
        return f"{self.points:g} points given by {self.who} on {self.at[:10]}" + (f": {self.why}" if self.why else "")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CriterionResult:
    """One rubric line and how it came out.

    Args:
        name: the rubric line's name, which is its module's name.
        title: what a student reads.
        group: the heading under which the rubric lists it.
        points: the most it can give.
        verdict: None when the criterion is ungraded.
        page: from the module's docstring.
        fault: why it is ungraded; our fault, a person must look.
        diagnoses: what explains a loss, by the catalogue of mistakes.
        smallest: the smallest question that still gets a wrong answer, where nothing explains the loss.
        evidence: every deviation with all its numbers, for the instructor.
        seconds: time that its questions took; for the record.
        award: points that a person gave, which count in place of the grader's.
    """

    name: str
    title: str
    group: str
    points: float
    verdict: Verdict | None
    page: CriterionPage
    fault: str = ""
    diagnoses: tuple[Diagnosis, ...] = ()
    smallest: SmallestFailure | None = None
    evidence: tuple[Evidence, ...] = ()
    seconds: float = 0.0
    award: Award | None = None

    @property
    def standing(self) -> Standing:
        """How the criterion came out."""
        if self.award is not None:
            share = Standing.FULL if self.award.points >= self.points else Standing.PARTIAL
            return share if self.award.points > 0 else Standing.NONE
        return Standing.UNGRADED if self.verdict is None else self.verdict.standing

    @property
    def earned(self) -> float:
        """Points earned for certain; an open criterion has earned nothing yet."""
        if self.award is not None:
            return self.award.points
        if self.verdict is None or self.standing is Standing.OPEN:
            return 0.0
        return round(self.points * self.verdict.share, 2)

    @property
    def open_points(self) -> float:
        """Points that a reviewer may still award."""
        if self.verdict is None or self.standing is not Standing.OPEN:
            return 0.0
        return round(self.points * self.verdict.share, 2)

    @property
    def reason(self) -> str:
        """One line: the first reason for a loss, or what a single check measured; a person's award before all."""
        if self.award is not None:
            return self.award.told
        if self.verdict is None:
            return self.fault
        checks = self.verdict.checks
        lost = [c for c in checks if c.credit < 1.0]
        if not lost and len(checks) > 1:
            return f"all {len(checks)} checks hold"
        told = [c for c in lost if c.reason] or lost or list(checks)
        first = told[0]
        if lost and first.reason and len(first.reason) < SHORT and first.attempted:
            return f"'{first.title}' fails: {first.reason}"
        return first.reason or first.title


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something worth knowing that costs nothing by itself."""

    message: str
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scorecard:
    """Everything that is known of one graded submission.

    Args:
        submission: its display name.
        submission_digest: sha256 of its files.
        rubric: the rubric's title.
        rubric_digest: sha256 of the rubric's text.
        dataset: name of the data set.
        dataset_digest: sha256 of its arrays.
        seed: the seed of the sitting.
        criteria: in the rubric's order.
        notices: about the submission as a whole.
        output: what the submission printed, capped, by exam room.
        environment: versions and platform, by name.
        isolation: how the exam room was separated: "sandbox" or "process".
        answers: the Markdown of the written answers, for the reviewer.
        started: ISO 8601 time in UTC; not part of the judgement.
        seconds: wall time of the sitting; not part of the judgement.
    """

    submission: str
    submission_digest: str
    rubric: str
    rubric_digest: str
    dataset: str
    dataset_digest: str
    seed: int
    criteria: tuple[CriterionResult, ...]
    notices: tuple[Notice, ...] = ()
    output: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    isolation: str = "process"
    answers: str = ""
    started: str = ""
    seconds: float = 0.0

    @property
    def points(self) -> float:
        """The most that all criteria can give."""
        return math.fsum(c.points for c in self.criteria)

    @property
    def earned(self) -> float | None:
        """Points earned for certain; None while anything is ungraded, for then there is no total."""
        if any(c.standing is Standing.UNGRADED for c in self.criteria):
            return None
        return round(math.fsum(c.earned for c in self.criteria), 2)

    @property
    def open_points(self) -> float:
        """Points that a reviewer may still award."""
        return round(math.fsum(c.open_points for c in self.criteria), 2)

    @property
    def decided_points(self) -> float:
        """The most that the criteria which are not open can give."""
        return round(math.fsum(c.points for c in self.criteria if c.standing is not Standing.OPEN), 2)
