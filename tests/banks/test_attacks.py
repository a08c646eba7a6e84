"""No attack reads a secret, changes what is not its own, passes a limit, gains a point or reaches the next submission.

PLUMBLINE_BANK=whole runs all attacks and their controls; otherwise every fourth runs. Where there is no sandbox only
the attacks on the score run: that is what a room without one holds.
"""

import os
import secrets
import shutil
import socket
import sysconfig
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from graders.driver.server import wipe
from graders.exam_room import ExamRoom, Rooms
from graders.exam_room.isolation import isolation
from graders.foundation.call import Call, Room
from graders.foundation.limits import Limits
from graders.foundation.observation import Failed, FailureKind, Observation, Returned
from tests.banks.attacks import (
    EVERY,
    FOLDER,
    GOES_ON_SECONDS,
    REACHED,
    Attack,
    common_grader_gives_the_point,
    decoy,
    load_attacks,
    module_of,
    run_forked,
    run_plainly,
    scoring_module,
)
from tests.sitting import FORBIDDEN, QUICK, ROOT, edited_reference, sit, submission_of

MACHINE = load_attacks("reading", "damage", "system", "exhaust")
SCORING = load_attacks("scoring")
LIMITS = Limits(question_seconds=4.0, memory_mb=400, file_mb=16, scratch_mb=64, processes=24, output_kb=4)
Z = np.array([[1.0, 2.0, 3.0], [0.5, -1.0, 4.0]])
LATE_SECONDS = 1.0  # from a limit to the end of what passed it, by the supervisor's own record

needs_sandbox = pytest.mark.skipif(not isolation().is_sandbox, reason=f"no sandbox here: {isolation().lacks}")


class Surroundings:
    """What there is to steal and to damage around one test run: files, sockets, processes and a secret in memory."""

    def __init__(self, folder: Path, decoy_pid: int, token: str) -> None:
        self.token = token
        self.held = [token]  # a secret in our own memory, once among Python's objects
        self._buffer = np.frombuffer(bytearray(token.encode()), dtype=np.uint8)  # and once as bytes
        abstract = "plumbline-" + secrets.token_hex(6)
        self.outside = folder / "outside"
        self.outside.mkdir()
        self.secret = folder / "labels.txt"
        self.secret.write_text(token)
        self.other = folder / "another_submission.py"
        self.other.write_text(f"# {token}")
        self.descriptor = os.open(self.secret, os.O_RDONLY)
        os.set_inheritable(self.descriptor, True)
        self._services = [_service(token, folder / "socket"), _service(token, f"\0{abstract}"), _service(token, None)]
        self.constants: Mapping[str, Any] = {
            "SECRET": str(self.secret),
            "OTHER": str(self.other),
            "OUTSIDE": str(self.outside),
            "PROJECT": str(ROOT),
            "HOME": str(Path.home()),
            "SITE": sysconfig.get_path("purelib"),
            "PARENT": os.getpid(),
            "ADDRESS": self._buffer.ctypes.data,
            "DECOY": decoy_pid,
            "PORT": self._services[2].getsockname()[1],
            "UNIX": str(folder / "socket"),
            "ABSTRACT": abstract,
            "HOSTNAME": os.uname().nodename,
        }
        self.lay_out()

    def lay_out(self) -> None:
        """Put everything that may be damaged into its place."""
        wipe(self.outside)
        (self.outside / "victim").write_text("x")
        os.utime(self.outside / "victim", (1e9, 1e9))
        (self.outside / "results.json").write_text("{}")

    def state(self) -> Sequence[object]:
        """Return all of it that an attack could have changed."""
        return [(p.name, p.stat().st_mode, p.stat().st_mtime, p.read_text()) for p in sorted(self.outside.iterdir())]

    def close(self) -> None:
        """Close what is open."""
        os.close(self.descriptor)
        for service in self._services:
            service.close()


def _service(token: str, place: Path | str | None) -> socket.socket:
    """Serve the token to whoever connects, by TCP where no place is named."""
    server = socket.socket(socket.AF_INET if place is None else socket.AF_UNIX)
    server.bind(("127.0.0.1", 0) if place is None else str(place))
    server.listen()

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.sendall(token.encode())

    threading.Thread(target=serve, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def surroundings() -> Iterator[Surroundings]:
    """Return surroundings in the machine's own temporary folder, where every user may look."""
    token = "token-" + secrets.token_hex(10)
    folder = Path(tempfile.mkdtemp(prefix="plumbline-attacks-"))
    folder.chmod(0o755)
    os.environ["PLUMBLINE_TEST_SECRET"] = token
    with decoy(token) as pid:
        made = Surroundings(folder, pid, token)
        yield made
        made.close()
    del os.environ["PLUMBLINE_TEST_SECRET"]
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def rooms() -> Iterator[Rooms]:
    """Return rooms that all attacks share, one after another, as a class's submissions do."""
    with Rooms() as shared:
        yield shared


def asked(source: str, rooms: Rooms) -> Observation:
    """Have a module answer for softmax."""
    call = Call(name="z", target="softmax", args=(Z,))
    with ExamRoom(submission_of({"mlp_numpy.py": source}), Room.NUMPY, LIMITS, FORBIDDEN, rooms=rooms) as room:
        room.ask(Call(name="healthy", target="cosine", args=(0, 0.5, 10)), seed=1)
        return room.ask(call, seed=1)


def next_answer(rooms: Rooms) -> bytes:
    """Return what the next, honest submission answers, byte for byte."""
    seen = asked(edited_reference()["mlp_numpy.py"], rooms)
    assert isinstance(seen, Returned), seen
    return np.asarray(seen.value).tobytes()


def found(seen: Observation) -> str:
    """Return what an attack reported."""
    return str(seen.value) if isinstance(seen, Returned) else ""


@needs_sandbox
@pytest.mark.parametrize("attack", MACHINE[::EVERY], ids=lambda a: f"{a.group}-{a.id}")
def test_an_attack_on_the_machine_fails(attack: Attack, surroundings: Surroundings, rooms: Rooms) -> None:
    surroundings.lay_out()
    state = surroundings.state()
    honest = next_answer(rooms)
    inside = {**surroundings.constants, "SERVER": 1, "FOLDER": "/exam-room"}
    if attack.before:
        asked(module_of(attack.before, {**inside, "TOKEN": surroundings.token}), rooms)
    before = len(rooms.ledger.overdrafts)
    seen = asked(module_of(attack.code, inside), rooms)
    overdrafts = rooms.ledger.overdrafts[before:]
    assert REACHED not in found(seen)
    assert surroundings.token not in found(seen)
    assert surroundings.state() == state
    assert psutil.pid_exists(surroundings.constants["DECOY"])
    assert all(late < LATE_SECONDS for _, late in overdrafts), overdrafts
    if isinstance(seen, Failed) and seen.kind is FailureKind.TIMED_OUT:
        assert overdrafts
    if attack.group == "exhaust" and not attack.has_end:
        assert isinstance(seen, Failed)
    assert next_answer(rooms) == honest


@needs_sandbox
@pytest.mark.parametrize("attack", MACHINE[::EVERY], ids=lambda a: f"{a.group}-{a.id}")
def test_without_a_sandbox_the_attack_succeeds(attack: Attack, surroundings: Surroundings, tmp_path: Path) -> None:
    surroundings.lay_out()
    state = surroundings.state()
    with decoy("") as pid:
        shared = tmp_path / "shared"
        (shared / "tmp").mkdir(parents=True)
        plainly = {**surroundings.constants, "SERVER": pid, "DECOY": pid, "FOLDER": str(shared)}
        work = _work_folder(attack, tmp_path)
        if attack.before:
            source = module_of(attack.before, {**plainly, "TOKEN": surroundings.token})
            run_plainly(source, work, seconds=60.0)
        source = module_of(attack.code, plainly)
        if attack.control == "fork":
            told: str | None = run_forked(source)
        else:
            seconds = 60.0 if attack.has_end or attack.group != "exhaust" else GOES_ON_SECONDS
            told = run_plainly(source, work, seconds=seconds, descriptors=(surroundings.descriptor,))
        wipe(work)
        work.rmdir()
        left = Path("/dev/shm") / surroundings.token  # noqa: S108 - the attack's own place
        left.unlink(missing_ok=True)
    if attack.group == "exhaust" and not attack.has_end:
        assert told is None, told
    else:
        assert told is not None or attack.control == "kernel"  # a kernel that does not know a gate ends the process
        if attack.control == "kernel" and REACHED not in (told or ""):
            pytest.skip(f"this machine's kernel refuses it without a sandbox as well: {told}")
        assert told is not None
        assert REACHED in told or surroundings.token in told, told
    if "OUTSIDE" in attack.code:
        assert surroundings.state() != state


def _work_folder(attack: Attack, folder: Path) -> Path:
    """Return where the control works: in memory where it makes many files, which a disk takes minutes to remove."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own in it
    in_memory = attack.group == "exhaust" and memory.is_dir()
    return Path(tempfile.mkdtemp(prefix="plumbline-control-", dir=memory if in_memory else folder))


@pytest.mark.parametrize("attack", SCORING[::EVERY], ids=lambda a: a.id)
def test_an_attack_on_the_score_gains_nothing(attack: Attack) -> None:
    plain = sit("softmax", files={"mlp_numpy.py": scoring_module("")}).share
    assert plain < 1
    limits = Limits(question_seconds=3.0) if attack.control == "deadline" else QUICK
    assert sit("softmax", files={"mlp_numpy.py": scoring_module(attack.code)}, limits=limits).share <= plain


@pytest.mark.parametrize("attack", SCORING[::EVERY], ids=lambda a: a.id)
def test_a_grader_of_the_common_kind_is_deceived(attack: Attack, tmp_path: Path) -> None:
    assert not _deceived("", attack.control, tmp_path)
    assert _deceived(attack.code, attack.control, tmp_path)


def _deceived(code: str, kind: str, folder: Path) -> bool:
    return common_grader_gives_the_point(scoring_module(code), kind, folder)


def test_the_bank_holds_at_least_fifty_attacks() -> None:
    attacks = [*MACHINE, *SCORING, *load_attacks("opening", "words", "learnt")]
    assert len({(a.group, a.id) for a in attacks}) == len(attacks) >= 50
    assert {path.stem for path in FOLDER.iterdir()} == {a.group for a in attacks}
    assert all(attack.what for attack in attacks)
