"""The two submissions of the project, through the whole of its rubrics: full marks, and not attempted."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from graders.dataset import load_dataset
from graders.foundation.exam import Exam
from graders.foundation.verdict import Standing
from graders.grading.scorecard import CriterionResult, Scorecard
from graders.grading.sitting import sit
from graders.report import record_text, render_html
from graders.rubric import find_rubric, load_rubric
from graders.submission import open_submission
from tests.sitting import ROOT, Silent


def graded(path: Path, rubric_name: str) -> Scorecard:
    """Return the scorecard of a submission in this project."""
    rubric = load_rubric(find_rubric(rubric_name))
    submission = open_submission(path)
    exam = Exam(
        seed=rubric.seed,
        data=load_dataset(rubric.dataset),
        training=rubric.training,
        answers=submission.answers,
        calibration=rubric.calibration,
    )
    return sit(rubric, submission, exam, Silent())


def told(results: Sequence[CriterionResult]) -> str:
    """Return what was lost, for a failing test."""
    return "\n".join(f"{r.name}: {r.standing} {r.reason}" for r in results if r.standing is not Standing.FULL)


@pytest.mark.torch_room
@pytest.mark.parametrize("rubric", ["usaaio_2024_r1_p4", "fashion", "selfcheck"])
def test_the_reference_gets_full_marks(rubric: str) -> None:
    scorecard = graded(ROOT / "reference", rubric)
    by_a_person = [c.name for c in scorecard.criteria if c.standing is Standing.OPEN]
    assert by_a_person == ([] if rubric == "selfcheck" else ["answers"])
    assert scorecard.earned == scorecard.decided_points, told(scorecard.criteria)
    assert scorecard.earned + scorecard.open_points == scorecard.points == 100


@pytest.mark.torch_room
def test_the_template_is_not_attempted_and_gets_nothing() -> None:
    scorecard = graded(ROOT / "student_template", "usaaio_2024_r1_p4")
    assert {c.standing for c in scorecard.criteria} == {Standing.NOT_ATTEMPTED}, told(scorecard.criteria)
    assert scorecard.earned == scorecard.open_points == 0


def test_a_scorecard_that_is_not_attempted_can_be_shown() -> None:
    rubric = load_rubric(find_rubric("selfcheck")).only(["softmax", "training"])
    submission = open_submission(ROOT / "student_template")
    exam = Exam(seed=rubric.seed, data=load_dataset(rubric.dataset), training=rubric.training)
    scorecard = sit(rubric, submission, exam, Silent())
    assert "not attempted" in render_html(scorecard)
    assert '"not attempted"' in record_text(scorecard)
