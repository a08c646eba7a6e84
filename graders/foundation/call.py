"""A question to the exam room: pure data, so that it can be asked again, counted, and sent to another machine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

NOTHING: Mapping[str, "Value"] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Params:
    """The MLP's parameters; the room hands them to the student in the container their own `init` returns.

    Shapes: W1 (D, H), b1 (H,), W2 (H, K), b2 (K,). Gradients and velocities travel in the same form.
    """

    W1: np.ndarray
    b1: np.ndarray
    W2: np.ndarray
    b2: np.ndarray

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return the four arrays in the contract's order."""
        return self.W1, self.b1, self.W2, self.b2


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeded:
    """Stands for `numpy.random.default_rng(seed)`, made anew inside the room for each call."""

    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Opaque:
    """Stands for a returned object that is not plain data; all that is known of it is its type's name."""

    type_name: str


Value: TypeAlias = (
    "bool | int | float | str | np.ndarray | Params | Seeded | Opaque"
    " | tuple[Value, ...] | list[Value] | Mapping[str | int, Value] | None"
)


class Room(StrEnum):
    """Which exam room a question is asked in."""

    NUMPY = "numpy"
    TORCH = "torch"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Call:
    """One question.

    Args:
        name: the grader's own name for it, unique within the grader.
        target: a function of the student contract, or a routine of the driver (graders/driver/routines).
        args: positional arguments.
        kwargs: keyword arguments.
        room: where it is asked; `NUMPY` has no machine-learning library in it.
        repeat: tells apart questions that are otherwise the same and shall each be asked.
        stand_ins: contract functions that are replaced by right ones while this question is answered.
        weight: how many times the rubric's wall and CPU limit for one question this one may take.
    """

    name: str
    target: str
    args: tuple[Value, ...] = ()
    kwargs: Mapping[str, Value] = field(default_factory=lambda: NOTHING)
    room: Room = Room.NUMPY
    repeat: int = 0
    stand_ins: tuple[str, ...] = ()
    weight: float = 1.0
