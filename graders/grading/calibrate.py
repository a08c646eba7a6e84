"""Measuring what the reference reaches over many seeds, in the same rooms in which submissions are graded."""

from collections.abc import Callable, Sequence

import numpy as np

from graders.exam_room import Rooms
from graders.foundation.calibration import Calibration
from graders.foundation.call import Value
from graders.foundation.errors import OurFault
from graders.foundation.exam import Exam
from graders.foundation.observation import Failed, Observation
from graders.grading.environment import environment
from graders.grading.invigilator import Invigilator
from graders.grading.questions import Identities
from graders.measure.runs import numpy_accuracy, numpy_run, torch_accuracy, torch_run
from graders.rubric import Rubric
from graders.submission import Submission


def calibrate(
    rubric: Rubric, reference: Submission, exam: Exam, *, seeds: int, risk: float, advance: Callable[[], None]
) -> Calibration:
    """Train both implementations of the reference on `seeds` seeds and return their test accuracies.

    Args:
        rubric: limits and options.
        reference: a submission that is right.
        exam: seed and data.
        seeds: how many; at least 3.
        risk: the chance that a right submission misses a threshold.
        advance: is called after each run, 2 * seeds times.

    Raises:
        OurFault: a run of the reference failed.
    """
    identities = Identities()
    numpy_calls = [numpy_run(exam, k) for k in range(seeds)]
    torch_calls = [torch_run(exam, k) for k in range(seeds)]
    known: dict[bytes, Observation] = {}
    with (
        Rooms() as rooms,
        Invigilator(reference, rubric.limits, rubric.forbidden_libraries, exam.seed, rooms) as invigilator,
    ):
        for identity, observation in invigilator.ask({identities.of(c): c for c in (*numpy_calls, *torch_calls)}):
            known[identity] = observation
            advance()
    versions = environment()
    return Calibration(
        data=exam.data.digest,
        options=exam.training.told,
        numpy=versions["numpy"],
        torch=versions["torch"],
        risk=risk,
        numpy_accuracy=_accuracies([known[identities.of(c)] for c in numpy_calls], exam, numpy_accuracy),
        torch_accuracy=_accuracies([known[identities.of(c)] for c in torch_calls], exam, torch_accuracy),
    ).complete()


def _accuracies(
    runs: Sequence[Observation], exam: Exam, accuracy: Callable[[Value, Exam, np.ndarray, np.ndarray], float]
) -> tuple[float, ...]:
    shares = []
    for run in runs:
        if isinstance(run, Failed):
            message = f"the reference failed while calibrating: {run.message}"
            raise OurFault(message)
        shares.append(accuracy(run.value, exam, exam.data.X_test, exam.data.y_test))
    return tuple(shares)
