"""Large arrays go through the protocol once a session, and arrive as they are whatever was done to them before."""

import contextlib
import io
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from graders.driver.handed import LARGE_BYTES as LARGE_INSIDE
from graders.driver.handed import HandedArrays, copies_of
from graders.exam_room import ExamRoom, translate
from graders.exam_room.handed import EACH_TIME, LARGE_BYTES, Handed
from graders.foundation.call import Call, Room
from graders.foundation.observation import Returned
from graders.wire.frames import Frame, encode, read
from tests.sitting import QUICK, submission_of, warm_rooms

N = LARGE_BYTES // 8


def constant(fill: float, length: int = N) -> np.ndarray:
    """Return a large array that nobody can change."""
    array = np.full((length, 1), fill)
    array.flags.writeable = False
    return array


def frame(*arrays: np.ndarray) -> Frame:
    """Return the frame of a question about arrays."""
    return translate.question(Call(name="z", target="softmax", args=arrays), number=1, seed=1)


def arrived(outside: Handed, inside: HandedArrays, *arrays: np.ndarray) -> tuple[int, Sequence[np.ndarray]]:
    """Return how many arrays were sent, and all that arrived at the other end of the wire."""
    left = outside.with_new_ones(frame(*arrays))
    return len(left.arrays), inside.completed(read(io.BytesIO(encode(left)), cap=2**30)).arrays


def test_what_was_handed_in_stays_away_and_is_completed_inside() -> None:
    outside, inside = Handed(), HandedArrays()
    X, small, writeable = constant(2.0), np.ones(3), np.full((N, 1), 4.0)
    for expected in (3, 2, 2):
        sent, arrays = arrived(outside, inside, X, small, writeable)
        assert sent == expected
        assert all((array == fill).all() for array, fill in zip(arrays, (2.0, 1.0, 4.0), strict=True))
        for array in arrays:
            array[:] = 0  # as a submission may


def test_another_view_is_another_array() -> None:
    outside, inside = Handed(), HandedArrays()
    X = constant(1.0)
    views = (X, X[: N - 1], X.T, X.reshape(-1), np.asfortranarray(X), X.view(np.int64))
    for view in views:
        array = arrived(outside, inside, view)[1][0]
        assert array.dtype == view.dtype
        assert np.array_equal(array, view)
    inside.close()


def test_memory_that_is_used_again_is_not_taken_for_what_lay_there() -> None:
    outside, inside = Handed(), HandedArrays()
    for fill in range(20):
        assert (arrived(outside, inside, constant(float(fill)))[1][0] == fill).all()


def test_a_view_through_which_a_constant_array_is_changed_is_not_taken_for_it() -> None:
    outside, inside = Handed(), HandedArrays()
    array = np.ones((N, 1))
    view = array[:]
    array.setflags(write=False)
    arrived(outside, inside, array)
    view[:] = 5.0
    assert (arrived(outside, inside, view)[1][0] == 5.0).all()


def test_an_array_that_can_be_changed_comes_along_each_time() -> None:
    base = np.ones((N, 1))
    view = base[:]
    view.flags.writeable = False  # yet its owner is not
    assert Handed().with_new_ones(frame(view)).body["handed"] == [EACH_TIME]


WRITES_INTO_IT = """
import numpy as np

def softmax(z):
    total = float(z.sum())
    z[:] = 0
    return np.array([total])
"""


@pytest.mark.parametrize("ends", [False, True])
def test_a_submission_that_writes_into_its_images_gets_them_whole_again(*, ends: bool) -> None:
    source = WRITES_INTO_IT + ("\ndef step_decay(*_):\n    import os\n    os._exit(1)\n" if ends else "")
    X = constant(1.0)
    totals = []
    with ExamRoom(submission_of({"mlp_numpy.py": source}), Room.NUMPY, QUICK, rooms=warm_rooms()) as room:
        for _ in range(3):
            seen = room.ask(Call(name="z", target="softmax", args=(X,)), seed=1)
            assert isinstance(seen, Returned)
            assert isinstance(seen.value, np.ndarray)
            totals.append(float(seen.value[0]))
            if ends:
                room.ask(Call(name="end", target="step_decay", args=(0, 1.0)), seed=1)  # the next session holds nothing
    assert totals == [float(N)] * 3


KEEPS_IT = """
import numpy as np

KEPT = []

def softmax(z):
    KEPT.append(z)
    total, before = float(z.sum()), float(KEPT[0].sum())
    z[:] = 0
    z.shape = (-1,)
    return np.array([total, before])
"""


@pytest.mark.parametrize("length", [N, LARGE_INSIDE])
def test_what_a_submission_keeps_of_its_images_stays_as_it_made_it(length: int) -> None:
    X = constant(1.0, length)
    with ExamRoom(submission_of({"mlp_numpy.py": KEEPS_IT}), Room.NUMPY, QUICK, rooms=warm_rooms()) as room:
        for before in (float(length), 0.0, 0.0):
            seen = room.ask(Call(name="z", target="softmax", args=(X,)), seed=1)
            assert isinstance(seen, Returned)
            assert isinstance(seen.value, np.ndarray)
            assert seen.value.tolist() == [float(length), before]


def no_file(*_arguments: object) -> None:
    """Stand for a disk that is full."""
    raise OSError


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("size", [10, LARGE_INSIDE // 8])
def test_what_is_written_into_one_copy_is_in_no_other(
    monkeypatch: pytest.MonkeyPatch, size: int, order: Literal["C", "F"], *, full: bool
) -> None:
    if full:
        monkeypatch.setattr(tempfile, "TemporaryFile", no_file)
    array = np.arange(2.0 * size).reshape((2, size), order=order)
    files = contextlib.ExitStack()
    copies = copies_of(array, files)
    first = copies()
    assert first.flags.f_contiguous == array.flags.f_contiguous
    first[:] = -1.0
    second = copies()
    assert np.array_equal(second, array)
    assert second.dtype == array.dtype
    assert (first == -1.0).all()
    files.close()
    del copies, array  # a copy outlives them
    assert second[1, -1] == first.size - 1


@pytest.mark.skipif(sys.platform != "linux", reason="counts descriptors as Linux shows them")
def test_an_array_for_which_a_file_has_no_room_is_copied_and_leaves_no_file() -> None:
    import resource

    def descriptors() -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    array = np.arange(float(LARGE_INSIDE))
    files, before, limits = contextlib.ExitStack(), descriptors(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGE_INSIDE, limits[1]))
    try:
        copies = copies_of(array, files)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert descriptors() == before
    copies()[:] = 0
    assert np.array_equal(copies(), array)
