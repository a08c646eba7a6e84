"""Finding the dropout mask that a submission drew, from nothing but the gradients that it returned."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graders.foundation.call import Params, Value
from graders.foundation.observation import Observation, Returned
from graders.measure import truth
from graders.measure.batch import Batch, one_of_four
from graders.measure.compare import Wrong, number, pair, same

QUANTITIES = ("loss", *truth.NAMES)
TINY = 1e-9  # a gradient this small beside the largest one is a zero
BOTH_WAYS = "A mask multiplies the activations on the way forward. What does the product rule ask for on the way back?"
SCALE = "Compare the mean of the activations before and after your dropout."


def positive_batch(rng: np.random.Generator, *, N: int, D: int, H: int, K: int, all_active: bool) -> Batch:
    """Draw a batch in which most or all hidden units are active, none of them near the kink; the last class is there.

    Args:
        rng: decides everything.
        N: images.
        D: inputs.
        H: hidden units.
        K: classes.
        all_active: whether every unit is active for every image; else a few are not.
    """
    while True:
        params = Params(
            W1=rng.normal(size=(D, H)) / np.sqrt(4 * D),
            b1=rng.uniform(0.5, 1.5, size=H),
            W2=rng.normal(size=(H, K)) * np.sqrt(2 / H),
            b2=rng.normal(scale=0.3, size=K),
        )
        X: np.ndarray = rng.normal(size=(N, D))
        z1 = truth.preactivation(params, X)
        near = z1.min() < 0.05 if all_active else np.abs(z1).min() < 1e-3
        if not near:
            return Batch(params=params, X=X, y=(K - 1 + 2 * np.arange(N)) % K)


def masked(batch: Batch, forward: np.ndarray, backward: np.ndarray) -> dict[str, np.ndarray]:
    """Return loss and gradients with one mask (N, H) on the way forward and perhaps another one on the way back."""
    loss, grads = truth.loss_and_grads(batch.params, batch.X, batch.y, mask=forward)
    z1 = truth.preactivation(batch.params, batch.X)  # (N, H)
    a1 = np.maximum(z1, 0.0) * forward
    dz2 = truth.softmax(a1 @ batch.params.W2 + batch.params.b2)  # (N, K)
    dz2[np.arange(len(batch.y)), batch.y] -= 1.0
    dz1 = (dz2 / len(batch.y) @ batch.params.W2.T) * backward * (z1 > 0)  # (N, H)
    return {"loss": np.array(loss), "W1": batch.X.T @ dz1, "b1": dz1.sum(axis=0), "W2": grads.W2, "b2": grads.b2}


def read(value: Value, batch: Batch, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the named ones of the loss and the gradients that `loss_and_grads` returned, or raise `Wrong`."""
    loss, grads = pair(value, what="loss_and_grads", parts="loss, grads")
    shapes = {n: getattr(batch.params, n).shape for n in truth.NAMES}
    found = {n: one_of_four(grads, n, prefix="d", shape=shapes[n]) for n in names if n != "loss"}
    return found | ({"loss": np.array(number(loss, what="the loss"))} if "loss" in names else {})


def right_without(observation: Observation, batch: Batch, *, rtol: float) -> tuple[str, ...]:
    """Return which of the loss and the gradients are right when there is no dropout; the others are judged elsewhere.

    Where the question got no answer, all are taken for right: there is nothing to excuse.
    """
    if not isinstance(observation, Returned):
        return QUANTITIES
    ones = np.ones((len(batch.X), len(batch.params.b1)))
    want = masked(batch, ones, ones)
    right = []
    for name in QUANTITIES:
        try:
            same(read(observation.value, batch, [name])[name], want[name], what=name, rtol=rtol)
        except Wrong:
            continue
        right.append(name)
    return tuple(right)


def showing(observation: Observation, batch: Batch, right: Sequence[str]) -> frozenset[str]:
    """Return which of dW1 and dW2 of one image can show a mask; the others are wrong without dropout, and judged there.

    Without dropout dW2 must have rows of zeros at the units that are not active; where dW2 is right, dW1 must have
    none but these. Where the question got no answer, both can: there is nothing to excuse.

    Args:
        observation: the answer without dropout.
        batch: one image.
        right: what is right without dropout.
    """
    if not isinstance(observation, Returned):
        return frozenset({"W1", "W2"})
    active = truth.preactivation(batch.params, batch.X)[0] > 0  # (H,)
    found = set()
    for name, axis in (("W1", 0), ("W2", 1)):
        try:
            units = np.abs(read(observation.value, batch, [name])[name]).max(axis=axis) > 0  # (H,)
        except Wrong:
            continue
        odd = units[~active].any() if name == "W2" else "W2" in right and not units[active].all()
        if units.any() and not odd:
            found.add(name)
    return frozenset(found)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """The mask of one image.

    Args:
        kept: whether the forward pass kept each hidden unit, (H,); True where the unit is not active.
        active: whether the unit is active without dropout, (H,).
    """

    kept: np.ndarray
    active: np.ndarray


def drawn(value: Value, batch: Batch) -> Drawn:
    """Read off dW2 which units the forward pass dropped for a single image, or raise `Wrong`."""
    dW2 = read(value, batch, ["W2"])["W2"]
    rows = np.abs(dW2).max(axis=1)  # (H,)
    active = truth.preactivation(batch.params, batch.X)[0] > 0  # (H,)
    kept = rows > TINY * rows.max()
    n = int(active.sum())
    if kept[active].all() or not kept[active].any():
        which = "None" if kept[active].all() else "All"
        raise Wrong(
            f"{which} of the {n} active hidden units were dropped: dW2 has {'no' if which == 'None' else 'only'} rows "
            "of zeros.",
            got=f"{which.lower()} of {n} dropped",
            expected="some dropped, most kept",
            fix="Where does the argument dropout of loss_and_grads act on the hidden activations?",
        )
    return Drawn(kept=kept | ~active, active=active)


def one_mask(value: Value, batch: Batch, names: Sequence[str], *, p: float, rtol: float) -> str:
    """Pass when one inverted mask explains the backward pass of a single image as well as the forward pass.

    Args:
        value: what `loss_and_grads` returned with dropout.
        batch: one image.
        names: what is right without dropout and so is compared in full.
        p: the chance to be dropped.
        rtol: allowed gap, relative to the largest entry.
    """
    mask = drawn(value, batch)
    _same_zeros(value, batch, mask)
    keep, s = mask.kept[None, :].astype(float), 1 / (1 - p)
    want = masked(batch, s * keep, s * keep)
    for name, got in read(value, batch, names).items():
        fix = BOTH_WAYS if name in {"W1", "b1"} else SCALE
        what = "the loss" if name == "loss" else f"d{name}"
        same(got, want[name], what=f"With the mask that your dW2 shows, {what}", rtol=rtol, fix=fix)
    dropped = int((~mask.kept).sum())
    return f"{dropped} of {int(mask.active.sum())} active units dropped, the same ones in both directions"


def _same_zeros(value: Value, batch: Batch, mask: Drawn) -> None:
    """Pass when the backward pass is cut at the units that the forward pass dropped, and there only."""
    dW1 = read(value, batch, ["W1"])["W1"]
    columns = np.abs(dW1).max(axis=0)  # (H,)
    passed = columns > TINY * columns.max()
    dropped = mask.active & ~mask.kept
    leaking, cut = passed & dropped, ~passed & mask.active & mask.kept
    if not (leaking.any() or cut.any()):
        return
    unit = int(np.argmax(leaking | cut))
    raise Wrong(
        f"The forward pass dropped {int(dropped.sum())} active hidden units (rows of zeros in dW2). The "
        f"backward pass disagrees at {int((leaking | cut).sum())} units. See dW2[{unit}, :] and dW1[:, {unit}].",
        fix=BOTH_WAYS,
    )


class Masks:
    """All masks of a batch that is small enough to try every one of them."""

    def __init__(self, batch: Batch, *, p: float) -> None:
        n, h = len(batch.X), len(batch.params.b1)
        bits = (np.arange(2 ** (n * h))[:, None] >> np.arange(n * h)) & 1
        self.masks = bits.reshape(-1, n, h)  # (2^(N H), N, H)
        self._batch = batch
        self._answers = [masked(batch, m / (1 - p), m / (1 - p)) for m in self.masks]

    def explaining(self, value: Value, names: Sequence[str], *, rtol: float) -> np.ndarray:
        """Return the mask (N, H) that explains all named quantities, or raise `Wrong`."""
        got = read(value, self._batch, names)
        gaps = [max(_gap(got[n], answer[n]) for n in names) for answer in self._answers]
        best = int(np.argmin(gaps))
        if gaps[best] <= rtol:
            mask: np.ndarray = self.masks[best]
            return mask
        raise Wrong(
            f"None of the {len(gaps)} masks for {len(self._batch.X)} images and {self.masks.shape[2]} hidden units "
            f"explains loss and gradients together: the nearest leaves a relative gap of {gaps[best]:.1e}, "
            f"allowed {rtol:.0e}.",
            fix=BOTH_WAYS,
        )


def _gap(got: np.ndarray, want: np.ndarray) -> float:
    with np.errstate(over="ignore"):
        return float(np.abs(got - want).max() / max(float(np.abs(want).max()), 1e-12))
