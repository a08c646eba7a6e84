"""How the exam room is separated from the machine: the one place where a kernel sandbox is put around it.

Today the room is a process of its own, with an empty environment, a private folder, and limits enforced from
outside. That protects the score (the room holds no answer) but not the machine: the code runs as the user who
grades. `NAME` goes into every report, so that nobody takes one for the other.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

NAME = "process"

BOOT = "import runpy, sys; sys.path.insert(0, sys.argv[1]); runpy.run_module('graders.driver', run_name='__main__')"


def command(driver_root: Path) -> Sequence[str]:
    """Return the command that starts a driver; a sandbox goes in front of it.

    `-s` and `-P` keep the user's packages and the current folder off the path; the driver's own folder holds the
    driver and the wire, so no grader, right value or label can be imported from inside.
    """
    return [sys.executable, "-s", "-P", "-B", "-c", BOOT, str(driver_root)]


def environment(scratch: Path) -> Mapping[str, str]:
    """Return the whole environment of the room: nothing is inherited but what the interpreter needs to start."""
    room = {
        "HOME": str(scratch),
        "TMPDIR": str(scratch / "tmp"),
        "MPLCONFIGDIR": str(scratch / "matplotlib"),
        "MPLBACKEND": "Agg",
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        **dict.fromkeys(THREAD_VARIABLES, "1"),
    }
    needed = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}
    return {**needed, **room}


# One thread each: results do not depend on the number of cores, and two rooms do not fight for them.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
