"""No nn.Linear, no torch.optim: nn.Parameter matrices stored like in the NumPy version (D, H), updates under no_grad."""
import numpy as np
import torch
from torch import nn

import mlp_numpy


class TwoLayer(nn.Module):
    def __init__(self, W1, b1, W2, b2, p):
        super().__init__()
        self.W1, self.b1, self.W2, self.b2 = (nn.Parameter(torch.tensor(a, dtype=torch.float32)) for a in (W1, b1, W2, b2))
        self.drop = nn.Dropout(p)

    def forward(self, x):
        x = torch.clamp(x @ self.W1 + self.b1, min=0)
        return self.drop(x) @ self.W2 + self.b2


def build_torch(D, H, K, dropout=0.0, seed=0):
    # exactly the weights of the NumPy network
    return TwoLayer(*mlp_numpy.init(D, H, K, seed), dropout)


def loss_of(z, y):
    return (torch.logsumexp(z, dim=1) - z.gather(1, y[:, None])[:, 0]).mean()


@torch.no_grad()
def metrics(model, X, y):
    model.eval()
    z = model(X)
    return loss_of(z, y).item(), (z.argmax(1) == y).numpy().mean().item()


def train_torch(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0,
                weight_decay=0.0, schedule=None, patience=None, seed=0):
    torch.manual_seed(seed)
    X, X_val = (torch.tensor(A, dtype=torch.float32) for A in (X, X_val))
    y, y_val = (torch.tensor(b, dtype=torch.int64) for b in (y, y_val))
    model = build_torch(X.shape[1], H, int(y.max()) + 1, dropout, seed)
    theta = list(model.parameters())
    velocity = [torch.zeros_like(t) for t in theta]
    history = {k: [] for k in ("train_loss", "train_acc", "val_loss", "val_acc")}
    best, since = None, 0
    for epoch in range(epochs):
        eta = {"step": mlp_numpy.step_decay(epoch, lr), "cosine": mlp_numpy.cosine(epoch, lr, epochs)}.get(schedule, lr)
        model.train()
        perm = torch.randperm(len(X))
        for i in range(0, len(X), batch):
            rows = perm[i:i + batch]
            grads = torch.autograd.grad(loss_of(model(X[rows]), y[rows]), theta)
            with torch.no_grad():
                for t, g, v in zip(theta, grads, velocity):
                    if t.dim() == 2:
                        g = g + weight_decay * t      # weight decay by hand, not for the biases
                    v.mul_(momentum).sub_(eta * g)    # v <- mu v - lr g, as in the assignment
                    t.add_(v)
        for split, A, b in (("train", X, y), ("val", X_val, y_val)):
            loss, acc = metrics(model, A, b)
            history[split + "_loss"].append(loss)
            history[split + "_acc"].append(acc)
        if patience is not None:
            if best is None or history["val_loss"][-1] < best[0]:
                best, since = (history["val_loss"][-1], [t.detach().clone() for t in theta]), 0
            else:
                since += 1
                if since == patience:
                    break
    if best is not None:
        with torch.no_grad():
            for t, b in zip(theta, best[1]):
                t.copy_(b)
    return model, history


def predict_torch(model, X):
    model.eval()
    with torch.inference_mode():
        return np.asarray(model(torch.tensor(X, dtype=torch.float32)).argmax(1))
