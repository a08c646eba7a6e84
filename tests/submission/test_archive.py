"""Zips: opened without trusting their names or their sizes."""

import struct
import zipfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graders.foundation.errors import BadSubmission
from graders.submission import open_submission
from graders.submission.model import DEFAULT_LIMITS
from tests.submission.handing_in import SOFTMAX, messages, write_folder, write_zip

FILES = {"mlp_numpy.py": SOFTMAX, "answers.md": "## Derivation\nP - Y\n"}


def test_a_zip_is_the_same_submission_as_the_folder(tmp_path: Path) -> None:
    zipped = open_submission(write_zip(tmp_path / "ada.zip", {f"ada/{n}": c for n, c in FILES.items()}))
    plain = open_submission(write_folder(tmp_path / "folder", FILES))
    assert zipped.digest == plain.digest
    assert zipped.name == "ada"


def test_a_zip_needs_no_ending_to_its_name(tmp_path: Path) -> None:
    assert open_submission(write_zip(tmp_path / "upload_8817", FILES)).modules["mlp_numpy"] == "mlp_numpy"


def test_what_macs_add_to_a_zip_is_passed_over(tmp_path: Path) -> None:
    more = {"__MACOSX/hw/._mlp_numpy.py": b"\0\5\x16", "hw/.DS_Store": b"", "hw/__pycache__/x.pyc": b""}
    made = open_submission(write_zip(tmp_path / "a.zip", {"hw/mlp_numpy.py": SOFTMAX, **more}))
    assert list(made.files) == ["mlp_numpy.py"]
    assert made.notices == ()


def test_a_zip_made_with_backslashes_is_understood(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        item = zipfile.ZipInfo("hw/mlp_numpy.py")
        item.filename = "hw\\mlp_numpy.py"
        archive.writestr(item, SOFTMAX)
    assert list(open_submission(tmp_path / "a.zip").files) == ["mlp_numpy.py"]


def test_the_large_data_in_a_zip_is_not_even_unpacked(tmp_path: Path) -> None:
    made = open_submission(write_zip(tmp_path / "a.zip", {**FILES, "mnist.npz": b"\0" * (30 << 20)}))
    assert "mnist.npz was left out" in messages(made)


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\3\4" + b"\0" * 50, b"Rar!\x1a\7"])
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(BadSubmission, match="no zip, or it is cut off"):
        open_submission(tmp_path / "a.zip")


def test_a_zip_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    whole = write_zip(tmp_path / "a.zip", FILES).read_bytes()
    (tmp_path / "a.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadSubmission, match="cut off"):
        open_submission(tmp_path / "a.zip")


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    raw = bytearray(write_zip(tmp_path / "a.zip", {"mlp_numpy.py": SOFTMAX}).read_bytes())
    raw[raw.find(b"PK\1\2") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(raw)
    with pytest.raises(BadSubmission, match="protected by a password") as caught:
        open_submission(tmp_path / "a.zip")
    assert "without a password" in caught.value.remedy


@pytest.mark.parametrize(
    "name", ["../mlp_numpy.py", "hw/../../x.py", "/etc/cron.d/x.py", "\\x.py", "C:\\x.py", "..\\x.py"]
)
def test_a_zip_that_names_files_outside_itself_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadSubmission, match="names a file outside itself"):
        open_submission(write_zip(tmp_path / "a.zip", {**FILES, name: "x = 1\n"}))


def test_links_in_a_zip_are_left_out(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("mlp_numpy.py", SOFTMAX)
        link = zipfile.ZipInfo("study.py")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    made = open_submission(tmp_path / "a.zip")
    assert list(made.files) == ["mlp_numpy.py"]
    assert "study.py was left out: it is a link" in messages(made)


def test_a_bomb_is_known_by_how_tightly_it_is_packed(tmp_path: Path) -> None:
    with pytest.raises(BadSubmission, match=r"bomb.txt would unpack from .* to 8.0 MB"):
        open_submission(write_zip(tmp_path / "a.zip", {**FILES, "bomb.txt": b"\0" * (8 << 20)}))


def test_a_bomb_that_states_a_small_size_is_read_no_further_than_that(tmp_path: Path) -> None:
    raw = write_zip(tmp_path / "a.zip", {"mlp_numpy.py": b"#" * (8 << 20)}).read_bytes()
    size = struct.pack("<L", 8 << 20)
    assert raw.count(size) == 2
    (tmp_path / "a.zip").write_bytes(raw.replace(size, struct.pack("<L", 1_000)))
    with pytest.raises(BadSubmission, match=r"mlp_numpy.py cannot be unpacked"):
        open_submission(tmp_path / "a.zip")


def test_a_bomb_of_many_files_is_stopped_by_the_total(tmp_path: Path) -> None:
    code = "".join(f"# {i * 7919 % 100003}\n" for i in range(40_000))
    with pytest.raises(BadSubmission, match=r"hold more than 2.0 MB together"):
        open_submission(
            write_zip(tmp_path / "a.zip", {"mlp_numpy.py": SOFTMAX, **{f"m{i}.py": code for i in range(8)}})
        )


def test_a_zip_of_very_many_entries_is_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_zip(tmp_path / "a.zip", {**FILES, **{f"x/{i}": b"" for i in range(400)}})
    monkeypatch.setattr("graders.submission.archive.zipfile.ZipFile", None)
    with pytest.raises(BadSubmission, match="holds more than 300 files"):
        open_submission(path, limits=replace(DEFAULT_LIMITS, max_entries=300))
    raw = bytearray(path.read_bytes())
    at = raw.rfind(b"PK\5\6")
    raw[at + 8 : at + 12] = struct.pack("<HH", 2, 2)
    path.write_bytes(raw)
    with pytest.raises(BadSubmission, match="holds more than 40 files"):
        open_submission(path, limits=replace(DEFAULT_LIMITS, max_entries=40))


def test_a_zip_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "a.zip").open("wb") as file:
        file.truncate(200 << 20)
    with pytest.raises(BadSubmission, match=r"the zip has 200.0 MB; at most 100.0 MB are opened"):
        open_submission(tmp_path / "a.zip")


def test_a_rare_packing_method_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("mlp_numpy.py", SOFTMAX)
    with pytest.raises(BadSubmission, match="is packed with method 14"):
        open_submission(tmp_path / "a.zip")


def test_a_damaged_entry_is_refused(tmp_path: Path) -> None:
    raw = bytearray(write_zip(tmp_path / "a.zip", {"mlp_numpy.py": SOFTMAX}).read_bytes())
    raw[50:60] = b"\xff" * 10
    (tmp_path / "a.zip").write_bytes(raw)
    with pytest.raises(BadSubmission, match=r"mlp_numpy.py cannot be unpacked"):
        open_submission(tmp_path / "a.zip")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_a_name_that_comes_twice_the_last_counts(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("study.py", "x = 1\n")
        archive.writestr("./study.py", "x = 2\n")
    made = open_submission(tmp_path / "a.zip")
    assert made.files["study.py"] == b"x = 2\n"
    assert "holds this file twice" in messages(made)


def test_a_name_that_is_a_file_and_a_folder_is_taken_once(tmp_path: Path) -> None:
    made = open_submission(write_zip(tmp_path / "a.zip", {**FILES, "x.py": "", "x.py/y.py": ""}))
    assert "x.py/y.py" in made.files
    assert "x.py" not in made.files


def test_an_entry_without_a_name_is_passed_over(tmp_path: Path) -> None:
    raw = write_zip(tmp_path / "a.zip", {**FILES, "nameless": "x"}).read_bytes()
    (tmp_path / "a.zip").write_bytes(raw.replace(b"nameless", b"\0ameless"))
    assert list(open_submission(tmp_path / "a.zip").files) == ["mlp_numpy.py"]


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_zip_with_any_byte_changed_is_opened_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    raw = bytearray(write_zip(tmp_path / "a.zip", {**FILES, "hw/study.py": "x = 1\n" * 50}).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "b.zip").write_bytes(raw)
    with suppress(BadSubmission):
        open_submission(tmp_path / "b.zip")
