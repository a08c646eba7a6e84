"""`grade.py check` and `grade.py new` as students meet them."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.sitting import ROOT, edited_reference
from tests.test_grade_command import run

SMALL = """\
title: Three functions
seed: 5
dataset: mnist_10k
total: 10
criteria:
  Building blocks:
    softmax: {points: 4}
    cosine: {points: 3}
    predict: {points: 3, visibility: hidden}
"""
SWAPPED = "    cosine: {points: 3}\n    softmax: {points: 4}"


@pytest.fixture
def rubric(tmp_path: Path) -> Path:
    """Return a rubric with two public criteria and a hidden one."""
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Return a folder with a wrong softmax."""
    folder = tmp_path / "hw1"
    folder.mkdir()
    edits = {"mlp_numpy.py": [("P: Array = e / e.sum(axis=1, keepdims=True)", "P: Array = e / e.sum()")]}
    for name, text in edited_reference(edits).items():
        (folder / name).write_text(text)
    return folder


def check(folder: Path, rubric: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Check with the state of its own."""
    return run("check", folder, "--rubric", rubric, *arguments, XDG_STATE_HOME=str(rubric.parent / "state"))


def test_what_is_next_is_told_in_80_columns_without_colour(work: Path, rubric: Path) -> None:
    done = check(work, rubric)
    assert done.returncode == 0, done.stderr
    assert "1 of 2: softmax  Softmax" in done.stdout
    assert "Row " in done.stdout
    assert done.stdout.rstrip().endswith("1 of 2 done. Next: 1 of 2, softmax.")
    assert max(len(line) for line in done.stdout.splitlines() if str(work) not in line) <= 80
    assert "\x1b" not in done.stdout
    assert "predict" not in done.stdout


def test_a_pipe_holds_what_is_next_first_and_then_the_rest_as_a_terminal_does(work: Path, rubric: Path) -> None:
    rubric.write_text(SMALL.replace("    softmax: {points: 4}\n    cosine: {points: 3}", SWAPPED))
    done = check(work, rubric)
    lines = [line for line in done.stdout.splitlines() if line]
    assert lines[1].startswith("2 of 2: softmax"), done.stdout
    assert [line for line in lines if "cosine" in line] == [next(line for line in lines if "Done: cosine" in line)]
    assert "1 of 2 cosine: done" in done.stderr


def test_json_goes_to_standard_output_alone(work: Path, rubric: Path) -> None:
    done = check(work, rubric, "--json")
    record = json.loads(done.stdout)
    assert record["next"] == "softmax"
    assert [c["name"] for c in record["criteria"]] == ["softmax", "cosine"]
    assert "prediction" not in record


def test_what_the_code_prints_is_shown_as_plain_text(work: Path, rubric: Path) -> None:
    text = (work / "mlp_numpy.py").read_text()
    talking = text.replace("    P: Array", "    print('\\x1b[31mshape', z.shape, '[bold]')\n    P: Array", 1)
    (work / "mlp_numpy.py").write_text(talking)
    done = check(work, rubric)
    assert "our code printed:\n  shape (" in done.stdout
    assert "[bold]" in done.stdout
    assert "\x1b" not in done.stdout


def test_hints_come_in_steps(work: Path, rubric: Path) -> None:
    told = [check(work, rubric, "--hint").stdout for _ in range(2)]
    assert "Hint 1 of" in told[0]
    assert "Hint 2 of" in told[1]
    assert {path.name for path in work.iterdir()} == {"mlp_numpy.py", "mlp_torch.py", "study.py"}
    asked = json.loads(check(work, rubric, "--hint", "--json").stdout)
    assert asked["hint"]["number"] == 3


def test_where_all_is_done_there_is_nothing_to_hint_at(rubric: Path) -> None:
    done = check(ROOT / "reference", rubric, "--hint")
    assert done.returncode == 0
    assert "Nothing is left to do" in done.stdout


def test_full_says_what_the_grading_would_give_and_what_is_left(work: Path, rubric: Path) -> None:
    done = check(work, rubric, "--full")
    assert "of 7 points by the public criteria" in done.stdout
    assert "3 points by hidden tests (Building blocks: 3)" in done.stdout
    told = json.loads(check(ROOT / "reference", rubric, "--full", "--json").stdout)["prediction"]
    assert told == {"points": 10, "earned": 7, "public_points": 7, "hidden_points": 3, "reviewer_points": 0}


def test_the_folder_one_is_in_is_checked_and_in_plumblines_own_the_template(work: Path, rubric: Path) -> None:
    for folder, name in ((work, "hw1"), (ROOT, "student_template")):
        done = subprocess.run(
            [sys.executable, str(ROOT / "grade.py"), "check", "--rubric", str(rubric), "--json"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert json.loads(done.stdout)["submission"] == name


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["nowhere"], 1, "no such file"),
        ([".", "--only", "softmx"], 2, "Did you mean 'softmax'"),
        ([".", "--only", "predict"], 2, "no criterion 'predict'"),
        ([".", "--hint", "--watch"], 2, "--hint goes neither"),
        ([".", "--hint", "--full"], 2, "--hint goes neither"),
        ([".", "--rubric", "selfchek"], 2, "Did you mean 'selfcheck'"),
        ([".", "--wach"], 2, "unrecognized arguments"),
    ],
)
def test_wrong_usage_is_told_with_a_remedy(
    arguments: list[str], status: int, words: str, work: Path, rubric: Path
) -> None:
    arguments = [str(work) if a == "." else a for a in arguments]
    done = run("check", *arguments, *([] if "--rubric" in arguments else ["--rubric", rubric]))
    assert done.returncode == status, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_new_makes_a_folder_that_check_understands_and_refuses_to_write_over_it(tmp_path: Path, rubric: Path) -> None:
    for arguments, names in (([], "mlp_numpy.py"), (["--notebook"], "solution.ipynb")):
        folder = tmp_path / f"new{len(arguments)}"
        made = run("new", folder, *arguments)
        assert made.returncode == 0, made.stderr
        assert names in made.stdout
        assert "check" in made.stdout
        assert json.loads(check(folder, rubric, "--json").stdout)["next"] == "softmax"
        again = run("new", folder, *arguments)
        assert again.returncode == 2
        assert "not empty" in again.stderr
    shutil.rmtree(folder)


@pytest.mark.parametrize("command", ["check", "new"])
def test_help_teaches(command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0
    assert "examples:" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


class Watching:
    """A `check --watch` that runs, and what it says line by line."""

    def __init__(self, folder: Path, rubric: Path) -> None:
        self.log = rubric.parent / "watch.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "grade.py"), "check", str(folder), "--rubric", str(rubric), "--watch"],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "COLUMNS": "80"},
            )

    def wait_for(self, words: str, times: int = 1) -> str:
        """Return what was said once these words have come."""
        end = time.monotonic() + 120
        while self.log.read_text().count(words) < times:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.1)
        return self.log.read_text()


@pytest.fixture
def watching(work: Path, rubric: Path) -> "Watching":
    """Watch the folder with the wrong softmax."""
    return Watching(work, rubric)


def test_watch_checks_again_on_save_and_ends_cleanly(watching: Watching, work: Path) -> None:
    try:
        watching.wait_for("Ctrl-C ends.")
        right = (work / "mlp_numpy.py").read_text().replace("e / e.sum()", "e / e.sum(1)[:, None]")
        (work / "mlp_numpy.py").write_text(right)
        told = watching.wait_for("Ctrl-C ends.", 2)
        assert "2 of 2 done" in told
        assert told.count("cosine: done") == 1, "what the save cannot affect was asked again"
        (work / "mlp_numpy.py").write_text(f"# a remark\n{right}")
        watching.wait_for("nothing that is checked can have changed")
        (work / "mlp_numpy.py").write_text("def softmax(z:\n")
        watching.wait_for("does not compile")
        (work / "mlp_numpy.py").write_text(right)
        watching.wait_for("2 of 2 done", 2)
        watching.process.send_signal(signal.SIGINT)
        assert watching.process.wait(timeout=60) == 0
        assert watching.log.read_text().rstrip().endswith("Stopped watching.")
        assert "Traceback" not in watching.log.read_text()
    finally:
        watching.process.kill()
        watching.process.wait()


def test_a_save_overtakes_a_check_that_goes_on_and_ctrl_c_leaves_no_room_behind(rubric: Path, work: Path) -> None:
    text = (work / "mlp_numpy.py").read_text()
    (work / "mlp_numpy.py").write_text(text.replace("def softmax(", "import time\ntime.sleep(25)\n\n\ndef softmax("))
    watching = Watching(work, rubric)
    try:
        watching.wait_for("Three functions")
        time.sleep(2)
        (work / "mlp_numpy.py").write_text(text)
        watching.wait_for("Row ")
        (work / "mlp_numpy.py").write_text(
            text.replace("def softmax(", "import time\ntime.sleep(25)\n\n\ndef softmax(")
        )
        watching.wait_for("Three functions", 3)
        time.sleep(2)
        rooms = psutil.Process(watching.process.pid).children(recursive=True)
        watching.process.send_signal(signal.SIGINT)
        assert watching.process.wait(timeout=60) == 0
        assert not [room for room in rooms if room.is_running() and room.status() != psutil.STATUS_ZOMBIE]
    finally:
        watching.process.kill()
        watching.process.wait()
