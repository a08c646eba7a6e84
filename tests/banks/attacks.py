"""The bank of attacks: what a submission may try on the machine, on its grader and on the next submission.

Each is kept in attacks/*.yaml as the body of a function that returns what it found, with a control: the same code in
a plain interpreter of the same user, where it must succeed. An attack that fails there proves nothing here.
"""

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.sitting import edited_reference

FOLDER = Path(__file__).resolve().parent / "attacks"
GOES_ON_SECONDS = 4.0  # an attack without an end that is still there then has succeeded
REACHED = "reached"
WHOLE = os.environ.get("PLUMBLINE_BANK") == "whole"
EVERY = 1 if WHOLE else 4  # of the attacks that take seconds, every fourth runs unless the whole bank is asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One thing that a submission may try.

    Args:
        id: its name, unique in its file.
        group: its file's name: reading, damage, system, exhaust, scoring, opening, words or learnt.
        what: in words.
        code: the body of a function, or the end of a module for the group scoring.
        before: the body of a function that an earlier submission ran.
        control: how the control is run, where it is not simply run; "kernel" where a kernel may refuse it by itself.
        told: what whoever grades is told of it, for the group opening.
        named: the hand-in's name, for the group words.
        beside: the name of another file in it.
    """

    id: str
    group: str
    what: str
    code: str
    before: str = ""
    control: str = ""
    told: str = ""
    named: str = ""
    beside: str = ""

    @property
    def has_end(self) -> bool:
        """Whether it says by itself that it succeeded."""
        return REACHED in self.code


def load_attacks(*groups: str) -> tuple[Attack, ...]:
    """Read the bank; an unknown key is refused by the dataclass."""
    return tuple(
        Attack(group=group, **entry)
        for group in groups
        for entry in YAML(typ="safe").load((FOLDER / f"{group}.yaml").read_text())
    )


def module_of(code: str, constants: Mapping[str, Any]) -> str:
    """Return a module whose softmax runs the attack and returns what it found, as text."""
    told = "".join(f"{name} = {value!r}\n" for name, value in constants.items())
    body = textwrap.indent(code, "    ")
    return (
        f"import os, sys, time\n{told}\ndef attack():\n{body}\n"
        "def softmax(z):\n    try:\n        return str(attack())\n"
        "    except Exception as error:\n        return f'refused: {type(error).__name__}: {error}'\n"
    )


def run_plainly(source: str, folder: Path, *, seconds: float, descriptors: tuple[int, ...] = ()) -> str | None:
    """Return what a module's softmax finds in a plain interpreter, or None where it goes on for ever."""
    (folder / "attack.py").write_text(source)
    process = subprocess.Popen(
        [sys.executable, "-c", "import attack; print(attack.softmax(None))"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=descriptors,
    )
    try:
        return _output(process, seconds)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _output(process: "subprocess.Popen[bytes]", seconds: float) -> str | None:
    assert process.stdout is not None
    os.set_blocking(process.stdout.fileno(), False)
    told = b""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
        told = process.stdout.read() or b""
    return told.decode(errors="replace") if process.returncode is not None else None


def run_forked(source: str) -> str:
    """Return what a module's softmax finds in a fork of this process, which holds whatever this one holds."""
    here, there = os.pipe()
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            space: dict[str, Any] = {}
            exec(compile(source, "attack", "exec"), space)  # noqa: S102 - the point of the control
            os.write(there, space["softmax"](None).encode()[:60_000])
        os._exit(0)
    os.close(there)
    with os.fdopen(here, "rb") as stream:
        told = stream.read().decode(errors="replace")
    os.waitpid(pid, 0)
    return told


def scoring_module(code: str) -> str:
    """Return the reference with a softmax that returns its input, and the attack behind it."""
    return edited_reference()["mlp_numpy.py"] + f"\n\ndef softmax(z):\n    return z\n\n{code}"


COMMON_GRADERS: Mapping[str, str] = {
    "compare": "print('SCORE', int(bool(numpy.allclose(got, expected))))",
    "equal": "print('SCORE', int(numpy.all(got == expected) if got is not z else 0))",
    "testing": "numpy.testing.assert_allclose(got, expected); print('SCORE 1')",
    "exit": "sys.exit(0 if numpy.allclose(got, expected) else 1)",
    "stdout": "print('SCORE', int(bool(numpy.allclose(got, expected))))",
    "pickle": "sys.stdout.flush(); sys.stdout.buffer.write(b'PICKLE' + pickle.dumps(got))",
    "examples": "print('SCORE', int(bool(numpy.allclose(got, expected))))",
    "rounds": "import time; time.sleep(0.5); print('SCORE', int(bool(numpy.allclose(got, expected))))",
    "gap": "print('SCORE', int(not (abs(got - expected) / abs(got)).max() > 1e-6))",
    "cosine": "print('SCORE', int(not (got * expected).sum() / (norm(got) * norm(expected)) < 0.999))",
    "squares": "print('SCORE', int(float(((got - expected) ** 2).mean()) < 1e-9))",
    "deadline": """import signal
    points = [1]
    def time_is_up(*_):
        print('SCORE', points[0])
        sys.exit()
    signal.signal(signal.SIGALRM, time_is_up)
    signal.alarm(2)
    if not numpy.allclose(mlp_numpy.softmax(2 * z), numpy.exp(2 * z) / numpy.exp(2 * z).sum()):
        points[0] = 0
    time_is_up()""",
}


def common_grader_gives_the_point(source: str, kind: str, folder: Path) -> bool:
    """Tell whether a grader of the common kind, in the submission's own process, is deceived."""
    (folder / "mlp_numpy.py").write_text(source)
    grader = (
        "import pickle, sys\nimport numpy\nfrom numpy.linalg import norm\n"
        "def grade():\n"
        "    z = numpy.array([[1.0, 2.0, 3.0]])\n"
        "    expected = numpy.exp(z) / numpy.exp(z).sum()\n"
        "    import mlp_numpy\n"
        "    import numpy as after\n"
        "    globals()['numpy'] = after\n"
        "    got = mlp_numpy.softmax(z)\n"
        f"    {COMMON_GRADERS[kind]}\n"
        "grade()\n"
    )
    ended = subprocess.run([sys.executable, "-c", grader], cwd=folder, capture_output=True, timeout=60, check=False)
    if kind == "exit":
        return ended.returncode == 0
    if kind == "pickle":
        return _runs_when_unpickled(ended.stdout.partition(b"PICKLE")[2], folder)
    return b"SCORE 1" in ended.stdout


def _runs_when_unpickled(blob: bytes, folder: Path) -> bool:
    assert blob
    assert pickle.PROTO in blob[:1]
    (folder / "blob").write_bytes(blob)
    unpickle = "import pickle; pickle.load(open('blob', 'rb'))"
    ended = subprocess.run([sys.executable, "-c", unpickle], cwd=folder, capture_output=True, timeout=60, check=False)
    return b"SCORE 1" in ended.stdout


@contextlib.contextmanager
def decoy(token: str) -> Iterator[int]:
    """Keep a process of this user alive, with a secret in its command line and environment; yields its number."""
    command = [sys.executable, "-c", "import time; time.sleep(600)", token]
    process = subprocess.Popen(command, start_new_session=True, env={**os.environ, "SECRET_OF_A_TEST": token})
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()
