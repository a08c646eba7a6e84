"""Rooms that serve one submission after another: fast, alike, and without a trace of the last one."""

import hashlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import psutil
import pytest

from graders.exam_room import ExamRoom, Rooms
from graders.exam_room.isolation import Isolation, isolation
from graders.exam_room.rooms import RENEW_AFTER
from graders.foundation.call import Call, Params, Room, Seeded
from graders.foundation.limits import Limits
from graders.foundation.observation import Failed, Observation, Returned
from graders.wire.values import pack
from tests.sitting import FORBIDDEN, ROOT, edited_reference, submission_of

Z = np.array([[1.0, 2.0, 3.0]])
ASK = Call(name="z", target="softmax", args=(Z,))
PROCESS = Isolation(name="process", lacks="This is a test of rooms without one.")

needs_sandbox = pytest.mark.skipif(not isolation().is_sandbox, reason=f"no sandbox here: {isolation().lacks}")


@pytest.fixture
def rooms() -> Iterator[Rooms]:
    """Return rooms that stay open during a test."""
    with Rooms() as opened:
        yield opened


def asked(body: str, rooms: Rooms, *, limits: Limits | None = None) -> Observation:
    """Return what a softmax with this body answers."""
    source = f"import os, sys\nimport numpy as np\ndef softmax(z):\n    {body}\n"
    submission = submission_of({"mlp_numpy.py": source})
    with ExamRoom(submission, Room.NUMPY, limits or Limits(question_seconds=10.0), FORBIDDEN, rooms=rooms) as room:
        return room.ask(ASK, seed=1)


def value(seen: Observation) -> Any:
    """Return an answer's value."""
    assert isinstance(seen, Returned), seen
    return seen.value


@needs_sandbox
def test_a_room_is_used_again_and_nothing_is_left_in_it(rooms: Rooms) -> None:
    server = "os.stat('/proc/1').st_ctime_ns"
    leave = f"open('left', 'w').write('x'); os.makedirs('/exam-room/a/b'); sys.modules['left'] = sys; return {server}"
    first = value(asked(leave, rooms))
    look = f"return [{server}, 'left' in sys.modules, sorted(os.listdir('.')), sorted(os.listdir('/exam-room'))]"
    again, module, files, folders = value(asked(look, rooms))
    assert again == first
    assert module is False
    assert files == ["mlp_numpy.py"]
    assert folders == ["matplotlib", "tmp", "work"]


@needs_sandbox
@pytest.mark.parametrize("end", ["return z", "os._exit(0)"])
def test_folders_that_nobody_may_enter_do_not_cost_the_room(end: str, rooms: Rooms) -> None:
    asked(f"os.umask(0o777); os.makedirs('a/b'); os.makedirs('/exam-room/tmp/c/d'); {end}", rooms)
    assert isinstance(asked("return z", rooms), Returned)
    assert [server.sessions for server in rooms._open] == [2]


@needs_sandbox
def test_a_room_stays_warm_when_the_thread_that_opened_it_ends(rooms: Rooms) -> None:
    opener = threading.Thread(target=lambda: asked("return z", rooms))
    opener.start()
    opener.join()
    (server,) = rooms._open
    assert isinstance(asked("return z", rooms), Returned)
    assert rooms._open == {server}
    assert server.sessions == 2


@needs_sandbox
def test_a_room_that_died_is_replaced(rooms: Rooms) -> None:
    assert isinstance(asked("return z", rooms), Returned)
    for server in rooms._open:
        server._server.kill()
        server._server.wait(5)
    assert isinstance(asked("return z", rooms), Returned)
    assert len(rooms._open) == 1


@needs_sandbox
def test_a_fresh_room_serves_once_and_a_warm_one_is_renewed() -> None:
    with Rooms(fresh=True) as fresh:
        assert isinstance(asked("return z", fresh), Returned)
        assert not fresh._open
    with Rooms() as warm:
        assert isinstance(asked("return z", warm), Returned)
        (server,) = warm._open
        server.sessions = RENEW_AFTER - 1
        assert isinstance(asked("return z", warm), Returned)
        assert not warm._open


@needs_sandbox
def test_inside_there_is_another_user_an_empty_environment_and_three_streams_beside_the_protocol(rooms: Rooms) -> None:
    body = (
        "return [os.getuid(), os.getgid(), os.getgroups(), sorted(os.environ), sorted(int(f) for f in "
        "os.listdir('/proc/self/fd'))[:6], len(os.listdir('/proc/self/task')), os.uname().nodename, os.getppid()]"
    )
    uid, gid, groups, names, descriptors, threads, host, parent = value(asked(body, rooms))
    assert uid == gid
    assert uid != 0
    assert groups in ([], [uid], [65534])
    assert not {"PATH", "USER", "SHELL"} & set(names)
    assert len(descriptors) <= 6  # the three, questions, answers, and the listing itself
    assert threads == 1
    assert host == "exam-room"
    assert parent == 1


@needs_sandbox
def test_a_room_ends_with_the_grader_even_when_that_is_killed() -> None:
    """Kill a grader without warning, and look for what it left."""
    source = (
        "import psutil\nfrom graders.exam_room import Rooms\nfrom graders.foundation.call import Room\n"
        "from graders.foundation.limits import Limits\n"
        "session = Rooms().session(Room.NUMPY, Limits())\n"
        "print(*[p.pid for p in psutil.Process().children(recursive=True)], flush=True)\n"
        "session.receive(60, 60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", source], cwd=ROOT, stdout=subprocess.PIPE, text=True) as grader:
        assert grader.stdout is not None
        left = [psutil.Process(int(pid)) for pid in grader.stdout.readline().split()]
        grader.kill()
    assert len(left) == 3  # bubblewrap, the server, the session
    _, alive = psutil.wait_procs(left, timeout=10)
    assert alive == []


@needs_sandbox
def test_only_the_one_folder_can_be_written_to(rooms: Rooms) -> None:
    body = (
        "found = []\n"
        "    for folder, folders, _ in os.walk('/'):\n"
        "        folders[:] = [f for f in folders if os.path.join(folder, f) not in ('/proc', '/sys')]\n"
        "        if os.access(folder, os.W_OK): found.append(folder)\n"
        "        if folder.count('/') > 5: folders.clear()\n"
        "    return [f for f in found if not f.startswith('/exam-room')]"
    )
    assert value(asked(body, rooms, limits=Limits(question_seconds=60.0))) == []


@needs_sandbox
def test_a_process_is_refused_in_words(rooms: Rooms) -> None:
    seen = asked("os.fork(); return z", rooms)
    assert isinstance(seen, Failed)
    assert "PermissionError" in seen.message


@pytest.mark.torch_room
def test_a_data_loader_with_workers_reads_without_them(rooms: Rooms) -> None:
    source = (
        "import torch\nfrom torch.utils.data import DataLoader, TensorDataset\n"
        "def predict_torch(model, X):\n"
        "    data = TensorDataset(torch.arange(6.0))\n"
        "    loader = DataLoader(data, batch_size=2, num_workers=2, persistent_workers=True, prefetch_factor=4)\n"
        "    return [batch[0].sum().item() for batch in loader]\n"
    )
    with ExamRoom(submission_of({"mlp_torch.py": source}), Room.TORCH, Limits(), rooms=rooms) as room:
        seen = room.ask(Call(name="p", target="predict_torch", args=(None, Z), room=Room.TORCH), seed=1)
        assert value(seen) == [1.0, 5.0, 9.0]
        room.close()
        assert "num_workers=2" in room.output


PARAMS = Params(W1=np.full((4, 3), 0.1), b1=np.zeros(3), W2=np.full((3, 2), 0.2), b2=np.zeros(2))
TRAIN = {"H": 8, "epochs": 2, "batch": 16, "lr": 0.1, "dropout": 0.2, "seed": 3}


def digest(room_kind: Room, rooms: Rooms) -> str:
    """Return a digest of everything that the reference answers to questions with much arithmetic in them."""
    rng = np.random.default_rng(0)
    X, y = rng.random((200, 30)), rng.integers(0, 4, 200)
    data = (X, y, X[:50], y[:50])
    target = "train_run" if room_kind is Room.NUMPY else "torch_train_run"
    calls = [Call(name="train", target=target, args=data, kwargs=TRAIN, room=room_kind)]
    if room_kind is Room.NUMPY:
        calls.append(Call(name="drop", target="dropout", args=(rng.random((50, 60)), 0.5, Seeded(seed=4))))
    total = hashlib.sha256()
    with ExamRoom(submission_of(edited_reference()), room_kind, Limits(), FORBIDDEN, rooms=rooms) as room:
        for call in calls:
            seen = room.ask(call, seed=5)
            assert isinstance(seen, Returned), seen
            _feed(total, seen.value)
    return total.hexdigest()


def _feed(total: "hashlib._Hash", value: object) -> None:
    """Add a value's exact content."""
    match value:
        case Params():
            for array in value.arrays():
                total.update(array.tobytes())
        case dict():
            for key, inner in value.items():
                total.update(str(key).encode())
                _feed(total, inner)
        case tuple() | list():
            for inner in value:
                _feed(total, inner)
        case _:
            arrays: list[np.ndarray] = []
            total.update(repr(pack(value, arrays)).encode())
            for array in arrays:
                total.update(array.tobytes())


@needs_sandbox
@pytest.mark.parametrize("kind", [Room.NUMPY, pytest.param(Room.TORCH, marks=pytest.mark.torch_room)])
def test_a_submission_answers_alike_in_any_room_in_any_order_beside_any_other(kind: Room, rooms: Rooms) -> None:
    with Rooms(separated=PROCESS) as without:
        expected = digest(kind, without)
    assert digest(kind, rooms) == expected, "in a sandbox"
    asked("np.random.seed(0); np.seterr(all='raise'); os.umask(0o777); return z", rooms)
    assert digest(kind, rooms) == expected, "in a warm room, after another submission"
    found: list[str] = []
    workers = [threading.Thread(target=lambda: found.append(digest(kind, rooms))) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found == [expected] * 2, "beside another"
