"""The rooms of one grading process: opened when first needed, kept warm for the next session, renewed when in doubt."""

import threading
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from types import TracebackType
from typing import Self

from graders.exam_room.isolation import Isolation, isolation
from graders.exam_room.ledger import Ledger
from graders.exam_room.process import ProcessSession
from graders.exam_room.sandboxed import SandboxSession
from graders.exam_room.server import RoomClosed, RoomServer
from graders.exam_room.session import Session
from graders.foundation.call import Room
from graders.foundation.limits import Limits

RENEW_AFTER = 50  # sessions; what a room might gather unseen does not outlive them

Kind = tuple[Room, tuple[str, ...], int]


class Rooms:
    """Opens sessions for any number of submissions, one after another or side by side.

    Where there is a sandbox, a session takes a warm room that waits, or opens another; nothing of a session is left
    when its room takes the next. Where there is none, every session is a process of its own.

    Args:
        fresh: whether every session has a new room.
        side_by_side: whether a submission's NumPy and PyTorch rooms work at the same time. Where others keep every core
            busy that only costs: they push each other out of the caches.
        separated: what separates a room from the machine; by default, what this machine can do.
    """

    def __init__(self, *, fresh: bool = False, side_by_side: bool = True, separated: Isolation | None = None) -> None:
        self.ledger = Ledger()
        self.side_by_side = side_by_side
        self._fresh = fresh
        self._separated = separated
        self._lock = threading.Lock()
        self._waiting: defaultdict[Kind, list[RoomServer]] = defaultdict(list)
        self._open: set[RoomServer] = set()
        self._shut = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        self.close()

    @property
    def isolation(self) -> Isolation:
        """What separates these rooms from the machine."""
        return self._separated or isolation()

    def session(self, room: Room, limits: Limits, forbidden: Sequence[str] = ()) -> Session:
        """Open a session; its `close` gives the room back.

        Raises:
            RoomClosed: a sandboxed room does not open.
        """
        if not self.isolation.is_sandbox:
            return ProcessSession(limits)
        kind = (room, tuple(forbidden), limits.scratch_mb)
        while True:
            server = self._taken(kind)
            used = server.sessions > 0
            try:
                return SandboxSession(server, limits, partial(self._returned, kind, server))
            except BaseException as error:
                self._returned(kind, server, fit=False)
                if not (used and isinstance(error, RoomClosed)):
                    raise  # a warm room may have been damaged without a sign; a new one must open

    def warm(self, room: Room, limits: Limits, forbidden: Sequence[str] = ()) -> None:
        """Have a room ready before it is asked for; returns at once."""
        if self.isolation.is_sandbox and not self._fresh:
            kind = (room, tuple(forbidden), limits.scratch_mb)
            server = self._taken(kind)
            self._returned(kind, server, fit=True)

    def close(self) -> None:
        """End every room."""
        with self._lock:
            self._shut = True
            rooms, self._open = self._open, set()
            self._waiting.clear()
        for server in rooms:
            server.close()

    def _taken(self, kind: Kind) -> RoomServer:
        with self._lock:
            if self._waiting[kind]:
                return self._waiting[kind].pop()
            if self._shut:
                message = "the exam rooms are closed"
                raise RoomClosed(message)
            server = RoomServer(*kind)
            self._open.add(server)
            return server

    def _returned(self, kind: Kind, server: RoomServer, *, fit: bool) -> None:
        with self._lock:
            keep = fit and not self._fresh and not self._shut and server.sessions < RENEW_AFTER
            if keep:
                self._waiting[kind].append(server)
            ours = server in self._open
            if not keep:
                self._open.discard(server)
        if not keep and ours:
            server.close()
