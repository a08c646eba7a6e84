"""Everything is cast to float32 on the way in; params are a list."""
import numpy as np

F = np.float32


def softmax(z):
    z = np.asarray(z, dtype=F)
    e = np.exp(z - np.max(z, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def cross_entropy(z, y):
    z = np.asarray(z, dtype=F)
    m = z.max(axis=1)
    lse = m + np.log(np.exp(z - m[:, None]).sum(axis=1))
    return np.mean(lse - z[np.arange(z.shape[0]), y])  # a np.float32


def init(D, H, K, seed=0):
    rng = np.random.default_rng(seed)
    W1 = rng.standard_normal((D, H), dtype=F) * F(np.sqrt(2.0 / D))
    W2 = rng.standard_normal((H, K), dtype=F) * F(np.sqrt(2.0 / H))
    return [W1, np.zeros(H, dtype=F), W2, np.zeros(K, dtype=F)]


def _f32(arrays):
    return [np.asarray(a, dtype=F) for a in arrays]


def forward(params, X):
    W1, b1, W2, b2 = _f32(params)
    return np.maximum(np.asarray(X, dtype=F) @ W1 + b1, 0) @ W2 + b2


def dropout(A, p, rng):
    mask = (rng.random(A.shape, dtype=F) >= p) / F(1 - p)
    return A * mask, mask


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
    W1, b1, W2, b2 = _f32(params)
    X = np.asarray(X, dtype=F)
    n = X.shape[0]
    z1 = X @ W1 + b1
    a1 = np.maximum(z1, 0)
    if dropout > 0:
        a1, mask = globals()["dropout"](a1, dropout, rng or np.random.default_rng())
    z2 = a1 @ W2 + b2
    loss = cross_entropy(z2, y)
    dz2 = softmax(z2)
    dz2[np.arange(n), y] -= 1
    dz2 /= n
    dz1 = dz2 @ W2.T
    if dropout > 0:
        dz1 = dz1 * mask
    dz1[z1 <= 0] = 0
    return loss, [X.T @ dz1 + F(weight_decay) * W1, dz1.sum(0), a1.T @ dz2 + F(weight_decay) * W2, dz2.sum(0)]


def momentum_step(params, grads, velocity, lr, mu=0.9):
    new_v = [F(mu) * v - F(lr) * g for v, g in zip(_f32(velocity), _f32(grads))]
    return [p + v for p, v in zip(_f32(params), new_v)], new_v


def step_decay(epoch, lr, drop=0.1, every=10):
    return lr * drop ** (epoch // every)


def cosine(epoch, lr, epochs):
    return lr * (1 + np.cos(np.pi * epoch / epochs)) / 2


def predict(params, X):
    return forward(params, X).argmax(1).astype(np.uint8)


def train(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0, weight_decay=0.0,
          schedule=None, patience=None, seed=0):
    rng = np.random.default_rng(seed)
    params = init(X.shape[1], H, int(y.max()) + 1, seed)
    velocity = [np.zeros_like(p) for p in params]
    history = {"train_loss": [], "val_loss": [], "train_acc": [], "val_acc": []}
    best, best_params, waited = np.inf, None, 0
    for epoch in range(epochs):
        now = lr
        if schedule == "step":
            now = step_decay(epoch, lr)
        elif schedule == "cosine":
            now = cosine(epoch, lr, epochs)
        order = rng.permutation(len(X))
        for i in range(0, len(X), batch):
            j = order[i:i + batch]
            _, grads = loss_and_grads(params, X[j], y[j], weight_decay, dropout, rng)
            params, velocity = momentum_step(params, grads, velocity, now, momentum)
        for name, A, b in (("train", X, y), ("val", X_val, y_val)):
            z = forward(params, A)
            history[name + "_loss"].append(float(cross_entropy(z, b)))
            history[name + "_acc"].append(float(np.mean(z.argmax(1) == b)))
        if patience is not None:
            if history["val_loss"][-1] < best:
                best, best_params, waited = history["val_loss"][-1], [p.copy() for p in params], 0
            else:
                waited += 1
                if waited >= patience:
                    break
    return (best_params if patience is not None else params), history
