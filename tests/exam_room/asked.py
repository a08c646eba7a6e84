"""Forks a driver for each sequence of bytes that it is handed, has it sit a session on them, and tells how that ended.

In: 4 bytes with a length, then as many bytes. Out: a line of JSON with the child's exit status, the kinds of the frames
that it sent, and how many bytes of memory it took beyond a child that is asked nothing.
"""

import io
import json
import os
import resource
import shutil
import signal
import struct
import sys
import tempfile

from graders.driver.session import hold_session
from graders.wire.frames import Closed, Malformed, read

HANGS_SECONDS = 20
MEMORY = 2**30


def sit(raw: bytes) -> tuple[int, list[str], int]:
    """Return exit status (minus a signal), the kinds of frames sent, and peak memory in bytes."""
    folder = tempfile.mkdtemp(prefix="plumbline-asked-")
    here, there = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(here)
        os.chdir(folder)
        signal.alarm(HANGS_SECONDS)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        try:
            hold_session(io.BytesIO(raw), os.fdopen(there, "wb"))
        finally:
            os._exit(70)
    os.close(there)
    kinds = []
    with os.fdopen(here, "rb") as stream:
        try:
            while True:
                kinds.append(read(stream, cap=MEMORY).kind)
        except Closed:
            pass
        except Malformed:
            kinds.append("malformed")
    _, status, usage = os.wait4(pid, 0)
    shutil.rmtree(folder)
    return os.waitstatus_to_exitcode(status), kinds, usage.ru_maxrss * 1024


def main() -> None:
    """Serve until the input ends."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, _, at_rest = sit(b"")
    while prefix := sys.stdin.buffer.read(4):
        (length,) = struct.unpack(">I", prefix)
        status, kinds, peak = sit(sys.stdin.buffer.read(length))
        print(json.dumps({"status": status, "kinds": kinds, "memory": peak - at_rest}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
