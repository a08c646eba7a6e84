"""The scorecard in a terminal, a pipe or a log: plain words first, colour and symbols only beside them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from graders.grading.scorecard import CriterionResult, Scorecard
from graders.report.plain_text import one_line, plain_text
from graders.report.quiet import NothingToClose
from graders.report.wording import (
    Outcome,
    by_group,
    headline,
    in_one_line,
    points_cell,
    standing_outcome,
    ungraded,
    ungraded_apology,
)

_STYLES: Mapping[str, str] = MappingProxyType(
    {
        "full": "green",
        "partial": "yellow",
        "none": "red",
        "blank": "",
        "open": "magenta",
        "ungraded": "bold red",
    }
)


class SittingProgress(Protocol):
    """Tells how far a sitting has come; a context manager around it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def started(self, name: str, title: str) -> None:
        """The questions of criterion `name` are being asked."""

    def finished(self, result: CriterionResult) -> None:
        """A criterion has been judged."""


def progress(console: Console) -> SittingProgress:
    """Return a live display where the console can move its cursor, one quiet line per criterion elsewhere."""
    return _LiveProgress(console) if console.is_interactive else _LineProgress(console)


class _LineProgress(NothingToClose):
    def __init__(self, console: Console) -> None:
        self._console = console

    def started(self, name: str, title: str) -> None:
        """Say nothing: a log is read afterwards."""

    def finished(self, result: CriterionResult) -> None:
        """Print one line."""
        self._console.print(_finished_line(result, self._console), soft_wrap=True)


class _LiveProgress:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._running: dict[str, str] = {}
        self._spinner = Spinner("dots" if _can_show("⠋", console) else "line")
        self._live = Live(console=console, transient=True, refresh_per_second=8)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def started(self, name: str, title: str) -> None:
        """Show the criterion as running."""
        self._running[name] = title
        self._show()

    def finished(self, result: CriterionResult) -> None:
        """Print the criterion's line above what still runs."""
        self._running.pop(result.name, None)
        self._console.print(_finished_line(result, self._console))
        self._show()

    def _show(self) -> None:
        titles = ", ".join(one_line(title) for title in self._running.values())
        told = _words(f"examining {titles}", self._console)
        told.truncate(max(1, self._console.width - 3), overflow="ellipsis")
        self._spinner.update(text=told)
        self._live.update(self._spinner if self._running else Text(), refresh=True)


def print_scorecard(scorecard: Scorecard, console: Console, *, report_path: Path | None) -> None:
    """Print the whole scorecard, first of all what could not be graded.

    Args:
        scorecard: what is shown.
        console: where; its width, colour and encoding are respected.
        report_path: where the full report is; None when there is none.
    """
    console.print()
    console.print(_words(scorecard.rubric, console, "bold"))
    console.print(_words(f"Submission: {one_line(scorecard.submission)}", console))
    _print_ungraded(scorecard, console)
    for group, criteria in by_group(scorecard.criteria):
        console.print()
        console.print(_words(group, console, "bold underline"))
        console.print(_group_table(criteria, scorecard, console))
    _print_total(scorecard, console)
    if scorecard.notices:
        console.print()
        console.print(_words("Worth knowing", console, "bold"))
        for notice in scorecard.notices:
            console.print(_bullet(notice.message, notice.where, console))
    if report_path is not None:
        console.print()
        console.print(_words(f"Full report: {report_path}", console), soft_wrap=True)


def _print_ungraded(scorecard: Scorecard, console: Console) -> None:
    lost = ungraded(scorecard)
    if not lost:
        return
    rows = [_words(ungraded_apology(len(lost)), console, "bold")]
    rows += [_words(f"{one_line(c.title)}: {one_line(c.reason)}", console) for c in lost]
    console.print()
    console.print(Panel(Group(*rows), title=Text("NOT GRADED"), border_style="bold red", title_align="left"))


def _group_table(criteria: Sequence[CriterionResult], scorecard: Scorecard, console: Console) -> Table:
    # Widths come from all criteria, so that the columns of every group stand under each other.
    titles = max(len(one_line(c.title)) for c in scorecard.criteria)
    points = max(len(points_cell(c)) for c in scorecard.criteria)
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    table.add_column("Mark", width=1)
    table.add_column("Criterion", width=min(titles, max(14, console.width * 3 // 10)), overflow="fold")
    table.add_column("Points", width=points, justify="right", no_wrap=True)
    table.add_column("How it came out", ratio=1, overflow="fold")
    for criterion in criteria:
        outcome = standing_outcome(criterion.standing)
        told = _words(outcome.words, console, _STYLES[outcome.key])
        told.append_text(_words(f": {one_line(in_one_line(criterion))}", console))
        title = _words(one_line(criterion.title), console)
        table.add_row(_mark(outcome, console), title, Text(points_cell(criterion)), told)
    return table


def _print_total(scorecard: Scorecard, console: Console) -> None:
    told = headline(scorecard)
    console.print()
    console.print(_words(told.line, console, "bold"))
    if told.still_open:
        console.print(_words(told.still_open, console, "magenta"))


def _finished_line(result: CriterionResult, console: Console) -> Text:
    outcome = standing_outcome(result.standing)
    line = Text.assemble(_mark(outcome, console), " ", _words(one_line(result.title), console))
    line.append(f"  {points_cell(result)}  ")
    return line.append_text(_words(outcome.words, console, _STYLES[outcome.key]))


def _mark(outcome: Outcome, console: Console) -> Text:
    return Text(outcome.symbol if _can_show(outcome.symbol, console) else " ", style=_STYLES[outcome.key])


def _bullet(message: str, where: str, console: Console) -> Table:
    row = Table.grid(padding=(0, 1, 0, 0))
    place = f" ({one_line(where)})" if where else ""
    row.add_row(Text("-"), _words(one_line(message) + place, console))
    return row


def _words(text: str, console: Console, style: str = "") -> Text:
    """Return words as rich `Text`, which is never read as markup, in characters that the console's encoding has."""
    shown = plain_text(text).replace("\n", " ").replace("\t", " ")
    return Text(shown.encode(console.encoding, "replace").decode(console.encoding), style=style, overflow="fold")


def _can_show(symbol: str, console: Console) -> bool:
    try:
        symbol.encode(console.encoding)
    except UnicodeEncodeError:
        return False
    return True
