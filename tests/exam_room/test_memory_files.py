"""What is sent out of a file in memory arrives as what is sent from the array, and the file goes with the array."""

import errno
import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from graders.exam_room.memory_files import LARGE_BYTES, MemoryFiles, Piece

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems write the array itself")


def constant(length: int = 3 * LARGE_BYTES) -> np.ndarray:
    """Return bytes that nobody can change; more than a pipe holds."""
    array = np.random.default_rng(length).integers(0, 256, length, dtype=np.uint8)
    array.flags.writeable = False
    return array


def arrived(piece: Piece) -> bytes:
    """Send a piece through a pipe whose reader is slow, as a channel does."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    received = bytearray()

    def read() -> None:
        while chunk := os.read(reading, 100_000):
            received.extend(chunk)

    with os.fdopen(reading, "rb"), os.fdopen(writing, "wb", 0) as stream:
        reader = threading.Thread(target=read)
        reader.start()
        sent = 0
        while sent < len(piece.data):
            sent += Piece(data=piece.data, file=piece.file, sent=sent).send(stream) or 0
        stream.close()
        reader.join(20.0)
    return bytes(received)


@pytest.mark.parametrize("part", [slice(None), slice(5, None), slice(None, -7)])
def test_an_array_arrives_out_of_its_file(part: slice) -> None:
    array = constant()[part]
    piece = MemoryFiles().piece(array.data)
    assert piece.file is not None
    assert arrived(piece) == array.tobytes()


def test_a_file_serves_every_view_of_the_same_bytes_and_can_not_be_changed() -> None:
    files, array = MemoryFiles(), constant()
    first, second = files.piece(array.data), files.piece(array.reshape(-1).view(np.uint8).data)
    assert first.file is not None
    assert first.file == second.file
    with pytest.raises(PermissionError):
        os.pwrite(first.file, b"x", 0)
    with pytest.raises(PermissionError):
        os.ftruncate(first.file, 0)


def test_what_may_change_or_is_small_has_no_file() -> None:
    files = MemoryFiles()
    writeable = np.zeros(LARGE_BYTES, dtype=np.uint8)
    shown = writeable.view()
    shown.flags.writeable = False  # its owner can still change it
    for data in (writeable.data, shown.data, constant(LARGE_BYTES - 1).data, memoryview(bytes(LARGE_BYTES))):
        piece = files.piece(data)
        assert piece.file is None
        assert arrived(piece) == bytes(data)


def test_a_file_goes_with_its_array_and_not_before() -> None:
    files = MemoryFiles()
    piece = files.piece(constant().reshape(-1, 3).reshape(-1).data)  # nothing else holds the array
    assert piece.file is not None
    seen = Path(f"/proc/self/fd/{piece.file}")
    assert "constant array" in str(seen.readlink())
    assert arrived(piece) == constant().tobytes()
    number = piece.file
    del piece
    with pytest.raises(OSError, match="descriptor"):
        os.fstat(number)


def test_bytes_that_two_arrays_lie_over_have_no_file_that_goes_with_one_of_them() -> None:
    files, shared = MemoryFiles(), bytes(constant())
    first, second = (files.piece(np.frombuffer(shared, dtype=np.uint8).data) for _ in range(2))
    del first
    assert arrived(second) == shared


def test_files_hold_no_more_than_they_may() -> None:
    files = MemoryFiles(most=5 * LARGE_BYTES)
    first, second = constant(), constant(4 * LARGE_BYTES)
    assert files.piece(first.data).file is not None
    assert files.piece(second.data).file is None
    assert files.piece(first.data).file is not None
    del first
    assert files.piece(second.data).file is not None


def test_where_the_kernel_fills_no_pipe_out_of_a_file_the_array_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    array, sendfile, calls = constant(), os.sendfile, []

    def once(out: int, file: int, offset: int, count: int) -> int:
        calls.append(offset)
        if len(calls) > 1:
            raise OSError(errno.EINVAL, "no such thing")
        return sendfile(out, file, offset, count)

    monkeypatch.setattr(os, "sendfile", once)
    assert arrived(MemoryFiles().piece(array.data)) == array.tobytes()
    assert len(calls) > 1


def test_a_room_that_is_gone_is_told_of() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb", 0) as stream, pytest.raises(BrokenPipeError):
        MemoryFiles().piece(constant().data).send(stream)


def test_where_no_file_can_be_made_the_array_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(name: str, flags: int) -> int:
        raise OSError(24, f"too many files for {name} {flags}")

    monkeypatch.setattr(os, "memfd_create", refused)
    array = constant()
    piece = MemoryFiles().piece(array.data)
    assert piece.file is None
    assert arrived(piece) == array.tobytes()
