"""Workers on this machine: a process each, which grades one whole submission after another. One that dies costs one.

Results come back in files: what a submission answered is 20 MB, for which a pipe takes several times as long.
"""

import concurrent.futures
import contextlib
import ctypes
import mmap
import multiprocessing
import multiprocessing.util
import os
import pickle
import signal
import sys
import tempfile
import uuid
from collections.abc import Callable, Container
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Protocol, Self, TypeVar, cast

import pebble
import psutil

from graders.exam_room.process import adopt_orphans

T = TypeVar("T")
PR_SET_PDEATHSIG = 1
STOPPED = 130
TASKS_EACH = 200  # mostly one a submission; then a fresh worker takes over, whatever this one may have let grow


class WorkerDied(Exception):
    """The process or machine that had the work is gone; the work may be tried elsewhere."""


class Workers(Protocol):
    """Runs functions elsewhere."""

    @property
    def count(self) -> int:
        """How many pieces of work are done at a time."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def submit(self, function: Callable[..., T], *arguments: Any) -> "concurrent.futures.Future[T]":  # noqa: ANN401
        """Run `function(*arguments)` in a worker."""

    def result(self, future: "concurrent.futures.Future[T]") -> T:
        """Return what came of it.

        Raises:
            WorkerDied: the worker is gone.
            TimeoutError: it took far too long.
        """


class LocalWorkers:
    """Processes on this machine.

    Args:
        count: how many.
        timeout: seconds after which one piece of work is given up, and its process with it.
    """

    def __init__(self, count: int, timeout: float) -> None:
        self._count = count
        self._timeout = timeout
        adopt_orphans()
        self._strangers = frozenset(psutil.Process().children())
        self._folder = tempfile.TemporaryDirectory(prefix="plumbline-results-", ignore_cleanup_errors=True)
        self._pool = pebble.ProcessPool(
            max_workers=count,
            max_tasks=TASKS_EACH,
            initializer=live_no_longer_than,
            initargs=(os.getpid(),),
            context=multiprocessing.get_context("spawn"),
        )

    @property
    def folder(self) -> str:
        """Where results lie on their way; gone when the workers are."""
        return self._folder.name

    @property
    def count(self) -> int:
        """How many processes."""
        return self._count

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._pool.close()  # type: ignore[no-untyped-call]
        else:
            self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()
        self._folder.cleanup()

    def submit(self, function: Callable[..., T], *arguments: Any) -> "concurrent.futures.Future[T]":  # noqa: ANN401
        """Run `function(*arguments)` in a worker."""
        scheduled = self._pool.schedule(delivered, args=(self.folder, function, *arguments), timeout=self._timeout)
        return cast("concurrent.futures.Future[T]", scheduled)  # what it holds is a delivery: `result` opens it

    def result(self, future: "concurrent.futures.Future[T]") -> T:
        """Return what came of it."""
        try:
            delivery: Any = future.result()
        except pebble.ProcessExpired as error:
            end_orphans(self._strangers)
            message = f"the worker process ended by itself (status {error.exitcode})"
            raise WorkerDied(message) from error
        result: T = taken(delivery)
        return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A result on its way back.

    Args:
        file: the file that holds it; None where none could be written.
        result: the result itself, where there is no file.
    """

    file: Path | None = None
    result: Any = None


def delivered(folder: str, function: Callable[..., Any], *arguments: Any) -> Delivery:  # noqa: ANN401
    """Leave the result of `function(*arguments)` in a file of that folder."""
    result = function(*arguments)
    path = Path(folder) / uuid.uuid4().hex
    try:
        with path.open("xb") as file:
            pickle.dump(result, file, protocol=pickle.HIGHEST_PROTOCOL)
    except OSError:  # no room for it
        path.unlink(missing_ok=True)
        return Delivery(result=result)
    return Delivery(file=path)


def taken(delivery: Delivery) -> Any:  # noqa: ANN401
    """Return a delivered result; its file is removed."""
    if delivery.file is None:
        return delivery.result
    with delivery.file.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        result = pickle.loads(content)  # noqa: S301 - written by a worker of ours, in a folder of ours
    delivery.file.unlink()
    return result


def _end(_number: int, _frame: FrameType | None) -> None:
    """End this process the way that closes its exam rooms first."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not interrupt the closing
    raise SystemExit(STOPPED)


def end_orphans(strangers: Container[psutil.Process]) -> None:
    """End the exam rooms that a dead worker left behind: our children that are neither workers nor older than them."""
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            if child in strangers or any("multiprocessing" in part for part in child.cmdline()):
                continue
            for process in (*child.children(recursive=True), child):
                process.kill()
            child.wait(timeout=5)


def live_no_longer_than(parent: int) -> None:
    """Have this process end, its exam rooms first, when the batch ends it or is gone."""
    signal.signal(signal.SIGTERM, _end)
    # A worker that ends by itself is told once more to end; it closes its rooms in either case.
    multiprocessing.util.Finalize(None, signal.signal, (signal.SIGTERM, signal.SIG_IGN), exitpriority=0)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it was gone before the line above
            os._exit(1)
