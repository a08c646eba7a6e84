"""Folders that are refused or taken in part: links, pipes, permissions, sizes, names; each with a plain word."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from graders.foundation.errors import BadSubmission
from graders.submission import open_submission
from graders.submission.model import DEFAULT_LIMITS
from tests.submission.handing_in import ALL_FOUR, SOFTMAX, messages, write_folder


def test_no_such_path_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(BadSubmission, match=r"nowhere: there is no such file or folder"):
        open_submission(tmp_path / "nowhere")


def test_a_path_that_cannot_be_one_is_said_plainly() -> None:
    with pytest.raises(BadSubmission, match=r"cannot be opened"):
        open_submission(Path("a\0b"))


def test_an_empty_folder_says_what_belongs_in_it(tmp_path: Path) -> None:
    with pytest.raises(BadSubmission, match=r"holds no file that can be graded") as caught:
        open_submission(tmp_path)
    assert "mlp_numpy.py" in caught.value.remedy


def test_a_folder_of_other_files_lists_them_and_the_nearest_names(tmp_path: Path) -> None:
    write_folder(tmp_path, {"mlp_nunpy.py": "", "notes.txt": "", "MLP-Torch.py": "", "all.zip": b"PK"})
    with pytest.raises(BadSubmission, match=r"Found: MLP-Torch.py, all.zip, mlp_nunpy.py, notes.txt") as caught:
        open_submission(tmp_path)
    assert "mlp_nunpy.py: did you mean mlp_numpy.py?" in caught.value.remedy
    assert "MLP-Torch.py: did you mean mlp_torch.py?" in caught.value.remedy
    assert "unpack the zip" in caught.value.remedy


def test_a_misnamed_file_beside_right_ones_is_noticed(tmp_path: Path) -> None:
    made = open_submission(write_folder(tmp_path, {"mlp_numpy.py": SOFTMAX, "mlp_troch.py": "", "Study.py": ""}))
    assert "mlp_torch.py is missing, and there is mlp_troch.py; did you mean that?" in messages(made)
    assert "study.py is missing, and there is Study.py" in messages(made)


def test_a_function_that_is_nearly_named_right_is_noticed(tmp_path: Path) -> None:
    made = open_submission(write_folder(tmp_path, {"mlp_numpy.py": "def crossentropy(): ...\n"}))
    assert "mlp_numpy.py: cross_entropy is not defined, but crossentropy is; did you mean that?" in messages(made)


def test_links_that_leave_the_folder_are_never_followed(tmp_path: Path) -> None:
    write_folder(tmp_path / "secret", {"labels.csv": "7,2,1", "inner/deep.py": "x = 1\n"})
    folder = write_folder(tmp_path / "ada", ALL_FOUR)
    (folder / "labels.csv").symlink_to(tmp_path / "secret" / "labels.csv")
    (folder / "inner").symlink_to(tmp_path / "secret" / "inner")
    (folder / "root.py").symlink_to("/etc/passwd")
    (folder / "lost.py").symlink_to("lost_target.py")
    (folder / "loop.py").symlink_to("loop.py")
    made = open_submission(folder)
    assert set(made.files) == {"mlp_numpy.py", "mlp_torch.py", "study.py"}
    told = messages(made)
    assert told.count("it is a link that leads out of the folder") == 3
    assert "lost.py was left out: it is a link that leads nowhere" in told
    assert "loop.py was left out" in told


def test_a_link_to_a_file_in_the_folder_is_that_file(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "ada", {"mine.py": SOFTMAX})
    (folder / "mlp_numpy.py").symlink_to("mine.py")
    assert open_submission(folder).files["mlp_numpy.py"] == SOFTMAX.encode()


def test_a_link_to_a_folder_above_is_no_endless_walk(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "ada", ALL_FOUR)
    (folder / "again").symlink_to(folder)
    assert "again was left out: it is a link to a folder" in messages(open_submission(folder))


def test_a_fifo_is_never_opened(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "ada", {"mlp_numpy.py": SOFTMAX})
    os.mkfifo(folder / "study.py")
    made = open_submission(folder)
    assert list(made.files) == ["mlp_numpy.py"]
    assert "study.py was left out: it is no plain file" in messages(made)


def test_a_fifo_or_device_handed_in_alone_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "mlp_numpy.py")
    for path in (tmp_path / "mlp_numpy.py", Path(os.devnull)):
        with pytest.raises(BadSubmission, match="neither a folder nor a plain file"):
            open_submission(path)


@pytest.mark.parametrize("function", ["open", "scandir"])
def test_a_file_or_folder_without_read_permission_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    folder = write_folder(tmp_path / "ada", ALL_FOUR)

    def refuse(*_args: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(f"graders.submission.folder.os.{function}", refuse)
    with pytest.raises(BadSubmission, match=r"cannot be read \(Permission denied\)") as caught:
        open_submission(folder)
    assert "chmod" in caught.value.remedy


def test_a_source_file_of_a_hundred_megabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "mlp_numpy.py"
    with path.open("wb") as file:
        file.truncate(100 << 20)
    with pytest.raises(BadSubmission, match=r"mlp_numpy.py has 100.0 MB; a code file may have at most 512.0 kB"):
        open_submission(path)


def test_code_that_is_too_large_together_is_refused(tmp_path: Path) -> None:
    big = "#" * 500_000
    with pytest.raises(BadSubmission, match=r"the .py files hold more than 2.0 MB together"):
        open_submission(write_folder(tmp_path, {**ALL_FOUR, **{f"m{i}.py": big for i in range(5)}}))


def test_text_that_is_too_large_is_left_out_with_a_notice(tmp_path: Path) -> None:
    big = b"1" * (3 << 20)
    made = open_submission(write_folder(tmp_path, {**ALL_FOUR, "train.csv": big}))
    assert "train.csv" not in made.files
    assert "train.csv was left out: it has 3.0 MB" in messages(made)


def test_text_is_taken_as_far_as_there_is_room(tmp_path: Path) -> None:
    limits = replace(DEFAULT_LIMITS, max_total_bytes=1_000)
    files = {**ALL_FOUR, "a.txt": b"a" * 500, "b.txt": b"b" * 500}
    made = open_submission(write_folder(tmp_path, files), limits=limits)
    assert "a.txt" in made.files
    assert "b.txt" not in made.files


def test_very_many_files_are_refused_with_a_clear_word(tmp_path: Path) -> None:
    write_folder(tmp_path, {**ALL_FOUR, **{f"data/{i}.txt": "" for i in range(500)}})
    with pytest.raises(BadSubmission, match="more than 400 files of code and text"):
        open_submission(tmp_path)
    with pytest.raises(BadSubmission, match="holds more than 300 files"):
        open_submission(tmp_path, limits=replace(DEFAULT_LIMITS, max_entries=300))


def test_folders_that_are_very_deep_are_left_out(tmp_path: Path) -> None:
    made = open_submission(write_folder(tmp_path, {**ALL_FOUR, "/".join("d" * 40) + "/x.py": ""}))
    assert "folders may be 16 deep" in messages(made)


@pytest.mark.parametrize("name", [b"bad\xff.py", b"two\nlines.py", b"bell\x07.txt", b"n" * 240 + b".py"])
def test_names_that_no_report_can_show_are_left_out(tmp_path: Path, name: bytes) -> None:
    write_folder(tmp_path, ALL_FOUR)
    Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name))).write_bytes(b"x = 1\n")  # noqa: PTH118
    made = open_submission(tmp_path)
    assert set(made.files) == {"mlp_numpy.py", "mlp_torch.py", "study.py"}
    assert "its name has characters, or a length" in messages(made)
    assert all(notice.message.isprintable() for notice in made.notices)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "work.tar.gz").write_bytes(b"\x1f\x8b123")
    with pytest.raises(BadSubmission, match=r"work.tar.gz is of no kind that can be opened") as caught:
        open_submission(tmp_path / "work.tar.gz")
    assert ".zip" in caught.value.remedy
