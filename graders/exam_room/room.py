"""An exam room: asks a submission one question after another and survives whatever it does.

A room that dies, hangs or sends garbage costs the question at hand; the next question opens a new one.
"""

import dataclasses
import time
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType, TracebackType
from typing import Self

import numpy as np

from graders.exam_room import translate
from graders.exam_room.handed import Handed
from graders.exam_room.ledger import Part
from graders.exam_room.rooms import Rooms
from graders.exam_room.session import Session
from graders.exam_room.watch import Overdrawn
from graders.foundation.call import Call, Room
from graders.foundation.limits import Limits
from graders.foundation.observation import Failed, FailureKind, Observation
from graders.submission import Submission
from graders.wire.contract import MODULE_OF, contract_function
from graders.wire.frames import Closed, Frame, Malformed

START_SECONDS = 120.0
CPU_FOR_WALL = 1.5  # CPU seconds that a question may use for each second that it may take
PATIENCE = 2  # questions that a function may leave unanswered; an endless loop must not use up the others' time
NO_STAND_INS: Mapping[str, str] = MappingProxyType({})

OVERDRAWN_KIND = {"time": FailureKind.TIMED_OUT, "memory": FailureKind.OUT_OF_MEMORY}


class ExamRoom:
    """Asks one submission questions of one kind (NumPy or PyTorch).

    Args:
        submission: what is examined; its files go in through the protocol.
        room: which kind of room.
        limits: what it may use.
        forbidden: top-level packages that may be imported but not used in the NumPy room.
        stand_ins: module name -> source of right functions, for a room that is asked with stand-ins.
        rooms: where its sessions are opened; by default rooms of its own.
    """

    def __init__(
        self,
        submission: Submission,
        room: Room,
        limits: Limits,
        forbidden: Sequence[str] = (),
        stand_ins: Mapping[str, str] = NO_STAND_INS,
        rooms: Rooms | None = None,
    ) -> None:
        self._submission = submission
        self._room = room
        self._limits = limits
        self._forbidden = list(forbidden) if room is Room.NUMPY else []
        self._stand_ins = dict(stand_ins)
        self._rooms = rooms or Rooms()
        self._own_rooms = rooms is None
        self._session: Session | None = None
        self._handed = Handed()  # to that session
        self._loaded: dict[str, Failed | None] = {}
        self._number = 0
        self._output: list[str] = []
        self._spent = 0.0  # on questions that are over
        self._asked = 0.0  # when the question at hand was asked
        self._shut = False
        self._overdue: Counter[str] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the room and everything in it; what it printed stays readable."""
        self._end_session()
        if self._own_rooms:
            self._rooms.close()

    def _end_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with self._rooms.ledger.timed(self._room, Part.CLOSING):
                session.close()
            self._output.append(session.printed)
            self._loaded = {name: failed for name, failed in self._loaded.items() if failed is not None}

    def shut(self) -> None:
        """Close the room for good: what is asked of it from now on fails at once."""
        self._shut = True
        self.close()

    @property
    def output(self) -> str:
        """What the submission printed in this room so far, capped."""
        running = [self._session.printed] if self._session is not None else []
        return "".join([*self._output, *running])[: self._limits.output_kb * 1024]

    def ask(self, call: Call, *, seed: int) -> Observation:
        """Ask a question; whatever happens inside, an observation comes back."""
        if self._spent >= self._limits.submission_seconds:
            return Failed(
                kind=FailureKind.TIMED_OUT,
                message=f"The submission used up its {self._limits.submission_seconds:g} s before this question.",
            )
        self._asked = time.monotonic()
        try:
            function = contract_function(call.target)
            if self._session is not None and self._session.unasked():
                return self._ended(Malformed("a message that nobody asked for"), function, "")
            if self._overdue[function] >= PATIENCE:
                told = f"{function} gave no answer in time to {PATIENCE} questions, so it was not asked this one."
                return Failed(kind=FailureKind.TIMED_OUT, message=told)
            failed = self._load(function)
            return failed if failed is not None else self._ask(call, function, seed)
        finally:
            self._spent += time.monotonic() - self._asked

    def _load(self, function: str) -> Failed | None:
        """Import what the function needs, once; a module that fails is not tried again."""
        module = MODULE_OF[function]
        fault = self._submission.fault_of(module)
        if fault:
            return Failed(kind=FailureKind.RAISED, message=f"Your code does not compile. {fault}")
        if function not in self._loaded:
            self._loaded[function] = self._import(function)
        return self._loaded[function]

    def _import(self, function: str) -> Failed | None:
        what = f"Importing your module for {function}"
        try:
            session = self._open()
            with self._rooms.ledger.timed(self._room, Part.IMPORTING):
                session.send(Frame(kind="load", body=function))
                frame = self._receive(session, self._limits.import_seconds)
            failed = translate.import_failure(frame, submission=self._submission)
            self._rooms.ledger.add(self._room, Part.STUDENT_CPU, translate.cpu_seconds(frame))
            return None if failed is None else self._shown(failed, session)
        except (Overdrawn, Closed, Malformed) as ending:
            hint = " Put training and plots under if __name__ == '__main__'." if isinstance(ending, Overdrawn) else ""
            return self._ended(ending, what, hint)

    def _ask(self, call: Call, function: str, seed: int) -> Observation:
        self._number += 1
        try:
            session = self._open()
            with self._rooms.ledger.timed(self._room, Part.ASKING):
                session.send(self._handed.with_new_ones(translate.question(call, number=self._number, seed=seed)))
                frame = self._receive(session, self._limits.question_seconds * call.weight)
            seen = translate.observation(frame, number=self._number, submission=self._submission)
            if isinstance(seen, Failed):
                seen = self._shown(seen, session)
                if seen.kind is FailureKind.OUT_OF_MEMORY:
                    self._end_session()  # what it hoarded would be charged to the next question
            else:
                self._rooms.ledger.add(self._room, Part.STUDENT, seen.seconds)
                self._rooms.ledger.add(self._room, Part.STUDENT_CPU, translate.cpu_seconds(frame))
            return seen
        except (Overdrawn, Closed, Malformed) as ending:
            self._overdue[function] += isinstance(ending, Overdrawn) and ending.limit == "time"
            return self._ended(ending, function, "")

    def _shown(self, failure: Failed, session: Session) -> Failed:
        """Return a failure as it may be shown: the same words in every run."""
        return dataclasses.replace(failure, message=session.without_paths(failure.message))

    def _left(self) -> float:
        """Return the seconds that the submission has left for all its questions."""
        return self._limits.submission_seconds - self._spent - (time.monotonic() - self._asked)

    def _receive(self, session: Session, seconds: float) -> Frame:
        """Wait as long as a question may take, and no longer than the submission has left."""
        # What is left is wall time: it takes nothing from what the question may compute on several cores.
        return session.receive(max(0.0, min(seconds, self._left())), seconds * CPU_FOR_WALL)

    def _ended(self, ending: Exception, what: str, hint: str) -> Failed:
        """Close the room and say how it ended."""
        session = self._session
        out_of_time = self._left() <= 0.0
        if session is not None and isinstance(ending, Overdrawn):
            session.kill()
            self._rooms.ledger.overdrafts.append((ending.limit, time.monotonic() - ending.since))
        status = session.exit_status if session is not None and isinstance(ending, Closed) else None
        self._end_session()
        match ending:
            case Overdrawn(limit="time") if out_of_time:
                told = f"The submission used up its {self._limits.submission_seconds:g} s at this question."
                return Failed(kind=FailureKind.TIMED_OUT, message=told)
            case Overdrawn():
                kind = OVERDRAWN_KIND.get(ending.limit, FailureKind.EXITED)
                return Failed(kind=kind, message=f"{what} {ending.message}.{hint}")
            case Malformed():
                return Failed(kind=FailureKind.MALFORMED, message=f"{what} sent {ending}.")
        return Failed(kind=FailureKind.EXITED, message=f"{what} ended the whole Python process ({_ending(status)}).")

    def _open(self) -> Session:
        if self._shut:
            raise Closed
        if self._session is None:
            with self._rooms.ledger.timed(self._room, Part.OPENING):
                self._session = session = self._rooms.session(self._room, self._limits, self._forbidden)
                self._handed = Handed()
                if self._shut:  # meanwhile, from another thread, which found no session to close
                    raise Closed
                self._hand_in(session)
                return session
        return self._session

    def _hand_in(self, session: Session) -> None:
        """Send the submission's files and wait until they are laid out."""
        files = dict(self._submission.files)
        body = {
            "files": list(files),
            "modules": dict(self._submission.modules),
            "notebook": self._submission.notebook_module,
            "forbidden": self._forbidden,
            "torch": self._room is Room.TORCH,
            "stand_ins": self._stand_ins,
        }
        session.send(Frame(kind="open", body=body, arrays=[np.frombuffer(c, dtype=np.uint8) for c in files.values()]))
        if session.receive(START_SECONDS, START_SECONDS * CPU_FOR_WALL).kind != "ready":
            msg = "a message before the first question"
            raise Malformed(msg)


def question_seed(exam_seed: int, identity: bytes) -> int:
    """Return the seed of the global generators for one question."""
    return zlib.crc32(identity, exam_seed & 0xFFFFFFFF)


def _ending(status: int | None) -> str:
    if status is None:
        return "it closed its connection"
    return f"killed by signal {-status}" if status < 0 else f"exit status {status}"
