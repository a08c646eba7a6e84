"""The port in float64, so that it can be compared with the NumPy network digit for digit."""
import numpy as np
import torch
from torch import nn

from mlp_numpy import cosine, step_decay

DTYPE = torch.float64


class Head(nn.Linear):
    def __init__(self, n, m, rng):
        super().__init__(n, m, dtype=DTYPE)
        with torch.no_grad():
            self.weight.copy_(torch.from_numpy(rng.normal(0, np.sqrt(2 / n), (m, n))))
            self.bias.zero_()


class Dropout(nn.Module):
    """with a generator of its own"""

    def __init__(self, p, seed):
        super().__init__()
        self.p, self.generator = p, torch.Generator().manual_seed(seed)

    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        keep = torch.rand(x.shape, generator=self.generator) >= self.p
        return x * keep / (1 - self.p)


def build_torch(D, H, K, dropout=0.0, seed=0):
    rng = np.random.default_rng(seed)
    return nn.Sequential(Head(D, H, rng), nn.ReLU(), Dropout(dropout, seed), Head(H, K, rng))


def tensors(X, y):
    return torch.as_tensor(np.asarray(X), dtype=DTYPE), torch.as_tensor(np.asarray(y), dtype=torch.long)


def train_torch(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0,
                weight_decay=0.0, schedule=None, patience=None, seed=0):
    (X, y), (X_val, y_val) = tensors(X, y), tensors(X_val, y_val)
    model = build_torch(X.shape[1], H, int(y.max()) + 1, dropout, seed)
    ce = nn.CrossEntropyLoss()
    opt = torch.optim.SGD(model.parameters(), lr, momentum)
    generator = torch.Generator().manual_seed(seed)
    history = {k: [] for k in ("train_loss", "val_loss", "train_acc", "val_acc")}
    best = (np.inf, None, -1)
    for epoch in range(epochs):
        opt.param_groups[0]["lr"] = {"step": step_decay(epoch, lr), "cosine": cosine(epoch, lr, epochs), None: lr}[schedule]
        model.train()
        for rows in torch.randperm(len(X), generator=generator).split(batch):
            opt.zero_grad()
            ce(model(X[rows]), y[rows]).backward()
            for name, p in model.named_parameters():
                if name.endswith("weight"):
                    p.grad.add_(p.detach(), alpha=weight_decay)
            opt.step()
        model.eval()
        with torch.no_grad():
            for s, A, b in (("train", X, y), ("val", X_val, y_val)):
                z = model(A)
                history[s + "_loss"].append(ce(z, b).item())
                history[s + "_acc"].append((z.argmax(1) == b).double().mean().item())
        if patience is not None:
            if history["val_loss"][-1] < best[0]:
                best = history["val_loss"][-1], {k: v.clone() for k, v in model.state_dict().items()}, epoch
            elif epoch - best[2] >= patience:
                break
    if patience is not None:
        model.load_state_dict(best[1])
    return model, history


def predict_torch(model, X):
    model.eval()
    with torch.no_grad():
        return model(torch.as_tensor(np.asarray(X), dtype=DTYPE)).argmax(1).numpy()
