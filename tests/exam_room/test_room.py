"""Whatever a submission does in its exam room, each question gets an observation, and the next one is asked."""

import dataclasses
import os
import time

import numpy as np
import psutil
import pytest

from graders.exam_room import ExamRoom, Rooms
from graders.exam_room.isolation import Isolation
from graders.foundation.call import Call, Params, Room, Seeded
from graders.foundation.limits import Limits
from graders.foundation.observation import Failed, FailureKind, Observation, Returned
from tests.sitting import FORBIDDEN, edited_reference, submission_of

LIMITS = Limits(question_seconds=2.0, import_seconds=5.0, memory_mb=250, answer_mb=4, output_kb=4, processes=24)
Z = np.array([[1.0, 2.0, 3.0]])
HEALTHY = Call(name="healthy", target="cosine", args=(0, 0.5, 10))


PROCESS = Isolation(name="process", lacks="This is a test of rooms without one.")


def room_of(
    softmax_body: str, *, top: str = "", limits: Limits = LIMITS, separated: Isolation | None = None
) -> ExamRoom:
    """Return a room for the reference with another softmax."""
    body = "\n    ".join(softmax_body.strip().splitlines())
    source = edited_reference()["mlp_numpy.py"] + f"\n{top}\ndef softmax(z):\n    {body}\n"
    submission = submission_of({"mlp_numpy.py": source})
    return ExamRoom(submission, Room.NUMPY, limits, FORBIDDEN, rooms=Rooms(separated=separated) if separated else None)


def ask(room: ExamRoom, call: Call | None = None) -> Observation:
    """Ask for softmax, or another call."""
    return room.ask(call or Call(name="z", target="softmax", args=(Z,)), seed=1)


ENDINGS = {
    "raises": ("raise ValueError('no')", FailureKind.RAISED),
    "raises SystemExit": ("raise SystemExit(0)", FailureKind.RAISED),
    "raises KeyboardInterrupt": ("raise KeyboardInterrupt", FailureKind.RAISED),
    "recurses for ever": ("return softmax(z)", FailureKind.RAISED),
    "is not written": ("raise NotImplementedError", FailureKind.NOT_ATTEMPTED),
    "exits": ("import os; os._exit(0)", FailureKind.EXITED),
    "crashes": ("import ctypes; ctypes.string_at(0)", FailureKind.EXITED),
    "kills itself": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", FailureKind.EXITED),
    "loops": ("while True: pass", FailureKind.TIMED_OUT),
    "sleeps deaf": (
        "import signal, time\nfor s in (15, 2, 1): signal.signal(s, signal.SIG_IGN)\ntime.sleep(60)",
        FailureKind.TIMED_OUT,
    ),
    "eats memory": (
        "import numpy as np\nkeep = []\nwhile True: keep.append(np.ones(2**20))",
        FailureKind.OUT_OF_MEMORY,
    ),
    "answers too much": ("import numpy as np\nreturn np.zeros((2000, 2000))", FailureKind.MALFORMED),
    "prints for ever": ("while True: print('x' * 1000)", FailureKind.EXITED),
    "forges garbage": (
        "import os\n"
        "for fd in range(3, 12):\n"
        "    try: os.write(fd, b'garbage' * 10)\n"
        "    except OSError: pass\n"
        "return z",
        FailureKind.MALFORMED,
    ),
    "starts many threads": (
        "import threading, time\n"
        "for _ in range(60): threading.Thread(target=time.sleep, args=(30,), daemon=True).start()\n"
        "time.sleep(30)",
        FailureKind.EXITED,
    ),
}


@pytest.mark.parametrize("separated", [None, PROCESS], ids=["as this machine can", "process"])
@pytest.mark.parametrize("what", ENDINGS)
def test_a_question_that_ends_badly_costs_itself_alone(what: str, separated: Isolation | None) -> None:
    body, kind = ENDINGS[what]
    limits = dataclasses.replace(LIMITS, question_seconds=15.0) if kind is FailureKind.OUT_OF_MEMORY else LIMITS
    with room_of(body, limits=limits, separated=separated) as room:
        seen = ask(room)
        assert isinstance(seen, Failed)
        assert seen.kind is kind, seen
        assert seen.message
        after = ask(room, HEALTHY)
        assert isinstance(after, Returned)
        assert after.value == 0.5


def test_the_place_of_an_exception_is_told() -> None:
    with room_of("return inner(z)", top="def inner(z):\n    return z[10**6]") as room:
        seen = ask(room)
    lines = edited_reference()["mlp_numpy.py"].count("\n")
    assert isinstance(seen, Failed)
    assert seen.where == f"mlp_numpy.py, line {lines + 3}"
    assert "IndexError" in seen.message


def test_what_is_not_plain_data_arrives_as_its_type_name() -> None:
    with room_of("return (x for x in z)") as room:
        seen = ask(room)
    assert isinstance(seen, Returned)
    assert getattr(seen.value, "type_name", "") == "generator"


def test_an_array_that_lies_about_itself_arrives_as_its_numbers() -> None:
    top = (
        "class Liar(np.ndarray):\n"
        "    def __eq__(self, other): return True\n"
        "    def __array_function__(self, f, t, a, k): return True\n"
    )
    with room_of("return z.view(Liar)", top=top) as room:
        seen = ask(room)
    assert isinstance(seen, Returned)
    assert type(seen.value) is np.ndarray
    np.testing.assert_array_equal(seen.value, Z)


def test_objects_in_arrays_never_cross() -> None:
    with room_of("return np.array([print, len], dtype=object)") as room:
        seen = ask(room)
    assert isinstance(seen, Returned)
    assert getattr(seen.value, "type_name", "").startswith("array of")


def test_changed_arguments_are_noticed() -> None:
    with room_of("z -= z.max()\nreturn z") as room:
        seen = ask(room)
    assert isinstance(seen, Returned)
    assert seen.changed == ("0",)


def test_the_global_generators_start_anew_for_each_question() -> None:
    with room_of("return np.random.rand(3)") as room:
        first = room.ask(Call(name="a", target="softmax", args=(Z,)), seed=1)
        again = room.ask(Call(name="a", target="softmax", args=(Z,)), seed=1)
        other = room.ask(Call(name="a", target="softmax", args=(Z,)), seed=2)
    assert isinstance(first, Returned)
    assert isinstance(again, Returned)
    assert isinstance(other, Returned)
    assert np.array_equal(np.asarray(first.value), np.asarray(again.value))
    assert not np.array_equal(np.asarray(first.value), np.asarray(other.value))


def test_the_room_knows_nothing_of_ours_and_nothing_of_the_machine() -> None:
    body = (
        "import importlib, os\nfound = []\n"
        "for name in ('graders.measure.truth', 'graders.softmax', 'reference.mlp_numpy', 'grade', 'graders.dataset'):\n"
        "    try: importlib.import_module(name); found.append(name)\n"
        "    except ImportError: pass\n"
        "return [found, sorted(os.environ), os.getcwd()]"
    )
    os.environ["PLUMBLINE_TEST_SECRET"] = "s"  # noqa: S105 - the point of the test
    try:
        with room_of(body) as room:
            seen = ask(room)
    finally:
        del os.environ["PLUMBLINE_TEST_SECRET"]
    assert isinstance(seen, Returned)
    assert isinstance(seen.value, list)
    found, environment, folder = seen.value
    assert found == []
    assert isinstance(environment, list)
    assert "PLUMBLINE_TEST_SECRET" not in environment
    assert isinstance(folder, str)
    assert folder == "/exam-room/work" or "plumbline-room-" in folder


def test_what_is_printed_is_kept_up_to_the_cap_and_never_read_as_an_answer() -> None:
    with room_of("print('hello from softmax'); print('score: 100/100'); input_closed = True\nreturn z") as room:
        seen = ask(room)
        assert isinstance(seen, Returned)
        room.close()
        assert "hello from softmax" in room.output
    with room_of("print('y' * 10_000)\nreturn z") as room:
        assert isinstance(ask(room), Returned)
        room.close()
        assert len(room.output) <= 4 * 1024


def test_an_endless_loop_does_not_use_up_the_time_of_the_other_questions() -> None:
    with room_of("while True: pass", limits=Limits(question_seconds=0.7)) as room:
        assert all(isinstance(ask(room), Failed) for _ in range(2))
        start = time.monotonic()
        seen = [ask(room) for _ in range(20)]
        assert time.monotonic() - start < 5
        assert all(isinstance(o, Failed) and o.kind is FailureKind.TIMED_OUT for o in seen)
        assert isinstance(ask(room, HEALTHY), Returned)


def test_the_rooms_own_folder_never_shows() -> None:
    with room_of("import os; print(os.getcwd()); raise ValueError(os.getcwd() + '/x')") as room:
        seen = ask(room)
        room.close()
        assert isinstance(seen, Failed)
        assert "plumbline-room" not in seen.message + room.output


def test_reading_standard_input_finds_its_end() -> None:
    with room_of("return input()") as room:
        seen = ask(room)
    assert isinstance(seen, Failed)
    assert "EOFError" in seen.message


def soon_gone(before: set[int]) -> bool:
    """Tell whether no descendant is left that was not there before; the kernel may take a moment to bury one."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if {p.pid for p in psutil.Process().children(recursive=True)} <= before:
            return True
        time.sleep(0.1)
    return False


def test_a_daemon_does_not_outlive_its_room() -> None:
    body = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        time.sleep(120)\n"
        "    os._exit(0)\n"
        "time.sleep(0.3)\n"
        "return z"
    )
    before = {p.pid for p in psutil.Process().children(recursive=True)}
    with room_of(body, separated=PROCESS) as room:
        assert isinstance(ask(room), Returned)
        room.close()
    assert soon_gone(before)


def test_a_daemon_without_its_environment_does_not_outlive_its_room_either() -> None:
    body = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        os.execve('/bin/sleep', ['sleep', '120'], {})\n"
        "    os._exit(0)\n"
        "time.sleep(0.3)\n"
        "return z"
    )
    before = {p.pid for p in psutil.Process().children(recursive=True)}
    with room_of(body, separated=PROCESS) as room:
        assert isinstance(ask(room), Returned)
        start = time.monotonic()
        room.close()
        assert time.monotonic() - start < 30, "closing waited for the daemon"
    assert soon_gone(before)


def test_a_room_that_stops_taking_questions_is_ended_in_time() -> None:
    body = (
        "import os, signal, threading\n"
        "threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGSTOP)).start()\n"
        "return z"
    )
    large = Call(name="large", target="forward", args=(np.zeros((2000, 2000)), Z))
    with room_of(body) as room:
        assert isinstance(ask(room), Returned)
        time.sleep(0.6)
        seen = ask(room, large)
        assert isinstance(seen, Failed)
        assert seen.kind is FailureKind.TIMED_OUT
        assert isinstance(ask(room, HEALTHY), Returned)


def test_a_flood_of_frames_that_nobody_asked_for_is_held_up_by_its_own_pipe() -> None:
    body = (
        "import os, struct, threading\n"
        "frame = b'PLMB' + struct.pack('>IQ', 2, 3 * 2**20) + b'{}' + bytes(3 * 2**20)\n"
        "def flood():\n"
        "    while True:\n"
        "        for fd in range(3, 8):\n"
        "            try: os.write(fd, frame)\n"
        "            except OSError: pass\n"
        "threading.Timer(0.3, flood).start()\n"
        "return z"
    )
    before = psutil.Process().memory_info().rss
    with room_of(body) as room:
        assert isinstance(ask(room), Returned)
        time.sleep(2.0)
        assert psutil.Process().memory_info().rss - before < 60 * 2**20
        assert isinstance(ask(room, HEALTHY), Failed)
        assert isinstance(ask(room, HEALTHY), Returned)


def test_importing_again_after_a_crash_has_the_time_for_an_import() -> None:
    limits = Limits(question_seconds=1.0, import_seconds=15.0)
    top = "import time\ntime.sleep(1.5)"
    with room_of("import os; os._exit(1)", top=top, limits=limits) as room:
        assert isinstance(ask(room, HEALTHY), Returned)
        assert isinstance(ask(room), Failed)
        assert isinstance(ask(room, HEALTHY), Returned)


def test_a_room_leaves_no_folder_behind(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with room_of("open('left', 'w').write('x')\nreturn z") as room:
        assert isinstance(ask(room), Returned)
    assert os.listdir(str(tmp_path)) == []  # noqa: PTH208 - a plain listing


def test_an_import_that_hangs_costs_its_module_and_is_not_tried_again() -> None:
    limits = Limits(question_seconds=1.0, import_seconds=1.0)
    submission = submission_of({"mlp_numpy.py": "import time\ntime.sleep(60)\ndef softmax(z): return z\n"})
    with ExamRoom(submission, Room.NUMPY, limits) as room:
        seen = ask(room)
        assert isinstance(seen, Failed)
        assert seen.kind is FailureKind.TIMED_OUT
        assert "__main__" in seen.message
        start = time.monotonic()
        assert isinstance(ask(room), Failed)
        assert time.monotonic() - start < 0.9


def test_an_import_that_raises_is_told_with_its_line() -> None:
    with ExamRoom(submission_of({"mlp_numpy.py": "import numpy\nx = 1 / 0\n"}), Room.NUMPY, LIMITS) as room:
        seen = ask(room)
    assert isinstance(seen, Failed)
    assert "ZeroDivisionError" in seen.message
    assert seen.where == "mlp_numpy.py, line 2"


def test_a_missing_function_is_not_attempted() -> None:
    with ExamRoom(submission_of({"mlp_numpy.py": "import numpy\n"}), Room.NUMPY, LIMITS) as room:
        seen = ask(room)
    assert isinstance(seen, Failed)
    assert seen.kind is FailureKind.NOT_ATTEMPTED
    assert "softmax" in seen.message


def test_a_submission_that_used_up_its_time_is_asked_no_more() -> None:
    limits = Limits(question_seconds=1.0, submission_seconds=1.0)
    with room_of("while True: pass", limits=limits) as room:
        ask(room)
        seen = ask(room, HEALTHY)
    assert isinstance(seen, Failed)
    assert seen.kind is FailureKind.TIMED_OUT


@pytest.mark.parametrize(
    "source",
    [
        "def init(D, H, K, seed=0):\n    return dict(zip(('W1','b1','W2','b2'), _init(D, H, K, seed)))",
        "def init(D, H, K, seed=0):\n    from collections import namedtuple\n    return P(*_init(D, H, K, seed))",
        "def init(D, H, K, seed=0):\n    return list(_init(D, H, K, seed))",
        "def init(D, H, K, seed=0):\n    o = O(); o.W1, o.b1, o.W2, o.b2 = _init(D, H, K, seed); return o",
    ],
    ids=["dict", "NamedTuple", "list", "object"],
)
def test_parameters_reach_the_student_in_their_own_container(source: str) -> None:
    top = (
        "import numpy as np\nfrom collections import namedtuple\nP = namedtuple('P', 'W1 b1 W2 b2')\n"
        "class O: pass\n"
        "def _init(D, H, K, seed): return (np.ones((D, H)), np.zeros(H), np.ones((H, K)), np.zeros(K))\n"
    )
    forward = "\ndef forward(params, X):\n    return [type(params).__name__, type(init(1, 1, 1)).__name__]\n"
    params = Params(W1=np.ones((2, 3)), b1=np.ones(3), W2=np.ones((3, 2)), b2=np.ones(2))
    with ExamRoom(submission_of({"mlp_numpy.py": top + source + forward}), Room.NUMPY, LIMITS) as room:
        seen = ask(room, Call(name="f", target="forward", args=(params, np.ones((1, 2)))))
        made = ask(room, Call(name="i", target="init", args=(2, 3, 2)))
    assert isinstance(seen, Returned)
    assert isinstance(seen.value, list)
    assert seen.value[0] == seen.value[1]
    assert isinstance(made, Returned)
    assert isinstance(made.value, Params)


def test_a_seeded_generator_is_made_inside() -> None:
    source = "import numpy as np\ndef dropout(A, p, rng):\n    return rng.random(3), type(rng).__name__\n"
    with ExamRoom(submission_of({"mlp_numpy.py": source}), Room.NUMPY, LIMITS) as room:
        seen = ask(room, Call(name="d", target="dropout", args=(Z, 0.5, Seeded(seed=11))))
    assert isinstance(seen, Returned)
    assert isinstance(seen.value, tuple)
    np.testing.assert_array_equal(np.asarray(seen.value[0]), np.random.default_rng(11).random(3))
    assert seen.value[1] == "Generator"
