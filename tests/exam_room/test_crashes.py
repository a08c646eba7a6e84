"""A question that ends the process costs itself alone, however many do: no answer after it is lost or another one."""

from collections.abc import Iterator

import numpy as np
import pytest

from graders.exam_room import ExamRoom, Rooms
from graders.exam_room.isolation import Isolation, isolation
from graders.foundation.call import Call, Room
from graders.foundation.limits import Limits
from graders.foundation.observation import Failed, FailureKind, Returned
from tests.sitting import FORBIDDEN, edited_reference, submission_of

ROUNDS = 6
PROCESS = Isolation(name="process", lacks="This is a test of rooms without one.")
CRASHES = {
    "segmentation fault": "import ctypes; ctypes.string_at(0)",
    "exit": "import os; os._exit(3)",
    "abort": "import os; os.abort()",
    "stack": "import ctypes; ctypes.CDLL(None).longjmp(0, 1)",
}


@pytest.fixture(params=[PROCESS, *([isolation()] if isolation().is_sandbox else [])], ids=lambda kind: kind.name)
def rooms(request: pytest.FixtureRequest) -> Iterator[Rooms]:
    """Return rooms of each kind that this machine has."""
    with Rooms(separated=request.param) as opened:
        yield opened


@pytest.mark.parametrize("how", CRASHES)
def test_crashes_in_between_lose_no_answer(how: str, rooms: Rooms) -> None:
    source = edited_reference()["mlp_numpy.py"] + f"\ndef softmax(z):\n    {CRASHES[how]}\n"
    crash = Call(name="z", target="softmax", args=(np.ones((1, 3)),))
    limits = Limits(question_seconds=30.0)
    with ExamRoom(submission_of({"mlp_numpy.py": source}), Room.NUMPY, limits, FORBIDDEN, rooms=rooms) as room:
        for number in range(ROUNDS):
            seen = room.ask(crash, seed=1)
            assert isinstance(seen, Failed)
            assert seen.kind is FailureKind.EXITED, seen
            healthy = room.ask(Call(name="h", target="cosine", args=(number, 0.5, ROUNDS)), seed=1)
            assert isinstance(healthy, Returned), healthy
            assert healthy.value == pytest.approx(0.25 * (1 + np.cos(np.pi * number / ROUNDS)))


def test_a_function_that_always_crashes_has_every_question_asked(rooms: Rooms) -> None:
    """Only time-outs are given up after two: they take the time of the others."""
    source = (
        edited_reference()["mlp_numpy.py"]
        + "\ndef softmax(z):\n    if len(z) > 1: import os; os._exit(1)\n    return z\n"
    )
    with ExamRoom(submission_of({"mlp_numpy.py": source}), Room.NUMPY, Limits(), FORBIDDEN, rooms=rooms) as room:
        shapes = [2, 2, 2, 1, 2, 1]
        seen = [room.ask(Call(name="z", target="softmax", args=(np.ones((n, 3)),)), seed=1) for n in shapes]
    assert [isinstance(observation, Returned) for observation in seen] == [n == 1 for n in shapes]
