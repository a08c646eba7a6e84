"""Writing a file whole or not at all, so that a batch killed at any moment leaves no half report behind."""

import os
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write `text` as UTF-8 with plain newlines; whoever opens `path` sees the old text or the new.

    Raises:
        OSError: the folder is missing, full or closed to us.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
