"""Two-layer perceptron.

usage: python mlp_numpy.py --epochs 10
"""
from __future__ import annotations

import argparse
import math
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Iterator, TypedDict

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class History(TypedDict):
    train_loss: list[float]
    val_loss: list[float]
    train_acc: list[float]
    val_acc: list[float]


class Schedule(str, Enum):
    NONE = "none"
    STEP = "step"
    COSINE = "cosine"

    def rate(self, epoch: int, lr: float, epochs: int) -> float:
        match self:
            case Schedule.STEP:
                return step_decay(epoch, lr)
            case Schedule.COSINE:
                return cosine(epoch, lr, epochs)
        return lr


@dataclass
class Parameters:
    """Also used for gradients and velocities."""

    W1: FloatArray
    b1: FloatArray
    W2: FloatArray
    b2: FloatArray

    def __iter__(self) -> Iterator[FloatArray]:
        return iter([getattr(self, f.name) for f in fields(self)])

    def __add__(self, other: Parameters) -> Parameters:
        return Parameters(*(a + b for a, b in zip(self, other)))

    def __mul__(self, k: float) -> Parameters:
        return Parameters(*(k * a for a in self))

    __rmul__ = __mul__

    def __sub__(self, other: Parameters) -> Parameters:
        return self + (-1.0) * other

    @property
    def zeros(self) -> Parameters:
        return 0.0 * self


def softmax(z: FloatArray) -> FloatArray:
    z = z - np.max(z, axis=-1, keepdims=True)
    expz: FloatArray = np.exp(z)
    return expz / np.sum(expz, axis=-1, keepdims=True)


def cross_entropy(z: FloatArray, y: IntArray) -> float:
    z_max = np.max(z, axis=-1, keepdims=True)
    log_norm = np.log(np.sum(np.exp(z - z_max), axis=-1, keepdims=True))
    log_p = (z - z_max) - log_norm
    return float(np.mean(-np.take_along_axis(log_p, np.expand_dims(y, -1), -1)))


def init(D: int, H: int, K: int, seed: int = 0) -> Parameters:
    rng = np.random.default_rng(seed=seed)
    return Parameters(
        W1=rng.normal(0, (2 / D) ** 0.5, size=(D, H)),
        b1=np.zeros(H),
        W2=rng.normal(0, (2 / H) ** 0.5, size=(H, K)),
        b2=np.zeros(K),
    )


@dataclass
class Cache:
    X: FloatArray
    Z1: FloatArray
    A1: FloatArray
    mask: FloatArray | float = 1.0
    logits: FloatArray = field(init=False)


def _forward(theta: Parameters, X: FloatArray, p: float = 0.0, rng: np.random.Generator | None = None) -> Cache:
    Z1 = X @ theta.W1 + theta.b1
    cache = Cache(X=X, Z1=Z1, A1=np.fmax(Z1, 0.0))
    if p > 0.0:
        cache.A1, cache.mask = dropout(cache.A1, p, rng or np.random.default_rng())
    cache.logits = cache.A1 @ theta.W2 + theta.b2
    return cache


def forward(params: Parameters, X: FloatArray) -> FloatArray:
    return _forward(params, X).logits


def dropout(A: FloatArray, p: float, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    mask = rng.binomial(n=1, p=1.0 - p, size=A.shape) * (1.0 / (1.0 - p))
    return A * mask, mask


def loss_and_grads(
    params: Parameters, X: FloatArray, y: IntArray, weight_decay: float = 0.0, dropout: float = 0.0,
    rng: np.random.Generator | None = None,
) -> tuple[float, Parameters]:
    cache = _forward(params, X, dropout, rng)
    N, K = cache.logits.shape
    dlogits = (softmax(cache.logits) - np.identity(K)[y]) / N
    dA1 = dlogits @ params.W2.T
    dZ1 = dA1 * cache.mask
    dZ1[cache.Z1 <= 0] = 0.0
    grads = Parameters(W1=cache.X.T @ dZ1, b1=dZ1.sum(axis=0), W2=cache.A1.T @ dlogits, b2=dlogits.sum(axis=0))
    grads = grads + weight_decay * Parameters(params.W1, 0 * params.b1, params.W2, 0 * params.b2)
    return cross_entropy(cache.logits, y), grads


def momentum_step(params: Parameters, grads: Parameters, velocity: Parameters, lr: float, mu: float = 0.9):
    velocity = mu * velocity - lr * grads
    return params + velocity, velocity


def step_decay(epoch: int, lr: float, drop: float = 0.1, every: int = 10) -> float:
    return lr * drop ** int(epoch // every)


def cosine(epoch: int, lr: float, epochs: int) -> float:
    return lr * (0.5 + 0.5 * math.cos(math.pi * epoch / epochs))


def train(
    X: FloatArray, y: IntArray, X_val: FloatArray, y_val: IntArray, H: int = 128, lr: float = 0.1, epochs: int = 20,
    batch: int = 128, momentum: float = 0.9, dropout: float = 0.0, weight_decay: float = 0.0,
    schedule: str | None = None, patience: int | None = None, seed: int = 0,
) -> tuple[Parameters, History]:
    rng = np.random.default_rng(seed)
    theta = init(X.shape[1], H, int(y.max()) + 1, seed)
    velocity = theta.zeros
    history: History = {"train_loss": [], "val_loss": [], "train_acc": [], "val_acc": []}
    plan = Schedule(schedule or "none")
    best, best_val, since_best = theta, math.inf, 0
    for epoch in range(epochs):
        rate = plan.rate(epoch, lr, epochs)
        epoch_losses: list[float] = []
        hits = 0
        order = rng.permutation(len(y))
        for i in range(0, len(order), batch):
            rows = order[i : i + batch]
            loss, grads = loss_and_grads(theta, X[rows], y[rows], weight_decay, dropout, rng)
            hits += np.count_nonzero(predict(theta, X[rows]) == y[rows])
            theta, velocity = momentum_step(theta, grads, velocity, rate, momentum)
            epoch_losses.append(loss)
        history["train_loss"].append(sum(epoch_losses) / len(epoch_losses))  # mean of the batch means
        history["train_acc"].append(hits / len(order))
        logits = forward(theta, X_val)
        history["val_loss"].append(cross_entropy(logits, y_val))
        history["val_acc"].append(float((logits.argmax(axis=1) == y_val).mean()))
        if history["val_loss"][-1] < best_val:
            best, best_val, since_best = theta, history["val_loss"][-1], 0
        else:
            since_best += 1
        if patience is not None and since_best >= patience:
            break
    return (best if patience is not None else theta), history


def predict(params: Parameters, X: FloatArray) -> IntArray:
    return np.argmax(forward(params, X), axis=-1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--images", default="mnist.npz")
    args = parser.parse_args()
    data = np.load(args.images)
    theta, history = train(data["X"], data["y"], data["X_val"], data["y_val"], epochs=args.epochs)
    np.savez("weights.npz", *theta)
    print(history)


if __name__ == "__main__":
    main()
