"""Hostile bytes for the trusted side of the protocol, and what must hold whatever they are.

Run for minutes with another seed each time: python -m tests.exam_room.hostile --minutes 10
"""

import argparse
import io
import json
import random
import struct
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from graders.exam_room import translate
from graders.foundation.observation import Failed, Returned
from graders.submission import Submission
from graders.wire.frames import MAGIC, Closed, Frame, Malformed, encode, read
from graders.wire.values import pack

CAP = 2**20
SPARE = 24 * 2**20  # what a header within its own cap may cost besides the payload
SUBMISSION = Submission(name="hostile", files={}, modules={}, answers="")
NUMBER = 7


def honest(rng: random.Random) -> bytes:
    """Return an answer as a driver sends it."""
    value = rng.choice(
        [
            np.arange(6.0).reshape(2, 3),
            (0.25, [np.zeros((2, 0), dtype=np.float32), "text"]),
            {"train_loss": [0.5, 0.25], 3: None},
            True,
            -(2**70),
        ]
    )
    arrays: list[np.ndarray] = []
    form = pack(value, arrays)
    body = {
        "id": NUMBER,
        "outcome": "returned",
        "value": form,
        "seconds": 0.5,
        "cpu_seconds": 0.5,
        "changed": [],
        "forbidden": [],
    }
    return encode(Frame(kind="answer", body=body, arrays=arrays))


def framed(header: object, payload: bytes) -> bytes:
    """Return any header and payload in a frame whose lengths are right."""
    text = json.dumps(header).encode()
    return MAGIC + struct.pack(">IQ", len(text), len(payload)) + text + payload


def array_bytes(rng: random.Random) -> bytes:
    """Return a `.npy` whose header says something unusual."""
    shape = rng.choice(
        [
            "(2,)",
            "(-1,)",
            "(1152921504606846976,)",
            "(1099511627776, 0)",
            "(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)",
            "'x'",
            "(1e3,)",
            "(True, 2)",
            "()",
        ]
    )
    dtype = rng.choice(["<f8", "|O", "<U4", "|V8", "<M8[s]", ">c16", "|S0", "<f2", "<q1"])
    text = f"{{'descr': {dtype!r}, 'fortran_order': {rng.choice(['True', 'False', '1', 'None'])}, 'shape': {shape}}}"
    header = text.encode() + b" " * rng.randrange(4) + b"\n"
    version = rng.choice([b"\x01\x00", b"\x02\x00", b"\x03\x00", b"\x09\x00"])
    length = struct.pack("<H" if version[0] == 1 else "<I", rng.choice([len(header), 0, 60_000]))
    return b"\x93NUMPY" + version + length + header + rng.randbytes(rng.choice([0, 8, 16, 64]))


LEAVES: Sequence[object] = (
    *(None, True, "x", 1, -1.5, 1e308),
    *({"i": text} for text in ("9" * 500, "0x10", "١", "1_0")),
    *({"f": text} for text in ("nan", "inf", "0x1p99999")),
    *({"a": number} for number in (0, -1, 10**9, True)),
    *({"o": 3}, {"g": -1}),
)


def any_form(rng: random.Random, depth: int = 0) -> object:
    """Return JSON that is nearly a value of the protocol."""
    if depth > rng.randrange(6) or rng.random() < 0.3:
        return rng.choice(LEAVES)
    inner = [any_form(rng, depth + 1) for _ in range(rng.randrange(5))]
    tag = rng.choice("tldpagoifzq")
    return {tag: [[x, x] for x in inner] if tag == "d" else inner}


LENGTHS_THAT_LIE: Sequence[object] = ([-1], [0], ["1"], [2**62], [1] * 5000, [True], None, {})


def structured(rng: random.Random) -> bytes:
    """Return a frame that is well-formed outside and hostile inside."""
    blobs = [array_bytes(rng) for _ in range(rng.randrange(3))]
    lengths = [len(blob) for blob in blobs]
    announced: object = lengths if rng.random() < 0.8 else rng.choice(LENGTHS_THAT_LIE)
    body = {
        "id": rng.choice([NUMBER, NUMBER, NUMBER, 0, "7", None, 7.0, [7]]),
        "outcome": rng.choice(["returned", "returned", "raised", "not attempted", "out of memory", "", 3, None]),
        "value": any_form(rng),
        "seconds": rng.choice([0.1, -1.0, 1e300, 1, "1", None]),
        "cpu_seconds": rng.choice([0.1, -1.0, 1e300, 1, "1", None]),
        "changed": rng.choice([[], ["0"], [1], "0", None, ["x"] * 1000]),
        "forbidden": rng.choice([[], ["torch"], [None], {}, ["y" * 10**5]]),
        "failed": rng.choice([None, 0, [], {}]),
        "message": rng.choice(["m", None, "m" * 10**5, 3]),
        "file": rng.choice(["", "mlp_numpy.py", "../../etc/passwd", 0]),
        "line": rng.choice([0, -5, 10**30, True, "1"]),
    }
    header = {"kind": rng.choice(["answer", "answer", "ready", "loaded", 3]), "body": body, "arrays": announced}
    if rng.random() < 0.1:
        header[rng.choice(["kind", "body", "arrays", "more"])] = any_form(rng)
    return framed(header, b"".join(blobs))


def lengths_that_lie(rng: random.Random) -> bytes:
    """Return a frame that announces more than it has."""
    header, payload = rng.choice([0, 1, 2**22, 2**32 - 1]), rng.choice([0, 1, CAP, CAP + 1, 2**63, 2**64 - 1])
    return MAGIC + struct.pack(">IQ", header, payload) + rng.randbytes(rng.randrange(200))


def mutated(rng: random.Random) -> bytes:
    """Return honest or structured bytes, damaged: changed, cut, doubled, joined or with a piece taken out."""
    raw = bytearray(rng.choice([honest, structured])(rng))
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(raw)) if raw else 0
        match rng.randrange(6):
            case 0:
                raw[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                del raw[at:]
            case 2:
                raw += honest(rng)
            case 3:
                raw[at:at] = raw[max(0, at - 30) : at]
            case 4:
                del raw[at : at + rng.randrange(1, 20)]
            case _:
                raw[at:at] = rng.randbytes(rng.randrange(1, 9))
    return bytes(raw)


SOURCES: tuple[Callable[[random.Random], bytes], ...] = (structured, mutated, lengths_that_lie)


def consume(raw: bytes) -> Counter[str]:
    """Read bytes as the trusted side does, frame after frame, until they end or are malformed.

    Raises:
        Exception: any but the two that the protocol knows; a fault of ours.
    """
    outcomes: Counter[str] = Counter()
    stream = io.BytesIO(raw)
    while True:
        try:
            frame = read(stream, cap=CAP)
        except Malformed:
            return outcomes + Counter(["malformed"])
        except Closed:
            return outcomes + Counter(["closed"])
        try:
            seen = translate.observation(frame, number=NUMBER, submission=SUBMISSION)
        except Malformed:
            outcomes["malformed"] += 1
        else:
            assert isinstance(seen, Returned | Failed)
            if isinstance(seen, Returned):
                assert 0.0 <= seen.seconds < 1e6
            outcomes["accepted"] += 1


def main() -> None:
    """Mutate for minutes; print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    end = time.monotonic() + options.minutes * 60
    outcomes: Counter[str] = Counter()
    inputs, slowest, largest = 0, 0.0, 0
    tracemalloc.start()
    while time.monotonic() < end:
        rng = random.Random(f"{options.seed}:{inputs}")
        raw = rng.choice(SOURCES)(rng)
        tracemalloc.reset_peak()
        before, start = tracemalloc.get_traced_memory()[0], time.perf_counter()
        outcomes += consume(raw)
        slowest = max(slowest, time.perf_counter() - start)
        largest = max(largest, tracemalloc.get_traced_memory()[1] - before)
        inputs += 1
    print(f"seed {options.seed}: {inputs} inputs, {dict(outcomes)}, no crash")  # noqa: T201
    print(f"slowest {slowest:.3f} s, largest allocation {largest / 2**20:.1f} MB, cap {CAP / 2**20:.0f} MB")  # noqa: T201


if __name__ == "__main__":
    main()
