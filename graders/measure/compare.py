"""Comparing what came back with what is right: shape, type and finiteness before tolerance, and NaN always fails."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

import numpy as np

from graders.foundation.call import Params, Value
from graders.foundation.observation import Answer, Failed, FailureKind, Returned
from graders.foundation.verdict import Check, Exhibit
from graders.measure.describe import describe_call, excerpt, type_of


class Wrong(Exception):
    """A deviation found while judging; `check` turns it into a lost check."""

    def __init__(
        self,
        reason: str,
        *,
        got: str = "",
        expected: str = "",
        fix: str = "",
        credit: float = 0.0,
        exhibits: Sequence[Exhibit] = (),
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.got = got
        self.expected = expected
        self.fix = fix
        self.credit = credit
        self.exhibits = tuple(exhibits)


def check(
    title: str,
    answers: Answer | Sequence[Answer],
    test: Callable[..., str | None],
    *,
    weight: float = 1.0,
    fix: str = "",
    asked: str = "",
) -> Check:
    """Judge one statement about one or more answers.

    Args:
        title: the statement, as a student reads it.
        answers: what it is about; the first that failed decides, else every value is handed to `test` in order.
        test: raises `Wrong` on a deviation; may return a remark on what was measured.
        weight: the check's share of the criterion.
        fix: what to try, unless the `Wrong` says something nearer.
        asked: what was asked, in short; made from the first call when left out.
    """
    several = [answers] if isinstance(answers, Answer) else list(answers)
    asked = asked or " then ".join(dict.fromkeys(describe_call(a) for a in several))
    for answer in several:
        if isinstance(answer.observation, Failed):
            return failed_check(title, answer.observation, weight=weight, asked=asked)
    values = [a.observation for a in several if isinstance(a.observation, Returned)]
    try:
        with np.errstate(all="ignore"):  # a student's 1e308 may overflow while it is compared
            remark = test(*(observation.value for observation in values))
    except Wrong as wrong:
        return Check(
            title=title,
            credit=wrong.credit,
            weight=weight,
            reason=wrong.reason,
            asked=asked,
            got=wrong.got,
            expected=wrong.expected,
            fix=wrong.fix or fix,
            exhibits=wrong.exhibits,
        )
    return Check(title=title, credit=1.0, weight=weight, reason=remark or "", asked=asked)


def failed_check(title: str, failure: Failed, *, weight: float = 1.0, asked: str = "") -> Check:
    """Return the lost check for a question that got no answer."""
    return Check(
        title=title,
        credit=0.0,
        weight=weight,
        reason=failure.message,
        asked=asked,
        got=failure.kind.value,
        where=failure.where,
        attempted=failure.kind is not FailureKind.NOT_ATTEMPTED,
    )


def array(value: Value, *, what: str, shape: tuple[int, ...] | None = None, finite: bool = True) -> np.ndarray:
    """Return the value as a float64 array, or raise `Wrong` for what it is instead.

    Args:
        value: what came back.
        what: its name in the message, such as "softmax(z)".
        shape: the shape it must have; (1, H) and (H, 1) pass for (H,).
        finite: NaN and infinity are wrong.
    """
    plain = _numeric(value, what)
    if shape is not None and plain.shape != shape:
        flat = len(shape) == 1 and plain.size == shape[0] and plain.ndim == 2 and 1 in plain.shape
        scalar = shape == () and plain.size == 1
        if not (flat or scalar):
            raise Wrong(
                f"{what} has shape {plain.shape}, expected {shape}.",
                got=f"shape {plain.shape}",
                expected=f"shape {shape}",
            )
        plain = plain.reshape(shape)
    if finite and not np.isfinite(plain).all():
        bad = tuple(int(i) for i in np.argwhere(~np.isfinite(plain))[0])
        entry = plain[bad]
        raise Wrong(f"{what}{_index(bad)} is {entry}.", got=f"{entry} at {list(bad)}", expected="finite numbers")
    return plain


def number(value: Value, *, what: str) -> float:
    """Return the value as one finite float, or raise `Wrong`."""
    return float(array(value, what=what, shape=()))


def labels(value: Value, *, what: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return the value as integer labels (N,), or raise `Wrong`."""
    plain = array(value, what=what, shape=shape)
    if not (plain == np.round(plain)).all():
        raise Wrong(f"{what} holds {plain.flat[0]:.4g}, which is no class label.", expected="integer labels")
    return plain.astype(np.int64)


def params(value: Value, *, what: str, shapes: tuple[int, int, int]) -> Params:
    """Return the value as parameters of (D, H, K), or raise `Wrong` that says which array differs."""
    D, H, K = shapes
    parts = _four(value, what)
    expected = {"W1": (D, H), "b1": (H,), "W2": (H, K), "b2": (K,)}
    arrays = {
        name: array(part, what=f"{name} of {what}", shape=shape)
        for (name, shape), part in zip(expected.items(), parts, strict=True)
    }
    return Params(**arrays)


def _four(value: Value, what: str) -> Sequence[Value]:
    if isinstance(value, Params):
        return value.arrays()
    if isinstance(value, tuple | list) and len(value) == 4:
        return value
    got = type_of(value)
    raise Wrong(f"{what} is {got}, expected the four arrays (W1, b1, W2, b2).", got=got, expected="(W1, b1, W2, b2)")


def pair(value: Value, *, what: str, parts: str) -> tuple[Value, Value]:
    """Return the two parts of a returned pair, or raise `Wrong`; `parts` names them, as in "loss, grads"."""
    if isinstance(value, tuple | list) and len(value) == 2:
        return value[0], value[1]
    got = type_of(value)
    raise Wrong(
        f"{what} returned {got}, expected two values: {parts}.",
        got=got,
        expected=parts,
        fix=_none_hint(value),
    )


def mapping(value: Value, *, what: str) -> Mapping[str | int, Value]:
    """Return the value as a mapping, or raise `Wrong`."""
    if isinstance(value, Mapping):
        return value
    got = type_of(value)
    raise Wrong(f"{what} returned {got}, expected a dictionary.", got=got, expected="dict", fix=_none_hint(value))


def same(got: np.ndarray, want: np.ndarray, *, what: str, rtol: float, fix: str = "") -> str:
    """Pass when every entry of `got` is within `rtol` of `want`, relative to the array's largest entry.

    The norm-wise scale keeps entries that are nearly zero from deciding, and lets float32 answers through.

    Returns:
        A remark with the measured gap.
    """
    scale = float(np.max(np.abs(want), initial=0.0))
    allowed = rtol * (scale if scale > 0 else 1.0)
    gaps = np.abs(got - want)
    within = gaps <= allowed
    if within.all():
        largest = float(gaps.max(initial=0.0))
        return f"largest gap {largest:.1e}, allowed {allowed:.1e}"
    worst = np.unravel_index(int(np.argmax(np.where(np.isnan(gaps), np.inf, gaps))), gaps.shape)
    place = tuple(int(i) for i in worst)
    share = 1 - float(within.mean())
    extent = "" if gaps.size == 1 else f" {share:.0%} of the entries differ."
    raise Wrong(
        f"{what}{_index(place)}: you returned {got[worst]:.6g}, expected {want[worst]:.6g} "
        f"(gap {gaps[worst]:.1e}, allowed {allowed:.1e}).{extent}{_constant_factor(got, want, rtol)}",
        got=excerpt(got),
        expected=excerpt(want),
        fix=fix,
    )


def _constant_factor(got: np.ndarray, want: np.ndarray, rtol: float) -> str:
    """Say so when the answer is one number times the right value: the commonest trace of a forgotten factor."""
    denominator = float(np.vdot(want, want))
    if got.size < 2 or not denominator > 0:
        return ""
    k = float(np.vdot(got, want)) / denominator
    explains = math.isfinite(k) and abs(k) > rtol and np.max(np.abs(got - k * want)) <= 10 * rtol * np.max(np.abs(got))
    return f" Every entry is {k:.4g} times what it should be." if explains else ""


def _numeric(value: Value, what: str) -> np.ndarray:
    if isinstance(value, np.ndarray | int | float) and not (
        isinstance(value, np.ndarray) and value.dtype.kind in "USO"
    ):
        plain = np.asarray(value)
    elif isinstance(value, tuple | list) and value:
        plain = _stacked(value, what)
    else:
        _not_numbers(value, what)
    if plain.dtype.kind not in "biufc":  # an integer beyond 64 bits, dates, records
        _not_numbers(value, what)
    if plain.dtype.kind == "c":
        raise Wrong(f"{what} holds complex numbers.", got=str(plain.dtype), expected="real numbers")
    if plain.dtype.itemsize <= 8:  # nothing overflows
        return plain.astype(np.float64)
    with np.errstate(all="ignore"):
        return plain.astype(np.float64)


def _stacked(value: Sequence[Value], what: str) -> np.ndarray:
    try:
        plain = np.asarray(value)
    except (ValueError, TypeError):
        _not_numbers(value if isinstance(value, list) else tuple(value), what)
    if plain.dtype.kind not in "biuf":
        _not_numbers(value if isinstance(value, list) else tuple(value), what)
    return plain


def _not_numbers(value: Value, what: str) -> NoReturn:
    got = type_of(value)
    raise Wrong(f"{what} returned {got}, expected numbers.", got=got, expected="numbers", fix=_none_hint(value))


def _none_hint(value: Value) -> str:
    return "Did you forget the return statement?" if value is None else ""


def _index(place: tuple[int, ...]) -> str:
    return str(list(place)) if place else ""
