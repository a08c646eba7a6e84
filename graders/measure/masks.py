"""Finding the dropout mask that a submission drew, from nothing but the gradients that it returned."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from graders.foundation.call import Params, Value
from graders.foundation.observation import Observation, Returned
from graders.measure import truth
from graders.measure.batch import Batch
from graders.measure.compare import Wrong, same
from graders.measure.content import content_of
from graders.measure.gradient_arrays import called, read
from graders.measure.kept import Kept

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


def right_without(observation: Observation, batch: Batch, *, rtol: float) -> tuple[str, ...]:
    """Return which of the loss and the gradients are right when there is no dropout; the others are judged elsewhere.

    Where the question got no answer, nothing is.
    """
    if not isinstance(observation, Returned):
        return ()
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """The mask of one image.

    Args:
        kept: whether each hidden unit was kept, (H,); True where the unit is not active.
        active: whether the unit is active without dropout, (H,).
        by: the gradient that shows it: "W2" on the way forward, "W1" or "b1" on the way back.
    """

    kept: np.ndarray
    active: np.ndarray
    by: str


def drawn(value: Value, without: Value, batch: Batch, names: Sequence[str]) -> Drawn:
    """Read off which units were dropped for a single image, or raise `Wrong`.

    Args:
        value: what `loss_and_grads` returned with dropout.
        without: what it returned without.
        batch: the image.
        names: what is right without dropout. Where dW2 is not, it may be such that no mask can show in it.
    """
    told: Drawn | None = None
    for by in ("W2", "W1", "b1"):
        try:
            active, kept = units(without, batch, by), units(value, batch, by)
        except Wrong:
            continue
        mask = Drawn(kept=kept | ~active, active=active, by=by)
        if active.any() and not kept[active].all():
            told = mask
            break
        told = told or (mask if active.any() and by in names else None)
    if told is None:
        read(value, batch, ["W2"])
        raise unseen()
    kept, n = told.kept[told.active], int(told.active.sum())
    if kept.all() or not kept.any():
        which = "None" if kept.all() else "All"
        raise Wrong(
            f"{which} of the {n} active hidden units were dropped: d{told.by} has "
            f"{'no' if which == 'None' else 'only'} {'rows of zeros' if told.by == 'W2' else 'zeros'}.",
            got=f"{which.lower()} of {n} dropped",
            expected="some dropped, most kept",
            fix="Where does the argument dropout of loss_and_grads act on the hidden activations?",
        )
    return told


def units(value: Value, batch: Batch, name: str) -> np.ndarray:
    """Return which hidden units have more than zeros in dW1, db1 or dW2, (H,), or raise `Wrong`."""
    sizes = np.abs(read(value, batch, [name])[name])
    largest = sizes.max(axis=0) if name == "W1" else sizes.max(axis=1) if name == "W2" else sizes  # (H,)
    told: np.ndarray = largest > TINY * largest.max()
    return told


def unseen() -> Wrong:
    """Return the loss of what `loss_and_grads` cannot show."""
    return Wrong(
        "Not seen: without dropout already, what your loss_and_grads returns is such that no mask could show in it.",
        fix="Put loss_and_grads without dropout right first (Gradients); what stands here may be right already.",
    )


def dropped_by_hand(mask: Drawn, batch: Batch, *, p: float) -> Batch:
    """Return the batch whose answer without dropout must be the one with this mask, but for dW2's own factor.

    A mask on the hidden activations is the same as one on the rows of W2, whatever else the function does.
    """
    W2 = batch.params.W2 * (mask.kept / (1 - p))[:, None]
    return replace(batch, params=replace(batch.params, W2=W2))


def as_by_hand(value: Value, by_hand: Value, mask: Drawn, batch: Batch, *, p: float, rtol: float) -> None:
    """Pass when an answer with dropout is the one without, for the rows of W2 that the mask leaves.

    Args:
        value: what `loss_and_grads` returned with dropout.
        by_hand: what it returned without dropout for `dropped_by_hand`.
        mask: the one that acted.
        batch: the image.
        p: the chance to be dropped.
        rtol: allowed gap, relative to the largest entry.
    """
    factor = (mask.kept / (1 - p))[:, None]  # (H, 1)
    for name in QUANTITIES:
        try:
            got, want = (read(v, batch, [name])[name] for v in (value, by_hand))
        except Wrong:
            continue  # of another shape without dropout too
        _same_with(mask, name, got, want * factor if name == "W2" else want, rtol=rtol)


def _same_with(mask: Drawn, name: str, got: np.ndarray, want: np.ndarray, *, rtol: float) -> None:
    """Pass when one of the loss and the gradients is what the mask asks for."""
    fix = BOTH_WAYS if name in {"W1", "b1"} else SCALE
    same(got, want, what=f"With the mask that your d{mask.by} shows, {called(name)}", rtol=rtol, fix=fix)


def one_mask(value: Value, without: Value, batch: Batch, names: Sequence[str], *, p: float, rtol: float) -> str:
    """Pass when one inverted mask explains the backward pass of a single image as well as the forward pass.

    Args:
        value: what `loss_and_grads` returned with dropout.
        without: what it returned without.
        batch: one image.
        names: what is right without dropout and so is compared in full.
        p: the chance to be dropped.
        rtol: allowed gap, relative to the largest entry.
    """
    mask = drawn(value, without, batch, names)
    if mask.by == "W2":
        _same_zeros(value, without, batch, mask, names)
    elif not {"loss", "b2"} & set(names):
        raise unseen()  # nothing shows the way forward
    keep, s = mask.kept[None, :].astype(float), 1 / (1 - p)
    want = masked(batch, s * keep, s * keep)
    for name, got in read(value, batch, names).items():
        _same_with(mask, name, got, want[name], rtol=rtol)
    dropped = int((~mask.kept).sum())
    return f"{dropped} of {int(mask.active.sum())} active units dropped, the same ones in both directions"


def _same_zeros(value: Value, without: Value, batch: Batch, mask: Drawn, names: Sequence[str]) -> None:
    """Pass when the backward pass is cut at the units that the forward pass dropped, and there only."""
    by = "b1" if "b1" in names and "W1" not in names else "W1"
    through, usual = units(value, batch, by), units(without, batch, by)
    if not usual.any():
        raise unseen()
    dropped, kept = mask.active & ~mask.kept, mask.active & mask.kept & usual
    leaking, cut = through & dropped, kept & ~through
    # Where dW1 lacks active units without dropout too, a mask of its own may cut some, but never most.
    if not usual[mask.active].all() and cut.sum() <= kept.sum() / 2:
        cut = np.zeros_like(cut)
    if not (leaking.any() or cut.any()):
        return
    unit = int(np.argmax(leaking | cut))
    raise Wrong(
        f"The forward pass dropped {int(dropped.sum())} active hidden units (rows of zeros in dW2). The "
        f"backward pass disagrees at {int((leaking | cut).sum())} units. See unit {unit} in dW2 and d{by}.",
        fix=BOTH_WAYS,
    )


def passed(value: Value, batch: Batch, *, rtol: float) -> np.ndarray:
    """Return for which images the backward pass goes through each hidden unit, (N, H), or raise `Wrong`.

    dW1 is X.T @ dZ1, whatever dZ1 is; with more pixels than images it can be solved for dZ1.
    """
    dW1 = read(value, batch, ["W1"])["W1"]  # (D, H)
    dz1, *_ = np.linalg.lstsq(batch.X.T, dW1, rcond=None)  # (N, H)
    largest = float(np.abs(dz1).max())
    gap = float(np.abs(batch.X.T @ dz1 - dW1).max()) / max(float(np.abs(dW1).max()), 1e-12)
    if not largest > 0 or gap > rtol:
        raise Wrong("No gradient of hidden units gives your dW1 with these images.")
    through: np.ndarray = np.abs(dz1) > rtol * largest
    return through


class Masks:
    """All masks of a batch that is small enough to try every one of them."""

    def __init__(self, batch: Batch, *, p: float) -> None:
        n, h = len(batch.X), len(batch.params.b1)
        bits = (np.arange(2 ** (n * h))[:, None] >> np.arange(n * h)) & 1
        self.masks = bits.reshape(-1, n, h)  # (2^(N H), N, H)
        self._batch = batch
        answers = [masked(batch, m / (1 - p), m / (1 - p)) for m in self.masks]
        self._answers = {name: np.stack([answer[name] for answer in answers]) for name in QUANTITIES}
        self._scales = {name: np.maximum(_largest(told), 1e-12) for name, told in self._answers.items()}

    def explaining(self, value: Value, names: Sequence[str], *, rtol: float) -> np.ndarray:
        """Return the mask (N, H) that explains all named quantities, or raise `Wrong`."""
        got = read(value, self._batch, names)
        with np.errstate(over="ignore"):
            each = [_largest(got[name] - self._answers[name]) / self._scales[name] for name in names]
        gaps = np.max(each, axis=0)  # of every mask
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


def all_masks(batch: Batch, *, p: float) -> Masks:
    """Return all masks of a batch, kept from one submission of an exam to the next."""
    key = content_of(*batch.params.arrays(), batch.X, batch.y), p
    known = _MASKS.find(key)
    if known is None:
        known = Masks(batch, p=p)
        _MASKS.keep(key, known)
    return known


_MASKS: Kept[tuple[bytes, float], Masks] = Kept(8)


def _largest(arrays: np.ndarray) -> np.ndarray:
    """Return the largest absolute entry of each of several arrays, (n, ...) to (n,)."""
    largest: np.ndarray = np.abs(arrays).reshape(len(arrays), -1).max(axis=1)
    return largest
