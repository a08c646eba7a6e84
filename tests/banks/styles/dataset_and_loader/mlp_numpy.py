"""PyTorch-like Dataset / DataLoader, written in NumPy. Params is a types.SimpleNamespace."""
import math
import random
from types import SimpleNamespace

import numpy as np


class ArrayDataset:
    def __init__(self, X, y):
        self.X, self.y = X, y

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.X[i], self.y[i]


class DataLoader:
    def __init__(self, dataset, batch_size, rng, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = dataset, batch_size, rng, drop_last

    def __iter__(self):
        order = list(range(len(self.dataset)))
        self.rng.shuffle(order)                     # random.Random, seeded
        chunks = [order[i:i + self.batch_size] for i in range(0, len(order), self.batch_size)]
        if self.drop_last and len(chunks) > 1 and len(chunks[-1]) < self.batch_size:
            chunks.pop()
        for chunk in chunks:
            yield self.dataset[chunk]


NAMES = ("W1", "b1", "W2", "b2")


def softmax(z):
    z = z - np.max(z, 1)[:, None]
    return np.exp(z - np.log(np.exp(z).sum(1))[:, None])


def cross_entropy(z, y):
    n = len(y)
    z = z - np.max(z, 1)[:, None]
    return np.sum(np.log(np.exp(z).sum(1)) - np.choose(y, z.T) if z.shape[1] < 32 else np.log(np.exp(z).sum(1)) - z[range(n), y]) / n


def init(D, H, K, seed=0):
    # the standard library is allowed, too
    r = random.Random(seed)
    gauss = lambda n, m, s: np.array([[r.gauss(0, s) for _ in range(m)] for _ in range(n)])
    return SimpleNamespace(W1=gauss(D, H, math.sqrt(2 / D)), b1=np.zeros(H), W2=gauss(H, K, math.sqrt(2 / H)), b2=np.zeros(K))


def hidden(params, X):
    return X @ params.W1 + params.b1


def forward(params, X):
    return np.maximum(hidden(params, X), 0) @ params.W2 + params.b2


def dropout(A, p, rng):
    mask = rng.random(A.shape)
    mask = np.where(mask < p, 0, 1)
    return A * mask / (1 - p), mask


_drop = dropout


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
    q = 1 - dropout
    pre = hidden(params, X)
    act = np.maximum(pre, 0)
    mask = 1
    if dropout:
        act, mask = _drop(act, dropout, rng)
    z = act @ params.W2 + params.b2
    p = softmax(z)
    p[np.arange(len(y)), y] -= 1
    p /= len(y)
    g = SimpleNamespace()
    g.W2 = act.T @ p + weight_decay * params.W2
    g.b2 = p.sum(0)
    up = (p @ params.W2.T) * mask / q * (pre > 0)
    g.W1 = X.T @ up + weight_decay * params.W1
    g.b1 = up.sum(0)
    return cross_entropy(z, y), g


def momentum_step(params, grads, velocity, lr, mu=0.9):
    v = SimpleNamespace(**{n: mu * getattr(velocity, n) + getattr(grads, n) for n in NAMES})
    return SimpleNamespace(**{n: getattr(params, n) - lr * getattr(v, n) for n in NAMES}), v


def step_decay(epoch, lr, drop=0.1, every=10):
    return lr * math.pow(drop, epoch // every)


def cosine(epoch, lr, epochs):
    return 0.5 * (1 + math.cos(math.pi * epoch / epochs)) * lr


def train(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0,
          weight_decay=0.0, schedule=None, patience=None, seed=0):
    loader = DataLoader(ArrayDataset(X, y), batch, random.Random(seed), drop_last=True)
    mask_rng = np.random.default_rng(seed)
    params = init(X.shape[1], H, int(y.max()) + 1, seed)
    velocity = SimpleNamespace(**{n: np.zeros_like(getattr(params, n)) for n in NAMES})
    tl, vl, ta, va = [], [], [], []
    best = None
    for epoch in range(epochs):
        if schedule == "step":
            rate = step_decay(epoch, lr)
        elif schedule == "cosine":
            rate = cosine(epoch, lr, epochs)
        else:
            rate = lr
        running_loss, running_right, seen = 0.0, 0, 0
        for xb, yb in loader:
            zb = forward(params, xb)
            running_right += int((zb.argmax(1) == yb).sum())
            running_loss += float(cross_entropy(zb, yb)) * len(yb)
            seen += len(yb)
            _, g = loss_and_grads(params, xb, yb, weight_decay, dropout, mask_rng)
            params, velocity = momentum_step(params, g, velocity, rate, momentum)
        tl.append(running_loss / seen)
        ta.append(running_right / seen)
        zv = forward(params, X_val)
        vl.append(float(cross_entropy(zv, y_val)))
        va.append(float((zv.argmax(1) == y_val).mean()))
        if patience is not None:
            if best is None or va[-1] > best[0]:
                best = (va[-1], params, epoch)
            elif epoch >= best[2] + patience:
                break
    return (best[1] if best else params), {"train_loss": tl, "train_acc": ta, "val_loss": vl, "val_acc": va}


def predict(params, X):
    return forward(params, X).argmax(1)
