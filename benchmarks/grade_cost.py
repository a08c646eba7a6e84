"""What grading costs beyond the submission's own computation, measured in one run.

    python -m benchmarks.grade_cost [--rubric NAME] [--runs N]

(a) The floor: every question that a full grading of reference/ asks, answered one after another in this bare
    process with NumPy and PyTorch imported and one thread, and the graders' own arithmetic.
(b) The same grading as a user runs it: `python grade.py reference/`, two rooms side by side.

The ratio of (b) to (a) is the figure to watch; seconds depend on the machine.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from graders.dataset import load_dataset
from graders.driver.answering import Candidate
from graders.exam_room import translate
from graders.foundation.call import Call, Room
from graders.foundation.exam import Exam
from graders.foundation.observation import Answer, Observation
from graders.grading.questions import Identities
from graders.rubric import Rubric, find_rubric, load_rubric
from graders.submission import Submission, open_submission
from graders.wire.frames import Frame

ROOT = Path(__file__).resolve().parents[1]


class BareRooms:
    """Answers questions in this process: the driver's own code, without processes, pipes or limits.

    Args:
        submission: who answers.
        folder: where its files are laid out.
        clock: what its seconds are read from.
    """

    def __init__(self, submission: Submission, folder: Path, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        for name, content in submission.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        sys.path.insert(0, str(folder))
        opening: dict[str, Any] = {
            "modules": dict(submission.modules),
            "notebook": None,
            "forbidden": [],
            "torch": True,
            "stand_ins": {},
        }
        self._submission = submission
        self._candidate = Candidate(opening, folder)
        for function in ("softmax", "build_torch", "plot_curves"):
            self._candidate.load(function)
        self.seconds: dict[str, float] = {room.value: 0.0 for room in Room}

    def ask(self, call: Call) -> Observation:
        """Answer one question and count its time."""
        frame = translate.question(call, number=1, seed=1)
        start = self._clock()
        body, arrays = self._candidate.answer(frame)
        self.seconds[call.room.value] += self._clock() - start
        answer = Frame(kind="answer", body=body, arrays=arrays)
        return translate.observation(answer, number=1, submission=self._submission)


def floor(
    rubric: Rubric, exam: Exam, rooms: BareRooms, clock: Callable[[], float] = time.perf_counter
) -> Mapping[str, float]:
    """Ask and judge the whole rubric in this process; returns seconds by part."""
    identities = Identities()
    known: dict[bytes, Observation] = {}
    arithmetic = 0.0
    for criterion in rubric.criteria:
        answers: dict[str, Answer] = {}
        calls, spent = timed(lambda c=criterion: list(c.grader.ask(exam)), clock)  # type: ignore[misc]
        arithmetic += spent
        while calls:
            for call in calls:
                identity = identities.of(call)
                if identity not in known:
                    known[identity] = rooms.ask(call)
                answers[call.name] = Answer(call=call, observation=known[identity])
            calls, spent = timed(lambda c=criterion, a=answers: list(c.grader.ask_again(exam, a)), clock)  # type: ignore[misc]
            arithmetic += spent
        _, spent = timed(lambda c=criterion, a=answers: c.grader.judge(exam, a), clock)  # type: ignore[misc]
        arithmetic += spent
    return {
        "NumPy questions": rooms.seconds["numpy"],
        "PyTorch questions": rooms.seconds["torch"],
        "graders' arithmetic": arithmetic,
    }


def timed(work: Callable[[], Any], clock: Callable[[], float] = time.perf_counter) -> tuple[Any, float]:
    """Return a call's result and its seconds; wall seconds unless another clock is given."""
    start = clock()
    result = work()
    return result, clock() - start


def command_line(rubric: str, out: Path) -> float:
    """Return the wall seconds of `python grade.py reference/`."""
    command = [sys.executable, "grade.py", "reference", "--rubric", rubric, "--out", str(out), "--quiet"]
    _, seconds = timed(lambda: subprocess.run(command, cwd=ROOT, check=True))
    return seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rubric", default="usaaio_2024_r1_p4")
    parser.add_argument("--runs", type=int, default=3, help="runs of the command line; the fastest counts")
    options = parser.parse_args()
    rubric = load_rubric(find_rubric(options.rubric))
    submission = open_submission(ROOT / "reference")
    exam = Exam(
        seed=rubric.seed, data=load_dataset(rubric.dataset), training=rubric.training, answers=submission.answers
    )
    np.zeros((64, 64)) @ np.zeros((64, 64))  # BLAS is warm, as it is after the room's first question
    with tempfile.TemporaryDirectory() as folder:
        rooms = BareRooms(submission, Path(folder) / "submission")
        parts = floor(rubric, exam, rooms)
        walls = sorted(command_line(options.rubric, Path(folder) / "out") for _ in range(options.runs))
    show(options.rubric, parts, walls)


def show(rubric: str, parts: Mapping[str, float], walls: list[float]) -> None:
    """Print the table."""
    total = sum(parts.values())
    table = Table(title=f"What grading reference/ costs, rubric {rubric}")
    table.add_column("part")
    table.add_column("seconds", justify="right")
    for name, seconds in parts.items():
        table.add_row(f"floor: {name}", f"{seconds:.2f}")
    table.add_row("floor, one after another", f"{total:.2f}", end_section=True)
    table.add_row("grade.py, fastest wall time", f"{walls[0]:.2f}")
    table.add_row("grade.py, slowest wall time", f"{walls[-1]:.2f}", end_section=True)
    table.add_row("ratio wall / floor", f"{walls[0] / total:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
