"""A session in a sandboxed room: a child of the room's server, watched and ended from outside."""

import contextlib
import time
from collections.abc import Sequence
from typing import Protocol

import psutil

from graders.exam_room.channel import Channel
from graders.exam_room.sandbox import SCRATCH
from graders.exam_room.server import RoomServer
from graders.exam_room.watch import Overdrawn, Watch
from graders.foundation.limits import Limits
from graders.wire.frames import Closed, Frame


class GiveBack(Protocol):
    """Takes a room back after a session."""

    def __call__(self, *, fit: bool) -> None:
        """Keep the room if it is fit for another session, else end it."""


class SandboxSession:
    """One submission in a room that may serve others after it.

    Args:
        server: the room.
        limits: what the submission may use.
        give_back: takes the room back, once.
    """

    def __init__(self, server: RoomServer, limits: Limits, give_back: GiveBack) -> None:
        self._server = server
        self._give_back = give_back
        questions, answers, output, process = server.open(limits)
        self._processes = [process]  # it may start no other
        self._channel = Channel(questions, answers, output, limits)
        self._watch = Watch(limits, self._tree)

    def send(self, frame: Frame) -> None:
        """Send a frame; returns at once."""
        self._channel.send(frame)

    def receive(self, seconds: float, cpu_seconds: float) -> Frame:
        """Wait for the next frame while watching the session."""
        try:
            return self._watch.receive(self._channel, seconds, cpu_seconds)
        except Closed:
            if self._server.overfull():
                raise Overdrawn("files", "made too many files", time.monotonic()) from None
            raise

    def unasked(self) -> bool:
        """Tell whether a frame arrived that nobody asked for."""
        return self._channel.unasked()

    @property
    def exit_status(self) -> int | None:
        """The session's exit status, negative for a signal, None while it runs."""
        return self._server.status()

    @property
    def printed(self) -> str:
        """What the submission printed, up to the cap."""
        return self.without_paths(self._channel.printed)

    def without_paths(self, text: str) -> str:
        """Return text without the room's folder, as a room without a sandbox shows it."""
        return text.replace(f"{SCRATCH}/work/", "").replace(str(SCRATCH), "(exam room)")

    def kill(self) -> None:
        """End the session's process from outside, without waiting for the room's server."""
        for process in self._processes:
            if not self._server.is_server(process):
                with contextlib.suppress(psutil.Error):
                    process.kill()

    def close(self) -> None:
        """End everything in the session; the room is given back, or given up where anything is left of it."""
        fit = self._server.end_session()
        self._channel.close()
        self._give_back(fit=fit)

    def _tree(self) -> Sequence[psutil.Process]:
        return self._processes
