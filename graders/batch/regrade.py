"""Judging a class by another rubric, from what its submissions answered before; code runs only for what is new.

What holds of an earlier sitting:

- The verdict of a criterion whose parameters are the same, and which no mistake elsewhere reaches, holds as it is. The
  options of training runs and the calibration must be the same too.
- The observations hold where data, seed, limits and forbidden libraries are the same: the same question, asked again of
  the same code, would be answered in the same way.

A criterion that was lost, or carried, is judged again with those that changed, for what is charged where may change.
From recorded answers no smallest wrong question is searched for: it changes no point, and the search would run code.
"""

import concurrent.futures
import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graders.batch.assignment import Assignment
from graders.batch.view import BatchView
from graders.batch.work import Earlier, Outcome, grade_again
from graders.batch.workers import WorkerDied, Workers
from graders.foundation.verdict import Standing
from graders.grading.carried import LOST
from graders.grading.scorecard import Scorecard
from graders.ledger import Ledger, SittingRow
from graders.ledger.stored import scorecard_of
from graders.rubric import Rubric


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What another rubric does to one student.

    Args:
        student: folder name.
        name: the student.
        before, after: totals, awards left out; None where there is none.
        criteria: title -> points before and after, where they differ; None where the rubric has no such line.
    """

    student: str
    name: str
    before: float | None
    after: float | None
    criteria: Mapping[str, tuple[float | None, float | None]]


def carried_criteria(old: Rubric, new: Rubric, scorecard: Scorecard) -> frozenset[str]:
    """Return the criteria of the new rubric whose verdicts in the scorecard hold as they are.

    Where all that was judged is judged alike, every verdict holds, those of lost criteria too.
    """
    before = {c.name: c.grader for c in old.criteria}
    after = {c.name: c.grader for c in new.criteria}
    same = {name for name, grader in after.items() if before.get(name) == grader}
    judged = {c.name: c for c in scorecard.criteria if c.verdict is not None and c.name in same}
    judged_alike = (old.calibration, old.training) == (new.calibration, new.training)
    if judged_alike and same == before.keys() == after.keys():
        return frozenset(judged)
    if not judged_alike:
        return frozenset()
    return frozenset(
        name
        for name, c in judged.items()
        if c.verdict is not None
        and dataclasses.replace(c, award=None).standing not in LOST
        and not any(check.charged_at for check in c.verdict.checks)
    )


class Regrade:
    """Judges every sitting of a class by another rubric, and keeps the new sittings beside the old.

    Args:
        ledger: the ledger of the class.
        assignment: the new rubric, with the data and seed of the class.
        workers: who does it.
        view: is told how it goes on.
    """

    def __init__(self, ledger: Ledger, assignment: Assignment, workers: Workers, view: BatchView) -> None:
        self._ledger = ledger
        self._assignment = assignment
        self._workers = workers
        self._view = view
        self.faults: list[str] = []
        self.reran = 0

    def run(self) -> dict[str, str]:
        """Return student -> key of the new sitting."""
        students: dict[str, list[str]] = {}
        for row in self._ledger.hand_ins():
            if row.sitting:
                students.setdefault(row.sitting, []).append(row.student)
        keys: dict[str, str] = {}
        running: dict[concurrent.futures.Future[Any], SittingRow] = {}
        coming = iter(students)
        more = True
        while more or running:
            while more and len(running) < self._workers.count + 1:
                old_key = next(coming, None)
                if old_key is None:
                    more = False
                    continue
                old = self._ledger.sitting(old_key)
                assert old is not None
                new = self._new_sitting(old)
                keys[old_key] = new.key
                if self._ledger.is_graded(new.key):
                    self._view.finished(old_key[:12], told="", failed=False, kept=True)
                    continue
                running[self._submit(old)] = new
            done, _ = concurrent.futures.wait(running, timeout=0.25, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in done:
                self._keep(running.pop(future), self._outcome(future))
            self._view.tick()
        return {student: keys[old] for old, theirs in students.items() for student in theirs}

    def _new_sitting(self, old: SittingRow) -> SittingRow:
        a = self._assignment
        return dataclasses.replace(
            old,
            key=a.key(old.parcel),
            conditions=a.conditions(old.parcel),
            rubric=a.rubric.digest,
            dataset=a.dataset,
            dataset_digest=a.data.digest,
            data_dir=a.data_dir,
            seed=a.seed,
            grader=a.grader,
            fault="",
            scorecard=None,
        )

    def _submit(self, old: SittingRow) -> "concurrent.futures.Future[Any]":
        return self._workers.submit(grade_again, self._assignment, self._ledger.parcel(old.parcel), self._earlier(old))

    def _earlier(self, old: SittingRow) -> Earlier | None:
        """Return what holds of an earlier sitting; None for nothing at all."""
        a = self._assignment
        if old.scorecard is None or old.conditions != a.conditions(old.parcel):
            return None
        told = self._ledger.rubric(old.rubric)
        before = dataclasses.replace(a, rubric_path=told["path"], rubric_text=told["text"]).rubric
        carried = carried_criteria(before, a.rubric, scorecard_of(old.scorecard))
        wanted = {c.name for c in a.rubric.criteria} - carried
        observations = self._ledger.observations(old.conditions) if wanted else None
        return Earlier(scorecard=old.scorecard, observations=observations, carried=carried)

    def _outcome(self, future: "concurrent.futures.Future[Any]") -> Outcome:
        try:
            outcome: Outcome = self._workers.result(future)
        except (WorkerDied, TimeoutError) as error:
            return Outcome(fault=f"The grader's worker failed ({error}).")
        except Exception as error:  # noqa: BLE001 - whatever the pool tells, the others go on
            return Outcome(fault=f"The grader failed ({type(error).__name__}: {error}).")
        return outcome

    def _keep(self, new: SittingRow, outcome: Outcome) -> None:
        row = dataclasses.replace(
            new,
            fault=outcome.fault,
            scorecard=outcome.scorecard,
            seconds=outcome.seconds,
            criteria=outcome.criteria,
        )
        self.reran += outcome.asked > 0
        if outcome.fault:
            self.faults.append(outcome.fault)
        self._ledger.keep_sitting(row, parcel=self._ledger.parcel(new.parcel), observations=outcome.observations)
        self._view.finished(new.key[:12], told=outcome.fault, failed=bool(outcome.fault))


def changes(ledger: Ledger, sittings: Mapping[str, str]) -> Iterator[Change]:
    """Yield what changes for each student if they are given these sittings (student -> key)."""
    for row in ledger.hand_ins():
        if row.student in sittings and row.sitting:
            before, after = _points(ledger, row.sitting), _points(ledger, sittings[row.student])
            differ = {
                title: (before.get(title), after.get(title))
                for title in {**before, **after}
                if before.get(title) != after.get(title)
            }
            if differ:
                yield Change(
                    student=row.student, name=row.name, before=_sum(before), after=_sum(after), criteria=differ
                )


def _points(ledger: Ledger, key: str) -> dict[str, float | None]:
    """Return title -> points earned; None for what is ungraded."""
    rows = ledger.rows("SELECT title, earned, standing FROM criterion WHERE sitting = ? ORDER BY place", (key,))
    return {r["title"]: None if r["standing"] == Standing.UNGRADED else r["earned"] for r in rows}


def _sum(points: Mapping[str, float | None]) -> float | None:
    known = [p for p in points.values() if p is not None]
    return round(sum(known), 2) if points and len(known) == len(points) else None
