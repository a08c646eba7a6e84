"""Writing the files of every student whose result has changed since they were written."""

import concurrent.futures
import dataclasses
from collections.abc import Mapping
from typing import Any

from graders.batch.publish import Publisher
from graders.batch.work import Presentation, presented, render_files
from graders.batch.workers import Workers
from graders.ledger import HandInRow, Ledger
from graders.ledger.stored import scorecard_bytes, scorecard_of


def publish_class(ledger: Ledger, publisher: Publisher, workers: Workers) -> int:
    """Write what is stale; returns how many students' files were written."""
    running: dict[concurrent.futures.Future[Any], tuple[HandInRow, str]] = {}
    written = 0
    for student in ledger.hand_ins():
        sitting = ledger.sitting(student.sitting) if student.sitting else None
        if sitting is None or sitting.scorecard is None:
            publisher.remove(student.student)
            continue
        content = publisher.stale(student)
        if not content:
            continue
        future = workers.submit(render_files, sitting.scorecard, publisher.presentation(student))
        running[future] = (student, content)
        if len(running) > workers.count:
            written += _write(running, publisher, workers, concurrent.futures.FIRST_COMPLETED)
    return written + _write(running, publisher, workers, concurrent.futures.ALL_COMPLETED)


def _write(
    running: "dict[concurrent.futures.Future[Any], tuple[HandInRow, str]]",
    publisher: Publisher,
    workers: Workers,
    until: str,
) -> int:
    done, _ = concurrent.futures.wait(running, return_when=until)
    for future in done:
        student, content = running.pop(future)
        html, record = workers.result(future)
        publisher.write(student, content, html, record)
    return len(done)


def point_to(ledger: Ledger, publisher: Publisher, sittings: Mapping[str, str]) -> int:
    """Give students other sittings (student -> key), and name the new rubric in files that say the same otherwise.

    Returns how many students' files need no rendering. Files that were out of date before stay so.
    """
    before = {row.student: row for row in ledger.hand_ins() if row.student in sittings}
    right = [student for student, row in before.items() if not publisher.stale(row)]
    ledger.point_to(sittings)
    restamped = 0
    for student in right:
        old, new = (ledger.sitting(key or "") for key in (before[student].sitting, sittings[student]))
        if old is None or new is None or old.scorecard is None or new.scorecard is None or old.key == new.key:
            continue
        if face(old.scorecard) == face(new.scorecard):
            row = dataclasses.replace(before[student], sitting=new.key)
            restamped += publisher.restamp(row, old.rubric, new.rubric)
    return restamped


def face(scorecard: bytes) -> bytes:
    """Return all of a scorecard that a student's files show, but for the rubric's digest."""
    shown = presented(scorecard_of(scorecard), Presentation(name=""))
    return scorecard_bytes(dataclasses.replace(shown, rubric_digest=""))
