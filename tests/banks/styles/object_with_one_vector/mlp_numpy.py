"""An object that keeps one long vector; W1, b1, W2, b2 are views of it. Arithmetic happens on the vector."""
import numpy as np


class Theta:
    def __init__(self, W1, b1, W2, b2):
        parts = [np.asarray(a) for a in (W1, b1, W2, b2)]
        self.shapes = [a.shape for a in parts]
        self.vec = np.concatenate([a.ravel() for a in parts])
        ends = np.cumsum([a.size for a in parts])
        self.W1, self.b1, self.W2, self.b2 = (
            piece.reshape(shape) for piece, shape in zip(np.split(self.vec, ends[:-1]), self.shapes)
        )

    def with_vec(self, vec):
        new = Theta(self.W1, self.b1, self.W2, self.b2)
        new.vec[:] = vec
        return new


def softmax(z):
    z = z - np.max(z, axis=1, keepdims=True)
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def cross_entropy(z, y):
    z = z - np.max(z, axis=1, keepdims=True)
    return np.log(np.exp(z).sum(axis=1)).mean() - z[np.arange(len(y)), y].mean()


def init(D, H, K, seed=0):
    rng = np.random.default_rng(seed)
    return Theta(rng.normal(0, np.sqrt(2 / D), (D, H)), np.zeros(H), rng.normal(0, np.sqrt(2 / H), (H, K)), np.zeros(K))


def forward(params, X):
    return np.maximum(X @ params.W1 + params.b1, 0) @ params.W2 + params.b2


def dropout(A, p, rng):
    mask = (rng.random(A.shape) >= p) / (1 - p)
    return A * mask, mask


drop = dropout


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
    H1 = np.maximum(X @ params.W1 + params.b1, 0)
    H1, M = drop(H1, dropout, rng) if dropout else (H1, 1.0)
    Z = H1 @ params.W2 + params.b2
    G = softmax(Z)
    G[np.arange(len(y)), y] -= 1
    G /= len(y)
    B = np.where(H1 > 0, G @ params.W2.T, 0) * M
    grads = Theta(X.T @ B, B.sum(0), H1.T @ G, G.sum(0))
    grads.W1 += weight_decay * params.W1   # in place, so that the vector sees it
    grads.W2 += weight_decay * params.W2
    return cross_entropy(Z, y), grads


def momentum_step(params, grads, velocity, lr, mu=0.9):
    velocity = velocity.with_vec(mu * velocity.vec - lr * grads.vec)
    return params.with_vec(params.vec + velocity.vec), velocity


def step_decay(epoch, lr, drop=0.1, every=10):
    return lr * drop ** (epoch // every)


def cosine(epoch, lr, epochs):
    return lr * (1 + np.cos(np.pi * epoch / epochs)) / 2


def train(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0,
          weight_decay=0.0, schedule=None, patience=None, seed=0):
    rng = np.random.default_rng(seed)
    theta = init(X.shape[1], H, int(y.max()) + 1, seed)
    velocity = theta.with_vec(0.0)
    history = {"train_loss": [], "val_loss": [], "train_acc": [], "val_acc": []}
    best = theta
    for epoch in range(epochs):
        rate = lr
        if schedule is not None:
            rate = step_decay(epoch, lr) if schedule == "step" else cosine(epoch, lr, epochs)
        order = rng.permutation(len(X))
        for i in range(0, len(X), batch):
            rows = order[i:i + batch]
            _, grads = loss_and_grads(theta, X[rows], y[rows], weight_decay, dropout, rng)
            theta, velocity = momentum_step(theta, grads, velocity, rate, momentum)
        for name, A, t in (("train", X, y), ("val", X_val, y_val)):
            z = forward(theta, A)
            history[name + "_loss"].append(cross_entropy(z, t))
            history[name + "_acc"].append((z.argmax(1) == t).mean())
        best_epoch = int(np.argmin(history["val_loss"]))
        if best_epoch == epoch:
            best = theta
        elif patience is not None and epoch - best_epoch >= patience:
            break
    return (theta if patience is None else best), history


def predict(params, X):
    return forward(params, X).argmax(axis=1)
