"""Where the time of the exam rooms goes, by room and part; for --profile and the benchmarks."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum

from graders.foundation.call import Room


class Part(StrEnum):
    """What a room was busy with, seen from outside."""

    OPENING = "opening the room and handing the files in"
    IMPORTING = "importing the submission"
    ASKING = "questions, from asking to answer"
    STUDENT = "of which the submission's own code"
    STUDENT_CPU = "CPU seconds of the submission's own code"
    CLOSING = "ending the session"


class Ledger:
    """Adds up seconds; rooms work in threads of their own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds: defaultdict[tuple[Room, Part], float] = defaultdict(float)
        self._counts: defaultdict[tuple[Room, Part], int] = defaultdict(int)
        self.overdrafts: list[tuple[str, float]] = []  # which limit was passed, and after how long that was ended

    def add(self, room: Room, part: Part, seconds: float) -> None:
        """Add seconds to a part."""
        with self._lock:
            self._seconds[room, part] += seconds
            self._counts[room, part] += 1

    @contextmanager
    def timed(self, room: Room, part: Part) -> Iterator[None]:
        """Add the wall seconds of a block."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.add(room, part, time.monotonic() - start)

    @property
    def entries(self) -> Mapping[tuple[Room, Part], tuple[int, float]]:
        """How often and how long, by room and part."""
        with self._lock:
            return {key: (self._counts[key], seconds) for key, seconds in self._seconds.items()}
