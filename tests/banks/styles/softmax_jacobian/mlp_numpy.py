"""
I did not trust the p - y shortcut so I multiply the full softmax jacobian for every sample.
Slow, but it is the chain rule exactly as in the lecture.
"""
import math
import numpy as np


def softmax(z):
    P = np.zeros(z.shape, dtype=float)
    for i, row in enumerate(z):
        e = np.exp(row - row.max())
        P[i] = e / e.sum()
    return P


def cross_entropy(z, y):
    losses = []
    for row, label in zip(z, y):
        row = row - row.max()
        losses.append(math.log(np.exp(row).sum()) - row[label])
    return sum(losses) / len(losses)


def init(D, H, K, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.normal(0, math.sqrt(2 / D), (D, H)), np.zeros(H),
            rng.normal(0, math.sqrt(2 / H), (H, K)), np.zeros(K))


def relu(x):
    return np.maximum(x, 0)


def forward(params, X):
    W1, b1, W2, b2 = params
    return relu(X @ W1 + b1) @ W2 + b2


def dropout(A, p, rng):
    mask = np.where(rng.random(A.shape) < p, 0.0, 1 / (1 - p))
    return mask * A, mask


def jacobian(p):
    """d p_i / d z_j = p_i (delta_ij - p_j)"""
    return np.diag(p) - np.outer(p, p)


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
    W1, b1, W2, b2 = params
    N = len(X)
    Z1 = X @ W1 + b1
    A1 = relu(Z1)
    mask = np.ones_like(A1)
    if dropout:
        mask = np.where(rng.random(A1.shape) < dropout, 0.0, 1 / (1 - dropout))
    A1 = A1 * mask
    Z2 = A1 @ W2 + b2
    P = softmax(Z2)
    loss = cross_entropy(Z2, y) + weight_decay / 2 * ((W1 ** 2).sum() + (W2 ** 2).sum())

    dZ2 = np.zeros_like(P)
    for i in range(N):
        # dL/dp is -1/p for the correct class. If p underflows to 0 the ratio J[y]/p is still -p_j (or 1-p_y)
        p = P[i]
        if p[y[i]] > 1e-200:
            dp = np.zeros(len(p))
            dp[y[i]] = -1 / p[y[i]] / N
            dZ2[i] = jacobian(p) @ dp
        else:
            onehot = np.zeros(len(p))
            onehot[y[i]] = 1
            dZ2[i] = (p - onehot) / N

    dW2 = A1.T @ dZ2 + weight_decay * W2
    db2 = dZ2.sum(axis=0)
    dZ1 = (dZ2 @ W2.T) * mask * (Z1 > 0)
    dW1 = X.T @ dZ1 + weight_decay * W1
    db1 = dZ1.sum(axis=0)
    return loss, (dW1, db1, dW2, db2)


def momentum_step(params, grads, velocity, lr, mu=0.9):
    v = tuple(mu * vi - lr * gi for vi, gi in zip(velocity, grads))
    return tuple(pi + vi for pi, vi in zip(params, v)), v


def step_decay(epoch, lr, drop=0.1, every=10):
    while epoch >= every:
        lr *= drop
        epoch -= every
    return lr


def cosine(epoch, lr, epochs):
    return lr * 0.5 * (1 + math.cos(math.pi * epoch / epochs))


def train(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0,
          weight_decay=0.0, schedule=None, patience=None, seed=0):
    rng = np.random.default_rng(seed)
    params = init(X.shape[1], H, int(y.max() + 1), seed)
    velocity = tuple(0 * p for p in params)
    history = {"train_loss": [], "train_acc": [], "val_loss": [], "val_acc": []}
    best, best_params, since = math.inf, params, 0
    for epoch in range(epochs):
        a = lr
        if schedule == "step":
            a = step_decay(epoch, lr)
        elif schedule == "cosine":
            a = cosine(epoch, lr, epochs)
        # running mean of the training loss and accuracy, weighted with the size of each batch
        loss_sum, right, n = 0.0, 0, 0
        perm = rng.permutation(len(X))
        for s in range(0, len(X), batch):
            idx = perm[s:s + batch]
            right += int((predict(params, X[idx]) == y[idx]).sum())
            loss, grads = loss_and_grads(params, X[idx], y[idx], weight_decay, dropout, rng)
            loss_sum += loss * len(idx)
            n += len(idx)
            params, velocity = momentum_step(params, grads, velocity, a, momentum)
        history["train_loss"].append(loss_sum / n)
        history["train_acc"].append(right / n)
        zv = forward(params, X_val)
        history["val_loss"].append(cross_entropy(zv, y_val))
        history["val_acc"].append(float(np.mean(zv.argmax(1) == y_val)))
        if history["val_loss"][-1] < best:
            best, best_params, since = history["val_loss"][-1], params, 0
        else:
            since += 1
        if patience is not None and since >= patience:
            break
    return (best_params if patience is not None else params), history


def predict(params, X):
    return np.array([int(np.argmax(row)) for row in forward(params, X)])
