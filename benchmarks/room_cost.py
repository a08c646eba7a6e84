"""What the exam room costs, measured in one run.

    python -m benchmarks.room_cost [--rubric NAME] [--submissions N] [--workers N]

(a) One grading in warm rooms, after another one, against the floor: the same calls in a bare process with everything
    imported.
(b) Many submissions on a few workers: which share of all CPU time is the submissions' own code, in warm rooms
    and with rooms opened anew for each submission. That code is measured where it runs: the import of its
    modules and the calls of its functions. Beside it stands what the same calls take in as many bare processes at
    once as there are workers: a room must not make them slower.
(c) Each layer of the sandbox, switched off in turn: milliseconds for one session (benchmarks/layer_cost.py).
(d) How long a cold command line takes to its first verdict on a change of the NumPy half.

Ratios are the figures to watch; seconds depend on the machine.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

import grade
from benchmarks.grade_cost import ROOT, BareRooms, floor
from benchmarks.layer_cost import layers
from graders.dataset import load_dataset
from graders.exam_room import Rooms
from graders.exam_room.ledger import Part
from graders.foundation.call import Room
from graders.foundation.exam import Exam
from graders.grading.scorecard import CriterionResult, Scorecard
from graders.grading.sitting import sit
from graders.measure import training
from graders.rubric import Rubric, find_rubric, load_rubric
from graders.submission import open_submission


class Silent:
    """A progress that says nothing."""

    def started(self, name: str, title: str) -> None:
        """Say nothing."""

    def finished(self, result: CriterionResult) -> None:
        """Say nothing."""


def exam_of(rubric: Rubric) -> Exam:
    """Return the exam of a rubric."""
    return Exam(seed=rubric.seed, data=load_dataset(rubric.dataset), training=rubric.training)


def grade_once(rubric: Rubric, exam: Exam, rooms: Rooms) -> Scorecard:
    """Have the reference sit."""
    return sit(rubric, open_submission(ROOT / "reference"), exam, Silent(), rooms)


def warmed(rooms: Rooms, rubric: Rubric) -> None:
    """Open both rooms and wait until they are ready."""
    for room, forbidden in ((Room.NUMPY, rubric.forbidden_libraries), (Room.TORCH, ())):
        rooms.session(room, rubric.limits, forbidden).close()


def bare(name: str) -> None:
    """Print the CPU seconds of the same calls in this process: the submission's own, and the graders'.

    They are made twice, and the second time counts: by then everything is imported.
    """
    rubric = load_rubric(find_rubric(name))
    exam = exam_of(rubric)
    for _ in range(2):
        training._KNOWN.clear()
        with tempfile.TemporaryDirectory() as folder:
            rooms = BareRooms(open_submission(ROOT / "reference"), Path(folder), time.process_time)
            start = time.monotonic()
            parts = floor(rubric, exam, rooms, time.process_time)
            wall = time.monotonic() - start
    student = parts["NumPy questions"] + parts["PyTorch questions"]
    print(json.dumps({"student": student, "grader": parts["graders' arithmetic"], "wall": wall}))


def work(name: str, count: int, *, fresh: bool, side_by_side: bool, after_one: bool) -> None:
    """Grade some submissions, in warm rooms or in new ones each time; prints CPU and wall seconds as JSON.

    With `after_one` another one was graded before that is not counted.
    """
    rubric = load_rubric(find_rubric(name))
    exam = exam_of(rubric)
    rooms = Rooms(side_by_side=side_by_side)
    if not fresh:
        warmed(rooms, rubric)
    if after_one:
        grade_once(rubric, exam, rooms)
    ended, own, before = 0.0, -_own(rooms), _cpu_of_rooms()
    start, clock = time.process_time(), time.monotonic()
    for _ in range(count):
        training._KNOWN.clear()  # of another submission's networks nothing would be known
        grade_once(rubric, exam, rooms)
        if fresh:
            ended, own = ended + _cpu_of_rooms(), own + _own(rooms)
            rooms.close()
            rooms = Rooms(side_by_side=side_by_side)
    told = {
        "rooms": ended + _cpu_of_rooms() - before,
        "grader": time.process_time() - start,
        "student": own + _own(rooms),
    }
    print(json.dumps({**told, "wall": time.monotonic() - clock}))
    rooms.close()


def _own(rooms: Rooms) -> float:
    """Return the CPU seconds of the submissions' own code, as measured inside the rooms."""
    return sum(seconds for (_, part), (_, seconds) in rooms.ledger.entries.items() if part is Part.STUDENT_CPU)


def _cpu_of_rooms() -> float:
    """Return the CPU seconds of this process's rooms: their servers, and the children that they have buried."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        times = process.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
    return total


def told_by(*arguments: str) -> "subprocess.Popen[bytes]":
    """Start this module again with other arguments; it prints one line of JSON."""
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.room_cost", *arguments], cwd=ROOT, stdout=subprocess.PIPE
    )


def spent(name: str, submissions: int, workers: int, *how: str) -> Mapping[str, float]:
    """Return wall and CPU seconds of grading many submissions on a few workers; `how` is passed on to them."""
    share = [submissions // workers + (k < submissions % workers) for k in range(workers)]
    running = [told_by("--work", str(n), "--rubric", name, *how) for n in share if n]
    told = [json.loads(worker.communicate()[0]) for worker in running]
    return {
        "wall": max(t["wall"] for t in told),
        "CPU of the rooms": sum(t["rooms"] for t in told),
        "CPU of the grader": sum(t["grader"] for t in told),
        "CPU of the submissions' own code": sum(t["student"] for t in told),
    }


def bare_at_once(name: str, processes: int) -> float:
    """Return the CPU seconds of one submission's own code while so many bare processes run the same calls."""
    running = [told_by("--bare", "--rubric", name) for _ in range(processes)]
    return statistics.fmean(json.loads(process.communicate()[0])["student"] for process in running)


def batch(name: str, submissions: int, workers: int) -> None:
    """Print what grading many takes, and which share of the CPU time is the submissions' own code."""
    bare_calls = bare_at_once(name, workers) * submissions
    for how, what in (((), "in warm rooms"), (("--fresh",), "in rooms opened anew for each")):
        rows = spent(name, submissions, workers, *how)  # one room after the other, as in a batch
        total = rows["CPU of the rooms"] + rows["CPU of the grader"]
        share = rows["CPU of the submissions' own code"] / total
        shown = {**rows, "CPU of the same calls in bare processes": bare_calls, "share of student code": share}
        show(f"(b) {submissions} submissions on {workers} workers, {what}", shown, "s")


def warm_against_floor(name: str, repeats: int) -> None:
    """Print gradings in warm rooms against the same calls in a bare process, in turn: medians, and ratios of each turn.

    Wall time is that of both rooms at once, as a grading has them; two at once slow each other down, so that CPU time
    is that of one room after the other, as are the bare calls.
    """
    turns = []
    for _ in range(repeats):
        told = json.loads(told_by("--bare", "--rubric", name).communicate()[0])
        wall = spent(name, 1, 1, "--side-by-side", "--after-one")["wall"]
        rows = spent(name, 1, 1, "--after-one")
        total, least = rows["CPU of the rooms"] + rows["CPU of the grader"], told["student"] + told["grader"]
        turns.append(
            {
                "floor: the submission's own code, CPU": told["student"],
                "floor: the graders' arithmetic, CPU": told["grader"],
                "floor, wall": told["wall"],
                "warm grading, wall": wall,
                **{f"warm grading: {part}": seconds for part, seconds in rows.items() if part != "wall"},
                "ratio of CPU": total / least,
                "ratio of wall": wall / told["wall"],
            }
        )
    shown = {part: statistics.median(turn[part] for turn in turns) for part in turns[0]}
    show(f"(a) one grading of reference/, rubric {name}, median of {repeats}", shown, "s")


VERDICT = re.compile(r"\d+ of \d+:? \w+")


def first_verdict() -> float:
    """Return the seconds from a cold command line to its first verdict."""
    checks = "check" in grade.COMMANDS
    with tempfile.TemporaryDirectory() as out:
        arguments = ["check", "reference"] if checks else ["reference", "--only", "softmax", "--out", out]
        command = [sys.executable, "-u", "grade.py", *arguments]
        start = time.monotonic()
        with subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as running:
            assert running.stdout is not None
            # "1 of 18 softmax: done"; the heading above it is no verdict yet
            seconds = next(time.monotonic() - start for line in running.stdout if VERDICT.search(line))
            running.terminate()
    return seconds


def show(title: str, rows: Mapping[str, float], unit: str) -> None:
    """Print one table."""
    table = Table(title=title, title_justify="left")
    table.add_column("part")
    table.add_column(unit, justify="right")
    for name, number in rows.items():
        table.add_row(name, f"{number:.2f}")
    Console().print(table)


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rubric", default="usaaio_2024_r1_p4")
    parser.add_argument("--submissions", type=int, default=24)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3, help="gradings for (a) (%(default)s)")
    parser.add_argument("--parts", default="abcd", help="which of the four to measure (%(default)s)")
    parser.add_argument("--work", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--fresh", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--side-by-side", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--after-one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.bare:
        bare(options.rubric)
        return
    if options.work is not None:
        how = {"fresh": options.fresh, "side_by_side": options.side_by_side, "after_one": options.after_one}
        work(options.rubric, options.work, **how)
        return
    print(f"{os.cpu_count()} cores, load before: {os.getloadavg()[0]:.1f}")
    if "c" in options.parts:
        show("(c) one session", layers(), "ms")
    if "d" in options.parts:
        show("(d) cold command line", {"to the first verdict": first_verdict()}, "s")
    if "b" in options.parts:
        batch(options.rubric, options.submissions, options.workers)
    if "a" in options.parts:
        warm_against_floor(options.rubric, options.repeats)


if __name__ == "__main__":
    main(sys.argv[1:])
