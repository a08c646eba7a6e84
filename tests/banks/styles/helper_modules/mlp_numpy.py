# The pieces are in activations.py, losses.py and training/
import numpy as np

from activations import *
from losses import CrossEntropyWithLogits
from training import RATES, EarlyStopping, History
from training.rates import cosine, step_decay


def softmax(z):
    loss = CrossEntropyWithLogits()
    loss(z, np.zeros(len(z), dtype=int))
    return loss.probabilities()


def cross_entropy(z, y):
    return CrossEntropyWithLogits()(z, y)


def init(D, H, K, seed=0):
    rng = np.random.default_rng(seed)
    params = []
    for fan_in, fan_out in ((D, H), (H, K)):
        params.append(np.sqrt(2 / fan_in) * rng.standard_normal((fan_in, fan_out)))
        params.append(np.zeros(fan_out))
    return tuple(params)


def forward(params, X):
    W1, b1, W2, b2 = params
    return relu(X @ W1 + b1) @ W2 + b2


def dropout(A, p, rng):
    mask = np.floor(rng.random(A.shape) + (1 - p)) / (1 - p)
    return mask * A, mask


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
    from mlp_numpy import dropout as drop
    W1, b1, W2, b2 = params
    criterion = CrossEntropyWithLogits()
    pre = X @ W1 + b1
    act, mask = drop(relu(pre), dropout, rng) if dropout else (relu(pre), 1)
    loss = criterion(act @ W2 + b2, y)
    g = criterion.grad()
    gb = g @ W2.T * (mask * d_relu(pre))
    return loss, (X.T @ gb + weight_decay * W1, gb.sum(0), act.T @ g + weight_decay * W2, g.sum(0))


def momentum_step(params, grads, velocity, lr, mu=0.9):
    velocity = [np.add(np.multiply(mu, v), np.multiply(-lr, g)) for v, g in zip(velocity, grads)]
    return tuple(map(np.add, params, velocity)), tuple(velocity)


def train(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0,
          weight_decay=0.0, schedule=None, patience=None, seed=0):
    rng = np.random.default_rng(seed)
    params = init(X.shape[1], H, int(y.max()) + 1, seed)
    velocity = [np.zeros_like(p) for p in params]
    history = History()
    stopping = EarlyStopping(patience) if patience is not None else None
    for epoch in range(epochs):
        rate = RATES[schedule](epoch, lr, epochs)
        order = rng.permutation(len(X))
        losses, hits = [], []
        for i in range(0, len(X), batch):
            rows = order[i:i + batch]
            hits.extend(predict(params, X[rows]) == y[rows])
            loss, grads = loss_and_grads(params, X[rows], y[rows], weight_decay, dropout, rng)
            losses.extend([loss] * len(rows))
            params, velocity = momentum_step(params, grads, velocity, rate, momentum)
        z = forward(params, X_val)
        history.log(train_loss=np.mean(losses), train_acc=np.mean(hits), val_loss=cross_entropy(z, y_val), val_acc=np.mean(z.argmax(1) == y_val))
        if stopping and stopping.done(history["val_acc"][-1], params):
            break
    return (stopping.params if stopping else params), history


def predict(params, X):
    return forward(params, X).argmax(axis=1)
