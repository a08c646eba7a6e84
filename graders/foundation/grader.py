"""What a criterion module is: one frozen dataclass whose fields are its rubric line's parameters."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, TypeAlias

from graders.foundation.call import Call
from graders.foundation.exam import Exam
from graders.foundation.observation import Answer
from graders.foundation.verdict import Verdict

Seen: TypeAlias = Mapping[str, Answer]


class Grader:
    """Asks with data and judges with arrays; does no I/O and knows no process.

    A subclass is a frozen dataclass, the only one in its module; the module's name is the criterion's name and
    its docstring the criterion's page in the report: what it measures, why it matters, how to fix.
    """

    title: ClassVar[str]
    about: ClassVar[str] = ""
    """The function of the contract whose mistake a loss here is; "" where it is none's in particular."""
    outcome: ClassVar[bool] = False
    """Whether it measures where whole runs lead: a mistake in `about` that is charged elsewhere may explain a loss."""

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Return the first questions, each with a name of its own.

        A class is asked them once for all: they depend on the exam's seed, data and training options alone, and what
        a submission wrote is not told. Nobody may change their arrays.
        """
        raise NotImplementedError

    def ask_again(self, exam: Exam, seen: Seen) -> Sequence[Call]:
        """Return the questions that follow from the answers so far; none when the verdict can be given."""
        del exam, seen
        return ()

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge all answers. Whatever the submission sent, this returns; an exception here is our own fault."""
        raise NotImplementedError
