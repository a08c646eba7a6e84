"""Walking a person through open points in a terminal: answer beside evidence, one key and Enter for each."""

import datetime
from collections.abc import Callable

from rich.columns import Columns
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from graders.ledger import Award, Ledger
from graders.report.plain_text import one_line, plain_text
from graders.review.points import OpenPoint, answer_to, evidence_for, points_of, scorecard_for

KEYS = "a number gives points, f all, n none, s later, c comment, q stop"


def walk(ledger: Ledger, console: Console, ask: Callable[[str], str], who: str, *, everything: bool = False) -> int:
    """Walk through what is open; each award is kept at once, so that the next walk goes on where this one stopped.

    Args:
        ledger: the class.
        console: where it is shown.
        ask: shows a prompt and returns what was typed; raises EOFError at the end of the input.
        who: the reviewer.
        everything: also what is decided.

    Returns:
        How many points were given.
    """
    points = points_of(ledger, everything=everything)
    given = 0
    for number, point in enumerate(points, start=1):
        show(ledger, console, point, place=f"{number} of {len(points)}")
        why = point.award.why if point.award else ""
        while True:
            try:
                typed = ask(f"Points, 0 to {point.row.points:g} [{KEYS}]: ").strip()
            except EOFError:
                typed = "q"
            if typed in ("q", "Q"):
                return given
            if typed in ("c", "C"):
                why = ask("Comment: ").strip()
                continue
            if typed in ("s", "S", ""):
                ledger.keep_skipped(point.result.hand_in.student, point.row.name)
                break
            points_typed = points_in(typed, point.row.points)
            if points_typed is None:
                console.print(Text(f"'{one_line(typed)}' is none of: {KEYS}"), soft_wrap=True)
                continue
            ledger.keep_awards([award(point, points_typed, who, why)])
            given += 1
            break
    return given


def points_in(typed: str, most: float) -> float | None:
    """Return the points that were typed; None if they are none, or more than there are."""
    words = {"f": most, "F": most, "n": 0.0, "N": 0.0}
    try:
        points = words[typed] if typed in words else float(typed.replace(",", "."))
    except ValueError:
        return None
    return round(points, 2) if 0 <= points <= most else None


def award(point: OpenPoint, points: float, who: str, why: str) -> Award:
    """Return an award as of now."""
    at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    student = point.result.hand_in.student
    return Award(student=student, criterion=point.row.name, points=points, who=who, at=at, why=why)


def show(ledger: Ledger, console: Console, point: OpenPoint, *, place: str) -> None:
    """Show the answer beside the evidence."""
    card = scorecard_for(ledger, point)
    student = point.result.hand_in
    title = f"{place}: {one_line(student.name)}, {one_line(point.row.title)}, up to {point.row.points:g} points"
    console.print()
    console.rule(Text(title))
    if point.award:
        console.print(Text(f"Given before: {point.award.points:g} by {one_line(point.award.who)}"))
    answer = answer_to(card, point.row.name) if card else ""
    evidence = evidence_for(card, point.row.name) if card else [point.row.reason]
    panels = [Panel(_words("\n".join(evidence) or "none"), title=Text("Evidence"), title_align="left")]
    if answer:
        panels.insert(0, Panel(_words(answer), title=Text("Answer"), title_align="left"))
    half = max(38, console.width // len(panels) - 1)
    for panel in panels:
        panel.width = half if console.width >= 2 * half else console.width
    console.print(Columns(panels, padding=(0, 1)))


def _words(text: str) -> Text:
    return Text(plain_text(text), overflow="fold")
