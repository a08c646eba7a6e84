"""A limit that is passed ends the submission within a second, by the supervisor's own record of the moment.

The wall time of a test would measure how busy the machine is; what is recorded is the time from the last moment at
which the limit was seen to be kept (for wall time: from the limit itself) to the moment at which the processes were
killed.
"""

import time
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from graders.exam_room import ExamRoom, Rooms, watch
from graders.exam_room.isolation import Isolation, isolation
from graders.foundation.call import Call, Room
from graders.foundation.limits import Limits
from graders.foundation.observation import Failed, FailureKind, Observation, Returned
from tests.sitting import FORBIDDEN, submission_of

LIMITS = Limits(question_seconds=3.0, import_seconds=3.0, memory_mb=300, output_kb=4, processes=24)
LATE_SECONDS = 1.0
Z = np.array([[1.0, 2.0, 3.0]])
PROCESS = Isolation(name="process", lacks="This is a test of rooms without one.")
KINDS = [PROCESS, *([isolation()] if isolation().is_sandbox else [])]

OVER = {
    "loops": ("while True: pass", "time"),
    "loops in native code": ("import re; re.match(r'(a+)+$', 'a' * 60 + 'b')", "time"),
    "is deaf": ("import signal, time\n    signal.signal(15, signal.SIG_IGN)\n    time.sleep(60)", "time"),
    "stops itself": ("import os, time\n    os.kill(os.getpid(), 19)\n    time.sleep(60)", "time"),
    "fills memory": ("import time\n    kept = bytearray(b'x') * (2**20 * 310)\n    time.sleep(60)", "memory"),
    "prints": ("while True: print('x' * 1000)", "output"),
    "starts threads": (
        "import threading, time\n"
        "    for _ in range(40): threading.Thread(target=time.sleep, args=(60,)).start()\n    time.sleep(60)",
        "processes",
    ),
}


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def rooms(request: pytest.FixtureRequest) -> Iterator[Rooms]:
    """Return rooms of each kind that this machine has."""
    with Rooms(separated=request.param) as opened:
        yield opened


def answer(body: str, rooms: Rooms, *, limits: Limits = LIMITS, top: str = "") -> Observation:
    """Return what a softmax with this body comes to."""
    submission = submission_of({"mlp_numpy.py": f"{top}\ndef softmax(z):\n    {body}\n"})
    with ExamRoom(submission, Room.NUMPY, limits, FORBIDDEN, rooms=rooms) as room:
        return room.ask(Call(name="z", target="softmax", args=(Z,)), seed=1)


@pytest.mark.parametrize("what", OVER)
def test_a_limit_that_is_passed_ends_the_submission_within_a_second(what: str, rooms: Rooms) -> None:
    body, limit = OVER[what]
    assert isinstance(answer(body, rooms), Failed)
    ((passed, late),) = rooms.ledger.overdrafts
    assert passed == limit
    assert 0.0 <= late < LATE_SECONDS


def test_an_import_that_takes_too_long_is_ended_within_a_second(rooms: Rooms) -> None:
    seen = answer("return z", rooms, top="while True: pass")
    assert isinstance(seen, Failed)
    ((passed, late),) = rooms.ledger.overdrafts
    assert passed == "time"
    assert late < LATE_SECONDS


def test_the_time_of_a_whole_submission_is_kept_within_a_question_too(rooms: Rooms) -> None:
    """Ask a question that could take a minute of a submission that has two seconds."""
    limits = Limits(question_seconds=60.0, submission_seconds=2.0)
    seen = answer("while True: pass", rooms, limits=limits)
    assert isinstance(seen, Failed)
    assert seen.kind is FailureKind.TIMED_OUT
    assert seen.message == "The submission used up its 2 s at this question."
    ((_, late),) = rooms.ledger.overdrafts
    assert late < LATE_SECONDS


def on_two_cores(tree: Sequence[object]) -> float:
    """Return the CPU seconds of a tree that keeps two cores busy all the time."""
    del tree
    return 2.0 * time.monotonic()


def test_two_cores_at_work_when_the_submissions_time_ends_used_up_its_time_and_not_too_much_of_a_cpu(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_cpu_seconds", on_two_cores)
    limits = Limits(question_seconds=60.0, submission_seconds=2.0)
    seen = answer("while True: pass", rooms, limits=limits)
    assert isinstance(seen, Failed)
    assert seen.message == "The submission used up its 2 s at this question."


def test_two_cores_at_work_use_up_the_cpu_time_of_a_question_before_its_wall_time(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_cpu_seconds", on_two_cores)
    seen = answer("while True: pass", rooms)
    assert isinstance(seen, Failed)
    assert seen.message == "softmax used more than 4.5 s of CPU time."


def test_what_keeps_all_limits_is_not_in_the_record(rooms: Rooms) -> None:
    assert isinstance(answer("return z", rooms), Returned)
    assert rooms.ledger.overdrafts == []
