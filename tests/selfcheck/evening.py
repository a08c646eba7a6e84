"""A student's evening: submissions are checked one after the other, in the real exam room."""

import functools
from collections.abc import Mapping, Sequence

from graders.exam_room import ExamRoom
from graders.foundation.call import Room
from graders.foundation.exam import Exam
from graders.grading.scorecard import CriterionResult
from graders.rubric import Criterion, Rubric
from graders.rubric.load import with_parameters
from graders.selfcheck.checking import SelfCheck
from graders.selfcheck.steps import State, Step
from graders.submission import Submission
from tests.sitting import FORBIDDEN, QUICK, ROOT, TINY, Edits, dataset, edited_reference, submission_of

BLOCKS = ("softmax", "cross_entropy", "forward", "gradients", "weight_decay", "dropout", "cosine", "predict")


class Asked:
    """A progress that remembers which criteria were asked, in order."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def started(self, name: str, title: str) -> None:
        """Remember it; further rounds of one criterion are no news."""
        del title
        if not self.names or self.names[-1] != name:
            self.names.append(name)

    def finished(self, result: CriterionResult) -> None:
        """Say nothing."""


@functools.cache
def rubric(*names: str) -> Rubric:
    """Return a rubric of these criteria."""
    criteria: tuple[Criterion, ...] = tuple(with_parameters(name, {}) for name in names)
    return Rubric(
        title="test",
        seed=7,
        dataset="tiny",
        training=TINY,
        limits=QUICK,
        forbidden_libraries=FORBIDDEN,
        criteria=criteria,
        digest="",
    )


def exam() -> Exam:
    """Return the sitting of these tests."""
    return Exam(seed=7, data=dataset("tiny"), training=TINY)


def checked(submission: Submission, *names: str, only: Sequence[str] = ()) -> list[Step]:
    """Return the steps as they arrive."""
    return list(SelfCheck(rubric(*names), Asked(), only=only).run(submission, exam()))


def states(steps: Sequence[Step]) -> Mapping[str, State]:
    """Return how each criterion came out."""
    return {step.name: step.state for step in steps}


def edited(edits: Edits) -> Submission:
    """Return the reference with edits."""
    return submission_of(edited_reference(edits))


def template() -> dict[str, str]:
    """Return the template's files."""
    return {path.name: path.read_text() for path in (ROOT / "student_template").glob("*.py")}


class RoomsOpened:
    """Counts the questions that reach a room, by its kind."""

    def __init__(self) -> None:
        self.asked: dict[Room, int] = dict.fromkeys(Room, 0)
        self._ask = ExamRoom.ask

    def ask(self, room: ExamRoom, call: object, *, seed: int) -> object:
        """Count, and ask."""
        self.asked[room._room] += 1
        return self._ask(room, call, seed=seed)  # type: ignore[arg-type]
