"""The noun: what one student handed in, before it is opened; and opening it."""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from graders.foundation.errors import BadSubmission
from graders.submission import Submission, open_submission


@dataclass(frozen=True, slots=True, kw_only=True)
class HandIn:
    """What one student handed in.

    Args:
        label: what the platform or the folder calls it; unique within a class.
        identity: what is known of the student: name, sid, email, login, lms (the platform's number for them).
        files: name -> where it is; a single folder, zip or notebook, or several files that belong together.
        late: whether the platform says that it came late.
    """

    label: str
    identity: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    late: bool = False


def open_hand_in(hand_in: HandIn) -> Submission:
    """Return what was handed in. Nothing of it is run.

    Raises:
        BadSubmission: it cannot be opened.
    """
    if not hand_in.files:
        message = "no file was handed in"
        raise BadSubmission(message)
    if len(hand_in.files) == 1:
        (name, path), *_ = hand_in.files.items()
        if path.is_dir() or path.suffix.lower() != ".py" or path.name == name:
            return open_submission(the_work_in(path))
    # Several files, or one whose name the platform has changed: together again, under their own names.
    with tempfile.TemporaryDirectory(prefix="plumbline-intake-") as folder:
        for name, path in hand_in.files.items():
            try:
                shutil.copyfile(path, Path(folder) / name)
            except OSError as error:
                message = f"{path.name} cannot be read ({error.strerror or error})"
                raise BadSubmission(message, remedy="Give it read permission.") from error
        return open_submission(the_work_in(Path(folder)))


def the_work_in(path: Path) -> Path:
    """Return the zip or folder that a folder holds when it holds nothing else; else the path itself."""
    while path.is_dir() and not path.is_symlink():
        try:
            children = [p for p in path.iterdir() if not p.name.startswith((".", "__MACOSX"))]
        except OSError:
            return path
        only_a_zip = len(children) == 1 and children[0].suffix.lower() == ".zip" and not children[0].is_symlink()
        if not only_a_zip:
            return path
        path = children[0]
    return path
