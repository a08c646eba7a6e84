"""The PyTorch way: Dataset, DataLoader, optimizer, lr_scheduler. Everything seeded through the global torch.manual_seed."""
import copy

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, StepLR
from torch.utils.data import DataLoader, TensorDataset

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class MLP(nn.Module):
    def __init__(self, in_features, hidden, classes, dropout=0.0):
        super().__init__()
        self.fc1 = nn.Linear(in_features, hidden)
        self.relu = nn.ReLU()
        self.dropout = nn.Dropout(dropout)
        self.fc2 = nn.Linear(hidden, classes)
        self.apply(self._init_weights)

    @staticmethod
    def _init_weights(m):
        if isinstance(m, nn.Linear):
            nn.init.kaiming_normal_(m.weight, mode="fan_in", nonlinearity="relu")
            nn.init.constant_(m.bias, 0)

    def forward(self, x):
        x = x.view(x.size(0), -1)
        return self.fc2(self.dropout(self.relu(self.fc1(x))))


def build_torch(D, H, K, dropout=0.0, seed=0):
    torch.manual_seed(seed)
    return MLP(D, H, K, dropout).to(device)


def make_optimizer(model, lr, momentum, weight_decay):
    decay, no_decay = [], []
    for name, param in model.named_parameters():
        (no_decay if "bias" in name else decay).append(param)
    return torch.optim.SGD([{"params": decay, "weight_decay": weight_decay}, {"params": no_decay, "weight_decay": 0.0}],
                           lr=lr, momentum=momentum)


def make_scheduler(optimizer, schedule, epochs):
    if schedule == "step":
        return StepLR(optimizer, step_size=10, gamma=0.1)
    if schedule == "cosine":
        return CosineAnnealingLR(optimizer, T_max=epochs)
    return LambdaLR(optimizer, lambda epoch: 1.0)


def train_one_epoch(model, loader, optimizer):
    model.train()
    total, correct, n = 0.0, 0, 0
    for xb, yb in loader:
        xb, yb = xb.to(device), yb.to(device)
        optimizer.zero_grad(set_to_none=True)
        out = model(xb)
        loss = F.cross_entropy(out, yb)
        loss.backward()
        optimizer.step()
        total += loss.item() * xb.size(0)
        correct += (out.argmax(dim=1) == yb).sum().item()
        n += xb.size(0)
    return total / n, correct / n


@torch.no_grad()
def validate(model, loader):
    model.eval()
    total, correct, n = 0.0, 0, 0
    for xb, yb in loader:
        out = model(xb.to(device))
        total += F.cross_entropy(out, yb, reduction="sum").item()
        correct += (out.argmax(1) == yb).sum().item()
        n += len(yb)
    return total / n, correct / n


def train_torch(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0,
                weight_decay=0.0, schedule=None, patience=None, seed=0):
    model = build_torch(X.shape[1], H, int(np.max(y)) + 1, dropout, seed)
    train_set = TensorDataset(torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.long))
    val_set = TensorDataset(torch.tensor(X_val, dtype=torch.float32), torch.tensor(y_val, dtype=torch.long))
    train_loader = DataLoader(train_set, batch_size=batch, shuffle=True, num_workers=0)
    val_loader = DataLoader(val_set, batch_size=256, shuffle=False)
    optimizer = make_optimizer(model, lr, momentum, weight_decay)
    scheduler = make_scheduler(optimizer, schedule, epochs)
    history = {"train_loss": [], "val_loss": [], "train_acc": [], "val_acc": []}
    best_loss, best_weights, counter = float("inf"), None, 0
    for epoch in range(epochs):
        train_loss, train_acc = train_one_epoch(model, train_loader, optimizer)
        val_loss, val_acc = validate(model, val_loader)
        scheduler.step()
        for key, value in zip(history, (train_loss, val_loss, train_acc, val_acc)):
            history[key].append(value)
        if patience is not None:
            if val_loss < best_loss:
                best_loss, best_weights, counter = val_loss, copy.deepcopy(model.state_dict()), 0
            else:
                counter += 1
                if counter >= patience:
                    break
    if best_weights is not None:
        model.load_state_dict(best_weights)
    return model, history


@torch.no_grad()
def predict_torch(model, X):
    model.eval()
    return model(torch.as_tensor(X, dtype=torch.float32, device=device)).argmax(dim=1).cpu().numpy()
