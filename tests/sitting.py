"""Has a submission sit one criterion in the real exam room: the reference with a few lines changed, or other files."""

import atexit
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from graders.dataset import Dataset, load_dataset
from graders.exam_room import Rooms
from graders.foundation.exam import Exam, TrainingOptions
from graders.foundation.limits import Limits
from graders.foundation.verdict import Standing, Verdict
from graders.grading.scorecard import CriterionResult
from graders.grading.sitting import sit as sit_rubric
from graders.rubric import Criterion, Rubric
from graders.rubric.load import with_parameters
from graders.submission import Submission

ROOT = Path(__file__).resolve().parents[1]
FORBIDDEN = ("torch", "tensorflow", "keras", "jax", "autograd", "sklearn", "scipy")
TINY = TrainingOptions(images=300, H=16, epochs=2, batch=50)
QUICK = Limits(question_seconds=20.0)

Edits = Mapping[str, Sequence[tuple[str, str]]]


@functools.cache
def warm_rooms() -> Rooms:
    """Return the rooms of this test process: opened once, for every sitting in it."""
    rooms = Rooms()
    atexit.register(rooms.close)
    return rooms


class Silent:
    """A progress that says nothing."""

    def started(self, name: str, title: str) -> None:
        """Say nothing."""

    def finished(self, result: CriterionResult) -> None:
        """Say nothing."""


def edited_reference(edits: Edits | None = None) -> dict[str, str]:
    """Return the reference's files with edits; each `old` must stand in its file exactly once."""
    files = {path.name: path.read_text() for path in (ROOT / "reference").glob("*.py")}
    for name, changes in (edits or {}).items():
        for old, new in changes:
            assert files[name].count(old) == 1, f"{name}: {old!r} stands there {files[name].count(old)} times"
            files[name] = files[name].replace(old, new)
    return files


def losers(results: Mapping[str, CriterionResult]) -> list[str]:
    """Return the criteria that did not earn all of their points."""
    return [name for name, r in results.items() if r.standing is not Standing.FULL]


def submission_of(files: Mapping[str, str], *, answers: str = "") -> Submission:
    """Return a submission made of these Python files."""
    modules = {name: name for name in ("mlp_numpy", "mlp_torch", "study") if f"{name}.py" in files}
    contents = {name: text.encode() for name, text in files.items()}
    return Submission(name="test", files=contents, modules=modules, answers=answers)


@functools.cache
def dataset(name: str) -> Dataset:
    """Return a data set; "tiny" is 300 training, 200 validation and 500 test images of mnist_10k."""
    if name != "tiny":
        return load_dataset(name)
    full = load_dataset("mnist_10k")
    rng = np.random.default_rng(5)
    pick = {split: rng.permutation(len(getattr(full, f"y_{split}"))) for split in ("train", "val", "test")}
    sizes = {"train": 300, "val": 200, "test": 500}
    arrays = {
        f"{letter}_{split}": np.ascontiguousarray(getattr(full, f"{letter}_{split}")[pick[split][: sizes[split]]])
        for split in sizes
        for letter in "Xy"
    }
    return Dataset(name="tiny", **arrays)


def sit(criterion: str, **options: Any) -> Verdict:
    """Return the verdict of one criterion; the options are those of `sit_result`."""
    result = sit_result(criterion, **options)
    assert result.verdict is not None, result.fault
    return result.verdict


def sit_result(
    criterion: str,
    *,
    edits: Edits | None = None,
    files: Mapping[str, str] | None = None,
    params: Mapping[str, Any] | None = None,
    data: str = "tiny",
    training: TrainingOptions = TINY,
    answers: str = "",
    seed: int = 7,
    limits: Limits = QUICK,
) -> CriterionResult:
    """Return the result of one criterion, with the name of what is wrong.

    Args:
        criterion: its name.
        edits: changes to the reference, by file.
        files: files that replace the (edited) reference's of the same names.
        params: the criterion's rubric parameters.
        data: "tiny" or the name of a data set.
        training: options of full training runs.
        answers: the written answers.
        seed: the rubric's seed.
        limits: what the rooms may use.
    """
    submission = submission_of({**edited_reference(edits), **(files or {})}, answers=answers)
    return sit_submission(submission, [with_parameters(criterion, params or {})], data, training, seed, limits)[0]


def sit_function(criterion: str, function: str, *changes: tuple[str, str], seed: int = 7) -> CriterionResult:
    """Return the result of one criterion for the reference with a function in another style.

    Args:
        criterion: its name.
        function: the text that takes the place of "def predict(", with which it ends.
        changes: old and new text; each `old` must stand in the function exactly once.
        seed: the rubric's seed.
    """
    for old, new in changes:
        assert function.count(old) == 1, old
        function = function.replace(old, new)
    return sit_result(criterion, edits={"mlp_numpy.py": [("def predict(", function)]}, seed=seed)


def sit_submission(
    submission: Submission,
    criteria: Sequence[Criterion],
    data: str = "tiny",
    training: TrainingOptions = TINY,
    seed: int = 7,
    limits: Limits = QUICK,
) -> Sequence[CriterionResult]:
    """Return the results of several criteria."""
    rubric = Rubric(
        title="test",
        seed=seed,
        dataset=data,
        training=training,
        limits=limits,
        forbidden_libraries=FORBIDDEN,
        criteria=tuple(criteria),
        digest="",
    )
    exam = Exam(seed=seed, data=dataset(data), training=training, answers=submission.answers)
    return sit_rubric(rubric, submission, exam, Silent(), warm_rooms()).criteria


def lost(verdict: Verdict) -> tuple[str, ...]:
    """Return the titles of the checks that lost something."""
    return tuple(check.title for check in verdict.checks if check.credit < 1.0)


def named(result: CriterionResult) -> tuple[str, ...]:
    """Return the ids of the mistakes that explain all of a criterion's loss, or () where none does."""
    return tuple(name.id for d in result.diagnoses if not d.part for name in d.names)


def named_parts(result: CriterionResult) -> dict[str, tuple[str, ...]]:
    """Return the ids of the mistakes that explain a part of a criterion, by part."""
    return {d.part: tuple(name.id for name in d.names) for d in result.diagnoses if d.part}
