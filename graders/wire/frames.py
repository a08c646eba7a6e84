"""Frames: magic, lengths, a JSON header, then `.npy` arrays with pickle refused. Every field is checked before use.

    b"PLMB" | header length (4 bytes) | payload length (8 bytes) | header (JSON object) | payload (arrays, concatenated)

The header's `arrays` entry lists, for each array, its length in bytes; `body` refers to them by number.
"""

import ast
import io
import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

MAGIC = b"PLMB"
PREFIX = struct.Struct(">4sIQ")
HEADER_CAP = 4 * 2**20
ARRAY_CAP = 4096  # arrays in a frame
ARRAY_HEADER_CAP = 10_000
HEADER_AT_MOST = 2**17  # bytes of an array in which its header ends, if it is not refused anyway
DIMENSION_CAP = 8
KINDS = "biufc"  # bool, integers, floats, complex: no objects, no structures, no text


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
    arrays = [np.asarray(array) for array in frame.arrays]
    headers = [_npy_header(array) for array in arrays]
    lengths = [len(header) + array.nbytes for header, array in zip(headers, arrays, strict=True)]
    header = json.dumps({"kind": frame.kind, "body": frame.body, "arrays": lengths}, allow_nan=False).encode()
    parts: list[bytes | memoryview] = [PREFIX.pack(MAGIC, len(header), sum(lengths)), header]
    for array_header, array in zip(headers, arrays, strict=True):
        parts += [array_header, _flat_bytes(array)]
    return b"".join(parts)  # the one copy: training images are large, and are sent often


def _npy_header(array: np.ndarray) -> bytes:
    """Return what stands before the numbers in the array's `.npy` form."""
    if array.dtype.hasobject:
        msg = "an array of objects is not plain data"
        raise ValueError(msg)
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, np.lib.format.header_data_from_array_1_0(array))
    return buffer.getvalue()


def _flat_bytes(array: np.ndarray) -> memoryview:
    """Return the array's numbers as bytes, in the order that its header names; copied only where they lie scattered."""
    in_order = array.T if array.flags.f_contiguous and not array.flags.c_contiguous else array
    return np.ascontiguousarray(in_order).reshape(-1).view(np.uint8).data


def read(stream: IO[bytes], *, cap: int) -> Frame:
    """Read one frame.

    Args:
        stream: a blocking binary stream.
        cap: the largest payload in bytes; a larger one is refused before anything is allocated for it.

    Raises:
        Closed: the stream ended before a frame began.
        Malformed: anything else that is not a frame.
    """
    prefix = _exactly(stream, PREFIX.size, at_start=True)
    magic, header_length, payload_length = PREFIX.unpack(prefix)
    if magic != MAGIC:
        msg = "a message that does not begin as one"
        raise Malformed(msg)
    if header_length > HEADER_CAP or payload_length > cap:
        size = (header_length + payload_length) / 2**20
        msg = f"a message of {size:.0f} MB, more than the {cap / 2**20:.0f} MB allowed"
        raise Malformed(msg)
    header = _header(_exactly(stream, header_length))
    payload = _exactly(stream, payload_length)
    return Frame(kind=header["kind"], body=header["body"], arrays=_arrays(header["arrays"], payload))


def _exactly(stream: IO[bytes], count: int, *, at_start: bool = False) -> bytes:
    chunks = []
    missing = count
    while missing:
        chunk = stream.read(min(missing, 2**20))
        if not chunk:
            if at_start and missing == count:
                raise Closed
            msg = "a message that breaks off"
            raise Malformed(msg)
        chunks.append(chunk)
        missing -= len(chunk)
    return b"".join(chunks)


def _header(raw: bytes) -> Mapping[str, Any]:
    try:
        header = json.loads(raw, parse_constant=_no_constant)
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


def _arrays(lengths: Sequence[int], payload: bytes) -> list[np.ndarray]:
    if sum(lengths) != len(payload):
        msg = "a message whose arrays do not fill it"
        raise Malformed(msg)
    arrays = []
    start = 0
    for length in lengths:
        arrays.append(_array(memoryview(payload)[start : start + length]))
        start += length
    return arrays


def _array(blob: memoryview) -> np.ndarray:
    """Read one `.npy` from its exact bytes; the declared shape must account for every one of them."""
    buffer = io.BytesIO(blob[:HEADER_AT_MOST])  # the numbers need no copy of their own to find where they begin
    try:
        version = np.lib.format.read_magic(buffer)
        _plain_header(blob[buffer.tell() :], version)
        reader = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, fortran_order, dtype = reader(buffer, max_header_size=ARRAY_HEADER_CAP)
    except Exception as error:
        msg = "an array whose header is broken"
        raise Malformed(msg) from error
    if dtype.kind not in KINDS or dtype.hasobject or dtype.itemsize == 0:
        msg = f"an array of dtype {str(dtype)[:40]}, which is not plain numbers"
        raise Malformed(msg)
    plain_shape = len(shape) <= DIMENSION_CAP and all(type(n) is int and 0 <= n < 2**40 for n in shape)
    body = blob[buffer.tell() :]
    if not plain_shape or math.prod(shape) * dtype.itemsize != len(body):
        msg = "an array whose shape does not fit its bytes"
        raise Malformed(msg)
    try:
        return np.frombuffer(body, dtype=dtype).copy().reshape(shape, order="F" if fortran_order else "C")
    except ValueError as error:  # empty, with dimensions whose product is too large
        msg = "an array of a shape that cannot be"
        raise Malformed(msg) from error


def _plain_header(rest: memoryview, version: tuple[int, int]) -> None:
    """Refuse a header that NumPy would mend, with a warning, as one of Python 2."""
    prefix = struct.Struct("<H" if version == (1, 0) else "<I")
    (length,) = prefix.unpack_from(rest)
    if length > ARRAY_HEADER_CAP:
        msg = "a header that is too long"
        raise Malformed(msg)
    ast.literal_eval(bytes(rest[prefix.size : prefix.size + length]).decode("latin1"))
