"""A real Dask scheduler and two real worker processes on loopback, one of which is killed in the middle."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

from graders.ledger import Ledger
from tests.batch.classroom import command, final_files, numbered, run, write_rubric, write_work, wrong_softmax
from tests.sitting import ROOT

STUDENTS = 4


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def listens(port: int) -> bool:
    """Tell whether somebody listens on a port."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def dask(*arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a part of a Dask cluster."""
    process = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__ADMIN__TICK__LIMIT": "60s"},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.kill()
        for child in children:
            child.kill()
        process.wait(timeout=30)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list["subprocess.Popen[bytes]"]]]:
    """Yield the address of a scheduler, and its two workers."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    with ExitStack() as stack:
        stack.enter_context(dask("dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"))
        deadline = time.monotonic() + 60
        while not listens(port):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        workers = [
            stack.enter_context(
                dask(
                    *("dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"),
                    *("--local-directory", str(tmp_path / f"worker{number}")),
                )
            )
            for number in range(2)
        ]
        yield address, workers


def test_a_cluster_gives_the_same_bytes_and_survives_a_dead_worker(
    cluster: tuple[str, list["subprocess.Popen[bytes]"]], tmp_path: Path
) -> None:
    address, workers = cluster
    rubric = write_rubric(tmp_path)
    for number in range(STUDENTS):
        write_work(tmp_path / "work" / f"student{number}", numbered(number))
    write_work(tmp_path / "work" / "wrong", wrong_softmax())
    arguments = ("batch", tmp_path / "work", "--rubric", rubric)
    with subprocess.Popen(
        command(*arguments, "--out", tmp_path / "cluster", "--scheduler", address),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as batch:
        victim = psutil.Process(workers[1].pid)
        deadline = time.monotonic() + 120
        while not (rooms := victim.children()):  # it is grading: it has an exam room open
            assert time.monotonic() < deadline
            assert batch.poll() is None
            time.sleep(0.05)
        for one in (*victim.children(recursive=True), victim):
            one.kill()
        assert rooms
        told, _ = batch.communicate(timeout=400)
    assert batch.returncode == 0, told
    assert f"{STUDENTS + 1} graded" in told
    assert run(*arguments, "--out", tmp_path / "local").returncode == 0
    assert final_files(tmp_path / "cluster") == final_files(tmp_path / "local")
    with Ledger(tmp_path / "cluster") as ledger:
        assert len(ledger.rows("SELECT key FROM sitting WHERE fault = ''")) == STUDENTS + 1
    assert not list((tmp_path / "worker0").rglob("results.db")), "the ledger is written by the client alone"


def test_a_scheduler_that_is_not_there_is_told(tmp_path: Path) -> None:
    write_work(tmp_path / "work" / "amara")
    done = run(
        *("batch", tmp_path / "work", "--out", tmp_path / "out", "--rubric", write_rubric(tmp_path)),
        *("--scheduler", f"tcp://127.0.0.1:{free_port()}"),
    )
    assert done.returncode == 2
    assert "no Dask scheduler" in done.stderr
    assert "Traceback" not in done.stderr
    shutil.rmtree(tmp_path / "out")
