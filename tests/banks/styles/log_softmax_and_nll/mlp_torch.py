"""LogSoftmax + NLLLoss in the training loop; the model itself returns logits."""
import torch
import torch.nn as nn
import torch.optim as optim
from collections import OrderedDict
from mlp_numpy import step_decay, cosine

log_softmax = nn.LogSoftmax(dim=1)
criterion = nn.NLLLoss()


def build_torch(D, H, K, dropout=0.0, seed=0):
    state = torch.get_rng_state()
    torch.manual_seed(seed)
    model = nn.Sequential(OrderedDict([
        ('flatten', nn.Flatten()),
        ('fc1', nn.Linear(D, H)),
        ('act1', nn.ReLU(inplace=True)),
        ('drop1', nn.Dropout(dropout)),
        ('fc2', nn.Linear(H, K)),
    ]))
    torch.nn.init.normal_(model.fc1.weight, 0.0, (2 / D) ** 0.5)
    torch.nn.init.normal_(model.fc2.weight, 0.0, (2 / H) ** 0.5)
    model.fc1.bias.data.zero_()
    model.fc2.bias.data.zero_()
    torch.set_rng_state(state)
    return model


def evaluate(model, X, y):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        logp = log_softmax(model(X))
    model.train(was_training)
    return criterion(logp, y).item(), logp.argmax(dim=1).eq(y).sum().item() / len(y)


def train_torch(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0,
                weight_decay=0.0, schedule=None, patience=None, seed=0, device='cpu'):
    X, X_val = torch.FloatTensor(X).to(device), torch.FloatTensor(X_val).to(device)
    y, y_val = torch.LongTensor(y).to(device), torch.LongTensor(y_val).to(device)
    torch.manual_seed(seed)
    model = build_torch(X.size(1), H, int(max(y.max(), y_val.max())) + 1, dropout, seed).to(device)
    optimizer = optim.SGD([
        {'params': [model.fc1.weight, model.fc2.weight], 'weight_decay': weight_decay},
        {'params': [model.fc1.bias, model.fc2.bias]},
    ], lr=lr, momentum=momentum)
    if schedule == 'step':
        scheduler = optim.lr_scheduler.MultiStepLR(optimizer, milestones=list(range(10, epochs + 1, 10)), gamma=0.1)
    elif schedule == 'cosine':
        scheduler = optim.lr_scheduler.LambdaLR(optimizer, lr_lambda=lambda e: cosine(e, 1.0, epochs))
    else:
        scheduler = None
    history = {'train_loss': [], 'val_loss': [], 'train_acc': [], 'val_acc': []}
    best_loss, best_state, bad = float('inf'), None, 0
    for epoch in range(1, epochs + 1):
        model.train()
        total, right = 0, 0
        permutation = torch.randperm(X.size(0))
        for i in range(0, X.size(0), batch):
            indices = permutation[i:i + batch]
            optimizer.zero_grad()
            logp = log_softmax(model(X[indices]))
            loss = criterion(logp, y[indices])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(indices)
            right += (logp.argmax(dim=1) == y[indices]).sum().item()
        if scheduler is not None:
            scheduler.step()
        val_loss, val_acc = evaluate(model, X_val, y_val)
        history['train_loss'].append(total / X.size(0))
        history['train_acc'].append(right / X.size(0))
        history['val_loss'].append(val_loss)
        history['val_acc'].append(val_acc)
        if patience is not None:
            if val_loss < best_loss:
                best_loss, bad = val_loss, 0
                best_state = {k: v.detach().clone() for k, v in model.state_dict().items()}
            else:
                bad += 1
            if bad >= patience:
                print(f'Early stopping in epoch {epoch}')
                break
    if best_state:
        model.load_state_dict(best_state)
    return model, history


def predict_torch(model, X):
    model.eval()
    with torch.no_grad():
        return model(torch.FloatTensor(X)).argmax(dim=1).tolist()
