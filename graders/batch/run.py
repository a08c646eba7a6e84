"""The batch: opens hand-ins one after another, has workers grade them, and keeps each result the moment it is there.

Only this process writes. It holds the names of the class and the few submissions that are being graded, nothing else,
so its memory does not depend on how many there are.
"""

import concurrent.futures
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from graders.batch.assignment import Assignment
from graders.batch.publish import Publisher
from graders.batch.view import BatchView
from graders.batch.work import Outcome, grade_parcel, render_files
from graders.batch.workers import WorkerDied, Workers
from graders.foundation.errors import BadSubmission
from graders.intake import HandIn, open_hand_in
from graders.ledger import HandInRow, Ledger, SittingRow
from graders.ledger.parcel import compressed, parcel_digest, parcel_of

ATTEMPTS = 2  # how often a submission may take its worker down before it is left ungraded
TICK_SECONDS = 0.25
WAITING = 2  # pieces of work that are ready for the next free worker, which need not wait until a result is kept


@dataclass(slots=True, kw_only=True)
class Grading:
    """A submission on its way: who handed it in, what it is, and how often it was tried."""

    row: SittingRow
    parcel: bytes
    students: list[HandInRow]
    attempts: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """A student's files on their way, and what they are made from."""

    student: HandInRow
    content: str


Work: TypeAlias = Grading | Rendering


@dataclass(slots=True, kw_only=True)
class Tally:
    """What came of a batch."""

    graded: int = 0
    kept: int = 0
    unopened: list[str] = field(default_factory=list)
    ungraded: list[str] = field(default_factory=list)


class Batch:
    """Grades a class.

    Args:
        ledger: where everything is kept.
        assignment: what is graded by.
        workers: who does it.
        publisher: writes students' files.
        view: is told how it goes on.
        keep_observations: whether answers are kept, so that another rubric can be judged without running code.
    """

    def __init__(
        self,
        ledger: Ledger,
        assignment: Assignment,
        workers: Workers,
        publisher: Publisher,
        view: BatchView,
        *,
        keep_observations: bool,
    ) -> None:
        self._ledger = ledger
        self._assignment = assignment
        self._workers = workers
        self._publisher = publisher
        self._view = view
        self._keep_observations = keep_observations
        self._running: dict[concurrent.futures.Future[Any], Work] = {}
        self._grading: dict[str, Grading] = {}  # by key: what two students handed in alike is graded once
        self._ready: deque[Work] = deque()
        self.tally = Tally()

    def run(self, hand_ins: Sequence[tuple[HandInRow, HandIn]]) -> Tally:
        """Grade everything that is not graded yet, and write the files of everyone."""
        coming = self._opened(hand_ins)
        ahead = next(coming, None)
        while ahead or self._running or self._ready:
            while (ahead or self._ready) and len(self._running) < self._workers.count + WAITING:
                if ahead and not self._ready:
                    self._ready.append(ahead)
                    ahead = next(coming, None)
                self._submit(self._ready.popleft(), last=ahead is None)
                self._view.tick()
            self._wait()
        return self.tally

    def _opened(self, hand_ins: Sequence[tuple[HandInRow, HandIn]]) -> Iterator[Work]:
        """Yield what there is to do, opening one hand-in at a time."""
        for row, hand_in in hand_ins:
            try:
                submission = open_hand_in(hand_in)
            except BadSubmission as error:
                told = "; ".join(part for part in (error.message, error.remedy) if part)
                self._ledger.keep_opened(row.student, problem=told, notices=(), sitting=None)
                self._publisher.remove(row.student)
                self.tally.unopened.append(row.name)
                self._view.finished(row.name, told=f"cannot be opened: {told}", failed=True)
                continue
            notices = tuple((n.message, n.where) for n in submission.notices)
            parcel = parcel_of(submission)
            digest = parcel_digest(parcel)
            key = self._assignment.key(digest)
            opened = replace(row, notices=notices, sitting=key, problem="")
            if self._ledger.is_graded(key):
                self._ledger.keep_opened(row.student, problem="", notices=notices, sitting=key)
                self.tally.kept += 1
                self._view.finished(row.name, told="", failed=False, kept=True)
                if rendering := self._rendering(opened):
                    yield rendering
                continue
            self._ledger.keep_opened(row.student, problem="", notices=notices, sitting=None)
            if key in self._grading:
                self._grading[key].students.append(opened)
                continue
            grading = Grading(row=self._sitting(key, digest), parcel=compressed(parcel), students=[opened])
            self._grading[key] = grading
            yield grading

    def _sitting(self, key: str, parcel: str) -> SittingRow:
        a = self._assignment
        return SittingRow(
            key=key,
            conditions=a.conditions(parcel),
            parcel=parcel,
            rubric=a.rubric.digest,
            dataset=a.dataset,
            dataset_digest=a.data.digest,
            data_dir=a.data_dir,
            seed=a.seed,
            grader=a.grader,
        )

    def _rendering(self, student: HandInRow) -> Rendering | None:
        content = self._publisher.stale(student)
        return Rendering(student=student, content=content) if content else None

    def _submit(self, work: Work, *, last: bool) -> None:
        match work:
            case Grading():
                self._view.started(work.students[0].name)
                presentation = self._publisher.presentation(work.students[0])
                future: concurrent.futures.Future[Any] = self._workers.submit(
                    grade_parcel, self._assignment, work.parcel, presentation, self._keep_observations, last
                )
            case Rendering(student=student):
                sitting = self._ledger.sitting(student.sitting or "")
                assert sitting is not None
                assert sitting.scorecard is not None
                future = self._workers.submit(render_files, sitting.scorecard, self._publisher.presentation(student))
        self._running[future] = work

    def _wait(self) -> None:
        if not self._running:
            return
        done, _ = concurrent.futures.wait(
            self._running, timeout=TICK_SECONDS, return_when=concurrent.futures.FIRST_COMPLETED
        )
        for future in done:
            match self._running.pop(future):
                case Grading() as grading:
                    self._graded(grading, self._outcome(future, grading))
                case Rendering() as rendering:
                    html, record = self._workers.result(future)
                    self._publisher.write(rendering.student, rendering.content, html, record)
        self._view.tick()

    def _outcome(self, future: "concurrent.futures.Future[Any]", grading: Grading) -> Outcome | None:
        """Return what came of a grading; None when it is to be tried again."""
        try:
            outcome: Outcome = self._workers.result(future)
        except WorkerDied as error:
            if grading.attempts < ATTEMPTS:
                grading.attempts += 1
                self._ready.append(grading)
                return None
            return Outcome(fault=f"The grader's worker died {ATTEMPTS} times over this submission: {error}.")
        except TimeoutError:
            return Outcome(fault="The grader's worker did not come to an end and was stopped.")
        except Exception as error:  # noqa: BLE001 - whatever the pool tells, the batch goes on
            return Outcome(fault=f"The grader failed ({type(error).__name__}: {error}).")
        return outcome

    def _graded(self, grading: Grading, outcome: Outcome | None) -> None:
        if outcome is None:
            return
        del self._grading[grading.row.key]
        row = replace(
            grading.row,
            fault=outcome.fault,
            scorecard=outcome.scorecard,
            seconds=outcome.seconds,
            criteria=outcome.criteria,
        )
        self._ledger.keep_sitting(
            row,
            parcel=grading.parcel,
            observations=outcome.observations,
            students=[s.student for s in grading.students],
        )
        for student in grading.students:
            lost = [outcome.fault] if outcome.fault else []
            lost += [f"{c.title}: {c.reason}" for c in outcome.criteria if c.standing == "ungraded"]
            if lost:
                self.tally.ungraded.append(student.name)
            else:
                self.tally.graded += 1
            self._view.finished(student.name, told="; ".join(lost), failed=bool(lost))
            if outcome.fault:
                self._publisher.remove(student.student)
            elif rendering := self._rendering(student):
                if outcome.files and student is grading.students[0]:
                    self._publisher.write(student, rendering.content, *outcome.files)
                else:
                    self._ready.append(rendering)


def timeout_of(limits_seconds: float) -> float:
    """Return after how many seconds a worker is stuck: rooms, second looks with stand-ins, and our arithmetic."""
    return 4 * limits_seconds + 600
