"""What each layer of the sandbox costs one session: all of them on, and each switched off in turn.

    python -m benchmarks.layer_cost [--repeats N]

A session is a submission's files handed in, one small question answered, and all of it ended, in a warm room. The
variants take turns, so that a machine that is busy for a while is so for all; the figures are medians, in milliseconds.
What is done once for a room is divided by the sessions that a room serves.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import partial
from statistics import median
from unittest.mock import patch

import pyseccomp as seccomp
from rich.console import Console
from rich.table import Table

from benchmarks.grade_cost import ROOT
from graders.driver.confinement import hide_memory, limit
from graders.exam_room import ExamRoom, Rooms, sandbox, syscalls
from graders.exam_room.channel import Channel
from graders.exam_room.isolation import Isolation, boundary
from graders.exam_room.rooms import RENEW_AFTER
from graders.exam_room.server import kernel_limits
from graders.exam_room.watch import Watch
from graders.foundation.call import Call, Room
from graders.foundation.limits import Limits
from graders.submission import Submission, open_submission
from graders.wire.frames import Frame

REPEATS = 15
PROCESS = Isolation(name="process")
SMALL = Submission(
    name="small", files={"mlp_numpy.py": b"def cosine(t, lr, T): return lr\n"}, modules={"mlp_numpy": "mlp_numpy"}
)
Switch = Callable[[], AbstractContextManager[object]]


def unwatched() -> AbstractContextManager[object]:
    """Wait for answers without a look at time, memory, threads or output."""

    def receive(_self: Watch, channel: Channel, seconds: float, cpu_seconds: float) -> Frame:
        del cpu_seconds
        return channel.arrival(time.monotonic() + seconds, lambda: None)

    return patch.object(Watch, "receive", receive)


@contextlib.contextmanager
def unfiltered() -> Iterator[None]:
    """Let rooms and submissions make every system call."""
    everything = syscalls._compiled(seccomp.SyscallFilter(seccomp.ALLOW))
    with (
        patch.object(syscalls, "room_filter", lambda: everything),
        patch.object(syscalls, "candidate_filter", lambda: everything),
    ):
        yield


def session(rooms: Rooms, submission: Submission, switch: Switch = nullcontext) -> float:
    """Return the milliseconds of one session."""
    with switch():
        start = time.perf_counter()
        with ExamRoom(submission, Room.NUMPY, Limits(), rooms=rooms) as room:
            room.ask(Call(name="small", target="cosine", args=(0, 0.5, 10)), seed=1)
        return 1000 * (time.perf_counter() - start)


def forked(inside: Callable[[], object]) -> float:
    """Return the CPU milliseconds of a fork that does this, ours and the child's."""
    start = time.process_time()
    pid = os.fork()
    if pid == 0:
        inside()
        os._exit(0)
    _, _, usage = os.wait4(pid, 0)
    return 1000 * (time.process_time() - start + usage.ru_utime + usage.ru_stime)


def started(*, inside: bool) -> float:
    """Return the milliseconds of an interpreter that reads NumPy's file and ends, inside a boundary or outside."""
    with boundary((), scratch_mb=1) as drawn:
        command = list(sandbox.command(drawn, "graders.driver.probe", {}))
        if not inside:
            code = "import importlib.util, pathlib; pathlib.Path(importlib.util.find_spec('numpy').origin).read_bytes()"
            command = [sys.executable, "-s", "-P", "-B", "-c", code]
        start = time.perf_counter()
        subprocess.run(command, pass_fds=[drawn.filter_fd] if inside else [], check=True, cwd=ROOT, env={})
        return 1000 * (time.perf_counter() - start)


def in_turn(variants: Mapping[str, Callable[[], float]], repeats: int) -> Mapping[str, float]:
    """Return each variant's median; they take turns, and the first turn does not count."""
    measured: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(repeats + 1):
        for name, measure in variants.items():
            measured[name].append(measure())
    return {name: median(found[1:]) for name, found in measured.items()}


def layers(repeats: int = REPEATS) -> Mapping[str, float]:
    """Return milliseconds of a session, and of each layer by itself."""
    reference = open_submission(ROOT / "reference")
    limits = dict(kernel_limits(Limits()))
    with ExitStack() as stack:
        warm, fresh = stack.enter_context(Rooms()), stack.enter_context(Rooms(fresh=True))
        process = stack.enter_context(Rooms(separated=PROCESS))
        if not warm.isolation.is_sandbox:
            return {"a room that is a process": in_turn({"": partial(session, process, reference)}, repeats)[""]}
        with unfiltered():
            open_door = stack.enter_context(Rooms())
            session(open_door, reference)
        found = in_turn(
            {
                "all": partial(session, warm, reference),
                "small": partial(session, warm, SMALL),
                "unwatched": partial(session, warm, reference, unwatched),
                "unfiltered": partial(session, open_door, reference, unfiltered),
                "fork": partial(forked, bool),
                "limited": partial(forked, lambda: limit(limits)),
                "hidden": partial(forked, hide_memory),
            },
            repeats,
        )
        once = in_turn(
            {
                "fresh": partial(session, fresh, reference),
                "process": partial(session, process, reference),
                "inside": partial(started, inside=True),
                "outside": partial(started, inside=False),
            },
            max(3, repeats // 3),
        )
    return {
        "one session in a warm room, all layers": found["all"],
        "bubblewrap's namespaces and view of the files, once for a room": once["inside"] - once["outside"],
        f"  the same for one of {RENEW_AFTER} sessions": (once["inside"] - once["outside"]) / RENEW_AFTER,
        "system call filters": found["all"] - found["unfiltered"],
        "the kernel's limits (CPU of a fork with and without)": found["limited"] - found["fork"],
        "memory hidden from others (the same)": found["hidden"] - found["fork"],
        "supervision": found["all"] - found["unwatched"],
        "the whole submission handed in and imported, and not one line": found["all"] - found["small"],
        "what the fork server saves: a new sandboxed room": once["fresh"] - found["all"],
        "what it saves against a process without a sandbox": once["process"] - found["all"],
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load before: {os.getloadavg()[0]:.1f}")
    show(layers(options.repeats))


def show(rows: Mapping[str, float], titles: Sequence[str] = ("layer", "ms")) -> None:
    """Print one table."""
    table = Table(title="Layers of the sandbox, for one submission in the NumPy half", title_justify="left")
    table.add_column(titles[0])
    table.add_column(titles[1], justify="right")
    for name, number in rows.items():
        table.add_row(name, f"{number:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
