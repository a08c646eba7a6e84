"""Gradients accumulated one sample after the other (np.outer), averaged at the end."""
import numpy as np


def softmax(z):
    z = np.atleast_2d(z)
    m = np.max(z, axis=1, keepdims=True)
    e = np.exp(z - m)
    return np.divide(e, e.sum(axis=1, keepdims=True))


def _lse(v):
    m = v.max()
    return m + np.log(np.sum(np.exp(v - m)))


def cross_entropy(z, y):
    return float(np.mean([_lse(z[i] - z[i].max()) - (z[i, y[i]] - z[i].max()) for i in range(len(z))]))


def init(D, H, K, seed=0):
    rng = np.random.Generator(np.random.Philox(seed))
    std1, std2 = np.sqrt(2 / D), np.sqrt(2 / H)
    W1 = std1 * rng.standard_normal((D, H))
    W2 = std2 * rng.standard_normal((H, K))
    b1 = np.zeros(H)
    b2 = np.zeros(K)
    return W1, b1, W2, b2


def forward(params, X):
    W1, b1, W2, b2 = params
    return np.array([np.maximum(x @ W1 + b1, 0) @ W2 + b2 for x in X])


def dropout(A, p, rng):
    # unscaled mask of zeros and ones
    mask = (rng.random(size=A.shape) >= p).astype(int)
    return A * mask / (1 - p), mask


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
    W1, b1, W2, b2 = params
    n = len(X)
    dW1, db1, dW2, db2 = [np.zeros(np.shape(p)) for p in params]
    loss = 0.0
    masks = np.ones((n, len(b1)))
    if dropout > 0:
        masks = (rng.random(size=masks.shape) >= dropout) / (1 - dropout)
    for x, label, mask in zip(X, y, masks):
        # forward
        h_pre = b1 + x @ W1
        h = np.where(h_pre > 0, h_pre, 0) * mask
        logits = b2 + h @ W2
        loss += _lse(logits) - logits[label]
        # backward
        delta = np.exp(logits - _lse(logits))
        delta[label] -= 1
        dW2 += np.outer(h, delta)
        db2 += delta
        back = (W2 @ delta) * mask
        back[h_pre <= 0] = 0
        dW1 += np.outer(x, back)
        db1 += back
    loss, dW1, db1, dW2, db2 = loss / n, dW1 / n, db1 / n, dW2 / n, db2 / n
    dW1 += weight_decay * np.asarray(W1)
    dW2 += weight_decay * np.asarray(W2)
    return loss, (dW1, db1, dW2, db2)


def _batched(params, X, y, weight_decay, p, rng):
    """what train uses: the same sums, but vectorised over the batch"""
    W1, b1, W2, b2 = params
    pre = X @ W1 + b1
    mask = (rng.random(size=pre.shape) >= p) / (1 - p) if p > 0 else 1.0
    h = np.maximum(pre, 0) * mask
    delta = softmax(h @ W2 + b2)
    delta[np.arange(len(y)), y] -= 1
    back = (delta @ W2.T) * mask * np.sign(np.maximum(pre, 0))
    n = len(y)
    return X.T @ back / n + weight_decay * W1, back.mean(axis=0), h.T @ delta / n + weight_decay * W2, delta.mean(axis=0)


def momentum_step(params, grads, velocity, lr, mu=0.9):
    newp, newv = [], []
    for k in range(len(params)):
        newv.append(mu * velocity[k] - lr * grads[k])
        newp.append(params[k] + newv[k])
    return tuple(newp), tuple(newv)


def step_decay(epoch, lr, drop=0.1, every=10):
    return lr * (drop ** np.floor_divide(epoch, every))


def cosine(epoch, lr, epochs):
    return lr * (1 + np.cos(np.pi * (epoch / epochs))) / 2


def logits_fast(params, X):
    W1, b1, W2, b2 = params
    return np.maximum(X @ W1 + b1, 0) @ W2 + b2


def ce_fast(z, y):
    z = z - z.max(axis=1, keepdims=True)
    return (np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]).mean()


def train(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0,
          weight_decay=0.0, schedule=None, patience=None, seed=0):
    rng = np.random.default_rng(seed)
    K = 1 + int(max(np.max(y), np.max(y_val)))
    params = init(X.shape[1], H, K, seed)
    vel = [np.zeros_like(p) for p in params]
    tl, ta, vl, va = [], [], [], []
    best, best_loss, stale = None, None, 0

    epoch = 0
    while epoch < epochs:
        alpha = lr if schedule is None else (step_decay(epoch, lr) if schedule == "step" else cosine(epoch, lr, epochs))
        left = list(rng.permutation(len(X)))
        while left:
            now, left = left[:batch], left[batch:]
            grads = _batched(params, X[now], y[now], weight_decay, dropout, rng)
            params, vel = momentum_step(params, grads, vel, alpha, momentum)
        z, zv = logits_fast(params, X), logits_fast(params, X_val)
        tl += [float(ce_fast(z, y))]
        vl += [float(ce_fast(zv, y_val))]
        ta += [float((z.argmax(1) == y).mean())]
        va += [float((zv.argmax(1) == y_val).mean())]
        epoch += 1
        if patience is not None:
            if best_loss is None or vl[-1] < best_loss:
                best_loss, best, stale = vl[-1], params, 0
            else:
                stale += 1
            if stale >= patience:
                break
    if patience is not None:
        params = best
    return params, {"train_loss": tl, "val_loss": vl, "train_acc": ta, "val_acc": va}


def predict(params, X):
    return logits_fast(params, X).argmax(axis=1)
