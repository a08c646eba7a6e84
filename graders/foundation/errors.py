"""Errors that a person can act on, told apart by whose hand must move.

A mistake in a *submission's answers* is none of these: it is an observation that a grader judges.
"""

from typing import ClassVar


class PlumblineError(Exception):
    """Something a person must mend before grading can go on; shown as a message, never as a traceback.

    Args:
        message: what is wrong and where, in one sentence.
        remedy: what to do about it; shown on a line of its own.
    """

    exit_status: ClassVar[int] = 3

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class BadSubmission(PlumblineError):
    """The submission cannot be opened at all: no such path, a broken zip, no code in it. The student's to mend."""

    exit_status = 1


class BadUsage(PlumblineError):
    """The command line, the data folder or an output path is wrong. The caller's to mend."""

    exit_status = 2


class BadRubric(PlumblineError):
    """The rubric says something that cannot be meant. The instructor's to mend; never a low score."""

    exit_status = 2


class OurFault(PlumblineError):
    """The grader itself failed. Nobody's score may suffer: the criterion is *ungraded* and a person must look."""

    exit_status = 3
