"""Answering one question: seed, call, and describe what came of it."""

import contextlib
import os
import random
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

with contextlib.suppress(ImportError):  # on Windows
    import resource

from graders.driver.forbidden import Tripwire, forbid
from graders.driver.namespace import Namespace, NotDefinedError
from graders.driver.plain import four, to_plain
from graders.driver.preload import load_torch
from graders.driver.routines import ROUTINES
from graders.driver.stand_ins import StandIns
from graders.wire.contract import contract_function
from graders.wire.frames import Frame
from graders.wire.values import Tagged, pack, unpack

WATCHED_BYTES = 2**20  # larger arguments are not compared before and after: training images, shared by many calls

Packed = tuple[Any, list[np.ndarray]]


class Candidate:
    """The submission sitting in this room.

    Args:
        opening: body of the `open` frame: modules, notebook, forbidden libraries, whether PyTorch is wanted.
        root: the folder that holds the submission's files.
    """

    def __init__(self, opening: dict[str, Any], root: Path) -> None:
        self._root = root
        self._tripwire: Tripwire = forbid(opening["forbidden"])
        if opening["torch"]:
            load_torch()
        self._space = Namespace(opening["modules"], opening["notebook"])
        self._stand_ins = StandIns(opening["stand_ins"], self._space, str(root))

    def load(self, function: str) -> dict[str, Any]:
        """Import what a function needs; returns the body of the `loaded` frame: how that failed, if it did."""
        failed = None
        cpu = _cpu_seconds()
        try:
            self._space.load(function)
        except NotDefinedError as error:
            failed = {"outcome": "not attempted", "message": str(error), "file": "", "line": 0}
        except BaseException as error:  # noqa: BLE001 - the student's module may raise anything, SystemExit too
            failed = self._failure(error, function, importing=True)
        return {"failed": failed, "cpu_seconds": _cpu_seconds() - cpu}

    def answer(self, frame: Frame) -> Packed:
        """Answer an `ask` frame; returns the body and arrays of the `answer` frame."""
        body = frame.body
        arrays: list[np.ndarray] = []
        try:
            with self._stand_ins.in_place(body["stand_ins"]):
                value, took, changed = self._call(body, list(frame.arrays))
            form = pack(value, arrays)
        except NotDefinedError as error:
            return {
                "id": body["id"],
                "outcome": "not attempted",
                "message": str(error),
                "file": "",
                "line": 0,
                "forbidden": [],
            }, []
        except BaseException as error:  # noqa: BLE001 - a crash in one function costs that function only
            failure = self._failure(error, contract_function(body["target"]))
            return {"id": body["id"], "forbidden": list(self._tripwire.used), **failure}, []
        finally:
            self._tripwire.armed = False
        return {"id": body["id"], "outcome": "returned", "value": form, **took, "changed": changed,
                "forbidden": list(self._tripwire.used)}, arrays  # fmt: skip

    def _call(self, body: dict[str, Any], arrays: list[np.ndarray]) -> tuple[Any, dict[str, float], list[str]]:
        target = body["target"]
        routine = ROUTINES.get(target)
        args = unpack(body["args"], arrays)
        kwargs = unpack(body["kwargs"], arrays)
        ready = [self._hand_over(a, raw=routine is not None) for a in args]
        if target == "momentum_step" and len(args) > 1:  # gradients come as the submission's own gradients do
            ready[1] = self._space.container("grads")(list(args[1].content))
        named = {k: self._hand_over(v, raw=routine is not None) for k, v in kwargs.items()}
        if target == "momentum_trace":
            ready[0], ready[2] = (self._space.container("params")(list(a.content)) for a in (ready[0], ready[2]))
        function: Callable[..., Any] = self._space.find(contract_function(target))
        before = _snapshots([*ready, *named.values()])
        _seed_everything(body["seed"])
        self._tripwire.used.clear()
        self._tripwire.armed = True
        start, cpu = time.perf_counter(), _cpu_seconds()
        result = function(*ready, **named) if routine is None else routine(self._space, *ready, **named)
        took = {"seconds": time.perf_counter() - start, "cpu_seconds": _cpu_seconds() - cpu}
        self._tripwire.armed = False
        after = _snapshots([*ready, *named.values()])
        names = [*(str(i) for i in range(len(ready))), *named]
        changed = [name for name, b, a in zip(names, before, after, strict=True) if b != a]
        return (result if routine is not None else _normalised(target, result)), took, changed

    def _hand_over(self, value: Any, *, raw: bool) -> Any:
        """Turn the wire's marks into what the student's function expects."""
        match value:
            case Tagged(tag="g"):
                return np.random.default_rng(value.content)
            case Tagged(tag="p") if not raw:
                return self._space.container("params")(list(value.content))
        return value

    def _failure(self, error: BaseException, function: str, *, importing: bool = False) -> dict[str, Any]:
        """Describe an exception by the innermost frame that is the student's."""
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(str(self._root))]
        file = os.path.relpath(frames[-1].filename, self._root) if frames else ""
        line = frames[-1].lineno or 0 if frames else 0
        if isinstance(error, SyntaxError) and error.filename and error.filename.startswith(str(self._root)):
            file, line = os.path.relpath(error.filename, self._root), error.lineno or 0
        inner = frames[-1].name if frames else function
        text = f"{type(error).__name__}: {error}"[:600]
        if isinstance(error, NotImplementedError):
            message = (
                f"{function} is not written yet"
                if inner == function
                else f"{function} needs {inner}, which is not written yet"
            )
            return {"outcome": "not attempted", "message": message, "file": file, "line": line}
        if isinstance(error, MemoryError):
            return {"outcome": "out of memory", "message": f"{function} ran out of memory", "file": file, "line": line}
        told = f"importing the submission raised {text}" if importing else f"{function} raised {text}"
        return {"outcome": "raised", "message": told, "file": file, "line": line}


def _normalised(target: str, result: Any) -> Any:
    """Give the containers that the contract leaves free one form, where the contract names four arrays."""
    match target, result:
        case "init", _:
            return four(result)
        case "loss_and_grads", (loss, grads):
            return (to_plain(loss), four(grads))
        case "momentum_step", (params, velocity):
            return (four(params), four(velocity))
    return to_plain(result)


def _seed_everything(seed: int) -> None:
    """Start every global generator anew, differently for each question: nothing carries over by accident."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - students use the legacy generator too
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "manual_seed"):
        torch.manual_seed(seed % 2**63)


def _cpu_seconds() -> float:
    """Return the CPU seconds of this process so far, of all its threads.

    Where the kernel limits them, as in the sandbox, the clock of the process goes in steps of 4 ms; this does not.
    """
    if sys.platform == "win32":
        return time.process_time()
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _snapshots(values: list[Any]) -> list[Any]:
    return [_snapshot(value) for value in values]


def _snapshot(value: Any) -> Any:
    """Return what an argument holds, to compare with afterwards; its bytes, as NaN is not equal to itself."""
    if isinstance(value, np.ndarray):
        return (value.shape, value.tobytes()) if value.nbytes <= WATCHED_BYTES else None
    if isinstance(value, tuple | list):
        return [_snapshot(v) for v in value]
    if isinstance(value, dict):
        return [_snapshot(v) for v in value.values()]
    return None
