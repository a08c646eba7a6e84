"""A Trainer class, lazily imported torchmetrics-like counters, history as tensors, predictions as a tensor."""
from __future__ import annotations

import io
import math

import torch
from torch import Tensor, nn
from torch.utils.data import BatchSampler, RandomSampler


class Perceptron(nn.Module):
    """Two linear maps in a ModuleList, with the biases of their own."""

    def __init__(self, sizes, dropout):
        super().__init__()
        self.sizes = sizes
        self.linears = nn.ModuleList([nn.Linear(a, b) for a, b in zip(sizes, sizes[1:])])
        self.dropout = nn.Dropout(dropout)
        self.activation = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        *hidden, last = self.linears
        for linear in hidden:
            x = self.dropout(self.activation(linear(x)))
        return last(x)


def build_torch(D, H, K, dropout=0.0, seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = Perceptron([D, H, K], dropout)
        for linear in model.linears:
            nn.init.kaiming_normal_(linear.weight)   # default: leaky_relu with a=0, i.e. gain sqrt(2)
            nn.init.zeros_(linear.bias)
    return model


class Trainer:
    def __init__(self, model, *, lr, epochs, batch, momentum, weight_decay, schedule, patience, seed):
        self.model, self.epochs, self.batch, self.patience = model, epochs, batch, patience
        self.generator = torch.Generator()
        self.generator.manual_seed(seed)
        self.loss = nn.CrossEntropyLoss(reduction="sum")
        weights = [m.weight for m in model.linears]
        biases = [m.bias for m in model.linears]
        self.optimizer = torch.optim.SGD(
            [dict(params=weights, weight_decay=weight_decay), dict(params=biases, weight_decay=0)], lr=lr, momentum=momentum, foreach=False
        )
        lambdas = {
            None: lambda e: 1.0,
            "step": lambda e: 0.1 ** (e // 10),
            "cosine": lambda e: (1 + math.cos(math.pi * e / epochs)) / 2,
        }
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(self.optimizer, lambdas[schedule])
        self.history = {f"{s}_{m}": torch.zeros(0, dtype=torch.float64) for s in ("train", "val") for m in ("loss", "acc")}

    def log(self, name, value):
        self.history[name] = torch.cat([self.history[name], torch.tensor([value], dtype=torch.float64)])

    def fit_epoch(self, X, y):
        self.model.train()
        for rows in BatchSampler(RandomSampler(range(len(X)), generator=self.generator), self.batch, drop_last=len(X) > self.batch):
            self.optimizer.zero_grad()
            loss = self.loss(self.model(X[rows]), y[rows]) / len(rows)
            loss.backward()
            self.optimizer.step()
        self.scheduler.step()

    @torch.inference_mode()
    def measure(self, split, X, y):
        self.model.eval()
        loss = right = 0.0
        for a, b in zip(X.split(100), y.split(100)):
            z = self.model(a)
            loss += self.loss(z, b).item()
            right += (z.argmax(1) == b).sum().item()
        self.log(split + "_loss", loss / len(X))
        self.log(split + "_acc", right / len(X))

    def fit(self, train, val):
        checkpoint, best, stale = io.BytesIO(), math.inf, 0
        for _ in range(self.epochs):
            self.fit_epoch(*train)
            self.measure("train", *train)
            self.measure("val", *val)
            now = self.history["val_loss"][-1].item()
            if now < best:
                best, stale, checkpoint = now, 0, io.BytesIO()
                torch.save(self.model.state_dict(), checkpoint)
            else:
                stale += 1
            if self.patience is not None and stale >= self.patience:
                break
        if self.patience is not None:
            checkpoint.seek(0)
            self.model.load_state_dict(torch.load(checkpoint, weights_only=True))
        return self.model


def train_torch(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0,
                weight_decay=0.0, schedule=None, patience=None, seed=0):
    data = [(torch.as_tensor(a).float(), torch.as_tensor(b).long()) for a, b in ((X, y), (X_val, y_val))]
    torch.manual_seed(seed)   # for the dropout masks
    K = int(torch.cat([data[0][1], data[1][1]]).max()) + 1
    trainer = Trainer(build_torch(X.shape[1], H, K, dropout, seed), lr=lr, epochs=epochs, batch=batch, momentum=momentum,
                      weight_decay=weight_decay, schedule=schedule, patience=patience, seed=seed)
    return trainer.fit(*data), trainer.history


def predict_torch(model, X):
    model.eval()
    with torch.inference_mode():
        return model(torch.as_tensor(X).float()).argmax(dim=-1)
