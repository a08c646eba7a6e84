import numpy as np


def _center(z):
    return z - np.max(z, axis=1, keepdims=True)


def softmax(z):
    w = np.exp(_center(z))
    return w / w.sum(axis=1, keepdims=True)


def cross_entropy(z, y):
    c = _center(z)
    log_z = np.log(np.exp(c).sum(axis=1))
    return float((log_z - c[np.arange(c.shape[0]), y]).sum() / c.shape[0])


def relu(x):
    return np.where(x > 0, x, 0)


def drop(A, p, rng):
    mask = (rng.random(A.shape) >= p).astype(float) / (1 - p)
    return A * mask, mask
