"""Between our nouns and the wire: questions out, observations in. An answer is checked field by field."""

from typing import Any

import numpy as np

from graders.foundation.call import Call, Opaque, Params, Seeded, Value
from graders.foundation.observation import Failed, FailureKind, Observation, Returned
from graders.submission import Submission
from graders.wire.frames import Frame, Malformed
from graders.wire.values import Tagged, pack, unpack

KINDS = {
    "not attempted": FailureKind.NOT_ATTEMPTED,
    "raised": FailureKind.RAISED,
    "out of memory": FailureKind.OUT_OF_MEMORY,
}

PLAIN = frozenset({np.ndarray, str, int, float, bool, type(None)})


def question(call: Call, *, number: int, seed: int) -> Frame:
    """Return the `ask` frame of a call."""
    arrays: list[np.ndarray] = []
    body = {
        "id": number,
        "seed": seed,
        "target": call.target,
        "stand_ins": list(call.stand_ins),
        "args": pack(_to_wire(tuple(call.args)), arrays),
        "kwargs": pack(_to_wire(dict(call.kwargs)), arrays),
    }
    return Frame(kind="ask", body=body, arrays=arrays)


def observation(frame: Frame, *, number: int, submission: Submission) -> Observation:
    """Return what an `answer` frame says.

    Raises:
        Malformed: the frame is not an answer to question `number`.
    """
    body = frame.body
    ours = frame.kind == "answer" and isinstance(body, dict)
    if not ours or type(body.get("id")) is not int or body["id"] != number:  # true equals 1, and 1.0 does
        msg = "a message that is no answer to the question"
        raise Malformed(msg)
    forbidden = _texts(body.get("forbidden"))
    if body.get("outcome") == "returned":
        value = _from_wire(unpack(body.get("value"), list(frame.arrays)))
        return Returned(
            value=value, seconds=_took(body, "seconds"), changed=_texts(body.get("changed")), forbidden=forbidden
        )
    return failure(body, submission=submission, forbidden=forbidden)


def import_failure(frame: Frame, *, submission: Submission) -> Failed | None:
    """Return how importing the submission failed; None where it did not.

    Raises:
        Malformed: the frame does not say so.
    """
    if frame.kind != "loaded" or not isinstance(frame.body, dict) or "failed" not in frame.body:
        msg = "a message that is no answer to the question"
        raise Malformed(msg)
    failed = frame.body["failed"]
    return None if failed is None else failure(failed, submission=submission)


def cpu_seconds(frame: Frame) -> float:
    """Return what an answer says of the CPU seconds of the submission's own code; for what is shown of time, no more.

    Raises:
        Malformed: it does not say so.
    """
    return _took(frame.body, "cpu_seconds")


def _took(body: Any, what: str) -> float:  # noqa: ANN401
    seconds = body.get(what)
    if not isinstance(seconds, float) or not 0.0 <= seconds < 1e6:
        msg = "an answer without a time"
        raise Malformed(msg)
    return seconds


def failure(body: Any, *, submission: Submission, forbidden: tuple[str, ...] = ()) -> Failed:  # noqa: ANN401
    """Return what a failure's body says; the place is turned into cell and line where it was a notebook.

    Raises:
        Malformed: a field is missing or of the wrong type.
    """
    fields = {"outcome": str, "message": str, "file": str, "line": int}
    if not isinstance(body, dict) or not all(type(body.get(name)) is kind for name, kind in fields.items()):
        msg = "a failure with the wrong fields"
        raise Malformed(msg)
    kind = KINDS.get(body["outcome"])
    if kind is None:
        msg = "a failure of no known kind"
        raise Malformed(msg)
    where = _place(submission, body["file"], body["line"]) if body["file"] else ""
    return Failed(kind=kind, message=body["message"][:800], where=where, forbidden=forbidden)


def _place(submission: Submission, file: str, line: int) -> str:
    """Return a place as the student knows it: cell and line where the module was made from a notebook."""
    origin = submission.origins.get(file)
    return (origin and origin.describe(line)) or f"{file[:200]}, line {line}"


def _texts(value: Any) -> tuple[str, ...]:  # noqa: ANN401
    if not isinstance(value, list) or len(value) > 64 or not all(isinstance(v, str) for v in value):
        msg = "an answer with the wrong fields"
        raise Malformed(msg)
    return tuple(v[:100] for v in value)


def plain_form(value: Value) -> Any:  # noqa: ANN401 - the wire's plain forms
    """Return a value in the plain forms that the wire packs."""
    return _to_wire(value)


def from_plain_form(value: Any) -> Value:  # noqa: ANN401 - the wire's plain forms
    """Return the value of what the wire unpacked.

    Raises:
        Malformed: it holds a mark of ours.
    """
    return _from_wire(value)


def _to_wire(value: Any) -> Any:  # noqa: ANN401 - the wire's plain forms
    if type(value) in PLAIN:
        return value
    match value:
        case Params():
            return Tagged("p", value.arrays())
        case Seeded():
            return Tagged("g", value.seed)
        case Opaque():
            return Tagged("o", value.type_name)
        case tuple():
            return tuple([v if type(v) is float else _to_wire(v) for v in value])
        case list():
            return [v if type(v) is float else _to_wire(v) for v in value]
        case dict():
            return {k: _to_wire(v) for k, v in value.items()}
    return value


def _from_wire(value: Any) -> Value:  # noqa: ANN401 - the wire's plain forms
    if type(value) in PLAIN:  # most values
        return value  # type: ignore[no-any-return]
    match value:
        case Tagged(tag="p"):
            parts = tuple(_from_wire(v) for v in value.content)
            arrays = [np.asarray(v) if isinstance(v, bool | int | float) else v for v in parts]
            plain = [a for a in arrays if isinstance(a, np.ndarray)]
            return Params(W1=plain[0], b1=plain[1], W2=plain[2], b2=plain[3]) if len(plain) == 4 else parts
        case Tagged(tag="o"):
            return Opaque(type_name=value.content)
        case Tagged():
            msg = "an answer with a mark of ours"
            raise Malformed(msg)
        case tuple():
            return tuple([v if type(v) is float else _from_wire(v) for v in value])
        case list():
            return [v if type(v) is float else _from_wire(v) for v in value]
        case dict():
            return {k: _from_wire(v) for k, v in value.items()}
    return value  # type: ignore[no-any-return]
