"""What an entry of the catalogue is: a mistake in words for the student, and what it would give on the same input."""

import functools
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar, cast

import numpy as np

from graders.foundation.call import Call
from graders.foundation.diagnosis import Name
from graders.foundation.exam import Exam
from graders.foundation.grader import Seen

P = ParamSpec("P")
T = TypeVar("T")

Key: TypeAlias = tuple[str, str]
"""Which question (or which trait of several answers), and which part of its answer."""

ENDING = "ending"  # the part that says how a question ended
RETURNED = "returned"
RAISED = "raised"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """What was observed of something random: the numbers that are compatible with it, at a stated risk."""

    low: float
    high: float


Outcome: TypeAlias = np.ndarray | str | Interval
"""Numbers, a word such as "raised" or "uniform", or, among what was observed, an interval."""

Outcomes: TypeAlias = Mapping[Key, Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What is to be explained.

    Args:
        parts: those that are wrong; none where questions only ended otherwise than they should.
        rtol: allowed gap of an array.
    """

    parts: frozenset[str]
    rtol: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """What is known when a mistake is looked for.

    Args:
        exam: seed and data.
        seen: all answers about the criterion, those of further probes among them.
        observed: the same as outcomes.
        sought: what a mistake is to explain; None where predictions are wanted in full.
        known: what was computed of it before (`once_a_case`).
    """

    exam: Exam
    seen: Seen
    observed: Outcomes
    sought: Sought | None = None
    known: dict[Hashable, Any] = field(default_factory=dict, repr=False)


def once_a_case(compute: Callable[Concatenate[Case, P], T]) -> Callable[Concatenate[Case, P], T]:
    """Have what follows from a case, whatever is sought in it, computed once and kept as long as the case is."""

    @functools.wraps(compute)
    def remembered(case: Case, /, *more: P.args, **options: P.kwargs) -> T:
        key = (compute, more, tuple(options.items()))
        if key not in case.known:
            case.known[key] = compute(case, *more, **options)
        return cast("T", case.known[key])

    return remembered


Predict: TypeAlias = Callable[[Case], Outcomes | Sequence[Outcomes]]
"""What would be observed; several, where it depends on the student's style, such as float32 or float64.

Where the case says what is sought, a prediction that explains none of it may be left out.
"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mistake:
    """One known mistake.

    Args:
        id: its name, unique in the catalogue.
        criterion: the criterion that it breaks.
        did: what the student did, as a statement about their function: "The softmax runs along the images (axis 0)."
        why: how it comes about, or what it leads to.
        see: a small experiment that shows it.
        fix: what to think about next; never the solution's line.
        gives: what it would produce; what it leaves out is as it would be right.
        root: the id of the entry whose mistake this one repeats inside another function; "" for an own one.
        lowers: criteria about whole runs (accuracy, the port's gap) that it lowers by itself, each with the least share
            of its points that a mutant of the banks was left with.
    """

    id: str
    criterion: str
    did: str
    why: str
    see: str
    fix: str
    gives: Predict
    root: str = ""
    lowers: Mapping[str, float] = field(default_factory=dict)

    @property
    def name(self) -> Name:
        """The words of it, for the report."""
        return Name(
            id=self.id,
            did=self.did,
            why=self.why,
            see=self.see,
            fix=self.fix,
            root=self.root or self.id,
            lowers=self.lowers,
        )


def _nothing_further(_exam: Exam, _seen: Seen) -> Sequence[Call]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Catalogue:
    """All known mistakes of one criterion, and how to hold them against a submission's answers.

    Args:
        criterion: the criterion's name.
        observe: from the answers to outcomes.
        right: what a right submission would have given; several, where styles differ.
        mistakes: the entries.
        rtol: allowed gap between an observed array and a predicted one, relative to the latter's largest entry.
        further: more questions that tell mistakes apart; asked only where points were lost.
    """

    criterion: str
    observe: Callable[[Exam, Seen], Outcomes]
    right: Predict
    mistakes: Sequence[Mistake]
    rtol: float = 1e-3
    further: Callable[[Exam, Seen], Sequence[Call]] = field(default=_nothing_further)

    def __post_init__(self) -> None:
        odd = [m.id for m in self.mistakes if m.criterion != self.criterion]
        ids = [m.id for m in self.mistakes]
        if odd or len(set(ids)) != len(ids):
            msg = f"catalogue of {self.criterion}: entries of another criterion ({odd}), or an id twice"
            raise ValueError(msg)
