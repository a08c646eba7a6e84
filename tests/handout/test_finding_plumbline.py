"""The template's tests run the grade.py that is named, or one that nobody else can have written."""

import grp
import importlib.util
import os
import pwd
import shlex
from pathlib import Path
from types import ModuleType

import pytest

from graders.handout.folder import TEMPLATE, TESTS

STRANGER, NOBODY = 54321, -1
STICKY = 0o1777


@pytest.fixture
def tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the template's tests as they stand in `course/hw1`, run from there."""
    spec = importlib.util.spec_from_file_location("the_templates_tests", TEMPLATE / TESTS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    here = tmp_path.resolve() / "course" / "hw1"
    here.mkdir(parents=True)
    here.parent.chmod(0o755)
    monkeypatch.setattr(module, "HERE", here)
    monkeypatch.setattr(module, "SUPERUSER", NOBODY)
    monkeypatch.delenv("PLUMBLINE", raising=False)
    monkeypatch.chdir(here)
    return module


def made(folder: Path) -> Path:
    """Make a folder that looks like Plumbline's, which only its owner may write to."""
    (folder / "graders").mkdir(parents=True)
    (folder / "grade.py").touch()
    for path in (folder, folder / "graders", folder / "grade.py"):
        path.chmod(0o755)
    return folder


def refused(tests: ModuleType) -> str:
    """Return what a student reads when nothing is run."""
    with pytest.raises(pytest.fail.Exception) as told:
        tests.plumbline()
    return str(told.value)


def test_your_own_is_found_around_and_beside_your_folder_and_where_you_are(
    tests: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Plumbline was not found" in refused(tests)
    elsewhere = made(tmp_path.resolve() / "elsewhere")
    (elsewhere / "deep").mkdir()
    monkeypatch.chdir(elsewhere / "deep")
    assert tests.plumbline() == elsewhere
    beside = made(tests.HERE.parent / "plumbline")
    assert tests.plumbline() == beside
    around = made(tests.HERE.parent)
    assert tests.plumbline() == around


def test_what_stands_farther_away_is_not_looked_for(tests: ModuleType, tmp_path: Path) -> None:
    made(tmp_path / "somebody")
    assert "somebody" not in refused(tests)


@pytest.mark.parametrize("place", ["around", "beside", "where you are"])
def test_another_users_is_left_alone_and_named(
    place: str, tests: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = {"around": tests.HERE.parent, "beside": tests.HERE.parent / "x y", "where you are": tmp_path / "there"}
    folder = made(folders[place].resolve())
    if place == "where you are":
        monkeypatch.chdir(folder)
    assert tests.plumbline() == folder
    monkeypatch.setattr(os, "getuid", lambda: STRANGER)
    told = refused(tests)
    assert f"may be another user's code: {folder} ({folder} is another user's)." in told
    assert f"PLUMBLINE={shlex.quote(str(folder))} pytest" in told
    monkeypatch.setenv("PLUMBLINE", str(folder))
    assert tests.plumbline() == folder


def test_what_the_superuser_installed_is_found(tests: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = made(tests.HERE.parent.resolve())
    monkeypatch.setattr(tests, "SUPERUSER", os.getuid())
    monkeypatch.setattr(os, "getuid", lambda: STRANGER)
    assert tests.plumbline() == folder


@pytest.mark.parametrize("name", [".", "grade.py", "graders"])
@pytest.mark.parametrize("mode", [0o757, 0o777, STICKY], ids=oct)
def test_what_others_may_write_to_is_left_alone_even_where_it_is_sticky(
    name: str, mode: int, tests: ModuleType
) -> None:
    folder = made(tests.HERE.parent / "a")
    (folder / name).chmod(mode)
    assert f"(other users may write to {folder / name})" in refused(tests)
    yours = made(folder.with_name("b"))
    assert tests.plumbline() == yours, "a folder that is left alone hides no other"


def test_what_others_may_put_another_folder_in_the_place_of_is_left_alone(tests: ModuleType) -> None:
    folder = made(tests.HERE.parent / "plumbline")
    folder.parent.chmod(0o777)
    assert f"(other users may move what is in {folder.parent})" in refused(tests)
    folder.parent.chmod(STICKY)
    assert tests.plumbline() == folder


@pytest.mark.parametrize(
    ("group", "members", "trusted"),
    [("you", [], True), ("you", ["you"], True), ("you", ["you", "mallory"], False), ("students", [], False)],
)
def test_a_group_may_write_where_only_you_are_in_it(
    group: str, members: list[str], *, trusted: bool, tests: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = made(tests.HERE.parent / "plumbline")
    folder.chmod(0o775)
    you = pwd.struct_passwd(("you", "x", os.getuid(), os.getgid(), "", "/", "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: {os.getuid(): you}[uid])
    monkeypatch.setattr(grp, "getgrgid", lambda gid: grp.struct_group((group, "x", gid, members)))
    if trusted:
        assert tests.plumbline() == folder
    else:
        assert f"(other users may write to {folder})" in refused(tests)


def test_a_link_is_followed_before_the_look_and_not_again(tests: ModuleType, tmp_path: Path) -> None:
    home = made(tmp_path.resolve() / "home")
    (tests.HERE.parent / "link").symlink_to(home)
    assert tests.plumbline() == home


def test_windows_does_not_tell_whose_a_folder_is(tests: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = made(tests.HERE.parent / "plumbline")
    folder.chmod(0o777)
    monkeypatch.setattr(tests.sys, "platform", "win32")
    monkeypatch.delattr(os, "getuid")
    found = tests.plumbline()
    monkeypatch.undo()
    assert found == folder
