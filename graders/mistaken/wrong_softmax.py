"""Wrong softmaxes of logits z (N, K), and those whose numbers are read off the answers."""

from collections.abc import Callable, Sequence

import numpy as np

from graders.naming.mistake import Case, Outcomes
from graders.naming.styles import any_of

Function = Callable[[np.ndarray], np.ndarray]


def normalised(e: np.ndarray, axis: int | None = 1) -> np.ndarray:
    """Return entries divided by their sum along an axis; None sums over the whole batch."""
    p: np.ndarray = e / e.sum(axis=axis, keepdims=True)
    return p


def shifted(z: np.ndarray) -> np.ndarray:
    """Return the exponentials with each row's maximum subtracted, (N, K)."""
    e: np.ndarray = np.exp(z - z.max(axis=1, keepdims=True))
    return e


def right(z: np.ndarray) -> np.ndarray:
    """Return the right softmax, (N, K)."""
    return normalised(shifted(z))


def in_place(z: np.ndarray) -> np.ndarray:
    """Return the right softmax, having written into the caller's logits."""
    z -= z.max(axis=1, keepdims=True)
    return normalised(np.exp(z))


def clipped(low: float, high: float) -> Function:
    """Return the softmax of logits clipped to a range."""
    return lambda z: normalised(np.exp(np.clip(z, low, high)))


def shift_beyond(threshold: float) -> Function:
    """Return the softmax that subtracts a row's maximum only beyond a threshold."""

    def softmax(z: np.ndarray) -> np.ndarray:
        top = z.max(axis=1, keepdims=True)
        return normalised(np.exp(z - np.where(top > threshold, top, 0)))

    return softmax


def denominator_epsilon(case: Case) -> Sequence[Outcomes]:
    """Read off the sums of the rows how much was added to the denominator, and predict all answers with it."""
    z, p = case.seen["plain"].call.args[0], case.observed.get(("plain", "value"))
    if not isinstance(z, np.ndarray) or not isinstance(p, np.ndarray) or p.shape != z.shape:
        return ()
    sums = shifted(z).sum(axis=1)
    epsilon = float(np.median(sums / p.sum(axis=1) - sums))
    if not 1e-7 < epsilon < 10:
        return ()
    return any_of(lambda z: (e := shifted(z)) / (e.sum(axis=1, keepdims=True) + epsilon))(case)


def bounded(case: Case) -> Sequence[Outcomes]:
    """Read off the smallest probability where the answer keeps it, and predict all answers with it."""
    p = case.observed.get(("thousand", "value"))
    if not isinstance(p, np.ndarray) or not 1e-7 < float(p.min(initial=1.0)) < 0.1:
        return ()
    least = float(p.min())
    both, below = any_of(lambda z: np.clip(right(z), least, 1 - least)), any_of(lambda z: np.maximum(right(z), least))
    added = any_of(lambda z: right(z) + least)
    return [outcomes for predict in (both, below, added) for outcomes in predict(case)]
