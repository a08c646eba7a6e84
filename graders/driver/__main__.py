"""A room that is a process of its own: it holds one session on its standard streams."""

import os
from typing import BinaryIO

from graders.driver.session import hold_session


def take_streams() -> tuple[BinaryIO, BinaryIO]:
    """Move the protocol away from stdin and stdout, so that a student's print or input() does not meet it."""
    questions = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return questions, answers


if __name__ == "__main__":
    hold_session(*take_streams())
