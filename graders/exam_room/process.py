"""A room's process tree: started, watched and ended from outside."""

import contextlib
import ctypes
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Container, Iterable
from pathlib import Path
from typing import IO

import psutil

from graders.exam_room import isolation
from graders.foundation.limits import Limits
from graders.wire.frames import Closed, Frame, Malformed, encode, read

PACKAGE = Path(__file__).resolve().parents[1]
POLL_SECONDS = 0.1
PR_SET_CHILD_SUBREAPER = 36
ROUNDS_OF_ENDING = 5
STARTING = threading.Lock()  # a driver that another thread is starting must not be taken for an orphan
LIVE_ROOTS: set[int] = set()  # drivers of all rooms of this process: its only children that are no orphans

Arrival = Frame | Malformed | Closed


class Overdrawn(Exception):  # the watch stops a room with it
    """The room's tree went over a limit; says which."""

    def __init__(self, limit: str, message: str) -> None:
        super().__init__(message)
        self.limit = limit
        self.message = message


class RoomProcess:
    """One driver process and everything it starts."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._scratch = Path(tempfile.mkdtemp(prefix="plumbline-room-"))
        self._seen: dict[int, psutil.Process] = {}
        self._printed = bytearray()
        self._printed_bytes = 0
        # One frame at a time: a room that sends what nobody asked for is held up by its own pipe.
        self._arrivals: queue.Queue[Arrival] = queue.Queue(maxsize=1)
        self._closing = threading.Event()
        self._outbox: queue.Queue[bytes | None] = queue.Queue()
        adopt_orphans()
        self._strangers = {p.pid for p in psutil.Process().children()}  # ours before this room; none of its daemons
        with STARTING:
            self._popen = self._start()
            LIVE_ROOTS.add(self._popen.pid)
        self._root = psutil.Process(self._popen.pid)
        self._cpu_at_question = 0.0
        # Reading and writing wait for the other side, so each has a thread; the limits are watched meanwhile.
        self._threads = {
            stream: threading.Thread(target=work, args=(stream,), daemon=True)
            for stream, work in (
                (self._popen.stdin, self._write),
                (self._popen.stdout, self._receive),
                (self._popen.stderr, self._capture),
            )
            if stream is not None
        }
        for thread in self._threads.values():
            thread.start()

    def _start(self) -> "subprocess.Popen[bytes]":
        driver_root = self._scratch / "driver"
        work = self._scratch / "work"
        for folder in (work, self._scratch / "tmp", self._scratch / "matplotlib"):
            folder.mkdir()
        for package in ("driver", "wire"):
            shutil.copytree(
                PACKAGE / package, driver_root / "graders" / package, ignore=shutil.ignore_patterns("__pycache__")
            )
        (driver_root / "graders" / "__init__.py").touch()
        _lend_font_cache(self._scratch / "matplotlib")
        popen = subprocess.Popen(  # noqa: S603 - the command is ours; the submission is only data to it
            isolation.command(driver_root),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=work,
            env=isolation.environment(self._scratch),
            start_new_session=True,
            bufsize=0,  # a buffered stream has a lock, for which closing would wait while a thread reads
        )
        _limit_resources(popen.pid, self._limits)
        return popen

    def send(self, frame: Frame) -> None:
        """Send a frame; returns at once. A room that does not take it shows itself when the answer is waited for."""
        self._outbox.put(encode(frame))

    def receive(self, seconds: float) -> Frame:
        """Wait for the next frame while watching the tree.

        Raises:
            Overdrawn: a limit was passed.
            Closed: the room ended.
            Malformed: what arrived is no frame.
        """
        deadline = time.monotonic() + seconds
        self._cpu_at_question = self._cpu_seconds(self._tree())
        while True:
            left = deadline - time.monotonic()
            try:
                arrival = self._arrivals.get(timeout=max(0.0, min(POLL_SECONDS, left)))
            except queue.Empty:
                if self._closing.is_set():  # from another thread: nothing will arrive any more
                    raise Closed from None
                self._watch(seconds, left)
                continue
            if isinstance(arrival, Frame):
                return arrival
            raise arrival

    def unasked(self) -> bool:
        """Tell whether a frame arrived that nobody asked for."""
        return not self._arrivals.empty()

    @property
    def exit_status(self) -> int | None:
        """The process's exit status, negative for a signal, None while it runs."""
        try:
            return self._popen.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            return None

    @property
    def printed(self) -> str:
        """What the submission printed, up to the cap."""
        text = self.without_paths(bytes(self._printed).decode("utf-8", errors="replace"))
        dropped = self._printed_bytes - len(self._printed)
        return text + (f"\n… {dropped} more bytes were printed and not kept\n" if dropped > 0 else "")

    def without_paths(self, text: str) -> str:
        """Return text without this room's folder, whose name is another one in every run."""
        return text.replace(f"{self._scratch}/work/", "").replace(str(self._scratch), "(exam room)")

    def close(self) -> None:
        """End the whole tree and remove the room's folder."""
        self._closing.set()
        self._tree()
        with contextlib.suppress(psutil.Error):
            self._root.suspend()  # so that it starts nothing while the others are ended
        _end(self._tree())
        self._popen.kill()
        self._popen.wait()
        for _ in range(ROUNDS_OF_ENDING):  # what was reparented to us meanwhile, until nothing is left
            left = self._tree()
            if not left:
                break
            _end(left)
        LIVE_ROOTS.discard(self._popen.pid)
        self._outbox.put(None)
        for stream, thread in self._threads.items():
            thread.join(timeout=2.0)
            if not thread.is_alive():
                stream.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

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
                self._printed_bytes += len(chunk)

    def _watch(self, seconds: float, left: float) -> None:
        tree = self._tree()
        if left <= 0:
            raise Overdrawn("time", f"gave no answer within {seconds:g} s")
        if self._cpu_seconds(tree) - self._cpu_at_question > seconds * 1.5:
            raise Overdrawn("time", f"used more than {seconds * 1.5:g} s of CPU time")
        if _memory(tree) > self._limits.memory_mb * 2**20:
            raise Overdrawn("memory", f"used more than {self._limits.memory_mb} MB of memory")
        if _processes(tree) > self._limits.processes:
            raise Overdrawn("processes", f"started more than {self._limits.processes} processes or threads")
        if self._printed_bytes > self._limits.output_kb * 1024 * 100:
            raise Overdrawn("output", f"printed more than {self._limits.output_kb * 100 // 1024} MB")

    def _tree(self) -> list[psutil.Process]:
        """Return what lives of the room: the driver, its descendants, and what left them to become our child."""
        with contextlib.suppress(psutil.Error):
            for process in [self._root, *self._root.children(recursive=True), *_orphans(self._strangers)]:
                self._seen.setdefault(process.pid, process)
        return [p for p in self._seen.values() if p.is_running()]

    def _cpu_seconds(self, tree: Iterable[psutil.Process]) -> float:
        total = 0.0
        for process in tree:
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                total += times.user + times.system
        return total


def adopt_orphans() -> None:
    """Have daemons that a room leaves behind become our children, where the kernel can do that (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _orphans(strangers: Container[int]) -> list[psutil.Process]:
    """Return our children that no room was started as, with their descendants: daemons that a room left behind."""
    with STARTING:
        own = [p for p in psutil.Process().children() if p.pid not in LIVE_ROOTS and p.pid not in strangers]
    return [process for child in own for process in (child, *_descendants(child))]


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _end(processes: list[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(processes, timeout=2.0)


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


def _limit_resources(pid: int, limits: Limits) -> None:
    """Set what the kernel can enforce by itself, from outside; elsewhere the watch alone has to do."""
    if sys.platform == "linux":
        import resource  # noqa: PLC0415 - not there on Windows

        size = limits.file_mb * 2**20
        with contextlib.suppress(OSError):  # the process may be gone already
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, size))
            resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))


def _lend_font_cache(folder: Path) -> None:
    """Copy Matplotlib's font list into the room: building it anew would cost each room seconds."""
    import matplotlib as mpl  # noqa: PLC0415 - slow to import, and only the room's start needs it

    for cache in Path(mpl.get_cachedir()).glob("fontlist-*.json"):
        shutil.copy(cache, folder)
