"""One batch of a classification problem: drawn so that mistakes show, and read back from a question's arguments."""

from dataclasses import dataclass

import numpy as np

from graders.foundation.call import Call, Params, Value
from graders.measure import truth
from graders.measure.compare import Wrong, array
from graders.measure.content import content_of
from graders.measure.describe import type_of
from graders.measure.kept import Kept

KINK_MARGIN = 1e-3  # no pre-activation this near to zero: neither a rounding error nor a finite difference crosses it
LEAST_GRADIENT = 1e-2  # of an array's largest entry: float32 keeps too few digits of sums that nearly cancel


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """N images with their labels, and parameters to judge them by.

    Args:
        params: W1 (D, H), b1 (H,), W2 (H, K), b2 (K,).
        X: images (N, D).
        y: labels (N,).
    """

    params: Params
    X: np.ndarray
    y: np.ndarray

    def call(self, name: str, *, repeat: int = 0, **kwargs: Value) -> Call:
        """Return the question `loss_and_grads(params, X, y, **kwargs)`."""
        args = (self.params, self.X, self.y)
        return Call(name=name, target="loss_and_grads", args=args, kwargs=kwargs, repeat=repeat)


def draw(
    rng: np.random.Generator, *, N: int, D: int, H: int, K: int, last_class: bool = True, dtype: type = np.float64
) -> Batch:
    """Draw a batch with non-zero biases, every pre-activation away from the kink and no gradient near zero.

    Args:
        rng: decides everything.
        N: images.
        D: inputs.
        H: hidden units.
        K: classes.
        last_class: whether label K-1 occurs; without it, a one-hot matrix as wide as the largest label is too narrow.
        dtype: of the parameters and images.
    """
    while True:
        params: Params = truth.params_like(D, H, K, rng, dtype=dtype)
        X: np.ndarray = rng.normal(size=(N, D)).astype(dtype)
        y = rng.permutation(np.arange(N) % (K if last_class else K - 1)).astype(np.int64)
        if last_class and N < K:
            y[-1] = K - 1
        nearest = np.abs(truth.preactivation(truth.in_float64(params), X)).min()
        _, grads = truth.loss_and_grads(params, X, y)
        if nearest > KINK_MARGIN and min(np.abs(g).max() for g in grads.arrays()) > LEAST_GRADIENT:
            return Batch(params=params, X=X, y=y)


def of_call(call: Call) -> Batch:
    """Return the batch that a `loss_and_grads` question was about."""
    params, X, y = call.args
    assert isinstance(params, Params)
    assert isinstance(X, np.ndarray)
    assert isinstance(y, np.ndarray)
    return Batch(params=params, X=X, y=y)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """What is right for one batch.

    Args:
        batch: the batch.
        logits: of its images, (N, K).
        loss: their mean cross-entropy.
        grads: its gradient.
    """

    batch: Batch
    logits: np.ndarray
    loss: float
    grads: Params


def solution(batch: Batch) -> Solution:
    """Solve a batch twice, by the formula and by central differences of the true loss; the two must agree.

    An exam asks every submission about the same batches, so that they need to be seen to agree once in a process.
    """
    loss, grads = truth.loss_and_grads(batch.params, batch.X, batch.y)
    content = content_of(*batch.params.arrays(), batch.X, batch.y)
    if not _AGREED.find(content):
        _see_that_they_agree(batch, grads)
        _AGREED.keep(content, True)  # noqa: FBT003 - what is kept is that they agreed
    return Solution(batch=batch, logits=truth.forward(truth.in_float64(batch.params), batch.X), loss=loss, grads=grads)


_AGREED: Kept[bytes, bool] = Kept(256)  # batches; an exam asks about ten


def _see_that_they_agree(batch: Batch, grads: Params) -> None:
    measured = truth.central_differences(batch.params, batch.X, batch.y)
    for name, exact, differences in zip(truth.NAMES, grads.arrays(), measured.arrays(), strict=True):
        assert np.abs(exact - differences).max() <= 1e-6, f"the two right gradients of {name} differ"


def one_of_four(value: Value, name: str, *, prefix: str = "", shape: tuple[int, ...] | None = None) -> np.ndarray:
    """Return one of four returned arrays, or raise `Wrong`; the other three may be anything.

    Args:
        value: what came back where (W1, b1, W2, b2) or their gradients belong.
        name: W1, b1, W2 or b2.
        prefix: what stands before the name in messages: "d" for gradients.
        shape: the shape it must have; any, when left out.
    """
    if isinstance(value, Params):
        part: Value = getattr(value, name)
    elif isinstance(value, tuple | list) and len(value) == 4:
        part = value[truth.NAMES.index(name)]
    else:
        got, expected = type_of(value), f"({', '.join(prefix + n for n in truth.NAMES)})"
        raise Wrong(f"You returned {got} where the four arrays {expected} belong.", got=got, expected=expected)
    return array(part, what=f"{prefix}{name}", shape=shape)
