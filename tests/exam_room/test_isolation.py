"""What a machine can do is found out, said aloud, and never silently less."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from graders.exam_room import isolation as module
from graders.exam_room import sandbox
from graders.exam_room.isolation import Isolation, isolation, require_sandbox
from graders.foundation.errors import BadUsage
from tests.sitting import ROOT

if sys.platform == "linux":
    from graders.exam_room import syscalls

SMALL = """\
title: One criterion
seed: 5
dataset: mnist_10k
total: 4
criteria:
  Building blocks:
    cosine: {points: 4}
"""
needs_sandbox = pytest.mark.skipif(not isolation().is_sandbox, reason=f"no sandbox here: {isolation().lacks}")


def run(*arguments: object, path: str | None = None) -> "subprocess.CompletedProcess[str]":
    """Run grade.py, with another PATH if one is given."""
    environment = {**os.environ, "COLUMNS": "80", **({} if path is None else {"PATH": path})}
    return subprocess.run(
        [sys.executable, str(ROOT / "grade.py"), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env=environment,
    )


@pytest.fixture
def rubric(tmp_path: Path) -> Path:
    """Return a rubric that takes a second."""
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


def test_without_bubblewrap_the_terminal_the_report_and_the_record_say_so(rubric: Path, tmp_path: Path) -> None:
    done = run(ROOT / "reference", "--rubric", rubric, "--out", tmp_path / "out", path=str(tmp_path))
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "out" / "results.json").read_text())
    assert record["isolation"] == "process"
    report = (tmp_path / "out" / "report.html").read_text()
    for told in (done.stdout.replace("\n", " "), report, json.dumps(record["notices"])):
        assert "without a sandbox" in told


def test_a_sandbox_that_is_required_and_not_there_refuses_to_grade(rubric: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = (ROOT / "reference", "--rubric", rubric, "--out", out, "--require-sandbox")
    done = run(*arguments, path=str(tmp_path))
    assert done.returncode == 2
    assert "bubblewrap" in done.stderr
    assert "apt-get install" in done.stderr or sys.platform != "linux"
    assert not (out / "results.json").exists()


@needs_sandbox
def test_a_sandbox_that_is_required_and_there_grades_and_is_recorded(rubric: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run(ROOT / "reference", "--rubric", rubric, "--out", out, "--require-sandbox", "--fresh-room", "--profile")
    assert done.returncode == 0, done.stderr
    assert json.loads((out / "results.json").read_text())["isolation"] == "sandbox"
    assert "without a sandbox" not in done.stdout
    assert "the submission's own code" in done.stdout


@pytest.mark.torch_room
def test_the_doctor_tells_what_is_missing_and_what_to_do(tmp_path: Path) -> None:
    done = run("doctor", "--json", path=str(tmp_path))
    findings = {f["subject"]: f for f in json.loads(done.stdout)["findings"]}
    assert done.returncode == 2
    assert findings["sandbox"]["state"] == "missing"
    assert findings["sandbox"]["remedy"]
    assert findings["packages"]["state"] == "ok"


@needs_sandbox
@pytest.mark.torch_room
def test_the_doctor_finds_nothing_missing_here() -> None:
    done = run("doctor")
    assert done.returncode == 0, done.stdout
    assert "bubblewrap" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_a_kernel_that_refuses_is_told_with_its_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    found = module._found_out.__wrapped__()
    assert found.name == "process"
    if sys.platform == "linux" and "libseccomp" not in found.lacks:
        assert "No permissions to create new namespace" in found.lacks
        assert "seccomp=unconfined" in found.remedy
    with pytest.raises(BadUsage):
        require_sandbox(found)


def test_a_sandbox_satisfies_who_requires_one() -> None:
    require_sandbox(Isolation(name="sandbox"))


@needs_sandbox
def test_what_is_visible_inside_holds_nothing_of_the_project() -> None:
    for path in sandbox.system_paths():
        assert not (ROOT / "reference").is_relative_to(path.resolve()), path
        assert not Path.home().is_relative_to(path.resolve()), path


@needs_sandbox
def test_no_call_is_both_allowed_and_refused_and_dangerous_ones_are_not_allowed() -> None:
    allowed = " ".join(syscalls.ALLOWED).split()
    refused = syscalls.REFUSED.split()
    assert not set(allowed) & set(refused)
    assert len(allowed) == len(set(allowed))
    unsafe = {"socket", "ptrace", "mount", "bpf", "unshare", "setns", "clone3", "io_uring_setup", "keyctl", "shmget"}
    assert not unsafe & set(allowed)


@needs_sandbox
def test_the_filters_are_whole_instructions_and_short_enough_for_the_kernel() -> None:
    for program in (syscalls.room_filter(), syscalls.candidate_filter()):
        assert len(program) % 8 == 0
        assert 0 < len(program) // 8 < 4096
