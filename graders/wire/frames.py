"""Frames: magic, lengths, a JSON header, then `.npy` arrays with pickle refused. Every field is checked before use.

    b"PLMB" | header length (4 bytes) | payload length (8 bytes) | header (JSON object) | payload (arrays, concatenated)

The header's `arrays` entry lists, for each array, its length in bytes; `body` refers to them by number.
"""

import ast
import functools
import io
import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Protocol, cast

import numpy as np

MAGIC = b"PLMB"
PREFIX = struct.Struct(">4sIQ")
HEADER_CAP = 4 * 2**20
ARRAY_CAP = 4096  # arrays in a frame
ARRAY_HEADER_CAP = 10_000
LARGE_BYTES = 2**16  # an array of that size stays where it arrived
KNOWN_HEADERS = 256  # kept, of arrays; the longest are as long as the cap
ARRAY_PREFIX = struct.Struct("6sBB")  # magic and version of `.npy`
LENGTH_OF = {
    (1, 0): struct.Struct("<H"),
    (2, 0): struct.Struct("<I"),
}  # as versions of `.npy` write the header's length
DIMENSION_CAP = 8
KINDS = "biufc"  # bool, integers, floats, complex: no objects, no structures, no text


class Readable(Protocol):
    """What every binary stream can do, though its type does not say so."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Read at most as many bytes as the buffer has; 0 at the end."""


class Malformed(Exception):
    """The bytes are no frame of this protocol; says what is wrong with them."""


class Closed(Exception):
    """The other side closed the stream between two frames."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """One message: a kind, a JSON body, and the arrays that it refers to."""

    kind: str
    body: Any
    arrays: Sequence[np.ndarray] = ()


def encode(frame: Frame) -> bytes:
    """Return the frame's bytes."""
    return b"".join(pieces(frame))  # the one copy: training images are large, and are sent often


def pieces(frame: Frame) -> list[bytes | memoryview]:
    """Return the frame's bytes in pieces; the numbers of an array are the array's own memory."""
    arrays = [np.asarray(array) for array in frame.arrays]
    headers = [_npy_header(array) for array in arrays]
    lengths = [len(header) + array.nbytes for header, array in zip(headers, arrays, strict=True)]
    header = json.dumps({"kind": frame.kind, "body": frame.body, "arrays": lengths}, allow_nan=False).encode()
    parts: list[bytes | memoryview] = [PREFIX.pack(MAGIC, len(header), sum(lengths)), header]
    for array_header, array in zip(headers, arrays, strict=True):
        parts += [array_header, _flat_bytes(array)]
    return parts


def _npy_header(array: np.ndarray) -> bytes:
    """Return what stands before the numbers in the array's `.npy` form."""
    if array.dtype.hasobject:
        msg = "an array of objects is not plain data"
        raise ValueError(msg)
    return _described(array.dtype, array.shape, in_fortran_order(array))


@functools.lru_cache(maxsize=KNOWN_HEADERS)
def _described(dtype: np.dtype[Any], shape: tuple[int, ...], fortran_order: bool) -> bytes:  # noqa: FBT001 - NumPy's name
    layout = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": fortran_order, "shape": shape}
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, layout)
    return buffer.getvalue()


def in_fortran_order(array: np.ndarray) -> bool:
    """Tell whether an array's numbers travel column by column: where they lie so, and not row by row."""
    return array.flags.f_contiguous and not array.flags.c_contiguous


def _flat_bytes(array: np.ndarray) -> memoryview:
    """Return the array's numbers as bytes, in the order that its header names; copied only where they lie scattered."""
    in_order = array.T if in_fortran_order(array) else array
    return np.ascontiguousarray(in_order).reshape(-1).view(np.uint8).data


def read(stream: IO[bytes] | Readable, *, cap: int) -> Frame:
    """Read one frame.

    Args:
        stream: a blocking binary stream.
        cap: the largest payload in bytes; a larger one is refused before anything is allocated for it.

    Raises:
        Closed: the stream ended before a frame began.
        Malformed: anything else that is not a frame.
    """
    source = cast("Readable", stream)
    prefix = _exactly(source, PREFIX.size, at_start=True)
    magic, header_length, payload_length = PREFIX.unpack(prefix)
    if magic != MAGIC:
        msg = "a message that does not begin as one"
        raise Malformed(msg)
    if header_length > HEADER_CAP or payload_length > cap:
        size = (header_length + payload_length) / 2**20
        msg = f"a message of {size:.0f} MB, more than the {cap / 2**20:.0f} MB allowed"
        raise Malformed(msg)
    header = _header(_exactly(source, header_length))
    payload = _exactly(source, payload_length)
    return Frame(kind=header["kind"], body=header["body"], arrays=_arrays(header["arrays"], payload))


def _exactly(stream: Readable, count: int, *, at_start: bool = False) -> memoryview:
    try:
        received = np.empty(count, dtype=np.uint8).data  # memory that is used only as far as something arrives
    except MemoryError as error:
        msg = f"a message of {count / 2**20:.0f} MB, for which there is no memory"
        raise Malformed(msg) from error
    filled = 0
    while filled < count:
        got = stream.readinto(received[filled:])
        if not got:
            if at_start and not filled:
                raise Closed
            msg = "a message that breaks off"
            raise Malformed(msg)
        filled += got
    return received


def _header(raw: memoryview) -> Mapping[str, Any]:
    try:
        header = json.loads(bytes(raw), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        msg = "a message whose header is not JSON"
        raise Malformed(msg) from error
    if not isinstance(header, dict) or set(header) != {"kind", "body", "arrays"}:
        msg = "a message with the wrong header fields"
        raise Malformed(msg)
    lengths = header["arrays"]
    right_types = (
        isinstance(header["kind"], str)
        and isinstance(lengths, list)
        and len(lengths) <= ARRAY_CAP
        and all(type(n) is int and n > 0 for n in lengths)
    )
    if not right_types:
        msg = "a message with the wrong header types"
        raise Malformed(msg)
    return header


def _no_constant(text: str) -> None:
    msg = f"{text} is not JSON"
    raise ValueError(msg)


def _arrays(lengths: Sequence[int], payload: memoryview) -> list[np.ndarray]:
    if sum(lengths) != len(payload):
        msg = "a message whose arrays do not fill it"
        raise Malformed(msg)
    arrays = []
    start = 0
    for length in lengths:
        arrays.append(_array(payload[start : start + length]))
        start += length
    return arrays


def _array(blob: memoryview) -> np.ndarray:
    """Read one `.npy` from its exact bytes; the declared shape must account for every one of them."""
    try:
        header = bytes(blob[: _header_end(blob)])
        shape, fortran_order, dtype = _layout(header)
    except Exception as error:
        msg = "an array whose header is broken"
        raise Malformed(msg) from error
    if dtype.kind not in KINDS or dtype.hasobject or dtype.itemsize == 0:
        msg = f"an array of dtype {str(dtype)[:40]}, which is not plain numbers"
        raise Malformed(msg)
    plain_shape = len(shape) <= DIMENSION_CAP and all(type(n) is int and 0 <= n < 2**40 for n in shape)
    body = blob[len(header) :]
    if not plain_shape or math.prod(shape) * dtype.itemsize != len(body):
        msg = "an array whose shape does not fit its bytes"
        raise Malformed(msg)
    try:
        flat = np.frombuffer(body, dtype=dtype)
        # Copying training images takes as long as receiving them.
        own = flat if flat.flags.aligned and flat.nbytes >= LARGE_BYTES else flat.copy()
        return own.reshape(shape, order="F" if fortran_order else "C")
    except ValueError as error:  # empty, with dimensions whose product is too large
        msg = "an array of a shape that cannot be"
        raise Malformed(msg) from error


def _header_end(blob: memoryview) -> int:
    """Return where the numbers begin."""
    magic, major, minor = ARRAY_PREFIX.unpack_from(blob)  # read_magic takes ten times as long
    if magic != np.lib.format.MAGIC_PREFIX:
        msg = "no array"
        raise ValueError(msg)
    length = LENGTH_OF[major, minor]
    (count,) = length.unpack_from(blob, np.lib.format.MAGIC_LEN)
    if count > ARRAY_HEADER_CAP:
        msg = "a header that is too long"
        raise Malformed(msg)
    return np.lib.format.MAGIC_LEN + length.size + int(count)


@functools.lru_cache(maxsize=KNOWN_HEADERS)
def _layout(header: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Return shape, whether the order is Fortran's, and dtype: the same few again and again in a session."""
    buffer = io.BytesIO(header)
    version = np.lib.format.read_magic(buffer)
    # NumPy would mend a header as Python 2 wrote it, with a warning: it is refused.
    ast.literal_eval(header[buffer.tell() + LENGTH_OF[version].size :].decode("latin1"))
    read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
    return read_header(buffer, max_header_size=ARRAY_HEADER_CAP)
