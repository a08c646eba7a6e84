import numpy as np

from . import functional as F


def init(D, H, K, seed=0):
    rng = np.random.default_rng(seed)
    return (
        rng.normal(0, np.sqrt(2 / D), (D, H)),
        np.zeros(H),
        rng.normal(0, np.sqrt(2 / H), (H, K)),
        np.zeros(K),
    )


def forward(params, X):
    W1, b1, W2, b2 = params
    return F.relu(X @ W1 + b1) @ W2 + b2


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
    W1, b1, W2, b2 = params
    tape = []  # functions that take the gradient of their output and give that of their input

    z1 = X @ W1 + b1
    tape.append(lambda g: {"W1": X.T @ g, "b1": g.sum(axis=0)})
    h = F.relu(z1)
    tape.append(lambda g: g * (z1 > 0))
    mask = 1.0
    if dropout:
        h, mask = F.drop(h, dropout, rng or np.random.default_rng())
    tape.append(lambda g: g * mask)
    z2 = h @ W2 + b2
    grads = {}

    def last(g):
        grads["W2"], grads["b2"] = h.T @ g, g.sum(axis=0)
        return g @ W2.T

    tape.append(last)
    one_hot = np.zeros(z2.shape)
    one_hot[np.arange(len(y)), y] = 1
    g = (F.softmax(z2) - one_hot) / len(y)
    while tape:
        g = tape.pop()(g)
    grads.update(g)
    for name, W in (("W1", W1), ("W2", W2)):
        grads[name] = grads[name] + weight_decay * W
    return F.cross_entropy(z2, y), (grads["W1"], grads["b1"], grads["W2"], grads["b2"])
