"""A person gives the points that only a person can give: in the terminal, or in a spreadsheet."""

import csv
import io
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from graders.ledger import Ledger
from tests.batch.classroom import command, run, write_rubric, write_work
from tests.sitting import ROOT, edited_reference

WITH_ANSWERS = """\
title: With answers
seed: 5
dataset: mnist_10k
total: 10
training: {images: 300, H: 8, epochs: 2, batch: 50}
criteria:
  Building blocks:
    softmax: {points: 6}
  Study:
    answers: {points: 4}
"""
EVE = "=cmd|' /C calc'!A0"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a graded class of three with written answers."""
    home = tmp_path_factory.mktemp("class")
    rubric = write_rubric(home, WITH_ANSWERS)
    answers = (ROOT / "reference" / "answers.md").read_text()
    for number, name in enumerate(("amara", "ben", EVE.replace("/", "\u2215"))):
        own = f"{answers}\n\n## Schedules\n[bold]{name}[/bold] \x1b[31m says: number {number}\n"
        write_work(home / "work" / name, {"mlp_numpy.py": edited_reference()["mlp_numpy.py"], "answers.md": own})
    done = run("batch", home / "work", "--out", home / "results", "--rubric", rubric, "--observations", "drop")
    assert done.returncode == 0, done.stderr
    return home


@pytest.fixture
def out(home: Path, tmp_path: Path) -> Path:
    """Return results that may be changed."""
    return Path(shutil.copytree(home / "results", tmp_path / "results"))


def typed(out: Path, text: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Review with these keys."""
    return subprocess.run(
        command("review", out, "--reviewer", "Kim", *arguments),
        input=text,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "COLUMNS": "100"},
    )


def total(out: Path, student: str) -> tuple[float, float]:
    """Return a student's points, earned and open."""
    record = json.loads((out / "students" / student / "results.json").read_text())
    return record["total"]["earned"], record["total"]["open_points"]


def test_a_walk_shows_answers_beside_evidence_and_keeps_what_is_given(out: Path) -> None:
    eve = next(p.name for p in (out / "students").iterdir() if "cmd" in p.name)
    done = typed(out, "s\nc\nclear, but short\n2.5\nf\n9\nx\nn\n")
    # Order: Eve first ('=' sorts before letters), skipped; amara 2.5; ben all; Eve comes back last.
    assert done.returncode == 0, done.stderr
    assert "1 of 3" in done.stdout
    assert "Answer" in done.stdout
    assert "Evidence" in done.stdout
    assert "training loss" in done.stdout, "the submission's own run is shown beside the words"
    assert "[bold]amara[/bold]" in done.stdout, "words are words, never markup"
    assert "\x1b[31m" not in done.stdout
    assert total(out, "amara") == (8.5, 0)
    assert total(out, "ben") == (10, 0)
    assert total(out, eve) == (6, 4)
    assert "2 given by Kim; 1 still open" in done.stdout
    again = typed(out, "9\nx\nn\n")
    assert "1 of 1" in again.stdout, "it resumes where it stopped"
    assert "is none of" in again.stdout
    assert total(out, eve) == (6, 0)
    assert "Kim" in (out / "students" / "amara" / "report.html").read_text()
    assert "clear, but short" in (out / "students" / "amara" / "report.html").read_text()
    assert "0 still open" in typed(out, "").stdout


def test_stopping_keeps_what_was_given(out: Path) -> None:
    typed(out, "1\nq\n")
    with Ledger(out) as ledger:
        (award,) = ledger.awards().values()
    assert (award.points, award.who) == (1, "Kim")
    assert award.at.endswith("+00:00")


def test_what_is_decided_can_be_overridden(out: Path) -> None:
    done = typed(out, "q\n", "--all")
    assert "1 of 6" in done.stdout
    with Ledger(out) as ledger:
        assert ledger.awards() == {}


def test_a_spreadsheet_goes_out_and_comes_back(out: Path, tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    assert run("review", out, "--export", path).returncode == 0
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    assert len(rows) == 3
    assert all(not row["name"].startswith("=") for row in rows)
    assert "number 1" in rows[-1]["answer"]
    for row, given in zip(rows, ("", "3,5", "4"), strict=True):
        row.update(given=given, comment="=not a formula" if given else "")
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]), delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(buffer.getvalue(), encoding="utf-8")
    done = run("review", out, "--import", path, "--reviewer", "Kim")
    assert done.returncode == 0, done.stderr
    assert "2 given by Kim; 1 still open" in done.stdout
    assert total(out, "amara") == (9.5, 0)
    again = run("review", out, "--import", path, "--reviewer", "Kim")
    assert "0 given" in again.stdout, "the same sheet twice gives nothing twice"


@pytest.mark.parametrize("given", ["5", "-1", "many", "nan"])
def test_a_wrong_cell_is_told_and_nothing_is_kept(given: str, out: Path, tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    run("review", out, "--export", path)
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    rows[1][5], rows[2][5] = "4", given
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    path.write_text(buffer.getvalue(), encoding="utf-8")
    done = run("review", out, "--import", path)
    assert done.returncode == 2
    assert "row 3" in done.stderr
    with Ledger(out) as ledger:
        assert ledger.awards() == {}


def test_the_gradebook_and_the_exports_follow(out: Path) -> None:
    typed(out, "f\nf\nf\n", "--export-to", "classroom50")
    assert json.loads((out / "exports" / "classroom50" / "amara" / "results.json").read_text())["score"] == 1000
    assert run("export", out, "gradescope").returncode == 0
    told = json.loads((out / "exports" / "gradescope" / "amara" / "results.json").read_text())
    assert sum(test["score"] for test in told["tests"]) == 10
