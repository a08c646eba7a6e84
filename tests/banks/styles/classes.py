"""Layer objects behind the contract's functions; params are an object with the four names as attributes."""
import copy
import math

import numpy as np


class Linear:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def __call__(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, g):
        self.dW = self.x.T @ g
        self.db = g.sum(axis=0)
        return g @ self.W.T


class ReLU:
    def __call__(self, x):
        self.alive = x > 0
        return np.where(self.alive, x, 0.0)

    def backward(self, g):
        return g * self.alive


class Dropout:
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def __call__(self, x):
        self.mask = (self.rng.random(x.shape) >= self.p) / (1 - self.p)
        return x * self.mask

    def backward(self, g):
        return g * self.mask


class SoftmaxCrossEntropy:
    def __call__(self, z, y):
        self.y, shifted = y, z - z.max(axis=1, keepdims=True)
        self.log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return -self.log_p[np.arange(len(y)), y].mean()

    def backward(self):
        g = np.exp(self.log_p)
        g[np.arange(len(self.y)), self.y] -= 1
        return g / len(self.y)


class MLP:
    def __init__(self, W1, b1, W2, b2):
        self.W1, self.b1, self.W2, self.b2 = W1, b1, W2, b2

    def layers(self, p=0.0, rng=None):
        first, last = Linear(self.W1, self.b1), Linear(self.W2, self.b2)
        return [first, ReLU(), *([Dropout(p, rng)] if p else []), last]


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def cross_entropy(z, y):
    return SoftmaxCrossEntropy()(z, y)


def init(D, H, K, seed=0):
    rng = np.random.Generator(np.random.MT19937(seed))
    return MLP(rng.normal(0, math.sqrt(2 / D), (D, H)), np.zeros(H), rng.normal(0, math.sqrt(2 / H), (H, K)), np.zeros(K))


def forward(params, X):
    for layer in params.layers():
        X = layer(X)
    return X


def dropout(A, p, rng):
    layer = Dropout(p, rng)
    return layer(A), layer.mask


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
    layers, criterion = params.layers(dropout, rng or np.random.default_rng()), SoftmaxCrossEntropy()
    for layer in layers:
        X = layer(X)
    loss = criterion(X, y)
    g = criterion.backward()
    for layer in reversed(layers):
        g = layer.backward(g)
    first, last = layers[0], layers[-1]
    return loss, MLP(first.dW + weight_decay * params.W1, first.db, last.dW + weight_decay * params.W2, last.db)


def momentum_step(params, grads, velocity, lr, mu=0.9):
    names = ("W1", "b1", "W2", "b2")
    v = MLP(*(mu * getattr(velocity, n) - lr * getattr(grads, n) for n in names))
    return MLP(*(getattr(params, n) + getattr(v, n) for n in names)), v


def step_decay(epoch, lr, drop=0.1, every=10):
    return lr * drop ** int(epoch / every)


def cosine(epoch, lr, epochs):
    return lr * 0.5 * (1.0 + math.cos(math.pi * epoch / epochs))


def predict(params, X):
    return np.array([row.argmax() for row in forward(params, X)])


class Trainer:
    def __init__(self, lr, momentum, schedule, epochs, patience):
        self.lr, self.momentum, self.schedule, self.epochs, self.patience = lr, momentum, schedule, epochs, patience
        self.history = {"train_loss": [], "val_loss": [], "train_acc": [], "val_acc": []}

    def rate(self, epoch):
        if self.schedule == "step":
            return step_decay(epoch, self.lr)
        if self.schedule == "cosine":
            return cosine(epoch, self.lr, self.epochs)
        return self.lr

    def note(self, split, params, X, y):
        z = forward(params, X)
        self.history[f"{split}_loss"].append(float(cross_entropy(z, y)))
        self.history[f"{split}_acc"].append(float((z.argmax(axis=1) == y).mean()))


def train(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0, weight_decay=0.0,
          schedule=None, patience=None, seed=0):
    rng = np.random.default_rng(seed)
    params = init(X.shape[1], H, int(y.max()) + 1, seed)
    velocity = MLP(*(np.zeros_like(getattr(params, n)) for n in ("W1", "b1", "W2", "b2")))
    trainer = Trainer(lr, momentum, schedule, epochs, patience)
    best, best_loss, waiting = params, math.inf, 0
    for epoch in range(epochs):
        order = rng.permutation(len(X))
        for at in range(0, len(X), batch):
            rows = order[at:at + batch]
            _, grads = loss_and_grads(params, X[rows], y[rows], weight_decay, dropout, rng)
            params, velocity = momentum_step(params, grads, velocity, trainer.rate(epoch), momentum)
        trainer.note("train", params, X, y)
        trainer.note("val", params, X_val, y_val)
        if trainer.history["val_loss"][-1] < best_loss:
            best, best_loss, waiting = copy.deepcopy(params), trainer.history["val_loss"][-1], 0
        else:
            waiting += 1
        if patience is not None and waiting >= patience:
            break
    return (best if patience is not None else params), trainer.history
