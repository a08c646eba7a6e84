"""The noun: one criterion of the task as a student meets it, with its number in the order of the task."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from graders.foundation.verdict import Check, Standing
from graders.grading.scorecard import CriterionResult
from graders.rubric import Criterion


class State(StrEnum):
    """How far a student has come with a criterion."""

    DONE = "done"
    CARRIED = "done once an earlier mistake is mended"
    SO_FAR = "right so far"
    OPEN = "not right yet"
    NOT_ATTEMPTED = "not attempted"
    REVIEWER = "for a reviewer"
    UNGRADED = "not checked"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Step:
    """One criterion's outcome.

    Args:
        number: its place in the order of the task, from 1.
        of: how many there are.
        criterion: what was checked.
        result: how it came out.
    """

    number: int
    of: int
    criterion: Criterion
    result: CriterionResult

    @property
    def name(self) -> str:
        """The criterion's name, which `--only` takes."""
        return self.criterion.name

    @property
    def lost(self) -> Sequence[Check]:
        """The checks of written functions that do not hold yet, those that cost most first."""
        checks = self.result.verdict.checks if self.result.verdict else ()
        return sorted((c for c in checks if c.credit < 1.0 and c.attempted), key=lambda c: -c.weight * (1.0 - c.credit))

    @property
    def charged_at(self) -> Sequence[str]:
        """Titles of the criteria whose mistake also shows here."""
        checks = self.result.verdict.checks if self.result.verdict else ()
        return list(dict.fromkeys(title for c in checks for title in c.charged_at))

    @property
    def state(self) -> State:
        """How far the student has come with it."""
        match self.result.standing:
            case Standing.UNGRADED:
                return State.UNGRADED
            case Standing.NOT_ATTEMPTED:
                return State.NOT_ATTEMPTED
            case Standing.OPEN:
                return State.REVIEWER
            case Standing.FULL:
                return State.CARRIED if self.charged_at else State.DONE
        return State.OPEN if self.lost else State.SO_FAR

    @property
    def settled(self) -> bool:
        """Whether there is nothing to do here now; what waits for other functions is settled too."""
        return self.state not in (State.OPEN, State.NOT_ATTEMPTED)


def next_step(steps: Sequence[Step]) -> Step | None:
    """Return the first step, in the order of the task, at which there is something to do; None if all is done."""
    return min((s for s in steps if not s.settled), key=lambda s: s.number, default=None)


def certain_next(steps: Sequence[Step]) -> Step | None:
    """Return the next step once everything before it has come out, too; None until then."""
    following = next_step(steps)
    if following is None:
        return None
    known = {s.number for s in steps}
    return following if all(number in known for number in range(1, following.number)) else None
