"""The streams of a session: what is sent arrives, what arrives is taken, and waiting neither blinds nor hangs us."""

import os
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from graders.exam_room import ExamRoom, Rooms, channel
from graders.exam_room.channel import Channel, in_large_pieces
from graders.exam_room.isolation import Isolation
from graders.exam_room.waitable import relayed, waitable
from graders.foundation.call import Call, Room
from graders.foundation.limits import Limits
from graders.foundation.observation import Returned
from graders.wire.frames import Closed, Frame, Malformed, encode, read
from tests.sitting import FORBIDDEN, submission_of

LIMITS = Limits(output_kb=1)
LARGE = np.arange(2**19, dtype=np.float64)  # 4 MB: more than a pipe holds
QUESTION = Frame(kind="ask", body={"id": 1}, arrays=[LARGE, np.zeros(3), LARGE[:0]])


class Ends:
    """A channel, and the room's ends of its streams; a test plays the room."""

    def __init__(self) -> None:
        questions, to_room = os.pipe()
        from_room, answers = os.pipe()
        from_output, output = os.pipe()
        self.questions = os.fdopen(questions, "rb")
        self.answers = os.fdopen(answers, "wb", 0)
        self.output = os.fdopen(output, "wb", 0)
        ours = os.fdopen(to_room, "wb", 0), os.fdopen(from_room, "rb", 0), os.fdopen(from_output, "rb", 0)
        self.channel = Channel(*ours, LIMITS)
        self.looks = 0

    def arrival(self, seconds: float = 20.0) -> Frame:
        """Wait for a frame as a watch does."""
        deadline = time.monotonic() + seconds

        def look() -> None:
            self.looks += 1
            if time.monotonic() >= deadline:
                raise TimeoutError

        return self.channel.arrival(deadline, look)

    def end(self) -> None:
        """End the room."""
        for stream in (self.questions, self.answers, self.output):
            stream.close()


@pytest.fixture(params=[waitable, relayed], ids=lambda kind: kind.__name__)
def ends(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ends]:
    """Return streams as they are, and as they are where only sockets can be waited for."""
    monkeypatch.setattr(channel, "waitable", lambda stream, *, written=False: request.param(stream, written=written))
    both = Ends()
    yield both
    both.end()
    both.channel.close()


def in_the_room(work: Callable[[], object]) -> threading.Thread:
    """Have the room do something meanwhile."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_a_question_larger_than_a_pipe_is_answered_by_a_larger_one(ends: Ends) -> None:
    def echo() -> None:
        asked = read(ends.questions, cap=2**30)
        rest = memoryview(encode(Frame(kind="answer", body=asked.body, arrays=[*asked.arrays, LARGE])))
        while rest:
            rest = rest[ends.answers.write(rest) :]

    for _ in range(3):
        room = in_the_room(echo)
        ends.channel.send(QUESTION)
        answer = ends.arrival()
        room.join()
        assert answer.body == {"id": 1}
        for got, sent in zip(answer.arrays, [*QUESTION.arrays, LARGE], strict=True):
            np.testing.assert_array_equal(got, sent)


def test_a_room_that_takes_nothing_holds_up_nobody(ends: Ends) -> None:
    ends.channel.send(QUESTION)
    with pytest.raises(TimeoutError):
        ends.arrival(seconds=0.35)
    assert ends.looks >= 3


def test_an_answer_that_arrives_byte_by_byte_is_looked_at_meanwhile(ends: Ends) -> None:
    stop = threading.Event()

    def trickle() -> None:
        for byte in encode(Frame(kind="answer", body="x" * 2**20)):
            if stop.is_set():
                return
            ends.answers.write(bytes([byte]))

    room = in_the_room(trickle)
    with pytest.raises(TimeoutError):
        ends.arrival(seconds=0.35)
    stop.set()
    room.join()
    assert ends.looks >= 3


def test_what_is_printed_is_taken_while_an_answer_is_waited_for_and_kept_to_the_cap(ends: Ends) -> None:
    def chatter() -> None:
        for _ in range(64):
            ends.output.write(b"x" * 2**16)
        ends.answers.write(encode(Frame(kind="answer", body=None)))

    in_the_room(chatter)
    ends.arrival()
    deadline = time.monotonic() + 20.0
    while len(ends.channel.printed) and ends.channel.printed_bytes < 2**22 and time.monotonic() < deadline:
        time.sleep(0.01)  # a relay may still be bringing the last of it
    ends.end()
    ends.channel.close()
    assert ends.channel.printed_bytes == 2**22
    assert ends.channel.printed == "x" * 1024 + f"\n… {2**22 - 1024} more bytes were printed and not kept\n"


def test_what_was_printed_before_an_answer_can_be_read_after_it(ends: Ends) -> None:
    ends.output.write(b"hello")
    ends.answers.write(encode(Frame(kind="answer", body=None)))
    ends.arrival()
    deadline = time.monotonic() + 5.0
    while ends.channel.printed != "hello" and time.monotonic() < deadline:  # a relay may take a moment
        time.sleep(0.01)
    assert ends.channel.printed == "hello"


def test_output_that_ended_wakes_nobody(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    ends.output.close()
    waits = 0
    wait = Channel.wait

    def counted(self: Channel, until: float) -> None:
        nonlocal waits
        waits += 1
        wait(self, until)

    monkeypatch.setattr(Channel, "wait", counted)
    with pytest.raises(TimeoutError):
        ends.arrival(seconds=0.35)
    assert waits < 12


def test_what_nobody_asked_for_is_noticed_and_an_end_is_no_message() -> None:
    ends = Ends()
    assert not ends.channel.unasked()
    ends.answers.write(b"?")
    assert ends.channel.unasked()
    ends.end()
    assert not ends.channel.unasked()
    ends.channel.send(QUESTION)
    with pytest.raises(Closed):
        ends.arrival()
    ends.channel.close()


def test_an_answer_before_its_question_was_read_is_none() -> None:
    ends = Ends()
    ends.channel.send(QUESTION)
    ends.answers.write(encode(Frame(kind="answer", body={"id": 1})))
    with pytest.raises(Malformed, match="did not take"):
        ends.arrival()
    ends.end()
    ends.channel.close()


def test_another_thread_may_close_what_is_waited_for(ends: Ends) -> None:
    closing = threading.Timer(0.15, ends.channel.close)
    closing.start()
    with pytest.raises(Closed):
        ends.arrival()
    closing.join()
    with pytest.raises(Closed):
        ends.arrival()
    ends.channel.send(QUESTION)
    assert not ends.channel.unasked()


def test_large_arrays_are_sent_without_a_copy() -> None:
    pieces = list(in_large_pieces(QUESTION))
    assert b"".join(pieces) == encode(QUESTION)
    assert all(len(piece) for piece in pieces)  # writing nothing would look like a room that takes nothing
    assert any(np.shares_memory(np.frombuffer(piece, dtype=np.uint8), LARGE) for piece in pieces)


def test_a_room_answers_through_relays_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "waitable", lambda stream, *, written=False: relayed(stream, written=written))
    source = "def softmax(z):\n    print('called')\n    return z\n"
    with (
        Rooms(separated=Isolation(name="process", lacks="This is a test of rooms without one.")) as rooms,
        ExamRoom(submission_of({"mlp_numpy.py": source}), Room.NUMPY, Limits(), FORBIDDEN, rooms=rooms) as room,
    ):
        for size in (3, 2**19):
            z = np.arange(size, dtype=np.float64).reshape(1, -1)
            seen = room.ask(Call(name="z", target="softmax", args=(z,)), seed=1)
            assert isinstance(seen, Returned)
            assert isinstance(seen.value, np.ndarray)
            np.testing.assert_array_equal(seen.value, z)
    assert room.output == "called\ncalled\n"
