"""One mistake is charged once: error carried forward, as examiners call it.

Where a function is wrong, every criterion that is built on it and lost points is asked again, with right functions in
the place of the wrong ones. What is right then earns its points, and says where the mistake was charged. The function
that a criterion is about is never replaced, so nobody earns points for code of ours.
"""

import dataclasses
from collections.abc import Mapping, Sequence

from graders.foundation.exam import Exam
from graders.foundation.verdict import Check, Standing, Verdict
from graders.grading.invigilator import Invigilator
from graders.grading.rounds import Candidacy, examine
from graders.grading.scorecard import CriterionResult
from graders.rubric import Criterion
from graders.wire.contract import BUILDS_ON, built_on

LOST = (Standing.NONE, Standing.PARTIAL, Standing.NOT_ATTEMPTED)


class Unseen:
    """A progress for the second look, which no one watches."""

    def started(self, name: str, title: str) -> None:
        """Say nothing."""

    def finished(self, result: CriterionResult) -> None:
        """Say nothing."""


def charge_once(
    criteria: Sequence[Criterion], results: Sequence[CriterionResult], exam: Exam, invigilator: Invigilator
) -> tuple[CriterionResult, ...]:
    """Give back what was lost only because of a mistake that is charged elsewhere.

    Functions are taken in the order in which they build on each other, so that a chain costs its first link alone.
    """
    current = {result.name: result for result in results}
    wrong: dict[str, str] = {}  # function -> title of the criterion at which its mistake is charged
    for level in _levels(criteria):
        again = [(c, _stand_ins(c.grader.about, wrong)) for c in level if current[c.name].standing in LOST]
        candidacies = [Candidacy(c, exam, stand_ins) for c, stand_ins in again if stand_ins]
        for result in examine(candidacies, invigilator, Unseen()):
            charged_at = {c.name: tuple(dict.fromkeys(wrong[s] for s in names)) for c, names in again}
            current[result.name] = _merged(current[result.name], result, charged_at[result.name])
        for criterion in level:
            result = current[criterion.name]
            if criterion.grader.about and result.standing in LOST and _charges(result):
                wrong.setdefault(criterion.grader.about, criterion.title)
    return tuple(current[c.name] for c in criteria)


def _levels(criteria: Sequence[Criterion]) -> Sequence[Sequence[Criterion]]:
    """Group the criteria by how much their function is built on; those about none come last."""
    depth: Mapping[str, int] = {name: len(built_on(name)) for name in BUILDS_ON}
    of = {c.name: depth.get(c.grader.about, len(depth)) for c in criteria}
    return [[c for c in criteria if of[c.name] == d] for d in sorted(set(of.values()))]


def _stand_ins(about: str, wrong: Mapping[str, str]) -> tuple[str, ...]:
    """Return the wrong functions behind the one that a criterion is about."""
    behind = built_on(about) if about else frozenset(BUILDS_ON)
    return tuple(name for name in BUILDS_ON if name in wrong and name in behind and name != about)


def _charges(result: CriterionResult) -> bool:
    """Tell whether anything is lost that was not charged elsewhere."""
    return result.verdict is not None and any(c.credit < 1.0 for c in result.verdict.checks)


def _merged(first: CriterionResult, second: CriterionResult, charged_at: tuple[str, ...]) -> CriterionResult:
    """Return the first result with the checks that came out better with stand-ins."""
    if first.verdict is None or second.verdict is None:
        return first
    better = {check.title: check for check in second.verdict.checks}
    checks = tuple(_better(check, better.get(check.title), charged_at) for check in first.verdict.checks)
    if checks == first.verdict.checks:
        return first
    verdict: Verdict = dataclasses.replace(first.verdict, checks=checks)
    return dataclasses.replace(first, verdict=verdict)


def _better(first: Check, second: Check | None, charged_at: tuple[str, ...]) -> Check:
    if second is None or not second.credit > first.credit:
        return first
    where = " and ".join(charged_at)
    told = f"Charged once, at {where}; right with a right function there." if second.credit == 1.0 else second.reason
    return dataclasses.replace(second, reason=told, charged_at=charged_at, got=first.got, where=first.where)
