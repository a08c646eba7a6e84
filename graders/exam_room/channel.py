"""The three streams of a session, seen from outside: questions in, answers out, and what is printed."""

import contextlib
import dataclasses
import itertools
import selectors
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import IO, TypeAlias

from graders.exam_room.memory_files import MemoryFiles, Piece
from graders.exam_room.waitable import waitable
from graders.foundation.limits import Limits
from graders.wire.frames import LARGE_BYTES, Closed, Frame, Malformed, pieces, read

POLL_SECONDS = 0.1
PIPE_BYTES = 2**20  # as much as Linux lets everyone have; training images in pieces of 64 KB take thrice as long

Look: TypeAlias = Callable[[], None]

_FILES = MemoryFiles()  # for every session of this process


class Channel:
    """Whoever asks waits for all three streams at once, and looks at the room meanwhile.

    Args:
        questions: where frames go; unbuffered, as the others.
        answers: where frames come back.
        output: what the submission prints.
        limits: the caps of answers and output.
    """

    def __init__(self, questions: IO[bytes], answers: IO[bytes], output: IO[bytes], limits: Limits) -> None:
        self._limits = limits
        for stream in (questions, answers):
            widen(stream)
        self._questions, self._answers = waitable(questions, written=True), waitable(answers)
        self._output = waitable(output)
        self._unsent: deque[Piece] = deque()
        self._printed = bytearray()
        self.printed_bytes = 0
        self._closed = False
        self._in_use = threading.Lock()  # another thread may close the streams, once whoever asks has left
        self._selector = selectors.DefaultSelector()
        for readable in (self._answers, self._output):
            self._selector.register(readable, selectors.EVENT_READ)

    def send(self, frame: Frame) -> None:
        """Send a frame; returns at once. What the room does not take yet is sent while its answer is waited for."""
        with self._in_use:
            self._unsent.extend(map(_FILES.piece, in_large_pieces(frame)))
            self._send_more()
            if self._unsent:
                self._selector.register(self._questions, selectors.EVENT_WRITE)

    def arrival(self, deadline: float, look: Look) -> Frame:
        """Return the next frame; `look` is called every 0.1 s until it is there, and from the deadline on must raise.

        Raises:
            Closed: the room ended.
            Malformed: what arrived is no frame.
        """
        with self._in_use:
            frame = read(_Arriving(self, deadline, look), cap=self._limits.answer_mb * 2**20)
            if self._unsent:
                msg = "an answer to a question that it did not take"
                raise Malformed(msg)
            return frame

    def unasked(self) -> bool:
        """Tell whether something arrived that nobody asked for."""
        with self._in_use:
            return bool(self.received(memoryview(bytearray(1))))

    @property
    def printed(self) -> str:
        """What the submission printed, up to the cap."""
        if self._in_use.acquire(blocking=False):  # whoever asks takes it anyway
            self._take_output()
            self._in_use.release()
        text = bytes(self._printed).decode("utf-8", errors="replace")
        dropped = self.printed_bytes - len(self._printed)
        return text + (f"\n… {dropped} more bytes were printed and not kept\n" if dropped > 0 else "")

    def close(self) -> None:
        """Close the streams; what was at their other end must have ended."""
        self._closed = True
        with self._in_use:
            self._take_output()
            self._selector.close()
            for stream in (self._questions, self._answers, self._output):
                stream.close()

    def received(self, buffer: memoryview) -> int | None:
        """Take what is there of an answer, at most as much as the buffer has; 0 at the end, None where nothing is."""
        try:
            return self._answers.readinto(buffer)
        except (OSError, ValueError):  # closed, by either side
            return 0

    def wait(self, until: float) -> None:
        """Wait for more of an answer until then (on the monotonic clock); send and take what can be meanwhile.

        Raises:
            Closed: another thread closes the streams.
        """
        if self._closed:
            raise Closed
        for key, _ in self._selector.select(until - time.monotonic()):
            if key.fileobj is self._questions:
                self._send_more()
                over = not self._unsent
            else:
                over = key.fileobj is self._output and self._take_output()
            if over:
                self._selector.unregister(key.fileobj)

    def _send_more(self) -> None:
        try:
            while self._unsent and (taken := self._unsent[0].send(self._questions)):
                piece = self._unsent.popleft()
                if piece.sent + taken < len(piece.data):
                    self._unsent.appendleft(dataclasses.replace(piece, sent=piece.sent + taken))
        except (OSError, ValueError):  # the room is gone; its silence will be noticed
            self._unsent.clear()

    def _take_output(self) -> bool:
        """Take all that is there of what is printed; returns whether that was the end of it."""
        try:
            chunk = self._output.read(PIPE_BYTES)
        except (OSError, ValueError):
            return True
        if chunk:
            self._printed += chunk[: max(0, self._limits.output_kb * 1024 - len(self._printed))]
            self.printed_bytes += len(chunk)
        return chunk == b""


class _Arriving:
    """An answer on its way: reading it waits for it, and looks at the room meanwhile."""

    def __init__(self, channel: Channel, deadline: float, look: Look) -> None:
        self._channel = channel
        self._deadline = deadline
        self._look = look
        self._next_look = min(deadline, time.monotonic() + POLL_SECONDS)

    def readinto(self, buffer: memoryview, /) -> int:
        while True:
            if time.monotonic() >= self._next_look:  # also where one byte after the other is always there
                self._look()
                self._next_look = min(self._deadline, time.monotonic() + POLL_SECONDS)
            if (count := self._channel.received(buffer)) is not None:
                return count
            self._channel.wait(self._next_look)


def in_large_pieces(frame: Frame) -> Iterator[memoryview]:
    """Yield a frame's bytes: what is small together, and large arrays, such as training images, without a copy."""
    for is_large, group in itertools.groupby(pieces(frame), key=lambda piece: len(piece) >= LARGE_BYTES):
        yield from (memoryview(piece) for piece in (group if is_large else (b"".join(group),)))


def widen(pipe: IO[bytes]) -> None:
    """Let a pipe hold more at a time where the kernel can, so that its two sides wake each other less often."""
    if sys.platform == "linux":
        import fcntl  # noqa: PLC0415 - not there on Windows

        with contextlib.suppress(OSError):  # a user's pipes have a limit together, and smaller ones do as well
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
