"""The whole environment of an exam room: what the interpreter needs, and one thread for every library that counts."""

from collections.abc import Mapping
from pathlib import Path

# One thread each: results do not depend on the number of cores, and two rooms do not fight for them.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def room_environment(scratch: Path) -> Mapping[str, str]:
    """Return the variables of a room whose private folder is `scratch`; nothing of ours is among them."""
    return {
        "HOME": str(scratch),
        "LOGNAME": "candidate",  # PyTorch asks who it works for, and there is no list of users inside
        "TMPDIR": str(scratch / "tmp"),
        "MPLCONFIGDIR": str(scratch / "matplotlib"),
        "MPLBACKEND": "Agg",
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "MALLOC_ARENA_MAX": "2",  # each further arena reserves 64 MB of addresses, which are limited
        "TORCHDYNAMO_DISABLE": "1",  # torch.compile would start a compiler; the same code runs as written
        **dict.fromkeys(THREAD_VARIABLES, "1"),
    }
