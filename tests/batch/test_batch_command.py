"""`grade.py batch` as an instructor meets it."""

import csv
import json
import os
import pty
import shutil
import signal
import sqlite3
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest

from graders.ledger import Ledger
from tests.batch.classroom import (
    command,
    final_files,
    numbered,
    run,
    wait_for,
    write_rubric,
    write_work,
    wrong_softmax,
)

ROSTER = """\
name,sid,email,section
Amara Okafor,1,amara@example.edu,A
"Müller, Jürgen",2,jj@example.edu,A
Chi Nguyen,3,chi@example.edu,"B, late"
=HYPERLINK(1),4,eve@example.edu,B
"""


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which a class has been graded: submissions/, roster.csv, small.yaml, results/."""
    home = tmp_path_factory.mktemp("class")
    write_rubric(home)
    (home / "roster.csv").write_text(ROSTER, encoding="utf-8")
    work = home / "submissions"
    write_work(work / "amara@example.edu")
    write_work(work / "2", wrong_softmax())
    (work / "eve.ipynb").write_text("{")
    write_work(work / "mallory")  # the same work as Amara's, and not on the roster
    done = run(
        "batch", work, "--out", home / "results", "--rubric", home / "small.yaml", "--roster", home / "roster.csv"
    )
    (home / "told.txt").write_text(done.stdout + done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
    return home


def gradebook(out: Path) -> Mapping[str, Mapping[str, str]]:
    """Return the gradebook's lines by name."""
    with (out / "gradebook.csv").open(encoding="utf-8", newline="") as file:
        return {row["Name"]: row for row in csv.DictReader(file)}


def test_everyone_is_in_the_gradebook_and_what_was_found_is_told(graded: Path) -> None:
    lines = gradebook(graded / "results")
    assert lines["Amara Okafor"]["Total"] == "10"
    assert float(lines["Müller, Jürgen"]["Total"]) < 5
    assert (lines["Chi Nguyen"]["Status"], lines["Chi Nguyen"]["Total"]) == ("nothing handed in", "")
    assert (lines["'=HYPERLINK(1)"]["Status"], lines["'=HYPERLINK(1)"]["Total"]) == ("cannot be opened", "")
    assert lines["mallory"]["Total"] == "10"
    told = (graded / "told.txt").read_text()
    for words in ("4 hand-ins", "Not on the roster: mallory", "Nothing handed in (1): Chi Nguyen", "cannot be opened"):
        assert words in told
    assert "\x1b" not in told


def test_every_student_has_a_report_and_a_record(graded: Path) -> None:
    students = graded / "results" / "students"
    assert sorted(p.name for p in students.iterdir()) == ["Amara-Okafor-1", "Müller-Jürgen-2", "mallory"]
    record = json.loads((students / "Amara-Okafor-1" / "results.json").read_text())
    assert (record["submission"], record["total"]["earned"]) == ("Amara Okafor", 10)
    assert "Müller, Jürgen" in (students / "Müller-Jürgen-2" / "report.html").read_text(encoding="utf-8")


def test_equal_work_is_graded_once(graded: Path) -> None:
    with Ledger(graded / "results") as ledger:
        assert len(ledger.rows("SELECT key FROM sitting")) == 2


def test_a_second_run_grades_nothing_and_changes_no_byte(graded: Path) -> None:
    before = {p: p.read_bytes() for p in (graded / "results").rglob("*.[hjc]*") if p.is_file()}
    done = run(
        *("batch", graded / "submissions", "--out", graded / "results"),
        *("--rubric", graded / "small.yaml", "--roster", graded / "roster.csv"),
    )
    assert "0 graded, 3 kept from before" in done.stdout
    assert {p: p.read_bytes() for p in before} == before


def test_files_that_went_missing_are_written_again_as_they_were(graded: Path) -> None:
    before = final_files(graded / "results")
    (graded / "results" / "students" / "mallory" / "report.html").unlink()
    (graded / "results" / "index.html").unlink()
    run(
        *("batch", graded / "submissions", "--out", graded / "results"),
        *("--rubric", graded / "small.yaml", "--roster", graded / "roster.csv"),
    )
    assert final_files(graded / "results") == before


def test_any_number_of_jobs_and_any_layout_give_the_same_bytes(graded: Path, tmp_path: Path) -> None:
    work = tmp_path / "as_zips"
    work.mkdir()
    for child in (graded / "submissions").iterdir():
        if child.is_dir():
            with zipfile.ZipFile(work / f"{child.name}.zip", "w") as archive:
                for file in child.iterdir():
                    archive.write(file, file.name)
        else:
            shutil.copy(child, work)
    done = run(
        *("batch", work, "--out", tmp_path / "out", "--jobs", 1),
        *("--rubric", graded / "small.yaml", "--roster", graded / "roster.csv"),
    )
    assert done.returncode == 0, done.stderr
    assert final_files(tmp_path / "out") == final_files(graded / "results")


def test_a_student_who_left_the_class_leaves_no_file_behind(graded: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(graded, home)
    shutil.rmtree(home / "submissions" / "mallory")
    (home / "results" / "students" / "mallory" / "notes.txt").write_text("the instructor's own")
    run(
        *("batch", home / "submissions", "--out", home / "results"),
        *("--rubric", home / "small.yaml", "--roster", home / "roster.csv"),
    )
    assert [p.name for p in (home / "results" / "students" / "mallory").iterdir()] == ["notes.txt"]
    assert "mallory" not in gradebook(home / "results")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--rubric", "selfchek"], "Did you mean 'selfcheck'"),
        (["--roster", "/nonexistent.csv"], "/nonexistent.csv"),
        (["--out", "/proc/nowhere"], "cannot write to /proc/nowhere"),
        (["--jobs", "0"], "a number from 1 to 1024"),
        (["--dataset", "mnist_10"], "mnist_10k"),
        (["--export", "canvas"], "--canvas-csv"),
        (["--export", "blackboard"], "invalid choice"),
    ],
)
def test_wrong_usage_is_told_with_a_remedy(arguments: list[str], words: str, graded: Path, tmp_path: Path) -> None:
    defaults = {"--rubric": str(graded / "small.yaml"), "--out": str(tmp_path / "out")}
    for name, value in defaults.items():
        arguments = arguments if name in arguments else [*arguments, name, value]
    done = run("batch", graded / "submissions", *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_one_submission_is_not_taken_for_a_class(graded: Path, tmp_path: Path) -> None:
    done = run("batch", graded / "submissions" / "mallory", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "like one submission" in done.stderr


def test_two_batches_do_not_write_into_one_folder(graded: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    write_work(work / "slow", {"mlp_numpy.py": "import time\ntime.sleep(12)\n"})
    arguments = ("batch", work, "--out", tmp_path / "out", "--rubric", graded / "small.yaml")
    with subprocess.Popen(command(*arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as first:
        wait_for(tmp_path / "out" / "results.db")
        done = run(*arguments)
        first.send_signal(signal.SIGINT)
        first.wait(timeout=60)
    assert done.returncode == 2
    assert "another grade.py is writing" in done.stderr


def test_a_ledger_that_another_program_holds_is_told_and_nothing_is_lost(graded: Path, tmp_path: Path) -> None:
    out = tmp_path / "results"
    shutil.copytree(graded / "results", out)
    other = sqlite3.connect(out / "results.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    done = run("batch", graded / "submissions", "--out", out, "--rubric", graded / "small.yaml")
    other.close()
    assert done.returncode == 2
    assert "locked" in done.stderr
    assert "Another program is writing to it" in done.stderr
    with Ledger(out) as ledger:
        assert len(ledger.rows("SELECT key FROM sitting")) == 2


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_stops_cleanly_and_the_next_run_goes_on(
    how: signal.Signals, graded: Path, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    write_work(work / "a_quick")
    write_work(work / "b_endless", {"mlp_numpy.py": "def softmax(z):\n    while True: pass\n"})
    arguments = ("batch", work, "--out", tmp_path / "out", "--rubric", graded / "small.yaml", "--jobs", 2)
    with subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as batch:
        wait_for(tmp_path / "out" / "students" / "a_quick" / "results.json")
        family = psutil.Process(batch.pid).children(recursive=True)
        assert len(family) > 1
        batch.send_signal(how)
        out, told = batch.communicate(timeout=60)
    assert batch.returncode == 130, out + told
    assert "run the same command again" in told
    assert "Traceback" not in told
    _, alive = psutil.wait_procs(family, timeout=20)
    assert alive == [], "no worker and no exam room outlives the batch"
    shutil.rmtree(work / "b_endless")
    assert "0 graded, 1 kept from before" in run(*arguments).stdout


def test_a_terminal_shows_a_live_view(graded: Path, tmp_path: Path) -> None:
    write_work(tmp_path / "work" / "number_one", numbered(1))
    ours, theirs = pty.openpty()
    arguments = ("batch", tmp_path / "work", "--out", tmp_path / "out", "--rubric", graded / "small.yaml")
    with subprocess.Popen(
        command(*arguments), stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    ) as batch:
        os.close(theirs)
        shown = b""
        while True:
            try:
                chunk = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if not chunk:
                break
            shown += chunk
        batch.wait(timeout=60)
    os.close(ours)
    assert batch.returncode == 0
    assert b"0 of 1 done" in shown
    assert b"number_one" in shown
    assert b"\x1b[" in shown


def test_help_teaches() -> None:
    done = run("batch", "--help")
    for words in ("examples:", "exit status", "Whatever happens, run the same command again", "--roster"):
        assert words in done.stdout
