"""Asking many questions: each room answers its own in order, NumPy and PyTorch at the same time.

Questions with stand-ins go to rooms of their own, opened when the first is asked: no right function is ever in the
room in which a submission's own functions are judged, and what is printed there is not kept.
"""

import queue
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from graders.exam_room import ExamRoom
from graders.exam_room.room import question_seed
from graders.foundation.call import Call, Room
from graders.foundation.limits import Limits
from graders.foundation.observation import Observation
from graders.submission import Submission

REFERENCE = Path(__file__).resolve().parents[2] / "reference"


def right_functions() -> Mapping[str, str]:
    """Return the worked solution's modules as text: what stands in for a wrong function."""
    return {name: (REFERENCE / f"{name}.py").read_text(encoding="utf-8") for name in ("mlp_numpy", "mlp_torch")}


class Invigilator:
    """Keeps the two rooms of one submission.

    Args:
        submission: what is examined.
        limits: what each room may use.
        forbidden: packages that the NumPy room forbids.
        seed: the exam's seed.
    """

    def __init__(self, submission: Submission, limits: Limits, forbidden: Sequence[str], seed: int) -> None:
        self._seed = seed
        self._rooms = {room: ExamRoom(submission, room, limits, forbidden) for room in Room}
        right = right_functions()
        self._helped_rooms = {room: ExamRoom(submission, room, limits, forbidden, right) for room in Room}
        self._pool = ThreadPoolExecutor(max_workers=len(self._rooms), thread_name_prefix="room")
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(self._pool)
        for room in (*self._rooms.values(), *self._helped_rooms.values()):
            self._stack.callback(room.close)
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def ask(self, questions: Mapping[bytes, Call]) -> Iterator[tuple[bytes, Observation]]:
        """Ask every question, and yield each observation as it comes; a room answers in the order given."""
        arrivals: queue.Queue[tuple[bytes, Observation]] = queue.Queue()

        def work(room: Room) -> None:
            for identity, call in questions.items():
                if call.room is room:
                    asked = self._helped_rooms[room] if call.stand_ins else self._rooms[room]
                    arrivals.put((identity, asked.ask(call, seed=question_seed(self._seed, identity))))

        workers = [self._pool.submit(work, room) for room in self._rooms]
        for _ in questions:
            while True:
                try:
                    yield arrivals.get(timeout=1.0)
                    break
                except queue.Empty:
                    for worker in workers:
                        if worker.done():
                            worker.result()  # a fault of ours in a room's thread must not leave us waiting

    @property
    def output(self) -> Mapping[str, str]:
        """What the submission printed, by room."""
        return {room.value: self._rooms[room].output for room in self._rooms}
