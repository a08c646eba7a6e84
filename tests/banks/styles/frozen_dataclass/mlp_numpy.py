"""Immutable parameters: a frozen dataclass with slots, dataclasses.replace for every change."""
import math
from dataclasses import astuple, dataclass, replace

import numpy as np


@dataclass(frozen=True, slots=True)
class Weights:
    W1: np.ndarray
    b1: np.ndarray
    W2: np.ndarray
    b2: np.ndarray

    def map(self, f, *others):
        return Weights(*[f(*(getattr(t, n) for t in (self, *others))) for n in ("W1", "b1", "W2", "b2")])


def softmax(z):
    u = np.exp(z - np.max(z, axis=1, keepdims=True))
    return u / np.sum(u, axis=1, keepdims=True)


def cross_entropy(z, y):
    z = z - np.max(z, axis=1, keepdims=True)
    return float(np.mean(np.log(np.sum(np.exp(z), axis=1)) - z[np.arange(len(y)), y]))


def init(D, H, K, seed=0):
    rng = np.random.default_rng(seed)
    return Weights(rng.standard_normal((D, H)) * math.sqrt(2 / D), np.zeros(H), rng.standard_normal((H, K)) * math.sqrt(2 / H), np.zeros(K))


def forward(params, X):
    return np.maximum(X @ params.W1 + params.b1, 0) @ params.W2 + params.b2


def dropout(A, p, rng):
    mask = (rng.random(A.shape) >= p) / (1 - p)
    return A * mask, mask


inverted_dropout = dropout


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
    Z1 = X @ params.W1 + params.b1
    A1, M = inverted_dropout(np.maximum(Z1, 0), dropout, np.random.default_rng() if rng is None else rng)
    Z2 = A1 @ params.W2 + params.b2
    Y = np.zeros_like(Z2)
    np.put_along_axis(Y, y[:, None], 1, axis=1)
    G2 = (softmax(Z2) - Y) / len(y)
    G1 = (G2 @ params.W2.T) * M * (Z1 > 0)
    grads = Weights(X.T @ G1, G1.sum(0), A1.T @ G2, G2.sum(0))
    return cross_entropy(Z2, y), replace(grads, W1=grads.W1 + weight_decay * params.W1, W2=grads.W2 + weight_decay * params.W2)


def momentum_step(params, grads, velocity, lr, mu=0.9):
    velocity = velocity.map(lambda v, g: mu * v - lr * g, grads)
    return params.map(np.add, velocity), velocity


def step_decay(epoch, lr, drop=0.1, every=10):
    return lr * drop ** (epoch // every)


def cosine(epoch, lr, epochs):
    return lr * (1 + math.cos(math.pi * epoch / epochs)) / 2


@dataclass(frozen=True, slots=True)
class State:
    params: Weights
    velocity: Weights
    epoch: int = 0
    best: Weights = None
    best_loss: float = math.inf
    best_epoch: int = -1


def train(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0,
          weight_decay=0.0, schedule=None, patience=None, seed=0):
    rng = np.random.default_rng(seed)
    start = init(X.shape[1], H, int(y.max()) + 1, seed)
    state = State(start, start.map(np.zeros_like))
    history = {"train_loss": (), "val_loss": (), "train_acc": (), "val_acc": ()}
    while state.epoch < epochs and (patience is None or state.epoch - state.best_epoch <= patience):
        rate = lr
        if schedule == "step":
            rate = step_decay(state.epoch, lr)
        elif schedule == "cosine":
            rate = cosine(state.epoch, lr, epochs)
        params, velocity = state.params, state.velocity
        order = rng.permutation(len(X))
        for rows in (order[i:i + batch] for i in range(0, len(X), batch)):
            params, velocity = momentum_step(params, loss_and_grads(params, X[rows], y[rows], weight_decay, dropout, rng)[1], velocity, rate, momentum)
        z, zv = forward(params, X), forward(params, X_val)
        row = {"train_loss": cross_entropy(z, y), "val_loss": cross_entropy(zv, y_val), "train_acc": np.mean(z.argmax(1) == y), "val_acc": np.mean(zv.argmax(1) == y_val)}
        history = {k: v + (float(row[k]),) for k, v in history.items()}
        if row["val_loss"] < state.best_loss:
            state = replace(state, best=params, best_loss=row["val_loss"], best_epoch=state.epoch)
        state = replace(state, params=params, velocity=velocity, epoch=state.epoch + 1)
    return (state.params if patience is None else state.best), history


def predict(params, X):
    return forward(params, X).argmax(axis=1)
