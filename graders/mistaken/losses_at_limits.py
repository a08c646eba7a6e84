"""Wrong losses that show at the limits of floats, or whose numbers are read off the answers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from graders.mistaken.loss_parts import Loss, at_label, binary, each, log_softmax, one_hot, softmax
from graders.naming.functions import one_array
from graders.naming.mistake import Case, Outcome, Outcomes
from graders.naming.styles import Several, any_of

Probabilities: TypeAlias = Callable[[np.ndarray], np.ndarray]

ZERO = 1e-4  # a loss below this counts as zero, as it does for the grader
USUAL = (1e-15, 1e-12, 1e-10, 1e-9, 1e-8, 1e-7)  # what is usually added to P before its logarithm


def read(value: Any) -> Mapping[str, Outcome]:  # noqa: ANN401 - whatever a wrong function returns
    """Read a loss: any form of one number, and zero where the grader takes it for zero."""
    (told,) = one_array(value.item() if isinstance(value, np.generic) else value).values()
    if isinstance(told, np.ndarray):
        with np.errstate(invalid="ignore"):
            told = np.where(np.abs(told) <= ZERO, 0.0, told)
        return {"value": told.reshape(()) if told.size == 1 else told}
    return {"value": told}


def unshifted(z: np.ndarray) -> np.ndarray:
    """Return P of exponentials that nothing was taken out of, (N, K)."""
    e = np.exp(z)
    p: np.ndarray = e / e.sum(axis=1, keepdims=True)
    return p


def along_images(z: np.ndarray) -> np.ndarray:
    """Return a softmax along the images, (N, K)."""
    return softmax(z.T).T


def mean_of(losses: np.ndarray) -> Any:  # noqa: ANN401
    """Return the mean of the images' losses."""
    return losses.mean()


def sum_of(losses: np.ndarray) -> Any:  # noqa: ANN401
    """Return the sum of the images' losses."""
    return losses.sum()


def log_of(p: Probabilities, reduce: Callable[[np.ndarray], Any] = mean_of) -> Sequence[Loss]:
    """Return losses that take the logarithm of P: P picked by its label, or by a one-hot product with 0 · log 0."""
    return (
        lambda z, y: reduce(-np.log(at_label(p(z), y))),
        lambda z, y: reduce(-(one_hot(z, y) * np.log(p(z))).sum(axis=1)),
    )


def _guarded(p: Probabilities, epsilon: float) -> Sequence[Callable[[np.ndarray], np.ndarray]]:
    """Return the ways to keep P from zero by one small number."""
    return (
        lambda z: p(z) + epsilon,
        lambda z: np.maximum(p(z), epsilon),
        lambda z: np.clip(p(z), epsilon, 1 - epsilon),
        lambda z: np.clip(p(z), epsilon, 1),
    )


def _cap(case: Case) -> float | None:
    """Return the loss of the hopeless image, where it is the same however hopeless: minus the log of the guard."""
    losses = [case.observed.get((name, "value")) for name in ("thousand", "ten thousand", "huge")]
    numbers = [float(a) for a in losses if isinstance(a, np.ndarray) and a.size == 1]
    if len(numbers) < 3 or not (0 < numbers[0] < 745 and max(numbers) - min(numbers) <= 1e-6 * numbers[0]):
        return None
    return numbers[0]


def capped(reduce: Callable[[np.ndarray], Any], *, p: Probabilities = softmax, per_class: bool = False) -> Several:
    """Return the prediction of a guard whose size is read off the answers."""

    def predict(case: Case) -> list[Outcomes]:
        cap = _cap(case)
        if cap is None:
            return []
        z = case.seen["thousand"].call.args[0]
        assert isinstance(z, np.ndarray)
        epsilon = float(np.exp(-cap * (z.shape[1] if per_class else 1)))
        over = (lambda z: z.shape[1]) if per_class else (lambda _z: 1)
        losses = [
            lambda z, y, q=guarded: reduce(-np.log(at_label(q(z), y))) / over(z) for guarded in _guarded(p, epsilon)
        ]
        return any_of(*losses, read=read)(case)

    return predict


def _capped_binary(case: Case) -> list[Outcomes]:
    """Return the binary cross-entropy with a guard whose size is read off the answers: it enters twice."""
    cap = _cap(case)
    if cap is None:
        return []
    z = case.seen["thousand"].call.args[0]
    assert isinstance(z, np.ndarray)
    last = float(np.spacing(1.0))  # who guards both ends by numbers of their own takes the largest P below one
    guards = [float(np.exp(-cap * share / 2)) for share in (1, z.shape[1])]
    losses = [loss for e in guards for loss in (*binary(e, 1 - e), *binary(added=e))]
    losses += binary(float(np.exp(-cap - np.log(last / 2))), 1 - last / 2)
    return any_of(*losses, read=read)(case)


GUARDED = {"no-softmax": capped(mean_of, p=lambda z: z), "binary": _capped_binary}


def of_any_logits(losses: Sequence[Loss], name: str) -> Several:
    """Return the prediction of these losses, and of the same with P kept from zero where that is the custom."""
    plain, guarded = any_of(*losses, read=read), GUARDED.get(name)
    return lambda case: [*plain(case), *(guarded(case) if guarded else ())]


def _first_loss(case: Case) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Return logits (N, K), labels (N,) and the loss of the ordinary question; None where that is no single number."""
    z, y = case.seen["ordinary"].call.args
    got = case.observed.get(("ordinary", "value"))
    if isinstance(z, np.ndarray) and isinstance(y, np.ndarray) and isinstance(got, np.ndarray) and got.size <= 1:
        return z, y, got
    return None


def smoothed(case: Case) -> Sequence[Outcomes]:
    """Read off the first loss how much weight the other classes get, and predict all answers with it."""
    if (first := _first_loss(case)) is None:
        return ()
    z, y, got = first
    right, uniform = float(each(z, y).mean()), float(-log_softmax(z).mean())
    share = (float(got) - right) / (uniform - right)
    if not 0.005 < share < 0.9:
        return ()
    return any_of(lambda z, y: (1 - share) * each(z, y).mean() - share * log_softmax(z).mean(), read=read)(case)


def nominal(case: Case) -> Sequence[Outcomes]:
    """Read off the first loss which fixed number the sum is divided by, and predict all answers with it."""
    if (first := _first_loss(case)) is None:
        return ()
    z, y, got = first
    size = float(each(z, y).sum()) / float(got) if got else 0.0
    if not (2 <= size <= 1e6 and abs(size - round(size)) <= 1e-3 * size):
        return ()
    return any_of(lambda z, y: each(z, y).sum() / round(size), read=read)(case)


def in_place(z: np.ndarray, y: np.ndarray) -> Any:  # noqa: ANN401
    """Return the right loss, with the row maxima taken out of the caller's own array."""
    z -= z.max(axis=1, keepdims=True)
    return each(z, y).mean()


def as_wide_as(width: Callable[[np.ndarray], int]) -> Sequence[Loss]:
    """Return losses whose one-hot labels have a width of their own."""
    return (
        lambda z, y: -(np.eye(width(y))[y] * log_softmax(z)).sum(axis=1).mean(),
        lambda z, y: -(np.eye(width(y))[y] * np.log(softmax(z))).sum(axis=1).mean(),
        lambda z, y: -(np.eye(width(y))[y] * np.log(softmax(z) + 1e-12)).sum(axis=1).mean(),
    )


def shifted_by(shift: Callable[[np.ndarray], Any]) -> Loss:
    """Return a log-sum-exp whose logits are shifted by another number than their row's maximum."""

    def loss(z: np.ndarray, y: np.ndarray) -> Any:  # noqa: ANN401
        s = z - shift(z)
        return np.mean(np.log(np.exp(s).sum(axis=1)) - at_label(s, y))

    return loss


def clipped(bound: float) -> Loss:
    """Return the right loss of logits that are clipped to a range."""
    return lambda z, y: each(np.clip(z, -bound, bound), y).mean()
