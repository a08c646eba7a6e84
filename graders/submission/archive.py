"""Looks through a zip without unpacking it to disk, trusting neither its names nor its sizes."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

from graders.foundation.errors import BadSubmission
from graders.submission.entries import (
    STARTS_BY_ITSELF,
    Entry,
    FileKind,
    Found,
    is_junk,
    kind_of,
    left_out,
    path_parts,
    size_text,
    usable,
)
from graders.submission.model import MIB, Notice, SubmissionLimits
from graders.submission.source import plain

AGAIN = "zip the folder again with your system's own tool, without a password"
END_RECORD = b"PK\5\6"
END_RECORD_BYTES = 22 + 65_535  # with the longest comment
BYTES_PER_LISTED_FILE = 300
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    struct.error,
    OverflowError,
    MemoryError,
)


@contextmanager
def look_through_zip(path: Path, limits: SubmissionLimits) -> Iterator[Found]:
    """Give the files of a zip, readable as long as the context lasts.

    Raises:
        BadSubmission: it is broken, protected, too large, or names files outside itself.
    """
    size = path.stat().st_size
    if size > limits.max_archive_bytes:
        msg = f"the zip has {size_text(size)}; at most {size_text(limits.max_archive_bytes)} are opened"
        raise BadSubmission(msg, remedy="hand in your code without data, virtual environment and weights")
    with path.open("rb") as file:
        check_directory(file, size, limits)
        try:
            archive = zipfile.ZipFile(file)
        except BROKEN as error:
            raise broken(path.name, error) from None
        with archive:
            yield look_at(archive, path.stem, limits)


def check_directory(file: BinaryIO, size: int, limits: SubmissionLimits) -> None:
    """Refuse a list of files that is too long, before `zipfile` reads it into memory.

    Raises:
        BadSubmission: there is no list, or it is too long.
    """
    file.seek(max(0, size - END_RECORD_BYTES))
    tail = file.read(END_RECORD_BYTES)
    at = tail.rfind(END_RECORD)
    if at < 0 or len(tail) < at + 22:
        msg = "the file is no zip, or it is cut off at the end"
        raise BadSubmission(msg, remedy=AGAIN)
    count, length = struct.unpack("<HL", tail[at + 10 : at + 16])
    if count > limits.max_entries or length > limits.max_entries * BYTES_PER_LISTED_FILE:
        raise too_many(limits)
    file.seek(0)


def look_at(archive: zipfile.ZipFile, name: str, limits: SubmissionLimits) -> Found:
    """Return what an open zip holds."""
    items = archive.infolist()
    if len(items) > limits.max_entries:
        raise too_many(limits)
    entries: dict[str, Entry] = {}
    notices: list[Notice] = []
    for item in items:
        parts = safe_parts(item.filename)
        path = "/".join(parts)
        if not parts or item.is_dir() or any(is_junk(part) for part in parts):
            continue
        why = reason_to_leave_out(item, parts, limits)
        if why:
            notices.append(left_out(path, why))
            continue
        if kind_of(path) not in (FileKind.WEIGHTS, FileKind.OTHER):
            check_packing(item, limits)
        if path in entries:
            notices.append(Notice(message="the zip holds this file twice; the last one counts", where=plain(path)))
        entries[path] = Entry(path=path, size=item.file_size, read=partial(read_item, archive, item))
    return Found(name=name, entries=[entries[path] for path in sorted(entries)], notices=notices)


def safe_parts(name: str) -> list[str]:
    """Return the parts of an entry's path.

    Raises:
        BadSubmission: the path leads out of the zip.
    """
    parts = path_parts(name)
    if name.startswith(("/", "\\")) or ".." in parts or (parts and parts[0].endswith(":")):
        msg = f"the zip names a file outside itself: {plain(name)}"
        raise BadSubmission(msg, remedy=AGAIN)
    return parts


def reason_to_leave_out(item: zipfile.ZipInfo, parts: list[str], limits: SubmissionLimits) -> str:
    """Return why an entry is not taken, "" if it may be."""
    kind = stat.S_IFMT(item.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "it is a link, and links in a zip are not followed"
    if kind not in (0, stat.S_IFREG):
        return "it is no plain file"
    if not usable(parts):
        return "its name has characters, or a length, that not every disk can hold"
    if len(parts) > limits.max_depth:
        return f"folders may be {limits.max_depth} deep"
    return "Python would run it by itself at every start" if parts[-1] in STARTS_BY_ITSELF else ""


def check_packing(item: zipfile.ZipInfo, limits: SubmissionLimits) -> None:
    """Refuse an entry that is encrypted, packed in a rare way, or packed far too well.

    Raises:
        BadSubmission: it is.
    """
    name = plain(item.filename)
    if item.flag_bits & 0x1:
        msg = f"the zip is protected by a password ({name})"
        raise BadSubmission(msg, remedy=AGAIN)
    if item.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        msg = f"{name} is packed with method {item.compress_type}; only plain and deflated entries are read"
        raise BadSubmission(msg, remedy=AGAIN)
    if item.file_size > MIB and item.file_size > limits.max_ratio * max(1, item.compress_size):
        msg = f"{name} would unpack from {size_text(item.compress_size)} to {size_text(item.file_size)}, "
        msg += f"more than {limits.max_ratio} times its size"
        raise BadSubmission(msg, remedy="hand in code and text; nothing of that kind packs so tightly")


def read_item(archive: zipfile.ZipFile, item: zipfile.ZipInfo, limit: int) -> bytes:
    """Return an entry's content, at most `limit` bytes and one more.

    Raises:
        BadSubmission: it cannot be unpacked.
    """
    try:
        with archive.open(item) as packed:
            return packed.read(limit + 1)
    except BROKEN as error:
        raise broken(item.filename, error) from None


def broken(name: str, error: BaseException) -> BadSubmission:
    """Return the error for a zip, or an entry of it, that cannot be read."""
    why = plain(str(error)) or type(error).__name__
    return BadSubmission(f"{plain(name)} cannot be unpacked ({why})", remedy=AGAIN)


def too_many(limits: SubmissionLimits) -> BadSubmission:
    """Return the error for a zip with too many entries."""
    return BadSubmission(
        f"the zip holds more than {limits.max_entries:,} files",
        remedy="hand in your solution only, without virtual environment, .git and data",
    )
