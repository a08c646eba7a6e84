"""Reading off the gradients how dropout acted inside `loss_and_grads`: on what, by which factor, in which direction."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graders.foundation.call import Value
from graders.measure import truth
from graders.measure.batch import Batch
from graders.measure.compare import Wrong
from graders.measure.gradient_arrays import read
from graders.measure.masks import TINY, masked

CLOSE = 1e-3  # of the largest entry: two arrays are the same, in float32 too
FORWARD = ("W2", "b2")  # what the forward mask alone decides, and shows

HIDDEN, NOTHING, WHOLE, BACK, INPUTS, LOGITS = (
    "hidden units",
    "nothing",
    "whole images",
    "the way back alone",
    "the inputs",
    "the logits",
)
UNEXPLAINED, UNJUDGED = "unexplained", "unjudged"
SAME_MASK, NO_MASK, OPPOSITE_MASK, ANOTHER_MASK = "the same mask", "no mask", "the opposite mask", "another mask"
THIS_PASS, WITHOUT, ANOTHER_LOSS = "of this pass", "without dropout", "another"
OWN, SHARED, SAME_FOR_EVER = "a mask of its own", "one mask for all images", "the same for ever"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What one answer about one image shows.

    Args:
        acts: what dropout acted on.
        forward: the factor on kept activations on the way forward; None where it does not show.
        backward: the factor on the gradient on the way back; None where it does not show.
        relation: which mask acts on the way back.
        loss: which forward pass the loss belongs to.
        kept: how many active hidden units the forward pass kept (on the way back alone: that pass).
        active: how many hidden units are active without dropout.
    """

    acts: str
    forward: float | None = None
    backward: float | None = None
    relation: str = UNJUDGED
    loss: str = UNJUDGED
    kept: int = 0
    active: int = 0


def read_pass(value: Value, batch: Batch, names: Sequence[str], *, p: float) -> Pass:
    """Return what the gradients of one image show, or raise `Wrong` where they cannot be read.

    Args:
        value: what `loss_and_grads` returned with dropout.
        batch: one image.
        names: what is right without dropout; W2 and b2 among them.
        p: the chance to be dropped.
    """
    got = read(value, batch, names)
    a = np.maximum(truth.preactivation(batch.params, batch.X)[0], 0.0)  # (H,)
    active = a > 0
    rows = np.abs(got["W2"]).max(axis=1)  # (H,)
    kept = (rows > TINY * rows.max()) & active
    outer = np.outer(a * kept, got["b2"])  # (H, K)
    forward = _factor(got["W2"], outer) if kept.any() else None
    z2 = (forward or 0.0) * (a * kept) @ batch.params.W2 + batch.params.b2  # (K,)
    if (kept.any() and forward is None) or not _close(got["b2"], _at_the_logits(z2, batch)):
        return Pass(acts=_elsewhere(got, batch, p=p))
    relation, backward, passed = _way_back(value, got, batch, kept, active)
    acts = HIDDEN if kept.any() and not kept[active].all() else NOTHING if kept.any() else WHOLE
    if acts == NOTHING and not passed[active].all():
        acts, kept = BACK, passed & active
    return Pass(
        acts=acts,
        forward=forward,
        backward=backward,
        relation=relation,
        loss=_loss(got, z2, batch),
        kept=int(kept.sum()),
        active=int(active.sum()),
    )


def pairs_of(values: Sequence[Value], batch: Batch, names: Sequence[str], *, scale: float) -> str:
    """Return how the masks of two images in a batch relate, over several batches.

    Args:
        values: what `loss_and_grads` returned with dropout, for one batch and several generators.
        batch: two images and so few hidden units that every mask can be tried.
        names: what is right without dropout.
        scale: the factor on kept activations.
    """
    compared = [n for n in FORWARD if n in names]
    if not compared or not values:
        return UNJUDGED
    n, h = len(batch.X), len(batch.params.b1)
    bits = np.array(list(itertools.product((0.0, 1.0), repeat=n * h))).reshape(-1, n, h)  # (2^(N H), N, H)
    answers = [masked(batch, scale * m, scale * m) for m in bits]
    masks = []
    for value in values:
        try:
            got = read(value, batch, compared)
        except Wrong:
            return UNEXPLAINED
        fitting = [
            m for m, answer in zip(bits, answers, strict=True) if all(_close(got[c], answer[c]) for c in compared)
        ]
        if not fitting:
            return UNEXPLAINED
        masks.append(fitting[0])
    if all(m.all() for m in masks):
        return NOTHING
    if all((m == masks[0]).all() for m in masks):
        return SAME_FOR_EVER
    if all((m == m[:, :1]).all() for m in masks):
        return WHOLE
    return SHARED if all((m == m[0]).all() for m in masks) else OWN


def _at_the_logits(z2: np.ndarray, batch: Batch) -> np.ndarray:
    dz2: np.ndarray = truth.softmax(z2[None, :])[0]
    dz2[batch.y[0]] -= 1.0
    return dz2


def _way_back(
    value: Value, got: dict[str, np.ndarray], batch: Batch, kept: np.ndarray, active: np.ndarray
) -> tuple[str, float | None, np.ndarray]:
    """Return which mask acted on the way back, with which factor, and where it let the gradient pass."""
    try:
        dW1 = read(value, batch, ["W1"])["W1"]
    except Wrong:
        return SAME_MASK, None, active
    columns = np.abs(dW1).max(axis=0)  # (H,)
    if not columns.any():
        return SAME_MASK, None, active  # nothing in it, so nothing to say of a mask
    passed = columns > TINY * columns.max()
    arriving = batch.params.W2 @ got["b2"] * (passed & active)  # (H,)
    shown = got["b1"] if "b1" in got else batch.X[0] @ dW1 / float(batch.X[0] @ batch.X[0]) if "W1" in got else None
    backward = None if shown is None else _factor(shown, arriving)
    dropped = active & ~kept
    leaking, cut = passed & dropped, ~passed & kept
    if not (leaking.any() or cut.any()):
        return SAME_MASK, backward, passed
    if (leaking == dropped).all():
        relation = NO_MASK if not cut.any() else OPPOSITE_MASK if (cut == kept).all() else ANOTHER_MASK
        return relation, backward, passed
    return ANOTHER_MASK, backward, passed


def _loss(got: dict[str, np.ndarray], z2: np.ndarray, batch: Batch) -> str:
    if "loss" not in got or _close(got["loss"], np.asarray(truth.cross_entropy(z2[None, :], batch.y))):
        return THIS_PASS
    whole = truth.cross_entropy(truth.forward(batch.params, batch.X), batch.y)
    return WITHOUT if _close(got["loss"], np.asarray(whole)) else ANOTHER_LOSS


def _elsewhere(got: dict[str, np.ndarray], batch: Batch, *, p: float) -> str:
    """Return what else dropout may have acted on: the inputs that dW1 misses, or some of the logits."""
    for scale in (1 / (1 - p), 1.0, 1 / p):
        if "W1" in got:
            rows = np.abs(got["W1"]).max(axis=1)  # (D,)
            X = batch.X * (rows > TINY * rows.max()) * scale
            _, grads = truth.loss_and_grads(batch.params, X, batch.y)
            if all(_close(got[n], getattr(grads, n)) for n in truth.NAMES if n in got):
                return INPUTS
        z2 = truth.forward(batch.params, batch.X)[0]
        for bits in itertools.product((0.0, 1.0), repeat=len(z2)):
            mask = np.array(bits) * scale
            dz2 = _at_the_logits(z2 * mask, batch)
            if any(_close(got["b2"], dz2 * back) for back in (mask, np.array(bits), np.ones_like(mask))):
                return LOGITS
    return UNEXPLAINED


def _factor(got: np.ndarray, want: np.ndarray) -> float | None:
    """Return the number that `got` is times `want`, or None where there is none."""
    square = float(np.vdot(want, want))
    k = float(np.vdot(got, want)) / square if square > 0 else 0.0
    return k if k and float(np.abs(got - k * want).max()) <= CLOSE * float(np.abs(got).max()) else None


def _close(got: np.ndarray, want: np.ndarray) -> bool:
    return bool(np.abs(got - want).max() <= CLOSE * max(float(np.abs(want).max()), TINY))
