"""The right values, in float64: what a correct submission computes, written apart from the reference solution."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from graders.foundation.call import Params


def params_like(D: int, H: int, K: int, rng: np.random.Generator, *, dtype: type = np.float64) -> Params:
    """Draw parameters with non-zero biases: at b = 0 several wrong gradients equal the right ones."""
    return Params(
        W1=(rng.normal(size=(D, H)) * math.sqrt(2 / D)).astype(dtype),
        b1=rng.normal(scale=0.3, size=H).astype(dtype),
        W2=(rng.normal(size=(H, K)) * math.sqrt(2 / H)).astype(dtype),
        b2=rng.normal(scale=0.3, size=K).astype(dtype),
    )


def same_bits(one: Params, other: Params) -> bool:
    """Tell whether two sets of parameters are equal in every entry."""
    return all(np.array_equal(getattr(one, n), getattr(other, n)) for n in NAMES)


def in_float64(params: Params) -> Params:
    """Return the parameters in float64."""
    return Params(**{n: np.asarray(getattr(params, n), dtype=np.float64) for n in ("W1", "b1", "W2", "b2")})


def softmax(z: np.ndarray) -> np.ndarray:
    """Return the softmax of logits (..., K) along the classes."""
    z = np.asarray(z, dtype=np.float64)
    exponentials = np.exp(z - z.max(axis=-1, keepdims=True))
    p: np.ndarray = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return p


def cross_entropy(z: np.ndarray, y: np.ndarray) -> float:
    """Return the mean of -log P[correct] from logits (N, K) and labels (N,)."""
    return float(np.mean(losses(z, y)))


def losses(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return -log P[correct] of each image, (N,), from logits (N, K) and labels (N,)."""
    z = np.asarray(z, dtype=np.float64)
    shifted = z - z.max(axis=1, keepdims=True)
    each: np.ndarray = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y]
    return each


def preactivation(params: Params, X: np.ndarray) -> np.ndarray:
    """Return the hidden layer's pre-activation X W1 + b1, (N, H)."""
    z1: np.ndarray = np.asarray(X, dtype=np.float64) @ params.W1 + params.b1
    return z1


def forward(params: Params, X: np.ndarray) -> np.ndarray:
    """Return logits (N, K) at inference."""
    logits: np.ndarray = np.maximum(preactivation(params, X), 0.0) @ params.W2 + params.b2
    return logits


def loss_and_grads(
    params: Params,
    X: np.ndarray,
    y: np.ndarray,
    *,
    weight_decay: float = 0.0,
    mask: np.ndarray | float = 1.0,
) -> tuple[float, Params]:
    """Return the mean cross-entropy and its gradient.

    Args:
        params: the parameters.
        X: images (N, D).
        y: labels (N,).
        weight_decay: adds weight_decay * W to the gradients of W1 and W2 only; the loss is without the L2 term.
        mask: what the hidden activations are multiplied by, (N, H): 0 where dropped, 1/(1-p) where kept.
    """
    p = in_float64(params)
    X = np.asarray(X, dtype=np.float64)
    z1 = preactivation(p, X)  # (N, H)
    a1 = np.maximum(z1, 0.0) * mask  # (N, H)
    z2 = a1 @ p.W2 + p.b2  # (N, K)
    rows = np.arange(len(y))
    shifted = z2 - z2.max(axis=1, keepdims=True)
    # One exponential for loss and gradient; trajectories take this step thousands of times.
    exponentials = np.exp(shifted)
    total = exponentials.sum(axis=1)  # (N,)
    loss = float(np.mean(np.log(total) - shifted[rows, y]))
    dz2 = exponentials / total[:, None]
    dz2[rows, y] -= 1.0
    dz2 /= len(y)  # (N, K)
    dz1 = (dz2 @ p.W2.T) * mask * (z1 > 0)  # (N, H)
    grads = Params(
        W1=X.T @ dz1 + weight_decay * p.W1,
        b1=dz1.sum(axis=0),
        W2=a1.T @ dz2 + weight_decay * p.W2,
        b2=dz2.sum(axis=0),
    )
    return loss, grads


def central_differences(params: Params, X: np.ndarray, y: np.ndarray, *, h: float = 1e-5) -> Params:
    """Return the gradient of the true mean cross-entropy by central differences, every entry, in float64.

    Independent of the analytic formula above; exact to about 1e-9 where no pre-activation crosses zero.
    """
    arrays = [np.array(a, dtype=np.float64) for a in params.arrays()]
    grads = []
    for array in arrays:
        grad = np.empty_like(array)
        for i in np.ndindex(array.shape):
            kept = array[i]
            array[i] = kept + h
            above = cross_entropy(forward(Params(**dict(zip(NAMES, arrays, strict=True))), X), y)
            array[i] = kept - h
            below = cross_entropy(forward(Params(**dict(zip(NAMES, arrays, strict=True))), X), y)
            array[i] = kept
            grad[i] = (above - below) / (2 * h)
        grads.append(grad)
    return Params(**dict(zip(NAMES, grads, strict=True)))


NAMES = ("W1", "b1", "W2", "b2")
AXES: Mapping[str, tuple[int, ...]] = MappingProxyType({"W1": (-2, -1), "b1": (-1,), "W2": (-2, -1), "b2": (-1,)})
"""A parameter's own axes, where arrays of several runs side by side have a further one in front."""


def momentum_trace(
    params: Params, grads: Sequence[Params], velocity: Params, lrs: Sequence[float], mu: float
) -> list[Params]:
    """Return the parameters after each step of v <- mu v - lr g; theta <- theta + v (Polyak 1964)."""
    theta = [np.array(a, dtype=np.float64) for a in params.arrays()]
    v = [np.array(a, dtype=np.float64) for a in velocity.arrays()]
    trace = []
    for g, lr in zip(grads, lrs, strict=True):
        v = [mu * vi - lr * gi for vi, gi in zip(v, g.arrays(), strict=True)]
        theta = [ti + vi for ti, vi in zip(theta, v, strict=True)]
        trace.append(Params(**dict(zip(NAMES, theta, strict=True))))
    return trace


def zeros_like(params: Params) -> Params:
    """Return zeros of the parameters' shapes, in float64."""
    return Params(**{n: np.zeros(getattr(params, n).shape) for n in NAMES})


def step_decay(epoch: int, lr: float, drop: float = 0.1, every: int = 10) -> float:
    """Return lr * drop^floor(epoch / every)."""
    return float(lr * drop ** (epoch // every))


def cosine(epoch: int, lr: float, epochs: int) -> float:
    """Return lr/2 (1 + cos(pi epoch / epochs)) (Loshchilov and Hutter 2017, without restarts)."""
    return float(0.5 * lr * (1 + math.cos(math.pi * epoch / epochs)))
