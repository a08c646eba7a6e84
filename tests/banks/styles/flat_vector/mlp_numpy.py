"""All parameters live in one long vector; W1, b1, W2, b2 are views into it. One numpy op per update."""
import numpy as np


class Views(tuple):
    """A tuple of four arrays that remembers the vector behind them."""

    vec: np.ndarray

    @classmethod
    def make(cls, vec, D, H, K):
        cuts = np.cumsum([D * H, H, H * K])
        a, b, c, d = np.split(vec, cuts)
        self = cls((a.reshape(D, H), b, c.reshape(H, K), d))
        self.vec = vec
        return self


def pack(params):
    if isinstance(params, Views):
        return params.vec
    return np.concatenate([np.ravel(p) for p in params])


def like(params, vec):
    (D, H), K = np.shape(params[0]), len(params[3])
    return Views.make(vec, D, H, K)


def softmax(z):
    with np.errstate(over="ignore", under="ignore"):
        e = np.exp(z - z.max(axis=1)[:, None])
        return e / e.sum(axis=1)[:, None]


def cross_entropy(z, y):
    with np.errstate(over="ignore", under="ignore"):
        margins = z - z[np.arange(len(z)), y][:, None]   # 0 for the right class
        m = np.maximum(margins.max(axis=1), 0)
        return np.mean(m + np.log(np.exp(margins - m[:, None]).sum(axis=1)))


def init(D, H, K, seed=0):
    rng = np.random.default_rng(seed)
    vec = np.concatenate([rng.normal(0, np.sqrt(2 / D), D * H), np.zeros(H), rng.normal(0, np.sqrt(2 / H), H * K), np.zeros(K)])
    return Views.make(vec, D, H, K)


def forward(params, X):
    W1, b1, W2, b2 = params
    A = X @ W1 + b1
    return ((np.abs(A) + A) / 2) @ W2 + b2    # (|x| + x) / 2 is relu


def dropout(A, p, rng):
    mask = rng.choice([0.0, 1 / (1 - p)], size=A.shape, p=[p, 1 - p])
    return A * mask, mask


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
    (D, H), K, N = np.shape(params[0]), len(params[3]), len(X)
    grads = Views.make(np.zeros(D * H + H + H * K + K), D, H, K)
    dW1, db1, dW2, db2 = grads
    W1, b1, W2, b2 = params
    pre = X @ W1 + b1
    gate = (pre > 0) * 1.0
    if dropout > 0:
        gate *= (rng.random(pre.shape) >= dropout) / (1 - dropout)
    act = pre * gate
    z = act @ W2 + b2
    err = softmax(z)
    err[np.arange(N), y] -= 1.0
    err *= 1.0 / N
    np.matmul(act.T, err, out=dW2)
    np.sum(err, axis=0, out=db2)
    back = (err @ W2.T) * gate
    np.matmul(X.T, back, out=dW1)
    np.sum(back, axis=0, out=db1)
    dW1 += weight_decay * W1
    dW2 += weight_decay * W2
    return cross_entropy(z, y), grads


def momentum_step(params, grads, velocity, lr, mu=0.9):
    v = mu * pack(velocity) - lr * pack(grads)
    return like(params, pack(params) + v), like(params, v)


def step_decay(epoch, lr, drop=0.1, every=10):
    return lr * drop ** np.floor(epoch / every)


def cosine(epoch, lr, epochs):
    return (np.cos(np.linspace(0, np.pi, epochs + 1)) / 2 + 0.5)[epoch] * lr


def train(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0,
          weight_decay=0.0, schedule=None, patience=None, seed=0):
    rng = np.random.default_rng(seed)
    params = init(X.shape[1], H, int(y.max()) + 1, seed)
    velocity = like(params, np.zeros_like(params.vec))
    rates = np.full(epochs, lr, dtype=float)
    if schedule == "step":
        rates = np.array([step_decay(e, lr) for e in range(epochs)])
    if schedule == "cosine":
        rates = np.array([cosine(e, lr, epochs) for e in range(epochs)])
    log = np.zeros((epochs, 4))
    best, best_epoch = params.vec.copy(), 0
    last = epochs
    for e in range(epochs):
        for idx in np.array_split(rng.permutation(len(X)), np.arange(batch, len(X), batch)):
            params, velocity = momentum_step(params, loss_and_grads(params, X[idx], y[idx], weight_decay, dropout, rng)[1], velocity, rates[e], momentum)
        zt, zv = forward(params, X), forward(params, X_val)
        log[e] = cross_entropy(zt, y), cross_entropy(zv, y_val), (zt.argmax(1) == y).mean(), (zv.argmax(1) == y_val).mean()
        if e == 0 or log[e, 1] < log[best_epoch, 1]:
            best, best_epoch = params.vec.copy(), e
        elif patience is not None and e - best_epoch >= patience:
            last = e + 1
            break
    if patience is not None:
        params = like(params, best)
    return params, dict(zip(("train_loss", "val_loss", "train_acc", "val_acc"), log[:last].T))


def predict(params, X):
    return forward(params, X).argmax(1)
