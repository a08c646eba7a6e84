"""kill -9 at any moment, start again: nothing graded is lost, nothing is graded twice, the files are the same bytes."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from graders.ledger import Ledger
from tests.batch.classroom import command, final_files, numbered, run, write_rubric, write_work, wrong_softmax

MOMENTS = 10 if os.environ.get("PLUMBLINE_BANK") == "whole" else 2
STUDENTS = 6


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a class with its rubric, graded once without interruption into out/."""
    home = tmp_path_factory.mktemp("class")
    write_rubric(home)
    for number in range(STUDENTS):
        write_work(home / "work" / f"student{number}", numbered(number))
    write_work(home / "work" / "twin_a", wrong_softmax())
    write_work(home / "work" / "twin_b", wrong_softmax())
    (home / "work" / "broken.ipynb").write_text("{")
    done = run(*batch(home, home / "out"))
    assert done.returncode == 0, done.stderr
    return home


def batch(home: Path, out: Path) -> tuple[object, ...]:
    """Return the command's arguments."""
    return ("batch", home / "work", "--out", out, "--rubric", home / "small.yaml", "--jobs", 2)


def graded(out: Path) -> dict[str, tuple[bytes, float]]:
    """Return what the ledger holds: key -> scorecard and the time that was measured when it was made."""
    if not (out / "results.db").is_file():
        return {}
    with Ledger(out) as ledger:
        return {r["key"]: (r["scorecard"], r["seconds"]) for r in ledger.rows("SELECT * FROM sitting WHERE fault = ''")}


def test_a_batch_killed_at_random_moments_ends_with_the_same_bytes(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    chance = random.Random(20260301)
    kept: dict[str, tuple[bytes, float]] = {}
    for _ in range(MOMENTS):
        with subprocess.Popen(
            command(*batch(home, out)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        ) as process:
            time.sleep(chance.uniform(0.3, 9.0))
            family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=30)
        _, alive = psutil.wait_procs(family, timeout=30)
        assert alive == [], "workers and rooms end with the batch that was killed"
        now = graded(out)
        assert kept.items() <= now.items(), "what was graded is kept and is not graded again"
        kept = now
    done = run(*batch(home, out))
    assert done.returncode == 0, done.stderr
    assert kept.items() <= graded(out).items()
    assert len(graded(out)) == STUDENTS + 1
    assert final_files(out) == final_files(home / "out")
    with Ledger(out) as ledger:
        assert ledger.rows("PRAGMA integrity_check")[0][0] == "ok"
