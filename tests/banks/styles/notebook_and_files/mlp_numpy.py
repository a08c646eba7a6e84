import numpy as np

import data_tools as dt


def softmax(z):
    z = z - z.max(axis=1, keepdims=True)
    p = np.exp(z)
    p /= p.sum(axis=1, keepdims=True)
    return p


def cross_entropy(z, y):
    z = z - z.max(axis=1, keepdims=True)
    return float((np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), y]).mean())


def init(D, H, K, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(0, np.sqrt(2 / D), (D, H)), np.zeros(H), rng.normal(0, np.sqrt(2 / H), (H, K)), np.zeros(K)]


def forward(params, X):
    W1, b1, W2, b2 = params
    return np.maximum(X @ W1 + b1, 0) @ W2 + b2


def dropout(A, p, rng):
    mask = (rng.random(A.shape) >= p) / (1 - p)
    return A * mask, mask


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
    W1, b1, W2, b2 = params
    Z1 = X @ W1 + b1
    A1 = np.maximum(Z1, 0)
    if dropout:
        A1, mask = globals()['dropout'](A1, dropout, rng)
    Z2 = A1 @ W2 + b2
    dZ2 = (softmax(Z2) - np.eye(len(b2))[y]) / len(y)
    dZ1 = dZ2 @ W2.T
    if dropout:
        dZ1 *= mask
    dZ1[Z1 <= 0] = 0
    return cross_entropy(Z2, y), [X.T @ dZ1 + weight_decay * W1, dZ1.sum(0), A1.T @ dZ2 + weight_decay * W2, dZ2.sum(0)]


def momentum_step(params, grads, velocity, lr, mu=0.9):
    velocity = [mu * v - lr * g for v, g in zip(velocity, grads)]
    return [p + v for p, v in zip(params, velocity)], velocity


def step_decay(epoch, lr, drop=0.1, every=10):
    return lr * drop ** (epoch // every)


def cosine(epoch, lr, epochs):
    return lr * 0.5 * (1 + np.cos(np.pi * epoch / epochs))


def train(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0,
          weight_decay=0.0, schedule=None, patience=None, seed=0):
    rng = np.random.default_rng(seed)
    params = init(X.shape[1], H, int(max(y.max(), y_val.max())) + 1, seed)
    velocity = [np.zeros_like(p) for p in params]
    history = {"train_loss": [], "val_loss": [], "train_acc": [], "val_acc": []}
    best = (np.inf, None, -1)
    for epoch in range(epochs):
        a = {None: lr, "step": step_decay(epoch, lr), "cosine": cosine(epoch, lr, epochs)}[schedule]
        for rows in dt.batches(len(X), batch, rng):
            _, grads = loss_and_grads(params, X[rows], y[rows], weight_decay, dropout, rng)
            params, velocity = momentum_step(params, grads, velocity, a, momentum)
        history["train_loss"] += [cross_entropy(forward(params, X), y)]
        history["val_loss"] += [cross_entropy(forward(params, X_val), y_val)]
        history["train_acc"] += [dt.accuracy(predict(params, X), y)]
        history["val_acc"] += [dt.accuracy(predict(params, X_val), y_val)]
        if history["val_loss"][-1] < best[0]:
            best = (history["val_loss"][-1], [p.copy() for p in params], epoch)
        elif patience is not None and epoch - best[2] >= patience:
            break
    return (params if patience is None else best[1]), history


def predict(params, X):
    return forward(params, X).argmax(axis=1)
