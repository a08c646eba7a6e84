"""The self-check as tests, for pytest and your editor's test pane: run `pytest` in this folder.

A function that is not written yet is skipped. The tests judge the files (or the notebook) beside this one as
`grade.py check` does; this file is no part of what you hand in, and changing it changes no score.
"""

import json
import os
import shlex
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Judge = Callable[[str], None]

HERE = Path(__file__).resolve().parent
SUPERUSER = 0  # may change any file in any case; courses are often installed by it
SHOWN = 3  # checks of a criterion; the first mistake often causes the others
NOT_FOUND = """\
Plumbline was not found, so nothing was checked.
Set the environment variable PLUMBLINE to the folder that holds grade.py, as in: PLUMBLINE=~/plumbline pytest
(looked in: {places})"""
LEFT_ALONE = """
Found but not run, for it may be another user's code: {folder} ({why}).
If you trust it: PLUMBLINE={named} pytest"""


def plumbline() -> Path:
    """Return the folder that holds grade.py: the environment's, or one of your own around or beside this folder."""
    named = [Path(name).expanduser() for name in (os.environ.get("PLUMBLINE", ""),) if name]
    for folder in named:
        if holds_plumbline(folder):
            return folder
    left_alone = ""
    around = [HERE, *HERE.parents, *entries_of(HERE.parent), Path.cwd(), *Path.cwd().parents]
    for folder in dict.fromkeys(around):
        if holds_plumbline(folder):
            home = folder.resolve()  # where a link leads to may change after the look
            why = not_yours(home)
            if not why:
                return home
            left_alone += LEFT_ALONE.format(folder=folder, why=why, named=shlex.quote(str(folder)))
    places = ", ".join(str(folder) for folder in [*named, *HERE.parents][:4])
    return pytest.fail(NOT_FOUND.format(places=places) + left_alone, pytrace=False)


def entries_of(place: Path) -> list[Path]:
    """Return what stands in a folder; nothing where it may not be listed."""
    try:
        return sorted(place.iterdir())
    except OSError:
        return []


def holds_plumbline(folder: Path) -> bool:
    """Tell whether a folder is Plumbline's."""
    try:
        return (folder / "grade.py").is_file() and (folder / "graders").is_dir()
    except OSError:  # somebody else's folder
        return False


def not_yours(home: Path) -> str:
    """Return why the code in a folder may be another user's, or nothing; Windows does not tell."""
    if sys.platform == "win32":
        return ""
    try:
        # Who may write beside grade.py decides what it imports, even where a sticky folder protects the file itself.
        for path in (home, home / "grade.py", home / "graders"):
            if path.stat().st_uid not in {os.getuid(), SUPERUSER}:
                return f"{path} is another user's"
            if others_may_write(path):
                return f"other users may write to {path}"
        for folder in home.parents:
            if others_may_write(folder) and not folder.stat().st_mode & stat.S_ISVTX:
                return f"other users may move what is in {folder}"
    except OSError as error:
        return str(error)
    return ""


def others_may_write(path: Path) -> bool:
    """Tell whether anybody but you may; a group of your name that nobody else is in is you."""
    import grp  # noqa: PLC0415 - not there on Windows
    import pwd  # noqa: PLC0415 - the same

    found = path.stat()
    if not found.st_mode & stat.S_IWGRP or found.st_mode & stat.S_IWOTH:
        return bool(found.st_mode & stat.S_IWOTH)
    try:
        you, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(found.st_gid)
    except KeyError:
        return True
    return group.gr_name != you or not {*group.gr_mem} <= {you}


def interpreter(home: Path) -> str:
    """Return the Python that has Plumbline's packages: its own environment's, or the one that runs this."""
    own = [home / ".venv" / "bin" / "python", home / ".venv" / "Scripts" / "python.exe"]
    return next((str(path) for path in own if path.is_file()), sys.executable)


@pytest.fixture(scope="session")
def outcomes(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Check once, and only what the selected tests ask for."""
    home = plumbline()
    wanted = [item.name.removeprefix("test_") for item in request.session.items if item.path == Path(__file__)]
    only = [part for name in wanted for part in ("--only", name)]
    command = [interpreter(home), str(home / "grade.py"), "check", str(HERE), "--json", *only]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)  # noqa: S603
    try:
        record = json.loads(done.stdout)
    except ValueError:
        pytest.fail(f"Plumbline could not check this folder:\n{done.stderr[-2000:]}", pytrace=False)
    return {criterion["name"]: criterion for criterion in record["criteria"]}


@pytest.fixture
def judge(outcomes: dict[str, Any]) -> Judge:
    """Return what passes, skips or fails a test by the outcome of its criterion."""

    def judged(name: str) -> None:
        outcome = outcomes[name]
        lost = [check for check in outcome["checks"] if not check["holds"] and check["attempted"]]
        if outcome["state"] == "not checked":
            pytest.fail(outcome["reason"], pytrace=False)
        if lost:
            told = [f"{check['title']}\n  {check['reason']}\n  {check['where']}".rstrip() for check in lost[:SHOWN]]
            more = [f"{len(lost) - SHOWN} more checks do not hold"] if len(lost) > SHOWN else []
            pytest.fail("\n".join([f"{outcome['title']}: not right yet", *told, *more]), pytrace=False)
        if outcome["state"] in ("not attempted", "right so far"):
            pytest.skip(outcome["reason"])

    return judged


def test_softmax(judge: Judge) -> None:
    """Class probabilities of each row."""
    judge("softmax")


def test_cross_entropy(judge: Judge) -> None:
    """The mean loss, from logits."""
    judge("cross_entropy")


def test_init(judge: Judge) -> None:
    """He's weights and zero biases."""
    judge("init")


def test_forward(judge: Judge) -> None:
    """Logits, without dropout."""
    judge("forward")


def test_gradients(judge: Judge) -> None:
    """The loss and its gradient, every entry."""
    judge("gradients")


def test_weight_decay(judge: Judge) -> None:
    """What weight decay adds to the gradient."""
    judge("weight_decay")


def test_dropout(judge: Judge) -> None:
    """Inverted dropout, and one mask for both passes."""
    judge("dropout")


def test_momentum_step(judge: Judge) -> None:
    """One step, and several."""
    judge("momentum_step")


def test_step_decay(judge: Judge) -> None:
    """The rate that drops."""
    judge("step_decay")


def test_cosine(judge: Judge) -> None:
    """The rate that follows half a wave."""
    judge("cosine")


def test_predict(judge: Judge) -> None:
    """The likeliest class."""
    judge("predict")


def test_numpy_only(judge: Judge) -> None:
    """Nothing but NumPy computes."""
    judge("numpy_only")


def test_training(judge: Judge) -> None:
    """The loop and its options."""
    judge("training")


def test_curves(judge: Judge) -> None:
    """What the history holds."""
    judge("curves")


def test_early_stopping(judge: Judge) -> None:
    """When training ends, and with which weights."""
    judge("early_stopping")


def test_torch_forward(judge: Judge) -> None:
    """The same network in PyTorch."""
    judge("torch_forward")


def test_torch_steps(judge: Judge) -> None:
    """The same steps in PyTorch."""
    judge("torch_steps")


def test_plot_curves(judge: Judge) -> None:
    """A figure with both losses."""
    judge("plot_curves")
