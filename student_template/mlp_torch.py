"""The same two-layer network in PyTorch: yours to fill in. Its accuracy should match that of mlp_numpy.train."""

import numpy as np
from mlp_numpy import cosine, step_decay  # noqa: F401 - for train_torch
from numpy.typing import NDArray
from torch import nn

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
    raise NotImplementedError


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
    raise NotImplementedError


def predict_torch(model: nn.Module, X: Array) -> Labels:
    """The likeliest class of each image, in evaluation mode.

    argmax_k of the logits

    Args:
        model: from build_torch or train_torch.
        X: images (N, D).

    Returns:
        Labels (N,), a NumPy array of integers from 0 to K - 1.
    """
    raise NotImplementedError
