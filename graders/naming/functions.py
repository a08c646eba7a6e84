"""Mistakes in a function without chance: each is the function as the student would have written it wrongly."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from graders.foundation.call import Call, Params, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.foundation.observation import Failed
from graders.measure import truth
from graders.measure.compare import Wrong, array
from graders.naming.gaps import Doubt
from graders.naming.mistake import ENDING, RAISED, RETURNED, Case, Key, Outcome, Outcomes, Predict

Read: TypeAlias = Callable[[Any], Mapping[str, Outcome]]
"""From what a function returned to its parts."""

CHANGED = "changed"  # the part that names arguments which the call wrote into
DTYPES: Sequence[type | None] = (None, np.float64, np.float32)
"""A student may compute in the input's own type, or in one of these throughout."""


def one_array(value: Value) -> Mapping[str, Outcome]:
    """Read an answer that is one array or number."""
    try:
        return {"value": array(value, what="the answer", finite=False)}
    except Wrong as wrong:
        return {"value": wrong.got}


def observing(read: Read = one_array) -> Callable[[Exam, Seen], Outcomes]:
    """Return what turns answers into outcomes: how each question ended, the parts of its answer, changed arguments."""

    def observe(_exam: Exam, seen: Seen) -> Outcomes:
        found: dict[Key, Outcome] = {}
        for name, answer in seen.items():
            if isinstance(answer.observation, Failed):
                found[name, ENDING] = answer.observation.kind.value
                continue
            found[name, ENDING] = RETURNED
            found[name, CHANGED] = ",".join(sorted(answer.observation.changed))
            found |= {(name, part): told for part, told in read(answer.observation.value).items()}
        return found

    return observe


def answers(
    function: Callable[..., Any], read: Read = one_array, *, targets: Sequence[str] = (), dtypes: bool = True
) -> Predict:
    """Return the prediction that every question is answered by `function`.

    Args:
        function: the mistaken function; it may raise, or write into its arguments.
        read: from what it returns to the parts.
        targets: which questions it answers; all, when left out.
        dtypes: whether to predict for students who compute in float64 or float32 throughout, too.
    """

    def predict(case: Case) -> Sequence[Outcomes]:
        calls = {n: a.call for n, a in case.seen.items() if not targets or a.call.target in targets}
        told = (_all_answers(case, function, read, calls, dtype) for dtype in (DTYPES if dtypes else DTYPES[:1]))
        return [one for one in told if one is not None]

    return predict


def _all_answers(
    case: Case, function: Callable[..., Any], read: Read, calls: Mapping[str, Call], dtype: type | None
) -> Outcomes | None:
    """Return what a function gives; None once it explains nothing."""
    doubt = Doubt(case.observed, case.sought)
    found: dict[Key, Outcome] = {}
    for name, call in calls.items():
        told = {(name, part): outcome for part, outcome in _answer(function, read, call, dtype).items()}
        if doubt.explains_nothing(told):
            return None
        found |= told
    return found


def _answer(function: Callable[..., Any], read: Read, call: Call, dtype: type | None) -> Mapping[str, Outcome]:
    """Return how one question ends, by part."""
    args, kwargs = [_cast(a, dtype) for a in call.args], {k: _cast(v, dtype) for k, v in call.kwargs.items()}
    copies = [_cast(a, dtype) for a in call.args]
    try:
        value = function(*args, **kwargs)
    except Exception:  # noqa: BLE001 - the mistake may well be one that raises
        return {ENDING: RAISED}
    # A copy in another type is no longer the caller's array: what is written into it does not show.
    own = [i for i, a in enumerate(args) if dtype is None or _same_type(call.args[i], dtype)]
    changed = ",".join(str(i) for i in own if not _equal(args[i], copies[i]))
    return {ENDING: RETURNED, CHANGED: changed, **read(value)}


def _cast(value: Value, dtype: type | None) -> Value:
    """Return a copy in which floating-point arrays have this type."""
    match value:
        case np.ndarray() if value.dtype.kind == "f":
            return value.astype(dtype or value.dtype)
        case np.ndarray():
            return value.copy()
        case Params():
            return Params(**{n: getattr(value, n).astype(dtype or getattr(value, n).dtype) for n in truth.NAMES})
        case list():
            return [_cast(v, dtype) for v in value]
        case _:
            return value


def _same_type(value: Value, dtype: type) -> bool:
    arrays = value.arrays() if isinstance(value, Params) else (value,)
    return all(not isinstance(a, np.ndarray) or a.dtype.kind != "f" or a.dtype == dtype for a in arrays)


def _equal(a: Value, b: Value) -> bool:
    if isinstance(a, Params) and isinstance(b, Params):
        return all(np.array_equal(x, y, equal_nan=True) for x, y in zip(a.arrays(), b.arrays(), strict=True))
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    return True
