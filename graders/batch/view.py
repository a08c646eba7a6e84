"""How far a batch has come: a live view where the console can move its cursor, quiet lines elsewhere."""

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from graders.report.plain_text import one_line
from graders.report.quiet import NothingToClose

LINES_EVERY = 20.0  # seconds between two lines of counts in a log
SHOWN_RUNNING = 16


class BatchView(Protocol):
    """Is told how a batch goes on; a context manager around it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def started(self, name: str) -> None:
        """A submission is being graded."""

    def finished(self, name: str, *, told: str, failed: bool, kept: bool = False) -> None:
        """A submission was graded, was kept from before, or could not be graded."""

    def tick(self) -> None:
        """Show the time that has passed."""


def batch_view(console: Console, total: int) -> BatchView:
    """Return the view that suits the console."""
    return LiveView(console, total) if console.is_interactive else LineView(console, total)


class Counts:
    """Done, kept, failed and running, and what follows from them."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.graded = 0
        self.kept = 0
        self.failed = 0
        self.running: dict[str, float] = {}
        self._start = time.monotonic()

    @property
    def done(self) -> int:
        """All that need no more work."""
        return self.graded + self.kept + self.failed

    @property
    def told(self) -> Sequence[str]:
        """The counts in words."""
        words = [f"{self.done} of {self.total} done"]
        words += [f"{self.kept} kept from before"] if self.kept else []
        words += [f"{self.failed} failed"] if self.failed else []
        minutes = (time.monotonic() - self._start) / 60
        worked = self.graded + self.failed
        if worked and minutes > 0:
            words.append(f"{worked / minutes:.1f} a minute")
            words.append(f"{duration((self.total - self.done) * minutes * 60 / worked)} left")
        return words


def duration(seconds: float) -> str:
    """Return a time as people say it: 40 s, 12 min, 3 h 05 min."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02d} min"


class LineView(NothingToClose):
    """One line for what failed, and the counts now and then: a log is read afterwards."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._counts = Counts(total)
        self._last = time.monotonic()

    def started(self, name: str) -> None:
        """Note it."""
        self._counts.running[name] = time.monotonic()

    def finished(self, name: str, *, told: str, failed: bool, kept: bool = False) -> None:
        """Count it; a failure gets a line."""
        _count(self._counts, name, failed=failed, kept=kept)
        if failed:
            self._console.print(Text(f"{one_line(name)}: {one_line(told)}"), soft_wrap=True)
        self.tick()

    def tick(self) -> None:
        """Print the counts, but not often."""
        if time.monotonic() - self._last >= LINES_EVERY:
            self._last = time.monotonic()
            self._console.print(Text(", ".join(self._counts.told)), soft_wrap=True)


class LiveView:
    """A bar, the counts and what is running, redrawn in place."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._counts = Counts(total)
        self._live = Live(console=console, transient=True, auto_refresh=False)
        self._drawn = 0.0

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def started(self, name: str) -> None:
        """Show it as running."""
        self._counts.running[name] = time.monotonic()
        self.tick()

    def finished(self, name: str, *, told: str, failed: bool, kept: bool = False) -> None:
        """Count it; a failure is printed above the view."""
        _count(self._counts, name, failed=failed, kept=kept)
        if failed:
            self._console.print(Text(f"{one_line(name)}: {one_line(told)}", style="red"))
        self.tick()

    def tick(self) -> None:
        """Redraw, at most eight times a second."""
        if time.monotonic() - self._drawn < 0.125:
            return
        self._drawn = time.monotonic()
        rows = Table.grid(padding=(0, 2, 0, 0))
        rows.add_column(overflow="ellipsis", no_wrap=True, max_width=max(20, self._console.width - 12))
        rows.add_column(justify="right")
        for name, start in list(self._counts.running.items())[:SHOWN_RUNNING]:
            rows.add_row(Text(f"  {one_line(name)}"), Text(duration(self._drawn - start)))
        bar = ProgressBar(total=max(1, self._counts.total), completed=self._counts.done)
        line = Padding(bar, 0)  # a bar by itself has no end of line
        self._live.update(Group(line, Text(", ".join(self._counts.told)), rows), refresh=True)


def _count(counts: Counts, name: str, *, failed: bool, kept: bool) -> None:
    counts.running.pop(name, None)
    if failed:
        counts.failed += 1
    elif kept:
        counts.kept += 1
    else:
        counts.graded += 1
