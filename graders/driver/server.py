"""The server of a sandboxed room: imports the libraries once, then forks a child for each session.

It is process 1 of the room, so that its end is the end of everything in it, and no signal from inside reaches it. It
is told limits and handed descriptors, never what goes through them: a session's child reads its submission after the
fork, so the server holds nothing that a later child could find.

From outside: `open`, `status`, `end`; from inside: `hello`, `opened`, `status N`, `ended`, `damaged WHY`, `files`.
"""

import contextlib
import gc
import json
import os
import select
import shutil
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from graders.driver.confinement import become, filter_calls, hide_memory, limit
from graders.driver.preload import load_figures, load_numpy, load_torch
from graders.driver.session import hold_session

MESSAGE_BYTES = 2**16
DESCRIPTORS = 3  # questions, answers, output
FILES_CAP = 20_000  # a file system in memory bounds bytes by itself, but not the number of files
LOOK_SECONDS = 0.1
NATURAL_END_SECONDS = 1.0


class Server:
    """Serves one room's sessions, one at a time.

    Args:
        control: the socket to the outside, which keeps message boundaries.
        scratch: the one folder that can be written to.
        fonts: a folder with lists of fonts, copied to each session.
        draws: whether it is asked for figures.
    """

    def __init__(self, control: socket.socket, scratch: Path, fonts: Path, *, draws: bool) -> None:
        self._control = control
        self._scratch = scratch
        self._fonts = fonts
        self._figures_to_load = draws
        self._child = 0
        self._status: int | None = None
        wipe(scratch)  # of what the libraries left there when they were imported
        self._files_at_rest = self._files()

    def serve(self) -> None:
        """Serve until the outside closes the control socket."""
        self._tell("hello")
        while True:
            waiting = LOOK_SECONDS if self._child else None
            if not select.select([self._control], [], [], waiting)[0]:
                self._look()
                continue
            message, descriptors, _, _ = socket.recv_fds(self._control, MESSAGE_BYTES, DESCRIPTORS)
            if not message:
                os._exit(0)
            verb, _, told = message.partition(b" ")
            if verb == b"open":
                self._open(json.loads(told), descriptors)
            elif verb == b"status":
                self._tell(f"status {self._wait_for_status()}")
            else:
                self._end()
                self._prepare_for_more()

    def _prepare_for_more(self) -> None:
        """After the first session, import what each of the next ones would import by itself.

        A room that serves one session alone gains nothing by it.
        """
        if self._figures_to_load:
            self._figures_to_load = False
            lay_out(self._scratch, self._fonts)
            load_figures()
            wipe(self._scratch)
            gc.collect()
            gc.freeze()

    def _tell(self, text: str) -> None:
        self._control.send(text.encode())

    def _open(self, told: Mapping[str, Any], descriptors: Sequence[int]) -> None:
        self._status = None
        self._child = os.fork()
        if self._child == 0:
            try:
                self._control.close()
                sit(told, descriptors, self._scratch, self._fonts)
            except BaseException:  # noqa: BLE001 - a fault of ours; nobody else would say it
                traceback.print_exc()
            finally:
                os._exit(70)
        for descriptor in descriptors:
            os.close(descriptor)
        self._tell("opened")

    def _look(self) -> None:
        """End a child that fills the room with more files than it may."""
        if self._files() - self._files_at_rest > FILES_CAP:
            self._kill()
            self._tell("files")

    def _wait_for_status(self) -> int:
        """Return how the child ended: an exit status, or minus a signal; a child that closed its answers is ending."""
        deadline = time.monotonic() + NATURAL_END_SECONDS
        while self._status is None and time.monotonic() < deadline:
            self._reap(os.WNOHANG)
            time.sleep(0.002)
        return 1000 if self._status is None else self._status

    def _reap(self, flags: int) -> bool:
        """Bury one child; returns whether there was one to wait for."""
        try:
            pid, status = os.waitpid(-1, flags)
        except ChildProcessError:
            return False
        if pid == self._child:
            self._status = os.waitstatus_to_exitcode(status)
        return pid != 0

    def _kill(self) -> None:
        """End everything in the room but this process."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        while self._reap(0):
            pass
        self._child = 0

    def _end(self) -> None:
        """End the session and leave no trace of it; says so, or what is left."""
        self._kill()
        wipe(self._scratch)
        damage = [
            *(["files are left"] if self._files() != self._files_at_rest else []),
            *(["a thread runs"] if threads() != 1 else []),
            *(["a descriptor is open"] if entries("/proc/self/fd") != OPEN_AT_REST else []),
        ]
        self._tell(f"damaged {damage[0]}" if damage else "ended")

    def _files(self) -> int:
        counts = os.statvfs(self._scratch)
        return counts.f_files - counts.f_ffree


OPEN_AT_REST = 5  # three standard streams, the control socket, and the listing itself


def sit(told: Mapping[str, Any], descriptors: Sequence[int], scratch: Path, fonts: Path) -> None:
    """Be the child: take the session's descriptors, give up what a submission shall not have, and answer."""
    questions, answers, output = descriptors
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    lay_out(scratch, fonts)
    os.chdir(scratch / "work")
    for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, INHERITED_SIGNALS[number])
    limit(told["limits"])
    filter_calls(bytes.fromhex(told["filter"]))
    hold_session(os.fdopen(questions, "rb"), os.fdopen(answers, "wb"))


def lay_out(scratch: Path, fonts: Path) -> None:
    """Make the folders of a session, with Matplotlib's lists of fonts in one of them."""
    for name in ("work", "tmp", "matplotlib"):
        (scratch / name).mkdir()
    for path in fonts.iterdir():
        shutil.copy(path, scratch / "matplotlib")


# What a plain Python process has; the server itself ignores them, for its children share its user.
INHERITED_SIGNALS: Mapping[int, Any] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGPIPE: signal.SIG_IGN,
    signal.SIGXFSZ: signal.SIG_IGN,
}


def threads() -> int:
    """Return how many threads this process has, in the kernel's count."""
    return entries("/proc/self/task")


def entries(folder: str) -> int:
    """Return how many entries a folder has."""
    return len(list(Path(folder).iterdir()))


def wipe(folder: Path) -> None:
    """Remove everything in a folder, however deep it nests and whatever its modes: never a long path, no recursion."""
    left = [entry.path for entry in os.scandir(folder)]
    number = 0
    while left:
        path = left.pop()
        with contextlib.suppress(OSError):
            if os.path.islink(path) or not os.path.isdir(path):  # noqa: PTH112, PTH114 - names may be any bytes
                os.unlink(path)  # noqa: PTH108
                continue
            os.chmod(path, 0o700)  # noqa: PTH101
            for entry in list(os.scandir(path)):
                number += 1
                if entry.is_dir(follow_symlinks=False):
                    os.chmod(entry.path, 0o700)  # noqa: PTH101 - a folder that may not be written to cannot be moved
                moved = str(folder / f".wiped-{number}")
                os.rename(entry.path, moved)  # noqa: PTH104
                left.append(moved)
            os.rmdir(path)  # noqa: PTH106


def main(told: Mapping[str, Any]) -> None:
    """Become who the room's server shall be, import its libraries, and serve."""
    become(told["uid"])
    hide_memory()
    control = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.close(null)
    os.umask(0o077)
    for number in INHERITED_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    load_numpy()
    if told["torch"]:
        load_torch()
    if threads() != 1 or threading.active_count() != 1:
        sys.exit("a library started a thread while the room was being prepared")
    gc.collect()
    gc.freeze()  # so that the children share these pages until they end
    Server(control, Path(told["scratch"]), Path(told["fonts"]), draws=told["torch"]).serve()


if __name__ == "__main__":
    main(json.loads(sys.argv[3]))
