# MLP numpy, everything preallocated / in place because malloc is slow
import numpy as np


def softmax(z):
    out = z.astype(np.result_type(z, np.float32), copy=True)
    out -= out.max(axis=1, keepdims=True)
    np.exp(out, out=out)
    out /= out.sum(axis=1, keepdims=True)
    return out


def cross_entropy(z, y):
    top = z.max(axis=1)
    s = np.exp(z - top[:, None]).sum(axis=1)
    return float(np.mean(np.log(s) + (top - z[np.arange(z.shape[0]), y])))


def init(D, H, K, seed=0):
    rng = np.random.default_rng(seed)
    W1 = np.empty((D, H))
    W2 = np.empty((H, K))
    rng.standard_normal(out=W1)
    rng.standard_normal(out=W2)
    W1 *= (2 / D) ** .5
    W2 *= (2 / H) ** .5
    return [W1, np.zeros(H), W2, np.zeros(K)]


def forward(params, X):
    A = X @ params[0]
    A += params[1]
    A[A < 0] = 0
    Z = A @ params[2]
    Z += params[3]
    return Z


def dropout(A, p, rng):
    M = rng.random(A.shape)
    np.greater_equal(M, p, out=M)
    M /= 1 - p
    return A * M, M


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
    drop = globals()["dropout"]
    W1, b1, W2, b2 = params
    N = X.shape[0]
    A = X @ W1
    A += b1
    np.maximum(A, 0, out=A)
    if dropout != 0:
        A, M = drop(A, dropout, rng)
    Z = A @ W2
    Z += b2
    loss = cross_entropy(Z, y)
    Z = softmax(Z)
    Z[np.arange(N), y] -= 1
    Z /= N
    dW2 = A.T @ Z
    dW2 += weight_decay * W2
    db2 = Z.sum(axis=0)
    G = Z @ W2.T
    if dropout != 0:
        G *= M
    G[A <= 0] = 0          # dropped ones are 0 anyway
    dW1 = X.T @ G
    dW1 += weight_decay * W1
    db1 = G.sum(axis=0)
    if weight_decay:
        loss += weight_decay / 2 * (np.vdot(W1, W1) + np.vdot(W2, W2))
    return loss, [dW1, db1, dW2, db2]


def momentum_step(params, grads, velocity, lr, mu=0.9):
    """updates params and velocity IN PLACE (and returns them too)"""
    for i in range(4):
        velocity[i] *= mu
        velocity[i] -= lr * grads[i]
        params[i] += velocity[i]
    return params, velocity


def step_decay(epoch, lr, drop=0.1, every=10):
    n = int(epoch / every)
    return lr * drop ** n


def cosine(epoch, lr, epochs):
    t = epoch / epochs
    return lr * .5 * (1. + np.cos(np.pi * t))


def train(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0,
          weight_decay=0.0, schedule=None, patience=None, seed=0):
    N = len(X)
    rng = np.random.default_rng(seed)
    params = init(X.shape[1], H, np.unique(np.concatenate([y, y_val])).size, seed=seed)
    velocity = [np.zeros_like(p) for p in params]
    order = np.arange(N)
    hist = dict(train_loss=np.full(epochs, np.nan), val_loss=np.full(epochs, np.nan),
                train_acc=np.full(epochs, np.nan), val_acc=np.full(epochs, np.nan))
    best = None
    done = 0
    for ep in range(epochs):
        rng.shuffle(order)                      # the same index array, shuffled again and again
        if schedule == "step":
            a = step_decay(ep, lr)
        elif schedule == "cosine":
            a = cosine(ep, lr, epochs)
        else:
            a = lr
        for lo in range(0, N, batch):
            sel = order[lo:lo + batch]
            _, grads = loss_and_grads(params, X[sel], y[sel], weight_decay, dropout, rng)
            momentum_step(params, grads, velocity, a, momentum)
        done = ep + 1
        for name, A, b in (("train", X, y), ("val", X_val, y_val)):
            Z = forward(params, A)
            hist[name + "_loss"][ep] = cross_entropy(Z, b)
            hist[name + "_acc"][ep] = (Z.argmax(1) == b).mean()
        if patience is not None:
            now = hist["val_loss"][ep]
            if best is None or now < best[0]:
                best = (now, ep, [p.copy() for p in params])  # copies!!! in place updates would change them
            elif ep - best[1] >= patience:
                break
    hist = {k: v[:done] for k, v in hist.items()}
    if best is not None:
        return best[2], hist
    return params, hist


def predict(params, X):
    return forward(params, X).argmax(1)
