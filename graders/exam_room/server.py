"""A sandboxed room from outside: its server is started once, and forks a child for each session that is opened."""

import contextlib
import json
import os
import socket
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from typing import IO

import psutil

from graders.exam_room import sandbox
from graders.exam_room.isolation import boundary
from graders.exam_room.process import LIVE_ROOTS, STARTING
from graders.foundation.call import Room
from graders.foundation.errors import OurFault
from graders.foundation.limits import Limits

START_SECONDS = 120.0
REPLY_SECONDS = 10.0  # the server's own work is a few milliseconds
ENDING_SECONDS = 2.0
MESSAGE_BYTES = 4096
RUNNING = 1000  # what the server says of a child that has not ended; no exit status is as large


class RoomClosed(OurFault):
    """A sandboxed room did not open, or its server ended outside a session; never the submission's loss."""


class RoomServer:
    """One sandboxed room.

    Args:
        room: which libraries it imports ahead.
        forbidden: packages that do not exist in it.
        scratch_mb: how much its submission's files may fill together.
    """

    def __init__(self, room: Room, forbidden: tuple[str, ...], scratch_mb: int) -> None:
        self.sessions = 0
        self._ready = False
        self._starting = threading.Lock()
        self._control, inside = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - what is said when it does not start; open until it ends
        arguments = {"torch": room is Room.TORCH, "fonts": str(sandbox.DRIVER / "fonts")}
        self._boundary = contextlib.ExitStack()
        drawn = self._boundary.enter_context(boundary(forbidden, scratch_mb=scratch_mb))
        with inside, STARTING:
            self._popen = subprocess.Popen(  # noqa: S603 - the command is ours
                sandbox.command(drawn, "graders.driver.server", arguments),
                stdin=inside.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=self._words,
                pass_fds=[drawn.filter_fd],
                start_new_session=True,
                env={},
            )
            LIVE_ROOTS.add(self._popen.pid)

    def wait_until_ready(self) -> None:
        """Wait until the libraries are imported.

        Raises:
            RoomClosed: the room does not open.
        """
        with self._starting:
            if self._ready:
                return
            try:
                said = self._reply(START_SECONDS)
            except RoomClosed as error:
                self._words.seek(0)
                words = self._words.read().decode(errors="replace").strip().splitlines()
                message = f"an exam room does not open ({words[-1] if words else error.message})"
                raise RoomClosed(message, remedy="See what this machine can do: python grade.py doctor") from error
            finally:
                self._boundary.close()
            if said != "hello":
                message = "an exam room opens with the wrong word"
                raise RoomClosed(message)
            self._server = psutil.Process(self._popen.pid).children()[0]
            self._ready = True

    def open(self, limits: Limits) -> tuple[IO[bytes], IO[bytes], IO[bytes], psutil.Process]:
        """Open a session; returns where questions go in, where answers and output come out, and its process."""
        self.wait_until_ready()
        self.sessions += 1
        from graders.exam_room.syscalls import candidate_filter  # noqa: PLC0415 - Linux only

        told = {"limits": kernel_limits(limits), "filter": candidate_filter().hex()}
        (questions, to_room), (from_room, answers), (from_output, output) = os.pipe(), os.pipe(), os.pipe()
        theirs = [questions, answers, output]
        with contextlib.ExitStack() as unless_opened:
            ours = (os.fdopen(to_room, "wb", 0), os.fdopen(from_room, "rb", 0), os.fdopen(from_output, "rb", 0))
            for stream in ours:
                unless_opened.enter_context(stream)
            try:
                socket.send_fds(self._control, [b"open " + json.dumps(told).encode()], theirs)
            except OSError as error:
                message = "an exam room ended before its next session"
                raise RoomClosed(message) from error
            finally:
                for descriptor in theirs:
                    os.close(descriptor)
            if self._reply() != "opened":
                message = "an exam room does not open a session"
                raise RoomClosed(message)
            unless_opened.pop_all()
        return *ours, self._child()

    def _child(self) -> psutil.Process:
        """Return the session's process; one that has ended already is as good as the server itself for a watch."""
        with contextlib.suppress(psutil.Error):
            children = self._server.children()
            if children:
                return children[0]
        return self._server

    def is_server(self, process: psutil.Process) -> bool:
        """Tell whether a process is the room's server, which must outlive its sessions."""
        return process == self._server

    def status(self) -> int | None:
        """Return how the session's process ended, or None while it runs."""
        try:
            self._tell("status")
            number = int(self._reply_about("status").partition(" ")[2])
        except (RoomClosed, ValueError):
            return None
        return number if abs(number) < RUNNING else None

    def end_session(self) -> bool:
        """End everything in the room; returns whether it is as it was before the session."""
        try:
            self._tell("end")
            return self._reply_about("ended", "damaged") == "ended"
        except RoomClosed:
            return False

    def overfull(self) -> bool:
        """Tell whether the server ended the session for its number of files."""
        self._control.settimeout(0.0)
        with contextlib.suppress(OSError):  # nothing was said
            return self._control.recv(MESSAGE_BYTES, socket.MSG_PEEK) == b"files"
        return False

    def close(self) -> None:
        """End the room; everything in it ends with its first process."""
        with contextlib.suppress(psutil.Error, subprocess.TimeoutExpired):
            inside = psutil.Process(self._popen.pid).children()
            for process in inside:
                process.kill()
            if inside:
                self._popen.wait(ENDING_SECONDS)  # it ends by itself then, and counts what they used as its own
        self._popen.kill()
        self._popen.wait()
        LIVE_ROOTS.discard(self._popen.pid)
        self._control.close()
        self._words.close()
        self._boundary.close()

    def _tell(self, text: str) -> None:
        try:
            self._control.send(text.encode())
        except OSError as error:
            message = "an exam room ended"
            raise RoomClosed(message) from error

    def _reply_about(self, *verbs: str) -> str:
        """Return the next reply of these kinds; one about the number of files may stand before it."""
        for _ in range(2):
            said = self._reply()
            if said.partition(" ")[0] in verbs:
                return said
        message = "an exam room answers another question"
        raise RoomClosed(message)

    def _reply(self, seconds: float = REPLY_SECONDS) -> str:
        self._control.settimeout(seconds)
        try:
            said = self._control.recv(MESSAGE_BYTES)
        except OSError as error:
            message = f"it did not answer within {seconds:g} s"
            raise RoomClosed(message) from error
        if not said:
            message = "it ended"
            raise RoomClosed(message)
        return said.decode(errors="replace")


def kernel_limits(limits: Limits) -> Mapping[str, int]:
    """Return what the kernel is told; it stands behind the watch, which says in words what was passed."""
    return {
        "memory": limits.memory_mb * 2**20,
        "file": limits.file_mb * 2**20,
        "processes": limits.processes,
        "cpu": int(limits.submission_seconds * 1.5) + 60,
        "count_processes": int(os.geteuid() == 0 or _counts_by_namespace()),
    }


def _counts_by_namespace() -> bool:
    """Tell whether this kernel counts a user's processes by user namespace: since Linux 5.14."""
    major, _, rest = os.uname().release.partition(".")
    minor = rest.partition(".")[0]
    return (int(major), int(minor) if minor.isdigit() else 0) >= (5, 14)
