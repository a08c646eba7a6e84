"""One-hot labels and einsum for every product; biases are rows of shape (1, H); the full softmax Jacobian."""
import numpy as np

print("loading my network")


def softmax(z):
    z = np.array(z)  # a copy
    z -= np.amax(z, axis=1, keepdims=True)
    np.exp(z, out=z)
    z /= np.einsum("nk->n", z)[:, None]
    return z


def cross_entropy(z, y):
    Y = np.eye(z.shape[1])[y]
    shifted = z - np.amax(z, axis=1, keepdims=True)
    logs = shifted - np.log(np.einsum("nk->n", np.exp(shifted)))[:, None]
    return -np.einsum("nk,nk->", Y, logs) / z.shape[0]


def init(D, H, K, seed=0):
    np.random.seed(seed)
    W1 = np.random.normal(0, np.sqrt(2 / D), (D, H))
    W2 = np.random.normal(0, np.sqrt(2 / H), (H, K))
    return W1, np.zeros((1, H)), W2, np.zeros((1, K))


def forward(params, X):
    W1, b1, W2, b2 = params
    A = np.einsum("nd,dh->nh", X, W1) + np.reshape(b1, (1, -1))
    A[A < 0] = 0
    return np.einsum("nh,hk->nk", A, W2) + np.reshape(b2, (1, -1))


def dropout(A, p, rng):
    mask = (rng.random(A.shape) > p) * (1.0 / (1.0 - p))
    return np.einsum("nh,nh->nh", A, mask), mask


my_dropout = dropout


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
    W1, b1, W2, b2 = params
    N = X.shape[0]
    Z1 = np.einsum("nd,dh->nh", X, W1) + np.reshape(b1, (1, -1))
    A1 = np.where(Z1 > 0, Z1, 0)
    M = np.ones_like(A1)
    if dropout > 0:
        A1, M = my_dropout(A1, dropout, rng if rng is not None else np.random.default_rng())
    Z2 = np.einsum("nh,hk->nk", A1, W2) + np.reshape(b2, (1, -1))
    P = softmax(Z2)
    Y = np.eye(Z2.shape[1])[y]
    # dL/dP and the Jacobian of each row: slow, and right; 1e-300 keeps the quotient finite
    dP = -Y / np.maximum(P, 1e-300) / N
    J = np.einsum("ni,ij->nij", P, np.eye(P.shape[1])) - np.einsum("ni,nj->nij", P, P)
    dZ2 = np.einsum("ni,nij->nj", dP, J)
    dW2 = np.einsum("nh,nk->hk", A1, dZ2) + weight_decay * W2
    db2 = np.einsum("nk->k", dZ2)[None, :]
    dZ1 = np.einsum("nk,hk->nh", dZ2, W2) * M * np.heaviside(Z1, 0)
    dW1 = np.einsum("nd,nh->dh", X, dZ1) + weight_decay * W1
    db1 = np.einsum("nh->h", dZ1)[None, :]
    return cross_entropy(Z2, y), (dW1, db1, dW2, db2)


def momentum_step(params, grads, velocity, lr, mu=0.9):
    velocity = tuple(mu * np.reshape(v, np.shape(p)) - lr * np.reshape(g, np.shape(p)) for p, v, g in zip(params, velocity, grads))
    return tuple(p + v for p, v in zip(params, velocity)), velocity


def step_decay(epoch, lr, drop=0.1, every=10):
    return lr * drop ** np.floor(epoch / every)


def cosine(epoch, lr, epochs):
    return lr / 2 * (1 + np.cos(epoch * np.pi / epochs))


def predict(params, X):
    return forward(params, X).argmax(axis=1)[:, None]  # a column


def train(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0, weight_decay=0.0,
          schedule=None, patience=None, seed=0):
    params = init(X.shape[1], H, np.unique(y).size, seed)
    rng = np.random.default_rng(seed)
    velocity = tuple(0 * p for p in params)
    history = {"train_loss": [], "val_loss": [], "train_acc": [], "val_acc": []}
    best, best_loss, bad = params, float("inf"), 0
    for epoch in range(epochs):
        rate = lr
        if schedule == "step":
            rate = step_decay(epoch, lr)
        if schedule == "cosine":
            rate = cosine(epoch, lr, epochs)
        order = np.random.permutation(len(X))
        for start in range(0, len(X), batch):
            at = order[start:start + batch]
            loss, grads = loss_and_grads(params, X[at], y[at], weight_decay, dropout, rng)
            params, velocity = momentum_step(params, grads, velocity, rate, momentum)
        history["train_loss"].append(cross_entropy(forward(params, X), y))
        history["val_loss"].append(cross_entropy(forward(params, X_val), y_val))
        history["train_acc"].append(float((predict(params, X)[:, 0] == y).mean()))
        history["val_acc"].append(float((predict(params, X_val)[:, 0] == y_val).mean()))
        if history["val_loss"][-1] < best_loss:
            best, best_loss, bad = tuple(p.copy() for p in params), history["val_loss"][-1], 0
        else:
            bad += 1
            if patience is not None and bad >= patience:
                break
    return (best if patience is not None else params), history
