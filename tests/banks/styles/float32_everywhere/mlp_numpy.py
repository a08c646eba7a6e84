"""my mlp. EVERYTHING in float32 because float64 is twice as slow on my laptop!!"""
import numpy as np
from numpy import float32 as f32

eps_he = f32(2)


def softmax(z):
    z = np.array(z, dtype=f32)          # copy, so the input is safe
    z -= z.max(axis=-1, keepdims=True)
    np.exp(z, out=z)
    z /= z.sum(axis=-1, keepdims=True)
    return z


def cross_entropy(z, y):
    z = np.asarray(z, f32)
    m = z.max(1)
    # log sum exp trick
    lse = m + np.log(np.exp(z - m[:, None]).sum(1))
    losses = lse - z[range(len(y)), y]
    return losses.mean()                # this is a np.float32


def init(D, H, K, seed=0):
    g = np.random.default_rng(seed)
    W1 = g.standard_normal(size=(D, H), dtype=f32)
    W1 *= np.sqrt(eps_he / f32(D))
    W2 = g.standard_normal(size=(H, K), dtype=f32)
    W2 *= np.sqrt(eps_he / f32(H))
    return [W1, np.zeros(H, f32), W2, np.zeros(K, f32)]


def _to32(*arrays):
    return [np.asarray(a, dtype=f32) for a in arrays]


def _hidden(X, W1, b1):
    h = X @ W1
    h += b1
    return h


def forward(params, X):
    W1, b1, W2, b2 = _to32(*params)
    X, = _to32(X)
    return np.maximum(_hidden(X, W1, b1), 0) @ W2 + b2


def dropout(A, p, rng):
    A = np.asarray(A, f32)
    keep = f32(1 - p)
    mask = (rng.random(A.shape, dtype=f32) >= f32(p)).astype(f32) / keep
    return mask * A, mask


drop_fn = dropout


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
    W1, b1, W2, b2 = _to32(*params)
    X, = _to32(X)
    n = f32(len(X))
    wd = f32(weight_decay)
    h = _hidden(X, W1, b1)
    pos = h > 0
    a = np.where(pos, h, f32(0))
    if dropout > 0:
        if rng is None:
            rng = np.random.default_rng()
        a, mask = drop_fn(a, dropout, rng)
    z = a @ W2 + b2
    loss = cross_entropy(z, y)
    d = softmax(z)
    d[np.arange(len(y)), y] -= f32(1)
    d /= n
    gW2 = a.T @ d + wd * W2
    gb2 = d.sum(0)
    da = d @ W2.T
    if dropout > 0:
        da *= mask
    da *= pos
    gW1 = X.T @ da + wd * W1
    gb1 = da.sum(0)
    return loss, [gW1, gb1, gW2, gb2]


def momentum_step(params, grads, velocity, lr, mu=0.9):
    lr, mu = f32(lr), f32(mu)
    new_p, new_v = [], []
    for p, g, v in zip(params, grads, velocity):
        p, g, v = _to32(p, g, v)
        v = mu * v - lr * g
        new_v.append(v)
        new_p.append(p + v)
    return new_p, new_v


def step_decay(epoch, lr, drop=0.1, every=10):
    return f32(lr * drop ** (epoch // every))


def cosine(epoch, lr, epochs):
    return f32(lr / 2 * (1 + np.cos(np.pi * epoch / epochs)))


def _eval(params, X, y):
    z = forward(params, X)
    return cross_entropy(z, y), f32(np.mean(z.argmax(1) == y))


def train(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0,
          weight_decay=0.0, schedule=None, patience=None, seed=0):
    X, X_val = _to32(X, X_val)
    N, D = X.shape
    K = int(y.max()) + 1
    params = init(D, H, K, seed)
    vel = [np.zeros_like(p) for p in params]
    g = np.random.default_rng([seed, 1])
    tl, vl, ta, va = [], [], [], []
    best, best_params, bad = np.inf, None, 0
    for e in range(epochs):
        if schedule == 'step': eta = step_decay(e, lr)
        elif schedule == 'cosine': eta = cosine(e, lr, epochs)
        else: eta = f32(lr)
        idx = g.permutation(N)
        for i in range(0, N, batch):
            j = idx[i:i + batch]
            _, grads = loss_and_grads(params, X[j], y[j], weight_decay, dropout, g)
            params, vel = momentum_step(params, grads, vel, eta, momentum)
        l, a = _eval(params, X, y); tl.append(l); ta.append(a)
        l, a = _eval(params, X_val, y_val); vl.append(l); va.append(a)
        if patience is not None:
            if l < best:
                best, best_params, bad = l, [p.copy() for p in params], 0
            else:
                bad += 1
                if bad >= patience:
                    break
    if best_params is not None:
        params = best_params
    return params, {"train_loss": np.array(tl), "val_loss": np.array(vl), "train_acc": np.array(ta), "val_acc": np.array(va)}


def predict(params, X):
    return np.argmax(forward(params, X), axis=1).astype(np.int32)
