"""NamedTuple parameters, pure functions. The momentum buffer is PyTorch's: v = mu v + g, theta = theta - lr v."""
import math
from functools import partial
from typing import NamedTuple, Optional

import numpy as np


class Params(NamedTuple):
    W1: np.ndarray
    b1: np.ndarray
    W2: np.ndarray
    b2: np.ndarray


def tree_map(f, *trees):
    return Params(*map(f, *trees))


def logsumexp(z):
    return np.logaddexp.reduce(z, axis=1, keepdims=True)


def log_softmax(z):
    # shifting first: otherwise 1e30 swallows the log
    z = z - z.max(axis=1, keepdims=True)
    return z - logsumexp(z)


def softmax(z):
    return np.exp(log_softmax(z))


def cross_entropy(z, y):
    return -log_softmax(z)[np.arange(len(y)), y].mean()


def init(D, H, K, seed=0) -> Params:
    k1, k2 = np.random.SeedSequence(seed).spawn(2)  # one stream per matrix, like jax keys
    he = lambda key, shape: np.random.default_rng(key).normal(0, math.sqrt(2 / shape[0]), shape)
    return Params(W1=he(k1, (D, H)), b1=np.zeros(H), W2=he(k2, (H, K)), b2=np.zeros(K))


def forward(params, X):
    return np.maximum(0, X @ params.W1 + params.b1) @ params.W2 + params.b2


def dropout(A, p, rng):
    kept = rng.random(A.shape) < 1 - p
    return np.where(kept, A / (1 - p), 0), kept


def _drop(A, p, rng):
    if p == 0.0:
        return A, np.ones(A.shape, bool)
    return dropout(A, p, rng)


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
    p = dropout
    Z1 = X @ params.W1 + params.b1
    A1, kept = _drop(np.maximum(0, Z1), p, rng)
    Z2 = A1 @ params.W2 + params.b2

    Y = np.eye(Z2.shape[1])[y]
    lp = log_softmax(Z2)
    loss = -(Y * lp).sum() / len(X)

    dZ2 = (np.exp(lp) - Y) / len(X)
    dA1 = dZ2 @ params.W2.T
    dZ1 = np.where(kept & (Z1 > 0), dA1 / (1 - p), 0)
    grads = Params(X.T @ dZ1, dZ1.sum(0), A1.T @ dZ2, dZ2.sum(0))
    decay = Params(weight_decay * params.W1, 0.0, weight_decay * params.W2, 0.0)
    return loss, tree_map(np.add, grads, decay)


def momentum_step(params, grads, velocity, lr, mu=0.9):
    velocity = tree_map(lambda v, g: mu * v + g, velocity, grads)
    params = tree_map(lambda p, v: p - lr * v, params, velocity)
    return params, velocity


def step_decay(epoch, lr, drop=0.1, every=10):
    return lr * drop ** math.floor(epoch / every)


def cosine(epoch, lr, epochs):
    return lr * (1 + math.cos(math.pi * epoch / epochs)) / 2


def constant(epoch, lr):
    return lr


def evaluate(params, X, y):
    z = forward(params, X)
    return cross_entropy(z, y), (z.argmax(1) == y).mean()


def batches(N, batch, rng):
    perm = rng.permutation(N)
    yield from np.split(perm, range(batch, N, batch))


def train(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0,
          weight_decay=0.0, schedule: Optional[str] = None, patience: Optional[int] = None, seed=0):
    seeds = np.random.SeedSequence(seed).spawn(3)
    shuffle_rng, dropout_rng = np.random.default_rng(seeds[1]), np.random.default_rng(seeds[2])
    rate = {None: constant, "step": step_decay, "cosine": partial(cosine, epochs=epochs)}[schedule]

    params = init(X.shape[1], H, int(y.max()) + 1, seed)
    velocity = tree_map(np.zeros_like, params)
    rows, best = [], (math.inf, -1, params)

    for epoch in range(epochs):
        eta = rate(epoch, lr)
        for idx in batches(len(X), batch, shuffle_rng):
            _, grads = loss_and_grads(params, X[idx], y[idx], weight_decay, dropout, dropout_rng)
            params, velocity = momentum_step(params, grads, velocity, eta, momentum)
        rows.append((*evaluate(params, X, y), *evaluate(params, X_val, y_val)))
        if patience is None:
            continue
        if rows[-1][2] < best[0]:
            best = (rows[-1][2], epoch, params)  # nothing is ever changed in place, so no copy needed
        if epoch - best[1] > patience:
            break

    names = "train_loss", "train_acc", "val_loss", "val_acc"
    history = {name: list(column) for name, column in zip(names, zip(*rows))}
    return (params if patience is None else best[2]), history


def predict(params, X):
    return np.argmax(forward(params, X), axis=1)
