"""Our nouns as bytes and back, without loss and without pickle: wire frames, with zlib where that saves something.

A dataclass becomes {"is": "module:Class", field: value, ...}; only dataclasses of ours are read back. A field that the
class does not know any more is an error, one that is missing takes its default.
"""

import dataclasses
import functools
import importlib
import io
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from graders.exam_room.translate import from_plain_form, plain_form
from graders.foundation.errors import OurFault
from graders.foundation.observation import Failed, FailureKind, Observation, Returned
from graders.grading.scorecard import Scorecard
from graders.wire.frames import MAGIC, Closed, Frame, Malformed, encode, pieces, read
from graders.wire.values import pack, unpack

HOMES = ("graders.foundation.", "graders.grading.scorecard")
CLASS = "is"
LONG = 8  # a tuple of as many floats or more travels as an array
FRAME_CAP = 2**31
FAST = 1  # of zlib's levels
PLAIN = frozenset({str, int, float, bool, type(None)})  # most values, and the same on both sides


def scorecard_bytes(scorecard: Scorecard) -> bytes:
    """Return a scorecard as bytes: a frame for the whole, and one for each criterion."""
    whole = dataclasses.replace(scorecard, criteria=())
    return zlib.compress(b"".join(_frame(part) for part in (whole, *scorecard.criteria)), FAST)


def scorecard_of(raw: bytes) -> Scorecard:
    """Return the scorecard that `scorecard_bytes` stored.

    Raises:
        OurFault: these are no such bytes.
    """
    whole, *criteria = (_object(frame) for frame in _frames(raw))
    if not isinstance(whole, Scorecard):
        message = "the ledger holds something else where a scorecard should be"
        raise OurFault(message, remedy="Restore results.db from a copy, or grade again into another folder.")
    return dataclasses.replace(whole, criteria=tuple(criteria))


def observations_bytes(known: Mapping[bytes, Observation]) -> bytes:
    """Return what a submission answered as bytes, by the identity of the question."""
    # Most of it is weights, in which nothing repeats: compressing takes 20 times the time and saves an eighth.
    return b"".join(piece for identity, seen in known.items() for piece in pieces(_observation_frame(identity, seen)))


def observations_of(raw: bytes) -> dict[bytes, Observation]:
    """Return the observations that `observations_bytes` stored."""
    return dict(_observation(frame) for frame in _frames(raw)) if raw else {}


def _observation_frame(identity: bytes, seen: Observation) -> Frame:
    arrays: list[np.ndarray] = []
    fields: dict[str | int, Any] = {f.name: getattr(seen, f.name) for f in dataclasses.fields(seen)}
    kind = "returned" if isinstance(seen, Returned) else "failed"
    if isinstance(seen, Failed):
        fields["kind"] = seen.kind.value
    body = {"question": identity.hex(), "seen": pack(plain_form(fields), arrays)}
    return Frame(kind=kind, body=body, arrays=arrays)


def _observation(frame: Frame) -> tuple[bytes, Observation]:
    fields: Any = from_plain_form(unpack(frame.body["seen"], list(frame.arrays)))
    identity = bytes.fromhex(frame.body["question"])
    if frame.kind == "returned":
        return identity, Returned(**fields)
    return identity, Failed(**{**fields, "kind": FailureKind(fields["kind"])})


def _frames(raw: bytes) -> Iterator[Frame]:
    try:
        stream = io.BytesIO(raw if raw.startswith(MAGIC) else zlib.decompress(raw))
        while True:
            yield read(stream, cap=FRAME_CAP)
    except Closed:
        return
    except (zlib.error, Malformed) as error:
        message = f"the ledger holds bytes that cannot be read ({error})"
        raise OurFault(message, remedy="Restore results.db from a copy, or grade again into another folder.") from error


def _frame(part: object) -> bytes:
    arrays: list[np.ndarray] = []
    return encode(Frame(kind="stored", body=pack(_plain(part), arrays), arrays=arrays))


def _object(frame: Frame) -> Any:  # noqa: ANN401 - whatever was stored
    return _noun(unpack(frame.body, list(frame.arrays)))


def _plain(value: Any) -> Any:  # noqa: ANN401 - the values of any dataclass of ours
    if type(value) in PLAIN:
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kind = type(value)
        fields = {name: _plain(getattr(value, name)) for name in _fields(kind)}
        return {CLASS: f"{kind.__module__}:{kind.__qualname__}", **fields}
    if isinstance(value, tuple) and len(value) >= LONG and all(type(v) is float for v in value):
        return {CLASS: "floats", "values": np.array(value, dtype=np.float64)}
    if isinstance(value, tuple | list):
        return type(value)(_plain(v) for v in value)
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, np.generic):
        return value.item()
    return str(value) if isinstance(value, str) else value  # also a StrEnum


@functools.cache
def _fields(kind: type[Any]) -> tuple[str, ...]:
    return tuple(f.name for f in dataclasses.fields(kind) if f.init)


def _noun(value: Any) -> Any:  # noqa: ANN401 - the values of any dataclass of ours
    if type(value) in PLAIN:
        return value
    match value:
        case {"is": "floats", "values": np.ndarray() as values}:
            return tuple(values.tolist())
        case {"is": str(name), **fields}:
            return _class(name)(**{str(k): _noun(v) for k, v in fields.items()})
        case tuple() | list():
            return type(value)(_noun(v) for v in value)
        case dict():
            return {k: _noun(v) for k, v in value.items()}
    return value


def _class(name: str) -> Any:  # noqa: ANN401 - a dataclass of ours
    module, _, qualname = name.partition(":")
    kind = getattr(importlib.import_module(module), qualname, None) if module.startswith(HOMES) else None
    if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
        message = f"the ledger speaks of '{name[:80]}', which this version of the grader does not know"
        raise OurFault(message, remedy="Use the version that wrote it, or grade again.")
    return kind
