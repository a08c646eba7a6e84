"""Rounds of questions: every criterion asks, waits, asks again, and judges.

Within a round the questions go out in the rubric's order and a room answers them in that order, so that the same
submission, rubric and seed give the same scorecard whatever the machine's speed.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Protocol

from graders.foundation.call import Call
from graders.foundation.exam import Exam
from graders.foundation.observation import Answer, Observation, Returned
from graders.foundation.verdict import Verdict
from graders.grading.invigilator import Invigilator
from graders.grading.questions import Identities, first_questions
from graders.grading.scorecard import CriterionResult
from graders.rubric import Criterion
from graders.wire.contract import built_on, contract_function

ROUND_CAP = 40  # follow-up rounds; a grader that asks for ever is our fault


class Progress(Protocol):
    """Is told how the sitting goes on; called from one thread at a time."""

    def started(self, name: str, title: str) -> None:
        """A criterion's questions are being asked."""

    def finished(self, result: CriterionResult) -> None:
        """A criterion was judged, or could not be."""


class Candidacy:
    """One criterion's way through the sitting: asks, waits, asks again, judges."""

    def __init__(self, criterion: Criterion, exam: Exam, stand_ins: tuple[str, ...] = ()) -> None:
        self.criterion = criterion
        self.stand_ins = stand_ins
        self.functions: set[str] = set()
        self.done = False
        self.asking: dict[str, Call] = {}
        self._exam = exam
        self._waiting: dict[str, bytes] = {}
        self._answers: dict[str, Answer] = {}
        self._verdict: Verdict | None = None
        self._fault = ""
        self._seconds = 0.0
        self.proceed()

    def proceed(self) -> None:
        """Have the grader say what it wants to know next, or judge when it wants nothing more."""
        grader = self.criterion.grader
        try:
            asked = (
                grader.ask_again(self._exam, self._answers) if self._answers else first_questions(grader, self._exam)
            )
            calls = [self.with_stand_ins(call) for call in asked]
            self.functions |= {contract_function(call.target) for call in calls}
            self.asking = {call.name: call for call in calls}
            if len(self.asking) != len(calls) or self.asking.keys() & self._answers.keys():
                self.give_up("asked two questions of one name")
            elif not calls:
                self._verdict = grader.judge(self._exam, self._answers)
                self.done = True
        except Exception as error:  # noqa: BLE001 - a crash of ours must never become a student's zero
            self.give_up(f"{type(error).__name__}: {error}")

    def with_stand_ins(self, call: Call) -> Call:
        """Give a question the stand-ins that its own function is built on.

        Where the criterion is about another function, the one that is called may be replaced as well.
        """
        function = contract_function(call.target)
        useful = built_on(function) | ({function} if self.criterion.grader.about else set())
        wanted = tuple(name for name in self.stand_ins if name in useful)
        return call if call.stand_ins == wanted else dataclasses.replace(call, stand_ins=wanted)

    def give_up(self, why: str) -> None:
        """Leave the criterion ungraded."""
        self._fault = f"The grader of this criterion failed ({why}). This is not the submission's fault."
        self.asking = {}
        self.done = True

    def wait_for(self, name: str, identity: bytes) -> None:
        """Note the identity of a question that is being asked."""
        self._waiting[name] = identity

    def observe(self, known: Mapping[bytes, Observation]) -> None:
        """Take the observations; once none is missing, proceed."""
        # From the last: it is answered last, and this is asked at every answer.
        if not self._waiting or not all(identity in known for identity in reversed(self._waiting.values())):
            return
        for name, identity in self._waiting.items():
            observation = known[identity]
            self._answers[name] = Answer(call=self.asking[name], observation=observation)
            self._seconds += observation.seconds if isinstance(observation, Returned) else 0.0
        self._waiting = {}
        self.proceed()

    @property
    def answers(self) -> Mapping[str, Answer]:
        """What came back so far, by the questions' names."""
        return self._answers

    def result(self) -> CriterionResult:
        """Return the criterion's outcome."""
        c = self.criterion
        return CriterionResult(
            name=c.name,
            title=c.title,
            group=c.group,
            points=c.points,
            verdict=self._verdict,
            page=c.page,
            fault=self._fault,
            seconds=round(self._seconds, 3),
        )


def examine(
    candidacies: Sequence[Candidacy], invigilator: Invigilator, progress: Progress
) -> tuple[CriterionResult, ...]:
    """Ask until every criterion is judged; returns their results in order."""
    identities = Identities()
    known: dict[bytes, Observation] = {}
    for candidacy in (c for c in candidacies if c.done):  # it needs no question, or its grader failed
        progress.finished(candidacy.result())
    for _ in range(ROUND_CAP):
        questions, waiting = _questions(candidacies, identities, progress)
        _settle(candidacies, known, progress)
        for identity, observation in invigilator.ask({i: c for i, c in questions.items() if i not in known}):
            known[identity] = observation
            _settle(waiting[identity], known, progress)
        if all(c.done for c in candidacies):
            break
    for candidacy in (c for c in candidacies if not c.done):
        candidacy.give_up("it asked for ever")
        progress.finished(candidacy.result())
    return tuple(c.result() for c in candidacies)


def _questions(
    candidacies: Sequence[Candidacy], identities: Identities, progress: Progress
) -> tuple[Mapping[bytes, Call], Mapping[bytes, Sequence[Candidacy]]]:
    """Collect what the graders want to know in this round, each question once, in the rubric's order, and for whom."""
    questions: dict[bytes, Call] = {}
    waiting: dict[bytes, list[Candidacy]] = {}
    for candidacy in candidacies:
        if candidacy.asking and not candidacy.done:
            progress.started(candidacy.criterion.name, candidacy.criterion.title)
        for name, call in candidacy.asking.items():
            identity = identities.of(call)
            candidacy.wait_for(name, identity)
            questions.setdefault(identity, call)
            waiting.setdefault(identity, []).append(candidacy)
    return questions, waiting


def _settle(candidacies: Sequence[Candidacy], known: Mapping[bytes, Observation], progress: Progress) -> None:
    """Let every criterion whose answers are complete go on; what it asks next waits for the next round."""
    for candidacy in (c for c in candidacies if not c.done):
        candidacy.observe(known)
        if candidacy.done:
            progress.finished(candidacy.result())
