"""A right PyTorch port in a style of its own: a module, a DataLoader, PyTorch's schedulers, stopping by accuracy."""

PORT = """
import copy

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class MLP(nn.Module):
    def __init__(self, D, H, K, p):
        super().__init__()
        self.fc_out = nn.Linear(H, K)  # made first on purpose
        self.fc_in = nn.Linear(D, H)
        self.p = p
        for layer in (self.fc_in, self.fc_out):
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
            layer.bias.data.fill_(0.0)

    def forward(self, x):
        h = torch.relu(self.fc_in(x))
        return self.fc_out(nn.functional.dropout(h, self.p, self.training))


def build_torch(D, H, K, dropout=0.0, seed=0):
    torch.manual_seed(seed)
    return MLP(D, H, K, dropout)


def _measure(model, data):
    model.eval()
    loss, right = 0.0, 0
    with torch.no_grad():
        for x, t in DataLoader(data, batch_size=32):
            z = model(x)
            loss += nn.functional.cross_entropy(z, t, reduction="sum").item()
            right += int((z.argmax(1) == t).sum())
    model.train()
    return loss / len(data), right / len(data)


def train_torch(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0,
                weight_decay=0.0, schedule=None, patience=None, seed=0):
    def tensors(A, b):
        return TensorDataset(torch.as_tensor(np.array(A), dtype=torch.float32), torch.as_tensor(np.array(b)).long())

    data, held_out = tensors(X, y), tensors(X_val, y_val)
    model = build_torch(X.shape[1], H, 1 + int(max(np.max(y), np.max(y_val))), dropout, seed)
    loader = DataLoader(data, batch_size=batch, shuffle=True, generator=torch.Generator().manual_seed(seed))
    optimiser = torch.optim.SGD(
        [{"params": [model.fc_in.weight, model.fc_out.weight], "weight_decay": weight_decay},
         {"params": [model.fc_in.bias, model.fc_out.bias]}], lr=lr, momentum=momentum)
    scheduler = {
        None: lambda: None,
        "step": lambda: torch.optim.lr_scheduler.StepLR(optimiser, 10, gamma=0.1),
        "cosine": lambda: torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=epochs),
    }[schedule]()
    history = {k: [] for k in ("train_loss", "val_loss", "train_acc", "val_acc")}
    best, kept, waited = -1.0, None, 0
    for _ in range(epochs):
        total, hits = 0.0, 0
        for x, t in loader:
            optimiser.zero_grad()
            z = model(x)
            loss = nn.functional.cross_entropy(z, t)
            loss.backward()
            optimiser.step()
            total += loss.item() * len(t)
            hits += int((z.argmax(1) == t).sum())
        if scheduler is not None:
            scheduler.step()
        val_loss, val_acc = _measure(model, held_out)
        for key, value in zip(history, (total / len(data), val_loss, hits / len(data), val_acc)):
            history[key].append(value)
        if patience is not None:
            waited += 1
            if val_acc > best:
                best, kept, waited = val_acc, copy.deepcopy(model.state_dict()), 0
            if waited > patience:
                break
    if kept is not None:
        model.load_state_dict(kept)
    return model, history


@torch.no_grad()
def predict_torch(model, X):
    was = model.training
    model.eval()
    labels = torch.max(model(torch.as_tensor(np.array(X), dtype=torch.float32)), dim=1).indices.tolist()
    model.train(was)
    return labels
"""
