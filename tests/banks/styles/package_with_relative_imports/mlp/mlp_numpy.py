"""The names of the assignment; see nn/."""
import dataclasses

import numpy as np

from .config import TrainConfig
from .nn import cosine, cross_entropy, forward, init, loss_and_grads, momentum_step, softmax, step_decay
from .nn.functional import drop as dropout

__all__ = ["softmax", "cross_entropy", "dropout", "init", "forward", "loss_and_grads", "momentum_step", "step_decay", "cosine", "train", "predict"]


def train(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0,
          weight_decay=0.0, schedule=None, patience=None, seed=0):
    cfg = TrainConfig(H, lr, epochs, batch, momentum, dropout, weight_decay, schedule, patience, seed)
    return fit(X, y, X_val, y_val, cfg)


def learning_rate(cfg, epoch):
    if cfg.schedule == "step":
        return step_decay(epoch, cfg.lr)
    if cfg.schedule == "cosine":
        return cosine(epoch, cfg.lr, cfg.epochs)
    return cfg.lr


def fit(X, y, X_val, y_val, cfg):
    rng = np.random.default_rng(cfg.seed)
    params = init(X.shape[1], cfg.H, int(max(y.max(), y_val.max())) + 1, cfg.seed)
    velocity = tuple(np.zeros_like(p) for p in params)
    history = {"train_loss": [], "val_loss": [], "train_acc": [], "val_acc": []}
    best = (float("inf"), params)
    bad_epochs = 0
    for epoch in range(cfg.epochs):
        order = rng.permutation(len(X))
        for i in range(0, len(X), cfg.batch):
            rows = order[i : i + cfg.batch]
            _, grads = loss_and_grads(params, X[rows], y[rows], cfg.weight_decay, cfg.dropout, rng)
            params, velocity = momentum_step(params, grads, velocity, learning_rate(cfg, epoch), cfg.momentum)
        for name, images, labels in (("train", X, y), ("val", X_val, y_val)):
            z = forward(params, images)
            history[name + "_loss"].append(cross_entropy(z, labels))
            history[name + "_acc"].append(float(np.mean(z.argmax(axis=1) == labels)))
        if cfg.patience is None:
            continue
        if history["val_loss"][-1] < best[0]:
            best, bad_epochs = (history["val_loss"][-1], params), 0
        else:
            bad_epochs += 1
        if bad_epochs >= cfg.patience:
            break
    return (params if cfg.patience is None else best[1]), history


def predict(params, X):
    return forward(params, X).argmax(axis=1)


if __name__ == "__main__":
    print(dataclasses.asdict(TrainConfig()))
