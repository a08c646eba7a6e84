"""Object oriented: layers with forward/backward, an optimizer, a trainer. The required functions at the bottom wrap them."""

from __future__ import annotations

import copy
import math
from abc import ABC, abstractmethod
from collections import defaultdict

import numpy as np


class Layer(ABC):
    training = True

    @abstractmethod
    def forward(self, x): ...

    @abstractmethod
    def backward(self, grad): ...

    def parameters(self):
        return []


class Dense(Layer):
    def __init__(self, W, b):
        self.W, self.b = W, b
        self.dW = np.zeros_like(W)
        self.db = np.zeros_like(b)

    def forward(self, x):
        self._x = x
        return np.dot(x, self.W) + self.b

    def backward(self, grad):
        self.dW = np.dot(self._x.T, grad)
        self.db = np.add.reduce(grad, axis=0)
        return np.dot(grad, self.W.T)

    def parameters(self):
        return [("W", "dW"), ("b", "db")]


class ReLU(Layer):
    def forward(self, x):
        self._on = np.greater(x, 0)
        return np.where(self._on, x, np.zeros(1, dtype=x.dtype))

    def backward(self, grad):
        return np.where(self._on, grad, 0.0)


class Dropout(Layer):
    def __init__(self, p, rng):
        self.p = p
        self.rng = rng
        self.mask = None

    def forward(self, x):
        if not self.training or self.p == 0:
            self.mask = np.ones(x.shape, dtype=x.dtype)
            return x.copy()
        survivors = self.rng.uniform(size=x.shape) > self.p
        self.mask = survivors / (1.0 - self.p)
        return x * self.mask

    def backward(self, grad):
        return grad * self.mask


class SoftmaxCrossEntropy:
    @staticmethod
    def log_probs(z):
        shifted = z - np.max(z, axis=1, keepdims=True)
        return shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))

    def forward(self, z, y):
        self.y = np.asarray(y)
        self.lp = self.log_probs(z)
        return float(-np.mean(np.take_along_axis(self.lp, self.y.reshape(-1, 1), axis=1)))

    def backward(self):
        n, k = self.lp.shape
        target = np.zeros((n, k))
        target[np.arange(n), self.y] = 1.0
        return (np.exp(self.lp) - target) / n


class Network:
    """The 'params' object: its attributes W1, b1, W2, b2 are all there is to it."""

    def __init__(self, W1, b1, W2, b2):
        self.W1 = W1
        self.b1 = b1
        self.W2 = W2
        self.b2 = b2

    def layers(self, dropout=0.0, rng=None):
        return [Dense(self.W1, self.b1), ReLU(), Dropout(dropout, rng), Dense(self.W2, self.b2)]

    def zeros(self):
        return Network(*(np.zeros_like(a) for a in (self.W1, self.b1, self.W2, self.b2)))


class Gradients:
    def __init__(self, dW1, db1, dW2, db2):
        self.dW1, self.db1, self.dW2, self.db2 = dW1, db1, dW2, db2


def run(layers, x, training):
    for layer in layers:
        layer.training = training
        x = layer.forward(x)
    return x


def softmax(z):
    return np.exp(SoftmaxCrossEntropy.log_probs(z))


def cross_entropy(z, y):
    return SoftmaxCrossEntropy().forward(z, y)


def init(D, H, K, seed=0):
    gen = np.random.Generator(np.random.PCG64(seed))
    return Network(
        W1=gen.normal(loc=0.0, scale=math.sqrt(2.0 / D), size=(D, H)),
        W2=gen.normal(loc=0.0, scale=math.sqrt(2.0 / H), size=(H, K)),
        b1=np.zeros((H,)),
        b2=np.zeros((K,)),
    )


def forward(params, X):
    return run(params.layers(), X, training=False)


def dropout(A, p, rng):
    layer = Dropout(p, rng)
    return layer.forward(A), layer.mask


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
    layers = params.layers(dropout, rng if rng is not None else np.random.default_rng())
    criterion = SoftmaxCrossEntropy()
    loss = criterion.forward(run(layers, X, training=True), y)
    grad = criterion.backward()
    for layer in layers[::-1]:
        grad = layer.backward(grad)
    first, last = layers[0], layers[-1]
    penalty = 0.5 * weight_decay * (np.linalg.norm(first.W) ** 2 + np.linalg.norm(last.W) ** 2)
    return loss + penalty, Gradients(
        dW1=first.dW + weight_decay * first.W, db1=first.db, dW2=last.dW + weight_decay * last.W, db2=last.db
    )


class SGD:
    def __init__(self, lr, mu):
        self.lr, self.mu = lr, mu

    def step(self, params, grads, velocity):
        new, moved = copy.copy(params), copy.copy(velocity)
        for name in ("W1", "b1", "W2", "b2"):
            v = self.mu * getattr(velocity, name) - self.lr * getattr(grads, "d" + name)
            setattr(moved, name, v)
            setattr(new, name, getattr(params, name) + v)
        return new, moved


def momentum_step(params, grads, velocity, lr, mu=0.9):
    return SGD(lr, mu).step(params, grads, velocity)


def step_decay(epoch, lr, drop=0.1, every=10):
    for _ in range(epoch // every):
        lr = lr * drop
    return lr


def cosine(epoch, lr, epochs):
    return lr * math.cos(math.pi * epoch / epochs / 2) ** 2  # half-angle formula


class Trainer:
    def __init__(self, net, rng, momentum, dropout, weight_decay):
        self.net, self.rng = net, rng
        self.momentum, self.dropout, self.weight_decay = momentum, dropout, weight_decay
        self.velocity = net.zeros()
        self.history = defaultdict(list)

    def epoch(self, X, y, batch, lr):
        order = np.arange(len(X))
        self.rng.shuffle(order)
        for i in range(0, len(order), batch):
            idx = order[i : i + batch]
            _, grads = loss_and_grads(self.net, X[idx], y[idx], self.weight_decay, self.dropout, self.rng)
            self.net, self.velocity = momentum_step(self.net, grads, self.velocity, lr, self.momentum)

    def log(self, split, X, y):
        z = forward(self.net, X)
        self.history[split + "_loss"].append(cross_entropy(z, y))
        self.history[split + "_acc"].append(np.mean(z.argmax(axis=1) == y))


class EarlyStopping:
    """Watches the validation accuracy."""

    def __init__(self, patience):
        self.patience, self.best, self.wait, self.kept = patience, -math.inf, 0, None

    def __call__(self, accuracy, net):
        if accuracy > self.best:
            self.best, self.wait, self.kept = accuracy, 0, copy.deepcopy(net)
            return False
        self.wait += 1
        return self.wait >= self.patience


def train(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0, weight_decay=0.0,
          schedule=None, patience=None, seed=0):
    rng = np.random.Generator(np.random.PCG64(seed + 1))
    trainer = Trainer(init(X.shape[1], H, len(np.unique(y)), seed), rng, momentum, dropout, weight_decay)
    stopper = EarlyStopping(patience) if patience else None
    for epoch in range(epochs):
        rate = {"step": lambda: step_decay(epoch, lr), "cosine": lambda: cosine(epoch, lr, epochs)}.get(schedule, lambda: lr)()
        trainer.epoch(X, y, batch, rate)
        trainer.log("train", X, y)
        trainer.log("val", X_val, y_val)
        if stopper and stopper(trainer.history["val_acc"][-1], trainer.net):
            break
    return (stopper.kept if stopper else trainer.net), trainer.history


def predict(params, X):
    return forward(params, X).argmax(axis=-1)
