"""The coordinator's memory does not depend on how many submissions went through it."""

import gc
import tracemalloc
from pathlib import Path

import numpy as np

from graders.batch.assignment import Assignment
from graders.batch.finish import finish
from graders.batch.work import Outcome, Presentation, grade_parcel
from graders.ledger import CriterionRow
from tests.batch.workers_here import batch_here
from tests.dashboard.big_class import fill

RESULT_BYTES = 300_000  # of a scorecard, of observations and of a report: what a graded submission amounts to
FEW, MANY = 15, 90
EACH = 6_000  # bytes that a student may cost: name, place, digests


def graded(
    _assignment: Assignment,
    parcel: bytes,
    presentation: Presentation,
    *_flags: bool,
) -> Outcome:
    """Return a result of the usual size without grading anything."""
    noise = np.random.default_rng(len(parcel)).bytes(RESULT_BYTES)
    row = CriterionRow(
        name="softmax",
        title="Softmax",
        group="Blocks",
        points=6.0,
        earned=6.0,
        open_points=0.0,
        standing="full",
        reason="",
        feedback="x" * 1000,
        seconds=1.0,
        visibility="visible",
    )
    files = presentation.name + noise.hex()[:RESULT_BYTES], "{}"
    return Outcome(scorecard=noise, observations=noise, criteria=(row,), files=files, seconds=1.0)


def memory_of(folder: Path, students: int) -> tuple[int, int]:
    """Return the peak and what is left, in bytes, of a class that goes through the real coordinator."""
    for number in range(students):
        work = folder / "work" / f"student{number:03d}"
        work.mkdir(parents=True)
        (work / "mlp_numpy.py").write_text(f"import numpy as np\n# {number}\n" + "# filled\n" * 500)
    with batch_here(folder, {grade_parcel: graded}) as (batch, handed_in):
        gc.collect()
        tracemalloc.start()
        try:
            tally = batch.run(handed_in)
            peak = tracemalloc.get_traced_memory()[1]
            gc.collect()
            left = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        assert tally.graded == students
        assert len(list((folder / "out" / "students").glob("*/report.html"))) == students
    return peak, left


def test_the_coordinator_keeps_nothing_of_a_submission_that_is_done(tmp_path: Path) -> None:
    memory_of(tmp_path / "warm", 3)  # what is loaded once is no growth
    few, many = memory_of(tmp_path / "few", FEW), memory_of(tmp_path / "many", MANY)
    allowed = EACH * (MANY - FEW)
    assert many[0] - few[0] < allowed < RESULT_BYTES * (MANY - FEW) / 10, f"peak of {few[0]:,} and {many[0]:,} bytes"
    assert many[1] - few[1] < allowed, f"{few[1]:,} and {many[1]:,} bytes are left"


def peak_of_finish(folder: Path, students: int) -> int:
    """Return the peak, in bytes, of writing the files of a class."""
    folder.mkdir()
    with fill(folder, students) as ledger:
        gc.collect()
        tracemalloc.start()
        try:
            finish(ledger, folder, "MLP", ("gradescope", "classroom50", "junit"))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


def test_the_files_of_the_class_are_written_without_the_words_of_everyone_in_memory(tmp_path: Path) -> None:
    peak_of_finish(tmp_path / "warm", 5)
    few, many = 20, 220
    grown = peak_of_finish(tmp_path / "many", many) - peak_of_finish(tmp_path / "few", few)
    assert grown < EACH * (many - few), f"{grown / (many - few):,.0f} bytes a student"
