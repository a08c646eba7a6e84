"""What the coordinator gives its workers: every submission once, and word of which is the last."""

from pathlib import Path

from graders.batch.assignment import Assignment
from graders.batch.run import Tally
from graders.batch.work import Outcome, Presentation, grade_parcel, render_files
from graders.ledger.parcel import submission_of, uncompressed
from graders.ledger.stored import scorecard_bytes
from tests.batch.workers_here import batch_here
from tests.report import samples


class Class:
    """A class that is graded by workers who note what they are given.

    Args:
        folder: where it lies.
        sources: what each student handed in.
    """

    def __init__(self, folder: Path, *sources: str) -> None:
        self.folder = folder
        self.given: list[tuple[str, bool]] = []
        self.rendered: list[str] = []
        for number, source in enumerate(sources):
            work = folder / "work" / f"student{number}"
            work.mkdir(parents=True)
            (work / "mlp_numpy.py").write_text(source)

    def graded(
        self,
        _assignment: Assignment,
        parcel: bytes,
        presentation: Presentation,
        _keep: bool,  # noqa: FBT001 - as grade_parcel has it
        last: bool,  # noqa: FBT001
    ) -> Outcome:
        """Note what is to be graded."""
        self.given.append((bytes(submission_of(uncompressed(parcel)).files["mlp_numpy.py"]).decode(), last))
        files = f"report of {presentation.name}", "{}"
        return Outcome(scorecard=scorecard_bytes(samples.full_marks()), files=files, seconds=1.0)

    def render(self, _scorecard: bytes, presentation: Presentation) -> tuple[str, str]:
        """Note whose files are rendered by themselves."""
        self.rendered.append(presentation.name)
        return f"report of {presentation.name}", "{}"

    def run(self) -> Tally:
        """Grade the class."""
        with batch_here(self.folder, {grade_parcel: self.graded, render_files: self.render}) as (batch, handed_in):
            return batch.run(handed_in)

    def reports(self) -> dict[str, str]:
        """Return everyone's report."""
        return {path.parent.name: path.read_text() for path in self.folder.glob("out/students/*/report.html")}


def test_every_submission_is_graded_once_and_the_last_one_is_known(tmp_path: Path) -> None:
    several = Class(tmp_path, "a = 1\n", "a = 2\n", "a = 3\n", "a = 4\n", "a = 5\n")
    assert several.run().graded == 5
    assert several.given == [(f"a = {n}\n", n == 5) for n in range(1, 6)]
    assert several.rendered == []
    assert several.reports() == {f"student{n}": f"report of student{n}" for n in range(5)}


def test_what_several_handed_in_alike_is_graded_once_and_everyone_has_a_report(tmp_path: Path) -> None:
    several = Class(tmp_path, "a = 1\n", "a = 1\n", "a = 2\n", "a = 3\n", "a = 3\n", "a = 3\n")
    assert several.run().graded == 6
    assert several.given == [("a = 1\n", False), ("a = 2\n", False), ("a = 3\n", True)]
    assert sorted(several.rendered) == ["student1", "student4", "student5"]
    assert several.reports() == {f"student{n}": f"report of student{n}" for n in range(6)}


def test_a_class_of_one_is_its_own_last(tmp_path: Path) -> None:
    single = Class(tmp_path, "a = 1\n")
    assert single.run().graded == 1
    assert single.given == [("a = 1\n", True)]


def test_what_is_graded_is_kept_and_the_batch_comes_to_its_end(tmp_path: Path) -> None:
    single = Class(tmp_path, "a = 1\n")
    assert single.run().graded == 1
    again = single.run()  # all is kept
    assert (again.graded, again.kept) == (0, 1)
    assert len(single.given) == 1
