"""Another rubric gives what grading everything anew by it would give, from what is recorded."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest

from graders.batch import work
from graders.batch.publish import Publisher
from graders.batch.publish_class import point_to, publish_class
from graders.batch.regrade import Regrade, changes
from graders.batch.regrade_class import assignment_of
from graders.exam_room import Rooms
from graders.foundation.call import Room
from graders.foundation.limits import Limits
from graders.ledger import Ledger
from tests.batch.classroom import RUBRIC, final_files, run, write_rubric, write_work, wrong_softmax
from tests.batch.workers_here import QuietView, WorkersHere
from tests.sitting import edited_reference

TWO = RUBRIC
NEW = {
    # Points alone: every verdict holds.
    "points": TWO.replace("softmax: {points: 6}", "softmax: {points: 2}").replace("total: 10", "total: 6"),
    # A stricter tolerance: judged again from recorded answers, and what was carried with it.
    "tolerance": TWO.replace("softmax: {points: 6}", "softmax: {points: 6, rtol: 1.0e-12, rtol_float32: 1.0e-12}"),
    # One criterion fewer.
    "fewer": TWO.replace("    cross_entropy: {points: 4}\n", "").replace("total: 10", "total: 6"),
    # One criterion more: it asks something new.
    "more": TWO + "    cosine: {points: 3}\n",
    # Another seed: nothing holds.
    "seed": TWO.replace("seed: 5", "seed: 6"),
}
NEW["more"] = NEW["more"].replace("total: 10", "total: 13")
RUNS_CODE = ("more", "seed")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a graded class: one right, one wrong, one with a mistake that others are built on, one that prints."""
    home = tmp_path_factory.mktemp("class")
    write_rubric(home)
    write_work(home / "work" / "right")
    write_work(home / "work" / "wrong", wrong_softmax())
    builds_on = edited_reference()["mlp_numpy.py"]
    builds_on += "\n\ndef softmax(z):\n    e = np.exp(z)\n    return e / e.sum(axis=1, keepdims=True)\n"
    builds_on += "\n\ndef cross_entropy(z, y):\n    return float(-np.log(softmax(z)[np.arange(len(y)), y]).mean())\n"
    write_work(home / "work" / "naive", {"mlp_numpy.py": builds_on})
    write_work(home / "work" / "prints", {"mlp_numpy.py": "print('hello')\n" + edited_reference()["mlp_numpy.py"]})
    done = run("batch", home / "work", "--out", home / "results", "--rubric", home / "small.yaml")
    assert done.returncode == 0, done.stderr
    return home


def judged(out: Path) -> dict[str, Any]:
    """Return the final files; of the students' all but what tells of questions once asked.

    That is what their code printed, and the smallest wrong answer: who newly loses points is not asked for it.
    """
    found: dict[str, Any] = {}
    for name, raw in final_files(out).items():
        if name.endswith("results.json"):
            found[name] = json.loads(raw)
            del found[name]["output"]
            for criterion in found[name]["criteria"]:
                del criterion["smallest"]
        elif not name.startswith("students/"):
            found[name] = raw
    return found


@pytest.mark.parametrize("what", sorted(NEW))
def test_a_regrade_gives_what_grading_anew_gives(what: str, home: Path, tmp_path: Path) -> None:
    rubric = write_rubric(tmp_path, NEW[what], "new.yaml")
    shutil.copytree(home / "results", tmp_path / "results")
    before = final_files(tmp_path / "results")
    done = run("regrade", tmp_path / "results", "--rubric", rubric)
    assert done.returncode == 0, done.stderr
    assert ("no student code was run" in done.stdout) == (what not in RUNS_CODE), done.stdout
    assert "--apply" in done.stdout
    assert final_files(tmp_path / "results") == before, "nothing changes before --apply"
    assert run("regrade", tmp_path / "results", "--rubric", rubric, "--apply").returncode == 0
    assert run("batch", home / "work", "--out", tmp_path / "anew", "--rubric", rubric).returncode == 0
    assert judged(tmp_path / "results") == judged(tmp_path / "anew")


def test_the_difference_says_who_changes_by_how_much_and_through_what(home: Path, tmp_path: Path) -> None:
    rubric = write_rubric(tmp_path, NEW["points"], "new.yaml")
    shutil.copytree(home / "results", tmp_path / "results")
    done = run("regrade", tmp_path / "results", "--rubric", rubric, "--json")
    changed: list[Any] = json.loads(done.stdout)
    right = next(c for c in changed if c["student"] == "right")
    assert (right["before"], right["after"], right["criteria"]) == (10, 6, {"Softmax": [6, 2]})
    shown = run("regrade", tmp_path / "results", "--rubric", rubric).stdout
    assert "Softmax 6 → 2" in shown
    assert max(len(line) for line in shown.splitlines()) <= 80


def test_a_regrade_runs_no_code_that_is_gone(home: Path, tmp_path: Path) -> None:
    """The submissions may be deleted: the ledger has them."""
    shutil.copytree(home / "results", tmp_path / "results")
    rubric = write_rubric(tmp_path, NEW["more"], "new.yaml")
    done = run("regrade", tmp_path / "results", "--rubric", rubric, "--apply")
    assert done.returncode == 0
    assert "4 submissions were asked something new" in done.stdout


def test_overrides_survive_a_regrade(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "results"
    shutil.copytree(home / "results", out)
    assert run("review", out, "--all", "--export", tmp_path / "r.csv").returncode == 0
    text = (tmp_path / "r.csv").read_text(encoding="utf-8-sig")
    text = text.replace("wrong,wrong,softmax,Softmax,6,,,", "wrong,wrong,softmax,Softmax,6,1.5,the idea is right,Kim")
    (tmp_path / "r.csv").write_text(text, encoding="utf-8")
    assert "1 given" in run("review", out, "--import", tmp_path / "r.csv").stdout
    rubric = write_rubric(tmp_path, NEW["tolerance"], "new.yaml")
    done = run("regrade", out, "--rubric", rubric, "--apply")
    assert "1 points given by reviewers stay as they are" in done.stdout
    record = json.loads((out / "students" / "wrong" / "results.json").read_text())
    softmax = record["criteria"][0]
    assert (softmax["earned"], softmax["award"]["who"], softmax["award"]["why"]) == (1.5, "Kim", "the idea is right")
    with Ledger(out) as ledger:
        assert ledger.awards()["wrong", "softmax"].at == softmax["award"]["at"]


def test_a_class_graded_without_observations_is_asked_again(home: Path, tmp_path: Path) -> None:
    arguments = ("--out", tmp_path / "out", "--rubric", home / "small.yaml", "--observations", "drop")
    run("batch", home / "work", *arguments)
    rubric = write_rubric(tmp_path, NEW["points"], "points.yaml")
    assert "no student code was run" in run("regrade", tmp_path / "out", "--rubric", rubric).stdout
    rubric = write_rubric(tmp_path, NEW["tolerance"], "tolerance.yaml")
    assert "4 submissions were asked" in run("regrade", tmp_path / "out", "--rubric", rubric).stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere", "--rubric", "selfcheck"], "nowhere"),
        (["{out}", "--rubric", "selfchek"], "Did you mean 'selfcheck'"),
    ],
)
def test_wrong_usage_is_told(arguments: list[str], words: str, home: Path) -> None:
    done = run("regrade", *(a.format(out=home / "results") for a in arguments))
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


class NoRooms(Rooms):
    """Rooms in which nobody can sit."""

    def session(self, _room: Room, _limits: Limits, _forbidden: Sequence[str] = ()) -> NoReturn:
        """Fail."""
        message = "a room was opened"
        raise AssertionError(message)


@pytest.mark.parametrize("what", ["tolerance", "more"])
def test_a_stricter_tolerance_is_judged_without_any_room(
    what: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other rubric, which asks something new, shows that a room would have been noticed."""
    shutil.copytree(home / "results", tmp_path / "results")
    monkeypatch.setattr(work, "warm_rooms", NoRooms)
    rubric = write_rubric(tmp_path, NEW[what], "new.yaml")
    with Ledger(tmp_path / "results") as ledger:
        assignment = assignment_of(str(rubric), ledger)
        ledger.keep_rubric(assignment.rubric.digest, str(rubric), assignment.rubric.title, assignment.rubric_text)
        regrade = Regrade(ledger, assignment, WorkersHere(), QuietView())
        new = regrade.run()
        if what == "more":
            assert "a room was opened" in regrade.faults[0]
            return
        assert regrade.faults == []
        assert regrade.reran == 0
        lost = {c.student: c.criteria for c in changes(ledger, new)}
        assert "Softmax" in lost["right"], "float32 cannot hold so strict a tolerance"


def test_only_the_files_of_those_whose_result_changes_are_rendered_again(home: Path, tmp_path: Path) -> None:
    """One whose result stays gets the new rubric's digest, byte for byte what rendering would give."""
    out = tmp_path / "results"
    shutil.copytree(home / "results", out)
    rubric = write_rubric(tmp_path, "# a remark of the instructor\n" + RUBRIC, "new.yaml")
    with Ledger(out) as ledger:
        assignment = assignment_of(str(rubric), ledger)
        ledger.keep_rubric(assignment.rubric.digest, str(rubric), assignment.rubric.title, assignment.rubric_text)
        new = Regrade(ledger, assignment, WorkersHere(), QuietView()).run()
        publisher = Publisher(ledger, out)
        assert point_to(ledger, publisher, new) == len(new) == 4
        assert publish_class(ledger, publisher, WorkersHere()) == 0
        stamped = final_files(out)
        shutil.rmtree(out / "students")
        assert publish_class(ledger, Publisher(ledger, out), WorkersHere()) == len(new)
        assert final_files(out) == stamped
        assert all(assignment.rubric.digest.encode() in raw for name, raw in stamped.items() if "students/" in name)
        changed = write_rubric(tmp_path, NEW["points"], "points.yaml")
        assignment = assignment_of(str(changed), ledger)
        ledger.keep_rubric(assignment.rubric.digest, str(changed), assignment.rubric.title, assignment.rubric_text)
        new = Regrade(ledger, assignment, WorkersHere(), QuietView()).run()
        publisher = Publisher(ledger, out)
        assert point_to(ledger, publisher, new) == 0
        assert publish_class(ledger, publisher, WorkersHere()) == len(new)
