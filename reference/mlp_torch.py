"""The same two-layer network in PyTorch: autograd in place of the backward pass, otherwise the rules of mlp_numpy."""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - PyTorch's own convention
from mlp_numpy import cosine, step_decay
from numpy.typing import NDArray
from torch import Tensor, nn

Array = NDArray[np.floating]
Labels = NDArray[np.integer]
History = dict[str, list[float]]


def build_torch(D: int, H: int, K: int, dropout: float = 0.0, seed: int = 0) -> nn.Module:
    """The network from images (N, D) to logits (N, K), as a module with two linear layers.

    Linear(D, H), ReLU, dropout, Linear(H, K); weights from N(0, 2 / fan_in), biases zero

    Args:
        D: inputs.
        H: hidden units.
        K: classes.
        dropout: the chance that a hidden activation is dropped while the module is in training mode.
        seed: of the weights; PyTorch's global generator is left as it was.

    Returns:
        The module, in float32. It ends in logits: F.cross_entropy contains the softmax.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):  # nn.Linear draws default weights from the global generator
        hidden, output = nn.Linear(D, H), nn.Linear(H, K)
    for layer in (hidden, output):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
        nn.init.zeros_(layer.bias)
    return nn.Sequential(hidden, nn.ReLU(), nn.Dropout(dropout), output)


def sgd(model: nn.Module, lr: float, momentum: float, weight_decay: float) -> torch.optim.SGD:
    """SGD with momentum that decays the weight matrices and leaves the biases alone."""
    weights = [p for p in model.parameters() if p.ndim == 2]
    biases = [p for p in model.parameters() if p.ndim == 1]
    groups = [{"params": weights, "weight_decay": weight_decay}, {"params": biases, "weight_decay": 0.0}]
    return torch.optim.SGD(groups, lr=lr, momentum=momentum)


def set_learning_rate(optimizer: torch.optim.SGD, lr: float) -> None:
    """Change the learning rate and keep the velocity.

    PyTorch stores u <- mu u + g and steps by -lr u, so v = -lr u: for v to stay, u grows as lr shrinks.
    """
    for group in optimizer.param_groups:
        if lr == group["lr"]:
            continue
        for p in group["params"]:
            u = optimizer.state[p].get("momentum_buffer")
            if u is not None:
                u *= group["lr"] / lr
        group["lr"] = lr


def evaluate_torch(model: nn.Module, X: Tensor, y: Tensor) -> tuple[float, float]:
    """Mean cross-entropy and share of right answers, without dropout."""
    model.eval()
    with torch.inference_mode():
        z = model(X)  # (N, K)
        return F.cross_entropy(z, y).item(), (z.argmax(dim=1) == y).double().mean().item()


def train_torch(
    X: Array,
    y: Labels,
    X_val: Array,
    y_val: Labels,
    H: int = 128,
    lr: float = 0.1,
    epochs: int = 20,
    batch: int = 128,
    momentum: float = 0.9,
    dropout: float = 0.0,
    weight_decay: float = 0.0,
    schedule: str | None = None,
    patience: int | None = None,
    seed: int = 0,
) -> tuple[nn.Module, History]:
    """Train as mlp_numpy.train does, with PyTorch's autograd and SGD; on the CPU, in X's dtype.

    Args:
        X: training images (N, D), float32 or float64, from 0 to 1.
        y: their classes (N,).
        X_val: validation images (M, D).
        y_val: their classes (M,).
        H: hidden units.
        lr: learning rate of the first epoch.
        epochs: at most so many.
        batch: images per step.
        momentum: share of the velocity that is kept.
        dropout: the chance that a hidden activation is dropped, in training only.
        weight_decay: of the two weight matrices, not of the biases.
        schedule: None for a constant learning rate, "step" for step_decay, "cosine" for cosine.
        patience: if given, stop after so many epochs in a row without a better validation loss,
            and return the model of the best epoch.
        seed: of the weights, the order and the dropout masks.

    Returns:
        The model, in evaluation mode, and the history: train_loss, val_loss, train_acc and val_acc,
        one number for each epoch (measured after it; accuracy from 0 to 1).
    """
    classes = int(max(y.max(), y_val.max())) + 1
    model = build_torch(X.shape[1], H, classes, dropout, seed)
    images, labels = torch.tensor(X), torch.tensor(y, dtype=torch.long)  # (N, D), (N,)
    val_images = torch.tensor(X_val, dtype=images.dtype)  # (M, D)
    val_labels = torch.tensor(y_val, dtype=torch.long)  # (M,)
    model.to(images.dtype)
    optimizer = sgd(model, lr, momentum, weight_decay)
    history: History = {"train_loss": [], "val_loss": [], "train_acc": [], "val_acc": []}
    best_loss, best_epoch, best_state = float("inf"), -1, model.state_dict()

    shuffle = torch.Generator().manual_seed(seed)
    # nn.Dropout draws from the global generator: seed a fork of it, and the caller's stays as it was.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for epoch in range(epochs):
            rate = {None: lr, "step": step_decay(epoch, lr), "cosine": cosine(epoch, lr, epochs)}[schedule]
            set_learning_rate(optimizer, rate)
            model.train()
            order = torch.randperm(len(images), generator=shuffle)  # (N,)
            for start in range(0, len(images), batch):
                rows = order[start : start + batch]
                loss = F.cross_entropy(model(images[rows]), labels[rows])
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()

            for split, (split_loss, accuracy) in (
                ("train", evaluate_torch(model, images, labels)),
                ("val", evaluate_torch(model, val_images, val_labels)),
            ):
                history[f"{split}_loss"].append(split_loss)
                history[f"{split}_acc"].append(accuracy)

            if patience is None:
                continue
            if history["val_loss"][-1] < best_loss:
                best_loss, best_epoch = history["val_loss"][-1], epoch
                # state_dict hands out references, which the next step would overwrite.
                best_state = {name: value.clone() for name, value in model.state_dict().items()}
            elif epoch - best_epoch >= patience:
                break

    if patience is not None:
        model.load_state_dict(best_state)
    return model.eval(), history


def predict_torch(model: nn.Module, X: Array) -> Labels:
    """The likeliest class of each image, in evaluation mode.

    argmax_k of the logits

    Args:
        model: from build_torch or train_torch.
        X: images (N, D).

    Returns:
        Labels (N,), a NumPy array of integers from 0 to K - 1.
    """
    model.eval()
    dtype = next(model.parameters()).dtype
    with torch.inference_mode():
        labels: Labels = model(torch.tensor(X, dtype=dtype)).argmax(dim=1).numpy()  # (N,)
    return labels
