"""One submission sits one rubric, and a scorecard comes out."""

import datetime
import time
from collections.abc import Sequence

from threadpoolctl import threadpool_limits

from graders.exam_room import Rooms
from graders.exam_room.isolation import Isolation
from graders.foundation.call import Call
from graders.foundation.exam import Exam
from graders.foundation.observation import Observation
from graders.grading.carried import LOST, charge_once
from graders.grading.environment import environment
from graders.grading.invigilator import Invigilator
from graders.grading.rounds import Candidacy, Progress, examine
from graders.grading.scorecard import CriterionResult, Notice, Scorecard
from graders.rubric import Rubric
from graders.submission import Submission


def sit(
    rubric: Rubric,
    submission: Submission,
    exam: Exam,
    progress: Progress,
    rooms: Rooms | None = None,
    known: dict[bytes, Observation] | None = None,
    asked: dict[bytes, Call] | None = None,
    *,
    searching: bool = True,
) -> Scorecard:
    """Examine a submission and return its scorecard.

    Args:
        rubric: what is asked and how it is judged.
        submission: what is examined.
        exam: seed and data.
        progress: is told how the sitting goes on.
        rooms: where the submission sits; by default rooms that are opened for this sitting alone.
        known: observations from an earlier sitting with the same seed, data and limits, which are not asked for again;
            what is asked now is added.
        asked: is told every question by its identity.
        searching: whether the smallest wrong answer may be searched for by questions that are not known yet; it
            changes no point.
    """
    if rooms is None:
        with Rooms() as own:
            return sit(rubric, submission, exam, progress, own, known, asked, searching=searching)
    started = datetime.datetime.now(datetime.UTC)
    clock = time.monotonic()
    # Judging multiplies small matrices: on one thread it is faster, and the same on every machine, as in the rooms.
    with (
        threadpool_limits(limits=1, user_api="blas"),
        Invigilator(
            submission,
            rubric.limits,
            rubric.forbidden_libraries,
            exam.seed,
            rooms,
            known,
            asked,
            searching=searching,
        ) as invigilator,
    ):
        candidacies = [Candidacy(c, exam) for c in rubric.criteria]
        patient = PatientProgress(progress)
        examine(candidacies, invigilator, patient)
        results = charge_once(candidacies, exam, invigilator)
        patient.tell(results)
        output = invigilator.output
    return Scorecard(
        submission=submission.name,
        submission_digest=submission.digest,
        rubric=rubric.title,
        rubric_digest=rubric.digest,
        dataset=exam.data.name,
        dataset_digest=exam.data.digest,
        seed=exam.seed,
        criteria=results,
        notices=(
            *(Notice(message=n.message, where=n.where) for n in submission.notices),
            *(Notice(message=text, where="rubric") for text in stale_calibration(exam)),
            *unseparated(rooms.isolation),
        ),
        output=output,
        environment=environment(),
        isolation=rooms.isolation.name,
        answers=exam.answers,
        started=started.isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - clock, 3),
    )


class PatientProgress:
    """Keeps back what was lost until it is known whether the mistake is charged elsewhere."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._told: set[str] = set()

    def started(self, name: str, title: str) -> None:
        """Pass it on."""
        self._progress.started(name, title)

    def finished(self, result: CriterionResult) -> None:
        """Pass on what can only stay as it is."""
        if result.standing not in LOST:
            self._told.add(result.name)
            self._progress.finished(result)

    def tell(self, results: Sequence[CriterionResult]) -> None:
        """Tell the rest."""
        for result in results:
            if result.name not in self._told:
                self._progress.finished(result)


def unseparated(isolation: Isolation) -> tuple[Notice, ...]:
    """Return what a reader must know of rooms that are no sandbox."""
    if isolation.is_sandbox:
        return ()
    told = f"The submission ran without a sandbox and could have read this machine's files. {isolation.lacks}"
    return (Notice(message=told, where="exam room"),)


def stale_calibration(exam: Exam) -> tuple[str, ...]:
    """Return why the rubric's thresholds were measured on something else; nothing while they hold."""
    if exam.calibration is None:
        return ()
    now = environment()
    reasons = exam.calibration.stale(
        data=exam.data.digest, options=exam.training.told, numpy=now["numpy"], torch=now["torch"]
    )
    return tuple(f"The rubric's calibration is stale: {reason}. Run: python grade.py calibrate" for reason in reasons)
