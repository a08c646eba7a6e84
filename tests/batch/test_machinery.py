"""What breaks the machinery leaves a submission ungraded, with a reason, and the batch goes on."""

import json
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from graders.batch import work
from graders.exam_room import Rooms
from graders.grading.scorecard import Scorecard
from graders.ledger import Ledger, Status, StudentResult, results_of
from graders.ledger.parcel import compressed, parcel_of
from graders.ledger.stored import scorecard_of
from tests.batch.classroom import SLOW, command, run, small_assignment, write_rubric, write_work
from tests.report import samples
from tests.sitting import submission_of


def workers_that_grade(batch: psutil.Process) -> list[psutil.Process]:
    """Return the batch's workers that have an exam room open."""
    found = []
    for child in batch.children():
        try:
            if any("spawn_main" in part for part in child.cmdline()) and child.children():
                found.append(child)
        except psutil.Error:
            continue
    return found


def kill_a_worker(batch: psutil.Process) -> list[psutil.Process]:
    """Kill the worker that grades, with no word of warning; returns the rooms that it leaves behind."""
    deadline = time.monotonic() + 60
    while not (workers := workers_that_grade(batch)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    rooms = workers[0].children(recursive=True)
    workers[0].kill()
    workers[0].wait(timeout=10)
    return rooms


def results(out: Path) -> dict[str, StudentResult]:
    """Return the class by folder."""
    with Ledger(out) as ledger:
        return {r.hand_in.student: r for r in results_of(ledger)}


@pytest.mark.parametrize("kills", [1, 2])
def test_a_worker_that_dies_costs_a_retry_and_then_one_submission_alone(kills: int, tmp_path: Path) -> None:
    rubric = write_rubric(tmp_path)
    write_work(tmp_path / "work" / "a_slow", {"mlp_numpy.py": SLOW})
    write_work(tmp_path / "work" / "b_right")
    arguments = ("batch", tmp_path / "work", "--out", tmp_path / "out", "--rubric", rubric, "--jobs", 1)
    with subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as batch:
        rooms = kill_a_worker(psutil.Process(batch.pid))
        if kills == 2:  # what was waiting goes first, then the slow one is tried again
            deadline = time.monotonic() + 60
            while results(tmp_path / "out")["b_right"].status is not Status.GRADED:
                assert time.monotonic() < deadline
                time.sleep(0.2)
            rooms += kill_a_worker(psutil.Process(batch.pid))
        told, _ = batch.communicate(timeout=240)
    slow, right = results(tmp_path / "out")["a_slow"], results(tmp_path / "out")["b_right"]
    assert right.total == 10
    assert not [room for room in rooms if room.is_running() and room.status() != psutil.STATUS_ZOMBIE]
    if kills == 1:
        assert (batch.returncode, slow.status) == (0, Status.GRADED), told
    else:
        assert (batch.returncode, slow.status, slow.total) == (3, Status.UNGRADED, None), told
        assert "worker died" in slow.problem
        assert "a person must look" in told
        assert "a_slow" in (tmp_path / "out" / "index.html").read_text()
        again = run(*arguments)  # what the machinery failed at is tried again, what was graded is kept
        assert again.returncode == 0
        assert "1 graded, 1 kept from before" in again.stdout


def test_a_grader_that_crashes_leaves_its_criterion_ungraded_and_no_total(tmp_path: Path) -> None:
    """The program is copied and one grader broken: its crash is nobody's zero."""
    import shutil

    from tests.sitting import ROOT

    program = tmp_path / "program"
    for name in ("graders", "reference", "rubrics"):
        shutil.copytree(ROOT / name, program / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "grade.py", program)
    grader = program / "graders" / "cross_entropy.py"
    text = grader.read_text()
    place = text.index("    def judge(")
    body = text.index('"""', text.index('"""', place) + 3) + 3
    grader.write_text(f"{text[:body]}\n        raise ZeroDivisionError\n{text[body:]}")
    rubric = write_rubric(tmp_path)
    write_work(tmp_path / "work" / "amara")
    arguments = command("batch", tmp_path / "work", "--out", tmp_path / "out", "--rubric", rubric)
    arguments[1] = str(program / "grade.py")
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 3, done.stdout + done.stderr
    amara = results(tmp_path / "out")["amara"]
    assert (amara.status, amara.total) == (Status.UNGRADED, None)
    assert "ZeroDivisionError" in amara.problem
    record = json.loads((tmp_path / "out" / "students" / "amara" / "results.json").read_text())
    assert record["total"]["earned"] is None
    assert amara.criteria[0].earned == 6, "what could be graded is graded"


def test_a_report_that_cannot_be_rendered_costs_no_grade(monkeypatch: pytest.MonkeyPatch) -> None:
    card = samples.full_marks()

    def unrendered(_card: Scorecard) -> str:
        raise MemoryError

    monkeypatch.setattr(work, "sit", lambda *_: card)
    monkeypatch.setattr(work, "warm_rooms", Rooms)
    assignment = small_assignment()
    parcel = compressed(parcel_of(submission_of({"mlp_numpy.py": "import numpy as np\n"})))
    someone = work.Presentation(name="someone")
    rendered = work.grade_parcel(assignment, parcel, someone, False, False)  # noqa: FBT003
    monkeypatch.setattr(work, "render_html", unrendered)
    graded = work.grade_parcel(assignment, parcel, someone, False, False)  # noqa: FBT003
    assert rendered.files is not None
    assert "someone" in rendered.files[0]
    assert (graded.fault, graded.files, graded.scorecard) == ("", None, rendered.scorecard)
    assert graded.scorecard is not None
    assert scorecard_of(graded.scorecard).earned == card.earned
