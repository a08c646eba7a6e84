"""The ways in which a class's work lies in a folder, each as its platform writes it."""

import contextlib
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from graders.foundation.errors import BadUsage
from graders.intake.gradescope import METADATA, gradescope_hand_ins
from graders.intake.hand_in import HandIn
from graders.wire.contract import MODULES

# name_id_fileid_file.ext, with _LATE_ after the name; the name has no underscore.
CANVAS = re.compile(r"(?P<name>[^_]+)_(?:(?P<late>LATE)_)?(?P<id>\d+)_(?P<file>\d+)_(?P<original>.+)", re.DOTALL)
# Full Name_12345_assignsubmission_file_ (a folder), or the same and the file's name (when folders are off).
MOODLE = re.compile(
    r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?P<kind>file|onlinetext)(?:_(?P<original>.*))?", re.DOTALL
)
RESUBMITTED = re.compile(r"-\d{1,3}(?=\.[^.]+$)")  # Canvas numbers what replaces an earlier file of the same name
WORK = (".zip", ".ipynb", ".py")
UNPACKED_CAP = 20 * 2**30
ENTRIES_CAP = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What was found.

    Args:
        layout: what it was taken for, in words.
        hand_ins: by label.
        ignored: names of what belongs to nobody.
    """

    layout: str
    hand_ins: Sequence[HandIn]
    ignored: Sequence[str] = ()


@contextlib.contextmanager
def take_in(path: Path) -> Iterator[Intake]:
    """Find who handed in what in a folder, or in the zip that a platform gives for download.

    Raises:
        BadUsage: there is no such path, or nothing in it that somebody could have handed in.
    """
    if path.is_dir():
        yield found_in(path)
        return
    if not path.is_file() or not zipfile.is_zipfile(path):
        why = "there is no such folder or zip" if not path.exists() else "it is neither a folder nor a zip"
        message = f"{path}: {why}"
        raise BadUsage(message, remedy="Name the folder with the submissions, or the zip as the platform gave it.")
    with tempfile.TemporaryDirectory(prefix="plumbline-export-") as folder:
        unpack(path, Path(folder))
        yield found_in(Path(folder))


def found_in(folder: Path) -> Intake:
    """Return what is in a folder; the layout is told by the names in it.

    Raises:
        BadUsage: nothing in it could have been handed in.
    """
    children = visible(folder)
    if len(children) == 1 and children[0].is_dir() and _is_export(visible(children[0])):
        folder = children[0]  # an unpacked export is a folder in a folder
        children = visible(folder)
    names = {child.name for child in children}
    contract = sorted(names & {f"{module}.py" for module in MODULES})
    if contract:
        message = f"{folder} holds {contract[0]}: it looks like one submission, not like a class"
        raise BadUsage(message, remedy=f"Grade it with: python grade.py {folder}")
    if METADATA in names:
        intake = Intake(layout="a Gradescope export", hand_ins=gradescope_hand_ins(folder))
    elif any(CANVAS.fullmatch(name) for name in names):
        intake = canvas(children)
    elif any(MOODLE.fullmatch(name) for name in names):
        intake = moodle(children)
    else:
        intake = plain(children)
    if not intake.hand_ins:
        message = f"{folder} holds nothing that somebody could have handed in"
        raise BadUsage(message, remedy="Name a folder with a folder, zip, notebook or .py file for each student.")
    return intake


def visible(folder: Path) -> list[Path]:
    """Return a folder's children by name, without what is hidden.

    Raises:
        BadUsage: it cannot be listed.
    """
    try:
        return sorted((p for p in folder.iterdir() if not p.name.startswith((".", "__MACOSX"))), key=lambda p: p.name)
    except OSError as error:
        message = f"{folder} cannot be read ({error.strerror or error})"
        raise BadUsage(message, remedy="Give it read permission, e.g. chmod -R u+rX.") from error


def _is_export(children: Sequence[Path]) -> bool:
    return any(c.name == METADATA or CANVAS.fullmatch(c.name) or MOODLE.fullmatch(c.name) for c in children)


def canvas(children: Sequence[Path]) -> Intake:
    """Return a Canvas download: all files of a student belong together."""
    files: dict[tuple[str, str], dict[str, Path]] = {}
    late: set[tuple[str, str]] = set()
    found = [(CANVAS.fullmatch(child.name), child) for child in children if not child.is_dir()]
    ignored = [child.name for child in children if child.is_dir() or not CANVAS.fullmatch(child.name)]
    # The higher number is the newer file: it replaces an older one of the same name.
    for parts, child in sorted(((m, c) for m, c in found if m), key=lambda pair: int(pair[0]["file"])):
        student = (parts["name"], parts["id"])
        original = RESUBMITTED.sub("", parts["original"])
        files.setdefault(student, {})[original] = child
        if parts["late"]:
            late.add(student)
    hand_ins = [
        HandIn(
            label=f"{name}_{number}", identity={"name": name, "lms": number}, files=theirs, late=(name, number) in late
        )
        for (name, number), theirs in files.items()
    ]
    return Intake(layout="a Canvas download", hand_ins=hand_ins, ignored=ignored)


def moodle(children: Sequence[Path]) -> Intake:
    """Return a Moodle download, with a folder for each student or with longer file names instead."""
    files: dict[tuple[str, str], dict[str, Path]] = {}
    ignored = []
    for child in children:
        parts = MOODLE.fullmatch(child.name)
        if parts is None or parts["kind"] == "onlinetext":
            ignored.append(child.name)
            continue
        files.setdefault((parts["name"], parts["id"]), {})[parts["original"] or child.name] = child
    hand_ins = [
        HandIn(label=f"{name}_{number}", identity={"name": name, "lms": number}, files=theirs)
        for (name, number), theirs in files.items()
    ]
    return Intake(layout="a Moodle download", hand_ins=hand_ins, ignored=ignored)


def plain(children: Sequence[Path]) -> Intake:
    """Return plain folders, git clones among them, zips, notebooks and single files: one for each student."""
    hand_ins = []
    ignored = []
    for child in children:
        if child.is_dir():
            hand_ins.append(HandIn(label=child.name, files={child.name: child}))
        elif child.suffix.lower() in WORK:
            hand_ins.append(HandIn(label=child.stem, files={child.name: child}))
        else:
            ignored.append(child.name)
    return Intake(layout="a folder of submissions", hand_ins=hand_ins, ignored=ignored)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack an export; nothing in it may lead out of the folder or fill the disk.

    Raises:
        BadUsage: it is broken, too large, or its names climb.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = opened.infolist()
            if len(entries) > ENTRIES_CAP or sum(e.file_size for e in entries) > UNPACKED_CAP:
                message = f"{archive} unpacks to more than {UNPACKED_CAP // 2**30} GB or {ENTRIES_CAP:,} files"
                raise BadUsage(message, remedy="Unpack it yourself and name the folder.")
            for entry in entries:
                if any(part == ".." for part in re.split(r"[/\\]", entry.filename)):
                    message = f"{archive}: the entry {entry.filename!r:.80} leads out of the archive"
                    raise BadUsage(message, remedy="Download the export again.")
                opened.extract(entry, folder)  # it drops drive letters and leading slashes, and makes no links
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        message = f"{archive} cannot be unpacked ({error})"
        raise BadUsage(message, remedy="Download the export again.") from error
    except OSError as error:
        message = f"{archive} cannot be unpacked ({error.strerror or error})"
        raise BadUsage(message, remedy=f"Make room under {os.environ.get('TMPDIR', '/tmp')}.") from error  # noqa: S108
