"""Writing the files of every student whose result has changed since they were written."""

import concurrent.futures
from typing import Any

from graders.batch.publish import Publisher
from graders.batch.work import render_files
from graders.batch.workers import Workers
from graders.ledger import HandInRow, Ledger


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
