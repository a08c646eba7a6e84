"""Limits that are kept from outside: time, memory, processes and output of a session's whole process tree."""

import contextlib
import time
from collections.abc import Callable, Iterable, Sequence

import psutil

from graders.exam_room.channel import Channel
from graders.foundation.limits import Limits
from graders.wire.frames import Frame

Tree = Callable[[], Sequence[psutil.Process]]


class Overdrawn(Exception):  # the watch stops a room with it
    """The room's tree went over a limit; says which, and since when at most (on the monotonic clock)."""

    def __init__(self, limit: str, message: str, since: float) -> None:
        super().__init__(message)
        self.limit = limit
        self.message = message
        self.since = since


class Watch:
    """Waits for an answer and looks at the tree meanwhile.

    Args:
        limits: what the tree may use.
        tree: returns the processes that are the submission's.
    """

    def __init__(self, limits: Limits, tree: Tree) -> None:
        self._limits = limits
        self._tree = tree

    def receive(self, channel: Channel, seconds: float, cpu_seconds: float) -> Frame:
        """Return the next frame.

        Args:
            channel: where it arrives.
            seconds: of wall time until then.
            cpu_seconds: what the tree may compute until then, on all cores together.

        Raises:
            Overdrawn: a limit was passed.
            Closed: the room ended.
            Malformed: what arrived is no frame.
        """
        deadline = time.monotonic() + seconds
        cpu_before: float | None = None  # at the first look: most answers are there before it
        within = time.monotonic()  # the last moment at which every limit was seen to be kept

        def look() -> None:
            nonlocal within, cpu_before
            now = time.monotonic()
            tree = self._tree()
            self._look_at_size(tree, channel, within)
            if time.monotonic() >= deadline:
                raise Overdrawn("time", f"gave no answer within {seconds:g} s", deadline)
            cpu = _cpu_seconds(tree)
            cpu_before = cpu if cpu_before is None else cpu_before
            if cpu - cpu_before > cpu_seconds:
                raise Overdrawn("time", f"used more than {cpu_seconds:g} s of CPU time", within)
            within = now

        return channel.arrival(deadline, look)

    def _look_at_size(self, tree: Sequence[psutil.Process], channel: Channel, within: float) -> None:
        limits = self._limits
        if _memory(tree) > limits.memory_mb * 2**20:
            raise Overdrawn("memory", f"used more than {limits.memory_mb} MB of memory", within)
        if _processes(tree) > limits.processes:
            raise Overdrawn("processes", f"started more than {limits.processes} processes or threads", within)
        if channel.printed_bytes > limits.output_kb * 1024 * 100:
            raise Overdrawn("output", f"printed more than {limits.output_kb * 100 // 1024} MB", within)


def _cpu_seconds(tree: Iterable[psutil.Process]) -> float:
    total = 0.0
    for process in tree:
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def _memory(tree: Iterable[psutil.Process]) -> int:
    total = 0
    for process in tree:
        with contextlib.suppress(psutil.Error):
            total += process.memory_info().rss
    return total


def _processes(tree: Iterable[psutil.Process]) -> int:
    total = 0
    for process in tree:
        with contextlib.suppress(psutil.Error):
            total += process.num_threads()
    return total
