"""Whatever bytes come from the trusted side, the driver answers or ends with a status; it never hangs or swells."""

import json
import random
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graders.driver.session import NO_FRAME
from graders.exam_room import translate
from graders.exam_room.handed import Handed
from graders.foundation.call import Call
from graders.wire.frames import MAGIC, Frame, encode
from tests.exam_room.hostile import framed, structured
from tests.sitting import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the helper forks")

SOURCE = b"import numpy as np\ndef softmax(z): return np.asarray(z) * 2\n"
SPARE = 64 * 2**20
ENDINGS = {0, NO_FRAME}
Asked = Callable[[bytes], Mapping[str, Any]]


def opening(**changes: object) -> bytes:
    """Return the frame that opens a session, with other fields."""
    body: dict[str, object] = {"files": ["mlp_numpy.py"], "modules": {"mlp_numpy": "mlp_numpy"}, "notebook": None}
    body |= {"forbidden": [], "torch": False, "stand_ins": {}}
    return encode(Frame(kind="open", body={**body, **changes}, arrays=[np.frombuffer(SOURCE, dtype=np.uint8)]))


def asking(*, handed: object, arrays: Sequence[np.ndarray]) -> bytes:
    """Return a frame that asks for the softmax of array 0, with these arrays and what it says of them."""
    body = translate.question(CALL, number=1, seed=1).body
    return encode(Frame(kind="ask", body={**body, "handed": handed}, arrays=arrays))


LOAD = encode(Frame(kind="load", body="softmax"))
CALL = Call(name="z", target="softmax", args=(np.ones((2, 3)),))
ASK = encode(Handed().with_new_ones(translate.question(CALL, number=1, seed=1)))
HONEST: Sequence[bytes] = (opening(), LOAD, ASK)


@pytest.fixture(scope="module")
def asked() -> Iterator[Asked]:
    """Return a function that has a driver sit a session on bytes, and tells how it ended."""
    command = [sys.executable, "-m", "tests.exam_room.asked"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        to, back = server.stdin, server.stdout

        def ask(raw: bytes) -> Mapping[str, Any]:
            to.write(struct.pack(">I", len(raw)) + raw)
            to.flush()
            told: Mapping[str, Any] = json.loads(back.readline())
            return told

        yield ask
        to.close()


def well(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return how a session ended, after a look at what must hold of every one."""
    assert told["status"] in ENDINGS, told
    assert set(told["kinds"]) <= {"ready", "loaded", "answer"}, told
    assert told["memory"] < SPARE, told
    return told


def test_an_honest_session_answers_and_ends_with_the_stream(asked: Asked) -> None:
    told = well(asked(b"".join(HONEST)))
    assert told["status"] == 0
    assert told["kinds"] == ["ready", "loaded", "answer"]


@given(st.binary(max_size=300), st.integers(0, 3))
@settings(max_examples=150, deadline=None)
def test_any_bytes_after_honest_frames_end_the_session(asked: Asked, raw: bytes, honest: int) -> None:
    told = well(asked(b"".join(HONEST[:honest]) + raw))
    assert len(told["kinds"]) == honest or raw.startswith(MAGIC)
    assert told["status"] == (NO_FRAME if raw else 0)


@given(st.integers(0, 2**64))
@settings(max_examples=150, deadline=None)
def test_damaged_frames_are_answered_or_end_the_session(asked: Asked, seed: int) -> None:
    rng = random.Random(seed)
    raw = bytearray(b"".join(HONEST))
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(raw))
        match rng.randrange(5):
            case 0:
                raw[at] = rng.randrange(256)
            case 1:
                del raw[at : at + rng.randrange(1, 30)]
            case 2:
                raw[at:at] = raw[max(0, at - 40) : at]
            case 3:
                raw[at:at] = rng.randbytes(rng.randrange(1, 9))
            case _:
                raw += rng.choice(HONEST)
    well(asked(bytes(raw)))


@given(st.lists(st.sampled_from(HONEST), max_size=6), st.integers(0, 2**64))
@settings(max_examples=100, deadline=None)
def test_frames_that_are_doubled_late_or_hostile_inside_end_the_session(
    asked: Asked, frames: list[bytes], seed: int
) -> None:
    rng = random.Random(seed)
    hostile = structured(rng)
    told = well(asked(b"".join(frames) + hostile))
    in_order = frames[:1] == [HONEST[0]]
    once = in_order and HONEST[0] not in frames[1:]
    assert len(told["kinds"]) >= len(frames) if once else told["status"] == NO_FRAME


@pytest.mark.parametrize(
    "raw",
    [
        MAGIC + struct.pack(">IQ", 2**22, 2**31) + b"{}",
        MAGIC + struct.pack(">IQ", 2, 2**64 - 1) + b"{}",
        MAGIC + struct.pack(">IQ", 2**32 - 1, 0),
        ASK,
        LOAD,
        opening() + opening(),
        opening(files=["../mlp_numpy.py"]),
        opening(files=["/tmp/mlp_numpy.py"]),  # noqa: S108 - must not be written
        opening(files=["a\0b"]),
        opening(files=["a", "b"]),
        opening(files=[None]),
        opening(torch="yes"),
        opening(more=1),
        opening() + encode(Frame(kind="load", body="os.system")),
        opening() + encode(Frame(kind="load", body=[1])),
        opening() + framed({"kind": "ask", "body": {"id": 1}, "arrays": []}, b""),
        opening() + encode(Frame(kind="close", body=None)),
        opening() + asking(handed=[0], arrays=[]),
        opening() + asking(handed=[-1], arrays=[]),
        opening() + asking(handed=[1], arrays=[np.ones(2)]),
        opening() + asking(handed=[-1], arrays=[np.ones(2), np.ones(2)]),
        opening() + asking(handed=[True], arrays=[np.ones(2)]),
        opening() + asking(handed=["0"], arrays=[np.ones(2)]),
    ],
)
def test_what_is_no_session_ends_with_a_status_of_its_own(asked: Asked, raw: bytes) -> None:
    assert well(asked(raw))["status"] == NO_FRAME
