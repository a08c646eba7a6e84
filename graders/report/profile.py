"""Where the time of a grading went, for --profile."""

import time
from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from graders.exam_room.ledger import Part
from graders.foundation.call import Room

Entries = Mapping[tuple[Room, Part], tuple[int, float]]


class Stopwatch:
    """Notes what this process did, lap by lap."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._wall = time.monotonic()
        self._cpu = time.thread_time()

    def lap(self, wall: str, cpu: str = "") -> None:
        """Note the wall seconds since the last lap under a name, and under another the CPU seconds of this thread."""
        now, busy = time.monotonic(), time.thread_time()
        self.seconds[wall] = now - self._wall
        if cpu:
            self.seconds[cpu] = busy - self._cpu
        self._wall, self._cpu = now, busy


def print_profile(rooms: Entries, ours: Mapping[str, float], console: Console) -> None:
    """Print what the rooms were busy with, then what this process was.

    Args:
        rooms: how often and how many wall seconds, by room and part.
        ours: seconds of this process by what it did.
        console: where to.
    """
    table = Table(title="Where the time went", title_justify="left", show_edge=False)
    table.add_column("part")
    table.add_column("times", justify="right")
    table.add_column("seconds", justify="right")
    for room in Room:
        for part in Part:
            times, seconds = rooms.get((room, part), (0, 0.0))
            if times:
                table.add_row(f"{room.value} room: {part.value}", str(times), f"{seconds:.2f}")
        table.add_section()
    for name, seconds in ours.items():
        table.add_row(name, "", f"{seconds:.2f}")
    console.print(table)
    console.print("The two rooms work side by side, so their seconds overlap.", soft_wrap=True)
