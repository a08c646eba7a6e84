"""Opens whatever a student hands in: a folder, a zip, a notebook or a single file."""

import stat
from functools import partial
from pathlib import Path

from graders.foundation.errors import BadSubmission
from graders.submission.archive import look_through_zip
from graders.submission.assemble import assemble
from graders.submission.entries import Entry, FileKind, Found, kind_of
from graders.submission.folder import look_through, read_plain_file, shown
from graders.submission.model import DEFAULT_LIMITS, Submission, SubmissionLimits

KINDS = "hand in a folder, a .zip, a notebook (.ipynb) or one of the assignment's .py files"
ZIP_START = b"PK"


def open_submission(path: Path, *, limits: SubmissionLimits = DEFAULT_LIMITS) -> Submission:
    """Return what a student handed in. Nothing of it is run.

    Args:
        path: a folder, a zip, a notebook or one .py file.
        limits: how much is looked at and taken.

    Raises:
        BadSubmission: it cannot be opened at all. Code that does not compile is no such case: it is kept as a fault.
    """
    try:
        real = path.resolve(strict=True)
        mode = real.stat().st_mode
    except (OSError, RuntimeError, ValueError) as error:
        why = "there is no such file or folder" if isinstance(error, FileNotFoundError) else "it cannot be opened"
        msg = f"{shown(str(path))}: {why}"
        raise BadSubmission(msg, remedy="check the path") from None
    if stat.S_ISDIR(mode):
        return assemble(look_through(real, limits), limits)
    if not stat.S_ISREG(mode):
        msg = f"{shown(path.name)} is neither a folder nor a plain file"
        raise BadSubmission(msg, remedy=KINDS)
    if kind_of(real.name) is FileKind.NOTEBOOK:
        return assemble(single(real), limits)
    if kind_of(real.name) is FileKind.CODE:
        return assemble(single(real), limits)
    return open_zip(real, limits)


def single(path: Path) -> Found:
    """Return a file that was handed in alone."""
    entry = Entry(path=shown(path.name), size=path.stat().st_size, read=partial(read_plain_file, path))
    return Found(name=shown(path.stem), entries=[entry])


def open_zip(path: Path, limits: SubmissionLimits) -> Submission:
    """Return the submission in a zip.

    Raises:
        BadSubmission: it is none.
    """
    if path.suffix.lower() != ".zip" and read_plain_file(path, 1)[:2] != ZIP_START:
        msg = f"{shown(path.name)} is of no kind that can be opened"
        raise BadSubmission(msg, remedy=KINDS)
    try:
        with look_through_zip(path, limits) as found:
            return assemble(found, limits)
    except OSError as error:
        msg = f"{shown(path.name)} cannot be read ({error.strerror})"
        raise BadSubmission(msg, remedy="give it read permission, e.g. chmod u+r") from None
