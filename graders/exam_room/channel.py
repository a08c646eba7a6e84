"""The three streams of a session, seen from outside: questions in, answers out, and what is printed."""

import contextlib
import queue
import sys
import threading
import time
from collections.abc import Callable
from typing import IO

from graders.foundation.limits import Limits
from graders.wire.frames import Closed, Frame, Malformed, encode, read

POLL_SECONDS = 0.1
PIPE_BYTES = 2**20  # as much as Linux lets everyone have; training images in pieces of 64 KB take thrice as long

Arrival = Frame | Malformed | Closed


class Channel:
    """Reading and writing wait for the other side, so each stream has a thread; whoever asks watches meanwhile.

    Args:
        questions: unbuffered, as the others: a buffered stream has a lock, for which closing would wait.
        answers: where frames come back.
        output: what the submission prints.
        limits: the caps of answers and output.
    """

    def __init__(self, questions: IO[bytes], answers: IO[bytes], output: IO[bytes], limits: Limits) -> None:
        self._limits = limits
        self._printed = bytearray()
        self.printed_bytes = 0
        # One frame at a time: a room that sends what nobody asked for is held up by its own pipe.
        self._arrivals: queue.Queue[Arrival] = queue.Queue(maxsize=1)
        self._outbox: queue.Queue[bytes | None] = queue.Queue()
        self._closing = threading.Event()
        for stream in (questions, answers):
            widen(stream)
        self._threads = {
            stream: threading.Thread(target=work, args=(stream,), daemon=True)
            for stream, work in ((questions, self._write), (answers, self._receive), (output, self._capture))
        }
        for thread in self._threads.values():
            thread.start()

    def send(self, frame: Frame) -> None:
        """Send a frame; returns at once. A room that does not take it shows itself when the answer is waited for."""
        self._outbox.put(encode(frame))

    def arrival(self, deadline: float, look: Callable[[], None]) -> Frame:
        """Return the next frame; `look` is called every 0.1 s until it is there, and from the deadline on must raise.

        Raises:
            Closed: the room ended.
            Malformed: what arrived is no frame.
        """
        while True:
            try:
                arrival = self._arrivals.get(timeout=max(0.0, min(POLL_SECONDS, deadline - time.monotonic())))
            except queue.Empty:
                if self._closing.is_set():  # from another thread: nothing will arrive any more
                    raise Closed from None
                look()
                continue
            if isinstance(arrival, Frame):
                return arrival
            raise arrival

    def unasked(self) -> bool:
        """Tell whether a frame arrived that nobody asked for."""
        return not self._arrivals.empty()

    @property
    def printed(self) -> str:
        """What the submission printed, up to the cap."""
        text = bytes(self._printed).decode("utf-8", errors="replace")
        dropped = self.printed_bytes - len(self._printed)
        return text + (f"\n… {dropped} more bytes were printed and not kept\n" if dropped > 0 else "")

    def close(self) -> None:
        """Close the streams; what was at their other end must have ended."""
        self._closing.set()
        self._outbox.put(None)
        for stream, thread in self._threads.items():
            thread.join(timeout=2.0)
            if not thread.is_alive():
                stream.close()

    def _write(self, stream: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError):  # the room is gone; its silence will be noticed
            while (message := self._outbox.get()) is not None:
                rest = memoryview(message)
                while rest:
                    rest = rest[stream.write(rest) :]

    def _receive(self, stream: IO[bytes]) -> None:
        ended = False
        while not ended:
            try:
                arrival: Arrival = read(stream, cap=self._limits.answer_mb * 2**20)
            except (Malformed, Closed) as ending:
                arrival, ended = ending, True
            except (OSError, ValueError):
                arrival, ended = Closed(), True
            self._deliver(arrival)

    def _deliver(self, arrival: Arrival) -> None:
        while not self._closing.is_set():
            with contextlib.suppress(queue.Full):
                self._arrivals.put(arrival, timeout=POLL_SECONDS)
                return

    def _capture(self, stream: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError):
            while chunk := stream.read(2**16):
                self._printed += chunk[: max(0, self._limits.output_kb * 1024 - len(self._printed))]
                self.printed_bytes += len(chunk)


def widen(pipe: IO[bytes]) -> None:
    """Let a pipe hold more at a time where the kernel can, so that its two sides wake each other less often."""
    if sys.platform == "linux":
        import fcntl  # noqa: PLC0415 - not there on Windows

        with contextlib.suppress(OSError):  # a user's pipes have a limit together, and smaller ones do as well
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
