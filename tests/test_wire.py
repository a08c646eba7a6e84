"""No byte that arrives makes the trusted side do anything but return a frame or say that it is none."""

import io
import json
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from graders.wire.frames import MAGIC, PREFIX, Closed, Frame, Malformed, encode, read
from graders.wire.values import ITEM_CAP, Tagged, pack, unpack

CAP = 2**20

plain_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | hnp.arrays(
        st.sampled_from([np.float64, np.float32, np.int64, np.bool_]), hnp.array_shapes(max_dims=3, max_side=4)
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=5) | st.integers(-5, 5), inner, max_size=4)
    ),
    max_leaves=8,
)


def same(a: Any, b: Any) -> bool:
    """Compare nested values that hold arrays."""
    if isinstance(a, np.ndarray):
        return type(b) is np.ndarray and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, tuple | list):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and bool(a == b)


@given(plain_values)
@settings(max_examples=200, deadline=None)
def test_a_plain_value_comes_back_as_it_was_sent(value: Any) -> None:
    arrays: list[np.ndarray] = []
    form = pack(value, arrays)
    frame = read(io.BytesIO(encode(Frame(kind="answer", body=form, arrays=arrays))), cap=CAP)
    assert same(value, unpack(frame.body, list(frame.arrays)))


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_random_bytes_are_malformed_or_the_end(raw: bytes) -> None:
    with pytest.raises((Malformed, Closed)):
        read(io.BytesIO(raw), cap=CAP)


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_a_damaged_frame_never_does_more_than_fail(data: st.DataObject) -> None:
    arrays = [np.arange(6.0).reshape(2, 3)]
    raw = bytearray(encode(Frame(kind="answer", body={"a": 0, "x": [1, 2]}, arrays=arrays)))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    del raw[data.draw(st.integers(1, len(raw))) :]
    try:
        frame = read(io.BytesIO(bytes(raw)), cap=CAP)
        unpack(frame.body, list(frame.arrays))
    except (Malformed, Closed):
        return
    assert all(a.dtype.kind in "biufc" for a in frame.arrays)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("iatldpgofx"), inner, max_size=2),
    max_leaves=12,
)


@given(json_values)
@settings(max_examples=400, deadline=None)
def test_any_json_is_a_value_or_malformed(form: Any) -> None:
    try:
        unpack(form, [np.zeros(2)])
    except Malformed:
        return


def frame_with(payload: bytes, *, lengths: list[Any] | None = None, header: Any = None) -> io.BytesIO:
    """Return a stream that holds a frame around this payload."""
    head = header if header is not None else {"kind": "answer", "body": {"a": 0}, "arrays": lengths or [len(payload)]}
    raw = json.dumps(head).encode()
    return io.BytesIO(PREFIX.pack(MAGIC, len(raw), len(payload)) + raw + payload)


def npy(array: np.ndarray, *, allow_pickle: bool = False) -> bytes:
    """Return the array's `.npy` bytes."""
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, allow_pickle=allow_pickle)
    return buffer.getvalue()


def npy_of_shape(shape: str, body: bytes, dtype: str = "<f8") -> bytes:
    """Return `.npy` bytes with any text as shape."""
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + body


@pytest.mark.parametrize(
    "payload",
    [
        npy(np.array([{"a": 1}]), allow_pickle=True),
        pickle.dumps([1, 2]),
        npy_of_shape("(1152921504606846976,)", b""),
        npy_of_shape("(-1, 2)", b"\0" * 16),
        npy_of_shape("(2,)", b"\0" * 8),
        npy_of_shape("(1,)", b"\0" * 16),
        npy_of_shape("(1,) * 3", b"\0" * 8),
        npy_of_shape("(True,)", b"\0" * 8),
        npy_of_shape("(0, 0)", b"", dtype="|O"),
        npy_of_shape("(0, 4611686018427387904)", b""),
        npy_of_shape("(0, 1099511627775, 1099511627775)", b""),
        npy_of_shape("(1,)", b"\xff\xff\xff\xff", dtype="<U1"),
        npy_of_shape("(1,)", b"\0" * 8, dtype="<M8[s]"),
        npy(np.zeros(2))[:-1],
        npy(np.zeros(2)) + b"x",
        b"\x93NUMPY\x07\x00" + b"\0" * 60,
    ],
)
def test_an_array_that_is_not_plain_numbers_is_malformed(payload: bytes) -> None:
    with pytest.raises(Malformed):
        read(frame_with(payload), cap=CAP)


@pytest.mark.parametrize(
    "header",
    [
        [],
        {"kind": "answer", "body": 1},
        {"kind": 3, "body": 1, "arrays": []},
        {"kind": "a", "body": 1, "arrays": [True]},
        {"kind": "a", "body": 1, "arrays": [-8]},
        {"kind": "a", "body": 1, "arrays": [10]},
        {"kind": "a", "body": 1, "arrays": [], "more": 1},
        float("nan"),
    ],
)
def test_a_header_with_wrong_fields_is_malformed(header: Any) -> None:
    with pytest.raises(Malformed):
        read(frame_with(b"", header=header), cap=CAP)


def test_a_frame_over_the_cap_is_refused_before_anything_is_read() -> None:
    stream = io.BytesIO(PREFIX.pack(MAGIC, 10, 2**60) + b"x" * 1000)
    with pytest.raises(Malformed, match="allowed"):
        read(stream, cap=CAP)
    assert stream.tell() == PREFIX.size


def test_a_message_for_which_there_is_no_memory_is_malformed() -> None:
    header = b'{"kind": "a", "body": 1, "arrays": []}'
    with pytest.raises(Malformed, match="no memory"):
        read(io.BytesIO(PREFIX.pack(MAGIC, len(header), 2**60) + header), cap=2**61)


def test_a_deep_header_is_malformed() -> None:
    raw = b"[" * 100_000
    with pytest.raises(Malformed):
        read(io.BytesIO(PREFIX.pack(MAGIC, len(raw), 0) + raw), cap=CAP)


def test_two_frames_in_a_row_are_two_frames() -> None:
    raw = encode(Frame(kind="a", body=1)) + encode(Frame(kind="b", body=2))
    stream = io.BytesIO(raw)
    assert [read(stream, cap=CAP).kind, read(stream, cap=CAP).kind] == ["a", "b"]
    with pytest.raises(Closed):
        read(stream, cap=CAP)


def test_an_integer_of_a_million_digits_is_malformed() -> None:
    with pytest.raises(Malformed):
        unpack({"i": "9" * 1_000_000}, [])


def test_marks_survive() -> None:
    arrays: list[np.ndarray] = []
    params = Tagged("p", (np.zeros((2, 3)), np.zeros(3), np.zeros((3, 2)), np.zeros(2)))
    form = pack((params, Tagged("g", 7), Tagged("o", "Figure")), arrays)
    back = unpack(form, arrays)
    assert [b.tag for b in back] == ["p", "g", "o"]


@pytest.mark.parametrize(
    "history",
    [
        [2.5, 0.1, -0.0],
        [float("inf"), float("-inf"), 5e-324, float("nan")],
        [0.1] * (ITEM_CAP - 3),
        [1.0, 2],
        [1.0, None],
        [],
        (1.0, 2.0),
    ],
    ids=["plain", "limits", "as long as may be", "an integer among them", "nothing among them", "empty", "a tuple"],
)
def test_a_history_comes_back_to_the_last_bit(history: Any) -> None:
    arrays: list[np.ndarray] = []
    back = unpack(pack({"loss": history}, arrays), arrays)["loss"]
    assert repr(history) == repr(back)


@pytest.mark.parametrize(
    "content",
    ["", " ", "0x1p0  0x1p1", "0x1p0\n0x1p1 x", "one", "0x1p99999", 3, None, ["0x1p0"], "0x0 " * ITEM_CAP + "0x0"],
)
def test_a_history_that_is_none_is_malformed(content: Any) -> None:
    with pytest.raises(Malformed):
        unpack({"h": content}, [])


def test_histories_count_as_many_items_as_they_have_numbers() -> None:
    half = {"h": " ".join(["0x0"] * (ITEM_CAP // 2 + 1))}
    unpack({"l": [half]}, [])
    with pytest.raises(Malformed, match="too many"):
        unpack({"l": [half, half]}, [])
