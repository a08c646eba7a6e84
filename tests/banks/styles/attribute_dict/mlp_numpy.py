"""Params is a dict whose keys are attributes too (params.W1), like sklearn's Bunch."""
import numpy as np


class Bunch(dict):
    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    __setattr__ = dict.__setitem__

    def apply(self, f, *others):
        return Bunch((k, f(self[k], *(o[k] for o in others))) for k in self)

    def copy(self):
        return self.apply(np.copy)


def softmax(z):
    z = np.exp(z - z.max(axis=-1, keepdims=True))
    return z / z.sum(axis=-1, keepdims=True)


def cross_entropy(z, y):
    z = z - z.max(axis=-1, keepdims=True)
    right = np.fromiter((row[k] for row, k in zip(z, y)), dtype=float, count=len(z))
    return float(np.mean(np.log(np.exp(z).sum(axis=-1)) - right))


def init(D, H, K, seed=0):
    rng = np.random.default_rng(seed)
    params = Bunch()
    params.W1 = rng.standard_normal((D, H)) * (2 / D) ** 0.5
    params.W2 = rng.standard_normal((H, K)) * (2 / H) ** 0.5
    params.b1, params.b2 = np.zeros(H), np.zeros(K)
    return params


def forward(params, X):
    return np.maximum(X @ params.W1 + params.b1, 0) @ params.W2 + params.b2


def dropout(A, p, rng):
    mask = (rng.random(A.shape) >= p) / (1 - p)
    return A * mask, mask


def _activations(params, X, p, rng):
    Z1 = X @ params.W1 + params.b1
    A1, mask = np.maximum(Z1, 0), 1.0
    if p:
        A1, mask = dropout(A1, p, rng)
    return Bunch(Z1=Z1, A1=A1, mask=mask, Z2=A1 @ params.W2 + params.b2)


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
    c = _activations(params, X, dropout, rng)
    d2 = softmax(c.Z2)
    d2[np.arange(len(y)), y] -= 1
    d2 /= len(y)
    d1 = (d2 @ params.W2.T) * c.mask * (c.Z1 > 0)
    grads = Bunch(W1=X.T @ d1, b1=d1.sum(0), W2=c.A1.T @ d2, b2=d2.sum(0))
    for name in "W1", "W2":
        grads[name] += weight_decay * params[name]
    return cross_entropy(c.Z2, y), grads


def momentum_step(params, grads, velocity, lr, mu=0.9):
    velocity = velocity.apply(lambda v, g: mu * v - lr * g, grads)
    return params.apply(np.add, velocity), velocity


def step_decay(epoch, lr, drop=0.1, every=10):
    return lr * drop ** (epoch // every)


def cosine(epoch, lr, epochs):
    return lr * (1 + np.cos(np.pi * epoch / epochs)) / 2


def train(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0,
          weight_decay=0.0, schedule=None, patience=None, seed=0):
    rng = np.random.default_rng(seed)
    params = init(X.shape[1], H, int(y.max()) + 1, seed)
    velocity = params.apply(np.zeros_like)
    history = Bunch(train_loss=[], val_loss=[], train_acc=[], val_acc=[])
    best = Bunch(loss=np.inf, params=params.copy(), epoch=0)
    for epoch in range(epochs):
        rate = Bunch(none=lr, step=step_decay(epoch, lr), cosine=cosine(epoch, lr, epochs))[schedule or "none"]
        order = rng.permutation(len(X))
        for i in range(0, len(X), batch):
            rows = order[i:i + batch]
            _, grads = loss_and_grads(params, X[rows], y[rows], weight_decay, dropout, rng)
            params, velocity = momentum_step(params, grads, velocity, rate, momentum)
        for name, A, t in (("train", X, y), ("val", X_val, y_val)):
            z = forward(params, A)
            history[name + "_loss"].append(cross_entropy(z, t))
            history[name + "_acc"].append(float((z.argmax(1) == t).mean()))
        if history.val_loss[-1] < best.loss:
            best = Bunch(loss=history.val_loss[-1], params=params.copy(), epoch=epoch)
        if patience is not None and epoch - best.epoch >= patience:
            break
    return (params if patience is None else best.params), history


def predict(params, X):
    return forward(params, X).argmax(axis=1)
