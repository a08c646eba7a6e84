"""Checking one submission again and again, criterion by criterion, each told as soon as it is known.

What cannot have changed since the last time is not asked again, functions that are not written yet are not asked at
all, and the PyTorch room opens only when a PyTorch question is put to a function that is there.
"""

import contextlib
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence, Set

from graders.exam_room import Rooms
from graders.foundation.call import Call, Room
from graders.foundation.exam import Exam
from graders.foundation.observation import Failed, FailureKind, Observation
from graders.grading.carried import LOST, charge_once, stand_ins
from graders.grading.invigilator import Invigilator
from graders.grading.rounds import Candidacy, Progress, examine
from graders.rubric import Criterion, Rubric
from graders.selfcheck.affected import affected_by
from graders.selfcheck.steps import Step
from graders.submission import Submission
from graders.submission.dependence import fingerprints
from graders.submission.unwritten import Unwritten, unwritten
from graders.wire.contract import BUILDS_ON, MODULE_OF, contract_function


class Overtaken(Exception):
    """The submission was saved again: what comes back from now on says nothing, for the rooms are closed."""


class SparingInvigilator(Invigilator):
    """Puts no question to a function that is not written: its answer is known, and no room opens for it."""

    def __init__(self, submission: Submission, rubric: Rubric, seed: int, rooms: Rooms) -> None:
        super().__init__(submission, rubric.limits, rubric.forbidden_libraries, seed, rooms)
        self._stopped = threading.Event()
        self.unwritten: Mapping[str, Unwritten] = unwritten(submission)

    def ask(self, questions: Mapping[bytes, Call]) -> Iterator[tuple[bytes, Observation]]:
        """Yield each observation as it comes, first those that need no room.

        Raises:
            Overtaken: `stop` was called.
        """
        asked = {}
        for identity, call in questions.items():
            function = contract_function(call.target)
            missing = None if function in call.stand_ins else self.unwritten.get(function)
            if missing is None:
                asked[identity] = call
            else:
                yield identity, Failed(kind=FailureKind.NOT_ATTEMPTED, message=missing.message, where=missing.where)
        for identity, observation in super().ask(asked):
            if self._stopped.is_set():
                raise Overtaken
            yield identity, observation

    def stop(self) -> None:
        """Close the rooms, from whatever thread: what is being asked fails at once, and nothing more is asked."""
        self._stopped.set()
        for room in [*self._rooms.values(), *(helped for _, helped in self._helped.values())]:
            room.shut()


class SelfCheck:
    """Checks submissions of one student against one rubric, and remembers how each criterion came out.

    Args:
        rubric: what is checked, in the order of the task.
        progress: is told which criterion is being asked.
        only: names of the criteria that are wanted; those that tell whose mistake they show are asked too.
        rooms: stay open from one run to the next; by default each run opens its own.
    """

    def __init__(
        self, rubric: Rubric, progress: Progress, only: Sequence[str] = (), rooms: Rooms | None = None
    ) -> None:
        self._rooms = rooms
        self._wanted = frozenset(only or (c.name for c in rubric.criteria))
        self._stopping = threading.Event()
        self._invigilator: SparingInvigilator | None = None
        self._criteria = rubric.criteria
        self._rubric = rubric
        self._progress = progress
        self._fingerprints: Mapping[str, str] = {}
        self._candidacies: dict[str, Candidacy] = {}
        self._steps: dict[str, Step] = {}
        self._digest = ""

    @property
    def steps(self) -> Sequence[Step]:
        """All that is wanted and known, in the order of the task."""
        return sorted((s for s in self._steps.values() if s.name in self._wanted), key=lambda s: s.number)

    @property
    def printed(self) -> str:
        """What the submission printed in the last run, capped."""
        return "" if self._invigilator is None else "".join(self._invigilator.output.values())

    @property
    def stopped(self) -> bool:
        """Whether the last run was stopped before its end."""
        return self._stopping.is_set()

    def begin(self) -> None:
        """Have what is saved from now on stop a run."""
        self._stopping.clear()

    def stop(self) -> None:
        """Stop the run that goes on, if any, at once; may be called from another thread."""
        self._stopping.set()
        if self._invigilator is not None:
            self._invigilator.stop()

    def outdated(self, submission: Submission) -> Set[str]:
        """Forget the criteria that this submission may bring out in another way than the one before.

        Returns:
            Those that are wanted and not known, the ones that were never finished among them.
        """
        now = fingerprints(submission)
        changed = {name for name in now if now[name] != self._fingerprints.get(name)}
        moved = submission.digest != self._digest
        self._fingerprints, self._digest = now, submission.digest
        for name, step in list(self._steps.items()):
            if affected_by(changed, step, self._candidacies[name].functions, moved=moved):
                del self._steps[name]
        return self._wanted - self._steps.keys()

    def run(self, submission: Submission, exam: Exam) -> Generator[Step, None, None]:
        """Check what is wanted and outdated, in the order of the task, NumPy's criteria before PyTorch's.

        A mistake is charged once, as in the grading: where a criterion is lost, those come first that tell whose
        mistake it shows.
        """
        self.outdated(submission)
        stale = [c for c in self._criteria if c.name not in self._steps]
        self._candidacies.update({c.name: Candidacy(c, exam) for c in stale})
        wanted = sorted(
            (c for c in stale if c.name in self._wanted), key=lambda c: asks_pytorch(self._candidacies[c.name])
        )
        with (
            contextlib.nullcontext(self._rooms) if self._rooms else Rooms() as rooms,
            SparingInvigilator(submission, self._rubric, exam.seed, rooms) as invigilator,
        ):
            self._invigilator = invigilator
            begun: set[str] = set()
            for criterion in wanted:
                try:
                    yield from (s for s in self._settle(criterion, exam, invigilator, begun) if s.name in self._wanted)
                except Overtaken:
                    return

    def _settle(
        self, criterion: Criterion, exam: Exam, invigilator: SparingInvigilator, begun: set[str]
    ) -> Iterator[Step]:
        """Yield a criterion's outcome, after those of the criteria that it has to wait for."""
        if criterion.name in begun or self._stopping.is_set():
            return
        begun.add(criterion.name)
        candidacy = self._candidacies[criterion.name]
        examine([candidacy], invigilator, self._progress)
        result = candidacy.result()
        if may_be_carried(candidacy, invigilator.unwritten):
            behind = self._behind(candidacy)
            for other in behind:
                if other.name not in self._steps:
                    yield from self._settle(other, exam, invigilator, begun)
            result = charge_once([*(self._candidacies[c.name] for c in behind), candidacy], exam, invigilator)[-1]
        number = self._criteria.index(criterion) + 1
        step = Step(number=number, of=len(self._criteria), criterion=criterion, result=result)
        self._steps[criterion.name] = step
        yield step

    def _behind(self, candidacy: Candidacy) -> Sequence[Criterion]:
        """Return the criteria about functions whose mistakes this one can show, in the order of the task."""
        own = candidacy.criterion
        functions = needed(candidacy)
        return [c for c in self._criteria if c is not own and c.grader.about in functions]


def needed(candidacy: Candidacy) -> Set[str]:
    """Return the functions whose mistakes a criterion's answers can show, by the task's own design."""
    return frozenset(stand_ins(candidacy.criterion.grader.about, candidacy.functions, BUILDS_ON))


def may_be_carried(candidacy: Candidacy, unwritten: Mapping[str, Unwritten]) -> bool:
    """Tell whether a criterion was lost that right functions in the place of others might bring out better."""
    result, about = candidacy.result(), candidacy.criterion.grader.about
    if result.verdict is None or result.standing not in LOST or about in unwritten:
        return False
    # What is about no function in particular, and lacks only functions that are not written, has no mistake to carry.
    return bool(about) or any(check.attempted and check.credit < 1.0 for check in result.verdict.checks)


def asks_pytorch(candidacy: Candidacy) -> bool:
    """Tell whether a criterion needs PyTorch, itself or to tell whose mistake it shows."""
    rooms = {call.room for call in candidacy.asking.values()}
    return Room.TORCH in rooms or any(MODULE_OF[function] == "mlp_torch" for function in needed(candidacy))
