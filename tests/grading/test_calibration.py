"""Thresholds are a measured risk: a right submission misses them as rarely as stated, and nothing stale goes unsaid."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from graders.exam_room import Rooms
from graders.foundation.calibration import Calibration
from graders.foundation.errors import BadRubric
from graders.foundation.exam import Exam, TrainingOptions
from graders.foundation.limits import Limits
from graders.foundation.verdict import AgainstReference, Verdict
from graders.grading.calibrate import calibrate
from graders.grading.environment import environment
from graders.grading.invigilator import Invigilator
from graders.grading.rounds import Candidacy, examine
from graders.grading.sitting import stale_calibration
from graders.rubric import Rubric, find_rubric, load_rubric
from graders.rubric.load import with_parameters
from graders.rubric.write import write_calibration
from tests.sitting import FORBIDDEN, TINY, Edits, Silent, dataset, edited_reference, sit, submission_of

MEASURED = Calibration(
    data="d",
    options="o",
    numpy="2.4.6",
    torch="2.13.0+cpu",
    risk=0.001,
    numpy_accuracy=(0.93, 0.932, 0.928, 0.931, 0.929),
    torch_accuracy=(0.93, 0.931, 0.929, 0.93, 0.93),
)


@pytest.mark.parametrize("runs", [1, 2, 4])
def test_a_right_submission_misses_the_threshold_as_rarely_as_stated(runs: int) -> None:
    rng = np.random.default_rng(runs)
    risk, missed, trials = 0.01, 0, 20_000
    for _ in range(trials):
        known = tuple(rng.normal(0.93, 0.002, size=20))
        measured = dataclasses.replace(MEASURED, risk=risk, numpy_accuracy=known, torch_accuracy=known)
        missed += rng.normal(0.93, 0.002, size=runs).mean() < measured.threshold(runs)
    assert abs(missed / trials - risk) <= 4 * (risk / trials) ** 0.5


def test_a_smaller_risk_asks_for_less() -> None:
    strict = dataclasses.replace(MEASURED, risk=0.05)
    assert MEASURED.threshold(2) < strict.threshold(2) < 0.93


def test_thresholds_that_do_not_follow_from_the_measurements_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "rubric.yaml"
    shutil.copy(find_rubric("usaaio_2024_r1_p4"), path)
    written = load_rubric(path).calibration
    assert written is not None
    assert written.thresholds[1] == round(written.threshold(2), 6)
    path.write_text(path.read_text().replace(f"{written.thresholds[1]:.6g}", "0.5", 1))
    with pytest.raises(BadRubric, match="do not follow"):
        load_rubric(path)


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ({"data": "other"}, "data set"),
        ({"options": "other"}, "training options changed from o to other"),
        ({"torch": "2.14.0"}, "PyTorch changed from 2.13 to 2.14"),
        ({"numpy": "3.0.1"}, "NumPy changed from 2.4 to 3.0"),
    ],
)
def test_what_changed_since_is_said(now: dict[str, str], words: str) -> None:
    same = {"data": "d", "options": "o", "numpy": "2.4.9", "torch": "2.13.1"}
    assert MEASURED.stale(**same) == ()
    assert words in MEASURED.stale(**{**same, **now})[0]


def test_grading_says_when_the_calibration_is_stale() -> None:
    exam = Exam(seed=1, data=dataset("tiny"), training=TINY, calibration=MEASURED)
    assert any("stale" in notice for notice in stale_calibration(exam))
    assert stale_calibration(dataclasses.replace(exam, calibration=None)) == ()


@pytest.mark.parametrize("name", ["usaaio_2024_r1_p4", "fashion"])
def test_the_projects_rubrics_are_calibrated_on_what_they_use(name: str) -> None:
    rubric = load_rubric(find_rubric(name))
    assert rubric.calibration is not None
    assert rubric.calibration.data == dataset(rubric.dataset).digest
    assert rubric.calibration.options == rubric.training.told
    assert len(rubric.calibration.numpy_accuracy) >= 30


def test_writing_a_calibration_leaves_the_rest_of_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "rubric.yaml"
    shutil.copy(find_rubric("selfcheck"), path)
    before = path.read_text()
    for risk in (0.001, 0.01):
        write_calibration(path, dataclasses.replace(MEASURED, risk=risk))
        read = load_rubric(path).calibration
        assert read == dataclasses.replace(MEASURED, risk=risk)
    comments = [line for line in before.splitlines() if line.startswith("#")]
    assert all(line in path.read_text().splitlines() for line in comments)
    assert path.read_text().count("Measured on the reference") == 1


@pytest.mark.torch_room
def test_calibrating_measures_both_implementations() -> None:
    training = TrainingOptions(images=300, H=16, epochs=1, batch=50)
    exam = Exam(seed=3, data=dataset("tiny"), training=training)
    rubric = Rubric(
        title="t",
        seed=3,
        dataset="tiny",
        training=training,
        limits=Limits(),
        forbidden_libraries=FORBIDDEN,
        criteria=(),
        digest="",
    )
    steps: list[int] = []
    found = calibrate(
        rubric, submission_of(edited_reference()), exam, seeds=3, risk=0.01, advance=lambda: steps.append(1)
    )
    assert len(steps) == 6
    assert len(set(found.numpy_accuracy)) == 3
    assert all(0.1 < a < 1 for a in (*found.numpy_accuracy, *found.torch_accuracy))
    assert found.numpy == environment()["numpy"]


def accuracy_with(calibration: Calibration | None, edits: Edits) -> Verdict:
    """Return the verdict on accuracy under a calibration."""
    exam = Exam(seed=3, data=dataset("tiny"), training=TINY, calibration=calibration)
    submission = submission_of(edited_reference(edits))
    with Rooms() as rooms, Invigilator(submission, Limits(), FORBIDDEN, 3, rooms) as invigilator:
        result = examine([Candidacy(with_parameters("accuracy", {"floor": 0.1}), exam)], invigilator, Silent())[0]
    assert result.verdict is not None
    return result.verdict


def test_accuracy_is_judged_by_the_calibration_and_drawn_beside_it() -> None:
    reachable = dataclasses.replace(MEASURED, numpy_accuracy=(0.3, 0.31, 0.29), torch_accuracy=(0.3, 0.3, 0.3))
    verdict = accuracy_with(reachable, {})
    assert verdict.share == 1
    assert any(isinstance(e, AgainstReference) for e in verdict.exhibits)
    assert 0 < accuracy_with(MEASURED, {}).share < 1


def test_a_network_that_knew_the_images_beforehand_is_shown_to_the_instructor() -> None:
    by_heart = (
        "def predict(",
        "_learn, _known = train, []\n\n\n"
        "def train(*args, **options):\n"
        "    if not _known:\n"
        "        _known.append(_learn(*args, **options))\n"
        "    return _known[0]\n\n\n"
        "def predict(",
    )
    caught = sit("accuracy", edits={"mlp_numpy.py": [by_heart]}, params={"floor": 0.1, "threshold": 0.3})
    assert any("For the instructor" in remark for remark in caught.remarks)
    honest = sit("accuracy", params={"floor": 0.1, "threshold": 0.3})
    assert not any("For the instructor" in remark for remark in honest.remarks)
