"""Looks through a folder without following a link out of it and without opening what is no plain file."""

import os
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from graders.foundation.errors import BadSubmission
from graders.submission.entries import STARTS_BY_ITSELF, Entry, Found, is_junk, left_out, usable
from graders.submission.model import Notice, SubmissionLimits
from graders.submission.source import plain

# Never through a link, never waiting for a FIFO's writer. Windows has neither flag.
OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def look_through(folder: Path, limits: SubmissionLimits) -> Found:
    """Return the files of a folder.

    Raises:
        BadSubmission: it cannot be read, or holds too many files.
    """
    root = folder.resolve()
    entries: list[Entry] = []
    notices: list[Notice] = []
    for path, item in walk(root, limits, notices):
        where = shown(path.relative_to(root).as_posix())
        try:
            found = entry_of(root, path, is_link=item.is_symlink())
        except (OSError, RuntimeError):  # RuntimeError: links that lead to each other, before Python 3.13
            notices.append(left_out(where, "it cannot be looked at"))
            continue
        if isinstance(found, str):
            notices.append(left_out(where, found))
        else:
            entries.append(found)
    return Found(name=root.name or "submission", entries=sorted(entries, key=lambda e: e.path), notices=notices)


def walk(root: Path, limits: SubmissionLimits, notices: list[Notice]) -> Iterator[tuple[Path, os.DirEntry[str]]]:
    """Yield the files below a folder, skipping what is no student's work."""
    waiting = [(root, 0)]
    looked_at = 0
    while waiting:
        folder, depth = waiting.pop()
        for item in listing(folder):
            looked_at += 1
            if looked_at > limits.max_entries:
                msg = f"the folder holds more than {limits.max_entries:,} files"
                raise BadSubmission(msg, remedy="hand in a folder with your solution only")
            path = Path(item.path)
            if is_junk(item.name):
                continue
            if not item.is_dir(follow_symlinks=False):
                yield path, item
            elif is_environment(path):
                continue
            elif depth >= limits.max_depth:
                notices.append(left_out(shown(item.name), f"folders may be {limits.max_depth} deep"))
            else:
                waiting.append((path, depth + 1))


def is_environment(folder: Path) -> bool:
    """Return whether a folder is a virtual environment, under whatever name."""
    try:
        return (folder / "pyvenv.cfg").exists()
    except OSError:
        return False


def listing(folder: Path) -> list[os.DirEntry[str]]:
    """Return a folder's items by name.

    Raises:
        BadSubmission: it cannot be listed.
    """
    try:
        with os.scandir(folder) as items:
            return sorted(items, key=lambda item: item.name)
    except OSError as error:
        msg = f"the folder {shown(folder.name)} cannot be read ({error.strerror})"
        raise BadSubmission(msg, remedy="give it read permission, e.g. chmod -R u+rX") from None


def entry_of(root: Path, path: Path, *, is_link: bool) -> Entry | str:
    """Return the entry of a file, or why it is left out."""
    relative = path.relative_to(root)
    target = path
    if is_link:
        target = path.resolve()
        if not target.is_relative_to(root):
            return "it is a link that leads out of the folder, and such links are not followed"
        if not target.exists():
            return "it is a link that leads nowhere"
    status = target.stat(follow_symlinks=False)
    if stat.S_ISDIR(status.st_mode):
        return "it is a link to a folder, and such links are not followed"
    if not stat.S_ISREG(status.st_mode):
        return "it is no plain file"
    if not usable(relative.parts):
        return "its name has characters, or a length, that not every disk can hold"
    if path.name in STARTS_BY_ITSELF:
        return "Python would run it by itself at every start"
    return Entry(path=relative.as_posix(), size=status.st_size, read=partial(read_plain_file, target))


def read_plain_file(path: Path, limit: int) -> bytes:
    """Return a plain file's content, at most `limit` bytes and one more.

    Raises:
        BadSubmission: it cannot be read, or has become something else than a plain file.
    """
    try:
        descriptor = os.open(path, OPEN_FLAGS)
    except OSError as error:
        msg = f"{shown(path.name)} cannot be read ({error.strerror})"
        raise BadSubmission(msg, remedy="give it read permission, e.g. chmod u+r") from None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            msg = f"{shown(path.name)} is no plain file"
            raise BadSubmission(msg, remedy="hand in plain files")
        try:
            return file.read(limit + 1)
        except OSError as error:
            msg = f"{shown(path.name)} cannot be read ({error.strerror})"
            raise BadSubmission(msg, remedy="copy the submission to a healthy disk and try again") from None


def shown(name: str) -> str:
    """Return a file name fit to be shown, whatever bytes it is made of."""
    return plain(name.encode(errors="replace").decode())
