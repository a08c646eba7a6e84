"""Questions and answers in a student's words: shapes, types and small excerpts."""

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from graders.foundation.call import Opaque, Params, Seeded, Value
from graders.foundation.observation import Answer
from graders.wire.contract import contract_function


def excerpt(values: np.ndarray, *, rows: int = 3, columns: int = 4) -> str:
    """Return the array's corner as text, for evidence."""
    if values.ndim == 0:
        return f"{float(values):.6g}"
    corner = values[tuple(slice(n) for n in ((columns,) if values.ndim == 1 else (rows, columns)))]
    cut = corner.shape != values.shape
    text = np.array2string(corner, precision=5, suppress_small=False, separator=", ")
    return f"{text}{' …' if cut else ''} shape {values.shape}" if cut else text


def type_of(value: Value) -> str:
    """Return what the value is, in a student's words."""
    match value:
        case None:
            return "None"
        case np.ndarray():
            return f"an array of shape {value.shape}"
        case tuple() | list():
            return f"a {type(value).__name__} of {len(value)}"
        case Mapping():
            return "a dictionary with " + ", ".join(repr(k) for k in list(value)[:6])
        case Opaque():
            return f"an object of type {value.type_name}"
        case _:
            return f"the {type(value).__name__} {value!r:.40}"


def describe_call(answer: Answer) -> str:
    """Return the question as a student would write it, with shapes instead of numbers."""
    call = answer.call
    parts = [_brief(v) for v in call.args] + [f"{k}={_brief(v)}" for k, v in call.kwargs.items()]
    if call.target == "torch_logits":
        return f"the model of build_torch, given our weights, called with {parts[1]}"
    return f"{contract_function(call.target)}({', '.join(parts)})"


@functools.cache
def _kind(dtype: np.dtype[Any]) -> str:
    """Return a dtype's name, which NumPy spells anew each time."""
    return str(dtype)


def _brief(value: Value) -> str:
    match value:
        case np.ndarray():
            return f"{_kind(value.dtype)}{list(value.shape)}"
        case Params():
            return "params"
        case tuple() | list():
            return f"[{', '.join(_brief(v) for v in value[:3])}{', …' if len(value) > 3 else ''}]"
        case Mapping():
            return "{" + ", ".join(f"{k}: {_brief(v)}" for k, v in value.items()) + "}"
        case float():
            return f"{value:.4g}"
        case Seeded():
            return "rng"
        case _:
            return repr(value)
