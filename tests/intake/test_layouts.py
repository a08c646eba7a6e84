"""Every layout as its platform writes it, with the names that people have."""

import zipfile
from pathlib import Path

import pytest

from graders.foundation.errors import BadSubmission, BadUsage
from graders.intake import HandIn, Intake, open_hand_in, take_in

LONG = "Wolfeschlegelsteinhausenbergerdorff" * 5 + " III"
CODE = b"def softmax(z):\n    return z\n"


def found(path: Path) -> Intake:
    """Return what is found in a folder, once."""
    with take_in(path) as intake:
        return intake


def write(path: Path, content: bytes = CODE) -> None:
    """Write a file and its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def zipped(path: Path, **files: bytes) -> None:
    """Write a zip."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)


def test_folders_zips_notebooks_files_and_clones_lie_side_by_side(tmp_path: Path) -> None:
    write(tmp_path / "amara" / "mlp_numpy.py")
    zipped(tmp_path / "ben.zip", mlp_numpy__py=CODE)
    write(tmp_path / "chi.ipynb", b'{"cells": []}')
    write(tmp_path / "dora.py")
    write(tmp_path / "mlp-from-scratch-emil" / ".git" / "HEAD", b"ref: refs/heads/main")
    write(tmp_path / "mlp-from-scratch-emil" / "mlp_numpy.py")
    write(tmp_path / "grades.xlsx", b"")
    write(tmp_path / ".DS_Store", b"")
    intake = found(tmp_path)
    assert [h.label for h in intake.hand_ins] == ["amara", "ben", "chi", "dora", "mlp-from-scratch-emil"]
    assert intake.ignored == ["grades.xlsx"]
    opened = {h.label: open_hand_in(h) for h in intake.hand_ins if h.label in ("amara", "ben", "mlp-from-scratch-emil")}
    assert all(submission.files["mlp_numpy.py"] == CODE for submission in opened.values())


METADATA = f"""\
---
submission_101:
  :submitters:
  - :name: "Müller, Jürgen \\"JJ\\""
    :sid: '007'
    :email: jj@example.edu
  :created_at: 2026-03-01 22:59:58.123456000 -08:00
  :score: 0.0
  :status: unprocessed
  :history: []
  :results: {{}}
submission_102:
  :submitters:
  - :name: "=cmd|' /C calc'!A0"
    :sid:
    :email: eve@example.edu
  - :name: "\\u0639\\u0644\\u064A"
    :sid: '1234'
    :email: ali@example.edu
  :created_at: !ruby/object:ActiveSupport::TimeWithZone
    utc: 2026-03-02 07:00:00 Z
  :results: !ruby/hash:ActiveSupport::HashWithIndifferentAccess
    score: 1
submission_103:
  :submitters:
  - :name: {LONG}
    :sid: '99'
    :email: long@example.edu
"""


def test_a_gradescope_export(tmp_path: Path) -> None:
    folder = tmp_path / "assignment_55_export"
    write(folder / "submission_metadata.yml", METADATA.encode())
    for number in (101, 102):
        write(folder / f"submission_{number}" / "mlp_numpy.py")
        write(folder / f"submission_{number}" / "metadata.txt", b"x")
    for place in (folder, tmp_path):  # also when the unpacked folder lies in a folder
        intake = found(place)
        assert intake.layout == "a Gradescope export"
        names = [h.identity["name"] for h in intake.hand_ins]
        assert names == ['Müller, Jürgen "JJ"', "=cmd|' /C calc'!A0", "علي", LONG]
        jj, eve, ali, long = intake.hand_ins
        assert jj.identity == {"name": 'Müller, Jürgen "JJ"', "sid": "007", "email": "jj@example.edu", "lms": "101"}
        assert eve.files == ali.files
        assert "sid" not in eve.identity
        with pytest.raises(BadSubmission):
            open_hand_in(long)
        assert open_hand_in(eve).files["mlp_numpy.py"] == CODE


@pytest.mark.parametrize("text", ["- a\n- b", "a: [", "submission_1: 5", "\x00", "a: &x [*x]"])
def test_metadata_that_is_none_is_told(text: str, tmp_path: Path) -> None:
    write(tmp_path / "submission_metadata.yml", text.encode())
    with pytest.raises(BadUsage) as told:
        found(tmp_path)
    assert told.value.remedy


def test_a_canvas_download(tmp_path: Path) -> None:
    write(tmp_path / "doejane_4711_900001_mlp_numpy.py", b"old = 1\n")
    write(tmp_path / "doejane_4711_900005_mlp_numpy-1.py")
    write(tmp_path / "doejane_4711_900003_study.py", b"x = 1\n")
    zipped(tmp_path / "müllerjürgen_LATE_815_900004_final_version (2).zip", mlp_numpy__py=CODE)
    write(tmp_path / "doejane_4711_text.html", b"<p>my comment")
    write(tmp_path / f"{'x' * 150}_12_900006_solution.ipynb", b'{"cells": []}')
    intake = found(tmp_path)
    assert intake.layout == "a Canvas download"
    by_name = {h.identity["name"]: h for h in intake.hand_ins}
    assert set(by_name) == {"doejane", "müllerjürgen", "x" * 150}
    assert by_name["müllerjürgen"].late
    assert not by_name["doejane"].late
    assert by_name["doejane"].identity["lms"] == "4711"
    jane = open_hand_in(by_name["doejane"])
    assert jane.files["mlp_numpy.py"] == CODE, "the file with the higher number replaces the older one"
    assert set(jane.modules) == {"mlp_numpy", "study"}
    assert open_hand_in(by_name["müllerjürgen"]).files["mlp_numpy.py"] == CODE
    assert intake.ignored == ["doejane_4711_text.html"]


def test_a_moodle_download_with_folders(tmp_path: Path) -> None:
    write(tmp_path / "Jane O'Neil-Doe_12345_assignsubmission_file_" / "mlp_numpy.py")
    zipped(tmp_path / "Jürgen de la Cruz_222_assignsubmission_file_" / "work.zip", mlp_numpy__py=CODE)
    write(tmp_path / "Ali علي_333_assignsubmission_file" / "mlp_numpy.py")
    write(tmp_path / "Jane O'Neil-Doe_12345_assignsubmission_onlinetext_" / "onlinetext.html", b"<p>")
    intake = found(tmp_path)
    assert intake.layout == "a Moodle download"
    assert {(h.identity["name"], h.identity["lms"]) for h in intake.hand_ins} == {
        ("Jane O'Neil-Doe", "12345"),
        ("Jürgen de la Cruz", "222"),
        ("Ali علي", "333"),
    }
    assert all(open_hand_in(h).files["mlp_numpy.py"] == CODE for h in intake.hand_ins)


def test_a_moodle_download_without_folders(tmp_path: Path) -> None:
    write(tmp_path / "Jane_Ann Doe_12345_assignsubmission_file_mlp_numpy.py")
    write(tmp_path / "Jane_Ann Doe_12345_assignsubmission_file_study.py", b"x = 1\n")
    (hand_in,) = found(tmp_path).hand_ins
    assert hand_in.identity["name"] == "Jane_Ann Doe"
    assert set(open_hand_in(hand_in).files) == {"mlp_numpy.py", "study.py"}


def test_an_export_may_come_as_the_zip_that_was_downloaded(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "submissions.zip", "w") as archive:
        archive.writestr("doejane_4711_900001_mlp_numpy.py", CODE)
        archive.writestr("roejim_LATE_4712_900002_mlp_numpy.py", CODE)
    with take_in(tmp_path / "submissions.zip") as intake:
        assert [open_hand_in(h).files["mlp_numpy.py"] for h in intake.hand_ins] == [CODE, CODE]


def test_a_zip_that_climbs_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../../doejane_4711_900001_mlp_numpy.py", CODE)
    with pytest.raises(BadUsage, match="leads out"), take_in(tmp_path / "evil.zip"):
        pass


@pytest.mark.parametrize("what", ["nothing", "empty", "one submission", "a text"])
def test_what_is_no_class_is_told_with_a_remedy(what: str, tmp_path: Path) -> None:
    path = tmp_path / "class"
    match what:
        case "empty":
            path.mkdir()
        case "one submission":
            write(path / "mlp_numpy.py")
        case "a text":
            path.write_text("hello")
    with pytest.raises(BadUsage) as told, take_in(path):
        pass
    assert told.value.remedy


def test_a_link_out_of_the_class_is_not_followed_by_a_lone_zip(tmp_path: Path) -> None:
    zipped(tmp_path / "secret.zip", mlp_numpy__py=b"secret = 1\n")
    (tmp_path / "class" / "eve").mkdir(parents=True)
    (tmp_path / "class" / "eve" / "work.zip").symlink_to(tmp_path / "secret.zip")
    with pytest.raises(BadSubmission):
        open_hand_in(HandIn(label="eve", files={"eve": tmp_path / "class" / "eve"}))
