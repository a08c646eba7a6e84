"""What runs in Gradescope's container: one submission in, Gradescope's results.json out."""

import dataclasses
import sys
from pathlib import Path

from graders.batch.assignment import Assignment, grader_version
from graders.batch.work import Unwatched, visibility_of
from graders.exports.gradescope import gradescope_text, results_of_criteria
from graders.exports.package import ROOT, RUBRIC
from graders.foundation.errors import BadSubmission, OurFault
from graders.foundation.limits import Limits
from graders.grading.sitting import sit
from graders.intake.hand_in import the_work_in
from graders.ledger import CriterionRow, rows_of
from graders.report.whole_file import write_whole
from graders.rubric import Rubric, parse_rubric, read_rubric
from graders.submission import open_submission

CONTAINER_MB = 768
OURS_MB = 250  # what the judging process itself takes
SHARE = 0.5  # of a processor, in the smallest container


def grade_inside_gradescope(submission: Path, results: Path) -> int:
    """Grade what was handed in; returns the exit status.

    Without a total no results.json is written: Gradescope then tells that the autograder failed.
    """
    path = ROOT / RUBRIC
    text = read_rubric(path)
    rubric = within_container(parse_rubric(path, text))
    assignment = Assignment(
        rubric_path=str(path),
        rubric_text=text,
        dataset=rubric.dataset,
        data_dir="",
        seed=rubric.seed,
        grader=grader_version(),
    )
    try:
        opened = open_submission(the_work_in(submission))
    except BadSubmission as error:
        told = "; ".join(part for part in (error.message, error.remedy) if part)
        rows = [unopened(c.name, c.title, c.group, c.points, told) for c in rubric.criteria]
        return _write(results, rows, 0.0, f"Your submission cannot be opened: {told}")
    card = sit(rubric, opened, assignment.exam(opened), Unwatched())
    if card.earned is None:
        lost = "; ".join(f"{c.title}: {c.fault}" for c in card.criteria if c.verdict is None)
        sys.stderr.write(f"No results: a criterion could not be graded ({lost}).\n")
        return OurFault.exit_status
    notices = " ".join(n.message for n in opened.notices)
    return _write(results, list(rows_of(card, visibility_of(rubric))), card.open_points, notices)


def within_container(rubric: Rubric) -> Rubric:
    """Return the rubric with limits that fit the smallest container.

    Two rooms stand side by side, so each may have half of the memory that our own process leaves; and with half a
    processor everything takes twice as long.
    """
    limits: Limits = rubric.limits
    # One room at a time has its limit enforced; a half each would be less than PyTorch needs to start.
    memory = min(limits.memory_mb, CONTAINER_MB - OURS_MB)
    slower = 1 / SHARE
    return dataclasses.replace(
        rubric,
        limits=dataclasses.replace(
            limits,
            memory_mb=memory,
            question_seconds=limits.question_seconds * slower,
            import_seconds=limits.import_seconds * slower,
            submission_seconds=limits.submission_seconds * slower,
        ),
    )


def unopened(name: str, title: str, group: str, points: float, told: str) -> CriterionRow:
    """Return the row of a criterion of a submission that cannot be opened: the student can hand in again."""
    return CriterionRow(
        name=name,
        title=title,
        group=group,
        points=points,
        earned=0.0,
        open_points=0.0,
        standing="not attempted",
        reason=told,
        feedback=told,
        seconds=0.0,
    )


def _write(results: Path, rows: list[CriterionRow], open_points: float, report: str) -> int:
    try:
        results.mkdir(parents=True, exist_ok=True)
        told = results_of_criteria(rows, open_points=open_points, report=report)
        write_whole(results / "results.json", gradescope_text(told))
    except OSError as error:
        sys.stderr.write(f"cannot write {results / 'results.json'} ({error.strerror or error})\n")
        return OurFault.exit_status
    return 0
