"""einsum everywhere. n: image, d: input, h: hidden, k: class"""
import numpy as np
from numpy import einsum


def one_hot(y, K):
    y = np.asarray(y)
    return (y[:, None] == np.arange(K)[None, :]).astype(float)


def softmax(z):
    z = z - z.max(axis=-1, keepdims=True)
    e = np.exp(z)
    return einsum("nk,n->nk", e, 1.0 / einsum("nk->n", e))


def cross_entropy(z, y):
    Y = one_hot(y, z.shape[1])
    # logits relative to the one of the right class: log(sum(exp(rel))) is then the loss, one more shift for safety
    rel = z - einsum("nk,nk->n", z, Y)[:, None]
    m = rel.max(axis=1)
    return float((m + np.log(einsum("nk->n", np.exp(rel - m[:, None])))).mean())


def init(D, H, K, seed=0):
    rng = np.random.default_rng(seed)
    W1 = einsum("dh,->dh", rng.normal(size=(D, H)), np.sqrt(2 / D))
    W2 = einsum("hk,->hk", rng.normal(size=(H, K)), np.sqrt(2 / H))
    return W1, np.zeros(H), W2, np.zeros(K)


def affine(x, W, b):
    return einsum("ni,ij->nj", x, W) + b[None, :]


def forward(params, X):
    W1, b1, W2, b2 = params
    return affine(np.clip(affine(X, W1, b1), 0, None), W2, b2)


def dropout(A, p, rng):
    M = (rng.uniform(0, 1, A.shape) > p) * (1.0 / (1.0 - p))
    return einsum("nh,nh->nh", A, M), M


do_dropout = dropout


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
    W1, b1, W2, b2 = params
    Z1 = affine(X, W1, b1)
    S = np.heaviside(Z1, 0.0)
    A1 = einsum("nh,nh->nh", S, Z1)
    if dropout > 0:
        A1, M = do_dropout(A1, dropout, rng)
        S = einsum("nh,nh->nh", S, M)
    Z2 = affine(A1, W2, b2)
    E = (softmax(Z2) - one_hot(y, Z2.shape[1])) / Z2.shape[0]
    dW2 = einsum("nh,nk->hk", A1, E)
    db2 = einsum("nk->k", E)
    # one einsum for the whole way back to the first layer
    G = einsum("nk,hk,nh->nh", E, W2, S, optimize=True)
    dW1 = einsum("nd,nh->dh", X, G)
    db1 = einsum("nh->h", G)
    loss = cross_entropy(Z2, y) + 0.5 * weight_decay * (einsum("dh,dh->", W1, W1) + einsum("hk,hk->", W2, W2))
    return loss, (dW1 + weight_decay * W1, db1, dW2 + weight_decay * W2, db2)


def momentum_step(params, grads, velocity, lr, mu=0.9):
    velocity = [mu * v + lr * g for v, g in zip(velocity, grads)]      # downhill is minus
    return [p - v for p, v in zip(params, velocity)], velocity


def step_decay(epoch, lr, drop=0.1, every=10):
    return lr * drop ** (epoch // every)


def cosine(epoch, lr, epochs):
    return 0.5 * lr * (1 + np.cos(np.pi * epoch / epochs))


def train(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0,
          weight_decay=0.0, schedule=None, patience=None, seed=0):
    rng = np.random.default_rng(seed)
    X, X_val = np.asarray(X, float), np.asarray(X_val, float)
    params = init(X.shape[1], H, int(np.max(y)) + 1, seed)
    velocity = [np.zeros_like(p) for p in params]
    history = {k: [] for k in ("train_loss", "val_loss", "train_acc", "val_acc")}
    best = {"acc": -1.0, "epoch": 0, "params": None}
    n_batches = max(1, len(X) // batch)                 # the last short batch is dropped
    for epoch in range(epochs):
        rate = {"step": step_decay(epoch, lr), "cosine": cosine(epoch, lr, epochs)}.get(schedule, lr)
        order = rng.permutation(len(X))
        for b in range(n_batches):
            i = order[b * batch:(b + 1) * batch]
            params, velocity = momentum_step(
                params, loss_and_grads(params, X[i], y[i], weight_decay, dropout, rng)[1], velocity, rate, momentum)
        for s, A, t in (("train", X, y), ("val", X_val, y_val)):
            z = forward(params, A)
            history[s + "_loss"].append(cross_entropy(z, t))
            history[s + "_acc"].append(np.count_nonzero(z.argmax(1) == t) / len(t))
        if patience is not None:
            if history["val_acc"][-1] > best["acc"]:
                best = {"acc": history["val_acc"][-1], "epoch": epoch, "params": [p.copy() for p in params]}
            if epoch - best["epoch"] >= patience:
                break
    return (params if patience is None else best["params"]), history


def predict(params, X):
    return forward(params, X).argmax(axis=1)
