"""What a sandboxed process gives up by itself, before the first line of a submission runs in it.

The boundary around it is bubblewrap's; this is what differs between the room's server and the child that sits in it.
"""

import ctypes
import os
import resource
from collections.abc import Mapping
from pathlib import Path

PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
SECCOMP_MODE_FILTER = 2
BYTES_OF_A_RULE = 8
STACK_BYTES = 10 * 2**20  # addresses that a thread takes: its stack, and a little
OPEN_FILES = 256


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("rules", ctypes.c_char_p))


def become(uid: int | None) -> None:
    """Become an ordinary user for good, where the room was opened by root."""
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)


def hide_memory() -> None:
    """Let no other process of the room read this one's memory, trace it or look at its open files."""
    _prctl(PR_SET_DUMPABLE, 0)


def limit(limits: Mapping[str, int]) -> None:
    """Set the kernel's own limits on this process, for good; memory is counted above what it has already.

    Args:
        limits: `memory`, `file` in bytes, `processes`, `cpu` in seconds; `count_processes` is 0 where the kernel
            would count those of the user outside as well.
    """
    # Behind the watch from outside, which says in words what was passed; these hold between two of its looks.
    threads = 4 * limits["processes"]
    bounds = {
        resource.RLIMIT_AS: _addresses() + limits["memory"] + threads * STACK_BYTES,
        resource.RLIMIT_FSIZE: limits["file"],
        resource.RLIMIT_CPU: limits["cpu"],
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_CORE: 0,
    }
    if limits["count_processes"]:
        bounds[resource.RLIMIT_NPROC] = threads
    for which, bound in bounds.items():
        resource.setrlimit(which, (bound, bound))


def _addresses() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def filter_calls(program: bytes) -> None:
    """Put a further system call filter, compiled outside, on this process; bubblewrap set no_new_privs before."""
    _prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(_Program(len(program) // BYTES_OF_A_RULE, program)))


def _prctl(*arguments: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    given = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in arguments]
    if libc.prctl(*given, *[ctypes.c_ulong(0)] * (5 - len(given))) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {arguments[0]}: {os.strerror(ctypes.get_errno())}")
