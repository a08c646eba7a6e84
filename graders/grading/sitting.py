"""One submission sits one rubric, and a scorecard comes out."""

import datetime
import importlib.metadata
import platform
import time
from collections.abc import Mapping

from graders.exam_room import isolation
from graders.foundation.exam import Exam
from graders.grading.carried import charge_once
from graders.grading.invigilator import Invigilator
from graders.grading.rounds import Candidacy, Progress, examine
from graders.grading.scorecard import Notice, Scorecard
from graders.rubric import Rubric
from graders.submission import Submission


def sit(rubric: Rubric, submission: Submission, exam: Exam, progress: Progress) -> Scorecard:
    """Examine a submission and return its scorecard."""
    started = datetime.datetime.now(datetime.UTC)
    clock = time.monotonic()
    with Invigilator(submission, rubric.limits, rubric.forbidden_libraries, exam.seed) as invigilator:
        results = examine([Candidacy(c, exam) for c in rubric.criteria], invigilator, progress)
        results = charge_once(rubric.criteria, results, exam, invigilator)
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
        notices=tuple(Notice(message=n.message, where=n.where) for n in submission.notices),
        output=output,
        environment=environment(),
        isolation=isolation.NAME,
        answers=exam.answers,
        started=started.isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - clock, 3),
    )


def environment() -> Mapping[str, str]:
    """Return the versions that a result depends on."""
    packages = {name: _version(name) for name in ("numpy", "torch", "scipy", "matplotlib")}
    return {"python": platform.python_version(), "platform": platform.platform(), **packages}


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
