"""A session that is a process of its own, where there is no sandbox: started, watched and ended from outside."""

import contextlib
import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Container, Sequence
from pathlib import Path

import psutil

from graders.exam_room.channel import Channel
from graders.exam_room.environment import room_environment
from graders.exam_room.fonts import font_lists
from graders.exam_room.watch import Watch
from graders.foundation.limits import Limits
from graders.wire.frames import Frame

PACKAGE = Path(__file__).resolve().parents[1]
BOOT = "import runpy, sys; sys.path.insert(0, sys.argv[1]); runpy.run_module('graders.driver', run_name='__main__')"
NEEDED = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH")  # of our environment, for the interpreter to start
PR_SET_CHILD_SUBREAPER = 36
ROUNDS_OF_ENDING = 5
STARTING = threading.Lock()  # a driver that another thread is starting must not be taken for an orphan
LIVE_ROOTS: set[int] = set()  # drivers of all rooms of this process: its only children that are no orphans


class ProcessSession:
    """One driver process and everything it starts."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._scratch = Path(tempfile.mkdtemp(prefix="plumbline-room-"))
        self._seen: dict[int, psutil.Process] = {}
        adopt_orphans()
        self._strangers = {p.pid for p in psutil.Process().children()}  # ours before this room; none of its daemons
        with STARTING:
            self._popen = self._start()
            LIVE_ROOTS.add(self._popen.pid)
        self._root = psutil.Process(self._popen.pid)
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        assert self._popen.stderr is not None
        self._channel = Channel(self._popen.stdin, self._popen.stdout, self._popen.stderr, limits)
        self._watch = Watch(limits, self._tree)

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
        for path in font_lists():
            shutil.copy(path, self._scratch / "matplotlib")
        environment = {name: os.environ[name] for name in NEEDED if name in os.environ}
        # -s and -P keep the user's packages and the current folder off the path; the driver's own folder holds the
        # driver and the wire, so no grader, right value or label can be imported from inside.
        popen = subprocess.Popen(  # noqa: S603 - the command is ours; the submission is only data to it
            [sys.executable, "-s", "-P", "-B", "-c", BOOT, str(driver_root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=work,
            env={**environment, **room_environment(self._scratch)},
            start_new_session=True,
            bufsize=0,
        )
        _limit_resources(popen.pid, self._limits)
        return popen

    def send(self, frame: Frame) -> None:
        """Send a frame; returns at once."""
        self._channel.send(frame)

    def receive(self, seconds: float, cpu_seconds: float) -> Frame:
        """Wait for the next frame while watching the tree."""
        return self._watch.receive(self._channel, seconds, cpu_seconds)

    def unasked(self) -> bool:
        """Tell whether a frame arrived that nobody asked for."""
        return self._channel.unasked()

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
        return self.without_paths(self._channel.printed)

    def without_paths(self, text: str) -> str:
        """Return text without this room's folder, whose name is another one in every run."""
        return text.replace(f"{self._scratch}/work/", "").replace(str(self._scratch), "(exam room)")

    def kill(self) -> None:
        """End the tree at once; what leaves it meanwhile is found when the session is closed."""
        for process in self._tree():
            with contextlib.suppress(psutil.Error):
                process.kill()

    def close(self) -> None:
        """End the whole tree and remove the room's folder."""
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
        self._channel.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _tree(self) -> Sequence[psutil.Process]:
        """Return what lives of the room: the driver, its descendants, and what left them to become our child."""
        with contextlib.suppress(psutil.Error):
            for process in [self._root, *self._root.children(recursive=True), *_orphans(self._strangers)]:
                self._seen.setdefault(process.pid, process)
        return [p for p in self._seen.values() if p.is_running()]


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


def _end(processes: Sequence[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(processes, timeout=2.0)


def _limit_resources(pid: int, limits: Limits) -> None:
    """Set what the kernel can enforce by itself, from outside; elsewhere the watch alone has to do."""
    if sys.platform == "linux":
        import resource  # noqa: PLC0415 - not there on Windows

        size = limits.file_mb * 2**20
        with contextlib.suppress(OSError):  # the process may be gone already
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, size))
            resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
