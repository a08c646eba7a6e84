"""Writing a file whole or not at all, so that a batch killed at any moment leaves no half report behind."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


def write_whole(path: Path, text: str) -> None:
    """Write `text` as UTF-8 with plain newlines; whoever opens `path` sees the old text or the new.

    Raises:
        OSError: the folder is missing, full or closed to us.
    """
    with whole_file(path) as file:
        file.write(text)


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """Open a file that is written piece by piece in the same way: `path` changes at the end, if all went well.

    Raises:
        OSError: the folder is missing, full or closed to us.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            yield file
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
