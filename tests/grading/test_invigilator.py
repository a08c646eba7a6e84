"""Asking many questions: whether the two rooms work at the same time."""

import threading
from collections.abc import Callable

import pytest

from graders.exam_room import ExamRoom, Rooms
from graders.foundation.call import Call, Room
from graders.foundation.limits import Limits
from graders.foundation.observation import Observation, Returned
from graders.grading.invigilator import Invigilator
from tests.sitting import submission_of

SECONDS = 0.5
QUESTIONS = {
    b"one": Call(name="one", target="softmax", args=()),
    b"two": Call(name="two", target="build_torch", args=(), room=Room.TORCH),
}


def meeting(met: threading.Barrier) -> Callable[..., Observation]:
    """Return an `ask` that tells whether the other room was asked meanwhile."""

    def ask(_room: ExamRoom, _call: Call, *, seed: int) -> Observation:
        del seed
        try:
            met.wait(SECONDS)
        except threading.BrokenBarrierError:
            met.reset()
            return Returned(value=False, seconds=0.0)
        return Returned(value=True, seconds=0.0)

    return ask


@pytest.mark.parametrize("side_by_side", [True, False])
def test_the_rooms_work_at_the_same_time_only_where_they_may(
    *, side_by_side: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One room is still asked while the other is, or never is."""
    monkeypatch.setattr(ExamRoom, "ask", meeting(threading.Barrier(2)))
    submission = submission_of({"mlp_numpy.py": ""})
    with Rooms(side_by_side=side_by_side) as rooms, Invigilator(submission, Limits(), (), 1, rooms) as invigilator:
        seen = dict(invigilator.ask(QUESTIONS))
    assert {name: s.value for name, s in seen.items() if isinstance(s, Returned)} == dict.fromkeys(
        QUESTIONS, side_by_side
    )
