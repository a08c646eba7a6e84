"""A small class and a rubric that takes seconds, graded by the command line as an instructor does."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from graders.batch.assignment import Assignment, grader_version
from tests.sitting import ROOT, edited_reference

RUBRIC = """\
title: Two criteria
seed: 5
dataset: mnist_10k
total: 10
limits: {question_seconds: 20, submission_seconds: 120}
criteria:
  Building blocks:
    softmax: {points: 6}
    cross_entropy: {points: 4}
"""
SUM_OVER_IMAGES = ("e / e.sum(axis=1, keepdims=True)", "e / e.sum(axis=0, keepdims=True)")
SLOW = "import time\n\ndef softmax(z):\n    time.sleep(3)\n    return z\n"


def small_assignment(text: str = RUBRIC) -> Assignment:
    """Return what a class is graded by, as a worker is told."""
    return Assignment(
        rubric_path="small.yaml", rubric_text=text, dataset="mnist_10k", data_dir="", seed=5, grader=grader_version()
    )


def write_rubric(folder: Path, text: str = RUBRIC, name: str = "small.yaml") -> Path:
    """Write a rubric."""
    path = folder / name
    path.write_text(text)
    return path


def write_work(folder: Path, files: Mapping[str, str] | None = None) -> None:
    """Write a submission: the reference's NumPy half, with other files in place of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    own = files if files is not None else {"mlp_numpy.py": edited_reference()["mlp_numpy.py"]}
    for name, text in own.items():
        (folder / name).write_text(text, encoding="utf-8")


def wrong_softmax() -> dict[str, str]:
    """Return the reference with a softmax that no test would call right."""
    return {"mlp_numpy.py": edited_reference()["mlp_numpy.py"] + "\n\ndef softmax(z):\n    return z / z.sum()\n"}


def numbered(number: int) -> dict[str, str]:
    """Return right work that nobody else has: a comment makes it another submission."""
    return {"mlp_numpy.py": f"# number {number}\n" + edited_reference()["mlp_numpy.py"]}


def command(*arguments: object) -> list[str]:
    """Return the command line."""
    return [sys.executable, str(ROOT / "grade.py"), *map(str, arguments)]


def run(*arguments: object, timeout: float = 240, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run grade.py in a terminal of 80 columns that is a pipe."""
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env={**os.environ, "COLUMNS": "80", **environment},
    )


def final_files(out: Path) -> dict[str, bytes]:
    """Return all that a class's results hold but the ledger and the one line of index.html with measured times."""
    found = {}
    for path in sorted(out.rglob("*")):
        if path.is_file() and not path.name.startswith((".", "results.db")):
            raw = path.read_bytes()
            if path.name == "index.html" and path.parent == out:
                lines = raw.splitlines(keepends=True)
                kept = [line for line in lines if not line.startswith(b'<script type="application/json" id="times">')]
                assert len(kept) == len(lines) - 1
                raw = b"".join(kept)
            found[str(path.relative_to(out))] = raw
    return found


def copy_results(out: Path, to: Path) -> Path:
    """Copy the results of a class."""
    shutil.copytree(out, to)
    return to


def wait_for(path: Path, seconds: float = 90) -> None:
    """Wait until a file is there."""
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} never came"
        time.sleep(0.05)
