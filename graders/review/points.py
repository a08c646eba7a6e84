"""What there is to review: the open points of a class, each with the answer and the evidence beside it."""

from collections.abc import Iterator
from dataclasses import dataclass

from graders.foundation.verdict import Curves, Exhibit
from graders.grading.scorecard import CriterionResult, Scorecard
from graders.ledger import Award, CriterionRow, Ledger, StudentResult, results_of
from graders.ledger.stored import scorecard_of

REVIEWED = ("open", "ungraded")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPoint:
    """One criterion of one student, for a person to judge.

    Args:
        result: the student.
        row: the criterion, as it stands.
        award: what a person gave already.
        skipped: whether a reviewer left it for later.
    """

    result: StudentResult
    row: CriterionRow
    award: Award | None
    skipped: bool

    @property
    def is_open(self) -> bool:
        """Whether it still waits for a person."""
        return self.award is None and self.row.standing in REVIEWED


def points_of(ledger: Ledger, *, everything: bool = False) -> list[OpenPoint]:
    """Return what there is to review, in the class's order; what was skipped comes last.

    Args:
        ledger: the class.
        everything: also what is decided, so that a person may decide otherwise.
    """
    awards, skipped = ledger.awards(), ledger.skipped()
    found = [
        OpenPoint(result=result, row=row, award=awards.get(place), skipped=place in skipped)
        for result in results_of(ledger)
        for row in result.criteria
        if (place := (result.hand_in.student, row.name))
    ]
    wanted = [point for point in found if everything or point.is_open]
    return sorted(wanted, key=lambda point: point.skipped and point.award is None)


def scorecard_for(ledger: Ledger, point: OpenPoint) -> Scorecard | None:
    """Return the scorecard behind an open point."""
    sitting = ledger.sitting(point.result.hand_in.sitting or "")
    return scorecard_of(sitting.scorecard) if sitting and sitting.scorecard else None


def answer_to(card: Scorecard, name: str) -> str:
    """Return what the student wrote for a criterion; "" where it is no matter of words."""
    return card.answers if name == "answers" else ""


def evidence_for(card: Scorecard, name: str) -> list[str]:
    """Return the evidence for a criterion: its checks and remarks, and what the submission's own runs reached."""
    result = next((c for c in card.criteria if c.name == name), None)
    lines = list(_of_criterion(result)) if result else []
    for other in card.criteria:
        if other is not result and other.verdict:
            lines += [line for exhibit in other.verdict.exhibits for line in _of_exhibit(exhibit)]
    return lines


def _of_criterion(result: CriterionResult) -> Iterator[str]:
    if result.verdict is None:
        yield result.fault
        return
    for check in result.verdict.checks:
        yield f"{'✓' if check.credit == 1 else '✗'} {check.title}: {check.reason}".rstrip(": ")
    yield from result.verdict.remarks
    for exhibit in result.verdict.exhibits:
        yield from _of_exhibit(exhibit)


def _of_exhibit(exhibit: Exhibit) -> Iterator[str]:
    if isinstance(exhibit, Curves):
        for name, values in exhibit.lines:
            if values:
                best = max(values) if "acc" in f"{exhibit.y_label} {name}".casefold() else min(values)
                yield f"{exhibit.title}: {name} {values[0]:.4g} → {values[-1]:.4g} (best {best:.4g})"
