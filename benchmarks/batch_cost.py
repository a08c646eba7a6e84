"""What grading a class costs beyond the submissions' own computation.

    python -m benchmarks.batch_cost [--submissions 200] [--jobs 2] [--rubric NAME] [--recorded 10000]

(a) A class from the banks, mutants and right submissions in other styles, graded by `grade.py batch`. Measured from
    outside: CPU seconds of the exam rooms (student work), of the workers' own arithmetic and of the coordinator, all as
    a share of wall seconds times cores; and the coordinator's memory, in each third of the batch.
(b) Ten thousand recorded results: gradebook, dashboard and every export that needs no file of the instructor's, in a
    process of its own; its memory, beside that for 1,000 and for 5,000; and how long Chromium takes to open the
    dashboard.
"""

import argparse
import contextlib
import itertools
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from graders.batch.finish import finish
from graders.ledger import Ledger
from tests.banks.mutants import load_mutants
from tests.banks.styles import styles
from tests.dashboard.big_class import fill
from tests.sitting import edited_reference

ROOT = Path(__file__).resolve().parents[1]
POLL_SECONDS = 2.0
SMALLER = (1_000, 5_000)  # recorded results, to see how memory grows


def lay_out_class(folder: Path, count: int) -> None:
    """Write submissions from all over the banks until there are enough, each with a comment that makes it another."""
    reference = ROOT / "reference"
    mistaken, wanted = load_mutants(), count - -(-count // 4)
    mutants = iter([mistaken[i * len(mistaken) // wanted] for i in range(wanted)])
    bank = itertools.cycle(s for s in styles() if not s.has_notebook)
    for number in range(count):
        target = folder / f"student{number:03d}"
        shutil.copytree(reference, target, ignore=shutil.ignore_patterns("__pycache__"))
        if number % 4:
            for name, text in edited_reference(next(mutants).code_edits).items():
                (target / name).write_text(text, encoding="utf-8")
        else:
            shutil.copytree(next(bank).folder, target, dirs_exist_ok=True)
        with (target / "mlp_numpy.py").open("a", encoding="utf-8") as file:
            file.write(f"\n# student {number}\n")


class Meter:
    """Tells apart what a batch used: the coordinator and its workers are read now and then, exam rooms are the rest.

    Every process is waited for by the one that started it, so what the batch used with all that it started is known
    when it has ended. What a worker uses after it was last read, two seconds at most, counts as its rooms'.
    """

    def __init__(self, coordinator: psutil.Process) -> None:
        self._coordinator = coordinator
        self._before = _of_ended_children()
        self._machine = psutil.cpu_times()
        self._own: dict[tuple[str, int, float], float] = {}  # CPU seconds by kind and process
        self.memory: list[int] = []  # the coordinator's, in bytes

    def look(self) -> None:
        """Read the coordinator and its workers once."""
        try:
            self.memory.append(self._coordinator.memory_info().rss)
            workers = self._coordinator.children()
            self._read(self._coordinator, "coordinator")
        except psutil.Error:
            return
        for worker in workers:
            self._read(worker, "workers")

    def _read(self, process: psutil.Process, kind: str) -> None:
        try:
            times = process.cpu_times()
            key = (kind, process.pid, process.create_time())
        except psutil.Error:
            return
        # What is ending shows no times.
        self._own[key] = max(self._own.get(key, 0.0), times.user + times.system)

    @property
    def seconds(self) -> Mapping[str, float]:
        """CPU seconds by kind; the batch must have ended, and been waited for."""
        own = {"workers": 0.0, "coordinator": 0.0}
        for (kind, _, _), seconds in self._own.items():
            own[kind] += seconds
        return {"exam rooms": _of_ended_children() - self._before - sum(own.values()), **own}

    @property
    def machine(self) -> Mapping[str, float]:
        """Core seconds in which nothing ran here, and, on Linux, those that the host gave to other machines."""
        now, before = psutil.cpu_times(), self._machine
        taken = getattr(now, "steal", 0.0) - getattr(before, "steal", 0.0)
        return {"idle": now.idle - before.idle, "taken by the host": taken}


def _of_ended_children() -> float:
    """Return the CPU seconds of this process's children that have ended, with all that those waited for."""
    times = psutil.Process().cpu_times()
    return float(times.children_user + times.children_system)


def grade_class(folder: Path, out: Path, rubric: str, jobs: int) -> tuple[float, Meter]:
    """Grade a class and measure it from outside; returns wall seconds and the meter."""
    command = [sys.executable, "grade.py", "batch", str(folder), "--out", str(out), "--rubric", rubric]
    start = time.perf_counter()
    with subprocess.Popen([*command, "--jobs", str(jobs), "--quiet"], cwd=ROOT) as batch:
        meter = Meter(psutil.Process(batch.pid))
        while batch.poll() is None:
            meter.look()
            with contextlib.suppress(subprocess.TimeoutExpired):
                batch.wait(POLL_SECONDS)
    if batch.returncode:
        sys.exit(f"the batch ended with {batch.returncode}")
    return time.perf_counter() - start, meter


def show_class(wall: float, meter: Meter, submissions: int, jobs: int) -> None:
    """Print what a class cost."""
    table = Table(title=f"A class of {submissions} on {jobs} workers, {os.cpu_count()} cores")
    table.add_column("what")
    table.add_column("figure", justify="right")
    table.add_row("wall", f"{wall:.0f} s, {submissions / wall * 60:.1f} a minute")
    capacity = wall * min(jobs, os.cpu_count() or 1)
    for kind, seconds in meter.seconds.items():
        table.add_row(f"CPU of {kind}", f"{seconds:.0f} s, {seconds / capacity:.1%} of wall times cores")
    for kind, seconds in meter.machine.items():
        table.add_row(f"cores {kind}", f"{seconds:.0f} s, {seconds / wall / (os.cpu_count() or 1):.1%}")
    third = max(1, len(meter.memory) // 3)
    thirds = (meter.memory[:third], meter.memory[third : 2 * third], meter.memory[2 * third :])
    told = ", ".join(f"{max(part, default=0) / 2**20:.0f}" for part in thirds)
    table.add_row("coordinator's memory in each third of the batch, at most", f"{told} MB")
    Console().print(table)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What writing the files of a class took: seconds by the clock and of CPU; bytes before, and at most."""

    wall: float
    cpu: float
    before: int
    peak: int


def finished(folder: Path) -> Finished:
    """Write the files of a class; this process is to do nothing else."""
    with Ledger(folder) as ledger:
        before, cpu, wall = psutil.Process().memory_info().rss, time.process_time(), time.perf_counter()
        finish(ledger, folder, "MLP from scratch", ("gradescope", "classroom50", "junit"))
        return Finished(
            wall=time.perf_counter() - wall, cpu=time.process_time() - cpu, before=before, peak=peak_memory()
        )


def peak_memory() -> int:
    """Return the most memory that this process had, in bytes; 0 elsewhere than on Linux."""
    # Not ru_maxrss: that of a new process begins with what its parent had.
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.is_file() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


def recorded(folder: Path, count: int) -> Sequence[tuple[str, str]]:
    """Fill ledgers, write what follows from them, and open the largest dashboard; returns what took how much."""
    found = []
    for number in (*(n for n in SMALLER if n < count), count):
        home = folder / str(number)
        home.mkdir()
        with fill(home, number):
            pass
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            took = pool.submit(finished, home).result()
        what = f"dashboard, gradebook, three exports of {number:,} results"
        found.append((what, f"{took.wall:.1f} s, of them {took.cpu:.1f} s of CPU"))
        found.append(("memory, before and at most", f"{took.before / 2**20:.0f} and {took.peak / 2**20:.0f} MB"))
    folder = folder / str(count)
    size = (folder / "index.html").stat().st_size / 2**20
    found.append(("index.html", f"{size:.1f} MB"))
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium:
        found.append(("Chromium opens index.html, until the list stands", f"{opened(chromium, folder):.2f} s"))
    return found


def opened(chromium: str, folder: Path) -> float:
    """Return the seconds until the list of students is drawn."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - a development dependency

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        start = time.perf_counter()
        page.goto((folder / "index.html").as_uri())
        page.locator("#list tbody tr").nth(99).wait_for()
        seconds = time.perf_counter() - start
        browser.close()
    return seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=200, help="size of the class; 0 leaves (a) out")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rubric", default="usaaio_2024_r1_p4")
    parser.add_argument("--recorded", type=int, default=10_000, help="recorded results; 0 leaves (b) out")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.submissions:
            lay_out_class(Path(folder) / "class", options.submissions)
            wall, meter = grade_class(Path(folder) / "class", Path(folder) / "out", options.rubric, options.jobs)
            show_class(wall, meter, options.submissions, options.jobs)
        if options.recorded:
            (Path(folder) / "recorded").mkdir()
            table = Table(title="Recorded results")
            table.add_column("what")
            table.add_column("figure", justify="right")
            for what, figure in recorded(Path(folder) / "recorded", options.recorded):
                table.add_row(what, figure)
            Console().print(table)


if __name__ == "__main__":
    main()
