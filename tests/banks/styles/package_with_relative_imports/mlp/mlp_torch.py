import copy

import numpy as np
import torch
from torch import nn

from .config import TrainConfig
from .mlp_numpy import learning_rate


def build_torch(D, H, K, dropout=0.0, seed=0):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(D, H), nn.ReLU(), nn.Dropout(p=dropout), nn.Linear(H, K))
    for m in model:
        if isinstance(m, nn.Linear):
            nn.init.normal_(m.weight, std=(2 / m.in_features) ** 0.5)
            nn.init.zeros_(m.bias)
    return model


def _tensors(X, y):
    return torch.as_tensor(X, dtype=torch.float32), torch.as_tensor(y, dtype=torch.int64)


def train_torch(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0,
                weight_decay=0.0, schedule=None, patience=None, seed=0):
    cfg = TrainConfig(H, lr, epochs, batch, momentum, dropout, weight_decay, schedule, patience, seed)
    X, y = _tensors(X, y)
    X_val, y_val = _tensors(X_val, y_val)
    model = build_torch(X.shape[1], H, int(y.max()) + 1, dropout, seed)
    loss_fn = nn.CrossEntropyLoss()
    opt = torch.optim.SGD(
        [
            {"params": [p for n, p in model.named_parameters() if n.endswith("weight")], "weight_decay": weight_decay},
            {"params": [p for n, p in model.named_parameters() if n.endswith("bias")]},
        ],
        lr=lr,
        momentum=momentum,
    )
    history = {"train_loss": [], "val_loss": [], "train_acc": [], "val_acc": []}
    best, wait = None, 0
    for epoch in range(epochs):
        for group in opt.param_groups:
            group["lr"] = learning_rate(cfg, epoch)
        model.train()
        for rows in torch.randperm(len(X)).split(batch):
            opt.zero_grad()
            loss_fn(model(X[rows]), y[rows]).backward()
            opt.step()
        model.eval()
        with torch.no_grad():
            for name, images, labels in (("train", X, y), ("val", X_val, y_val)):
                z = model(images)
                history[name + "_loss"].append(loss_fn(z, labels).item())
                history[name + "_acc"].append((z.argmax(1) == labels).float().mean().item())
        if patience is not None:
            if best is None or history["val_loss"][-1] < best[0]:
                best, wait = (history["val_loss"][-1], copy.deepcopy(model.state_dict())), 0
            else:
                wait += 1
                if wait >= patience:
                    break
    if best is not None:
        model.load_state_dict(best[1])
    return model, history


def predict_torch(model, X):
    model.eval()
    with torch.no_grad():
        return model(torch.as_tensor(X, dtype=torch.float32)).argmax(1).numpy()
