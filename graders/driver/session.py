"""One submission's session: opened with its files, then asked one question after another until the room is closed.

Protocol, from outside: `open`, `load`, `ask`; from inside: `ready`, `loaded`, `answer`.
"""

import contextlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from graders.driver.answering import Candidate
from graders.driver.handed import HandedArrays
from graders.wire.contract import MODULE_OF, contract_function
from graders.wire.frames import Closed, Frame, Malformed, encode, read

FRAME_CAP = 2**31
NO_FRAME = 76  # the exit status where what comes in is no frame of the protocol, or finds no memory left
OPENING = {"files": list, "modules": dict, "notebook": str | None, "forbidden": list, "torch": bool, "stand_ins": dict}
ASKING = {"id": int, "seed": int, "target": str, "stand_ins": list, "args": dict, "kwargs": dict, "handed": list}


def hold_session(questions: BinaryIO, answers: BinaryIO) -> None:
    """Sit in the current folder until the questions end; never returns."""

    def send(kind: str, body: Any, arrays: Any = ()) -> None:
        answers.write(encode(Frame(kind=kind, body=body, arrays=arrays)))
        answers.flush()

    def received() -> Frame:
        try:
            return read(questions, cap=FRAME_CAP)
        except Closed:
            os._exit(0)

    root = Path.cwd()
    try:
        opening = opened(received())
        write_files(opening.body["files"], list(opening.arrays), root)
        sys.path.insert(0, str(root))
        candidate, handed = Candidate(opening.body, root), HandedArrays()
        send("ready", None)
        while True:
            frame = asked(received())
            if frame.kind == "load":
                loaded = candidate.load(frame.body)
                flush()
                send("loaded", loaded)
            else:
                body, arrays = candidate.answer(handed.completed(frame))
                flush()  # before the answer: once that is sent, the room may be closed
                send("answer", body, arrays)
    except Malformed as error:
        os.write(2, f"the exam room was sent {error}\n".encode())
        os._exit(NO_FRAME)


def opened(frame: Frame) -> Frame:
    """Return the first frame, or raise `Malformed`: it opens the session, and has a name for each file's bytes."""
    has_fields(frame, "open", OPENING)
    names = frame.body["files"]
    named = len(names) == len(frame.arrays) and all(isinstance(name, str) for name in names)
    if not named or not all(content.dtype.name == "uint8" for content in frame.arrays):
        msg = "files without names, or names without files"
        raise Malformed(msg)
    return frame


def asked(frame: Frame) -> Frame:
    """Return a later frame, or raise `Malformed`: it names a function to load, or asks a question about one."""
    if frame.kind == "load":
        function = frame.body
    else:
        has_fields(frame, "ask", ASKING)
        function = contract_function(frame.body["target"])
    if not isinstance(function, str) or function not in MODULE_OF:
        msg = "a question about no function of the contract"
        raise Malformed(msg)
    return frame


def has_fields(frame: Frame, kind: str, fields: Mapping[str, Any]) -> None:
    """Raise `Malformed` unless the frame is of this kind and its body has these fields, of these types."""
    body = frame.body
    right = frame.kind == kind and isinstance(body, dict) and set(body) == set(fields)
    if not right or not all(isinstance(body[name], of) for name, of in fields.items()):
        msg = f"a message that is no '{kind}'"
        raise Malformed(msg)


def write_files(names: list[str], contents: list[Any], root: Path) -> None:
    """Lay the submission's files out in the room; their names were checked outside, and are once more."""
    for name, content in zip(names, contents, strict=True):
        path = root / name
        if "\0" in name or ".." in path.parts or not path.is_relative_to(root) or path == root:
            msg = "a file that lies outside the room"
            raise Malformed(msg)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.tobytes())


def flush() -> None:
    """Pass on what was printed; a submission may have closed or replaced its streams."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
