"""The noun: a rubric, every number of which was read from its file and checked."""

import dataclasses
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from graders.foundation.calibration import Calibration
from graders.foundation.errors import BadUsage
from graders.foundation.exam import TrainingOptions
from graders.foundation.grader import Grader
from graders.foundation.limits import Limits
from graders.foundation.page import CriterionPage


class Visibility(StrEnum):
    """When a student may see how a criterion came out; the words are Gradescope's."""

    VISIBLE = "visible"
    HIDDEN = "hidden"
    AFTER_DUE_DATE = "after_due_date"
    AFTER_PUBLISHED = "after_published"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Criterion:
    """One line of the rubric.

    Args:
        name: the name of its module in graders/.
        group: the heading under which it stands.
        points: the most it can give.
        grader: its parameters, ready to ask and judge.
        page: what the report says about it in general.
        visibility: when a student may see how it came out.
    """

    name: str
    group: str
    points: float
    grader: Grader
    page: CriterionPage
    visibility: Visibility = Visibility.VISIBLE

    @property
    def title(self) -> str:
        """What a student reads."""
        return self.grader.title


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rubric:
    """A whole rubric.

    Args:
        title: the assignment's name.
        seed: every random input is drawn from it.
        dataset: name of the data set, unless the command line names another.
        training: options of the full training runs.
        limits: what a submission may use.
        forbidden_libraries: top-level packages that the NumPy half may not compute with.
        calibration: what the reference reaches, once `grade.py calibrate` has measured it.
        criteria: in order.
        digest: sha256 of the file's text.
    """

    title: str
    seed: int
    dataset: str
    training: TrainingOptions
    limits: Limits
    forbidden_libraries: tuple[str, ...]
    calibration: Calibration | None = None
    criteria: tuple[Criterion, ...]
    digest: str

    def only(self, names: Sequence[str] | None) -> Self:
        """Return the rubric with these criteria alone, or as it is when none are named.

        Raises:
            BadUsage: a name that is not in the rubric.
        """
        if not names:
            return self
        known = [c.name for c in self.criteria]
        for name in names:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                message = f"no criterion '{name}' in this rubric." + (f" Did you mean '{near[0]}'?" if near else "")
                raise BadUsage(message, remedy=f"It has: {', '.join(known)}.")
        return dataclasses.replace(self, criteria=tuple(c for c in self.criteria if c.name in names))

    def public(self) -> Self:
        """Return the rubric with the criteria alone that a student may see before the due date."""
        shown = tuple(c for c in self.criteria if c.visibility is Visibility.VISIBLE)
        return dataclasses.replace(self, criteria=shown)
