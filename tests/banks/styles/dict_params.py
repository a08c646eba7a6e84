"""Params, gradients and velocity are dicts; labels become a boolean one-hot; the loss is a 0-d array."""
import numpy as np

NAMES = ["W1", "b1", "W2", "b2"]


def log_softmax(z):
    z = z - z.max(axis=1)[:, np.newaxis]
    return z - np.log(np.exp(z).sum(axis=1))[:, np.newaxis]


def softmax(z):
    return np.exp(log_softmax(z))


def cross_entropy(z, y):
    Y = np.arange(z.shape[1]) == np.asarray(y).reshape(-1, 1)
    return np.asarray(-np.where(Y, log_softmax(z), 0).sum() / len(z))


def init(D, H, K, seed=0):
    rng = np.random.RandomState(seed)
    return {
        "W1": rng.randn(D, H) * (2 / D) ** 0.5,
        "b1": np.zeros(H),
        "W2": rng.randn(H, K) * (2 / H) ** 0.5,
        "b2": np.zeros(K),
    }


def forward(params, X):
    hidden = X.dot(params["W1"]) + params["b1"]
    hidden = hidden * (hidden > 0)
    return hidden.dot(params["W2"]) + params["b2"]


def dropout(A, p, rng):
    keep = 1 - p
    mask = rng.binomial(1, keep, size=A.shape) / keep
    return A * mask, mask


drop = dropout


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
    z1 = X.dot(params["W1"]) + params["b1"]
    on = z1 > 0
    a1 = z1 * on
    mask = np.ones(a1.shape)
    if dropout:
        a1, mask = drop(a1, dropout, np.random.default_rng() if rng is None else rng)
    z2 = a1.dot(params["W2"]) + params["b2"]
    loss = cross_entropy(z2, y) + 0.5 * weight_decay * sum(np.sum(params[w] ** 2) for w in ("W1", "W2"))
    Y = (np.arange(z2.shape[1]) == np.asarray(y).reshape(-1, 1)).astype(float)
    d2 = (softmax(z2) - Y) / X.shape[0]
    d1 = d2.dot(params["W2"].T) * mask * on
    grads = {"dW1": X.T.dot(d1), "db1": d1.sum(axis=0), "dW2": a1.T.dot(d2), "db2": d2.sum(axis=0)}
    for w in ("W1", "W2"):
        grads["d" + w] = grads["d" + w] + weight_decay * params[w]
    return loss, grads


def momentum_step(params, grads, velocity, lr, mu=0.9):
    for name in NAMES:  # in place, and returned
        g = grads["d" + name] if "d" + name in grads else grads[name]
        velocity[name] = mu * velocity[name] - lr * g
        params[name] = params[name] + velocity[name]
    return params, velocity


def step_decay(epoch, lr, drop=0.1, every=10):
    for _ in range(epoch // every):
        lr = lr * drop
    return lr


def cosine(epoch, lr, epochs):
    return lr * np.cos(np.pi * epoch / (2 * epochs)) ** 2


def predict(params, X):
    return np.argmax(softmax(forward(params, X)), axis=1)


def train(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0, weight_decay=0.0,
          schedule=None, patience=None, seed=0, verbose=False):
    rng = np.random.RandomState(seed + 1)
    generator = np.random.default_rng(seed)
    params = init(X.shape[1], H, 1 + max(y.max(), y_val.max()), seed)
    velocity = {n: np.zeros_like(params[n]) for n in NAMES}
    history = {k: [] for k in ("train_loss", "val_loss", "train_acc", "val_acc")}
    best_acc, best, since = -1.0, None, 0
    for epoch in range(epochs):
        rate = {"step": step_decay(epoch, lr), "cosine": cosine(epoch, lr, epochs)}.get(schedule, lr)
        idx = np.arange(len(X))
        rng.shuffle(idx)
        losses, hits = [], 0
        for k in range(len(X) // batch or 1):  # the last, shorter batch is dropped
            rows = idx[k * batch:(k + 1) * batch]
            loss, grads = loss_and_grads(params, X[rows], y[rows], weight_decay, dropout, generator)
            losses.append(float(loss))
            hits += np.sum(predict(params, X[rows]) == y[rows]) / len(rows)
            params, velocity = momentum_step(params, grads, velocity, rate, momentum)
        history["train_loss"].append(np.mean(losses))
        history["train_acc"].append(hits / len(losses))
        history["val_loss"].append(cross_entropy(forward(params, X_val), y_val))
        history["val_acc"].append(np.mean(predict(params, X_val) == y_val))
        if patience is None:
            continue
        if history["val_acc"][-1] > best_acc:
            best_acc, best, since = history["val_acc"][-1], {n: params[n].copy() for n in NAMES}, 0
        else:
            since += 1
        if since >= patience:
            break
    return (params if best is None else best), history
