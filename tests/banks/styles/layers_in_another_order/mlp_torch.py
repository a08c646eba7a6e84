# output layer declared first, functional dropout, early stopping on accuracy, lr set by hand in param_groups
import math
from copy import deepcopy

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


class Net(nn.Module):
    def __init__(self, D, H, K, p):
        super().__init__()
        self.out = nn.Linear(H, K)
        self.hidden = nn.Linear(D, H)
        self.p = p

    def reset(self, gen):
        with torch.no_grad():
            for layer in (self.hidden, self.out):
                layer.weight.copy_(torch.randn(layer.weight.shape, generator=gen) * math.sqrt(2.0 / layer.in_features))
                layer.bias.fill_(0.0)
        return self

    def forward(self, x):
        h = F.relu(self.hidden(x))
        h = F.dropout(h, p=self.p, training=self.training)
        return self.out(h)


def build_torch(D, H, K, dropout=0.0, seed=0):
    return Net(D, H, K, dropout).reset(torch.Generator().manual_seed(seed))


def rate(schedule, epoch, epochs, lr):
    if schedule == 'step':
        return lr * 0.1 ** (epoch // 10)
    if schedule == 'cosine':
        return 0.5 * lr * (1 + math.cos(math.pi * epoch / epochs))
    return lr


def train_torch(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0,
                weight_decay=0.0, schedule=None, patience=None, seed=0):
    torch.manual_seed(seed + 1)
    K = len(np.unique(y))
    net = build_torch(X.shape[1], H, K, dropout, seed)
    Xt, yt = torch.from_numpy(np.asarray(X)).float(), torch.from_numpy(np.asarray(y)).long()
    Xv, yv = torch.from_numpy(np.asarray(X_val)).float(), torch.from_numpy(np.asarray(y_val)).long()
    optim = torch.optim.SGD(net.parameters(), lr=lr, momentum=momentum)
    losses, vlosses, accs, vaccs = [], [], [], []
    best_acc, best_net, best_epoch = -1, None, 0
    rng = np.random.default_rng(seed)
    for epoch in range(epochs):
        for g in optim.param_groups:
            g['lr'] = rate(schedule, epoch, epochs, lr)
        net.train()
        for rows in np.array_split(rng.permutation(len(X)), range(batch, len(X), batch)):
            rows = torch.from_numpy(rows)
            loss = F.cross_entropy(net(Xt[rows]), yt[rows])
            # L2 on the weights as part of the objective, autograd does the rest
            penalty = 0.5 * weight_decay * (net.hidden.weight.square().sum() + net.out.weight.square().sum())
            optim.zero_grad()
            (loss + penalty).backward()
            optim.step()
        net.eval()
        with torch.no_grad():
            z, zv = net(Xt), net(Xv)
        losses.append(float(F.cross_entropy(z, yt)))
        vlosses.append(float(F.cross_entropy(zv, yv)))
        accs.append(float((z.argmax(1) == yt).float().mean()))
        vaccs.append(float((zv.argmax(1) == yv).float().mean()))
        if patience:
            if vaccs[-1] > best_acc:
                best_acc, best_net, best_epoch = vaccs[-1], deepcopy(net), epoch
            elif epoch - best_epoch >= patience:
                break
    history = {'train_loss': np.array(losses), 'val_loss': np.array(vlosses), 'train_acc': np.array(accs), 'val_acc': np.array(vaccs)}
    return (best_net if patience else net), history


def predict_torch(model, X):
    model.eval()
    with torch.no_grad():
        z = model(torch.from_numpy(np.asarray(X)).float())
    return torch.max(z, 1)[1].numpy()
