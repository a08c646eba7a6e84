"""Naming a wrong answer: the values that known mistakes give, and which single one of them explains what came back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from graders.measure.compare import Wrong, same

NEAR = 1e-2  # an alternative closer than this to the right value, or to another one, explains nothing


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alternative:
    """What one mistake gives.

    Args:
        value: the wrong value, of the right value's shape.
        words: the mistake as a sentence to the student, true whenever the answer equals `value`.
        fix: the next thing to try.
    """

    value: np.ndarray
    words: str
    fix: str = ""


def times(want: np.ndarray, factors: Mapping[str, float], *, fix: str = "") -> list[Alternative]:
    """Return the alternatives that are a constant factor off; the mapping goes from words to factor."""
    return [Alternative(value=k * want, words=words, fix=fix) for words, k in factors.items()]


def explanation(
    got: np.ndarray, want: np.ndarray, alternatives: Iterable[Alternative], *, rtol: float
) -> Alternative | None:
    """Return the only alternative that gives `got`; None where none does, or where two that differ in words do.

    Args:
        got: the answer, of the right shape and finite.
        want: the right value.
        alternatives: the known mistakes.
        rtol: allowed gap, relative to the alternative's largest entry.
    """
    fitting = [a for a in alternatives if _gap(a.value, want, want) > NEAR and _gap(got, a.value, want) <= rtol]
    return fitting[0] if len({a.words for a in fitting}) == 1 else None


def same_or_named(
    got: np.ndarray, want: np.ndarray, alternatives: Sequence[Alternative], *, what: str, rtol: float
) -> str:
    """Compare as `same` does; where a known mistake explains the deviation, the `Wrong` says which."""
    try:
        return same(got, want, what=what, rtol=rtol)
    except Wrong as wrong:
        named = explanation(got, want, alternatives, rtol=rtol)
        if named is None:
            raise
        raise Wrong(
            f"{wrong.reason} {named.words}",
            got=wrong.got,
            expected=wrong.expected,
            fix=named.fix or wrong.fix,
            credit=wrong.credit,
            exhibits=wrong.exhibits,
        ) from wrong


def _gap(a: np.ndarray, b: np.ndarray, want: np.ndarray) -> float:
    """Return the largest difference relative to b's largest entry, or to the right value's where b is zero."""
    if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return np.inf
    scale = float(np.max(np.abs(b), initial=0.0)) or float(np.max(np.abs(want), initial=0.0))
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.max(np.abs(a - b), initial=0.0)) / (scale if scale > 0 else 1.0)
