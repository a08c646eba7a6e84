"""Whatever bytes come out of a room, the trusted side neither crashes nor hangs, nor allocates beyond its cap."""

import os
import random
import time
import tracemalloc
import warnings
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graders.exam_room import ExamRoom, Rooms
from graders.exam_room.channel import Channel
from graders.exam_room.isolation import Isolation
from graders.exam_room.watch import Watch
from graders.foundation.call import Call, Room
from graders.foundation.limits import Limits
from graders.foundation.observation import Failed, FailureKind, Returned
from graders.wire.frames import Closed, Frame, Malformed, encode
from tests.exam_room.hostile import CAP, SOURCES, SPARE, consume, framed, honest
from tests.sitting import submission_of

Z = np.array([[1.0, 2.0, 3.0]])
CALL = Call(name="z", target="softmax", args=(Z,))
LIMITS = Limits(question_seconds=0.5, answer_mb=1)
RIGHT = "def softmax(z):\n    return z\n"


@given(st.integers(0, 2**64), st.sampled_from(SOURCES))
@settings(max_examples=600, deadline=None)
def test_hostile_frames_are_malformed_or_an_observation(seed: int, source: object) -> None:
    assert callable(source)
    consume(source(random.Random(seed)))


@given(st.binary(max_size=600), st.integers(0, 2**64))
@settings(max_examples=300, deadline=None)
def test_anything_behind_an_honest_frame_is_no_part_of_it(tail: bytes, seed: int) -> None:
    outcomes = consume(honest(random.Random(seed)) + tail)
    assert outcomes["accepted"] >= 1


@given(st.integers(0, 2**64), st.sampled_from(SOURCES))
@settings(max_examples=60, deadline=None)
def test_no_frame_makes_us_allocate_beyond_the_cap(seed: int, source: object) -> None:
    assert callable(source)
    raw = source(random.Random(seed))
    tracemalloc.start()
    try:
        consume(raw)
        assert tracemalloc.get_traced_memory()[1] < CAP + SPARE
    finally:
        tracemalloc.stop()


class ScriptedSession:
    """A room that says what a test tells it to, whatever it is asked."""

    def __init__(self, said: bytes) -> None:
        self._here, questions = os.pipe()
        answers, there = os.pipe()
        output, self._printed = os.pipe()
        os.set_blocking(there, False)
        os.write(there, said[:60_000])
        os.close(there)
        streams = (os.fdopen(questions, "wb", 0), os.fdopen(answers, "rb", 0), os.fdopen(output, "rb", 0))
        self._channel = Channel(*streams, LIMITS)
        self._watch = Watch(LIMITS, list)
        self.printed = ""
        self.exit_status = 0

    def send(self, frame: Frame) -> None:
        """Send a frame."""
        self._channel.send(frame)

    def receive(self, seconds: float, cpu_seconds: float) -> Frame:
        """Wait for a frame."""
        return self._watch.receive(self._channel, seconds, cpu_seconds)

    def unasked(self) -> bool:
        """Tell whether a frame waits."""
        return self._channel.unasked()

    def without_paths(self, text: str) -> str:
        """Return the text."""
        return text

    def kill(self) -> None:
        """There is nobody to kill."""

    def close(self) -> None:
        """Close all."""
        os.close(self._here)
        os.close(self._printed)
        self._channel.close()


class ScriptedRooms(Rooms):
    """Opens rooms that say what a test tells them to."""

    def __init__(self, said: bytes) -> None:
        super().__init__(separated=Isolation(name="process"))
        self._said = said

    def session(self, room: Room, limits: Limits, forbidden: Sequence[str] = ()) -> ScriptedSession:
        """Open one."""
        del room, limits, forbidden
        return ScriptedSession(self._said)


READY = encode(Frame(kind="ready", body=None))


def loaded(body: object) -> bytes:
    """Return the frame that says how importing went."""
    return encode(Frame(kind="loaded", body=body))


LOADED = loaded({"failed": None, "cpu_seconds": 0.0})
NOT_ABOUT_IMPORTING: Sequence[object] = (None, [], "failed", {}, {"cpu_seconds": 0.0})


def answer(number: object, value: object = None) -> bytes:
    """Return an answer's frame."""
    body = {
        "id": number,
        "outcome": "returned",
        "value": value,
        "seconds": 0.5,
        "cpu_seconds": 0.5,
        "changed": [],
        "forbidden": [],
    }
    return encode(Frame(kind="answer", body=body))


@given(st.integers(0, 2**64), st.sampled_from(SOURCES), st.integers(0, 2))
@settings(max_examples=60, deadline=None)
def test_a_room_that_says_anything_costs_its_question_alone(seed: int, source: object, honestly: int) -> None:
    assert callable(source)
    said = b"".join((READY, LOADED)[:honestly]) + source(random.Random(seed))
    with ExamRoom(submission_of({"mlp_numpy.py": RIGHT}), Room.NUMPY, LIMITS, rooms=ScriptedRooms(said)) as room:
        assert isinstance(room.ask(CALL, seed=1), Failed | Returned)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (READY + READY + answer(1), "no answer"),
        (READY + LOADED + answer(2), "no answer"),
        (READY + LOADED + answer(number=True), "no answer"),
        (READY + LOADED + LOADED, "no answer"),
        (answer(1) + READY + LOADED, "before the first question"),
        *((READY + loaded(body) + answer(1), "no answer") for body in NOT_ABOUT_IMPORTING),
        *((READY + loaded({"failed": None, **took}) + answer(1), "time") for took in ({}, {"cpu_seconds": -1.0})),
        (READY + loaded({"failed": 3, "cpu_seconds": 0.0}) + answer(1), "wrong fields"),
        (READY + LOADED + answer(1)[:-3], "breaks off"),
        (READY + LOADED + answer(1, {"f": "nan", "i": "1"}), "form"),
    ],
)
def test_what_is_late_doubled_or_unasked_is_malformed(said: bytes, why: str) -> None:
    with ExamRoom(submission_of({"mlp_numpy.py": RIGHT}), Room.NUMPY, LIMITS, rooms=ScriptedRooms(said)) as room:
        seen = room.ask(CALL, seed=1)
    assert isinstance(seen, Failed)
    assert seen.kind is FailureKind.MALFORMED, seen
    assert why in seen.message


def test_a_second_answer_costs_the_question_after_it() -> None:
    said = READY + LOADED + answer(1) + answer(2)
    with ExamRoom(submission_of({"mlp_numpy.py": RIGHT}), Room.NUMPY, LIMITS, rooms=ScriptedRooms(said)) as room:
        assert isinstance(room.ask(CALL, seed=1), Returned)
        for _ in range(50):
            if room._session is not None and room._session.unasked():
                break
            time.sleep(0.05)
        seen = room.ask(CALL, seed=1)
    assert isinstance(seen, Failed)
    assert "nobody asked for" in seen.message


def test_an_array_header_of_python_2_is_refused_without_a_warning() -> None:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1L,)}\n"
    blob = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(8)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        outcomes = consume(framed({"kind": "answer", "body": {}, "arrays": [len(blob)]}, blob))
    assert outcomes["malformed"] == 1
    assert seen == []


def test_the_two_endings_are_the_only_ones() -> None:
    assert not issubclass(Malformed, Closed)
    assert consume(b"")["closed"] == 1
