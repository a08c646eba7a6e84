"""One submission's session: opened with its files, then asked one question after another until the room is closed.

Protocol, from outside: `open`, `load`, `ask`; from inside: `ready`, `loaded`, `answer`.
"""

import contextlib
import os
import sys
from pathlib import Path
from typing import Any, BinaryIO

from graders.driver.answering import Candidate
from graders.wire.frames import Closed, Frame, encode, read

FRAME_CAP = 2**31


def hold_session(questions: BinaryIO, answers: BinaryIO) -> None:
    """Sit in the current folder until the questions end; never returns."""

    def send(kind: str, body: Any, arrays: Any = ()) -> None:
        answers.write(encode(Frame(kind=kind, body=body, arrays=arrays)))
        answers.flush()

    opening = read(questions, cap=FRAME_CAP)
    root = Path.cwd()
    write_files(opening.body["files"], list(opening.arrays), root)
    sys.path.insert(0, str(root))
    candidate = Candidate(opening.body, root)
    send("ready", None)
    while True:
        try:
            frame = read(questions, cap=FRAME_CAP)
        except Closed:
            os._exit(0)
        if frame.kind == "load":
            outcome = candidate.load(frame.body)
            flush()
            send("loaded", outcome)
        else:
            body, arrays = candidate.answer(frame)
            flush()  # before the answer: once that is sent, the room may be closed
            send("answer", body, arrays)


def write_files(names: list[str], contents: list[Any], root: Path) -> None:
    """Lay the submission's files out in the room; their names were checked outside."""
    for name, content in zip(names, contents, strict=True):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.tobytes())


def flush() -> None:
    """Pass on what was printed; a submission may have closed or replaced its streams."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
