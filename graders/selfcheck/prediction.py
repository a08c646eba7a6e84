"""What the final grading would give, as far as a student may know it before handing in."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graders.foundation.verdict import Standing
from graders.rubric import Rubric, Visibility
from graders.selfcheck.steps import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """Points of the final grading, by who knows them.

    Args:
        points: of the whole rubric.
        public: of the criteria that were checked and need no reviewer.
        earned: of those, what this submission would earn; None while one of them could not be checked.
        reviewer: what a person may still award.
        hidden: of the criteria that are not shown before the due date.
        hidden_by_group: the same, by the rubric's headings.
    """

    points: float
    public: float
    earned: float | None
    reviewer: float
    hidden: float
    hidden_by_group: Mapping[str, float]


def predict(rubric: Rubric, steps: Sequence[Step]) -> Prediction:
    """Add up a check of the whole rubric's public part.

    Args:
        rubric: with its hidden criteria.
        steps: how the public ones came out.
    """
    hidden: dict[str, float] = {}
    for criterion in rubric.criteria:
        if criterion.visibility is not Visibility.VISIBLE:
            hidden[criterion.group] = hidden.get(criterion.group, 0.0) + criterion.points
    results = [s.result for s in steps]
    decided = [r for r in results if r.standing is not Standing.OPEN]
    unknown = any(r.standing is Standing.UNGRADED for r in results)
    return Prediction(
        points=math.fsum(c.points for c in rubric.criteria),
        public=math.fsum(r.points for r in decided),
        earned=None if unknown else round(math.fsum(r.earned for r in decided), 2),
        reviewer=round(math.fsum(r.open_points for r in results), 2),
        hidden=math.fsum(hidden.values()),
        hidden_by_group=hidden,
    )
