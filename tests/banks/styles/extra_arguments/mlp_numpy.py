"""Everything has a few more optional arguments than asked for."""
import numpy as np


def softmax(z, axis=-1, temperature=1.0, out=None):
    z = np.asarray(z) / temperature
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return np.divide(e, e.sum(axis=axis, keepdims=True), out=out)


def cross_entropy(z, y, label_smoothing=0.0, reduction="mean", class_weights=None):
    K = z.shape[1]
    s = z - z.max(axis=1, keepdims=True)
    logp = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    losses = -logp[np.arange(len(y)), y]
    if label_smoothing:
        losses = (1 - label_smoothing) * losses - label_smoothing * logp.mean(axis=1)
    if class_weights is not None:
        losses = losses * np.asarray(class_weights)[y]
    return {"mean": np.mean, "sum": np.sum, "none": np.asarray}[reduction](losses)


def init(D, H, K, seed=0, *, gain=2.0, dtype=np.float64, scheme="he"):
    rng = np.random.default_rng(seed)
    std = {"he": lambda i, o: np.sqrt(gain / i), "glorot": lambda i, o: np.sqrt(2 / (i + o))}[scheme]
    W1 = rng.normal(0, std(D, H), (D, H)).astype(dtype)
    W2 = rng.normal(0, std(H, K), (H, K)).astype(dtype)
    return W1, np.zeros(H, dtype), W2, np.zeros(K, dtype)


def forward(params, X, train=False, p=0.0, rng=None, return_hidden=False):
    W1, b1, W2, b2 = params
    h = np.maximum(X @ W1 + b1, 0)
    mask = None
    if train and p:
        h, mask = dropout(h, p, rng)
    z = h @ W2 + b2
    if return_hidden:
        return z, h, mask
    return z


def dropout(A, p=0.5, rng=None, training=True):
    if not training:
        return A, np.ones_like(A)
    rng = rng or np.random.default_rng()
    mask = (rng.random(A.shape) >= p) / (1 - p)
    return A * mask, mask


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None, l1=0.0, include_penalty=False, **unused):
    W1, b1, W2, b2 = params
    z, h, mask = forward(params, X, train=True, p=dropout, rng=rng, return_hidden=True)
    loss = cross_entropy(z, y)
    if include_penalty:
        loss += weight_decay / 2 * (np.sum(W1 ** 2) + np.sum(W2 ** 2)) + l1 * (np.abs(W1).sum() + np.abs(W2).sum())
    d = softmax(z)
    np.subtract.at(d, (np.arange(len(y)), y), 1)
    d /= len(y)
    back = d @ W2.T
    # h is 0 where relu or dropout switched the unit off
    back = np.where(h > 0, back if mask is None else back * mask, 0)
    return loss, (
        X.T @ back + weight_decay * W1 + l1 * np.sign(W1),
        back.sum(axis=0),
        h.T @ d + weight_decay * W2 + l1 * np.sign(W2),
        d.sum(axis=0),
    )


def momentum_step(params, grads, velocity, lr, mu=0.9, nesterov=False, clip=None):
    if clip is not None:
        norm = np.sqrt(sum((g ** 2).sum() for g in grads))
        grads = [g * min(1, clip / norm) for g in grads]
    velocity = [mu * v - lr * g for v, g in zip(velocity, grads)]
    if nesterov:
        return [p + mu * v - lr * g for p, v, g in zip(params, velocity, grads)], velocity
    return [p + v for p, v in zip(params, velocity)], velocity


def step_decay(epoch, lr, drop=0.1, every=10, min_lr=0.0):
    return max(lr * drop ** (epoch // every), min_lr)


def cosine(epoch, lr, epochs, min_lr=0.0, warmup=0):
    if epoch < warmup:
        return lr * (epoch + 1) / warmup
    return min_lr + 0.5 * (lr - min_lr) * (1 + np.cos(np.pi * (epoch - warmup) / (epochs - warmup)))


def train(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0, weight_decay=0.0,
          schedule=None, patience=None, seed=0, verbose=0, min_delta=1e-4, nesterov=False, callbacks=(), shuffle=True,
          dtype=None):
    dtype = dtype or X.dtype
    rng = np.random.default_rng(seed)
    params = init(X.shape[1], H, int(max(y.max(), y_val.max())) + 1, seed, dtype=dtype)
    velocity = [np.zeros_like(p) for p in params]
    schedules = {None: lambda e: lr, "step": lambda e: step_decay(e, lr), "cosine": lambda e: cosine(e, lr, epochs)}
    if callable(schedule):
        schedules[schedule] = lambda e: schedule(e, lr)
    history = {"train_loss": [], "val_loss": [], "train_acc": [], "val_acc": [], "lr": [], "epoch": []}
    best, best_params, stale = np.inf, params, 0
    for epoch in range(epochs):
        rate = float(schedules[schedule](epoch))
        order = rng.permutation(len(X)) if shuffle else np.arange(len(X))
        for first in range(0, len(X), batch):
            rows = order[first:first + batch]
            _, grads = loss_and_grads(params, X[rows], y[rows], weight_decay, dropout, rng)
            params, velocity = momentum_step(params, grads, velocity, rate, float(momentum), nesterov=nesterov)
        for split, A, b in (("train", X, y), ("val", X_val, y_val)):
            z = forward(params, A)
            history[split + "_loss"].append(float(cross_entropy(z, b)))
            history[split + "_acc"].append(float(np.mean(np.argmax(z, 1) == b)))
        history["lr"].append(rate)
        history["epoch"].append(epoch)
        for callback in callbacks:
            callback(epoch, params, history)
        if verbose:
            print(epoch, history["val_loss"][-1])
        if patience is not None:
            if history["val_loss"][-1] < best - min_delta:
                best, best_params, stale = history["val_loss"][-1], [p.copy() for p in params], 0
            else:
                stale += 1
                if stale >= patience:
                    break
    return (best_params if patience is not None else params), history


def predict(params, X, return_probabilities=False):
    z = forward(params, X)
    return softmax(z) if return_probabilities else z.argmax(axis=1)
