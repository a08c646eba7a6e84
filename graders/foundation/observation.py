"""What came back from the exam room: a value, or the way in which there is none; each ending is a type of its own."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from graders.foundation.call import Call, Value


class FailureKind(StrEnum):
    """The ways in which a question can stay without an answer."""

    NOT_ATTEMPTED = "not attempted"
    RAISED = "raised"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    EXITED = "exited"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Returned:
    """The function returned.

    Args:
        value: what it returned, as plain data.
        seconds: wall time inside the room; for the record, never for judging.
        changed: names or positions of arguments that the call modified in place.
        forbidden: libraries that the submission called although the room forbids them.
    """

    value: Value
    seconds: float = 0.0
    changed: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The function did not return.

    Args:
        kind: which way it failed.
        message: one or two sentences for the student, in the second person where it speaks of their code.
        where: file and line (or cell and line) of the innermost frame that is the student's, if known.
        forbidden: libraries that the submission called although the room forbids them.
    """

    kind: FailureKind
    message: str
    where: str = ""
    forbidden: tuple[str, ...] = ()


Observation: TypeAlias = Returned | Failed


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """A question and what came back."""

    call: Call
    observation: Observation

    @property
    def value(self) -> Value:
        """What came back; None where nothing did."""
        return self.observation.value if isinstance(self.observation, Returned) else None
