"""The command line as people meet it: exit statuses, messages with a remedy, never a traceback."""

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.sitting import ROOT, edited_reference

SMALL = """\
title: Two criteria
seed: 5
dataset: mnist_10k
total: 10
criteria:
  Building blocks:
    softmax: {points: 6}
    cosine: {points: 4}
"""


@pytest.fixture
def rubric(tmp_path: Path) -> Path:
    """Return a rubric that takes a second."""
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


def run(*arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run grade.py as a user does, in a terminal of 80 columns that is a pipe."""
    return subprocess.run(
        [sys.executable, str(ROOT / "grade.py"), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "COLUMNS": "80", **environment},
    )


def results(folder: Path) -> Any:
    """Return a results.json without its times."""
    record = json.loads((folder / "results.json").read_text())
    del record["times"]
    return record


def test_the_reference_gets_full_marks_and_a_report(rubric: Path, tmp_path: Path) -> None:
    done = run(ROOT / "reference", "--rubric", rubric, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "10" in done.stdout
    assert "report.html" in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 80 + len(str(tmp_path))
    record = results(tmp_path / "out")
    assert record["total"]["earned"] == 10
    assert (tmp_path / "out" / "report.html").stat().st_size > 5000


def test_the_same_submission_rubric_and_seed_give_the_same_results(rubric: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert run(ROOT / "reference", "--rubric", rubric, "--out", tmp_path / name).returncode == 0
    assert results(tmp_path / "a") == results(tmp_path / "b")
    run(ROOT / "reference", "--rubric", rubric, "--out", tmp_path / "c", "--seed", 6)
    assert results(tmp_path / "c")["seed"] == 6


def test_json_goes_to_standard_output_alone(rubric: Path, tmp_path: Path) -> None:
    done = run(ROOT / "reference", "--rubric", rubric, "--out", tmp_path / "out", "--json")
    assert json.loads(done.stdout)["total"]["earned"] == 10


def test_quiet_says_nothing(rubric: Path, tmp_path: Path) -> None:
    done = run(ROOT / "reference", "--rubric", rubric, "--out", tmp_path / "out", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_one_criterion_can_be_judged_alone(rubric: Path, tmp_path: Path) -> None:
    done = run(ROOT / "reference", "--rubric", rubric, "--out", tmp_path / "out", "--only", "cosine")
    assert done.returncode == 0
    assert [c["name"] for c in results(tmp_path / "out")["criteria"]] == ["cosine"]


def test_no_colour_reaches_a_pipe(rubric: Path, tmp_path: Path) -> None:
    for environment in ({}, {"NO_COLOR": "1"}):
        done = run(ROOT / "reference", "--rubric", rubric, "--out", tmp_path / "out", **environment)
        assert "\x1b" not in done.stdout + done.stderr


def test_a_zip_and_a_notebook_get_the_same_marks_as_the_folder(rubric: Path, tmp_path: Path) -> None:
    files = edited_reference()
    with zipfile.ZipFile(tmp_path / "work.zip", "w") as archive:
        for name, text in files.items():
            archive.writestr(f"work/{name}", text)
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("%matplotlib inline\nimport torch, time\n!pip install numpy"),
            nbformat.v4.new_code_cell(files["mlp_numpy.py"]),
            nbformat.v4.new_code_cell("time.sleep(600)\nparams, history = train(None, None, None, None)"),
        ]
    )
    nbformat.write(notebook, tmp_path / "solution.ipynb")
    for name in ("work.zip", "solution.ipynb"):
        done = run(tmp_path / name, "--rubric", rubric, "--out", tmp_path / "out")
        assert done.returncode == 0, done.stderr
        assert results(tmp_path / "out")["total"]["earned"] == 10, done.stdout


def test_a_place_in_a_notebook_is_told_by_cell_and_line(rubric: Path, tmp_path: Path) -> None:
    cells = ["import numpy as np", "x = 1\n\ndef softmax(z):\n    return z / np.zeros(3).tolist()['a']"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    nbformat.write(notebook, tmp_path / "solution.ipynb")
    run(tmp_path / "solution.ipynb", "--rubric", rubric, "--out", tmp_path / "out")
    checks = results(tmp_path / "out")["criteria"][0]["checks"]
    assert checks[0]["where"] == "solution.ipynb, cell 2, line 4"


def test_a_syntax_error_is_a_graded_zero_with_its_line(rubric: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "mlp_numpy.py").write_text("import numpy as np\n\ndef softmax(z:\n    return z\n")
    done = run(work, "--rubric", rubric, "--out", tmp_path / "out")
    assert done.returncode == 0
    record = results(tmp_path / "out")
    assert record["total"]["earned"] == 0
    assert "mlp_numpy.py, line 3" in json.dumps(record["criteria"][0], ensure_ascii=False)


def broken(folder: Path, what: str) -> Path:
    """Make an input that cannot be opened."""
    path = folder / "work"
    match what:
        case "empty folder":
            path.mkdir()
        case "nothing of the contract":
            path.mkdir()
            (path / "mlp_nunpy.py").write_text("x = 1")
        case "broken notebook":
            path = folder / "solution.ipynb"
            path.write_text('{"cells": [')
        case "no zip":
            path = folder / "work.zip"
            path.write_bytes(b"PK\x03\x04nonsense")
        case "climbing zip":
            path = folder / "work.zip"
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("../../mlp_numpy.py", "x = 1")
        case "huge notebook":
            path = folder / "solution.ipynb"
            with path.open("wb") as file:
                file.truncate(2 * 2**30)
    return path


@pytest.mark.parametrize(
    "what",
    [
        "no such path",
        "empty folder",
        "nothing of the contract",
        "broken notebook",
        "no zip",
        "climbing zip",
        "huge notebook",
    ],
)
def test_what_cannot_be_opened_is_told_with_a_remedy(what: str, rubric: Path, tmp_path: Path) -> None:
    done = run(broken(tmp_path, what), "--rubric", rubric, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) >= 2
    assert "Traceback" not in done.stderr + done.stdout
    assert not (tmp_path / "out" / "report.html").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--rubric", "selfchek"], "Did you mean 'selfcheck'"),
        (["--only", "softmx"], "Did you mean 'softmax'"),
        (["--dataset", "mnist_10"], "mnist_10k"),
        (["--data-dir", "/nonexistent"], "/nonexistent"),
        (["--out", "/proc/nowhere"], "--out"),
        (["--seed", "many"], "invalid seed_number"),
        (["--seed", "-1"], "a seed is a whole number"),
        (["--sed", "3"], "unrecognized arguments"),
    ],
)
def test_wrong_usage_is_told_with_a_remedy(arguments: list[str], words: str, rubric: Path, tmp_path: Path) -> None:
    defaults = {"--rubric": str(rubric), "--out": str(tmp_path / "out")}
    for name, value in defaults.items():
        arguments = arguments if name in arguments else [*arguments, name, value]
    done = run(ROOT / "reference", *arguments)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_a_grading_and_its_rooms(how: signal.Signals, rubric: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "mlp_numpy.py").write_text("def softmax(z):\n    while True: pass\n")
    command = [
        sys.executable,
        str(ROOT / "grade.py"),
        str(work),
        "--rubric",
        str(rubric),
        "--out",
        str(tmp_path / "out"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as grading:
        time.sleep(6)
        grading.send_signal(how)
        _, told = grading.communicate(timeout=60)
    assert grading.returncode == 130
    assert "interrupted" in told
    assert "Traceback" not in told


def test_help_teaches() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert "exit status" in done.stdout
    assert "examples" in done.stdout
    assert run().returncode == 0


def test_the_schemas_are_printed() -> None:
    for what in ("rubric", "results"):
        assert json.loads(run("schema", what).stdout)["$schema"]
