"""One mistake is charged once: error carried forward, as examiners call it.

Where a function is wrong, every criterion that is built on it and lost points is asked again, with right functions in
the place of the wrong ones. What is right then earns its points, and says where the mistake was charged. The function
that a criterion is about is never replaced, nor is its right form in the room, so nobody earns points for code of ours.

What is lost then is named, and a mistake with a name is not charged a second time (`charges`).
"""

import dataclasses
from collections.abc import Container, Iterable, Mapping, Sequence

from graders.foundation.exam import Exam
from graders.foundation.verdict import Check, Standing, Verdict
from graders.grading.charges import Charges
from graders.grading.diagnosing import diagnosed
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


def charge_once(candidacies: Sequence[Candidacy], exam: Exam, invigilator: Invigilator) -> tuple[CriterionResult, ...]:
    """Name what was lost, and give back what was lost only because of a mistake that is charged elsewhere.

    Criteria are taken in the order in which their functions build on each other: a chain costs its first link alone.
    """
    criteria = [c.criterion for c in candidacies]
    asked = {c.criterion.name: frozenset(c.functions) for c in candidacies}
    latest = {c.criterion.name: c for c in candidacies}
    current = {c.criterion.name: c.result() for c in candidacies}
    charges = Charges()
    for level in _levels(criteria, asked):
        lost = [c for c in level if current[c.name].standing in LOST]
        wrong = charges.wrong
        names = {c.name: stand_ins(c.grader.about, asked[c.name], wrong) for c in lost}
        again = [Candidacy(c, exam, names[c.name]) for c in lost if names[c.name]]
        for candidacy, result in zip(again, examine(again, invigilator, Unseen()), strict=True):
            charged_at = tuple(dict.fromkeys(wrong[name] for name in names[result.name]))
            current[result.name] = _merged(current[result.name], result, charged_at)
            latest[result.name] = candidacy
        for criterion in (c for c in level if _nameable(current[c.name])):
            result = diagnosed(current[criterion.name], latest[criterion.name], exam, invigilator)
            current[criterion.name] = charges.settled(result, latest[criterion.name])
        for criterion in (c for c in lost if current[c.name].standing in LOST):
            charges.at_functions(current[criterion.name], criterion.grader.about)
    return tuple(current[c.name] for c in criteria)


def _nameable(result: CriterionResult) -> bool:
    """Tell whether something attempted was lost; where points are open for a reviewer, a part of them may be closed."""
    closed = result.standing is Standing.OPEN and result.verdict is not None and result.verdict.share < 1
    return closed or result.standing in (Standing.NONE, Standing.PARTIAL)


def _levels(criteria: Sequence[Criterion], asked: Mapping[str, Iterable[str]]) -> Sequence[Sequence[Criterion]]:
    """Group the criteria by the deepest function that they ask, so that what it is built on is known by then.

    A criterion about a part of that function, such as dropout inside loss_and_grads, comes before those about the
    whole; one about another function, such as the port beside train, comes after them, and one about the outcome of
    whole runs after those about the loop itself. Those about none come last.
    """
    depth: Mapping[str, int] = {name: len(built_on(name)) for name in BUILDS_ON}
    last = len(depth)

    def place(criterion: Criterion) -> tuple[int, int, bool]:
        about = criterion.grader.about
        if not about:
            return last, last, False
        deepest = max({about, *asked[criterion.name]}, key=depth.__getitem__)
        inner = depth[about] if about in {deepest, *built_on(deepest)} else last
        return depth[deepest], inner, criterion.grader.outcome

    of = {c.name: place(c) for c in criteria}
    return [[c for c in criteria if of[c.name] == d] for d in sorted(set(of.values()))]


def stand_ins(about: str, asked: Iterable[str], wrong: Container[str]) -> tuple[str, ...]:
    """Return the wrong functions to replace when a criterion is asked again.

    Args:
        about: the function that the criterion is about; neither it nor anything made of it is replaced.
        asked: the functions that its questions call.
        wrong: the functions whose mistakes are charged elsewhere.
    """
    behind = frozenset().union(*(built_on(function) | {function} for function in asked))
    return tuple(
        name for name in BUILDS_ON if name in wrong and name in behind and name != about and about not in built_on(name)
    )


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
