"""The archive for Gradescope, laid out and run as Gradescope does, under a root of its own."""

import json
import math
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.batch.classroom import RUBRIC, run, write_rubric, write_work, wrong_softmax


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return /autograder with the unpacked archive in source/."""
    root = tmp_path_factory.mktemp("autograder")
    archive = root / "autograder.zip"
    done = run("package", "gradescope", "--out", archive, "--rubric", write_rubric(root))
    assert done.returncode == 0, done.stderr
    for folder in ("source", "submission", "results"):
        (root / folder).mkdir()
    with zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            path = Path(opened.extract(info, root / "source"))
            path.chmod((info.external_attr >> 16) & 0o777)
    return root


def autograde(root: Path) -> "subprocess.CompletedProcess[str]":
    """Run what Gradescope runs, in an environment that has little in it."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(root),
        "AUTOGRADER_ROOT": str(root),
        "PLUMBLINE_PYTHON": sys.executable,
    }
    command = [str(root / "source" / "run_autograder")]
    return subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, timeout=240, check=False)


def hand_in(root: Path, files: dict[str, str] | None) -> None:
    """Put a submission where Gradescope puts it."""
    for old in (root / "submission").iterdir():
        old.unlink()
    write_work(root / "submission", files)


def results(root: Path) -> Any:
    """Return what Gradescope reads."""
    return json.loads((root / "results" / "results.json").read_text())


def test_the_archive_has_what_gradescope_looks_for_and_no_test_of_ours(root: Path) -> None:
    source = root / "source"
    for name in ("setup.sh", "run_autograder"):
        assert os.access(source / name, os.X_OK)
        assert subprocess.run(["bash", "-n", str(source / name)], check=False).returncode == 0
    assert not list(source.rglob("test_*.py"))
    assert not list(source.rglob("*.pyc"))
    assert (root / "autograder.zip").stat().st_size < 100 * 2**20


def test_the_same_program_and_rubric_make_the_same_archive(root: Path) -> None:
    assert run("package", "gradescope", "--out", root / "b.zip", "--rubric", root / "small.yaml").returncode == 0
    assert (root / "b.zip").read_bytes() == (root / "autograder.zip").read_bytes()


@pytest.mark.parametrize("right", [True, False])
def test_a_submission_is_graded_in_place(root: Path, *, right: bool) -> None:
    hand_in(root, None if right else wrong_softmax())
    done = autograde(root)
    assert done.returncode == 0, done.stdout + done.stderr
    told = results(root)
    assert "score" not in told
    assert math.fsum(test["max_score"] for test in told["tests"]) == 10
    score = math.fsum(test["score"] for test in told["tests"])
    assert (score == 10) == right
    assert {test["status"] for test in told["tests"]} <= {"passed", "failed"}


def test_a_submission_that_cannot_be_opened_is_told_to_the_student(root: Path) -> None:
    hand_in(root, {"mlp_nunpy.py": "x = 1\n"})
    assert autograde(root).returncode == 0
    told = results(root)
    assert "cannot be opened" in told["output"]
    assert math.fsum(test["max_score"] for test in told["tests"]) == 10
    assert {test["status"] for test in told["tests"]} == {"failed"}


def test_a_fault_of_ours_leaves_no_results_so_that_nobody_gets_a_zero(root: Path) -> None:
    hand_in(root, None)
    (root / "results" / "results.json").write_text('{"tests": []}')  # of an earlier run
    rubric = root / "source" / "plumbline" / "rubrics" / "gradescope_rubric.yaml"
    rubric.write_text("title: [")
    try:
        done = autograde(root)
    finally:
        rubric.write_text(RUBRIC)
    assert done.returncode != 0
    assert not (root / "results" / "results.json").exists()


def test_setup_leaves_an_environment_alone_that_is_there_already(root: Path) -> None:
    python = root / "source" / "plumbline" / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    done = subprocess.run(
        [str(root / "source" / "setup.sh")],
        env={**os.environ, "AUTOGRADER_ROOT": str(root)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
