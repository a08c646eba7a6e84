"""Values as JSON with numbered arrays, and back. Both sides turn their own nouns into these few tagged forms.

null, true, "text"        themselves            {"i": "12"}       an integer        {"f": "0x1p-1"}  a float
{"a": 3}                  array number 3        {"t": [...]}      a tuple           {"l": [...]}     a list
{"d": [[key, value], …]}  a mapping             {"p": [4 values]} parameters        {"g": seed}      a generator
{"o": "Figure"}           an object of that type, which is not plain data
{"h": "0x1p-1 0x1p-2"}    a list of floats, such as a history: many times faster than one by one
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .frames import Malformed

DEPTH_CAP = 12
ITEM_CAP = 20_000
TEXT_CAP = 100_000


@dataclass(frozen=True, slots=True)
class Tagged:
    """A value that has no plain Python form: parameters ("p"), a seeded generator ("g"), an opaque object ("o")."""

    tag: str
    content: Any


def pack(value: Any, arrays: list[np.ndarray], depth: int = 0) -> Any:
    """Return the JSON form of a plain value; arrays are appended to `arrays`.

    Raises:
        TypeError: the value is not plain.
    """
    if depth > DEPTH_CAP:
        msg = "nested too deeply"
        raise TypeError(msg)
    deeper = depth + 1
    match value:
        case float():
            return {"f": value.hex()}
        case None | bool():
            return value
        case str():
            return value[:TEXT_CAP]
        case int():
            return {"i": str(value)}
        case np.ndarray():
            arrays.append(value)
            return {"a": len(arrays) - 1}
        case tuple():
            return {"t": [pack(v, arrays, deeper) for v in value]}
        case list():
            return _packed_list(value, arrays, deeper)
        case dict():
            return {"d": [[pack(k, arrays, deeper), pack(v, arrays, deeper)] for k, v in value.items()]}
        case Tagged(tag="p"):
            return {"p": [pack(v, arrays, deeper) for v in value.content]}
        case Tagged(tag="g"):
            return {"g": int(value.content)}
        case Tagged(tag="o"):
            return {"o": str(value.content)[:200]}
    msg = f"{type(value).__name__} is not plain data"
    raise TypeError(msg)


def _packed_list(value: list[Any], arrays: list[np.ndarray], depth: int) -> Any:
    if value and all(type(v) is float for v in value):
        return {HISTORY: " ".join(map(float.hex, value))}
    return {"l": [pack(v, arrays, depth) for v in value]}


def unpack(form: Any, arrays: list[np.ndarray]) -> Any:
    """Return the value of a JSON form.

    Raises:
        Malformed: the form is not one of those above, nests too deeply or holds too many items.
    """
    budget = ITEM_CAP

    def inner(form: Any, depth: int) -> Any:
        nonlocal budget
        budget -= 1
        tag: Any = None
        content: Any = None
        if isinstance(form, dict) and len(form) == 1:
            ((tag, content),) = form.items()
        if tag == HISTORY and isinstance(content, str):  # each of its floats is an item
            budget -= 1 + content.count(" ")
        if depth > DEPTH_CAP or budget < 0:
            msg = "an answer that nests too deeply or holds too many items"
            raise Malformed(msg)
        if form is None or isinstance(form, SCALARS):
            return form
        reader = READERS.get(tag)
        if reader is not None:
            return reader(content, arrays, lambda item: inner(item, depth + 1))
        msg = "an answer in a form that is not known"
        raise Malformed(msg)

    return inner(form, 0)


HISTORY = "h"
SCALARS = (bool, str)
Inner = Callable[[Any], Any]


def _text_number(content: Any) -> str:
    if not isinstance(content, str) or len(content) > 400:
        msg = "a number that is none"
        raise Malformed(msg)
    return content


def _integer(content: Any, _arrays: list[np.ndarray], _inner: Inner) -> int:
    try:
        return int(_text_number(content))
    except ValueError as error:
        msg = "an integer that is none"
        raise Malformed(msg) from error


def _float(content: Any, _arrays: list[np.ndarray], _inner: Inner) -> float:
    try:
        return float.fromhex(_text_number(content))
    except (ValueError, OverflowError) as error:
        msg = "a float that is none"
        raise Malformed(msg) from error


def _history(content: Any, _arrays: list[np.ndarray], _inner: Inner) -> list[float]:
    if not isinstance(content, str):
        msg = "floats that are none"
        raise Malformed(msg)
    try:
        return [float.fromhex(number) for number in content.split(" ")]
    except (ValueError, OverflowError) as error:
        msg = "floats that are none"
        raise Malformed(msg) from error


def _array(content: Any, arrays: list[np.ndarray], _inner: Inner) -> np.ndarray:
    if type(content) is not int or not 0 <= content < len(arrays):
        msg = "an array that was not sent"
        raise Malformed(msg)
    return arrays[content]


def _items(content: Any) -> list[Any]:
    if not isinstance(content, list):
        msg = "a sequence that is none"
        raise Malformed(msg)
    return content


def _tuple(content: Any, _arrays: list[np.ndarray], inner: Inner) -> tuple[Any, ...]:
    return tuple(inner(item) for item in _items(content))


def _list(content: Any, _arrays: list[np.ndarray], inner: Inner) -> list[Any]:
    return [inner(item) for item in _items(content)]


def _mapping(content: Any, _arrays: list[np.ndarray], inner: Inner) -> dict[str | int, Any]:
    result: dict[str | int, Any] = {}
    for item in _items(content):
        if not isinstance(item, list) or len(item) != 2:
            msg = "a mapping that is none"
            raise Malformed(msg)
        key = inner(item[0])
        if not isinstance(key, str | int) or key in result:
            msg = "a mapping with a key that is no name"
            raise Malformed(msg)
        result[key] = inner(item[1])
    return result


def _params(content: Any, _arrays: list[np.ndarray], inner: Inner) -> Tagged:
    if len(_items(content)) != 4:
        msg = "parameters that are not four arrays"
        raise Malformed(msg)
    return Tagged("p", tuple(inner(item) for item in content))


def _generator(content: Any, _arrays: list[np.ndarray], _inner: Inner) -> Tagged:
    if type(content) is not int or content < 0:
        msg = "a generator without a seed"
        raise Malformed(msg)
    return Tagged("g", content)


def _opaque(content: Any, _arrays: list[np.ndarray], _inner: Inner) -> Tagged:
    if not isinstance(content, str) or len(content) > 200:
        msg = "an object without a type"
        raise Malformed(msg)
    return Tagged("o", content)


READERS: dict[str, Callable[[Any, list[np.ndarray], Inner], Any]] = {
    "i": _integer,
    "f": _float,
    HISTORY: _history,
    "a": _array,
    "t": _tuple,
    "l": _list,
    "d": _mapping,
    "p": _params,
    "g": _generator,
    "o": _opaque,
}
