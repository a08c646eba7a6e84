"""What a worker has graded before changes no byte of what comes next: not its order, not an attack in between."""

import hashlib
from collections.abc import Mapping, Sequence

import pytest

from graders.batch.work import Outcome, Presentation, grade_parcel, render_files
from graders.batch.workers import LocalWorkers
from graders.ledger.parcel import compressed, parcel_of
from tests.batch.classroom import small_assignment, wrong_softmax
from tests.sitting import edited_reference, submission_of

RUBRIC = """\
title: Of every kind
seed: 5
dataset: mnist_10k
total: 30
limits: {question_seconds: 20, submission_seconds: 300}
forbidden_libraries: [torch, sklearn, scipy]
criteria:
  Building blocks:
    softmax: {points: 6}
    gradients: {points: 6}
    dropout: {points: 6}
    shuffling: {points: 6}
    torch_steps: {points: 6}
"""
ATTACK = """

import os as _os, sys as _sys, threading as _threading
import time as _time


def _damage():
    np.random.seed(0)
    np.seterr(all="raise")
    np.allclose = lambda *a, **k: True
    _os.umask(0o777)
    _sys.setrecursionlimit(60)
    for folder in ("/exam-room", "/exam-room/tmp", "."):
        try:
            _os.makedirs(folder + "/left/behind")
            open(folder + "/sitecustomize.py", "w").write("raise SystemExit")
        except OSError:
            pass
    for signal in (19, 9):
        try:
            if _os.uname().nodename == "exam-room":
                _os.kill(-1, signal)
                _os.kill(1, signal)
        except OSError:
            pass
    _threading.Thread(target=lambda: [None for _ in iter(int, 1)], daemon=True).start()


def softmax(z):
    _damage()
    _os._exit(0)
"""


def attacking(half: str) -> dict[str, str]:
    """Return the reference with an attack in one of its halves, which ends the process whenever it is asked."""
    name = f"mlp_{half}.py"
    code = ATTACK if half == "numpy" else ATTACK.replace("def softmax(z):", "def build_torch(*a, **k):")
    files = edited_reference()
    return {**files, name: files[name] + ("import numpy as np\n" if half == "torch" else "") + code}


CLASS: Mapping[str, Mapping[str, str]] = {
    "right": edited_reference(),
    "wrong": {**edited_reference(), **wrong_softmax()},
    "numpy attack": attacking("numpy"),
    "torch attack": attacking("torch"),
}
ORDERS: Sequence[Sequence[str]] = (
    ("right", "wrong", "numpy attack", "torch attack"),
    ("torch attack", "numpy attack", "wrong", "right", "right"),
)


def graded(order: Sequence[str]) -> list[tuple[str, str]]:
    """Have one worker process of the batch grade these; returns (whose, digest of results.json and report.html)."""
    assignment = small_assignment(RUBRIC)
    told = []
    with LocalWorkers(1, timeout=600.0) as worker:
        for number, name in enumerate(order, start=1):
            last = number == len(order)  # whose rooms work at the same time
            parcel = compressed(parcel_of(submission_of(CLASS[name])))
            someone = Presentation(name="someone")
            grading = worker.submit(grade_parcel, assignment, parcel, someone, False, last)  # noqa: FBT003
            outcome: Outcome = worker.result(grading)
            assert outcome.scorecard is not None, outcome.fault
            html, record = worker.result(worker.submit(render_files, outcome.scorecard, someone))
            assert outcome.files == (html, record), "another report from what is stored"
            told.append((name, hashlib.sha256(f"{record}\0{html}".encode()).hexdigest()))
    return told


@pytest.mark.torch_room
def test_every_worker_in_any_order_and_after_any_attack_writes_the_same_bytes() -> None:
    """Two workers grade the same four in opposite orders; what is measured in seconds is in neither file."""
    first, second = (graded(order) for order in ORDERS)
    expected = dict(first)
    assert len(set(expected.values())) == len(CLASS)
    for name, digest in second:
        assert digest == expected[name], name
