"""What harms a careless opener is refused, or left out with a word, and costs neither memory nor time.

Each control has a careless opener of the common kind meet the same hand-in, and must see it harmed.
"""

import ast
import textwrap
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from graders.foundation.errors import BadSubmission
from graders.submission import open_submission
from tests.banks.attacks import Attack, load_attacks

ATTACKS = load_attacks("opening")
SECONDS = 20.0  # CPU seconds; most take hundredths
MEMORY = 80 * 2**20
SECRET = "the word of the test"  # noqa: S105 - the point of the test
MANY = 60 * 2**20


class Surroundings:
    """What lies beside a hand-in: a secret, and a folder that nobody may write to."""

    def __init__(self, folder: Path) -> None:
        self.outside = folder / "outside"
        self.outside.mkdir()
        self.secret = folder / "secret.md"
        self.secret.write_text(SECRET)
        self.work = folder / "handed-in"
        self.work.mkdir()
        self.careless = folder / "unpacked"
        self.careless.mkdir()

    def handed_in(self, attack: Attack) -> Path:
        """Have an attack make its hand-in; returns where it is."""
        space: dict[str, Any] = {"OUTSIDE": str(self.outside), "SECRET": str(self.secret), "folder": self.work}
        imports = "import copy, io, random, struct, zipfile\n"
        exec(f"{imports}def make():\n{textwrap.indent(attack.code, '    ')}", space)  # noqa: S102 - our own bank
        path = space["make"]()
        assert isinstance(path, Path)
        return path


@pytest.fixture
def surroundings(tmp_path: Path) -> Surroundings:
    """Return fresh surroundings."""
    return Surroundings(tmp_path)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: a.id)
def test_a_hand_in_that_does_harm_is_refused_or_loses_what_would(attack: Attack, surroundings: Surroundings) -> None:
    path = surroundings.handed_in(attack)
    tracemalloc.start()
    start = time.process_time()
    try:
        made = open_submission(path)
    except BadSubmission as error:
        told = error.message
        assert error.remedy
    else:
        told = " ".join([*(f"{n.where} {n.message}" for n in made.notices), *made.faults.values()])
        assert SECRET.encode() not in b"".join(made.files.values())
        assert SECRET not in made.answers
        assert all(name.endswith((".py", ".md", ".txt")) for name in made.files), sorted(made.files)
    finally:
        seconds, memory = time.process_time() - start, tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert attack.told in told
    assert list(surroundings.outside.iterdir()) == []
    assert seconds < SECONDS
    assert memory < MEMORY


def _unpack(path: Path, here: Surroundings) -> bool:
    """Write each entry where its name says, links as links, as many a grading script does."""
    with zipfile.ZipFile(path) as archive:
        for item in archive.infolist():
            target = here.careless / item.filename
            target.parent.mkdir(parents=True, exist_ok=True)
            if item.external_attr >> 16 == 0o120777:
                target.symlink_to(archive.read(item).decode())
            else:
                target.write_bytes(archive.read(item))
    read = [p.read_text() for p in here.careless.rglob("*") if p.is_file()]
    return list(here.outside.iterdir()) != [] or SECRET in read


def _weigh(path: Path, here: Surroundings) -> bool:
    del here
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:
        total = 0
        for item in archive.infolist():
            item.file_size = MANY * 10  # unpacks on, whatever the entry states
            item.CRC = None  # type: ignore[assignment] - an opener that goes on over a wrong sum
            try:
                total += len(archive.open(item).read())
            except zipfile.BadZipFile:
                continue
    return total > MANY


def _declared(path: Path, here: Surroundings) -> bool:
    del here
    with zipfile.ZipFile(path) as archive:
        return sum(item.file_size for item in archive.infolist()) > 10 * 2**30


def _nested(path: Path, here: Surroundings) -> bool:
    del here
    waiting, total = [path.read_bytes()], 0
    while waiting and total < MANY:
        blob = waiting.pop()
        (inner := path.parent / "inner.zip").write_bytes(blob)
        with zipfile.ZipFile(inner) as archive:
            for item in archive.infolist():
                content = archive.read(item)
                if item.filename.endswith(".zip"):
                    waiting.append(content)
                else:
                    total += len(content)
    return total >= MANY


def _follow(path: Path, here: Surroundings) -> bool:
    del here
    return SECRET in [p.read_text() for p in path.rglob("*")]


def _read(path: Path, here: Surroundings) -> bool:
    del here
    return len(path.read_bytes()) > MANY


def _compile(path: Path, here: Surroundings) -> bool:
    """Compile, ready for an exception of any kind but those that a mistake in the code raises."""
    del here
    try:
        ast.parse(path.read_text())
    except (RecursionError, MemoryError):
        return True
    except SyntaxError as error:
        return isinstance(error, IndentationError)
    return False


def _vendored(path: Path, here: Surroundings) -> bool:
    del here
    return any(p.suffix == ".so" or p.name == "sitecustomize.py" for p in path.rglob("*"))


CARELESS: Mapping[str, Callable[[Path, Surroundings], bool]] = {
    "unpack": _unpack,
    "weigh": _weigh,
    "declared": _declared,
    "nested": _nested,
    "follow": _follow,
    "read": _read,
    "compile": _compile,
    "vendored": _vendored,
}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: a.id)
def test_a_careless_opener_is_harmed(attack: Attack, surroundings: Surroundings) -> None:
    assert CARELESS[attack.control](surroundings.handed_in(attack), surroundings)
