"""How the exam room is separated from this machine: in a sandbox where that can be, else in a process of its own.

A room that is only a process protects the score, for it holds no answer, but not the machine: the code in it runs as
the user who grades. So the name of what was used goes into every report, with the reason where it is the lesser one.
"""

import ctypes.util
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from graders.exam_room import sandbox
from graders.exam_room.fonts import write_visible_fonts
from graders.foundation.errors import BadUsage

PROBE_SECONDS = 30.0
FINDING_OUT = threading.Lock()  # two rooms that open at the same time ask at the same time
INSTALL = "On Debian or Ubuntu: apt-get install bubblewrap libseccomp2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """What separates a room from the machine.

    Args:
        name: "sandbox" or "process", as reports have it.
        lacks: why it is no sandbox, in one sentence; empty where it is one.
        remedy: what to do about it; empty where nothing can be done.
    """

    name: str
    lacks: str = ""
    remedy: str = ""

    @property
    def is_sandbox(self) -> bool:
        """Whether the kernel keeps the room apart from the machine."""
        return self.name == "sandbox"


def require_sandbox(found: Isolation) -> None:
    """Refuse to go on without a sandbox.

    Raises:
        BadUsage: the machine has none.
    """
    if not found.is_sandbox:
        message = f"there is no sandbox here, and --require-sandbox asks for one. {found.lacks}"
        raise BadUsage(message, remedy=found.remedy or "See what this machine can do: python grade.py doctor")


def isolation() -> Isolation:
    """Return what this machine can do; found out once, by opening a room with nothing in it."""
    with FINDING_OUT:
        return _found_out()


@functools.cache
def _found_out() -> Isolation:
    lacks, remedy = _missing()
    if not lacks:
        lacks, remedy = _tried()
    return Isolation(name="process", lacks=lacks, remedy=remedy) if lacks else Isolation(name="sandbox")


def _missing() -> tuple[str, str]:
    """Return what is not installed, and what to do about it."""
    if sys.platform != "linux":
        return f"There is no sandbox on {sys.platform}.", "Grade strangers' code on Linux, or in a container there."
    if shutil.which("bwrap") is None:
        return "bubblewrap (the program bwrap) is not installed.", INSTALL
    if ctypes.util.find_library("seccomp") is None:
        return "libseccomp is not installed.", INSTALL
    return "", ""


def _tried() -> tuple[str, str]:
    """Open a room, have its server become whom it shall be and read NumPy, and return why that failed."""
    try:
        with boundary((), scratch_mb=1) as drawn:
            ended = subprocess.run(  # noqa: S603 - the command is ours
                sandbox.command(drawn, "graders.driver.probe", {}),
                pass_fds=[drawn.filter_fd],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=PROBE_SECONDS,
                check=False,
                env={},
            )
    except subprocess.TimeoutExpired:
        return f"A sandbox did not open within {PROBE_SECONDS:g} s.", ""
    except (OSError, ImportError, RuntimeError) as error:
        return f"A sandbox cannot be prepared ({error}).", ""
    if ended.returncode == 0:
        return "", ""
    words = ended.stderr.decode(errors="replace").strip().splitlines()
    return f"The kernel or the installation refuses a sandbox ({words[-1] if words else 'no reason given'}).", (
        "User namespaces must be allowed: in a container, start it with --security-opt seccomp=unconfined; on Ubuntu "
        "24.04, allow bwrap in AppArmor. As root, the Python environment must be readable by other users."
    )


@contextmanager
def boundary(hidden_packages: tuple[str, ...], *, scratch_mb: int) -> Iterator[sandbox.Boundary]:
    """Prepare what bubblewrap reads while it draws a boundary; it may go once the room is open."""
    from graders.exam_room.syscalls import room_filter  # noqa: PLC0415 - Linux only

    filter_fd = os.memfd_create("filter")
    try:
        os.write(filter_fd, room_filter())
        os.lseek(filter_fd, 0, os.SEEK_SET)
        with tempfile.TemporaryDirectory(prefix="plumbline-boundary-") as folder:
            drawn = sandbox.Boundary(
                hidden_packages=hidden_packages,
                scratch_mb=scratch_mb,
                filter_fd=filter_fd,
                empty=Path(folder) / "empty",
                fonts=Path(folder) / "fonts",
            )
            for path in (Path(folder), drawn.empty, drawn.fonts):
                path.mkdir(exist_ok=True)
                path.chmod(0o755)  # the room may be another user's
            write_visible_fonts(drawn.fonts)
            yield drawn
    finally:
        os.close(filter_fd)
