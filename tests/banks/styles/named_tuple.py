"""NamedTuples for params and for gradients; log-sum-exp by np.logaddexp.reduce; an extra optional argument."""
import math
from typing import NamedTuple

import numpy as np


class Net(NamedTuple):
    W1: np.ndarray
    b1: np.ndarray
    W2: np.ndarray
    b2: np.ndarray


class Grads(NamedTuple):
    dW1: np.ndarray
    db1: np.ndarray
    dW2: np.ndarray
    db2: np.ndarray


def softmax(z, axis=1):
    z = z - z.max(axis=axis, keepdims=True)
    return np.exp(z - np.logaddexp.reduce(z, axis=axis, keepdims=True))


def cross_entropy(z, y):
    right = np.take_along_axis(z, np.asarray(y, dtype=int)[:, None], axis=1)[:, 0]
    return float((np.logaddexp.reduce(z, axis=1) - right).mean())


def init(D, H, K, seed=0):
    first, second = np.random.SeedSequence(seed).spawn(2)
    W1 = np.random.default_rng(first).normal(scale=math.sqrt(2 / D), size=(D, H))
    W2 = np.random.default_rng(second).normal(scale=math.sqrt(2 / H), size=(H, K))
    return Net(W1=W1, W2=W2, b1=np.zeros(H), b2=np.zeros(K))


def forward(params, X, *, want_hidden=False):
    z1 = X @ params.W1 + params.b1
    logits = z1.clip(min=0) @ params.W2 + params.b2
    return (logits, z1) if want_hidden else logits


def dropout(A, p, rng):
    mask = np.where(rng.uniform(size=A.shape) < 1 - p, 1 / (1 - p), 0.0)
    return A * mask, mask


_dropout = dropout


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
    if rng is None:
        rng = np.random.default_rng(0)
    logits, z1 = forward(params, X, want_hidden=True)
    a1, mask = z1.clip(min=0), 1.0
    if dropout:
        a1, mask = _dropout(a1, dropout, rng)
        logits = a1 @ params.W2 + params.b2
    g = softmax(logits)
    g[range(len(y)), y] -= 1.0
    dW2 = (a1.T @ g) / len(y)
    db2 = g.mean(axis=0)
    g1 = np.where(z1 > 0, g @ params.W2.T * mask, 0.0)
    dW1, db1 = (X.T @ g1) / len(y), g1.mean(axis=0)
    grads = Grads(dW1 + weight_decay * params.W1, db1, dW2 + weight_decay * params.W2, db2)
    return cross_entropy(logits, y), grads


def momentum_step(params, grads, velocity, lr, mu=0.9):
    # velocity with the other sign
    velocity = Net(*(mu * v + lr * g for v, g in zip(velocity, grads)))
    return Net(*(p - v for p, v in zip(params, velocity))), velocity


def step_decay(epoch, lr, drop=0.1, every=10):
    return lr * math.pow(drop, math.floor(epoch / every))


def cosine(epoch, lr, epochs):
    return 0.5 * lr * (1 + math.cos(math.pi * epoch / epochs))


def predict(params, X):
    return forward(params, X).argmax(axis=-1).tolist()


def train(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0, weight_decay=0.0,
          schedule=None, patience=None, seed=0):
    rng = np.random.default_rng([seed, 1])
    params = init(X.shape[1], H, len(set(y.tolist())), seed)
    velocity = Net(*(np.zeros_like(p) for p in params))
    rates = {None: lambda e: lr, "step": lambda e: step_decay(e, lr), "cosine": lambda e: cosine(e, lr, epochs)}
    log = {"train_loss": [], "val_loss": [], "train_acc": [], "val_acc": []}
    best = (math.inf, params, 0)
    for e in range(epochs):
        for rows in np.array_split(rng.permutation(len(X)), math.ceil(len(X) / batch)):
            grads = loss_and_grads(params, X[rows], y[rows], weight_decay, dropout, rng)[1]
            params, velocity = momentum_step(params, grads, velocity, rates[schedule](e), momentum)
        for kind, images, labels in (("train", X, y), ("val", X_val, y_val)):
            z = forward(params, images)
            log[kind + "_loss"].append(cross_entropy(z, labels))
            log[kind + "_acc"].append((z.argmax(axis=1) == labels).mean())
        if patience:
            if log["val_loss"][-1] < best[0]:
                best = (log["val_loss"][-1], params, e)
            elif e - best[2] >= patience:
                break
    return (best[1] if patience else params), log
