'''Seeds are spawned (np.random.SeedSequence), masks are booleans.'''
import numpy as np
import itertools, operator


def softmax(z):
    z = np.asarray(z)
    return np.exp(z - _logsumexp(z)) if np.abs(z).max() < 100 else _soft_big(z)


def _soft_big(z):
    d = z - z.max(1, keepdims=True)
    e = np.exp(d)
    return e / e.sum(1, keepdims=True)


def _logsumexp(z):
    m = np.amax(z, axis=1, keepdims=True)
    return m + np.log(np.sum(np.exp(z - m), axis=1, keepdims=True))


def cross_entropy(z, y):
    z = z - np.amax(z, axis=1, keepdims=True)
    Y = np.zeros(z.shape, dtype=bool)
    Y[np.arange(len(y)), y] = True
    return (_logsumexp(z)[:, 0] - z[Y]).mean()


def init(D, H, K, seed=0):
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(2)]
    weights = [g.normal(scale=np.sqrt(2 / n), size=(n, m)) for g, (n, m) in zip(streams, [(D, H), (H, K)])]
    return weights[0], np.zeros(H), weights[1], np.zeros(K)


def forward(params, X):
    W1, b1, W2, b2 = params
    pre = X @ W1 + b1
    pre[~(pre > 0)] = 0
    return pre @ W2 + b2


def dropout(A, p, rng):
    keep = rng.random(A.shape) >= p      # True = kept
    out = np.zeros(A.shape, dtype=A.dtype)
    out[keep] = A[keep] / (1 - p)
    return out, keep


_dropout = dropout


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
    W1, b1, W2, b2 = params
    scale = 1 / (1 - dropout)
    pre = X @ W1 + b1
    alive = pre > 0
    a = np.where(alive, pre, 0)
    if dropout:
        a, keep = _dropout(a, dropout, rng)
        alive &= keep
    z = a @ W2 + b2
    dz = softmax(z) - (np.arange(z.shape[1]) == np.reshape(y, (-1, 1)))
    # mean over the batch, done at the very end of each gradient this time
    back = dz @ W2.T
    back[~alive] = 0
    back *= scale
    n = y.size
    g = [X.T @ back / n, back.sum(0) / n, a.T @ dz / n, dz.sum(0) / n]
    if weight_decay:
        for i in (0, 2):
            g[i] = g[i] + weight_decay * params[i]
    return cross_entropy(z, y), tuple(g)


def momentum_step(params, grads, velocity, lr, mu=0.9):
    v = [mu * a - lr * b for a, b in zip(velocity, grads)]
    return list(map(operator.add, params, v)), v


def step_decay(epoch, lr, drop=0.1, every=10):
    return lr * drop ** divmod(epoch, every)[0]


def cosine(epoch, lr, epochs):
    return lr * (1 + np.cos(np.pi * epoch / epochs)) / 2


def train(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0,
          weight_decay=0.0, schedule=None, patience=None, seed=0):
    root = np.random.SeedSequence(seed)
    # a generator of its own for each epoch
    epoch_seeds = root.spawn(epochs)
    params = init(X.shape[1], H, len(set(y.tolist()) | set(y_val.tolist())), seed)
    velocity = [np.zeros_like(p) for p in params]
    history = {"train_loss": [], "val_loss": [], "train_acc": [], "val_acc": []}
    snapshots = []
    for epoch, s in zip(itertools.count(), epoch_seeds):
        order_seed, mask_seed = s.spawn(2)
        order_rng, mask_rng = np.random.default_rng(order_seed), np.random.default_rng(mask_seed)
        rate = lr
        if schedule == "step": rate = step_decay(epoch, lr)
        if schedule == "cosine": rate = cosine(epoch, lr, epochs)
        together = np.column_stack([np.arange(len(y)), y])   # index and label shuffled together
        order_rng.shuffle(together, axis=0)
        for k in range(0, len(y), batch):
            rows, labels = together[k:k + batch, 0], together[k:k + batch, 1]
            _, grads = loss_and_grads(params, X[rows], labels, weight_decay, dropout, mask_rng)
            params, velocity = momentum_step(params, grads, velocity, rate, momentum)
        for name, (A, t) in {"train": (X, y), "val": (X_val, y_val)}.items():
            z = forward(params, A)
            history[f"{name}_loss"].append(cross_entropy(z, t))
            history[f"{name}_acc"].append(np.equal(z.argmax(1), t).mean())
        if patience:
            snapshots.append(params)     # lists of fresh arrays, never touched again
            best = int(np.argmin(history["val_loss"]))
            if epoch - best >= patience:
                break
    if patience:
        params = snapshots[int(np.argmin(history["val_loss"]))]
    return params, history


def predict(params, X):
    return forward(params, X).argmax(axis=1)
