"""What a worker does: grade a parcel, and render a student's files. Bytes in, bytes out; no ledger, no folder."""

import atexit
import contextlib
import dataclasses
import functools
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from graders.batch.assignment import Assignment, grader_version
from graders.exam_room import Rooms
from graders.foundation.errors import PlumblineError
from graders.foundation.observation import Observation
from graders.grading.scorecard import Award, CriterionResult, Notice, Scorecard
from graders.grading.sitting import sit
from graders.ledger.criteria import CriterionRow, rows_of
from graders.ledger.parcel import submission_of, uncompressed
from graders.ledger.stored import observations_bytes, observations_of, scorecard_bytes, scorecard_of
from graders.report import record_text, render_html
from graders.rubric import Rubric
from graders.submission import Submission

STOPPED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of grading one parcel.

    Args:
        fault: why the machinery failed; "" when it did not.
        scorecard: the scorecard's bytes; None where there is a fault.
        observations: what the submission answered; None unless asked for.
        criteria: the scorecard as rows.
        files: the student's report.html and results.json; None where they are still to be rendered.
        seconds: wall time of the grading.
        asked: how many questions the submission was asked now; 0 when all was known.
    """

    fault: str = ""
    scorecard: bytes | None = None
    observations: bytes | None = None
    criteria: tuple[CriterionRow, ...] = ()
    files: tuple[str, str] | None = None
    seconds: float = 0.0
    asked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """An earlier sitting of the same parcel, from which another rubric may be judged.

    Args:
        scorecard: its bytes.
        observations: its bytes; None where they were not kept, or hold no longer.
        carried: criteria whose verdicts hold under the new rubric as they are.
    """

    scorecard: bytes
    observations: bytes | None
    carried: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """What a student's files say beside the scorecard.

    Args:
        name: what to call the submission.
        notices: what was said when it was opened.
        awards: criterion -> points that a person gave.
    """

    name: str
    notices: tuple[tuple[str, str], ...] = ()
    awards: dict[str, Award] = field(default_factory=dict)


class Unwatched:
    """A progress that says nothing: the batch tells of whole submissions."""

    def started(self, name: str, title: str) -> None:
        """Say nothing."""

    def finished(self, result: CriterionResult) -> None:
        """Say nothing."""


@functools.cache
def warm_rooms() -> Rooms:
    """Return the rooms of this worker: opened once, for every submission that it grades.

    A worker counts as one core, so its rooms work in turn; only the last submission of a class has more.
    """
    rooms = Rooms(side_by_side=False)
    atexit.register(_closed, rooms)
    return rooms


def _closed(rooms: Rooms) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # who stops the batch must not interrupt a worker that ends
    rooms.close()


def grade_parcel(
    assignment: Assignment,
    parcel: bytes,
    presentation: Presentation,
    keep_observations: bool,  # noqa: FBT001
    last: bool,  # noqa: FBT001
) -> Outcome:
    """Grade a parcel and render its files; a fault of ours comes back as one, never as a low score.

    Args:
        assignment: what it is graded by.
        parcel: the submission.
        presentation: what its files say beside the scorecard.
        keep_observations: whether what it answers comes back.
        last: whether it is the last of the class: then its rooms work at the same time, for a core is free soon.
    """
    clock = time.monotonic()
    try:
        if grader_version() != assignment.grader:
            return Outcome(fault="The worker has another version of the grader.")
        submission = submission_of(uncompressed(parcel))
        known: dict[bytes, Observation] = {}
        rooms = warm_rooms()
        rooms.side_by_side = last
        scorecard = sit(assignment.rubric, submission, assignment.exam(submission), Unwatched(), rooms, known)
        outcome = _outcome(assignment, scorecard, known if keep_observations else None, clock)
        with contextlib.suppress(Exception):  # what was graded is kept first; rendering alone will tell what is wrong
            return dataclasses.replace(outcome, files=_rendered(scorecard, presentation))
        return outcome
    except SystemExit:  # the batch is stopping; the rooms are closed by now
        os._exit(STOPPED)
    except Exception as error:  # noqa: BLE001 - whatever fails here is ours, and the batch goes on
        return Outcome(fault=_told(error), seconds=time.monotonic() - clock)


def grade_again(assignment: Assignment, parcel: bytes, earlier: Earlier | None) -> Outcome:
    """Judge a parcel by another rubric; the submission is asked only what it was not asked before.

    Args:
        assignment: the new rubric.
        parcel: the submission.
        earlier: what holds of an earlier sitting; None for nothing.
    """
    clock = time.monotonic()
    try:
        submission = submission_of(uncompressed(parcel))
        known = observations_of(earlier.observations) if earlier and earlier.observations is not None else {}
        before = scorecard_of(earlier.scorecard) if earlier else None
        held = {c.name: c for c in before.criteria if c.name in earlier.carried} if before and earlier else {}
        known_before = len(known)
        scorecard = judged_anew(assignment, submission, known, held, before)
        asked = len(known) - known_before
        # Where nothing was asked the ledger has the observations already; where some were, it gets all of them.
        outcome = _outcome(assignment, scorecard, known if asked else None, clock)
        return dataclasses.replace(outcome, asked=asked)
    except SystemExit:
        os._exit(STOPPED)
    except Exception as error:  # noqa: BLE001 - the same
        return Outcome(fault=_told(error), seconds=time.monotonic() - clock)


def judged_anew(
    assignment: Assignment,
    submission: Submission,
    known: dict[bytes, Observation],
    held: Mapping[str, CriterionResult],
    before: Scorecard | None,
) -> Scorecard:
    """Return the scorecard under the assignment's rubric.

    Args:
        assignment: the rubric.
        submission: what is judged.
        known: observations that hold; what is asked now is added.
        held: criteria whose verdicts hold as they are.
        before: the earlier scorecard, if anything of it holds.
    """
    rubric = assignment.rubric
    wanted = tuple(c for c in rubric.criteria if c.name not in held)
    asked_before = len(known)
    scorecard = before
    if wanted or before is None:
        part = dataclasses.replace(rubric, criteria=wanted)
        # From recorded answers a verdict is judged, not illustrated: searching for the smallest wrong answer asks anew.
        scorecard = sit(
            part, submission, assignment.exam(submission), Unwatched(), warm_rooms(), known, searching=not asked_before
        )
    assert scorecard is not None
    judged = {c.name: c for c in scorecard.criteria}
    criteria = tuple(
        dataclasses.replace(held[c.name], points=c.points, group=c.group) if c.name in held else judged[c.name]
        for c in rubric.criteria
    )
    # What was printed belongs to the whole sitting: a few questions more print only a part of it.
    output = before.output if before is not None and (held or asked_before) else scorecard.output
    return dataclasses.replace(
        scorecard, rubric=rubric.title, rubric_digest=rubric.digest, criteria=criteria, output=output
    )


def render_files(scorecard: bytes, presentation: Presentation) -> tuple[str, str]:
    """Return a student's report.html and results.json.

    Measured times are left out: the same submission, rubric and seed give the same bytes. The ledger has them.
    """
    try:
        return _rendered(scorecard_of(scorecard), presentation)
    except SystemExit:
        os._exit(STOPPED)


def _rendered(scorecard: Scorecard, presentation: Presentation) -> tuple[str, str]:
    card = presented(scorecard, presentation)
    return render_html(card), record_text(card)


def presented(card: Scorecard, presentation: Presentation) -> Scorecard:
    """Return a scorecard as one student's, with what people awarded."""
    criteria = tuple(dataclasses.replace(c, seconds=0.0, award=presentation.awards.get(c.name)) for c in card.criteria)
    notices = tuple(Notice(message=message, where=where) for message, where in presentation.notices)
    return dataclasses.replace(
        card,
        submission=presentation.name,
        criteria=criteria,
        notices=(*notices, *card.notices),
        started="",
        seconds=0.0,
    )


def visibility_of(rubric: Rubric) -> dict[str, str]:
    """Return who may see each criterion, by its name."""
    return {c.name: str(getattr(c, "visibility", "visible")) for c in rubric.criteria}


def _outcome(
    assignment: Assignment, scorecard: Scorecard, known: dict[bytes, Observation] | None, clock: float
) -> Outcome:
    return Outcome(
        scorecard=scorecard_bytes(scorecard),
        observations=None if known is None else observations_bytes(known),
        criteria=rows_of(scorecard, visibility_of(assignment.rubric)),
        seconds=round(time.monotonic() - clock, 3),
    )


def _told(error: Exception) -> str:
    message = error.message if isinstance(error, PlumblineError) else f"{type(error).__name__}: {error}"
    return f"The grader failed ({message}). This is not the submission's fault."
