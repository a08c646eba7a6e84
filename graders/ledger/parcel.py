"""A submission as bytes and back, so that it can be kept in the ledger and sent to another machine."""

import hashlib
import json
import zlib
from typing import Any

import numpy as np

from graders.submission import Submission
from graders.submission.model import LineMap
from graders.wire.frames import Frame, encode, read


def parcel_of(submission: Submission) -> bytes:
    """Return a submission as bytes, without its name and notices: equal parcels are graded once.

    The notices speak of what was left out, so two hand-ins with the same content may have different ones.
    """
    body = {
        "files": list(submission.files),
        "modules": dict(sorted(submission.modules.items())),
        "notebook_module": submission.notebook_module,
        "answers": submission.answers.encode(errors="replace").decode(),
        "origins": {path: [line.notebook, line.places] for path, line in sorted(submission.origins.items())},
        "faults": dict(sorted(submission.faults.items())),
    }
    files = sorted(submission.files)
    body["files"] = files
    # The answers and the line maps may be longer than a frame's header: they travel as an array too.
    told = json.dumps(body, sort_keys=True).encode()
    contents = [told, *(submission.files[path] for path in files)]
    frame = Frame(kind="parcel", body=len(contents), arrays=[np.frombuffer(c, dtype=np.uint8) for c in contents])
    return encode(frame)


def parcel_digest(parcel: bytes) -> str:
    """Return the sha256 of a parcel, in hexadecimal."""
    return hashlib.sha256(parcel).hexdigest()


def submission_of(parcel: bytes, *, name: str = "") -> Submission:
    """Return the submission in a parcel."""
    import io  # noqa: PLC0415

    frame = read(io.BytesIO(parcel), cap=2**31)
    told, *contents = (array.tobytes() for array in frame.arrays)
    body: dict[str, Any] = json.loads(told)
    origins = {
        path: LineMap(notebook=notebook, places=tuple(p and (p[0], p[1]) for p in places))
        for path, (notebook, places) in body["origins"].items()
    }
    return Submission(
        name=name,
        files=dict(zip(body["files"], contents, strict=True)),
        modules=body["modules"],
        notebook_module=body["notebook_module"],
        answers=body["answers"],
        origins=origins,
        faults=body["faults"],
    )


def compressed(parcel: bytes) -> bytes:
    """Return a parcel as the ledger keeps it."""
    return zlib.compress(parcel)


def uncompressed(raw: bytes) -> bytes:
    """Return the parcel that the ledger keeps."""
    return zlib.decompress(raw)
