"""The boundary of a sandboxed room, drawn by bubblewrap: what is visible inside, and what exists there at all.

Visible are the Python installation, the libraries of the system that it loads, the driver and the wire; nothing of
the home, the project, the data or another submission. All namespaces are the room's own, the network's is empty, and
the one place to write is a small file system in memory.
"""

import functools
import json
import os
import shutil
import site
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from graders.exam_room.environment import room_environment

PACKAGE = Path(__file__).resolve().parents[1]
PROJECT = PACKAGE.parent
DRIVER = Path("/plumbline")  # where the driver stands inside
SCRATCH = Path("/exam-room")  # where the submission sits inside
FIRST_UID, UIDS = 60_100, 800  # of no person and no service; a room has its own, so that limits by user are its own
_rooms = count(os.getpid())

BOOT = (
    "import runpy, sys; sys.path[:0] = [sys.argv[1]]; sys.path.append(sys.argv[2]); "
    "runpy.run_module({!r}, run_name='__main__')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """What differs from room to room.

    Args:
        hidden_packages: top-level packages of the Python environment that are empty in this room.
        scratch_mb: how much the submission's files may fill together.
        filter_fd: an open file with the system call filter.
        empty: an empty folder, shown in the place of what is hidden.
        fonts: a folder with Matplotlib's lists of fonts.
    """

    hidden_packages: Sequence[str]
    scratch_mb: int
    filter_fd: int
    empty: Path
    fonts: Path


def command(boundary: Boundary, module: str, arguments: Mapping[str, object]) -> Sequence[str]:
    """Return the command that runs a module of the driver inside; `arguments` reach it as one JSON text."""
    told = json.dumps({"uid": _uid(), "scratch": str(SCRATCH), **arguments})
    python = [str(_interpreter()), "-s", "-P", "-B", "-c", BOOT.format(module)]
    bwrap = shutil.which("bwrap") or "bwrap"
    return [bwrap, *_options(boundary), "--", *python, str(DRIVER), sysconfig.get_path("purelib"), told]


def _uid() -> int | None:
    """Return whom a room that root opens becomes inside; others are mapped by the kernel and change nothing."""
    return FIRST_UID + next(_rooms) % UIDS if os.geteuid() == 0 else None


def _options(boundary: Boundary) -> Iterator[str]:
    yield from ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")
    if os.geteuid() == 0:  # a real other user, which the server becomes before it does anything else
        yield from ("--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID")
    else:
        yield from ("--unshare-user", "--uid", str(FIRST_UID), "--gid", str(FIRST_UID))
    # Not --die-with-parent, whose parent is the thread that opened the room: the server ends when its socket closes.
    yield from ("--new-session", "--as-pid-1", "--hostname", "exam-room")
    yield from ("--seccomp", str(boundary.filter_fd), "--clearenv")
    for name, value in room_environment(SCRATCH).items():
        yield from ("--setenv", name, value)
    for folder in _folders_on_the_way(
        [*system_paths(), *_library_links(), DRIVER / "graders" / "driver", Path("/dev/null")]
    ):
        yield from ("--perms", "0755", "--dir", str(folder))  # bubblewrap's own are for the user who opens the room
    for path in system_paths():
        yield from ("--ro-bind", str(path), str(path))
    for path in _library_links():
        yield from ("--symlink", str(path.readlink()), str(path))
    for path in _hidden(boundary):
        yield from ("--ro-bind", str(boundary.empty), str(path))
    for part in ("driver", "wire"):
        yield from ("--ro-bind", str(PACKAGE / part), str(DRIVER / "graders" / part))
    yield from ("--ro-bind", str(boundary.fonts), str(DRIVER / "fonts"))
    yield from ("--proc", "/proc")
    for device in ("null", "zero", "urandom", "random"):
        yield from ("--dev-bind", f"/dev/{device}", f"/dev/{device}")
    # PyTorch and OpenBLAS choose their kernels by what they read here: the same inside as outside.
    yield from ("--ro-bind-try", "/sys/devices/system/cpu", "/sys/devices/system/cpu")
    yield from ("--perms", "0777", "--size", str(boundary.scratch_mb * 2**20), "--tmpfs", str(SCRATCH))
    yield from ("--remount-ro", "/", "--chdir", str(SCRATCH))


@functools.cache
def system_paths() -> tuple[Path, ...]:
    """Return what of this machine is visible inside, read-only: the interpreter, its libraries, and fonts."""
    base = Path(sys.base_prefix)
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    system = Path("/usr/lib") / multiarch
    wanted = [
        _interpreter(),
        *((base / name for name in ("lib", "lib64")) if base != Path("/usr") else [Path(sysconfig.get_path("stdlib"))]),
        system if multiarch and system.is_dir() else Path("/usr/lib"),
        Path("/usr/lib64"),
        Path("/lib"),
        Path("/lib64"),
        Path("/etc/ld.so.cache"),
        Path("/usr/share/fonts"),
        *(Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")),
    ]
    there = [path for path in dict.fromkeys(wanted) if path.exists() and not path.is_symlink()]
    return tuple(path for path in there if not any(other in path.parents for other in there))


def _folders_on_the_way(paths: Sequence[Path]) -> Sequence[Path]:
    """Return every folder that leads to one of these, the outer first."""
    return sorted({parent for path in paths for parent in path.parents} - {Path("/")})


def _library_links() -> Iterator[Path]:
    """Yield what are links to the system's libraries; a folder is never shown under two names."""
    yield from (path for path in map(Path, ("/lib", "/lib64", "/usr/lib64")) if path.is_symlink())


def _interpreter() -> Path:
    """Return the interpreter itself, not an environment's link to it."""
    return Path(sys._base_executable).resolve()  # type: ignore[attr-defined]


def _hidden(boundary: Boundary) -> Iterator[Path]:
    """Yield the folders inside what is visible that are shown empty."""
    packages = [Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")]
    for folder in dict.fromkeys(packages):
        yield from (folder / name for name in boundary.hidden_packages if (folder / name).is_dir())
    for name in site.getsitepackages([sys.base_prefix, sys.base_exec_prefix]):
        if Path(name) not in packages and _is_visible(Path(name)):
            yield Path(name)  # of the interpreter that the environment was made from: not this environment's
    if _is_visible(PROJECT):
        yield PROJECT


def _is_visible(path: Path) -> bool:
    real = path.resolve()
    shown = [Path(p).resolve() for p in system_paths()]
    return real.is_dir() and any(p == real or p in real.parents for p in shown)
