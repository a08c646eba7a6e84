"""Asking many questions: each room answers its own in order, NumPy and PyTorch at the same time or in turn.

Questions with stand-ins go to rooms of their own, opened when the first is asked: no right function is ever in the
room in which a submission's own functions are judged, and what is printed there is not kept.
"""

import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import Self

from graders.exam_room import ExamRoom, Rooms
from graders.exam_room.room import question_seed
from graders.foundation.call import Call, Room
from graders.foundation.limits import Limits
from graders.foundation.observation import Observation
from graders.grading.stand_ins import right_functions
from graders.submission import Submission


class Invigilator:
    """Keeps the two rooms of one submission.

    Args:
        submission: what is examined.
        limits: what each room may use.
        forbidden: packages that the NumPy room forbids.
        seed: the exam's seed.
        rooms: where sessions are opened; they stay open for the next submission.
        known: what was observed before; it is not asked again, and what is asked now is added to it.
        asked: is told every question by its identity.
        searching: whether questions that change no point may be asked too, to find the smallest wrong answer.
    """

    def __init__(
        self,
        submission: Submission,
        limits: Limits,
        forbidden: Sequence[str],
        seed: int,
        rooms: Rooms,
        known: dict[bytes, Observation] | None = None,
        asked: dict[bytes, Call] | None = None,
        *,
        searching: bool = True,
    ) -> None:
        self.searching = searching
        self._seed = seed
        self._rooms = {room: ExamRoom(submission, room, limits, forbidden, rooms=rooms) for room in Room}
        self._helped: dict[Room, tuple[tuple[str, ...], ExamRoom]] = {}
        self._open_helped = partial(ExamRoom, submission, limits=limits, forbidden=forbidden, rooms=rooms)
        self._known = {} if known is None else known
        self._asked = {} if asked is None else asked
        self._shutting = threading.Event()
        at_once = len(self._rooms) if rooms.side_by_side else 1
        self._pool = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="room")
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(self._pool)
        self._stack.callback(self._shut)
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def ask(self, questions: Mapping[bytes, Call]) -> Iterator[tuple[bytes, Observation]]:
        """Ask every question, and yield each observation as it comes; a room answers in the order given.

        What was asked before is not asked again.
        """
        self._asked.update(questions)
        yield from ((identity, self._known[identity]) for identity in questions if identity in self._known)
        questions = {identity: call for identity, call in questions.items() if identity not in self._known}
        arrivals: queue.SimpleQueue[tuple[bytes, Observation]] = queue.SimpleQueue()
        needed = {call.room for call in questions.values()}

        def work(room: Room) -> None:
            for identity, call in questions.items():
                if call.room is room and not self._shutting.is_set():
                    asked = self._helped_room(room, call.stand_ins) if call.stand_ins else self._rooms[room]
                    arrivals.put((identity, asked.ask(call, seed=question_seed(self._seed, identity))))

        workers = [self._pool.submit(work, room) for room in self._rooms if room in needed]
        for _ in questions:
            while True:
                try:
                    identity, observation = arrivals.get(timeout=1.0)
                except queue.Empty:
                    for worker in workers:
                        if worker.done():
                            worker.result()  # a fault of ours in a room's thread must not leave us waiting
                else:
                    break
            self._known[identity] = observation
            yield identity, observation

    def recalled(self, identity: bytes) -> Observation | None:
        """Return what was observed when a question was asked; None if it was not. Nothing is asked."""
        return self._known.get(identity)

    def _shut(self) -> None:
        """Close all rooms for good, so that a worker that is still asking, as after Ctrl-C, comes to its end."""
        self._shutting.set()
        for room in [*self._rooms.values(), *(room for _, room in self._helped.values())]:
            room.shut()

    def _helped_room(self, room: Room, stand_ins: tuple[str, ...]) -> ExamRoom:
        """Return a room that holds just these right functions; one of each kind is open at a time."""
        names, helped = self._helped.get(room, ((), None))
        if helped is None or names != stand_ins:
            if helped is not None:
                helped.close()
            helped = self._open_helped(room=room, stand_ins=right_functions(stand_ins))
            self._helped[room] = (stand_ins, helped)
        return helped

    @property
    def output(self) -> Mapping[str, str]:
        """What the submission printed, by room."""
        return {room.value: self._rooms[room].output for room in self._rooms}
