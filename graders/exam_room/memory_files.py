"""Large arrays in files in memory, out of which Linux fills a pipe by itself: training images go to many sessions."""

import contextlib
import os
import sys
import threading
import weakref
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from graders.foundation.arrays import Place, is_constant, owner_of, place_of

LARGE_BYTES = 2**20  # below that, copying costs less than a file
MOST_BYTES = 2**27  # a copy of all that a class is asked about, unless that is a whole data set


class Unwaiting(Protocol):
    """A stream that takes what it has room for at once."""

    def write(self, data: memoryview, /) -> int | None:
        """Take as many bytes as there is room for; None where there is none."""

    def fileno(self) -> int:
        """Return its descriptor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Bytes on their way into a stream.

    Args:
        data: the bytes; the file stays as long as they do.
        file: descriptor of a file of the same bytes; None where there is none.
        sent: how many of them are on their way.
    """

    data: memoryview
    file: int | None
    sent: int = 0

    def send(self, stream: Unwaiting) -> int | None:
        """Send as many bytes as the stream has room for; returns how many, None where it has no room.

        Raises:
            OSError: nobody reads the stream any more.
        """
        if sys.platform == "linux" and self.file is not None:
            try:
                return os.sendfile(stream.fileno(), self.file, self.sent, len(self.data) - self.sent)
            except BlockingIOError:
                return None
            except OSError:  # Linux 5.10 and sandboxed kernels fill no pipe out of a file; writing tells anything else
                pass
        return stream.write(self.data[self.sent :])


class MemoryFiles:
    """Files of arrays that nobody can change; each is made when its array is first sent, and goes with it.

    Args:
        most: how many bytes all files may hold together; what is beyond is sent from the arrays themselves.
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._held = 0
        self._files: dict[Place, int] = {}
        self._lock = threading.Lock()  # rooms may ask side by side

    def piece(self, data: memoryview) -> Piece:
        """Return an array's bytes as they are sent."""
        array = data.obj
        if len(data) < LARGE_BYTES or not isinstance(array, np.ndarray) or not is_constant(array):
            return Piece(data=data, file=None)
        owner = owner_of(array)
        # Arrays over the same `bytes` are none of them the one with which these bytes go.
        return Piece(data=data, file=None if owner.base is not None else self._file_of(array, owner, data))

    def _file_of(self, array: np.ndarray, owner: np.ndarray, data: memoryview) -> int | None:
        place = place_of(array)
        with self._lock:
            if place not in self._files and self._held + len(data) <= self._most:
                file = _filled(data)
                if file is not None:
                    self._files[place] = file
                    self._held += len(data)
                    weakref.finalize(owner, self._forget, place, len(data))
            return self._files.get(place)

    def _forget(self, place: Place, size: int) -> None:
        self._held -= size
        os.close(self._files.pop(place))


def _filled(data: memoryview) -> int | None:
    """Return a file of these bytes that can never be changed; None where the machine has none to give."""
    if sys.platform != "linux":
        return None
    import fcntl  # noqa: PLC0415 - not there on Windows

    with contextlib.ExitStack() as unless_filled, contextlib.suppress(OSError):
        file = os.memfd_create("constant array", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        unless_filled.callback(os.close, file)
        written = 0
        while written < len(data):
            written += os.write(file, data[written:])
        fcntl.fcntl(file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
        unless_filled.pop_all()
        return file
    return None
