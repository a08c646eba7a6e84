"""What a whole class is judged by: rubric, data, seed and grader, as plain text that can travel to a worker."""

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path

from graders.dataset import Dataset, load_dataset
from graders.foundation.exam import Exam
from graders.rubric import Rubric, parse_rubric
from graders.submission import Submission

ROOT = Path(__file__).resolve().parents[2]
# What decides a scorecard; the rooms that show and keep it are not among them, nor are tests and prose.
DECIDING = ("dataset", "driver", "exam_room", "foundation", "grading", "measure", "rubric", "submission", "wire")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Rubric, data and seed of a batch.

    Args:
        rubric_path: where the rubric came from, for messages.
        rubric_text: the rubric, whole.
        dataset: name of the data set.
        data_dir: folder with IDX files, or "".
        seed: the seed of every sitting.
        grader: version of the grader that all workers must have.
    """

    rubric_path: str
    rubric_text: str
    dataset: str
    data_dir: str
    seed: int
    grader: str

    @property
    def rubric(self) -> Rubric:
        """The rubric, read once in each process."""
        return _rubric(self.rubric_path, self.rubric_text)

    @property
    def data(self) -> Dataset:
        """The data, loaded once in each process."""
        return _data(self.dataset, self.data_dir)

    def exam(self, submission: Submission) -> Exam:
        """Return the exam that a submission sits."""
        return Exam(
            seed=self.seed,
            data=self.data,
            training=self.rubric.training,
            answers=submission.answers,
            calibration=self.rubric.calibration,
        )

    def key(self, parcel_digest: str) -> str:
        """Return the key of a sitting: equal keys, equal scorecards."""
        parts = (parcel_digest, self.rubric.digest, self.data.digest, str(self.seed), self.grader)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def conditions(self, parcel_digest: str) -> str:
        """Return what decides an answer: under equal conditions, the same question has the same answer."""
        r = self.rubric
        parts = (parcel_digest, self.data.digest, str(self.seed), self.grader)
        told = "\n".join((*parts, repr(r.limits), repr(r.forbidden_libraries)))
        return hashlib.sha256(told.encode()).hexdigest()


@functools.cache
def _rubric(path: str, text: str) -> Rubric:
    return parse_rubric(Path(path), text)


@functools.cache
def _data(name: str, folder: str) -> Dataset:
    return load_dataset(name, data_dir=Path(folder) if folder else None)


@functools.cache
def grader_version() -> str:
    """Return the digest of all source that decides a scorecard, in 16 hexadecimal digits."""
    graders = ROOT / "graders"
    files = [*graders.glob("*.py"), *(p for part in DECIDING for p in (graders / part).rglob("*.py"))]
    files += (ROOT / "reference").glob("*.py")  # right functions stand in for wrong ones
    total = hashlib.sha256()
    for path in sorted(files):
        content = path.read_bytes()
        total.update(f"{path.relative_to(ROOT).as_posix()} {len(content)}\n".encode())
        total.update(content)
    return total.hexdigest()[:16]
