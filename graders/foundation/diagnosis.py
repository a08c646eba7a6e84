"""The name of a mistake, and the smallest question that still shows one without a name."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A mistake of the catalogue, as the report tells it.

    Args:
        id: its name in the catalogue.
        did: what the student did, as a statement about their function.
        why: how it comes about, or what it leads to.
        see: a small experiment that shows it.
        fix: what to think about next; never the solution's line.
        root: the id under which it is charged: its own, or that of the entry whose mistake it repeats.
        lowers: criteria about whole runs that it lowers, with the least share of their points that was measured.
    """

    id: str
    did: str
    why: str
    see: str
    fix: str
    root: str
    lowers: Mapping[str, float] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What explains all that was observed of a criterion, or of one of its parts.

    Args:
        names: one mistake, or several that give the same numbers on everything that was asked.
        part: "" where they explain the whole criterion, else the part, such as "W1".
    """

    names: tuple[Name, ...]
    part: str = ""

    @property
    def certain(self) -> bool:
        """Whether one mistake alone explains the whole criterion."""
        return len(self.names) == 1 and not self.part


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallestFailure:
    """The smallest question that still gets a wrong answer, where no known mistake explains the deviation.

    Args:
        asked: the call, as a student would type it.
        got: what came back.
        expected: what is right.
    """

    asked: str
    got: str
    expected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One deviation with all its numbers, for the instructor.

    Args:
        asked: the question, in short.
        part: which part of the answer, such as "W1"; "" where there is one alone.
        got: what came back, in full.
        expected: what is right, in full.
    """

    asked: str
    part: str
    got: str
    expected: str
