"""What `grade.py doctor` finds out: what this machine can do, and how to get the rest."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import psutil
from rich.console import Console
from rich.text import Text

from graders.exam_room import Rooms
from graders.exam_room.isolation import Isolation
from graders.foundation.call import Room
from graders.foundation.errors import PlumblineError
from graders.foundation.limits import Limits
from graders.grading.environment import environment

HELD = (
    "no network; own processes, users' and host names; an empty environment",
    "read-only view of the Python installation; none of the home, the project or the data",
    "a filter on system calls; threads but no processes; limits on memory, CPU, files and output",
)
NOT_HELD = "Code that looks for your files, labels among them, can read them: grade only work that you trust."


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Args:
        subject: what.
        state: "ok", "missing" or "failed".
        told: what was found, a line each.
        remedy: what to do about it; empty where nothing has to be done.
    """

    subject: str
    state: str
    told: tuple[str, ...]
    remedy: str = ""


def look(*, as_json: bool) -> int:
    """Look, print, and return the exit status."""
    with Rooms() as rooms:
        findings = [machine(), packages(), sandbox(rooms.isolation), *(opening(rooms, room) for room in Room)]
    if as_json:
        sys.stdout.write(json.dumps({"findings": [asdict(f) for f in findings]}, indent=2) + "\n")
    else:
        show(findings, Console(highlight=False))
    states = {finding.state for finding in findings}
    return 3 if "failed" in states else 2 if "missing" in states else 0


def machine() -> Finding:
    """Return what of the machine bears on grading."""
    memory = psutil.virtual_memory().total / 2**30
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    told = (f"{environment()['platform']}, {cores} cores, {memory:.0f} GB of memory",)
    return Finding(subject="machine", state="ok", told=told)


def packages() -> Finding:
    """Return the versions that a result depends on."""
    versions = {name: version for name, version in environment().items() if name != "platform"}
    missing = [name for name, version in versions.items() if version == "not installed"]
    told = (", ".join(f"{name} {version}" for name, version in versions.items()),)
    if missing:
        return Finding(subject="packages", state="failed", told=told, remedy="Run: make grade")
    return Finding(subject="packages", state="ok", told=told)


def sandbox(isolation: Isolation) -> Finding:
    """Return whether the kernel keeps the rooms apart from the machine."""
    if not isolation.is_sandbox:
        told = (isolation.lacks, NOT_HELD)
        return Finding(subject="sandbox", state="missing", told=told, remedy=isolation.remedy)
    return Finding(subject="sandbox", state="ok", told=(_bubblewrap(), *HELD))


def _bubblewrap() -> str:
    found = shutil.which("bwrap") or "bwrap"
    told = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - ours
    who = "another user than root inside" if os.geteuid() == 0 else "unprivileged, by user namespaces"
    return f"{told.stdout.strip()} at {found}; {who}"


def opening(rooms: Rooms, room: Room) -> Finding:
    """Open a room and return how long that took."""
    subject = f"{room.value} room"
    start = time.monotonic()
    try:
        rooms.session(room, Limits()).close()
    except PlumblineError as error:
        return Finding(subject=subject, state="failed", told=(error.message,), remedy=error.remedy)
    if not rooms.isolation.is_sandbox:
        return Finding(subject=subject, state="ok", told=("opens as a process of its own",))
    first, start = time.monotonic() - start, time.monotonic()
    rooms.session(room, Limits()).close()
    told = f"opens in {first:.2f} s, and for the next submission in {1000 * (time.monotonic() - start):.0f} ms"
    return Finding(subject=subject, state="ok", told=(told,))


def show(findings: Sequence[Finding], console: Console) -> None:
    """Print the findings, a word for the state before anything that colour says."""
    styles = {"ok": "green", "missing": "yellow", "failed": "bold red"}
    for finding in findings:
        line = Text(f"{finding.state:8}", style=styles[finding.state])
        line.append(f"{finding.subject:12}", style="bold").append(finding.told[0], style="default")
        console.print(_hanging(line))
        for told in finding.told[1:]:
            console.print(_hanging(Text(" " * 20 + told)))
        if finding.remedy:
            console.print(_hanging(Text(" " * 20 + "What to do: " + finding.remedy)))


def _hanging(line: Text) -> Text:
    """Return a line whose further rows stand under its text."""
    width = max(40, Console().width - 20)
    head, body = line[:20], line[20:]
    rows = body.wrap(Console(), width)
    shown = head
    for place, row in enumerate(rows):
        row.rstrip()
        shown = shown.append("\n" + " " * 20 if place else "").append_text(row)
    return shown
